package oneroster

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// course is a pacer at work on a clock of its own.
type course struct {
	*Pacer
	t   *testing.T
	now time.Time
}

func newCourse(t *testing.T, workers int, perSecond float64, giveUp time.Duration) *course {
	return &course{NewPacer(workers, perSecond, giveUp, rand.New(rand.NewPCG(1, 2)), noon), t, noon}
}

// answers starts a request and ends it with each verdict in turn.
func (c *course) answers(verdicts ...Verdict) {
	c.t.Helper()
	for _, v := range verdicts {
		c.Start(c.now)
		if err := c.Done(c.now, Answer{Verdict: v, Method: "PATCH"}, false); err != nil {
			c.t.Fatalf("after verdict %d: %v", v, err)
		}
	}
}

// room is how many requests may be in flight together, as things stand.
func (c *course) room() int {
	n := 0
	for c.Delay(c.now) == 0 {
		c.Start(c.now)
		n++
	}
	c.inFlight -= n
	return n
}

func (c *course) expectRoom(want int) {
	c.t.Helper()
	if got := c.room(); got != want {
		c.t.Errorf("room for %d requests, want %d", got, want)
	}
}

func times(n int, v Verdict) []Verdict {
	all := make([]Verdict, n)
	for i := range all {
		all[i] = v
	}
	return all
}

// TestPacerRate sends as fast as it may, with rests in between, and looks at
// every span of a second and more.
func TestPacerRate(t *testing.T) {
	for _, perSecond := range []float64{0.1, 0.5, 1, 7, 12.5, 50, 100, 333.3, 1000, 5000} {
		c := newCourse(t, 100, perSecond, time.Hour)
		random := rand.New(rand.NewPCG(3, 4))
		var starts []time.Time
		for c.now.Before(noon.Add(time.Minute)) && len(starts) < 20000 {
			switch wait := c.Delay(c.now); {
			case wait > 0:
				c.now = c.now.Add(wait)
			case random.IntN(50) == 0:
				c.now = c.now.Add(time.Duration(random.Int64N(int64(3 * time.Second))))
				fallthrough
			default:
				if c.Delay(c.now) == 0 {
					starts = append(starts, c.now)
					c.Start(c.now)
					if err := c.Done(c.now, Answer{Verdict: Accepted}, false); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		for _, span := range []time.Duration{time.Second, 1700 * time.Millisecond, 10 * time.Second} {
			most := int(math.Ceil(perSecond * span.Seconds()))
			first := 0
			for i, at := range starts {
				for at.Sub(starts[first]) >= span-time.Microsecond { // the limiter reckons in floating point
					first++
				}
				if n := i - first + 1; n > most {
					t.Fatalf("%v a second: %d requests within %v", perSecond, n, span)
				}
			}
		}
	}
}

// TestPacerReachesTheRate holds that the ceiling is not far above what is sent.
func TestPacerReachesTheRate(t *testing.T) {
	for _, perSecond := range []float64{0.5, 50, 1000} {
		c := newCourse(t, 10, perSecond, time.Hour)
		n := 0
		for ; c.now.Before(noon.Add(100 * time.Second)); n++ {
			c.now = c.now.Add(c.Delay(c.now))
			c.answers(Accepted)
		}
		if float64(n) < 0.98*perSecond*100 {
			t.Errorf("%v a second: %d requests in 100 s", perSecond, n)
		}
	}
}

func TestPacerWindow(t *testing.T) {
	tests := []struct {
		name     string
		verdicts []Verdict
		want     int // room of at most 10
	}{
		{"at first", nil, 1},
		{"a success", times(1, Accepted), 2},
		{"refusals too show a server at work", times(3, Refused), 4},
		{"it ends at the workers", times(30, Accepted), 10},
		{"a failure halves it", append(times(30, Accepted), Troubled), 5},
		{"two halve it twice", append(times(30, Accepted), Lost, Unreached), 2},
		{"to one", append(times(30, Accepted), times(9, Unreached)...), 1},
		{"and then it grows again", append(append(times(30, Accepted), times(9, Unreached)...), times(4, Accepted)...), 5},
		{"closed idle connections say nothing", append(times(30, Accepted), times(20, Stale)...), 10},
		{"a refused token lets one request go for another", append(times(30, Accepted), Unauthorized), 1},
		{"misconfigured all of a sudden", append(times(30, Accepted), Misconfigured), 5},
		{"403 says nothing", append(times(30, Accepted), times(5, Forbidden)...), 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCourse(t, 10, 0, time.Hour)
			c.answers(tt.verdicts...)
			c.expectRoom(tt.want)
		})
	}
}

// TestPacerFullWindow holds that what is in flight is waited for, not for a time.
func TestPacerFullWindow(t *testing.T) {
	c := newCourse(t, 10, 0, time.Hour)
	c.Start(c.now)
	if d := c.Delay(c.now); d >= 0 {
		t.Errorf("a delay of %v", d)
	}
	if err := c.Done(c.now, Answer{Verdict: Accepted}, false); err != nil {
		t.Fatal(err)
	}
	if d := c.Delay(c.now); d != 0 {
		t.Errorf("a delay of %v", d)
	}
}

// TestPacerOutage lets a server die with ten requests in flight, and stay dead.
func TestPacerOutage(t *testing.T) {
	const giveUp = 5 * time.Minute
	c := newCourse(t, 10, 0, giveUp)
	c.answers(times(10, Accepted)...)
	died := c.now
	for range 10 {
		c.Start(c.now)
	}
	for range 9 {
		if err := c.Done(c.now, Answer{Verdict: Unreached}, false); err != nil {
			t.Fatal(err)
		}
	}
	var stop error
	var pauses []time.Duration
	for stop == nil {
		stop = c.Done(c.now, Answer{Verdict: Unreached, Message: "no connection: connection refused"}, false)
		if stop == nil {
			stop = c.Overdue(c.now)
		}
		if stop == nil {
			pause := c.Delay(c.now)
			pauses = append(pauses, pause)
			c.now = c.now.Add(pause)
			c.expectRoom(1)
			c.Start(c.now)
			c.now = c.now.Add(10 * time.Millisecond)
		}
	}
	var gaveUp *GiveUpError
	if !errors.As(stop, &gaveUp) || gaveUp.Limit != giveUp || gaveUp.Last.Verdict != Unreached {
		t.Errorf("stopped by %v", stop)
	}
	if silence := c.now.Sub(died); silence > giveUp+100*time.Millisecond || silence < giveUp-2*longestPause {
		t.Errorf("gave up after %v", silence)
	}
	if len(pauses) > 130 {
		t.Errorf("%d probes in %v", len(pauses), giveUp)
	}
	for i, pause := range pauses[:len(pauses)-1] { // the last is cut short by the deadline
		want := min(firstPause<<min(i, 10), longestPause)
		if pause < want*3/4 || pause > want*5/4 {
			t.Errorf("pause %d is %v, want about %v", i, pause, want)
		}
	}
}

// TestPacerRecovers holds that one success ends the pauses.
func TestPacerRecovers(t *testing.T) {
	c := newCourse(t, 10, 0, time.Hour)
	c.answers(Accepted)
	for range 20 {
		c.answers(Unreached)
		c.now = c.now.Add(c.Delay(c.now))
	}
	c.answers(Accepted)
	c.expectRoom(2)
	c.answers(times(probeAfter-1, Unreached)...)
	if d := c.Delay(c.now); d != 0 {
		t.Errorf("a pause of %v already", d)
	}
	c.answers(Unreached)
	if d := c.Delay(c.now); d < firstPause*3/4 || d > firstPause*5/4 {
		t.Errorf("a pause of %v, want about %v", d, firstPause)
	}
}

func TestPacerRetryAfter(t *testing.T) {
	tests := []struct {
		name     string
		answers  []Answer
		repeated bool
		want     time.Duration
	}{
		{"429", []Answer{{Verdict: Throttled, RetryAfter: 7 * time.Second}}, false, 7 * time.Second},
		{"503", []Answer{{Verdict: Troubled, RetryAfter: 9 * time.Second}}, false, 9 * time.Second},
		{"503 to a request that failed before", []Answer{{Verdict: Troubled, RetryAfter: 9 * time.Second}}, true, 9 * time.Second},
		{"the longest of several", []Answer{
			{Verdict: Throttled, RetryAfter: 3 * time.Second}, {Verdict: Throttled, RetryAfter: 8 * time.Second}, {Verdict: Throttled, RetryAfter: 5 * time.Second},
		}, false, 8 * time.Second},
		{"none of its own after one that says", []Answer{{Verdict: Throttled, RetryAfter: 3 * time.Second}, {Verdict: Throttled}}, false, 3 * time.Second},
		{"a success of one in flight does not end it", []Answer{{Verdict: Throttled, RetryAfter: 3 * time.Second}, {Verdict: Accepted}}, false, 3 * time.Second},
		{"as long as the run may wait", []Answer{{Verdict: Throttled, RetryAfter: 5 * time.Minute}}, false, 5 * time.Minute},
		{"500 alone", []Answer{{Verdict: Troubled}}, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCourse(t, 10, 0, 5*time.Minute)
			for range tt.answers {
				c.Start(c.now)
			}
			for _, a := range tt.answers {
				if err := c.Done(c.now, a, tt.repeated); err != nil {
					t.Fatal(err)
				}
			}
			if d := c.Delay(c.now); d != tt.want {
				t.Errorf("a pause of %v, want %v", d, tt.want)
			}
			if d := c.Delay(c.now.Add(tt.want)); d != 0 {
				t.Errorf("and then one of %v", d)
			}
		})
	}
}

// TestPacerThrottle holds that a 429 which does not say how long is waited out
// in pauses that double, once for all that were in flight, and slows the run.
func TestPacerThrottle(t *testing.T) {
	c := newCourse(t, 16, 0, time.Hour)
	c.answers(times(20, Accepted)...)
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
		want *= time.Second
		for range 4 {
			c.Start(c.now)
		}
		for range 4 {
			if err := c.Done(c.now, Answer{Verdict: Throttled}, false); err != nil {
				t.Fatal(err)
			}
		}
		pause := c.Delay(c.now)
		if pause < want*3/4 || pause > want*5/4 {
			t.Errorf("pause %d is %v, want about %v", i, pause, want)
		}
		c.now = c.now.Add(pause)
		c.expectRoom(max(1, 16>>(i+1)))
	}
	c.answers(Accepted, Throttled)
	if pause := c.Delay(c.now); pause > firstThrottle*5/4 {
		t.Errorf("after a success the pause is %v, want about %v", pause, firstThrottle)
	}
}

// TestPacerWaitsNoLongerThanItMay holds that a wait which would end after the
// run has given up is not begun.
func TestPacerWaitsNoLongerThanItMay(t *testing.T) {
	for _, tt := range []struct {
		name    string
		silence time.Duration // since the last success
		wait    time.Duration
		stop    bool
	}{
		{"all of it", 0, 5 * time.Minute, false},
		{"more than all of it", 0, 5*time.Minute + 1, true},
		{"what is left", 4 * time.Minute, time.Minute, false},
		{"more than is left", 4 * time.Minute, 2 * time.Minute, true},
		{"for ever", 0, math.MaxInt64, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCourse(t, 10, 0, 5*time.Minute)
			c.answers(Accepted)
			c.now = c.now.Add(tt.silence)
			c.Start(c.now)
			err := c.Done(c.now, Answer{Verdict: Throttled, Status: 429, RetryAfter: tt.wait}, false)
			var gaveUp *GiveUpError
			if errors.As(err, &gaveUp) != tt.stop || tt.stop && gaveUp.Wait != tt.wait {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestPacerForbidden(t *testing.T) {
	get, patch := Answer{Verdict: Accepted, Method: "GET"}, Answer{Verdict: Accepted, Method: "PATCH"}
	no := Answer{Verdict: Forbidden, Method: "PATCH", Status: 403, IMSX: IMSX{Description: "read only"}}
	repeat := func(n int, answers ...Answer) (all []Answer) {
		for range n {
			all = append(all, answers...)
		}
		return all
	}
	tests := []struct {
		name    string
		answers []Answer
		want    int // answers until the run stops; 0: it does not
	}{
		{"from the start", repeat(9, no), 5},
		{"a few", repeat(4, no), 0},
		{"after a success", append([]Answer{patch}, repeat(40, no)...), 26},
		{"now and then", repeat(40, no, no, no, no, patch), 0},
		{"a client that may only read", repeat(9, get, no), 10},
		{"with refusals between", repeat(9, no, Answer{Verdict: Refused, Method: "PATCH", Status: 404}), 9},
		{"of reads", repeat(9, Answer{Verdict: Forbidden, Method: "GET", Status: 403}), 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCourse(t, 10, 0, time.Hour)
			for i, a := range tt.answers {
				c.Start(c.now)
				err := c.Done(c.now, a, false)
				if stop := i+1 == tt.want; (err != nil) != stop {
					t.Fatalf("answer %d: %v", i+1, err)
				}
				var refused *PermissionError
				if err != nil && (!errors.As(err, &refused) || refused.Status != 403 || refused.InARow < 5) {
					t.Errorf("got %v", err)
				}
				if err != nil {
					return
				}
			}
		})
	}
}

// TestPacerRefused holds that a run of a few rows which were all forbidden is
// told from one in which some were not.
func TestPacerRefused(t *testing.T) {
	for _, tt := range []struct {
		name     string
		verdicts []Verdict
		want     int // 403s in the error; 0: none
	}{
		{"nothing was sent", nil, 0},
		{"all forbidden", times(3, Forbidden), 3},
		{"one accepted", append(times(3, Forbidden), Accepted), 0},
		{"one refused for what it is", append([]Verdict{Refused}, times(3, Forbidden)...), 0},
		{"trouble settles nothing", []Verdict{Troubled, Forbidden, Lost}, 1},
		{"no 403", []Verdict{Troubled, Lost}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCourse(t, 10, 0, time.Hour)
			for _, v := range tt.verdicts {
				c.Start(c.now)
				if err := c.Done(c.now, Answer{Verdict: v, Status: 403, Method: "PATCH"}, false); err != nil {
					t.Fatal(err)
				}
			}
			err := c.Refused()
			var refused *PermissionError
			if errors.As(err, &refused) != (tt.want > 0) || refused != nil && (refused.InARow != tt.want || refused.Status != 403) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestPacerMisconfigured holds that what never worked stops a run at once, and
// what worked a moment ago does not.
func TestPacerMisconfigured(t *testing.T) {
	wrong := Answer{Verdict: Misconfigured, Message: `no such host "api.example.org" (DNS)`}
	c := newCourse(t, 10, 0, time.Hour)
	c.Start(c.now)
	var reach *ReachError
	if err := c.Done(c.now, wrong, false); !errors.As(err, &reach) || reach.Error() != `the server cannot be reached: no such host "api.example.org" (DNS)` {
		t.Errorf("at first: %v", err)
	}
	c = newCourse(t, 10, 0, time.Hour)
	c.answers(Accepted)
	c.Start(c.now)
	if err := c.Done(c.now, wrong, false); err != nil {
		t.Errorf("later: %v", err)
	}
	if _, trouble := c.Deadline(); !trouble {
		t.Error("it is no trouble")
	}
}

// TestPacerRepeatedFailure holds that a request which fails again and again,
// while others succeed, slows nothing down.
func TestPacerRepeatedFailure(t *testing.T) {
	c := newCourse(t, 10, 0, time.Hour)
	c.answers(times(20, Accepted)...)
	for range 50 {
		c.Start(c.now)
		if err := c.Done(c.now, Answer{Verdict: Troubled}, true); err != nil {
			t.Fatal(err)
		}
	}
	c.expectRoom(10)
}

func TestPacerDeadline(t *testing.T) {
	c := newCourse(t, 10, 0, time.Minute)
	overdue := func(after time.Duration) bool { return c.Overdue(noon.Add(after)) != nil }
	if overdue(time.Hour) {
		t.Error("given up though nothing went wrong")
	}
	c.now = c.now.Add(10 * time.Second)
	c.answers(Accepted)
	if !c.Alive().Equal(c.now) {
		t.Errorf("alive at %v, want %v", c.Alive(), c.now)
	}
	c.now = c.now.Add(20 * time.Second)
	c.answers(Lost, Unauthorized, Stale)
	if at, trouble := c.Deadline(); !trouble || !at.Equal(noon.Add(70*time.Second)) {
		t.Errorf("deadline %v, %v", at, trouble)
	}
	if overdue(69*time.Second) || !overdue(70*time.Second) {
		t.Error("not given up a minute after the last success")
	}
	for _, v := range []Verdict{Accepted, Refused, Forbidden} {
		c.answers(Troubled, v)
		if overdue(time.Hour) {
			t.Errorf("given up though verdict %d came", v)
		}
	}
}

func TestErrorsThatStopARun(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{&GiveUpError{Silence: 299600 * time.Millisecond, Limit: 5 * time.Minute, Last: Answer{Message: "no connection: connection refused"}},
			"no request has succeeded for 5m0s (--give-up 5m0s); last answer: no connection: connection refused"},
		{&GiveUpError{Silence: time.Minute, Limit: time.Minute, Last: Answer{Status: 503}},
			"no request has succeeded for 1m0s (--give-up 1m0s); last answer: HTTP 503"},
		{&GiveUpError{Limit: time.Minute, Wait: time.Hour, Last: Answer{Status: 429, IMSX: IMSX{CodeMinor: "server_busy"}}},
			"the server asks to wait 1h0m0s (Retry-After), longer than --give-up 1m0s leaves; last answer: HTTP 429, server_busy"},
		{&GiveUpError{Silence: time.Minute, Limit: time.Minute, Last: Answer{Status: 200, Message: "the answer, a 200, was cut short"}},
			"no request has succeeded for 1m0s (--give-up 1m0s); last answer: HTTP 200, the answer, a 200, was cut short"},
		{&PermissionError{Status: 403, InARow: 5, IMSX: IMSX{Description: "read\nonly"}},
			`the server answered 403 to 5 requests in a row ("read\nonly"): the client lacks the scope for it, or may only read; a client that changes enrollments needs roster.createput`},
		{&PermissionError{Status: 401, InARow: 2},
			"the server answered 401 to 2 requests in a row: a token that was just issued is not accepted; is the token URL that of this server?"},
		{&TokenError{Status: 400, Code: "invalid_client"},
			"no token from the token endpoint: HTTP 400 invalid_client; check the client id and secret; a rotated secret is the usual cause"},
		{&ReachError{Where: "token endpoint", Cause: "connection refused"}, "the token endpoint cannot be reached: connection refused"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

// TestPacerInvariants throws any answers at a pacer.
func TestPacerInvariants(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
courses:
	for range 200 {
		c := newCourse(t, 1+random.IntN(20), float64(random.IntN(3)*40), 10*time.Minute)
		for range 500 {
			switch wait := c.Delay(c.now); {
			case wait == 0 && random.IntN(3) > 0:
				c.Start(c.now)
			case c.inFlight > 0 && (wait < 0 || random.IntN(2) == 0):
				a := Answer{Verdict: Verdict(random.IntN(int(Misconfigured) + 1)), Method: "PATCH"}
				if random.IntN(4) == 0 {
					a.RetryAfter = time.Duration(random.IntN(20)) * time.Second
				}
				if c.Done(c.now, a, random.IntN(4) == 0) != nil || c.Overdue(c.now) != nil {
					continue courses // the run would stop
				}
			case wait > 10*time.Minute:
				t.Fatalf("a pause of %v", wait)
			default:
				c.now = c.now.Add(max(wait, time.Millisecond))
			}
			if c.inFlight > c.widest || c.window < 1 || c.window > c.widest {
				t.Fatalf("%d in flight in a window of %d, at most %d", c.inFlight, c.window, c.widest)
			}
			if c.inFlight == 0 && c.Delay(c.now) < 0 {
				t.Fatal("waits for a request in flight, and there is none")
			}
		}
	}
}

func TestJitter(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, d := range []time.Duration{1, firstPause, longestThrottle} {
		for range 100 {
			if j := jitter(random, d); j < d*3/4 || j > d*5/4+1 {
				t.Errorf("%v around %v", j, d)
			}
		}
	}
}

// A server that can be read and takes no PATCH is given up all the same, and shows
// no life to whoever sends PATCHes.
func TestPacerReadsAreNoSignOfLife(t *testing.T) {
	p := NewPacer(4, 0, time.Minute, rand.New(rand.NewPCG(1, 2)), noon)
	now := noon
	for now.Before(noon.Add(59 * time.Second)) {
		for _, a := range []Answer{{Verdict: Troubled, Method: "PATCH"}, {Verdict: Accepted, Method: "GET"}} {
			now = now.Add(max(p.Delay(now), 0) + time.Millisecond)
			p.Start(now)
			if err := p.Done(now, a, false); err != nil {
				t.Fatal(err)
			}
		}
	}
	if p.Alive() != noon {
		t.Errorf("alive at %v", p.Alive().Sub(noon))
	}
	var gaveUp *GiveUpError
	if err := p.Overdue(noon.Add(time.Minute)); !errors.As(err, &gaveUp) {
		t.Errorf("got %v", err)
	}
	p.Start(now)
	if err := p.Done(now, Answer{Verdict: Accepted, Method: "PATCH"}, false); err != nil || p.Alive() != now {
		t.Errorf("%v, alive at %v", err, p.Alive().Sub(noon))
	}
}
