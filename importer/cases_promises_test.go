package importer_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// lateness is how much later than it was sent a request may arrive here: the
// race detector and other tests share the machine.
const lateness = 150 * time.Millisecond

// checkPromises holds what a server saw of a run, and ever before, against what
// the report says. The tests have sourcedId for their first column, and say
// themselves how many rows there are and how many tokens they may cost.
func checkPromises(t *testing.T, ever, log []sandbox.Request, lines []report.Line, o importer.Options) {
	t.Helper()
	patches := ofMethod(log, "PATCH")
	checkOnce(t, lines)
	checkOutcomes(t, ofMethod(ever, "PATCH"), lines)
	checkAttempts(t, patches, lines)
	checkTurns(t, patches)
	checkRate(t, log, o.Rate)
	checkPauses(t, log)
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
func checkRate(t *testing.T, log []sandbox.Request, rate float64) {
	t.Helper()
	if rate == 0 {
		return
	}
	api := slices.DeleteFunc(slices.Clone(log), func(q sandbox.Request) bool { return q.Method == "POST" })
	slices.SortFunc(api, func(a, b sandbox.Request) int { return a.Time.Compare(b.Time) })
	for i := range api {
		for k := i + 1; k < len(api); k++ {
			if took := api[k].Time.Sub(api[i].Time) + lateness; float64(k-i) > took.Seconds()*rate+1+rate/100 {
				t.Fatalf("%d requests in %v are more than %v a second", k-i+1, took-lateness, rate)
			}
		}
	}
}

// checkPauses: after an answer that asks to wait, nothing is sent meanwhile.
func checkPauses(t *testing.T, log []sandbox.Request) {
	t.Helper()
	for _, asked := range log {
		if asked.Status != 429 || asked.Method == "POST" {
			continue
		}
		// What was on its way already may still come, one request a worker.
		from := asked.Time.Add(time.Duration(asked.Took*float64(time.Millisecond)) + lateness)
		for _, q := range log {
			if q.Method != "POST" && q.Time.After(from) && q.Time.Before(asked.Time.Add(shortestPause)) {
				t.Errorf("a request %v after a 429: %+v", q.Time.Sub(asked.Time), q)
			}
		}
	}
}

// shortestPause is the least that a 429 of these tests asks for, or that is
// waited without being asked.
const shortestPause = 300 * time.Millisecond
