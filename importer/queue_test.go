package importer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// line is a queue with jobs that a test knows by name.
type line struct {
	*queue
	t     *testing.T
	names map[*job]string
}

func newLine(t *testing.T) *line {
	return &line{newQueue(), t, make(map[*job]string)}
}

// job is a new job in the lanes.
func (l *line) job(name string, lanes ...string) *job {
	j := &job{lanes: lanes}
	l.names[j] = name
	return j
}

// takeAll takes every job that may go now.
func (l *line) takeAll() (taken []*job) {
	for j := l.first(); j != nil; j = l.first() {
		l.take()
		taken = append(taken, j)
	}
	return taken
}

func (l *line) expect(jobs []*job, want ...string) {
	l.t.Helper()
	got := []string{}
	for _, j := range jobs {
		got = append(got, l.names[j])
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		l.t.Errorf("-want +got:\n%s", diff)
	}
}

func TestQueueGoesInOrder(t *testing.T) {
	l := newLine(t)
	for _, name := range []string{"a", "b", "c"} {
		l.add(l.job(name, name))
	}
	l.expect(l.takeAll(), "a", "b", "c")
	l.expect(l.takeAll())
}

// TestQueueLane holds that of one lane the next job goes when the one before it
// is settled, and not when it has only been sent.
func TestQueueLane(t *testing.T) {
	l := newLine(t)
	for _, name := range []string{"a1", "a2", "b1", "a3"} {
		l.add(l.job(name, name[:1]))
	}
	taken := l.takeAll()
	l.expect(taken, "a1", "b1")
	l.again(taken[0], noon, noon)
	l.settled(taken[1], nil)
	l.expect(l.takeAll(), "a1")
	l.again(taken[0], noon.Add(time.Second), noon)
	l.expect(l.takeAll())
	l.wake(noon.Add(time.Second))
	l.expect(l.takeAll(), "a1")
	l.settled(taken[0], nil)
	taken = l.takeAll()
	l.expect(taken, "a2")
	l.settled(taken[0], nil)
	taken = l.takeAll()
	l.expect(taken, "a3")
	l.settled(taken[0], nil)
	if l.open != 0 || len(l.lanes) != 0 {
		t.Errorf("%d jobs open, lanes %v", l.open, l.lanes)
	}
}

func TestQueueWakesInTime(t *testing.T) {
	l := newLine(t)
	for i := range 5 {
		l.add(l.job(fmt.Sprint(i), fmt.Sprint(i)))
	}
	if _, ok := l.wakeTime(); ok {
		t.Error("something is to wake")
	}
	for i, j := range l.takeAll() {
		l.again(j, noon.Add(time.Duration(5-i)*time.Second), noon)
	}
	for i := range 5 {
		at, ok := l.wakeTime()
		if want := noon.Add(time.Duration(i+1) * time.Second); !ok || !at.Equal(want) {
			t.Fatalf("wakes at %v, %v; want %v", at, ok, want)
		}
		l.wake(at.Add(-1))
		l.expect(l.takeAll())
		l.wake(at)
		l.expect(l.takeAll(), fmt.Sprint(4-i))
	}
}

// TestQueueJobsThatGoAgainAreFirst holds that what was begun is finished before
// more is.
func TestQueueJobsThatGoAgainAreFirst(t *testing.T) {
	l := newLine(t)
	l.add(l.job("a", "a"))
	l.add(l.job("b", "b"))
	a := l.first()
	l.take()
	l.again(a, noon, noon)
	l.expect(l.takeAll(), "a", "b")
}

// TestQueueManyLanes has a job in three lanes, of which jobs follow in two.
func TestQueueManyLanes(t *testing.T) {
	l := newLine(t)
	l.add(l.job("abc", "a", "b", "c"))
	for _, name := range []string{"a1", "b1", "c1"} {
		l.add(l.job(name, name[:1]))
	}
	taken := l.takeAll()
	l.expect(taken, "abc")
	a, bc := l.job("a0", "a"), l.job("b0", "b")
	l.settled(taken[0], []*job{a, bc})
	taken = l.takeAll()
	l.expect(taken, "c1", "a0", "b0")
	for _, j := range taken[1:] {
		l.settled(j, nil)
	}
	l.expect(l.takeAll(), "b1", "a1")
	if l.open != 3 {
		t.Errorf("%d jobs open, want 3", l.open)
	}
}

// TestQueueDrain holds that every job that waits comes out once, those of a lane
// in order, wherever it waits.
func TestQueueDrain(t *testing.T) {
	all := []string{"a1", "b1", "b2", "c1", "c2", "c3"}
	l := newLine(t)
	for _, name := range all {
		l.add(l.job(name, name[:1]))
	}
	taken := l.takeAll()
	l.expect(taken, "a1", "b1", "c1")
	l.again(taken[0], noon, noon)
	l.again(taken[1], noon.Add(time.Hour), noon)
	l.again(taken[2], noon, noon)
	var names []string
	for _, j := range l.drain() {
		names = append(names, l.names[j])
	}
	for _, lane := range []string{"a", "b", "c"} {
		var of []string
		for _, name := range names {
			if name[:1] == lane {
				of = append(of, name)
			}
		}
		if !slices.IsSorted(of) {
			t.Errorf("lane %s comes out as %v", lane, of)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, all) {
		t.Errorf("%v come out, want %v", names, all)
	}
	if l.open != 0 || l.first() != nil {
		t.Error("something is left")
	}
}

// TestQueueAtRandom holds, whatever happens to jobs, that no two of a lane are
// out together, that those of a lane are first taken in order, and that each is
// settled.
func TestQueueAtRandom(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		q, now := newQueue(), noon
		number := make(map[*job]int)
		last := make(map[string]int)     // number of the lane's last new job
		out, taken := []*job{}, []bool{} // jobs in flight; those taken once
		busy := make(map[string]bool)
		settled, added := 0, 0
		for settled < 100 {
			switch {
			case added < 100 && random.IntN(2) == 0:
				j := &job{lanes: []string{fmt.Sprint(random.IntN(5))}}
				number[j] = added
				taken = append(taken, false)
				added++
				q.add(j)
			case random.IntN(2) == 0 && q.first() != nil:
				j := q.first()
				q.take()
				lane, n := j.lanes[0], number[j]
				if busy[lane] {
					t.Fatalf("seed %d: two jobs of lane %s are out", seed, lane)
				}
				if !taken[n] && n < last[lane] {
					t.Fatalf("seed %d: job %d goes after job %d of its lane", seed, n, last[lane])
				}
				busy[lane], taken[n], last[lane] = true, true, max(last[lane], n)
				out = append(out, j)
			case len(out) > 0:
				i := random.IntN(len(out))
				j := out[i]
				out = slices.Delete(out, i, i+1)
				busy[j.lanes[0]] = false
				if random.IntN(2) == 0 {
					q.again(j, now.Add(time.Duration(random.IntN(3))*time.Second), now)
					continue
				}
				q.settled(j, nil)
				settled++
			default:
				now = now.Add(time.Second)
				q.wake(now)
			}
		}
		if q.open != 0 || len(q.lanes) != 0 || q.first() != nil {
			t.Fatalf("seed %d: %d jobs open, lanes %v", seed, q.open, q.lanes)
		}
	}
}
