package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// night is a file that is brought to a server in bad weather, by a program that
// is killed and stopped at any instant, and run again until all is done.
type night struct {
	t       *testing.T
	r       *rand.Rand
	dir     string
	file    string // "-" for standard input
	roster  *roster
	server  *watched
	options sandbox.Options
	flags   []string // of every run
	reading []string // of an import
	workers int
	rate    float64
	lasts   time.Duration // of a token
	against bool
	verify  bool
	runs    []*program
	left    int // rows that are not done
	kills   int
	repeats int // requests repeated because of a kill
	worst   int // of one kill
}

// quietNight is a night of so many rows and workers, against a server that
// answers at once.
func quietNight(t *testing.T, seed uint64, rows, workers int, reading ...string) *night {
	n := &night{t: t, r: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir(), workers: workers, reading: reading}
	n.roster = newRoster(n.r, rows)
	n.verify, n.against = slices.Contains(reading, "--verify"), slices.Contains(reading, "--against")
	n.open(3)
	return n
}

// newNight draws a night.
func newNight(t *testing.T, r *rand.Rand) *night {
	n := &night{t: t, r: r, dir: t.TempDir(), workers: 1 + r.IntN(16), rate: []float64{0, 0, 150, 400, 1000}[r.IntN(5)]}
	n.roster = newRoster(r, 2+r.IntN(200))
	n.verify, n.against = r.IntN(4) == 0, r.IntN(4) == 0
	n.options = sandbox.Options{
		Answer:  []string{"record", "empty", "status", "none"}[r.IntN(4)],
		Latency: time.Duration(r.IntN(8)) * time.Millisecond, Jitter: time.Duration(r.IntN(8)) * time.Millisecond,
		Slow:       time.Duration([]int{50, 50, 300, 3000}[r.IntN(4)]) * time.Millisecond,
		RetryAfter: []string{"", "none", "0", "-3", "soon"}[r.IntN(5)],
	}
	if r.IntN(3) == 0 {
		n.lasts = time.Duration(1+r.IntN(3)) * time.Second
		n.options.TokenLifetime = n.lasts
		n.options.ExpiresIn = []string{"", "", "none", "0"}[r.IntN(4)]
	}
	if n.against {
		n.options.Merge = []string{"deep", "top"}[r.IntN(2)]
		n.options.PrimaryDefault = r.IntN(2) == 0
		n.options.Filter = []string{"normal", "normal", "refuse", "ignore-in"}[r.IntN(4)]
		n.reading = append(n.reading, "--against", "server")
	}
	if n.verify {
		n.reading = append(n.reading, "--verify")
	}
	n.open(r.IntN(4), "--progress", []string{"auto", "plain", "json", "none"}[r.IntN(4)], "--log-level", []string{"debug", "info"}[r.IntN(2)])
	return n
}

// open makes the server, and puts the roster where the program finds it.
func (n *night) open(retries int, flags ...string) {
	n.flags = append([]string{
		"--workers", fmt.Sprint(n.workers), "--rate", fmt.Sprint(n.rate), "--retries", fmt.Sprint(retries),
		"--timeout", "2s", "--give-up", "20s", "--max-invalid", "100%", "--max-tobedeleted", "100%"}, flags...)
	n.server = newWatched(n.options)
	for _, record := range n.roster.held {
		if err := n.server.Put(record); err != nil {
			n.t.Fatal(err)
		}
	}
	n.left = len(n.roster.rows)
	n.store()
}

// store puts the roster where the program finds it.
func (n *night) store() {
	text := n.roster.text
	switch n.r.IntN(5) {
	case 0:
		n.file = "-"
		return
	case 1:
		n.file, text = "roster.csv.gz", gzipped(text)
	default:
		n.file = "roster.csv"
	}
	if err := os.WriteFile(filepath.Join(n.dir, n.file), text, 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// end draws how a run is to end.
func (n *night) end() ending {
	e := ending{signals: [][]os.Signal{
		{syscall.SIGKILL}, {syscall.SIGKILL}, {syscall.SIGKILL}, {syscall.SIGTERM}, {syscall.SIGINT}, {syscall.SIGTERM, syscall.SIGINT}, nil,
	}[n.r.IntN(7)]}
	most := 1 + n.left // more would come too late
	switch n.r.IntN(3) {
	case 0:
		e.arrived = 1 + n.r.IntN(most)
	case 1:
		e.carriedOut = 1 + n.r.IntN(most)
	default:
		e.after = time.Duration(n.r.IntN(600)) * time.Millisecond
	}
	return e
}

// pass runs the program until all is done, and holds each run to the promises.
func (n *night) pass() {
	for storms := 1 + n.r.IntN(6); storms > 0 && !n.t.Failed(); storms-- {
		w := storm(n.r)
		if n.options.Answer == "none" {
			delete(w.chances, "cut") // which leaves nothing whole
		}
		n.run(w, n.end())
	}
	n.finish()
}

// finish runs the program in fine weather, which leaves nothing undone, however
// long the machine takes for each request.
func (n *night) finish() {
	if !n.t.Failed() {
		n.flags = append(n.flags, "--timeout", "30s")
		n.done(n.run(weather{}, ending{}))
	}
}

// run runs the program once more.
func (n *night) run(w weather, e ending) *program {
	n.t.Helper()
	fault := w.faults(rand.New(rand.NewPCG(n.r.Uint64(), n.r.Uint64())))
	p := runProgram(n.t, n.dir, n.server, fault, e, n.roster.text, append(n.next(), n.flags...)...)
	n.runs = append(n.runs, p)
	n.hold(p, w)
	return p
}

// next is the command that a person would type now.
func (n *night) next() []string {
	for i := len(n.runs) - 1; i >= 0; i-- {
		if path := n.runs[i].report; path != "" {
			return []string{"rerun", path}
		}
	}
	return append([]string{"import", n.file}, n.reading...)
}

// hold checks what a run left behind.
func (n *night) hold(p *program, w weather) {
	n.t.Helper()
	c := &checked{T: n.t, night: n, program: p}
	c.secrets()
	c.codes()
	c.traffic(w)
	if p.report == "" {
		return
	}
	c.lines = readLines(n.t, p.report)
	n.left = len(n.roster.rows)
	for _, l := range c.lines {
		if l.outcome.Done() || l.outcome == report.Invalid {
			n.left--
		}
	}
	c.once()
	c.updated()
	if p.finished() {
		c.facts()
		if n.server.network == nil { // else the server cannot know what the client heard
			c.accepted()
		}
		return
	}
	if repeats := c.repeats(); repeats >= 0 {
		n.kills++
		n.repeats += repeats
		n.worst = max(n.worst, repeats)
	}
}

// done checks that the last run, in fine weather, has left nothing undone.
func (n *night) done(p *program) {
	n.t.Helper()
	c := &checked{T: n.t, night: n, program: p}
	if !p.finished() || p.facts.State != report.Finished {
		n.t.Errorf("the last run ended with %d, state %q", p.code, p.facts.State)
		return
	}
	c.lines = readLines(n.t, p.report)
	c.outcomes()
	c.store()
}

// history is what was typed, for who reads of a failure.
func (n *night) history() string {
	var b strings.Builder
	for _, p := range n.runs {
		fmt.Fprintf(&b, "rosterpatch %s\n  %+v → %d after %v, %d requests, report %q %s\n%s\n",
			strings.Join(p.args, " "), p.ending, p.code, p.took, len(p.log), p.report, p.facts.State, p.output)
	}
	return b.String()
}
