package importer

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/report"
)

// sender brings rows to the server and their results into the report.
type sender struct {
	client *oneroster.Client
	report *journal
	log    zerolog.Logger
	verify bool // read each record back
	twins  twins

	lookHolds time.Duration // for how long a look at a record is gone by
}

// patch is the job that sends a row: the whole change, or what a look at its
// record has left of it.
func (s *sender) patch(it item) *job {
	change := it.change
	if len(it.sends.Fields) > 0 {
		change = it.sends
	}
	body := change.Body()
	return &job{
		lanes: []string{it.change.SourcedID},
		send: func(ctx context.Context) (oneroster.Answer, error) {
			return s.client.Patch(ctx, it.change.SourcedID, body)
		},
		settle: func(r result) ([]*job, error) {
			if s.verify && r.outcome() == report.Updated {
				return []*job{s.readBack(it, r)}, nil
			}
			return nil, s.writeResult(it, r.outcome(), r)
		},
	}
}

// readBack is the job that sees whether the record holds what the row says.
func (s *sender) readBack(it item, patched result) *job {
	return &job{
		lanes: []string{it.change.SourcedID},
		owes:  true,
		send: func(ctx context.Context) (oneroster.Answer, error) {
			return s.client.Get(ctx, it.change.SourcedID)
		},
		settle: func(r result) ([]*job, error) {
			record, err := oneroster.ParseRecord(r.answer.Body)
			if r.answer.Status == http.StatusNotFound {
				patched.answer.Message = fmt.Sprintf("accepted with %d, but read back there is no such record", patched.answer.Status)
				return nil, s.writeResult(it, report.Failed, patched)
			}
			if r.stopped {
				patched.answer.Message = fmt.Sprintf("accepted with %d, but the run stopped before the record was read back", patched.answer.Status)
				return nil, s.writeResult(it, report.Unknown, patched)
			}
			if r.outcome() != report.Updated || err != nil {
				patched.answer.Message = fmt.Sprintf("accepted with %d, but the record could not be read back", patched.answer.Status)
				return nil, s.writeResult(it, report.Unknown, patched)
			}
			if wrong := differing(it.change.Fields, record); len(wrong) > 0 {
				patched.answer.Message = fmt.Sprintf("accepted with %d, but read back the record holds %s in %s instead of %s",
					patched.answer.Status, shown(held(record, wrong[0].Name)), wrong[0].Name, shown(wrong[0].Value))
				return nil, s.writeResult(it, report.Failed, patched)
			}
			return nil, s.writeResult(it, report.Updated, patched)
		},
	}
}

// writeResult writes the row's line, and returns once it is in the file.
func (s *sender) writeResult(it item, outcome report.Outcome, r result) error {
	l := it.line(outcome)
	r.fill(&l)
	l.Message = it.says(l.Message)
	return s.write(l)
}

// write puts the line into the report. A row of which nothing was sent does not
// wait for it: were it lost in a kill, nothing would be done twice.
func (s *sender) write(l report.Line) error {
	if l.Attempts == 0 {
		return s.report.add(l)
	}
	return s.report.write(l)
}

// note writes the line of a row that was not sent, without waiting for it.
func (s *sender) note(it item) error {
	if it.settled == nil {
		it.settle(report.Unsent, unsentMessage)
	}
	return s.report.add(*it.settled)
}

const unsentMessage = "the run stopped before this row was sent"

// outcome is what the result means for the row.
func (r result) outcome() report.Outcome {
	switch {
	case r.attempts == 0, r.stopped && !r.reached:
		return report.Unsent
	case r.answer.Verdict == oneroster.Accepted:
		return report.Updated
	case r.inDoubt:
		return report.Unknown
	}
	return report.Failed
}

// fill puts what is known of the requests into the row's line.
func (r result) fill(l *report.Line) {
	a := r.answer
	l.Attempts = r.attempts
	if r.attempts == 0 {
		l.Message = unsentMessage
		return
	}
	l.HTTPStatus, l.RequestID = a.Status, a.RequestID
	l.CodeMajor, l.Severity, l.CodeMinor = a.IMSX.CodeMajor, a.IMSX.Severity, a.IMSX.CodeMinor
	l.Description, l.ErrorDetails = a.IMSX.Description, a.IMSX.ErrorDetails
	l.FinishedAt, l.Duration = r.ended, r.ended.Sub(r.started)
	l.Message = r.message(l.Outcome)
}

// message says in our words why the row is not updated, "" if it is.
func (r result) message(outcome report.Outcome) string {
	if outcome == report.Updated {
		return ""
	}
	what := r.answer.Message
	if what == "" {
		what = meaning(r.answer.Status)
	}
	switch {
	case r.stopped:
		return fmt.Sprintf("%s; the run stopped before it could be sent again", what)
	case r.attempts > 1 && !r.answer.Verdict.Settles():
		return fmt.Sprintf("%s; so ended the last of %d attempts", what, r.attempts)
	}
	return what
}

// meaning says what a status is to the person who reads the report.
func meaning(status int) string {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return "the server does not accept these values"
	case http.StatusUnauthorized:
		return "the server does not accept the token"
	case http.StatusForbidden:
		return "this client may not change this enrollment"
	case http.StatusNotFound:
		return "the server has no enrollment with this sourcedId, or it is not this client's to see"
	case http.StatusTooManyRequests:
		return "the server asks to wait"
	}
	if status >= 500 {
		return "the server is in trouble"
	}
	return fmt.Sprintf("the server answered %d", status)
}
