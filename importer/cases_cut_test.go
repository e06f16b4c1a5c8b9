package importer_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// A power cut takes the end of the last line, and a spreadsheet saves what is left
// as a whole one: its row is read from the source again, as any torn line's is.
func TestTornLastLineInASpreadsheet(t *testing.T) {
	var source strings.Builder
	source.WriteString("sourcedId,status,userSourcedId,classSourcedId\n")
	for i := 10; i < 40; i++ {
		fmt.Fprintf(&source, "e%d,active,u-%d,c-%d\n", i, i, i)
	}
	for _, tt := range []struct {
		name string
		lost int // bytes of the last line
		then string
	}{
		{"in a cell", 1, ""},
		{"behind a comma", 4, ""},
		{"behind a cell, and padded", 5, ","},
		{"in a cell before, and padded", 6, ","},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, source.String(), sandbox.Options{})
			m := n.run()
			m.finished()
			text, err := os.ReadFile(m.report)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.SplitAfter(string(text), "\n")[:20]
			kept := strings.TrimSuffix(strings.Join(lines, ""), "\n")
			kept = kept[:len(kept)-tt.lost] + tt.then + "\n"
			if err := os.WriteFile(m.report, []byte(strings.ReplaceAll(kept, "\n", "\r\n")), 0o600); err != nil {
				t.Fatal(err)
			}
			m.facts.State = report.Running
			if err := report.WriteFacts(report.FactsPath(m.report), m.facts); err != nil {
				t.Fatal(err)
			}
			again := n.rerun(m)
			again.finished()
			again.sawPatches(12) // the rows without a line, and the torn one
			for _, l := range again.lines {
				if id := strings.TrimPrefix(l.Cells[0], "e"); l.Cells[2] != "u-"+id || l.Cells[3] != "c-"+id {
					t.Errorf("line %d holds %q", l.Line, l.Cells)
				}
			}
			if len(again.lines) != 30 {
				t.Errorf("%d lines", len(again.lines))
			}
		})
	}
}
