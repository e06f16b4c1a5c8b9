package importer_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// With a limit on the size of files in place of a full disk.
func TestDiskFull(t *testing.T) {
	if !alone(t) {
		return
	}
	var source strings.Builder
	source.WriteString("sourcedId,role,metadata.note\n")
	const total = 3000
	for i := range total {
		fmt.Fprintf(&source, "e%d,teacher,%s\n", i, strings.Repeat("x", 40))
	}
	n := newNight(t, source.String(), sandbox.Options{})
	n.options.Workers = 8
	var free syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &free); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 64 << 10, Max: free.Max}); err != nil {
		t.Fatal(err)
	}
	m := n.run()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &free); err != nil {
		t.Fatal(err)
	}
	e := ended[*importer.ReportError](m, "file too large")
	if m.err == nil || len(m.err.Error()) > 1000 {
		t.Errorf("the error is %d bytes long: %.2000s", len(m.err.Error()), m.err)
	}
	if sent := len(m.patches()); sent > total/2 {
		t.Errorf("%d PATCHes, although nothing could be recorded", sent)
	}
	recorded := make(map[string]bool)
	for _, l := range m.lines {
		recorded[l.Cells[0]] = true
	}
	lost := make(map[string]bool)
	for _, l := range e.Lost {
		lost[l.Cells[0]] = true
	}
	for _, q := range m.patches() {
		if !recorded[q.SourcedID] && !lost[q.SourcedID] {
			t.Errorf("%s was sent and is neither in the report nor among the lost", q.SourcedID)
		}
	}
	if len(e.Lost) == 0 || len(e.Lost) > 2*8 && len(recorded) > 0 && len(e.Lost) > len(m.patches())-len(recorded)+2*8 {
		t.Errorf("%d lost, of %d sent and %d recorded", len(e.Lost), len(m.patches()), len(recorded))
	}

	// With room again, the rerun finishes the job.
	before := make(map[string]bool)
	for _, q := range m.patches() {
		before[q.SourcedID] = true
	}
	n.options.Sources = []string{m.report}
	again := n.perform(t.Context(), importer.Rerun)
	again.finished()
	if again.outcomes[report.Updated] != total {
		t.Errorf("after the rerun: %v", again.outcomes)
	}
	repeated := 0
	for _, q := range again.patches() {
		if before[q.SourcedID] {
			repeated++
		}
	}
	if repeated > 2*8 {
		t.Errorf("%d PATCHes were repeated", repeated)
	}
}
