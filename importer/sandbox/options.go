package sandbox

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Options says how a sandbox behaves. The zero value is an honest, quick
// server without faults, whose records are those it was given.
type Options struct {
	// ClientID and ClientSecret are the only credentials the token endpoint
	// accepts; "sandbox" and "sandbox-secret" when left empty.
	ClientID, ClientSecret string
	// TokenLifetime is how long a token is honoured; 0 is an hour.
	TokenLifetime time.Duration
	// ExpiresIn is the expires_in of a token answer: "" is the true lifetime in
	// seconds, "none" leaves it out, anything else is sent as it stands.
	ExpiresIn string

	// Open makes every enrollment that is asked for by its sourcedId exist, as an
	// active student, from the moment it is first asked for.
	Open bool
	// Merge says how PATCH merges metadata: "deep" (also ""), or "top", which
	// replaces each top-level key whole. The API's description allows both.
	Merge string
	// PrimaryDefault makes a PATCH without primary set it to "false", which is how
	// the default in the API's schema can be read.
	PrimaryDefault bool
	// Answer is what a 200 to a PATCH holds: the "record" (also ""), an "empty"
	// object, an imsx "status", or "none", which is no body at all.
	Answer string
	// Filter says how a list reads @: "normal" (also "") is in-list, "refuse"
	// answers 400, "ignore-in" compares with the whole text and so finds nothing.
	Filter string
	// PageCap is the most records a page holds, whatever limit asks for, as
	// servers whose pages are short before the end; 0 is no cap.
	PageCap int

	// RateLimit is how many API requests a second are served before 429, a
	// second's worth of them at once; 0 is no limit.
	RateLimit float64
	// RetryAfter is the Retry-After of a 429 or 503: "" is the true number of whole
	// seconds, "none" leaves it out, anything else is sent as it stands.
	RetryAfter string
	// Latency is how long each request takes before it is carried out. Up to
	// Jitter more is added, drawn from Seed as faults are. A client that gives up
	// meanwhile does not stop it from being carried out.
	Latency, Jitter time.Duration

	// Faults are chances from 0 to 1, by the name of the fault: 401, 403, 429, 500,
	// 502, 503, 504, reset, lost, cut, html, failure, redirect, slow, hang. A name
	// alone strikes any API request; "PATCH:", "GET:" or "token:" before it narrows
	// it to those, and only "token:" reaches the token endpoint.
	Faults map[string]float64
	// Fault, when set, decides instead of Faults: it returns the name of the fault
	// that strikes a request, or "". It is called for each request before it is
	// carried out, those for a token too, perhaps several at once, with what is
	// known of it by then.
	Fault func(Request) string
	// Slow is how much longer a request takes that "slow" strikes; 0 is a second.
	Slow time.Duration
	// Seed fixes what Faults and Jitter draw. A draw depends on the seed, the method,
	// the address and how often that address was asked before, and so not on how
	// the requests of different records interleave.
	Seed int64

	// Log receives one JSON line for each request (see Request), in one Write, after
	// the request took effect and before its answer leaves; nil is no log.
	Log io.Writer
	// Now is the clock of tokens, RateLimit, dateLastModified and the log; nil is
	// time.Now.
	Now func() time.Time
}

// Validate reports the first option that holds what it must not: which, what is
// allowed.
func (o Options) Validate() error {
	for _, c := range []struct {
		name, value string
		allowed     []string
	}{
		{"Merge", o.Merge, []string{"deep", "top"}},
		{"Answer", o.Answer, []string{"record", "empty", "status", "none"}},
		{"Filter", o.Filter, []string{"normal", "refuse", "ignore-in"}},
	} {
		if c.value != "" && !slices.Contains(c.allowed, c.value) {
			return fmt.Errorf("sandbox: %s: %q is not allowed; allowed: %s", c.name, c.value, strings.Join(c.allowed, ", "))
		}
	}
	_, err := newOdds(o.Faults)
	return err
}

// withDefaults fills in what was left empty.
func (o Options) withDefaults() Options {
	orElse(&o.ClientID, "sandbox")
	orElse(&o.ClientSecret, "sandbox-secret")
	orElse(&o.TokenLifetime, time.Hour)
	orElse(&o.Merge, "deep")
	orElse(&o.Answer, "record")
	orElse(&o.Filter, "normal")
	orElse(&o.Slow, time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func orElse[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}
