package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rule checks the value at a path and reports what is wrong with it.
type rule func(path string, v any, report func(path, message string))

// patchBody is what the API takes, read strictly: known keys only, and never an
// empty change.
var patchBody = fields{required: []string{"enrollment"}, known: map[string]rule{
	"enrollment": fields{filled: true, known: map[string]rule{
		"status":    oneOf("active", "tobedeleted"),
		"role":      oneOf("administrator", "proctor", "student", "teacher"),
		"primary":   oneOf(true, false, "true", "false"),
		"beginDate": date,
		"endDate":   date,
		"user":      reference,
		"class":     reference,
		"school":    reference,
		"metadata": fields{open: true, known: map[string]rule{
			"goals": fields{known: map[string]rule{
				"dailyXp": number, "dailyLessons": number, "dailyActiveMinutes": number,
				"dailyAccuracy": number, "dailyMasteredUnits": number,
			}}.check,
			"metrics": fields{known: map[string]rule{
				"totalXp": number, "totalLessons": number, "totalGrades": number,
				"courseType": str, "isSupplemental": oneOf(true, false),
			}}.check,
		}}.check,
	}}.check,
}}.check

// fields is the rule of an object.
type fields struct {
	known    map[string]rule
	required []string
	open     bool // other keys may hold anything
	filled   bool // it must hold something
}

func (f fields) check(path string, v any, report func(path, message string)) {
	m, ok := v.(map[string]any)
	if !ok {
		report(path, "must be an object")
		return
	}
	if f.filled && len(m) == 0 {
		report(path, "must not be empty")
	}
	for _, k := range f.required {
		if _, ok := m[k]; !ok {
			report(path+"."+k, "is required")
		}
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if check, ok := f.known[k]; ok {
			check(path+"."+k, m[k], report)
		} else if !f.open {
			report(path+"."+k, "is not known")
		}
	}
}

func reference(path string, v any, report func(path, message string)) {
	fields{required: []string{"sourcedId"}, known: map[string]rule{"sourcedId": filledStr}}.check(path, v, report)
}

func oneOf(allowed ...any) rule {
	return func(path string, v any, report func(path, message string)) {
		for _, a := range allowed { // not slices.Contains: v may not be comparable
			switch v.(type) {
			case string, bool:
				if v == a {
					return
				}
			}
		}
		report(path, "must be one of "+strings.Trim(string(marshal(allowed)), "[]"))
	}
}

func date(path string, v any, report func(path, message string)) {
	text, _ := v.(string)
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		report(path, "must be a date, YYYY-MM-DD")
	}
}

func number(path string, v any, report func(path, message string)) {
	n, ok := v.(json.Number)
	if _, err := strconv.ParseFloat(string(n), 64); !ok || err != nil {
		report(path, "must be a number")
	}
}

func str(path string, v any, report func(path, message string)) {
	if _, ok := v.(string); !ok {
		report(path, "must be a string")
	}
}

func filledStr(path string, v any, report func(path, message string)) {
	if text, _ := v.(string); text == "" {
		report(path, "must be a string that is not empty")
	}
}
