package importer

import (
	"container/heap"
	"container/list"
	"slices"
	"time"
)

// queue holds the jobs that are not in flight, and knows which may go next.
// Jobs of one lane go in the order in which they came and one at a time: the
// next waits until the one before it is settled, however often that has to be
// sent. A job that waits, for its turn or for its time, is only a pointer here.
// One goroutine owns a queue.
type queue struct {
	ready  list.List         // of *job, in order
	owing  list.List         // likewise, of those that owe a line: they go first
	parked parked            // by wake-up time
	lanes  map[string][]*job // of each lane that is taken, the jobs that wait for it
	open   int               // jobs that came and are not settled
	owed   int               // of those, the ones that owe a line
	mayOwe int               // while so many do, no other goes; 0: no bound
}

func newQueue() *queue { return &queue{lanes: make(map[string][]*job)} }

// add takes a new job. It takes the lanes that are free, and waits for the
// others.
func (q *queue) add(j *job) {
	q.open++
	for _, lane := range j.lanes {
		waiting, taken := q.lanes[lane]
		if taken {
			waiting = append(waiting, j)
			j.waits++
		}
		q.lanes[lane] = waiting
	}
	if j.waits == 0 {
		q.ready.PushBack(j)
	}
}

// again takes back a job that goes once more, ahead of all others, but not
// before at.
func (q *queue) again(j *job, at, now time.Time) {
	if at.After(now) {
		heap.Push(&q.parked, parkedJob{j, at})
		return
	}
	q.push(j)
}

// push readies a job, ahead of all others.
func (q *queue) push(j *job) {
	if j.owes {
		q.owing.PushFront(j)
	} else {
		q.ready.PushFront(j)
	}
}

// settled ends a job. Those that follow from it go next and keep the lanes
// they name; its other lanes go to the jobs that wait for them.
func (q *queue) settled(j *job, next []*job) {
	q.open += len(next) - 1
	if j.owes {
		q.owed--
	}
	for _, n := range slices.Backward(next) {
		q.push(n)
		if n.owes {
			q.owed++
		}
	}
	for _, lane := range j.lanes {
		if !slices.ContainsFunc(next, func(n *job) bool { return slices.Contains(n.lanes, lane) }) {
			q.free(lane)
		}
	}
}

// free gives a lane to the job that waits for it longest.
func (q *queue) free(lane string) {
	waiting := q.lanes[lane]
	if len(waiting) == 0 {
		delete(q.lanes, lane)
		return
	}
	q.lanes[lane] = waiting[1:]
	if waiting[0].waits--; waiting[0].waits == 0 {
		q.push(waiting[0])
	}
}

// rows is about how many rows the open jobs are of: a job can have the ids of many.
func (q *queue) rows() int { return max(q.open, len(q.lanes)) }

// wake readies the jobs whose time has come.
func (q *queue) wake(now time.Time) {
	for len(q.parked) > 0 && !q.parked[0].at.After(now) {
		q.push(heap.Pop(&q.parked).(parkedJob).job)
	}
}

// wakeTime is when the next parked job gets ready, and whether there is one.
func (q *queue) wakeTime() (time.Time, bool) {
	if len(q.parked) == 0 {
		return time.Time{}, false
	}
	return q.parked[0].at, true
}

// first is the job that goes next, nil if none is ready.
func (q *queue) first() *job {
	if e := q.owing.Front(); e != nil {
		return e.Value.(*job)
	}
	if e := q.ready.Front(); e != nil && (q.mayOwe == 0 || q.owed < q.mayOwe) {
		return e.Value.(*job)
	}
	return nil
}

// replace puts what is to go instead of the first job in its place.
func (q *queue) replace() {
	j := q.first()
	q.take()
	q.push(j.instead())
}

// take removes the job that first showed.
func (q *queue) take() {
	if e := q.owing.Front(); e != nil {
		q.owing.Remove(e)
		return
	}
	q.ready.Remove(q.ready.Front())
}

// drain removes and returns every job, those of a lane in order.
func (q *queue) drain() []*job {
	var jobs []*job
	for _, l := range []*list.List{&q.owing, &q.ready} {
		for e := l.Front(); e != nil; e = e.Next() {
			jobs = append(jobs, e.Value.(*job))
		}
	}
	for _, p := range q.parked {
		jobs = append(jobs, p.job)
	}
	for i := 0; i < len(jobs); i++ { // it grows by those that wait for a job's lanes
		for _, lane := range jobs[i].lanes {
			for _, j := range q.lanes[lane] {
				if j.waits > 0 {
					j.waits, jobs = 0, append(jobs, j)
				}
			}
		}
	}
	*q = *newQueue()
	return jobs
}

// parked is a heap of jobs by wake-up time.
type parked []parkedJob

type parkedJob struct {
	job *job
	at  time.Time
}

func (p parked) Len() int           { return len(p) }
func (p parked) Less(i, k int) bool { return p[i].at.Before(p[k].at) }
func (p parked) Swap(i, k int)      { p[i], p[k] = p[k], p[i] }
func (p *parked) Push(x any)        { *p = append(*p, x.(parkedJob)) }
func (p *parked) Pop() any {
	last := len(*p) - 1
	x := (*p)[last]
	(*p)[last] = parkedJob{}
	*p = (*p)[:last]
	return x
}
