package mapping

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// valueType says which texts a field takes and which JSON they become.
type valueType int

const (
	typeText     valueType = iota // any text, a JSON string
	typeChoice                    // one of field.allowed, a JSON string
	typeBoolean                   // true or false in any letter case, a JSON boolean
	typeNumber                    // a JSON number whose decimal text is kept
	typeDate                      // a calendar date, a JSON string YYYY-MM-DD
	typeRef                       // an id, the JSON object {"sourcedId":"…"}
	typeID                        // the sourcedId of the enrollment itself
	typeJSON                      // any JSON document, as it is
	typeMetadata                  // a JSON object that holds the whole metadata
	typeNever                     // known, and never sent
)

// field is one thing an enrollment can say.
type field struct {
	name    string // in the body: user, metadata.goals.dailyXp
	column  string // in a OneRoster header: userSourcedId
	kind    valueType
	allowed []string   // of a typeChoice
	format  dateFormat // of a typeDate
}

// coreFields are the columns of a OneRoster enrollments.csv, those that are
// sent in the order of the body.
var coreFields = []field{
	{name: "sourcedId", column: "sourcedId", kind: typeID},
	{name: "dateLastModified", column: "dateLastModified", kind: typeNever},
	{name: "status", column: "status", kind: typeChoice, allowed: []string{"active", "tobedeleted"}},
	{name: "role", column: "role", kind: typeChoice, allowed: []string{"administrator", "proctor", "student", "teacher"}},
	{name: "primary", column: "primary", kind: typeBoolean},
	{name: "beginDate", column: "beginDate", kind: typeDate},
	{name: "endDate", column: "endDate", kind: typeDate},
	{name: "user", column: "userSourcedId", kind: typeRef},
	{name: "class", column: "classSourcedId", kind: typeRef},
	{name: "school", column: "schoolSourcedId", kind: typeRef},
}

// typedMetadata are the keys the API allows under metadata.goals and
// metadata.metrics, and no others: package oneroster's openapi.yaml has the same.
var typedMetadata = map[string]map[string]valueType{
	"goals": {
		"dailyXp":            typeNumber,
		"dailyLessons":       typeNumber,
		"dailyActiveMinutes": typeNumber,
		"dailyAccuracy":      typeNumber,
		"dailyMasteredUnits": typeNumber,
	},
	"metrics": {
		"totalXp":        typeNumber,
		"totalLessons":   typeNumber,
		"totalGrades":    typeNumber,
		"courseType":     typeText,
		"isSupplemental": typeBoolean,
	},
}

// findField finds a field by the name it has in a body or in a header.
func findField(name string) (field, error) {
	if name == "metadata" || strings.HasPrefix(name, "metadata.") {
		return metadataField(name)
	}
	known := make([]string, 0, 2*len(coreFields))
	for _, f := range coreFields {
		if name == f.name || name == f.column {
			return f, nil
		}
		known = append(known, f.column, f.name)
	}
	if near := nearest(name, known); near != "" {
		return field{}, fmt.Errorf("%q is not a field; did you mean %q?", name, near)
	}
	columns := make([]string, len(coreFields))
	for i, f := range coreFields {
		columns[i] = f.column
	}
	return field{}, fmt.Errorf("%q is not a field; allowed: %s, metadata.*", name, strings.Join(columns, ", "))
}

// metadataField judges the name of a metadata column, in which each dot
// opens a nested object.
func metadataField(name string) (field, error) {
	if name == "metadata" {
		return field{name: name, column: name, kind: typeMetadata}, nil
	}
	keys := strings.Split(name, ".")[1:]
	for _, key := range keys {
		if key == "" || key != strings.TrimSpace(key) || strings.ContainsFunc(key, invisible) {
			return field{}, fmt.Errorf("%q has an empty or unreadable part; write metadata.key or metadata.key.key", name)
		}
	}
	for group := range typedMetadata {
		if group != keys[0] && fold(group) == fold(keys[0]) {
			return field{}, fmt.Errorf("%q is not a field; did you mean %q?", name, "metadata."+strings.Join(append([]string{group}, keys[1:]...), "."))
		}
	}
	f := field{name: name, column: name}
	known := typedMetadata[keys[0]]
	if known == nil {
		return f, nil
	}
	prefix := "metadata." + keys[0] + "."
	var ok bool
	if f.kind, ok = known[strings.TrimPrefix(name, prefix)]; ok {
		return f, nil
	}
	var allowed []string
	for key := range known {
		allowed = append(allowed, prefix+key)
	}
	slices.Sort(allowed)
	if near := nearest(name, allowed); near != "" {
		return field{}, fmt.Errorf("%q is not a field; did you mean %q?", name, near)
	}
	return field{}, fmt.Errorf("%q is not a field; allowed: %s", name, strings.Join(allowed, ", "))
}

// covers reports whether naming outer, as --only does, names inner as well:
// the field itself or an object it lies in.
func covers(outer, inner string) bool {
	rest, ok := strings.CutPrefix(inner, outer)
	return ok && (rest == "" || rest[0] == '.')
}

// fold is a name without what people and systems change in it: letter case,
// accents, spaces and punctuation.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(name))
}

// nearest is the name of known that name is most likely a slip for, or "".
// Names that differ in letter case or punctuation alone always count; short
// ones otherwise do not, since most short words are a letter apart.
func nearest(name string, known []string) string {
	folded := []rune(fold(name))
	if len(folded) == 0 || len(folded) > 100 {
		return ""
	}
	best, at := "", 1
	if len(folded) >= 10 {
		at = 2
	}
	for _, k := range known {
		other := []rune(fold(k))
		if len(other) == 0 || len(other) > 100 {
			continue
		}
		d := distance(folded, other)
		if d > 0 && min(len(folded), len(other)) < 6 {
			continue
		}
		if d < at || d == at && best == "" {
			best, at = k, d
		}
	}
	return best
}

// distance counts the letters to add, drop, change or swap with their
// neighbour to make one word the other (optimal string alignment).
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range b {
		rows[0][j+1] = j + 1
	}
	for i := range a {
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			d := min(rows[i][j+1]+1, rows[i+1][j]+1, rows[i][j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = d
		}
	}
	return rows[len(a)][len(b)]
}

// invisible reports whether a person cannot see r, or cannot tell it from a
// space: control and format characters, odd spaces, unassigned code points,
// and what stands for bytes that were no character.
func invisible(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f // at once, for it is nearly always this
	}
	return r == utf8.RuneError || !unicode.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
