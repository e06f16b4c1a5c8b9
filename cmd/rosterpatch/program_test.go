package main

import (
	"bytes"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// hung is how long a run may take before the test gives it up for hung. On a busy
// machine one in bad weather takes the better part of a minute.
const hung = 3 * time.Minute

// ending is how a run is made to end before its time.
type ending struct {
	signals []os.Signal // sent together; none: it ends by itself
	// The moment: when the server has got so many requests, or has carried out so
	// many and not answered the last, or after a span.
	arrived, carriedOut int
	after               time.Duration
}

// program is a run of the real program against a watched server.
type program struct {
	args   []string
	ending ending

	code   int // exit code; -1 if a signal ended it
	output string
	took   time.Duration
	began  time.Time
	log    []sandbox.Request
	struck int    // how much of the log there was when the signals were sent, if they were
	report string // path of the report it made, "" if it made none
	facts  report.Facts
}

// finished reports whether the run completed its report.
func (p *program) finished() bool {
	return p.report != "" && p.facts.State != report.Running && p.facts.State != ""
}

// runProgram runs the program in dir to its end, and gathers what it leaves.
func runProgram(t *testing.T, dir string, server *watched, fault func(sandbox.Request) string, e ending, stdin []byte, args ...string) *program {
	t.Helper()
	p := &program{args: args, ending: e}
	env, closeServer := server.serve(t)
	before := reports(t, dir)

	var output bytes.Buffer
	cmd := exec.Command("rosterpatch", args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, bytes.NewReader(stdin), &output, &output
	cmd.Env = append(os.Environ(), append(env, "TMPDIR="+dir)...)

	started := make(chan struct{})
	var once sync.Once
	var struck atomic.Int64
	strike := func() { // with server.mu held
		once.Do(func() {
			<-started
			struck.Store(int64(len(server.log)))
			for _, s := range e.signals {
				_ = cmd.Process.Signal(s) // it may have ended by itself
			}
		})
	}
	struck.Store(math.MaxInt64)
	first := server.begin(fault,
		func(nth int) {
			if nth == e.arrived {
				strike()
			}
		},
		func(nth int) {
			if nth == e.carriedOut {
				strike()
			}
		})
	p.began = time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if e.after > 0 {
		timer := time.AfterFunc(e.after, func() {
			server.mu.Lock()
			defer server.mu.Unlock()
			strike()
		})
		defer timer.Stop()
	}
	watchdog := time.AfterFunc(hung, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) })
	defer watchdog.Stop()
	err := cmd.Wait()
	p.took = time.Since(p.began)
	closeServer() // whatever of the run is still on its way is carried out or never will be
	server.begin(nil, nil, nil)

	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	p.code, p.output, p.log = cmd.ProcessState.ExitCode(), output.String(), server.since(first)
	p.struck = int(struck.Load()) - first
	if p.took >= hung {
		t.Errorf("%s hung; its goroutines:\n%s", strings.Join(args, " "), p.output)
	}
	for path := range reports(t, dir) {
		if !before[path] {
			p.report = path
		}
	}
	p.facts, err = report.ReadFacts(report.FactsPath(p.report))
	if p.report != "" && err != nil {
		t.Errorf("a report without its facts: %v", err)
	}
	return p
}

// reports are the reports in a directory.
func reports(t *testing.T, dir string) map[string]bool {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.report.csv"))
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	for _, path := range paths {
		found[path] = true
	}
	return found
}
