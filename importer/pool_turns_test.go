package importer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"rosterpatch/importer/oneroster"
)

// A row that is always throttled does not keep the others from going.
func TestPoolGoesPastARowThatIsAlwaysThrottled(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, s *site) {
		jobs := []*job{s.job("poison", "poison", time.Millisecond, verdicts(oneroster.Throttled))}
		for i := range 40 {
			name := fmt.Sprint(i)
			jobs = append(jobs, s.job(name, name, time.Millisecond, verdicts(oneroster.Accepted)))
		}
		taken, err := s.do(t.Context(), jobs...)
		s.check(taken)
		var gaveUp *oneroster.GiveUpError
		if !errors.As(err, &gaveUp) {
			t.Errorf("the pool ended with %v", err)
		}
		for name, r := range s.results {
			if done := !r.stopped && r.answer.Verdict == oneroster.Accepted; done != (name != "poison") {
				t.Errorf("%s: %+v", name, r)
			}
		}
	})
}

// While a token is fetched, turns pass: when it comes, requests go at the pace all
// the same.
func TestPoolKeepsThePaceBehindAToken(t *testing.T) {
	inBubble(t, 8, func(t *testing.T, s *site) {
		s.pacer = oneroster.NewPacer(8, 10, 5*time.Minute, rand.New(rand.NewPCG(1, 2)), time.Now())
		var ready atomic.Int64 // when there is a token, in nanoseconds since the pool began
		ready.Store(int64(time.Second))
		var jobs []*job
		for i := range 30 {
			name := fmt.Sprint(i)
			j := s.job(name, name, time.Millisecond, verdicts(oneroster.Accepted))
			send, revokes := j.send, i == 12
			j.send = func(ctx context.Context) (oneroster.Answer, error) {
				if revokes {
					revokes = false
					ready.Store(int64(time.Since(s.begun) + 3*time.Second))
				}
				if wait := time.Duration(ready.Load()) - time.Since(s.begun); wait > 0 {
					time.Sleep(wait)
					return oneroster.Answer{Verdict: oneroster.Waited}, nil
				}
				return send(ctx)
			}
			jobs = append(jobs, j)
		}
		taken, err := s.do(t.Context(), jobs...)
		if s.check(taken); err != nil {
			t.Fatal(err)
		}
		for i, a := range s.sent {
			if i > 0 && a.at-s.sent[i-1].at < 99*time.Millisecond {
				t.Fatalf("%v after the one before: %v", a.at-s.sent[i-1].at, s.sent)
			}
		}
		for name, r := range s.results {
			if r.attempts != 1 {
				t.Errorf("%s: %d attempts", name, r.attempts)
			}
		}
	})
}

// What is left of a row under way is done though the run is interrupted, once.
func TestPoolFinishesWhatIsUnderWay(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, s *site) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("a signal")
		readBack := func(name string, a answers) func() []*job {
			return func() []*job {
				j := s.job("read "+name, name, time.Millisecond, a)
				j.owes = true
				send := j.send
				j.send = func(ctx context.Context) (oneroster.Answer, error) {
					if ctx.Err() != nil {
						return oneroster.Answer{}, context.Cause(ctx)
					}
					return send(ctx)
				}
				return []*job{j}
			}
		}
		opens := s.job("opens", "opens", time.Millisecond, verdicts(oneroster.Accepted))
		one := s.jobIn([]string{"1"}, "patch 1", 10*time.Millisecond, verdicts(oneroster.Accepted), readBack("1", verdicts(oneroster.Accepted)))
		two := s.jobIn([]string{"2"}, "patch 2", 10*time.Millisecond, verdicts(oneroster.Accepted), readBack("2", verdicts(oneroster.Troubled)))
		never := s.job("never", "never", time.Millisecond, verdicts(oneroster.Accepted))
		time.AfterFunc(5*time.Millisecond, func() { cancel(why) })
		taken, err := s.do(ctx, opens, one, two, never)
		if !errors.Is(err, why) {
			t.Errorf("the pool ended with %v", err)
		}
		if taken != 4 {
			t.Fatalf("%d jobs were taken", taken)
		}
		want := []string{"never", "opens", "patch 1", "patch 2", "read 1", "read 2"}
		if got := slices.Sorted(slices.Values(s.settled)); !slices.Equal(got, want) {
			t.Fatalf("settled are %q", got)
		}
		if r := s.results["read 1"]; r.stopped || r.answer.Verdict != oneroster.Accepted {
			t.Errorf("read 1: %+v", r)
		}
		if r := s.results["read 2"]; !r.stopped || r.attempts != 1 {
			t.Errorf("read 2: %+v", r)
		}
		if r := s.results["never"]; !r.stopped || r.attempts != 0 {
			t.Errorf("never: %+v", r)
		}
	})
}

// Records are read ahead of the rows, but few rows wait with one that has been
// read; where nothing has to be sent, all workers read.
func TestPoolReadsFewRecordsAhead(t *testing.T) {
	for _, changed := range []int{0, 1, 50, 100} { // of each batch of 100
		inBubble(t, 4, func(t *testing.T, s *site) {
			s.capacity = 10_000
			waiting, most, reading, readers := 0, 0, 0, 0
			count := func(rows, reads int) {
				s.mu.Lock()
				defer s.mu.Unlock()
				waiting, reading = waiting+rows, reading+reads
				most, readers = max(most, waiting), max(readers, reading)
			}
			var jobs []*job
			for i := range 20 {
				lanes := make([]string, 100)
				for k := range lanes {
					lanes[k] = fmt.Sprint(i, "-", k)
				}
				j := s.jobIn(lanes, fmt.Sprint("batch ", i), 10*time.Millisecond, verdicts(oneroster.Accepted), func() (next []*job) {
					for _, lane := range lanes[:changed] {
						patch := s.job(lane, lane, 10*time.Millisecond, verdicts(oneroster.Accepted))
						send := patch.send
						patch.send = func(ctx context.Context) (oneroster.Answer, error) { count(-1, 0); return send(ctx) }
						next = append(next, patch)
					}
					return next
				})
				j.looksAt = len(lanes)
				send := j.send
				j.send = func(ctx context.Context) (oneroster.Answer, error) {
					count(0, 1)
					a, err := send(ctx)
					count(changed, -1)
					return a, err
				}
				jobs = append(jobs, j)
			}
			taken, err := s.do(t.Context(), jobs...)
			if s.check(taken + 20*changed); err != nil {
				t.Fatal(err)
			}
			if most > changed+3*4 {
				t.Errorf("%d of 100 changed: %d rows waited with a record that had been read", changed, most)
			}
			if changed == 0 && readers < 4 {
				t.Errorf("%d of 100 changed: %d workers read", changed, readers)
			}
		})
	}
}

// What was made of a look at a record is not sent once the look is too old, nor
// again after a failure: what is to go instead goes in its place.
func TestPoolSendsNothingThatHasExpired(t *testing.T) {
	for name, first := range map[string]oneroster.Verdict{"too late": oneroster.Accepted, "after trouble": oneroster.Troubled, "throttled": oneroster.Throttled} {
		inBubble(t, 1, func(t *testing.T, s *site) {
			j := s.job("patch", "1", time.Millisecond, verdicts(first))
			j.until = time.Now().Add(time.Second)
			j.instead = func() *job { return s.job("look", "1", time.Millisecond, verdicts(oneroster.Accepted)) }
			jobs := []*job{j, s.job("behind", "1", time.Millisecond, verdicts(oneroster.Accepted))}
			want := []string{"patch", "look", "behind"}
			if first == oneroster.Accepted {
				jobs = append([]*job{s.job("slow", "2", 2*time.Second, verdicts(oneroster.Accepted))}, jobs...)
				want = []string{"slow", "look", "behind"}
			}
			if _, err := s.do(t.Context(), jobs...); err != nil {
				t.Fatal(err)
			}
			if got := s.order(); !slices.Equal(got, want) {
				t.Errorf("%s: sent are %q, want %q", name, got, want)
			}
		})
	}
}
