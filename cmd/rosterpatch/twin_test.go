package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// TestTwinRowsAreNoConflict finishes a comparison that was killed after the
// first of two rows of one id was sent, and before it had a line: that the
// record holds what the first row asks for is not the doing of anybody else.
func TestTwinRowsAreNoConflict(t *testing.T) {
	server := newWatched(sandbox.Options{})
	if err := server.Put(sandbox.Record{SourcedID: "e-1", Role: "student"}); err != nil {
		t.Fatal(err)
	}
	env, end := server.serve(t)
	defer end()
	dir := t.TempDir()
	source, first := filepath.Join(dir, "roster.csv"), filepath.Join(dir, "roster.report.csv")
	if err := os.WriteFile(source, []byte("sourcedId,role\ne-1,administrator\ne-1,teacher\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, output := runInProcess(t, env, "import", source, "--against", "server"); code != exitDone {
		t.Fatalf("exit code %d:\n%s", code, output)
	}

	// Back to where a kill could have left both record and report.
	text, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	cells := strings.SplitN(lines[2], ",", 3)
	lines[1], lines[2] = "", cells[0]+","+string(report.Unsent)+","+strings.ReplaceAll(cells[2], `""administrator""`, `""student""`)
	if err := os.WriteFile(first, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	facts, err := report.ReadFacts(report.FactsPath(first))
	if err != nil {
		t.Fatal(err)
	}
	facts.State = report.Running
	if err := report.WriteFacts(report.FactsPath(first), facts); err != nil {
		t.Fatal(err)
	}
	if err := server.Put(sandbox.Record{SourcedID: "e-1", Role: "administrator"}); err != nil {
		t.Fatal(err)
	}

	code, output := runInProcess(t, env, "rerun", first)
	if got, _ := server.Get("e-1"); code != exitDone || got.Role != "teacher" {
		t.Errorf("exit code %d, the server holds %s:\n%s", code, got.Role, output)
	}
}
