package importer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rosterpatch/mapping"
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

// TestARowGoesBehindTheOneOfItsIDInTheBatch holds that a row which is read alone,
// because the filter has been found of no use meanwhile, does not overtake the
// one of its id that waits in the batch.
func TestARowGoesBehindTheOneOfItsIDInTheBatch(t *testing.T) {
	var lanes [][]string
	c := &comparer{sender: &sender{}, submit: func(j *job) bool { lanes = append(lanes, j.lanes); return true }}
	row := func(id string) item { return item{change: mapping.Change{SourcedID: id}} }
	for i, id := range []string{"e1", "e2", "e1"} {
		c.single = i == 2
		if taken, err := c.add(row(id)); !taken || err != nil {
			t.Fatal(taken, err)
		}
	}
	if diff := cmp.Diff([][]string{{"e1", "e2"}, {"e1"}}, lanes); diff != "" {
		t.Errorf("jobs of these lanes go (-want +got):\n%s", diff)
	}
}
