package mapping

import (
	"bytes"
	"fmt"
)

// draft is a mapping file in the making, with lines that are commented out.
type draft struct {
	lines    map[string][]draftLine // by section
	unmapped []string               // columns that found no field
}

type draftLine struct {
	active bool
	text   string
	note   string
}

// add puts a line into a section; what is not active is a comment.
func (d *draft) add(section string, active bool, text, note string) {
	if d.lines == nil {
		d.lines = map[string][]draftLine{}
	}
	d.lines[section] = append(d.lines[section], draftLine{active, text, note})
}

func (d *draft) bytes(rows int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Drafted by rosterpatch map from the header and the values; rows: %d.\n", rows)
	b.WriteString("# A line behind \"# \" is a guess: take these two characters away if it is right.\n")
	if rows == 0 {
		b.WriteString("# No row could be read; rosterpatch check says why.\n")
	} else if len(d.lines) == 0 {
		b.WriteString("# The header is OneRoster's own and the values are as they should be: no mapping is needed.\n")
	}
	for _, section := range []string{"columns", "compute", "values", "dates", "types", "set"} {
		lines := d.lines[section]
		if len(lines) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s:\n", section)
		for _, l := range lines {
			b.WriteString("  ")
			if !l.active {
				b.WriteString("# ")
			}
			b.WriteString(l.text)
			if l.note != "" {
				b.WriteString("  # " + l.note)
			}
			b.WriteByte('\n')
		}
	}
	for _, name := range d.unmapped {
		fmt.Fprintf(&b, "# Nothing was found for the column %s.\n", scalar(name))
	}
	return bytes.ToValidUTF8(b.Bytes(), []byte("?"))
}
