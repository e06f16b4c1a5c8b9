package mapping

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// HeaderError refuses a file whose header does not say, without a guess,
// which column is which.
type HeaderError struct {
	// Problems are all the reasons, one line each: what is wrong, and the
	// right spelling or what is allowed.
	Problems []string
}

// Error is all problems on one line.
func (e *HeaderError) Error() string { return strings.Join(e.Problems, "; ") }

// checkMetadata sees that no key is both a value and an object.
func (c *compiler) checkMetadata() {
	for _, outer := range c.fields {
		for _, inner := range c.fields {
			if outer != inner && covers(outer, inner) && c.sends(outer) && c.sends(inner) {
				c.problem("%s cannot be a value and hold %s at once; leave one out, such as with %s", outer, inner, flow("columns", outer, ""))
			}
		}
	}
}

// checkNames judges the columns no rule reads: near misses of a field that
// nothing else feeds are refused, others named in a warning.
func (c *compiler) checkNames() {
	unfed := map[string]bool{} // fields that nothing feeds
	for _, f := range coreFields {
		if !slices.Contains(c.fields, f.name) && !c.spec.feeds(f.name) && (c.spec.wants(f.name) || f.kind == typeID) {
			unfed[f.name] = true
		}
	}
	noID := unfed["sourcedId"]
	for _, name := range c.names {
		i := c.x.columns[name]
		if c.taken[i] || c.x.used[i] {
			continue
		}
		near, isNear := nearField(name, unfed)
		switch {
		case isMetadata(name) && c.sends(name) && !c.spec.disowns(name):
			// compileRules has said why it cannot be sent.
		case isNear && near.kind == typeID:
			noID = false
			c.problem("column %q is not of OneRoster; did you mean %q? If so, rename it or put %s in a mapping file", name, near.column, flow("columns", near.column, name))
		case isNear:
			c.problem("column %q is not of OneRoster; did you mean %q? If so, rename it or put %s in a mapping file; if not, put %s there to leave the column out", name, near.column, flow("columns", near.column, name), flow("columns", near.column, ""))
		case !isMetadata(name) && likeMetadata(name) && c.sends("metadata") && !c.spec.feeds("metadata") && !slices.Contains(c.fields, "metadata"):
			c.problem("column %q is not of OneRoster; metadata columns are named metadata.key; put %s in a mapping file, or %s to leave it out", name, flow("columns", "metadata.key", name), flow("columns", "metadata", ""))
		default:
			c.warn("nothing maps the column %q; it is not sent", name)
		}
	}
	if noID {
		c.problem("the header has no column sourcedId, the id of the enrollment, but %s; name the column that holds it in a mapping file (`columns: {sourcedId: …}`), or compute it; rosterpatch map drafts one", list(c.names))
	}
}

// nearField is the field of unfed that a column was likely meant to be: its name
// is a slip for the field's, or what the field is called in a body.
func nearField(column string, unfed map[string]bool) (field, bool) {
	var columns []string
	for _, f := range coreFields {
		if unfed[f.name] {
			columns = append(columns, f.column)
		}
	}
	if near := nearest(column, columns); near != "" {
		column = near
	}
	f, err := findField(column)
	return f, err == nil && unfed[f.name]
}

// likeMetadata reports whether a column that is not called so may hold metadata.
func likeMetadata(name string) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(name), "metadata")
	return ok && strings.IndexFunc(rest, unicode.IsLetter) != 0
}

// list quotes names, or the first of many.
func list(names []string) string {
	const most = 8
	if len(names) == 0 {
		return "no other either"
	}
	var b strings.Builder
	for i, name := range names {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(names)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(shorten(name))
	}
	return b.String()
}

// checkOnly sees that what is to be sent alone is there to be sent.
func (c *compiler) checkOnly() {
	for _, e := range c.spec.only {
		fed := func(name string) bool { return covers(e.text, name) || name == "metadata" && isMetadata(e.text) }
		if !slices.ContainsFunc(c.fields, fed) {
			c.problem("%s: no column and no rule feeds %s", e.at, e.text)
		}
	}
	if len(c.mapping.rules) == 0 && len(c.problems) == 0 {
		c.problem("no column says anything about an enrollment but its sourcedId; name columns in a mapping file, or --set field=value")
	}
}

// checkFed warns of rules that no column feeds, as one mapping file for
// several exports has them, and as a misspelt metadata key leaves them.
func (c *compiler) checkFed() {
	values := make(map[string]entry, len(c.spec.values))
	for name := range c.spec.values {
		values[name] = entry{}
	}
	sections := []struct {
		name  string
		lines map[string]entry
	}{{"values", values}, {"dates", c.spec.dates}, {"types", c.spec.types}}
	for _, section := range sections {
		for name := range sorted(section.lines) {
			if !slices.Contains(c.fields, name) {
				c.warn("no column feeds %s, which the mapping names under %s", name, section.name)
			}
		}
	}
	for name := range sorted(c.spec.set) {
		if !c.spec.wants(name) {
			c.warn("%s is set but is not among the fields to send alone; it is not sent", name)
		}
	}
}
