package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rosterpatch/importer/sandbox"
)

const toTeacher = `{"enrollment":{"role":"teacher"}}`

// TestFaults tells for each fault what the client sees of it, whether the record
// changed, and what the log says.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		fault   string
		status  int  // what the client reads; 0: no answer
		cut     bool // the body ends early
		body    string
		header  string
		applied bool
	}{
		{fault: "", status: 200, body: `"role":"teacher"`, applied: true},
		{fault: "401", status: 401, body: "unauthorisedrequest"},
		{fault: "403", status: 403, body: "forbidden"},
		{fault: "429", status: 429, body: "server_busy", header: "Retry-After: 1"},
		{fault: "500", status: 500, body: "internal_server_error"},
		{fault: "502", status: 502, body: "<html>"},
		{fault: "503", status: 503, body: "Service Unavailable", header: "Retry-After: 1"},
		{fault: "504", status: 504, body: "timed out"},
		{fault: "reset"},
		{fault: "lost", applied: true},
		{fault: "cut", status: 200, cut: true, applied: true},
		{fault: "html", status: 200, body: "<html>", header: "Content-Type: text/html; charset=utf-8"},
		{fault: "failure", status: 200, body: `"imsx_codeMajor":"failure"`},
		{fault: "redirect", status: 302, header: "Location: /elsewhere"},
		{fault: "slow", status: 200, applied: true},
		{fault: "no such fault", status: 500, body: "no such fault"},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			b := newRig(t, sandbox.Options{
				Slow:  time.Millisecond,
				Fault: func(q sandbox.Request) string { return strings.Repeat(tt.fault, min(1, len(q.SourcedID))) },
			}, sandbox.Record{SourcedID: "e1"})
			send := b.client()
			answer, err := send("PATCH", path("e1"), toTeacher)
			var body []byte
			status := 0
			if err == nil {
				status = answer.StatusCode
				body, err = io.ReadAll(answer.Body)
				answer.Body.Close()
				if name, value, _ := strings.Cut(tt.header, ": "); answer.Header.Get(name) != value {
					t.Errorf("%s: %q, want %q", name, answer.Header.Get(name), value)
				}
			}
			if status != tt.status || (err != nil) != (tt.status == 0 || tt.cut) || !strings.Contains(string(body), tt.body) {
				t.Errorf("the client sees %d %s %v", status, body, err)
			}
			if changed := b.record("e1").Role == "teacher"; changed != tt.applied {
				t.Errorf("the record changed: %v", changed)
			}
			if q := b.last(); q.Applied != tt.applied || q.Status != tt.status || q.Fault != tt.fault {
				t.Errorf("log: %+v", q)
			}
		})
	}
}

// TestFaultRevoke holds that 401 ends the token it came with, and no other.
func TestFaultRevoke(t *testing.T) {
	b := newRig(t, sandbox.Options{Open: true, Fault: func(q sandbox.Request) string {
		return map[int64]string{3: "401"}[q.Seq]
	}})
	first, second := b.authorization, authorise(t, b.Server)
	b.patch("e1", `{"role":"teacher"}`, http.StatusUnauthorized)
	b.patch("e1", `{"role":"teacher"}`, http.StatusUnauthorized)
	b.authorization = second
	b.patch("e1", `{"role":"teacher"}`, http.StatusOK)
	if first == second {
		t.Error("two tokens alike")
	}
}

// TestFaultHang holds that a hanging request lasts until its client gives up, and
// that a PATCH which comes meanwhile is seen to overlap it.
func TestFaultHang(t *testing.T) {
	arrived := make(chan struct{})
	b := newRig(t, sandbox.Options{Open: true, Fault: func(q sandbox.Request) string {
		if q.Method == "PATCH" && q.Nth == 1 {
			close(arrived)
			return "hang"
		}
		return ""
	}})
	live, err := b.Start("")
	if err != nil {
		t.Fatal(err)
	}
	ctx, giveUp := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		r, _ := http.NewRequestWithContext(ctx, "PATCH", live.URL+path("e1"), strings.NewReader(toTeacher))
		_, err := http.DefaultTransport.RoundTrip(r)
		gone <- err
	}()
	<-arrived
	b.patch("e1", `{"role":"proctor"}`, http.StatusOK)
	giveUp()
	if err := <-gone; err == nil {
		t.Error("an answer from a request that hangs")
	}
	if err := live.Close(); err != nil {
		t.Error(err)
	}
	all := b.requests()
	if len(all) != 2 {
		t.Fatalf("log: %+v", all)
	}
	if q := all[0]; q.Overlaps != 2 || !q.Applied {
		t.Errorf("the PATCH that came meanwhile: %+v", q)
	}
	if q := all[1]; q.Seq != 2 || q.Status != 0 || q.Applied || !q.GaveUp || q.Overlaps != 0 {
		t.Errorf("the PATCH that hung: %+v", q)
	}
	b.patch("e1", `{"role":"proctor"}`, http.StatusOK)
	if q := b.last(); q.Overlaps != 0 {
		t.Errorf("an overlap with a request that is done: %+v", q)
	}
}

// TestFaultsRepeat holds that what strikes a request depends on the seed, its address
// and how often that was asked, and on nothing else.
func TestFaultsRepeat(t *testing.T) {
	run := func(seed int64, workers int) map[string]string {
		b := newRig(t, sandbox.Options{Open: true, Seed: seed, Faults: map[string]float64{"500": 0.2, "PATCH:503": 0.2, "GET:403": 0.3}})
		var g sync.WaitGroup
		for w := range workers {
			g.Go(func() {
				for i := w; i < 200; i += workers {
					for range 3 {
						b.send("PATCH", path(fmt.Sprint(i)), toTeacher)
						b.send("GET", path(fmt.Sprint(i)), "")
					}
				}
			})
		}
		g.Wait()
		struck := map[string]string{}
		for _, q := range b.requests() {
			struck[fmt.Sprint(q.Method, q.Path, q.Nth)] = q.Fault
		}
		return struck
	}
	one := run(7, 1)
	if diff := cmp.Diff(one, run(7, 8)); diff != "" {
		t.Errorf("one worker and eight differ:\n%s", diff)
	}
	if cmp.Equal(one, run(8, 1)) {
		t.Error("two seeds draw alike")
	}
	counts := map[string]int{}
	for where, fault := range one {
		counts[where[:3]+fault]++
	}
	for what, want := range map[string]int{"PAT500": 120, "PAT503": 120, "PAT": 360, "GET500": 120, "GET403": 180, "GET": 300} {
		if got := counts[what]; got < want*3/4 || got > want*5/4 {
			t.Errorf("%s: %d times, expected about %d", what, got, want)
		}
	}
	if counts["PAT403"]+counts["GET503"] > 0 {
		t.Error("a fault struck outside its scope")
	}
}

// TestSlowTakesEffectFirst holds that the log tells the order of changes also where
// a slow answer leaves after that to a later change.
func TestSlowTakesEffectFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newRig(t, sandbox.Options{Open: true, Slow: time.Second, Fault: func(q sandbox.Request) string {
			return map[int]string{1: "slow"}[q.Nth]
		}})
		var g sync.WaitGroup
		g.Go(func() { b.send("PATCH", path("e1"), toTeacher) })
		synctest.Wait()
		b.patch("e1", `{"role":"proctor"}`, http.StatusOK)
		g.Wait()
		all := b.requests()
		if q := all[0]; q.Nth != 2 || q.Change != 2 || q.Overlaps != 2 {
			t.Errorf("the later change: %+v", q)
		}
		if q := all[1]; q.Nth != 1 || q.Change != 1 || q.Took != 1000 {
			t.Errorf("the slow change: %+v", q)
		}
		if r := b.record("e1"); r.Role != "proctor" {
			t.Errorf("record %+v", r)
		}
	})
}

func TestFaultsOfToken(t *testing.T) {
	s := sandbox.New(sandbox.Options{Open: true, Faults: map[string]float64{"token:503": 1}})
	b := &rig{t: t, Server: s}
	w := b.send("POST", sandbox.TokenPath, "grant_type=client_credentials")
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("token: status %d", w.Code)
	}
	if w := b.send("GET", path("e1"), ""); w.Code != http.StatusUnauthorized {
		t.Errorf("GET: status %d", w.Code)
	}
}

// TestLatency holds how long answers take, on the clock of a synctest bubble.
func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newRig(t, sandbox.Options{Open: true, Latency: 20 * time.Millisecond, Jitter: 10 * time.Millisecond, Slow: time.Minute, Fault: func(q sandbox.Request) string {
			return map[string]string{"e0": "slow"}[q.SourcedID]
		}})
		var took []time.Duration
		for i := range 10 {
			start := time.Now()
			b.patch(fmt.Sprint("e", i), `{"role":"teacher"}`, http.StatusOK)
			d := time.Since(start)
			if q := b.last(); q.Took != float64(d.Microseconds())/1000 {
				t.Errorf("the log says %v ms, it took %v", q.Took, d)
			}
			if i == 0 {
				d -= time.Minute
			}
			took = append(took, d)
			if d < 20*time.Millisecond || d >= 30*time.Millisecond {
				t.Errorf("request %d took %v", i, d)
			}
		}
		if took[1] == took[2] && took[2] == took[3] {
			t.Errorf("no jitter: %v", took)
		}
	})
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		options sandbox.Options
		want    string // in the error; "" is none
	}{
		{sandbox.Options{}, ""},
		{sandbox.Options{Merge: "top", Answer: "none", Filter: "refuse", Faults: map[string]float64{"500": 0.5, "GET:html": 0.5, "PATCH:cut": 0.5, "token:429": 1}}, ""},
		{sandbox.Options{Merge: "shallow"}, `Merge: "shallow" is not allowed; allowed: deep, top`},
		{sandbox.Options{Answer: "x"}, "Answer"},
		{sandbox.Options{Filter: "x"}, "Filter"},
		{sandbox.Options{Faults: map[string]float64{"418": 1}}, `"418" is not allowed; allowed: 401, 403, 429, 500, 502, 503, 504, cut, failure, hang, html, lost, redirect, reset, slow, each with or without`},
		{sandbox.Options{Faults: map[string]float64{"": 1}}, `"" is not allowed`},
		{sandbox.Options{Faults: map[string]float64{"patch:500": 1}}, `"patch:500" is not allowed`},
		{sandbox.Options{Faults: map[string]float64{"500": 1.5}}, "500: 1.5 is not allowed; allowed: 0 to 1"},
		{sandbox.Options{Faults: map[string]float64{"500": -1}}, "0 to 1"},
		{sandbox.Options{Faults: map[string]float64{"500": 0.5, "PATCH:503": 0.6}}, "add up to 1.1"},
	} {
		err := tt.options.Validate()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.options.Faults, err, tt.want)
		}
		func() {
			defer func() {
				if panicked := recover() != nil; panicked != (tt.want != "") {
					t.Errorf("New panicked: %v, want %q", panicked, tt.want)
				}
			}()
			sandbox.New(tt.options)
		}()
	}
}
