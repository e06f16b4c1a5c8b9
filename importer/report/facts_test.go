package report

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFactsPath(t *testing.T) {
	for report, want := range map[string]string{
		"term.report.csv":    "term.report.json",
		"a/term.plan.csv":    "a/term.plan.json",
		"TERM.REPORT.CSV":    "TERM.REPORT.json",
		"out":                "out.json",
		"out.json":           "out.json.json",
		"night.2026-08-31":   "night.2026-08-31.json",
		"dir.csv/report.txt": "dir.csv/report.txt.json",
	} {
		if got := FactsPath(report); got != want || got == report {
			t.Errorf("FactsPath(%q) = %q, want %q", report, got, want)
		}
	}
}

func TestRunIsReadBackAsItWas(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.report.json")
	_, want, _ := term()
	want.Options = json.RawMessage(`{"workers":10,"set":["status=active"],"big":12345678901234567890}`)
	want.Outcomes = map[Outcome]int{Updated: 3, Failed: 1}
	want.Failures = []Reason{{Outcome: Failed, HTTPStatus: 404, Rows: 1, Examples: []Example{{Line: 3}}}}
	for range 2 { // the second takes the place of the first
		if err := WriteFacts(path, *want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadFacts(path)
	if err != nil {
		t.Fatal(err)
	}
	compact := cmp.Transformer("compact", func(m json.RawMessage) string {
		return strings.Join(strings.Fields(string(m)), "")
	})
	if diff := cmp.Diff(*want, got, compact); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
}

// Who reads the path while it is written finds a whole run, the old or the new.
func TestWriteFactsNeverLeavesHalfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.report.json")
	if err := WriteFacts(path, Facts{State: Running}); err != nil {
		t.Fatal(err)
	}
	old, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := WriteFacts(path, Facts{State: Finished, Command: strings.Repeat("x", 1<<20)}); err != nil {
		t.Fatal(err)
	}
	var before Facts
	if err := json.NewDecoder(old).Decode(&before); err != nil || before.State != Running {
		t.Errorf("the old file was written over: %v, %q", err, before.State)
	}
}

func TestWriteFactsCleansUp(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.report.json")
	if err := os.Mkdir(path, 0o700); err != nil { // what a rename cannot replace
		t.Fatal(err)
	}
	if err := WriteFacts(path, Facts{}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a directory in the way: %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestReadFactsErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.report.json")
	if _, err := ReadFacts(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(path, []byte(`{"state":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFacts(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("half a file: %v", err)
	}
}
