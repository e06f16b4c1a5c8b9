package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"rosterpatch/importer/sandbox"
)

// sandboxCommand is `rosterpatch sandbox`.
type sandboxCommand struct {
	Listen  string `default:"127.0.0.1:8080" help:"Loopback address to serve at; port 0 is any free one."`
	Records string `placeholder:"FILE" help:"Start with these records: JSON, one {\"sourcedId\":…} a line. Default: every sourcedId exists."`
	Log     string `placeholder:"FILE" help:"Write one JSON line for each request."`

	Merge          string             `enum:"deep,top" default:"deep" help:"How a PATCH merges metadata: ${enum}."`
	PrimaryDefault bool               `help:"A PATCH without primary sets it to false."`
	Answer         string             `enum:"record,empty,status,none" default:"record" help:"What a 200 to a PATCH holds: ${enum}."`
	Filter         string             `enum:"normal,refuse,ignore-in" default:"normal" help:"How a list reads the in-list filter: ${enum}."`
	PageCap        int                `placeholder:"N" help:"The most records a page holds; 0 is no cap."`
	TokenLifetime  time.Duration      `default:"1h" help:"How long a token is honoured."`
	ExpiresIn      string             `placeholder:"SECONDS" help:"expires_in of a token answer, or 'none'. Default: the lifetime it has."`
	RateLimit      float64            `placeholder:"N" help:"Requests a second before 429; 0 is no limit."`
	RetryAfter     string             `placeholder:"TEXT" help:"Retry-After of a 429 or 503, or 'none'. Default: the seconds there are to wait."`
	Latency        time.Duration      `help:"How long each request takes."`
	Jitter         time.Duration      `help:"Random latency on top, at most this."`
	Slow           time.Duration      `default:"1s" help:"How much longer a request takes that the fault 'slow' strikes."`
	Fault          map[string]float64 `mapsep:"," placeholder:"NAME=P" help:"Chance of a fault, from 0 to 1: 401, 403, 429, 500, 502, 503, 504, reset, lost, cut, html, failure, redirect, slow, hang; PATCH:, GET: or token: before it narrows it."`
	Seed           int64              `placeholder:"N" help:"Fixes which requests the faults strike."`
}

// Example is the end of the command's help.
func (*sandboxCommand) Example() string {
	return `rosterpatch sandbox --rate-limit 100 --fault PATCH:503=0.05`
}

// ExitCodes are those the command can end with.
func (*sandboxCommand) ExitCodes() map[int]string {
	codes := otherCodes("it was stopped", nil)
	delete(codes, exitInterrupted)
	return codes
}

func (c *sandboxCommand) Run(p *process) (err error) {
	o := sandbox.Options{
		Open: c.Records == "", Merge: c.Merge, PrimaryDefault: c.PrimaryDefault, Answer: c.Answer,
		Filter: c.Filter, PageCap: c.PageCap, TokenLifetime: c.TokenLifetime, ExpiresIn: c.ExpiresIn,
		RateLimit: c.RateLimit, RetryAfter: c.RetryAfter, Latency: c.Latency, Jitter: c.Jitter,
		Slow: c.Slow, Faults: c.Fault, Seed: c.Seed,
	}
	if c.Log != "" {
		f, err := os.OpenFile(c.Log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		o.Log = f
	}
	if err := o.Validate(); err != nil {
		return &usageError{err}
	}
	s := sandbox.New(o)
	if c.Records != "" {
		if err := load(s, c.Records); err != nil {
			return err
		}
	}
	live, err := s.Start(c.Listen)
	if err != nil {
		return &usageError{err}
	}
	defer func() { err = errors.Join(err, live.Close()) }()
	greet(p.out, live)
	<-p.Done()
	return nil
}

func load(s *sandbox.Server, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return &usageError{err}
	}
	defer f.Close()
	if err := s.Load(f); err != nil {
		return &usageError{fmt.Errorf("%s: %w", path, err)}
	}
	return nil
}

// greet prints what another shell needs to use the sandbox.
func greet(w io.Writer, live *sandbox.Listener) {
	fmt.Fprintf(w, `export ROSTERPATCH_BASE_URL=%s
export ROSTERPATCH_TOKEN_URL=%s
export ROSTERPATCH_CLIENT_ID=sandbox
export ROSTERPATCH_CLIENT_SECRET=sandbox-secret
`, live.URL, live.TokenURL)
}
