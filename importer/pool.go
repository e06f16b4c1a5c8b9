package importer

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"rosterpatch/importer/oneroster"
)

// pool sends jobs, a bounded number at once, at the pace its pacer allows. One
// goroutine, the dispatcher, owns queue and pacer and hands out the job that
// goes next, so that a job which waits holds no worker. When the run has to
// stop, jobs in flight are finished and all others settled unsent.
type pool struct {
	workers  int
	capacity int // rows taken in and not yet settled; more are not accepted until some are
	limits   retryLimits
	pacer    *oneroster.Pacer
	now      func() time.Time
	finishBy time.Time // stop then; zero for never
	traffic  *traffic
	log      zerolog.Logger

	// Records are read ahead of the rows that are sent, but so that few rows wait
	// with a record that grows old meanwhile.
	looking int     // rows whose records are being read
	yield   float64 // of the rows that were last looked at, the part that had to be sent

	submitted chan *job
	work      chan *job
	returned  chan returned
	stopped   chan struct{} // closed once the run has to stop
	cause     error         // why; may be read once stopped is closed
	drains    bool          // nothing is wrong: what is under way may come to its end
	cancel    context.CancelCauseFunc
	drained   bool      // no more jobs will come
	announced time.Time // the end of the pause that was logged last
}

// returned is a job that a worker has done with for now.
type returned struct {
	job      *job
	sent     bool          // an attempt was made
	repeated time.Time     // when the job had failed before that, zero if it had not
	settled  bool          // else it goes again
	again    time.Duration // after this pause
	next     []*job
	err      error // the run must stop
}

// run lets produce submit jobs and returns when all are settled: nil, or the
// reason why the run stopped. submit waits while the pool is full; it is false
// once the run has stopped, and then keeps its hands off the job.
func (p *pool) run(ctx context.Context, produce func(submit func(*job) bool) error) error {
	p.submitted = make(chan *job)
	p.work = make(chan *job)
	p.returned = make(chan returned, p.workers)
	p.stopped = make(chan struct{})
	ctx, p.cancel = context.WithCancelCause(ctx)
	defer p.cancel(nil)

	var g errgroup.Group // its members end by themselves: nothing in flight is cut off
	for range p.workers {
		g.Go(func() error { p.worker(ctx); return nil })
	}
	g.Go(func() error { return p.dispatch(ctx) })
	g.Go(func() error {
		defer close(p.submitted)
		return produce(func(j *job) bool {
			select {
			case p.submitted <- j:
				return true
			case <-p.stopped:
				return false
			}
		})
	})
	err := g.Wait()
	return errors.Join(err, p.cause)
}

// worker sends the jobs it is handed, and settles those that are done.
func (p *pool) worker(ctx context.Context) {
	for j := range p.work {
		e := returned{job: j, repeated: j.failedAt}
		until := ctx
		if j.owes { // it is wanted though the run stops
			until = context.WithoutCancel(ctx)
		}
		if e.sent, e.err = j.attempt(until, p.now); e.sent {
			var refused bool
			e.settled, e.again, refused = j.next(p.limits, p.now())
			if e.settled {
				e.next, e.err = j.settle(j.result)
			}
			if refused {
				a := j.result.answer
				e.err = errors.Join(&oneroster.PermissionError{Status: a.Status, InARow: 2, IMSX: a.IMSX}, e.err)
			}
		}
		p.returned <- e
	}
}

// dispatch hands out jobs until there are no more, or the run stops. Its error
// is that of settling the jobs which were never sent.
func (p *pool) dispatch(ctx context.Context) error {
	defer close(p.work)
	q, inFlight := newQueue(), 0
	q.mayOwe, p.yield = p.workers, 1
	submitted, done := p.submitted, ctx.Done()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for submitted != nil || q.open > 0 {
		now := p.now()
		q.wake(now)
		if p.cause == nil {
			p.drains = !p.finishBy.IsZero() && !now.Before(p.finishBy)
			p.stop(p.overdue(now))
		}
		if p.cause != nil && inFlight == 0 && !p.finishes(q) {
			return p.abandon(q)
		}
		next, room, wait := p.offer(q, now)
		work, intake := p.work, submitted
		if next == nil {
			work = nil
		}
		if !room {
			intake = nil
		}
		timer.Reset(wait)
		select {
		case work <- next:
			p.pacer.Start(p.now()) // not now: that was before a worker was free
			q.take()
			inFlight++
			p.looking += next.looksAt
		case j, more := <-intake:
			if !more {
				submitted, p.drained = nil, true
				break
			}
			q.add(j)
		case e := <-p.returned:
			inFlight--
			p.take(q, e)
		case <-done:
			if p.cause == nil {
				p.drains = true
			}
			if inFlight > 0 {
				p.log.Warn().Int("inFlight", inFlight).Msg("stopping once the requests in flight are answered; a second signal stops at once")
			}
			p.stop(context.Cause(ctx))
			done = nil
		case <-timer.C:
		}
	}
	if p.cause == nil {
		p.stop(p.pacer.Refused())
	}
	return nil
}

// offer is what may happen next: the job that may go, nil if none may, whether
// there is room for new ones, and how long nothing happens by itself.
func (p *pool) offer(q *queue, now time.Time) (next *job, room bool, wait time.Duration) {
	if p.cause != nil && !p.finishes(q) {
		return nil, false, time.Hour
	}
	wait = p.untilNext(q, now)
	for next = q.first(); next != nil && next.expired(now); next = q.first() {
		q.replace()
	}
	if next != nil && next.looksAt > 0 && float64(p.looking)*p.yield >= float64(p.workers) {
		next = nil // until some of those are read
	}
	if next != nil {
		delay := p.pacer.Delay(now)
		if delay != 0 {
			next = nil
		}
		if delay > 0 {
			wait = min(wait, delay)
		}
	}
	return next, p.cause == nil && q.rows() < p.capacity, wait
}

// finishes reports whether something is still sent although the run stops: what
// is left of rows that are under way, such as reading them back, if nothing else
// is wrong.
func (p *pool) finishes(q *queue) bool {
	return p.drains && q.owing.Len() > 0 && !p.pacer.Resume().After(p.now())
}

// take brings a returned job back into the books.
func (p *pool) take(q *queue, e returned) {
	now := p.now()
	if e.sent {
		p.traffic.note(e.job.result)
		p.tell(e.job.result)
		p.stop(p.pacer.Done(now, e.job.result.answer, p.tellsOfRow(q, e)))
		p.announce(now)
	} else {
		p.pacer.Withdraw()
	}
	p.stop(e.err)
	p.looking -= e.job.looksAt
	if e.settled {
		if n := e.job.looksAt; n > 0 {
			p.yield = float64(len(e.next)) / float64(n)
		}
		q.settled(e.job, e.next)
	} else {
		q.again(e.job, now.Add(e.again), now)
	}
}

// tellsOfRow reports whether a failure tells of the row and not of the server: the
// row had failed before, and the server has answered others since then, or there
// are so few rows left that no other could show the server at work.
func (p *pool) tellsOfRow(q *queue, e returned) bool {
	if e.repeated.IsZero() {
		return false
	}
	return p.pacer.Alive().After(e.repeated) || p.drained && q.open <= p.workers && p.pacer.Accepted()
}

// tell logs an answer that settled nothing. Ids are not among it: they may be a
// pupil's.
func (p *pool) tell(r result) {
	if a := r.answer; !a.Verdict.Settles() {
		p.log.Debug().Int("status", a.Status).Str("why", a.Message).Str("codeMinor", a.IMSX.CodeMinor).
			Int("attempt", r.attempts).Str("requestId", a.RequestID).Msg("a request is sent again")
	}
}

// announce logs a pause of all requests that a person would notice, once.
func (p *pool) announce(now time.Time) {
	if until := p.pacer.Resume(); until.Sub(now) >= time.Second && !until.Equal(p.announced) {
		p.announced = until
		p.log.Info().Dur("for", until.Sub(now)).Msg("the server is in trouble or asks to wait: every request waits")
	}
}

// stop ends the run for err, if that is one and the first.
func (p *pool) stop(err error) {
	if err != nil && p.cause == nil {
		p.cause = err
		close(p.stopped)
		p.cancel(err) // whoever waits to start a request, such as for a token, need not any more
	}
}

// overdue is why the run must stop at this time, nil if it need not.
func (p *pool) overdue(now time.Time) error {
	if !p.finishBy.IsZero() && !now.Before(p.finishBy) {
		return ErrFinishBy
	}
	return p.pacer.Overdue(now)
}

// untilNext is how long nothing can happen by itself.
func (p *pool) untilNext(q *queue, now time.Time) time.Duration {
	wait := time.Hour
	if at, ok := q.wakeTime(); ok {
		wait = min(wait, at.Sub(now))
	}
	if at, ok := p.pacer.Deadline(); ok {
		wait = min(wait, at.Sub(now))
	}
	if !p.finishBy.IsZero() {
		wait = min(wait, p.finishBy.Sub(now))
	}
	return max(wait, 0)
}

// abandon settles what waits in the queue as not sent any more.
func (p *pool) abandon(q *queue) error {
	var first error // of many that say the same, such as that the disk is full
	for _, j := range q.drain() {
		j.result.stopped = true
		if _, err := j.settle(j.result); first == nil {
			first = err
		}
	}
	return first
}
