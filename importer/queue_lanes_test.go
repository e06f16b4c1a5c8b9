package importer

import (
	"testing"
	"time"
)

// A job of several lanes waits for all of them, and keeps others out meanwhile:
// the id of a row is let go by the worker that settles it, a moment before the
// queue hears of that.
func TestAJobOfSeveralLanesWaitsForEach(t *testing.T) {
	q, now := newQueue(), time.Now()
	first := &job{lanes: []string{"e1"}}
	batch := &job{lanes: []string{"e1", "e2"}}
	after := &job{lanes: []string{"e2"}}
	last := &job{lanes: []string{"e1"}}
	next := func(want *job) {
		t.Helper()
		q.wake(now)
		got := q.first()
		if got != want {
			t.Fatalf("goes next: %p of %v, want %p", got, got, want)
		}
		if got != nil {
			q.take()
		}
	}
	q.add(first)
	next(first)
	q.add(batch)
	q.add(after)
	q.add(last)
	next(nil) // e1 is taken
	q.settled(first, nil)
	next(batch)
	next(nil) // e1 and e2 are
	q.settled(batch, nil)
	for range 2 {
		q.take()
	}
	if q.first() != nil || q.open != 2 {
		t.Errorf("%d jobs are open, want the 2 that go now", q.open)
	}
}
