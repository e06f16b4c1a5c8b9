package report

import (
	"slices"
	"sync"
)

// Tally makes the Summary of a report while its lines are being written, in
// memory that does not grow with them. Safe for concurrent use.
type Tally struct {
	mu      sync.Mutex
	path    string
	columns columnsOf
	count   *count
}

// reasonsRecorded is how many reasons the facts of a run name.
const reasonsRecorded = 10

// NewTally returns the tally of a report at path whose rows have this header.
func NewTally(path string, header []string) *Tally {
	t := &Tally{path: path, columns: findColumns(header, 0), count: newCount(false)}
	t.count.Reports = []Report{{Path: path}}
	return t
}

// Add counts a line.
func (t *Tally) Add(l Line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count.line(t.columns, &l)
}

// Progress is how many lines were counted, and how many of their rows are not
// done.
func (t *Tally) Progress() (rows, undone int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count.Rows, t.count.Undone
}

// Summary completes the facts of the report with what was counted, and
// returns the summary of both. Nothing may be added after it.
func (t *Tally) Summary(facts *Facts) *Summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.count.summary()
	facts.Outcomes = s.Outcomes
	facts.Failures = slices.Clone(s.Reasons[:min(len(s.Reasons), reasonsRecorded)])
	s.Reports[0].Lines, s.Reports[0].Facts = s.Rows, facts
	s.Unreached = max(0, facts.Rows-s.Rows) // the disk was full, or the source changed
	s.Reports[0].Left += s.Unreached
	return s
}
