package sandbox_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rosterpatch/importer/sandbox"
)

// TestLogLine pins what a line looks like.
func TestLogLine(t *testing.T) {
	c := newClock()
	b := newRig(t, sandbox.Options{Open: true, Now: c.time})
	b.send("PATCH", path("e/1"), `{ "enrollment": {"metadata": {"a": "<&>é"}} }`)
	b.send("PATCH", path("e/1"), `no JSON`)
	b.send("GET", sandbox.EnrollmentsPath+"/?limit=1", "")
	const want = `{"seq":1,"requestId":"sandbox-1","time":"2026-08-17T02:00:00Z","tookMs":0,"method":"POST","path":"/oauth2/token","nth":1,"token":1,"status":200,"applied":false}
{"seq":2,"requestId":"sandbox-2","time":"2026-08-17T02:00:00Z","tookMs":0,"method":"PATCH","path":"/ims/oneroster/rostering/v1p2/enrollments/e%2F1","sourcedId":"e/1","nth":1,"token":1,"body":{"enrollment":{"metadata":{"a":"<&>é"}}},"status":200,"applied":true,"change":1}
{"seq":3,"requestId":"sandbox-3","time":"2026-08-17T02:00:00Z","tookMs":0,"method":"PATCH","path":"/ims/oneroster/rostering/v1p2/enrollments/e%2F1","sourcedId":"e/1","nth":2,"token":1,"body":"no JSON","status":400,"applied":false}
{"seq":4,"requestId":"sandbox-4","time":"2026-08-17T02:00:00Z","tookMs":0,"method":"GET","path":"/ims/oneroster/rostering/v1p2/enrollments/","query":"limit=1","nth":1,"token":1,"status":200,"applied":false}
`
	if got := string(b.log.bytes()); got != want {
		t.Errorf("log:\n%s\nwant:\n%s", got, want)
	}
}

// TestLogComesFirst holds that a request is in the log as soon as its answer begins,
// and that a PATCH sent upon that answer does not overlap it.
func TestLogComesFirst(t *testing.T) {
	b := newRig(t, sandbox.Options{Open: true})
	r := httptest.NewRequest("PATCH", path("e1"), strings.NewReader(toTeacher))
	r.Header.Set("Authorization", b.authorization)
	r.Header.Set("Content-Type", "application/json")
	w := &quickClient{ResponseRecorder: httptest.NewRecorder()}
	w.answered = func() {
		if q := b.last(); q.RequestID != w.Header().Get("X-Request-Id") || !q.Applied {
			t.Errorf("the log ends with %+v", q)
		}
		b.patch("e1", `{"role":"student"}`, http.StatusOK)
	}
	b.ServeHTTP(w, r)
	if q := b.last(); q.Seq != 3 || q.Overlaps != 0 {
		t.Errorf("the second PATCH: %+v", q)
	}
}

// quickClient calls answered when the answer begins.
type quickClient struct {
	*httptest.ResponseRecorder
	answered func()
}

func (c *quickClient) WriteHeader(status int) {
	c.ResponseRecorder.WriteHeader(status)
	c.answered()
}

func TestReadLog(t *testing.T) {
	got, err := sandbox.ReadLog(strings.NewReader(`{"seq":1,"status":200}` + "\n" + `{"seq":2,"applied":true}` + "\n"))
	if err != nil || len(got) != 2 || got[0].Status != 200 || !got[1].Applied {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := sandbox.ReadLog(strings.NewReader("{}\n{\"seq\"")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a torn line: %v", err)
	}
}

// TestLogFails holds that a log which cannot be written is told.
func TestLogFails(t *testing.T) {
	full := errors.New("disk full")
	s := sandbox.New(sandbox.Options{Open: true, Log: failing{full}})
	live, err := s.Start("")
	if err != nil {
		t.Fatal(err)
	}
	authorise(t, s)
	if err := live.Close(); !errors.Is(err, full) {
		t.Errorf("Close: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestStart(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "127.0.0.1:no"} {
		if live, err := sandbox.New(sandbox.Options{}).Start(addr); err == nil {
			live.Close()
			t.Errorf("%s was taken", addr)
		}
	}
}

// TestRestart holds that a sandbox outlives its listener, which ends requests that
// are under way.
func TestRestart(t *testing.T) {
	arrived := make(chan struct{})
	b := newRig(t, sandbox.Options{Open: true, Latency: time.Nanosecond, Fault: func(q sandbox.Request) string {
		if q.SourcedID == "hangs" {
			close(arrived)
			return "hang"
		}
		return ""
	}})
	b.log.slow = true // so that a Close which does not wait comes too early
	live, err := b.Start("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		r, _ := http.NewRequest("PATCH", live.URL+path("hangs"), strings.NewReader(toTeacher))
		_, err := http.DefaultTransport.RoundTrip(r)
		ended <- err
	}()
	<-arrived
	for range 2 {
		if err := live.Close(); err != nil {
			t.Error(err)
		}
	}
	if q := b.last(); q.SourcedID != "hangs" || q.Applied {
		t.Errorf("log after Close: %+v", q)
	}
	if err := <-ended; err == nil {
		t.Error("an answer after Close")
	}
	send := b.client()
	answer, err := send("PATCH", path("e1"), toTeacher)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK { // the token is still good too
		t.Errorf("status %d", answer.StatusCode)
	}
}

// TestElsewhere holds that who follows the redirect fault is answered, and logged.
func TestElsewhere(t *testing.T) {
	b := newRig(t, sandbox.Options{Faults: map[string]float64{"PATCH:redirect": 1}})
	w := b.patch("e1", `{"role":"teacher"}`, http.StatusFound)
	if w := b.send("GET", w.Header().Get("Location"), ""); w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
	if q := b.last(); q.Path != "/elsewhere" || q.Applied {
		t.Errorf("log: %+v", q)
	}
}
