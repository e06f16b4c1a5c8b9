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

	// owes says that an accepted PATCH of the job's row has no line yet, so that a
	// kill would have it sent again: few such jobs may be open at once.
	owes bool

	// send makes one attempt. Its error stops the run.
	send func(context.Context) (oneroster.Answer, error)

	// settle is called once, when nothing more will be sent: by the worker
	// before it takes another job, so that what it writes is written before the
	// next request goes out. It returns the jobs that follow; of a job with
	// lanes each follows in one of them. Its error stops the run.
	settle func(result) ([]*job, error)

	waits    int // lanes that it does not have yet; the queue's to know
	result   result
	failures int       // attempts that count against the retries
	stale    int       // attempts that met a connection closed long before
	dropped  bool      // it was answered 401 once
	failedAt time.Time // when it last failed, zero if it did not
	pause    *backoff.ExponentialBackOff
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
	case oneroster.Throttled:
		return false, 0, false // the pacer holds everyone back
	case oneroster.Stale:
		free := staleUnwritten
		if a.Written {
			j.result.inDoubt, free = true, staleWritten
		}
		if j.stale++; j.stale <= free {
			return false, 0, false
		}
	case oneroster.Lost:
		j.result.inDoubt = true
	}
	j.failedAt = now
	if j.failures++; j.failures > limits.retries {
		return true, 0, false
	}
	if j.pause == nil {
		j.pause = backoff.NewExponentialBackOff()
		j.pause.InitialInterval, j.pause.MaxInterval, j.pause.Multiplier = limits.first, limits.longest, 2
		j.pause.Reset()
	}
	return false, j.pause.NextBackOff(), false
}

// attempt sends the job once and notes what came of it.
func (j *job) attempt(ctx context.Context, now func() time.Time) error {
	began := now()
	a, err := j.send(ctx)
	if err != nil {
		return err
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
	return nil
}
