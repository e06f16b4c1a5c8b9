package importer

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"rosterpatch/importer/oneroster"
)

// TestOwingJobsAreNotHeldUp lets a row be sent again at once, ahead of two that
// owe a line. It must wait for them, since too many owe already, and they must
// not wait for it.
func TestOwingJobsAreNotHeldUp(t *testing.T) {
	const accepted, stale, throttled = oneroster.Accepted, oneroster.Stale, oneroster.Throttled
	now := time.Now()
	p := &pool{
		workers: 2, capacity: 16, now: time.Now, traffic: &traffic{},
		limits: retryLimits{retries: 3, first: 20 * time.Millisecond, longest: 20 * time.Millisecond},
		pacer:  oneroster.NewPacer(2, 0, time.Minute, rand.New(rand.NewPCG(1, 2)), now),
	}
	paused := make(chan struct{})
	answers := func(lane string, verdicts ...oneroster.Verdict) *job {
		return &job{
			lanes: []string{lane},
			send: func(context.Context) (oneroster.Answer, error) {
				a := oneroster.Answer{Verdict: verdicts[0]}
				if verdicts = verdicts[1:]; a.Verdict == throttled {
					a.RetryAfter = 200 * time.Millisecond
					close(paused)
				}
				return a, nil
			},
			settle: func(result) ([]*job, error) { return nil, nil },
		}
	}
	readBack := func(lane string, verdicts ...oneroster.Verdict) *job {
		get := answers(lane, verdicts...)
		get.owes = true
		patch := answers(lane, accepted)
		patch.settle = func(result) ([]*job, error) { return []*job{get}, nil }
		return patch
	}
	again := answers("again", stale, accepted)
	first := again.send
	again.send = func(ctx context.Context) (oneroster.Answer, error) {
		<-paused
		<-time.After(60 * time.Millisecond) // the one that is parked is ready by then
		return first(ctx)
	}
	ended := make(chan error)
	go func() {
		ended <- p.run(t.Context(), func(submit func(*job) bool) error {
			for _, j := range []*job{
				answers("1", accepted), answers("2", accepted), // which open the window
				again,
				readBack("parked", stale, stale, stale, stale, accepted),
				readBack("throttled", throttled, accepted),
			} {
				submit(j)
			}
			return nil
		})
	}()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the pool hangs")
	}
}
