package mapping

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// YAML is s as a mapping file, overrides included, for a run to record what
// it used. Parse reads it back to the same Spec.
func (s Spec) YAML() []byte {
	var b bytes.Buffer
	writeSection(&b, "columns", s.columns)
	writeSection(&b, "compute", s.compute)
	if len(s.values) > 0 {
		b.WriteString("values:\n")
		for name, values := range sorted(s.values) {
			// In braces, for a map in lines can be too long to be read back.
			comma := ""
			fmt.Fprintf(&b, "  %s: {", scalar(name))
			for from, to := range sorted(values) {
				fmt.Fprintf(&b, "%s%s: %s", comma, scalar(from), scalar(to.text))
				comma = ", "
			}
			b.WriteString("}\n")
		}
	}
	writeSection(&b, "dates", s.dates)
	writeSection(&b, "types", s.types)
	writeSection(&b, "set", s.set)
	if s.where.text != "" {
		fmt.Fprintf(&b, "where: %s\n", scalar(s.where.text))
	}
	if len(s.only) > 0 {
		b.WriteString("only:\n")
		for _, e := range s.only {
			fmt.Fprintf(&b, "  - %s\n", scalar(e.text))
		}
	}
	return b.Bytes()
}

func writeSection(b *bytes.Buffer, name string, section map[string]entry) {
	if len(section) == 0 {
		return
	}
	fmt.Fprintf(b, "%s:\n", name)
	for field, e := range sorted(section) {
		fmt.Fprintf(b, "  %s: %s\n", scalar(field), scalar(e.text))
	}
}

// plain is text that needs no quotes anywhere in YAML.
var plain = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*$`)

// scalar writes text so that it is read back as it is: plain where nothing
// can be mistaken, else in the quotes in which it looks most like itself.
func scalar(text string) string {
	switch {
	case plain.MatchString(text):
		return text
	case !strings.ContainsFunc(text, invisible) && text != "":
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	default:
		return strconv.Quote(text)
	}
}

// flow is a line of a mapping file that a message can suggest: a section, a
// field and what to put there.
func flow(section, field, text string, to ...string) string {
	value := scalar(text)
	if len(to) > 0 {
		value = "{" + value + ": " + scalar(to[0]) + "}"
	}
	return "`" + section + ": {" + scalar(field) + ": " + value + "}`"
}
