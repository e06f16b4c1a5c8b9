package importer

import (
	"slices"
	"testing"
	"time"

	"rosterpatch/importer/oneroster"
)

// TestOwingJobsAreNotHeldUp lets a row be sent again at once, ahead of two that
// owe a line. It must wait for one of them, since too many owe already, and they
// must not wait for it.
func TestOwingJobsAreNotHeldUp(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, s *site) {
		s.limits = retryLimits{retries: 3, first: 20 * ms, longest: 20 * ms}
		s.finishBy = s.begun.Add(time.Minute) // instead of waiting for ever
		accepted := oneroster.Answer{Verdict: oneroster.Accepted}
		stale := oneroster.Answer{Verdict: oneroster.Stale, Written: true} // costs a pause from the second on
		throttled := oneroster.Answer{Verdict: oneroster.Throttled, RetryAfter: 200 * ms}
		readBack := func(name string, a ...oneroster.Answer) *job {
			return s.jobIn([]string{name}, "patch "+name, 0, answers{accepted}, func() []*job {
				read := s.job("read "+name, name, 0, a)
				read.owes = true
				return []*job{read}
			})
		}
		taken, err := s.do(t.Context(),
			s.job("1", "1", 0, answers{accepted}), s.job("2", "2", 0, answers{accepted}), // which open the window
			s.job("again", "again", 100*ms, answers{stale, accepted}),
			readBack("parked", stale, stale, stale, accepted),
			readBack("throttled", throttled, stale, stale, accepted),
		)
		if err != nil {
			t.Error(err)
		}
		s.check(taken + 2)

		// As the first answer to again comes, both are waiting: one is parked and has
		// become ready since, and nothing may be sent before the 429's pause is over.
		var before, after []string
		for _, a := range s.sent {
			if a.at < 100*ms {
				before = append(before, a.name)
			} else {
				after = append(after, a.name)
			}
		}
		slices.Sort(before)
		if want := []string{"1", "2", "again", "patch parked", "patch throttled", "read parked", "read parked", "read throttled"}; !slices.Equal(before, want) {
			t.Errorf("first go %v, want %v", before, want)
		}
		// After it both are parked, and one of the two has to be settled.
		if len(after) != 6 || !slices.Equal(after[:3], []string{"read parked", "read throttled", "read throttled"}) || after[4] != "again" {
			t.Errorf("then go %v", after)
		}
	})
}
