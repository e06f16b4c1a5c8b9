package importer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// checkPromises holds what a server saw of a run that began then, and ever before,
// against what the report says. The tests have sourcedId for their first column,
// and say themselves how many rows there are and how many tokens they may cost.
//
// A request is logged as it arrives, which on a busy machine is long after it was
// sent. No check may count on how long.
func checkPromises(t *testing.T, ever, log []sandbox.Request, began time.Time, lines []report.Line, o importer.Options) {
	t.Helper()
	patches := ofMethod(log, "PATCH")
	checkOnce(t, lines)
	checkOutcomes(t, ofMethod(ever, "PATCH"), lines)
	checkAttempts(t, patches, lines)
	checkTurns(t, patches)
	checkRate(t, log, began, o.Rate, o.Workers)
	checkPauses(t, log, o.Workers)
}

// checkOnce: every source row is reported once. How many there are the tests
// compare themselves.
func checkOnce(t *testing.T, lines []report.Line) {
	t.Helper()
	type place struct {
		file string
		line int
	}
	seen := make(map[place]bool)
	for _, l := range lines {
		if p := (place{l.File, l.Line}); seen[p] {
			t.Errorf("line %d is reported twice", l.Line)
		} else {
			seen[p] = true
		}
	}
}

// checkOutcomes: updated only for a 2xx to a PATCH that was carried out, and no
// other word for one that was and whose sender heard so.
func checkOutcomes(t *testing.T, patches []sandbox.Request, lines []report.Line) {
	t.Helper()
	answers := make(map[string]sandbox.Request)
	for _, q := range patches {
		answers[q.RequestID] = q
	}
	for _, l := range lines {
		q, answered := answers[l.RequestID]
		switch l.Outcome {
		case report.Updated:
			if !answered || !q.Applied || q.Status/100 != 2 || q.Status != l.HTTPStatus {
				t.Errorf("line %d is updated by %+v", l.Line, q)
			}
		case report.Failed, report.Unsent:
			if l.HTTPStatus != 0 && answered && q.Applied && q.Fault == "" {
				t.Errorf("line %d is %s, yet was carried out: %+v", l.Line, l.Outcome, q)
			}
		case report.Invalid, report.Unchanged, report.Missing, report.Conflict, report.Planned:
			if l.Attempts > 0 {
				t.Errorf("line %d is %s after %d attempts", l.Line, l.Outcome, l.Attempts)
			}
		}
	}
}

// checkAttempts: the report owns up to every PATCH. One may die on its way, so
// that the server sees fewer.
func checkAttempts(t *testing.T, patches []sandbox.Request, lines []report.Line) {
	t.Helper()
	sent := make(map[string]int)
	for _, q := range patches {
		sent[q.SourcedID]++
	}
	for _, l := range lines {
		sent[strings.TrimSpace(l.Cells[0])] -= l.Attempts
	}
	for id, more := range sent {
		if more > 0 && id != "" {
			t.Errorf("%d PATCHes of %s are in no line of the report", more, id)
		}
	}
}

// checkTurns: never two PATCHes of one enrollment in flight together.
func checkTurns(t *testing.T, patches []sandbox.Request) {
	t.Helper()
	gaveUp := make(map[int64]bool)
	for _, q := range patches {
		gaveUp[q.Seq] = q.GaveUp
	}
	for _, q := range patches {
		if over, here := gaveUp[q.Overlaps]; here && !over {
			t.Errorf("a PATCH of %s while request %d was under way: %+v", q.SourcedID, q.Overlaps, q)
		}
	}
}

// checkRate: so many requests a second and no more, in every stretch of the log.
// When a request was sent is not known, but none was sent before the run began, nor
// before enough others were answered for a worker to be free.
func checkRate(t *testing.T, log []sandbox.Request, began time.Time, rate float64, workers int) {
	t.Helper()
	if rate == 0 {
		return
	}
	var arrived, answered []time.Time
	for _, q := range log {
		if q.Method == "POST" {
			continue
		}
		arrived = append(arrived, q.Time)
		if q.GaveUp { // who knows when
			answered = append(answered, began)
		} else {
			answered = append(answered, answeredAt(q))
		}
	}
	slices.SortFunc(arrived, time.Time.Compare)
	slices.SortFunc(answered, time.Time.Compare)
	burst := 1 + int(rate/100)
	for i := range arrived {
		from := began // when this one was sent, at the earliest
		if i >= workers {
			from = answered[i-workers]
		}
		for k := i; k < len(arrived); k++ {
			span := arrived[k].Sub(from)
			if n := k - i + 1; float64(n) > float64(burst)+rate*span.Seconds()+0.001 {
				t.Fatalf("%d requests in %v are more than %v a second", n, span, rate)
			}
		}
	}
}

// answeredAt is when the answer to a request could leave.
func answeredAt(q sandbox.Request) time.Time {
	return q.Time.Add(time.Duration(q.Took * float64(time.Millisecond)))
}

// checkPauses: after an answer that asks to wait, nothing is sent meanwhile. What
// was on its way already may still come, one request of each other worker.
func checkPauses(t *testing.T, log []sandbox.Request, workers int) {
	t.Helper()
	for _, asked := range log {
		if asked.Status != 429 || asked.Method == "POST" {
			continue
		}
		var meanwhile []string
		for _, q := range log {
			if from := answeredAt(asked); q.Method != "POST" && q.Time.After(from) && q.Time.Before(from.Add(shortestPause)) {
				meanwhile = append(meanwhile, fmt.Sprintf("%s after %v", q.SourcedID, q.Time.Sub(from)))
			}
		}
		if len(meanwhile) > workers-1 {
			t.Errorf("%d requests of %d workers in the pause that a 429 asked for: %.500s", len(meanwhile), workers, strings.Join(meanwhile, ", "))
		}
	}
}

// shortestPause is the least that a 429 of these tests asks for, or that is
// waited without being asked.
const shortestPause = 750 * time.Millisecond
