package sandbox

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// filter is a filter expression: any of its groups holds, and a group holds when all
// of its clauses do, so that AND binds closer than OR. An empty one takes everything.
type filter [][]clause

// clause compares one top-level field with a text.
type clause struct{ field, operator, value string }

var (
	clausePattern = regexp.MustCompile(`^\s*([A-Za-z_.]+)\s*(!=|>=|<=|[=~><@])\s*'([^']*)'\s*`)
	logicPattern  = regexp.MustCompile(`^(AND|OR)\s`)
)

// topLevel are the fields that filter and sort know.
var topLevel = []string{"sourcedId", "status", "dateLastModified", "role", "primary", "beginDate", "endDate"}

// parseFilter reads a filter parameter; reading is Options.Filter.
func parseFilter(text, reading string) (filter, error) {
	if text == "" {
		return nil, nil
	}
	f := filter{nil}
	for rest := text; ; {
		m := clausePattern.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("filter: field, operator and quoted value expected at %q", rest)
		}
		c := clause{m[1], m[2], m[3]}
		switch {
		case strings.Contains(c.field, "."):
			return nil, errors.New("filter: filtering by nested relations is not supported: " + c.field)
		case !slices.Contains(topLevel, c.field):
			return nil, errors.New("filter: no field to filter by: " + c.field)
		case c.operator == "@" && reading == "refuse":
			return nil, errors.New("filter: no such operator: @")
		case c.operator == "@" && reading == "ignore-in":
			c.operator = "="
		}
		last := len(f) - 1
		f[last] = append(f[last], c)
		if rest = rest[len(m[0]):]; rest == "" {
			return f, nil
		}
		logic := logicPattern.FindString(rest)
		switch rest = rest[len(logic):]; {
		case logic == "":
			return nil, fmt.Errorf("filter: AND or OR expected at %q", rest)
		case strings.HasPrefix(logic, "OR"):
			f = append(f, nil)
		}
	}
}

// takes reports whether the record passes the filter.
func (f filter) takes(r Record) bool {
	return len(f) == 0 || slices.ContainsFunc(f, func(group []clause) bool {
		return !slices.ContainsFunc(group, func(c clause) bool { return !c.holds(r) })
	})
}

// holds compares as a database does: nothing holds of a null.
func (c clause) holds(r Record) bool {
	held := field(r, c.field)
	if held == "" {
		return false
	}
	switch c.operator {
	case "=":
		return held == c.value
	case "!=":
		return held != c.value
	case "~":
		return strings.Contains(strings.ToLower(held), strings.ToLower(c.value))
	case ">":
		return held > c.value
	case ">=":
		return held >= c.value
	case "<":
		return held < c.value
	case "<=":
		return held <= c.value
	default: // @
		return slices.Contains(strings.Split(c.value, ","), held)
	}
}

// named returns the ids that are all the filter can take, and whether it names any:
// a list of ids is then found without a look at every record.
func (f filter) named() (ids []string, ok bool) {
	if len(f) != 1 {
		return nil, false
	}
	for _, c := range f[0] {
		if c.field == "sourcedId" && (c.operator == "@" || c.operator == "=") {
			if c.operator == "@" {
				ids = strings.Split(c.value, ",")
			} else {
				ids = []string{c.value}
			}
			slices.Sort(ids)
			return slices.Compact(ids), true
		}
	}
	return nil, false
}

// field returns a top-level field as text; "" is null.
func field(r Record, name string) string {
	switch name {
	case "status":
		return r.Status
	case "dateLastModified":
		return r.lastModified()
	case "role":
		return r.Role
	case "primary":
		return r.Primary
	case "beginDate":
		return r.BeginDate
	case "endDate":
		return r.EndDate
	}
	return r.SourcedID
}
