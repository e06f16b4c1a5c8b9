package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rosterpatch/importer/report"
)

// TestRerunOfReportCutAnywhere cuts a report where a kill may have cut it, at
// its header, between lines and inside them, and finishes it.
func TestRerunOfReportCutAnywhere(t *testing.T) {
	n := quietNight(t, 4, 12, 2)
	whole := n.run(weather{}, ending{})
	text, err := os.ReadFile(whole.report)
	if err != nil {
		t.Fatal(err)
	}
	facts := whole.facts
	facts.State = report.Running
	header := bytes.IndexByte(text, '\n') + 1
	var cuts []int // none inside the header: Create sees to it that it is whole
	for cut := header; cut < len(text); cut += 1 + len(text)/20 {
		cuts = append(cuts, cut)
	}
	for cut := header + 2; cut < len(text); cut++ {
		if text[cut] == '\n' {
			cuts = append(cuts, cut-1, cut, cut+1) // inside the last cell, behind it, behind the line
		}
	}
	env, end := n.server.serve(t)
	defer end()
	for _, cut := range cuts {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			again := *n
			again.t, again.runs = t, nil
			cutReport := filepath.Join(n.dir, fmt.Sprintf("cut-%d.csv", cut))
			if err := os.WriteFile(cutReport, text[:cut], 0o600); err != nil {
				t.Fatal(err)
			}
			if err := report.WriteFacts(report.FactsPath(cutReport), facts); err != nil {
				t.Fatal(err)
			}
			p := &program{report: filepath.Join(t.TempDir(), "again.report.csv"), args: []string{"rerun", cutReport, "--report"}}
			p.args = append(append(p.args, p.report), n.flags...)
			p.code, p.output = runInProcess(t, env, p.args...)
			if p.code != exitDone && p.code != exitNotUpdated {
				t.Fatalf("exit code %d:\n%s", p.code, p.output)
			}
			if p.facts, err = report.ReadFacts(report.FactsPath(p.report)); err != nil {
				t.Fatal(err)
			}
			c := &checked{T: t, night: &again, program: p, lines: readLines(t, p.report)}
			c.once()
			c.outcomes()
		})
	}
}

// runInProcess runs the program here, in the environment of a server.
func runInProcess(t *testing.T, env []string, args ...string) (code int, output string) {
	t.Helper()
	for _, setting := range env {
		name, value, _ := strings.Cut(setting, "=")
		t.Setenv(name, value)
	}
	var b bytes.Buffer
	code = run(t.Context(), args, nil, &b, &b)
	return code, b.String()
}
