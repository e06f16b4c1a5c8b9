package importer_test

import (
	"os"
	"strings"
	"testing"

	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
	"rosterpatch/mapping"
)

// A row that lacks cells is refused until somebody mends it: that a spreadsheet has
// saved the report, with all lines of one width, mends nothing.
func TestRaggedRowInASpreadsheet(t *testing.T) {
	const source = "sourcedId,status,classSourcedId,userSourcedId,role\n" +
		"e1,active,c1,u1,student\ne2,active,c2,u12\ne3,active,c3\n"
	for name, save := range map[string]func(string) string{
		"with CRLF": func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"padded": func(s string) string {
			return strings.NewReplacer("c2,u12\n", "c2,u12,\n", "c3\n", "c3,,\n").Replace(s)
		},
		"with semicolons and padded": func(s string) string {
			return strings.ReplaceAll(strings.NewReplacer("c2,u12\n", "c2,u12,\n", "c3\n", "c3,,\n").Replace(s), ",", ";")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, source, sandbox.Options{})
			m := n.run()
			m.tally(report.Updated, report.Invalid, report.Invalid)
			text, err := os.ReadFile(m.report)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(m.report, []byte(save(string(text))), 0o600); err != nil {
				t.Fatal(err)
			}
			again := n.rerun(m)
			again.sawPatches(0)
			if len(again.lines) != 3 || again.lines[1].Message != "4 cells where the header has 5" || again.lines[2].Message != "3 cells where the header has 5" {
				t.Errorf("the rerun's report: %+v", again.lines)
			}
		})
	}
}

// Nor does it of a row that cannot be taken apart, whatever the header.
func TestMisquotedRowInASpreadsheet(t *testing.T) {
	for _, source := range []string{"sourcedId,role\ne1,teacher\n\"e2\"x,teacher\n", "sourcedId\ne1\n\"e2\"x\n"} {
		n := newNight(t, source, sandbox.Options{})
		spec, err := mapping.Spec{}.Override([]string{"status=active"}, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		n.options.Mapping = &spec
		m := n.run()
		m.tally(report.Updated, report.Invalid)
		text, err := os.ReadFile(m.report)
		if err != nil {
			t.Fatal(err)
		}
		saved := strings.NewReplacer("\"\"\"e2\"\"x,teacher\"\n", "\"\"\"e2\"\"x,teacher\",\r\n", "\n", "\r\n").Replace(string(text))
		if err := os.WriteFile(m.report, []byte(saved), 0o600); err != nil {
			t.Fatal(err)
		}
		n.options.Mapping = nil
		again := n.rerun(m)
		again.sawPatches(0)
		again.tally(report.Updated, report.Invalid)
		contains(t, again.lines[1].Message, "quote")
	}
}
