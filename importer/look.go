package importer

import (
	"context"
	"time"

	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/report"
	"rosterpatch/mapping"
)

// lookHolds is for how long a look at a record is gone by. A row that has to wait
// longer to be sent, or to be sent again, is looked at again: someone else may
// have changed the record meanwhile. At a rate at which a row's turn comes later
// than that, it is as long as the turns of all workers take.
func lookHolds(workers int, rate float64) time.Duration {
	const holds = 5 * time.Second
	if rate == 0 {
		return holds
	}
	return max(holds, time.Duration(float64(workers+2)/rate*float64(time.Second)))
}

// send is the job that sends a row what differs from its record.
func (s *sender) send(it item, record oneroster.Record, change []mapping.Field) *job {
	looked, found := it, record
	if it.tried { // what was sent may have changed the record since the first look
		found = with(record, it.saw())
	}
	it.was, it.is = excerpts(found, differing(it.change.Fields, found))
	return s.patchOf(it, looked, record, change)
}

// patchOf is the job that sends a change of a record; looked is the row as it was
// before the look.
func (s *sender) patchOf(it, looked item, record oneroster.Record, change []mapping.Field) *job {
	it.sends = complete(mapping.Change{SourcedID: it.change.SourcedID, Fields: change}, record)
	j := s.patch(it)
	j.until = looked.lookedAt.Add(s.lookHolds)
	j.instead = func() *job {
		return s.lookAgain(looked, j, func(looked item, record oneroster.Record) *job { return s.patchOf(it, looked, record, change) })
	}
	return j
}

// lookAgain is the job that goes in place of a row's patch. again makes the patch
// anew: where the record has what was sent already, sending it once more tells
// whether it was.
func (s *sender) lookAgain(it item, patch *job, again func(item, oneroster.Record) *job) *job {
	it.tried = it.tried || patch.result.reached
	it.doubted = it.doubted || patch.result.inDoubt
	it.attempts = patch.result.attempts
	look := &job{
		lanes: patch.lanes,
		send: func(ctx context.Context) (oneroster.Answer, error) {
			return s.client.Get(ctx, it.change.SourcedID)
		},
		course: course{failures: patch.failures, pause: patch.pause},
	}
	look.settle = func(r result) ([]*job, error) {
		record, found := r.record()
		if !found && it.attempts == 0 {
			return nil, s.unread(it, r)
		}
		if !found {
			patch.result.stopped = r.stopped
			return patch.settle(patch.result)
		}
		it.lookedAt = r.ended
		var next *job
		var err error
		if record != nil && it.attempts > 0 && len(differing(it.change.Fields, record)) == 0 {
			next = again(it, record)
		} else if next, err = s.apply(it, record); next == nil {
			return nil, err
		}
		next.course, next.failures = patch.course, look.failures
		return []*job{next}, nil
	}
	return look
}

// unread writes the line of a row whose record could not be read. Nothing of it
// was sent.
func (s *sender) unread(it item, r result) error {
	outcome := report.Failed
	if r.stopped {
		outcome = report.Unsent
	}
	l := it.line(outcome)
	r.fill(&l)
	l.Attempts = 0
	if !r.stopped {
		l.Message = "the record could not be read, so nothing was sent: " + l.Message
	}
	return s.write(l)
}
