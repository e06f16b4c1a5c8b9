package importer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rosterpatch/importer/oneroster"
)

// site is a pool at work on jobs that take time but no network. Its tests run
// in bubbles of synctest: waiting costs nothing, and a goroutine that outlives
// its pool, or waits for ever, fails the test.
type site struct {
	*pool
	t     *testing.T
	begun time.Time

	mu       sync.Mutex
	sent     []attempt      // in order of their start
	inFlight map[string]int // by lane
	settled  []string       // names of jobs, in order
	results  map[string]result
	busy     int // requests in flight
	busiest  int
}

// attempt is one request that was sent.
type attempt struct {
	name string
	at   time.Duration // since the pool began
}

func newSite(t *testing.T, workers int) *site {
	now := time.Now()
	return &site{
		pool: &pool{
			workers: workers, capacity: openRows * workers,
			limits: retryLimits{retries: 5, first: 250 * time.Millisecond, longest: 30 * time.Second},
			pacer:  oneroster.NewPacer(workers, 0, 5*time.Minute, rand.New(rand.NewPCG(1, 2)), now),
			now:    time.Now, traffic: &traffic{},
		},
		t: t, begun: now, inFlight: make(map[string]int), results: make(map[string]result),
	}
}

// answers are those to each attempt of a job in turn; the last goes on for ever.
type answers []oneroster.Answer

func verdicts(vs ...oneroster.Verdict) (all answers) {
	for _, v := range vs {
		all = append(all, oneroster.Answer{Verdict: v, Method: "PATCH"})
	}
	return all
}

// job is one in the lane, each of whose attempts takes so long.
func (s *site) job(name, lane string, takes time.Duration, a answers) *job {
	return s.jobIn([]string{lane}, name, takes, a, nil)
}

// jobIn is a job from which others follow.
func (s *site) jobIn(lanes []string, name string, takes time.Duration, a answers, next func() []*job) *job {
	n := 0
	return &job{
		lanes: lanes,
		send: func(context.Context) (oneroster.Answer, error) {
			s.start(name, lanes)
			time.Sleep(takes)
			s.end(lanes)
			n++
			return a[min(n, len(a))-1], nil
		},
		settle: func(r result) ([]*job, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if _, twice := s.results[name]; twice {
				s.t.Errorf("%s is settled twice", name)
			}
			s.settled = append(s.settled, name)
			s.results[name] = r
			if next == nil || r.stopped {
				return nil, nil
			}
			return next(), nil
		},
	}
}

func (s *site) start(name string, lanes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, attempt{name, time.Since(s.begun)})
	s.busy++
	s.busiest = max(s.busiest, s.busy)
	for _, lane := range lanes {
		if s.inFlight[lane]++; s.inFlight[lane] > 1 {
			s.t.Errorf("%d requests for %s are in flight", s.inFlight[lane], lane)
		}
	}
}

func (s *site) end(lanes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy--
	for _, lane := range lanes {
		s.inFlight[lane]--
	}
}

// do has the pool do the jobs. It returns how many it took.
func (s *site) do(ctx context.Context, jobs ...*job) (taken int, err error) {
	err = s.run(ctx, func(submit func(*job) bool) error {
		for _, j := range jobs {
			if submit(j) {
				taken++
			}
		}
		return nil
	})
	return taken, err
}

// check holds that the jobs which were taken are settled, and nothing is in
// flight. That none is settled twice, settle itself has held.
func (s *site) check(taken int) {
	s.t.Helper()
	if len(s.settled) != taken {
		s.t.Errorf("%d jobs are settled, want %d", len(s.settled), taken)
	}
	if s.busy != 0 {
		s.t.Errorf("%d requests are still in flight", s.busy)
	}
}

// order is the names of the attempts.
func (s *site) order() (names []string) {
	for _, a := range s.sent {
		names = append(names, a.name)
	}
	return names
}

// inBubble runs a test with its site in a bubble of synctest.
func inBubble(t *testing.T, workers int, test func(*testing.T, *site)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newSite(t, workers)) })
}

const ms = time.Millisecond

// TestPoolKeepsLanesInOrder sends many rows of few ids, with trouble.
func TestPoolKeepsLanesInOrder(t *testing.T) {
	inBubble(t, 8, func(t *testing.T, s *site) {
		random := rand.New(rand.NewPCG(3, 4))
		trouble := []answers{verdicts(oneroster.Accepted), verdicts(oneroster.Accepted), verdicts(oneroster.Stale, oneroster.Accepted),
			verdicts(oneroster.Troubled, oneroster.Lost, oneroster.Accepted), verdicts(oneroster.Refused)}
		var jobs []*job
		for i := range 200 {
			lane := fmt.Sprint("e", random.IntN(6))
			jobs = append(jobs, s.job(fmt.Sprintf("%s row %03d", lane, i), lane, time.Duration(1+random.IntN(50))*ms, trouble[random.IntN(len(trouble))]))
		}
		taken, err := s.do(t.Context(), jobs...)
		if taken != len(jobs) || err != nil {
			t.Errorf("%d jobs are taken, error %v", taken, err)
		}
		s.check(taken)
		for lane := range 6 {
			var of []string
			for _, name := range s.order() {
				if name[:2] == fmt.Sprint("e", lane) {
					of = append(of, name)
				}
			}
			if !slices.IsSorted(of) {
				t.Errorf("the rows of one id go out of order: %v", of)
			}
		}
		if s.busiest < 3 {
			t.Errorf("never more than %d requests in flight", s.busiest)
		}
	})
}

// TestPoolWaitingRowsHoldNoWorker has a single worker, a row that fails again
// and again, one of the same id that waits for it, and others.
func TestPoolWaitingRowsHoldNoWorker(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, s *site) {
		jobs := []*job{
			s.job("bad 1", "bad", ms, verdicts(oneroster.Troubled, oneroster.Troubled, oneroster.Accepted)),
			s.job("bad 2", "bad", ms, verdicts(oneroster.Accepted)),
		}
		for i := range 20 {
			jobs = append(jobs, s.job(fmt.Sprint("good ", i), fmt.Sprint(i), ms, verdicts(oneroster.Accepted)))
		}
		taken, err := s.do(t.Context(), jobs...)
		if err != nil {
			t.Error(err)
		}
		s.check(taken)
		if last := s.order()[len(s.sent)-3:]; !slices.Equal(last, []string{"bad 1", "bad 1", "bad 2"}) {
			t.Errorf("the last to be sent are %v", last)
		}
		if at := s.sent[len(s.sent)-4].at; at > 100*ms {
			t.Errorf("the last good row went after %v", at)
		}
	})
}

// TestPoolManyLanes has a job that stands for several ids, from which one job
// follows for each but one, and from that another.
func TestPoolManyLanes(t *testing.T) {
	inBubble(t, 4, func(t *testing.T, s *site) {
		ok := verdicts(oneroster.Accepted)
		patchAndRead := func(lane string) *job {
			return s.jobIn([]string{lane}, "patch "+lane, 20*ms, ok, func() []*job { return []*job{s.job("read "+lane, lane, 5*ms, ok)} })
		}
		list := s.jobIn([]string{"a", "b", "c"}, "list", 10*ms, ok, func() []*job { return []*job{patchAndRead("a"), patchAndRead("b")} })
		taken, err := s.do(t.Context(), list, s.job("late a", "a", ms, ok), s.job("late b", "b", ms, ok), s.job("late c", "c", ms, ok))
		if err != nil {
			t.Error(err)
		}
		s.check(taken + 4)
		place := make(map[string]int)
		for i, name := range s.order() {
			place[name] = i
		}
		for _, lane := range []string{"a", "b"} {
			if !(place["list"] < place["patch "+lane] && place["patch "+lane] < place["read "+lane] && place["read "+lane] < place["late "+lane]) {
				t.Errorf("of %s goes %v", lane, s.order())
			}
		}
		if place["late c"] > place["read a"] {
			t.Errorf("the id from which nothing follows is held: %v", s.order())
		}
	})
}

// TestPoolStops has a run stop in each of the ways there are, with rows in
// flight, parked, waiting for others of their id, and not yet taken.
func TestPoolStops(t *testing.T) {
	broken := errors.New("no request can succeed")
	interrupted := errors.New("interrupted")
	tests := []struct {
		name string
		stop func(s *site, ctx context.Context, cancel context.CancelCauseFunc) []*job // what it takes
		want error
	}{
		{"a send that cannot succeed", func(s *site, _ context.Context, _ context.CancelCauseFunc) []*job {
			j := s.job("breaks", "breaks", 0, verdicts(oneroster.Accepted))
			j.send = func(context.Context) (oneroster.Answer, error) {
				time.Sleep(3 * time.Second)
				return oneroster.Answer{}, broken
			}
			return []*job{j}
		}, broken},
		{"a line that cannot be written", func(s *site, _ context.Context, _ context.CancelCauseFunc) []*job {
			j := s.job("breaks", "breaks", 3*time.Second, verdicts(oneroster.Accepted))
			settle := j.settle
			j.settle = func(r result) ([]*job, error) {
				_, err := settle(r)
				return nil, errors.Join(err, broken)
			}
			return []*job{j}
		}, broken},
		{"the end of the context", func(s *site, _ context.Context, cancel context.CancelCauseFunc) []*job {
			time.AfterFunc(3*time.Second, func() { cancel(interrupted) })
			return nil
		}, interrupted},
		{"the time to finish by", func(s *site, _ context.Context, _ context.CancelCauseFunc) []*job {
			s.finishBy = s.begun.Add(3 * time.Second)
			return nil
		}, ErrFinishBy},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, 4, func(t *testing.T, s *site) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				ok := verdicts(oneroster.Accepted)
				var jobs []*job
				for i := range 4 { // which open the window
					jobs = append(jobs, s.job(fmt.Sprint("first ", i), fmt.Sprint("first ", i), 0, ok))
				}
				jobs = append(jobs, tt.stop(s, ctx, cancel)...)
				for i := range 400 { // more than the pool holds
					lane := fmt.Sprint("e", i%150)
					a := ok
					if i == 1 {
						a = verdicts(oneroster.Troubled)
					}
					jobs = append(jobs, s.job(fmt.Sprint("row ", i), lane, 900*ms, a))
				}
				taken, err := s.do(ctx, jobs...)
				if !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if taken == 0 || taken == len(jobs) {
					t.Errorf("%d of %d jobs are taken", taken, len(jobs))
				}
				s.check(taken)
				answered, unsent := 0, 0
				for name, r := range s.results {
					switch {
					case !r.stopped:
						answered++
					case r.attempts == 0:
						unsent++
					case name != "row 1":
						t.Errorf("%s was sent %d times, and is not settled by an answer", name, r.attempts)
					}
				}
				if answered == 0 || unsent == 0 {
					t.Errorf("%d jobs are answered, %d unsent", answered, unsent)
				}
				if last := s.sent[len(s.sent)-1].at; last > 3*time.Second {
					t.Errorf("a request starts %v after the beginning", last)
				}
				if took := time.Since(s.begun); took > 4*time.Second {
					t.Errorf("the run ends after %v: requests in flight should be all that it waits for", took)
				}
			})
		})
	}
}

// TestPoolFirstReason holds that of several reasons the first is told.
func TestPoolFirstReason(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, s *site) {
		first, second := errors.New("first"), errors.New("second")
		fail := func(name string, after time.Duration, err error) *job {
			j := s.job(name, name, 0, nil)
			j.send = func(context.Context) (oneroster.Answer, error) {
				time.Sleep(after)
				return oneroster.Answer{}, err
			}
			return j
		}
		warm := s.job("warm", "warm", ms, verdicts(oneroster.Accepted)) // for a window of two
		taken, err := s.do(t.Context(), warm, fail("b", 2*time.Second, second), fail("a", time.Second, first))
		if !errors.Is(err, first) || errors.Is(err, second) {
			t.Errorf("got %v", err)
		}
		s.check(taken)
	})
}

// TestPoolGivesUp meets a server that has died.
func TestPoolGivesUp(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, s *site) {
		var jobs []*job
		for i := range 2000 {
			jobs = append(jobs, s.job(fmt.Sprint(i), fmt.Sprint(i), ms, verdicts(oneroster.Unreached)))
		}
		s.limits.retries = 1000
		taken, err := s.do(t.Context(), jobs...)
		var gaveUp *oneroster.GiveUpError
		if !errors.As(err, &gaveUp) {
			t.Errorf("got %v", err)
		}
		s.check(taken)
		if took := time.Since(s.begun); took > 5*time.Minute || took < 4*time.Minute+45*time.Second {
			t.Errorf("gives up after %v", took)
		}
		if len(s.sent) > 140 {
			t.Errorf("%d requests to a dead server", len(s.sent))
		}
	})
}

// TestPoolGivesUpOnSilence meets a server that never answers: the run ends at
// the deadline but for the requests in flight, and does not spin until then.
func TestPoolGivesUpOnSilence(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, s *site) {
		var asked atomic.Int32
		s.now = func() time.Time {
			if asked.Add(1) > 10000 {
				panic("the dispatcher spins")
			}
			return time.Now()
		}
		s.finishBy = s.begun.Add(10 * time.Second)
		slow := s.job("slow", "slow", 30*time.Second, verdicts(oneroster.Lost))
		taken, err := s.do(t.Context(), slow, s.job("late", "late", ms, verdicts(oneroster.Accepted)))
		if !errors.Is(err, ErrFinishBy) || time.Since(s.begun) != 30*time.Second {
			t.Errorf("after %v: %v", time.Since(s.begun), err)
		}
		s.check(taken)
		if r := s.results["slow"]; !r.stopped || !r.inDoubt || r.attempts != 1 {
			t.Errorf("got %+v", r)
		}
	})
}

// TestPoolStopEndsTheWaitForAToken holds that whoever waits to start a request
// does not hold up a run that has stopped.
func TestPoolStopEndsTheWaitForAToken(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, s *site) {
		s.finishBy = s.begun.Add(10 * time.Second)
		waiting := s.job("waiting", "waiting", 0, nil)
		waiting.send = func(ctx context.Context) (oneroster.Answer, error) {
			<-ctx.Done()
			return oneroster.Answer{}, context.Cause(ctx)
		}
		taken, err := s.do(t.Context(), waiting)
		if !errors.Is(err, ErrFinishBy) || time.Since(s.begun) != 10*time.Second {
			t.Errorf("after %v: %v", time.Since(s.begun), err)
		}
		s.check(taken)
		if r := s.results["waiting"]; !r.stopped || r.attempts != 0 {
			t.Errorf("got %+v", r)
		}
	})
}

// TestPoolSecond401 holds that a token which is not taken twice stops the run,
// and that the row which met it has its answer.
func TestPoolSecond401(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, s *site) {
		refused := oneroster.Answer{Verdict: oneroster.Unauthorized, Status: 401}
		taken, err := s.do(t.Context(),
			s.job("renewed", "a", ms, answers{refused, {Verdict: oneroster.Accepted, Status: 200}}),
			s.job("refused", "b", ms, answers{refused}),
			s.job("left", "c", ms, verdicts(oneroster.Accepted)))
		var permission *oneroster.PermissionError
		if !errors.As(err, &permission) || permission.Status != 401 {
			t.Errorf("got %v", err)
		}
		s.check(taken)
		if r := s.results["renewed"]; r.stopped || r.attempts != 2 || r.answer.Status != 200 {
			t.Errorf("renewed: %+v", r)
		}
		if r := s.results["refused"]; r.stopped || r.attempts != 2 || r.answer.Status != 401 {
			t.Errorf("refused: %+v", r)
		}
		if r, ok := s.results["left"]; ok && (!r.stopped || r.attempts != 0) {
			t.Errorf("left: %+v", r)
		}
	})
}

// TestPoolSourceFails holds that the rows which came before a source failed are
// sent to their end.
func TestPoolSourceFails(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, s *site) {
		broken := errors.New("the source is broken")
		err := s.run(t.Context(), func(submit func(*job) bool) error {
			for i := range 10 {
				submit(s.job(fmt.Sprint(i), fmt.Sprint(i), 10*ms, verdicts(oneroster.Troubled, oneroster.Accepted)))
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		s.check(10)
		for name, r := range s.results {
			if r.stopped || r.answer.Verdict != oneroster.Accepted {
				t.Errorf("%s: %+v", name, r)
			}
		}
	})
}

func TestPoolWithoutJobs(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, s *site) {
		if taken, err := s.do(t.Context()); taken != 0 || err != nil || time.Since(s.begun) != 0 {
			t.Errorf("%d jobs, %v, after %v", taken, err, time.Since(s.begun))
		}
	})
}

// TestPoolTakesNoMoreThanItHolds counts the rows between source and report.
func TestPoolTakesNoMoreThanItHolds(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, s *site) {
		s.capacity = 7
		most := 0
		err := s.run(t.Context(), func(submit func(*job) bool) error {
			for i := range 50 {
				submit(s.job(fmt.Sprint(i), "one id", 10*ms, verdicts(oneroster.Accepted)))
				s.mu.Lock()
				most = max(most, i+1-len(s.settled))
				s.mu.Unlock()
			}
			return nil
		})
		if err != nil || most > s.capacity {
			t.Errorf("%d rows are open, want at most %d; error %v", most, s.capacity, err)
		}
		s.check(50)
	})
}

// TestPoolRate holds the ceiling over rows, retries and everything.
func TestPoolRate(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, s *site) {
		const perSecond = 20
		s.pacer = oneroster.NewPacer(10, perSecond, 5*time.Minute, rand.New(rand.NewPCG(1, 2)), s.begun)
		var jobs []*job
		for i := range 150 {
			a := verdicts(oneroster.Accepted)
			if i%3 == 0 {
				a = verdicts(oneroster.Stale, oneroster.Troubled, oneroster.Accepted)
			}
			jobs = append(jobs, s.job(fmt.Sprint(i), fmt.Sprint(i), time.Duration(i%7)*100*ms, a))
		}
		taken, err := s.do(t.Context(), jobs...)
		if err != nil {
			t.Error(err)
		}
		s.check(taken)
		first := 0
		for i, a := range s.sent {
			for a.at-s.sent[first].at >= time.Second-time.Microsecond {
				first++
			}
			if n := i - first + 1; n > perSecond {
				t.Fatalf("%d requests within a second", n)
			}
		}
	})
}

// TestPoolPausesForAll holds that one row's 429 holds all others back.
func TestPoolPausesForAll(t *testing.T) {
	inBubble(t, 4, func(t *testing.T, s *site) {
		jobs := []*job{s.job("throttled", "throttled", ms, answers{
			{Verdict: oneroster.Throttled, RetryAfter: 7 * time.Second}, {Verdict: oneroster.Accepted},
		})}
		for i := range 20 {
			jobs = append(jobs, s.job(fmt.Sprint(i), fmt.Sprint(i), ms, verdicts(oneroster.Accepted)))
		}
		taken, err := s.do(t.Context(), jobs...)
		if err != nil {
			t.Error(err)
		}
		s.check(taken)
		for i, a := range s.sent {
			if i > 0 && a.at < 7*time.Second {
				t.Errorf("%s goes %v after the beginning", a.name, a.at)
			}
		}
		if s.sent[1].name != "throttled" {
			t.Errorf("%s goes first after the pause", s.sent[1].name)
		}
		if took := time.Since(s.begun); took > 8*time.Second {
			t.Errorf("the run takes %v", took)
		}
	})
}

// TestPoolEndsRowsThatAlwaysFail holds that the last rows of a file, which the
// server cannot manage, are not taken for an outage: they fail one by one, within
// the time of their own pauses.
func TestPoolEndsRowsThatAlwaysFail(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, s *site) {
		var jobs []*job
		for i := range 40 {
			answer := verdicts(oneroster.Accepted)
			if i >= 30 {
				answer = verdicts(oneroster.Troubled)
			}
			jobs = append(jobs, s.job(fmt.Sprint(i), fmt.Sprint(i), ms, answer))
		}
		began := time.Now()
		taken, err := s.do(t.Context(), jobs...)
		if err != nil {
			t.Errorf("stopped by %v", err)
		}
		s.check(taken)
		if took := time.Since(began); took > time.Minute {
			t.Errorf("took %v", took)
		}
	})
}
