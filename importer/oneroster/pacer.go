package oneroster

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

// Pacer decides when the next request may start, from how the last ones went.
// It is pure arithmetic: time comes in as an argument, which must not run
// backwards, and nothing in it sleeps. One goroutine owns it.
//
// Four things hold a request back. The window bounds requests in flight: each
// failure of the server halves it and each success widens it by one, so that a
// server in trouble sees less of us, retries included. Once the window is down
// to one and failures go on, a growing pause keeps the probes apart. A 429 or a
// Retry-After pauses everything. And the rate is never exceeded.
type Pacer struct {
	limiter *rate.Limiter
	widest  int // requests in flight at most
	giveUp  time.Duration
	random  *rand.Rand

	inFlight  int
	window    int
	resume    time.Time       // no request starts before
	failures  int             // in a row, of a server that may be down
	pauses    int             // in a row, of our own choosing
	forbids   map[string]int  // 403s in a row, by method
	forbidden *Answer         // the last 403, if any came
	served    bool            // some request was settled otherwise
	accepted  map[string]bool // methods of which a request was accepted in this run
	alive     time.Time       // when an answer last showed the server at work
	trouble   *Answer         // the last that did not, if any came since
}

const (
	probeAfter      = 10                     // failures in a row from which probes are kept apart
	firstPause      = 200 * time.Millisecond // between probes, doubled by each that fails
	longestPause    = 3 * time.Second
	firstThrottle   = time.Second // after a 429 that does not say how long
	longestThrottle = 30 * time.Second
	forbidsAtOnce   = 5  // 403s in a row that stop a run in which nothing was accepted yet
	forbidsLater    = 25 // and one in which something was: some records may be another's
)

// NewPacer returns a pacer for at most workers requests in flight and
// perSecond requests a second (0: no ceiling), which gives up when the server
// has shown no life for giveUp, counted from now.
func NewPacer(workers int, perSecond float64, giveUp time.Duration, random *rand.Rand, now time.Time) *Pacer {
	// A burst makes up for timers that fire late, at rates where that matters. It
	// is taken off the rate, so that no second ever sees more than perSecond.
	burst := 1 + int(perSecond/100)
	limit := rate.Limit(perSecond - float64(burst-1))
	if perSecond == 0 {
		limit = rate.Inf
	}
	return &Pacer{
		limiter: rate.NewLimiter(limit, burst), widest: workers, window: 1,
		giveUp: giveUp, random: random, alive: now,
		forbids: make(map[string]int), accepted: make(map[string]bool),
	}
}

// Delay is how long the next request must wait: 0 when it may start now. A
// negative delay means until a request in flight has ended.
func (p *Pacer) Delay(now time.Time) time.Duration {
	if p.inFlight >= p.window {
		return -1
	}
	if wait := p.resume.Sub(now); wait > 0 {
		return wait
	}
	r := p.limiter.ReserveN(now, 1)
	defer r.CancelAt(now)
	return r.DelayFrom(now)
}

// Start notes that a request starts now. Delay must have allowed it.
func (p *Pacer) Start(now time.Time) {
	p.limiter.AllowN(now, 1)
	p.inFlight++
}

// Withdraw notes that a request which was to start has not been sent.
func (p *Pacer) Withdraw() { p.inFlight-- }

// Done notes how a request that was started ended; repeated says that the same
// request had failed before and the server has answered others since, so that
// its failing again tells of the request and not of the server. An error means
// that the run must stop.
func (p *Pacer) Done(now time.Time, a Answer, repeated bool) error {
	p.inFlight--
	switch a.Verdict {
	case Accepted, Refused:
		// That it can be read says nothing of a server that takes no PATCH.
		if !(p.trouble != nil && p.trouble.Method == http.MethodPatch && a.Method == http.MethodGet) {
			p.lives(now)
		}
		p.served = true
		if a.Verdict == Accepted {
			p.accepted[a.Method], p.forbids[a.Method] = true, 0
		}
	case Forbidden:
		p.alive, p.trouble, p.forbidden = now, nil, &a
		p.forbids[a.Method]++
		if n := p.forbids[a.Method]; n >= forbidsLater || n >= forbidsAtOnce && !p.accepted[a.Method] {
			return &PermissionError{Status: a.Status, InARow: n, IMSX: a.IMSX}
		}
	case Unauthorized:
		// Those that wait for a new token must not all go out when it comes.
		p.window = 1
	case Throttled:
		p.trouble = &a
		return p.pause(now, a, firstThrottle, longestThrottle)
	case Troubled, Lost, Unreached, Misconfigured:
		if a.Verdict == Misconfigured && len(p.accepted) == 0 {
			return &ReachError{Where: "server", Cause: a.Message}
		}
		if repeated && a.RetryAfter == 0 {
			break
		}
		p.trouble = &a
		p.window = max(1, p.window/2)
		if p.failures++; p.failures >= probeAfter || a.RetryAfter > 0 {
			return p.pause(now, a, firstPause, longestPause)
		}
	}
	return nil
}

// Refused is a *PermissionError if every request that the server settled was
// forbidden, however few there were.
func (p *Pacer) Refused() error {
	if p.forbidden == nil || p.served {
		return nil
	}
	n := 0
	for _, forbids := range p.forbids {
		n += forbids
	}
	return &PermissionError{Status: p.forbidden.Status, InARow: n, IMSX: p.forbidden.IMSX}
}

// lives notes an answer that shows the server at work.
func (p *Pacer) lives(now time.Time) {
	p.alive, p.trouble = now, nil
	p.failures, p.pauses = 0, 0
	p.window = min(p.widest, p.window+1)
}

// pause holds every request back for as long as the answer asks, else for a
// span that starts at first and doubles up to longest. Of answers to requests
// that were in flight together only one doubles it. A wait that would end after
// the run has given up is not begun.
func (p *Pacer) pause(now time.Time, a Answer, first, longest time.Duration) error {
	wait := a.RetryAfter
	fresh := !now.Before(p.resume)
	if wait == 0 && !fresh {
		return nil
	}
	if wait == 0 {
		wait = jitter(p.random, min(first<<min(p.pauses, 10), longest))
		p.pauses++
	}
	if left := p.giveUp - now.Sub(p.alive); a.RetryAfter == 0 {
		wait = min(wait, max(left, 0)) // the deadline ends it
	} else if wait > left {
		return &GiveUpError{Silence: now.Sub(p.alive), Limit: p.giveUp, Wait: a.RetryAfter, Last: a}
	}
	if fresh && a.Verdict == Throttled {
		p.window = max(1, p.window/2)
	}
	if until := now.Add(wait); until.After(p.resume) {
		p.resume = until
	}
	return nil
}

// Alive is when an answer last showed the server at work; until the first, it
// is when the pacer was made.
func (p *Pacer) Alive() time.Time { return p.alive }

// Accepted reports whether the server has accepted any request.
func (p *Pacer) Accepted() bool { return len(p.accepted) > 0 }

// Resume is when the current pause of all requests ends, a time in the past when
// there is none.
func (p *Pacer) Resume() time.Time { return p.resume }

// Deadline is when the run gives up if nothing gets better, and whether
// anything is wrong at all.
func (p *Pacer) Deadline() (time.Time, bool) { return p.alive.Add(p.giveUp), p.trouble != nil }

// Overdue is a *GiveUpError once the deadline has come.
func (p *Pacer) Overdue(now time.Time) error {
	if at, wrong := p.Deadline(); !wrong || now.Before(at) {
		return nil
	}
	return &GiveUpError{Silence: now.Sub(p.alive), Limit: p.giveUp, Last: *p.trouble}
}

// jitter is a span around d, a quarter to either side.
func jitter(random *rand.Rand, d time.Duration) time.Duration {
	return d*3/4 + time.Duration(random.Int64N(int64(d)/2+1))
}

// GiveUpError says that the server showed no life for too long, or asked for
// a longer wait than the run has.
type GiveUpError struct {
	Silence time.Duration // since the last answer that showed it at work
	Limit   time.Duration // what --give-up allows
	Wait    time.Duration // what Retry-After asked for, 0 if that is not why
	Last    Answer        // the last failure
}

func (e *GiveUpError) Error() string {
	if e.Wait > 0 {
		return fmt.Sprintf("the server asks to wait %s (Retry-After), longer than --give-up %s leaves; last answer: %s",
			e.Wait.Round(time.Second), e.Limit, e.Last.summary())
	}
	return fmt.Sprintf("no request has succeeded for %s (--give-up %s); last answer: %s", e.Silence.Round(time.Second), e.Limit, e.Last.summary())
}

// PermissionError says that the server refuses this client as such.
type PermissionError struct {
	Status int // 401 or 403
	InARow int // how many answers said so
	IMSX   IMSX
}

func (e *PermissionError) Error() string {
	hint := "the client lacks the scope for it, or may only read; a client that changes enrollments needs roster.createput"
	if e.Status == http.StatusUnauthorized {
		hint = "a token that was just issued is not accepted; is the token URL that of this server?"
	}
	said := e.IMSX.Description
	if said != "" {
		said = fmt.Sprintf(" (%q)", shortened(said))
	}
	requests := "a request"
	if e.InARow > 1 {
		requests = fmt.Sprintf("%d requests in a row", e.InARow)
	}
	return fmt.Sprintf("the server answered %d to %s%s: %s", e.Status, requests, said, hint)
}
