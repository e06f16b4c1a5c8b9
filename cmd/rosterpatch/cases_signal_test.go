package main

import (
	"bytes"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// The first signal lets what is in flight be answered and completes the
// report; a second one does not wait.
func TestSignals(t *testing.T) {
	const rows, workers = 2000, 8
	for _, tt := range []struct {
		name    string
		signals []syscall.Signal
		code    int
	}{
		{"SIGTERM", []syscall.Signal{syscall.SIGTERM}, 143},
		{"SIGINT", []syscall.Signal{syscall.SIGINT}, 130},
		{"SIGTERM twice", []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM}, 143},
		{"SIGINT twice", []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, 130},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			twice := len(tt.signals) > 1
			reached, goOn := make(chan struct{}), make(chan struct{})
			var once sync.Once
			release := sync.OnceFunc(func() { close(goOn) })
			s := newShell(t, sandbox.Options{Slow: 100 * time.Millisecond, Fault: func(q sandbox.Request) string {
				if q.Method == "PATCH" && q.Seq >= 200 {
					once.Do(func() { close(reached) })
					<-goOn
					return "slow" // so that a signal which takes seconds to arrive is not too late
				}
				return ""
			}})
			t.Cleanup(release)
			s.put("rows.csv", fileOf(rows))
			c := s.command(t.Context(), "import", "./rows.csv", "--workers", fmt.Sprint(workers), "--rate", "0")
			var out, err bytes.Buffer
			c.Stdout, c.Stderr = &out, &err
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- c.Wait() }()
			<-reached
			c.Process.Signal(tt.signals[0])
			if !twice {
				release()
				<-ended
			}
			// Until the first has been seen, a second of its kind is one with it.
			for again := time.Tick(5 * time.Millisecond); twice; {
				select {
				case <-ended:
					twice = false
				case <-again:
					c.Process.Signal(tt.signals[1])
				}
			}
			if code := c.ProcessState.ExitCode(); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			s.noSecret(out.String() + err.String())
			if len(tt.signals) > 1 {
				return
			}
			said(t, "standard output", out.String(), []string{"updated", "unsent", "rosterpatch rerun "})
			facts, problem := report.ReadFacts(s.path("rows.report.json"))
			sent := len(s.patches())
			if problem != nil || facts.State != report.Stopped || facts.Outcomes[report.Updated] != sent || facts.Outcomes[report.Unsent] != rows-sent {
				t.Errorf("%v, %s, %v after %d PATCHes", problem, facts.State, facts.Outcomes, sent)
			}
			if sent > rows/2 { // for which it would take ten seconds
				t.Errorf("%d PATCHes", sent)
			}
		})
	}
}
