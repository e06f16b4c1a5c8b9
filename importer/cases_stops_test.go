package importer_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

func TestSecondRun(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	n := newNight(t, rows(3), sandbox.Options{Fault: func(q sandbox.Request) string {
		if q.Method == "PATCH" {
			once.Do(func() { close(begun) })
			<-goOn
		}
		return ""
	}})
	first := make(chan error, 1)
	go func() {
		_, err := importer.Run(t.Context(), n.options)
		first <- err
	}()
	<-begun
	second := n.options
	second.Report = n.path("another.report.csv") // in the same directory
	before := n.requests()
	_, err := importer.Run(t.Context(), second)
	var locked *importer.LockedError
	if !errors.As(err, &locked) || locked.Path != n.path(".rosterpatch.lock") {
		t.Errorf("the second run ended with %v", err)
	}
	if after := n.requests(); len(after) != len(before) {
		t.Errorf("the second run sent %+v", after[len(before):])
	}
	if _, err := os.Stat(second.Report); err == nil {
		t.Error("the second run left a report")
	}
	shard := second
	shard.Shard, shard.Report = importer.Shard{Index: 0, Of: 1000}, ""
	if _, err := importer.Run(t.Context(), shard); errors.As(err, &locked) {
		t.Errorf("a shard has no lock of its own: %v", err)
	}
	close(goOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
	n.options.Report = second.Report
	third := n.run() // the lock is free again
	third.finished()
}

// errSignal stands for what the command line cancels a run with.
var errSignal = errors.New("interrupted")

// What is in flight is answered and reported, the rest is unsent.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	n := newNight(t, rows(300), sandbox.Options{Latency: 30 * time.Millisecond, Fault: func(q sandbox.Request) string {
		if q.Method == "PATCH" && q.Seq == 60 {
			cancel(errSignal)
		}
		return ""
	}})
	n.options.Workers = 8
	m := n.perform(ctx, importer.Run)
	if !errors.Is(m.err, errSignal) {
		t.Errorf("the run ended with %v", m.err)
	}
	sent := len(m.patches())
	if m.outcomes[report.Updated] != sent || m.outcomes[report.Unsent] != 300-sent || sent < 59 || sent > 59+2*8 {
		t.Errorf("%v after %d PATCHes", m.outcomes, sent)
	}
	if !strings.Contains(m.facts.StopReason, errSignal.Error()) {
		t.Errorf("the stop's reason is %q", m.facts.StopReason)
	}
}

// A row that waits to be sent again is not sent again.
func TestInterruptedWhileWaiting(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	n := newNight(t, rows(3), sandbox.Options{RetryAfter: "60", Fault: func(q sandbox.Request) string {
		switch {
		case q.Method != "PATCH":
		case q.SourcedID == "e1":
			return "500"
		default:
			return "429"
		}
		return ""
	}})
	n.hears(`"status":429`, func() { cancel(errSignal) })
	n.options.Workers, n.options.GiveUp = 1, 2*time.Minute
	m := n.perform(ctx, importer.Run)
	if took := time.Since(m.began); !errors.Is(m.err, errSignal) || took >= time.Minute {
		t.Errorf("the run ended with %v after %v", m.err, took)
	}
	sent := m.patches()
	if last := sent[len(sent)-1]; last.SourcedID != "e2" {
		t.Errorf("sent after the signal: %+v", last)
	}
	m.reports(fmt.Sprintf("2 failed 500 %d … the run stopped before it could be sent again", len(sent)-1), "3 unsent 429 1 … stopped before it could be sent again", "4 unsent 0 0")
}

func TestNoScope(t *testing.T) {
	t.Run("from the start", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(200), sandbox.Options{Fault: strikes("*403")})
		n.options.Workers = 16
		m := n.run()
		if e := ended[*importer.PermissionError](m, "403", "roster.createput", "lacks the scope"); e.Status != 403 {
			t.Errorf("%+v", e)
		}
		sent := len(m.patches())
		if m.outcomes[report.Failed] != sent || m.outcomes[report.Unsent] != 200-sent || sent > 10 {
			t.Errorf("%v after %d PATCHes", m.outcomes, sent)
		}
	})
	t.Run("of a few records alone", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(60), sandbox.Options{Fault: func(q sandbox.Request) string {
			if q.Method == "PATCH" && strings.HasSuffix(q.SourcedID, "7") {
				return "403"
			}
			return ""
		}})
		m := n.run()
		m.finished()
		if m.outcomes[report.Failed] != 6 || m.outcomes[report.Updated] != 54 {
			t.Errorf("%v", m.outcomes)
		}
	})
	t.Run("lost on the way", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(500), sandbox.Options{Fault: func(q sandbox.Request) string {
			if q.Method == "PATCH" && q.Seq > 100 {
				return "403"
			}
			return ""
		}})
		m := n.run()
		ended[*importer.PermissionError](m, "403")
		if m.outcomes[report.Failed] > 50 || m.outcomes[report.Updated] < 90 {
			t.Errorf("%v", m.outcomes)
		}
	})
}

// An outage ends the run in time, and costs a probe at a
// time.
func TestDownAllNight(t *testing.T) {
	tests := []struct {
		name  string
		set   func(n *night)
		fault string
		words []string
		most  int // requests that the server saw
	}{
		{"503", func(*night) {}, "*503", []string{"HTTP 503", "--give-up 3s"}, 18},
		{"500 in no time", func(*night) {}, "*500", []string{"HTTP 500", "--give-up 3s"}, 18},
		// One after the other there is time for so many.
		{"hanging", func(n *night) { n.options.Server.Timeout = 500 * time.Millisecond }, "*hang", []string{"timeout", "--give-up 3s"}, 6},
		{"resets", func(*night) {}, "*reset", []string{"closed", "--give-up 3s"}, 20},
		{"no one there", func(n *night) { n.options.Server.BaseURL = nobody }, "", []string{"connection refused", "--give-up 3s"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := sandbox.Options{RetryAfter: "none"}
			if tt.fault != "" {
				o.Fault = strikes(tt.fault)
			}
			n := newNight(t, rows(400), o)
			n.options.Workers, n.options.Retries, n.options.GiveUp = 16, 100, 3*time.Second
			tt.set(n)
			m := n.run()
			ended[*importer.GiveUpError](m, tt.words...)
			if took := time.Since(m.began); took > 30*time.Second {
				t.Errorf("took %v", took)
			}
			if got := len(m.patches()); got > tt.most {
				t.Errorf("the server saw %d PATCHes, want at most %d", got, tt.most)
			}
			together := 0
			for i, q := range m.patches() {
				// When a client has given up, a server may be late to see.
				if i > 0 && !m.patches()[i-1].GaveUp && q.Time.Before(answeredAt(m.patches()[i-1])) {
					together++
				}
			}
			if together > 0 {
				t.Errorf("%d PATCHes while another was under way", together)
			}
			if m.outcomes[report.Updated] > 0 || m.outcomes[report.Unsent] < 380 {
				t.Errorf("%v", m.outcomes)
			}
		})
	}
}

// In the middle of a run an outage quickly costs no more than a probe
// at a time, and the run goes on when it is over.
func TestOutage(t *testing.T) {
	t.Parallel()
	var down, up time.Time
	var mu sync.Mutex
	n := newNight(t, rows(200), sandbox.Options{RetryAfter: "none", Latency: 2 * time.Millisecond, Fault: func(q sandbox.Request) string {
		mu.Lock()
		defer mu.Unlock()
		if q.Seq == 80 {
			down, up = time.Now(), time.Now().Add(600*time.Millisecond)
		}
		if !down.IsZero() && time.Now().Before(up) {
			return "500"
		}
		return ""
	}})
	n.options.Workers, n.options.Retries = 16, 20
	m := n.run()
	m.finished()
	if m.outcomes[report.Updated] != 200 {
		t.Errorf("%v", m.outcomes)
	}
	if failed := len(m.patches()) - 200; failed > 16+15+10 {
		t.Errorf("the outage cost %d PATCHes", failed)
	}
}

// --finish-by stops the run then. A machine too busy for a single row by then gets
// more time.
func TestFinishBy(t *testing.T) {
	t.Parallel()
	updated := 0
	for wait := 600 * time.Millisecond; updated == 0 && wait < 30*time.Second; wait *= 2 {
		n := newNight(t, rows(400), sandbox.Options{})
		n.options.Rate, n.options.FinishBy = 10, time.Now().Add(wait)
		m := n.run()
		if !errors.Is(m.err, importer.ErrFinishBy) {
			t.Errorf("the run ended with %v", m.err)
		}
		updated = m.outcomes[report.Updated]
		if late := len(m.patches()) - 2 - int(10*wait.Seconds()); late > 0 {
			t.Errorf("%d PATCHes came too late", late)
		}
		if sent := len(m.patches()); m.outcomes[report.Unsent] < 400-sent || len(m.lines) != 400 {
			t.Errorf("%v after %d PATCHes", m.outcomes, sent)
		}
	}
	if updated == 0 {
		t.Error("no row was updated")
	}
}
