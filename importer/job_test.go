package importer

import (
	"context"
	"errors"
	"testing"
	"time"

	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/report"
)

var noon = time.Date(2026, 10, 21, 12, 0, 0, 0, time.UTC)

// TestJobNext takes a job through its answers.
func TestJobNext(t *testing.T) {
	const (
		accepted, refused, forbidden = oneroster.Accepted, oneroster.Refused, oneroster.Forbidden
		unauthorized, throttled      = oneroster.Unauthorized, oneroster.Throttled
		troubled, lost, stale        = oneroster.Troubled, oneroster.Lost, oneroster.Stale
		unreached, misconfigured     = oneroster.Unreached, oneroster.Misconfigured
	)
	many := func(n int, v oneroster.Verdict) (all []oneroster.Verdict) {
		for range n {
			all = append(all, v)
		}
		return all
	}
	then := func(parts ...[]oneroster.Verdict) (all []oneroster.Verdict) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	one := func(v ...oneroster.Verdict) []oneroster.Verdict { return v }
	tests := []struct {
		name    string
		answers []oneroster.Verdict // the last settles it, and no other
		refused bool                // the run must stop
		want    report.Outcome
	}{
		{"accepted", one(accepted), false, report.Updated},
		{"refused", one(refused), false, report.Failed},
		{"forbidden", one(forbidden), false, report.Failed},
		{"a token that had been revoked", one(unauthorized, accepted), false, report.Updated},
		{"no token is taken", one(unauthorized, unauthorized), true, report.Failed},
		{"no token is taken, the second later", one(unauthorized, troubled, unauthorized), true, report.Failed},
		{"429 for long", then(many(100, throttled), one(accepted)), false, report.Updated},
		{"trouble, then well", one(troubled, unreached, misconfigured, accepted), false, report.Updated},
		{"as much trouble as may be", then(many(3, troubled), one(accepted)), false, report.Updated},
		{"too much trouble", many(4, troubled), false, report.Failed},
		{"429s do not count", one(troubled, throttled, troubled, throttled, troubled, throttled, troubled), false, report.Failed},
		{"never reached", many(4, unreached), false, report.Failed},
		{"the answer is lost, then there is one", one(lost, accepted), false, report.Updated},
		{"the answer is lost, then it is refused", one(lost, refused), false, report.Failed},
		{"the answer is always lost", many(4, lost), false, report.Unknown},
		{"the answer was lost once", one(lost, troubled, troubled, troubled), false, report.Unknown},
		{"idle connections closed", one(stale, stale, stale, accepted), false, report.Updated},
		{"idle connections closed now and then", then(many(3, stale), one(throttled), many(3, stale), one(throttled), many(3, stale), one(accepted)), false, report.Updated},
		{"idle connections closed for ever", many(14, stale), false, report.Failed},
		{"connections dropped once they have the request", one(dropped, accepted), false, report.Updated},
		{"connections dropped for ever", many(5, dropped), false, report.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := &job{}
			limits := retryLimits{retries: 3, first: time.Second, longest: 4 * time.Second}
			for i, v := range tt.answers {
				j.send = func(context.Context) (oneroster.Answer, error) { return answerOf(v), nil }
				if sent, err := j.attempt(t.Context(), func() time.Time { return noon }); err != nil || !sent {
					t.Fatal(sent, err)
				}
				settled, pause, refused := j.next(limits, noon)
				last := i == len(tt.answers)-1
				if settled != last || refused != (last && tt.refused) {
					t.Fatalf("answer %d: settled %v, refused %v", i+1, settled, refused)
				}
				counts := v == throttled && j.throttles > 1 || v == troubled || v == unreached || v == misconfigured || v == lost || v == stale && j.stale > staleUnwritten || v == dropped && j.stale > staleWritten
				if got := pause > 0; got != (counts && !last) {
					t.Errorf("answer %d: a pause of %v", i+1, pause)
				}
			}
			if got := j.result.outcome(); got != tt.want || j.result.attempts != len(tt.answers) {
				t.Errorf("%s after %d attempts, want %s", got, j.result.attempts, tt.want)
			}
		})
	}
}

// TestJobPauses holds that pauses double, up to the longest, each with a half of
// it to either side.
func TestJobPauses(t *testing.T) {
	j := &job{course: course{result: result{answer: oneroster.Answer{Verdict: oneroster.Troubled}}}}
	for i, want := range []time.Duration{1, 2, 4, 8, 8, 8} {
		want *= time.Second
		_, pause, _ := j.next(retryLimits{retries: 10, first: time.Second, longest: 8 * time.Second}, noon)
		if pause < want/2 || pause > want*3/2 {
			t.Errorf("pause %d is %v, want about %v", i, pause, want)
		}
	}
}

// TestJobAttempt holds what is noted of an attempt, and that one which was not
// made leaves no trace.
func TestJobAttempt(t *testing.T) {
	clock := noon
	now := func() time.Time {
		clock = clock.Add(time.Second)
		return clock
	}
	why := errors.New("no token")
	answers := []error{nil, why, nil}
	n := 0
	j := &job{send: func(context.Context) (oneroster.Answer, error) {
		n++
		return oneroster.Answer{Status: n, Verdict: oneroster.Throttled}, answers[n-1]
	}}
	for _, want := range answers {
		if sent, err := j.attempt(t.Context(), now); !errors.Is(err, want) || sent != (want == nil) {
			t.Errorf("got %v, %v, want %v", sent, err, want)
		}
	}
	r := j.result
	if r.attempts != 2 || r.answer.Status != 3 || r.reached ||
		!r.started.Equal(noon.Add(time.Second)) || !r.began.Equal(noon.Add(4*time.Second)) || !r.ended.Equal(noon.Add(5*time.Second)) {
		t.Errorf("got %+v", r)
	}
}

// TestResultOfAStoppedRun holds that a row is unsent only if the server cannot
// have done anything about it.
func TestResultOfAStoppedRun(t *testing.T) {
	tests := []struct {
		name    string
		verdict []oneroster.Verdict
		want    report.Outcome
	}{
		{"never sent", nil, report.Unsent},
		{"asked to wait", []oneroster.Verdict{oneroster.Throttled}, report.Unsent},
		{"no connection", []oneroster.Verdict{oneroster.Unreached, oneroster.Misconfigured}, report.Unsent},
		{"the token was not taken", []oneroster.Verdict{oneroster.Unauthorized}, report.Unsent},
		{"trouble", []oneroster.Verdict{oneroster.Troubled, oneroster.Throttled}, report.Failed},
		{"the answer was lost", []oneroster.Verdict{oneroster.Lost, oneroster.Throttled}, report.Unknown},
		{"an idle connection had been closed", []oneroster.Verdict{oneroster.Stale}, report.Unsent},
		{"a connection was dropped", []oneroster.Verdict{dropped}, report.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := &job{}
			for _, v := range tt.verdict {
				j.send = func(context.Context) (oneroster.Answer, error) { return answerOf(v), nil }
				if _, err := j.attempt(t.Context(), time.Now); err != nil {
					t.Fatal(err)
				}
				j.next(retryLimits{retries: 5, first: 1, longest: 1}, noon)
			}
			j.result.stopped = true
			if got := j.result.outcome(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// dropped is a connection that had been idle and was closed once it had the request.
const dropped = oneroster.Verdict(-1)

func answerOf(v oneroster.Verdict) oneroster.Answer {
	if v == dropped {
		return oneroster.Answer{Verdict: oneroster.Stale, Written: true}
	}
	return oneroster.Answer{Verdict: v}
}

// A look at a record holds until the turns of all workers have passed, or a patch
// made of it would never go.
func TestLookHolds(t *testing.T) {
	for _, tt := range []struct {
		workers int
		rate    float64
		want    time.Duration
	}{{10, 0, 5 * time.Second}, {10, 50, 5 * time.Second}, {2, 0.5, 8 * time.Second}, {10, 0.1, 2 * time.Minute}} {
		if got := lookHolds(tt.workers, tt.rate); got != tt.want {
			t.Errorf("%d workers at %v a second: %v, want %v", tt.workers, tt.rate, got, tt.want)
		}
	}
}
