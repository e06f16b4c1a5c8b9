package importer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"rosterpatch/importer/report"
)

// score counts what became of the rows. Safe for concurrent use.
type score struct {
	mu       sync.Mutex
	rows     int
	outcomes map[report.Outcome]int
	reasons  map[string]int
}

func newScore() *score {
	return &score{outcomes: make(map[report.Outcome]int), reasons: make(map[string]int)}
}

// The most reasons that are told apart, and that a summary names.
const (
	reasonsApart = 1000
	reasonsNamed = 10
)

func (s *score) count(l report.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows++
	s.outcomes[l.Outcome]++
	if l.Outcome.Done() || l.Outcome == report.Planned || l.Outcome == report.Unsent {
		return
	}
	reason := reasonOf(l)
	if _, known := s.reasons[reason]; !known && len(s.reasons) >= reasonsApart {
		reason = "other reasons"
	}
	s.reasons[reason]++
}

// reasonOf is why a row is not done, without what is its own alone.
func reasonOf(l report.Line) string {
	if l.Outcome == report.Invalid {
		column, _, named := strings.Cut(l.Message, ":")
		if named {
			return "invalid " + column
		}
		return "invalid: " + l.Message
	}
	if l.HTTPStatus == 0 {
		return string(l.Outcome) + ": " + l.Message
	}
	reason := fmt.Sprintf("%s: HTTP %d", l.Outcome, l.HTTPStatus)
	if l.CodeMinor != "" {
		reason += " " + l.CodeMinor
	}
	return reason
}

// snapshot is how many rows are counted, and how many of them are not done.
func (s *score) snapshot() (rows, notDone int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows, s.rows - s.outcomes[report.Updated] - s.outcomes[report.Unchanged] - s.outcomes[report.Planned]
}

// record puts the counts into the facts of a run.
func (s *score) record(run *report.Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run.Outcomes = make(map[report.Outcome]int)
	for o, n := range s.outcomes {
		run.Outcomes[o] = n
	}
	run.Failures = nil
	for reason, n := range s.reasons {
		run.Failures = append(run.Failures, report.Failure{Reason: reason, Count: n})
	}
	slices.SortFunc(run.Failures, func(a, b report.Failure) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	run.Failures = run.Failures[:min(len(run.Failures), reasonsNamed)]
}
