package importer

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"

	"rosterpatch/importer/oneroster"
)

// job is one request, sent until it is settled.
type job struct {
	lanes []string // sourcedIds it is about: jobs of one id go one at a time

	// owes is true of the job that reads a record back: the PATCH of its row was
	// accepted and has no line yet, so a kill now would have it sent again. The queue
	// bounds how many such jobs are open.
	owes bool

	// looksAt is how many rows' records it reads before they are sent, several at once.
	looksAt int

	// send makes one attempt. Its error stops the run.
	send func(context.Context) (oneroster.Answer, error)

	// settle is called once, when nothing more will be sent: by the worker
	// before it takes another job, so that what it writes is written before the
	// next request goes out. It returns the jobs that follow; of a job with
	// lanes each follows in one of them. Its error stops the run.
	settle func(result) ([]*job, error)

	// A job made of what a look at a record has found goes out until then, and once:
	// after that instead is what goes in its place, with its lanes. nil for any other.
	until   time.Time
	instead func() *job

	waits int // lanes that it does not have yet; the queue's to know
	course
}

// course is how a job has gone so far.
type course struct {
	result    result
	failures  int       // attempts that count against the retries
	stale     int       // attempts that met a connection closed long before
	throttles int       // attempts that were answered 429
	dropped   bool      // it was answered 401 once
	waited    bool      // its last turn passed while a token was fetched
	failedAt  time.Time // when it last failed, zero if it did not
	pause     *backoff.ExponentialBackOff
}

// result is what came of a job.
type result struct {
	answer   oneroster.Answer // the last one
	attempts int              // requests sent, each of them
	inDoubt  bool             // an attempt may have been carried out although no answer said so
	reached  bool             // the server had the request, and did more than ask to wait or for a better token
	started  time.Time        // the first attempt
	began    time.Time        // the last attempt
	ended    time.Time
	stopped  bool // the run stopped before the job was settled by an answer
}

// retryLimits bounds how often and how soon a job is sent again.
type retryLimits struct {
	retries int           // attempts after the first, 429 and closed idle connections not counted
	first   time.Duration // pause after the first failure, doubled by each
	longest time.Duration
}

// How many closed idle connections a job may meet in a row before that counts as
// a failure: many while nothing of it had gone out, one where it had, since a
// server may drop connections because of what it reads.
const (
	staleUnwritten = 10
	staleWritten   = 1
)

// next says what the answer just noted in j.result means for it: settled, or
// sent again after a pause. refused says that the token was not taken twice.
func (j *job) next(limits retryLimits, now time.Time) (settled bool, pause time.Duration, refused bool) {
	a := j.result.answer
	if a.Verdict != oneroster.Stale {
		j.stale = 0
	}
	switch a.Verdict {
	case oneroster.Accepted, oneroster.Refused, oneroster.Forbidden:
		j.result.inDoubt = false
		return true, 0, false
	case oneroster.Unauthorized:
		refused, j.dropped = j.dropped, true
		return refused, 0, refused
	case oneroster.Throttled: // the pacer holds everyone back
		j.until = time.Time{}
		if j.throttles++; j.throttles == 1 {
			return false, 0, false
		}
		return false, j.nextPause(limits), false // so that others can go ahead of a row that always is
	case oneroster.Stale:
		free := staleUnwritten
		if a.Written { // and perhaps done
			j.result.inDoubt, j.until, free = true, time.Time{}, staleWritten
		}
		if j.stale++; j.stale <= free {
			return false, 0, false
		}
	case oneroster.Lost:
		j.result.inDoubt = true
	}
	j.failedAt, j.until = now, time.Time{}
	if j.failures++; j.failures > limits.retries {
		return true, 0, false
	}
	return false, j.nextPause(limits), false
}

func (j *job) nextPause(limits retryLimits) time.Duration {
	if j.pause == nil {
		j.pause = backoff.NewExponentialBackOff()
		j.pause.InitialInterval, j.pause.MaxInterval, j.pause.Multiplier = limits.first, limits.longest, 2
		j.pause.Reset()
	}
	return j.pause.NextBackOff()
}

// attempt sends the job once and notes what came of it. sent is false if its turn
// passed while a token was fetched; a token that is gone by the job's next turn
// again is used at once.
func (j *job) attempt(ctx context.Context, now func() time.Time) (sent bool, err error) {
	began := now()
	a, err := j.send(ctx)
	if err == nil && a.Verdict == oneroster.Waited && j.waited {
		began = now()
		a, err = j.send(ctx)
	}
	if j.waited = a.Verdict == oneroster.Waited; err != nil || j.waited {
		return false, err
	}
	if j.result.attempts == 0 {
		j.result.started = began
	}
	j.result.attempts++
	j.result.answer, j.result.began, j.result.ended = a, began, now()
	switch a.Verdict {
	case oneroster.Throttled, oneroster.Unauthorized, oneroster.Unreached, oneroster.Misconfigured:
	case oneroster.Stale:
		j.result.reached = j.result.reached || a.Written
	default:
		j.result.reached = true
	}
	return true, nil
}

// expired reports whether what the job was made of is too old to be sent.
func (j *job) expired(now time.Time) bool { return j.instead != nil && now.After(j.until) }
