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
			if outer != inner && covers(outer, inner) {
				c.problem("%s cannot be a value and hold %s at once; leave one out", outer, inner)
			}
		}
	}
}

// checkNames judges the columns no rule reads: near misses of a field that
// nothing else feeds are refused, others named in a warning.
func (c *compiler) checkNames() {
	var unfed []string // columns of fields that nothing feeds
	for _, f := range coreFields {
		if !slices.Contains(c.fields, f.name) && !c.spec.feeds(f.name) && (c.spec.wants(f.name) || f.kind == kindID) {
			unfed = append(unfed, f.column)
		}
	}
	var suspect []string // columns that others were likely meant to be
	for _, name := range c.names {
		i := c.x.columns[name]
		if c.taken[i] || c.x.used[i] || isMetadata(name) {
			continue
		}
		near := nearest(name, unfed)
		if f, err := findField(name); err == nil && slices.Contains(unfed, f.column) {
			near = f.column // as the field is called in a body
		}
		if near != "" {
			suspect = append(suspect, near)
			c.problem("column %q is not of OneRoster; did you mean %q? If so, rename it or put %s in a mapping file", name, near, flow("columns", near, name))
			continue
		}
		if rest, ok := strings.CutPrefix(strings.ToLower(name), "metadata"); ok && strings.IndexFunc(rest, unicode.IsLetter) != 0 {
			c.problem("column %q is not of OneRoster; metadata columns are named metadata.key", name)
			continue
		}
		c.warn("nothing maps the column %q; it is not sent", name)
	}
	if slices.Contains(unfed, "sourcedId") && !slices.Contains(suspect, "sourcedId") {
		c.problem("the header has no column sourcedId, the id of the enrollment, but %s; name the column that holds it in a mapping file (`columns: {sourcedId: …}`), or compute it; rosterpatch map drafts one", list(c.names))
	}
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
