package sandbox_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"rosterpatch/importer/sandbox"
)

// rig is a sandbox under test, with what is needed to talk to it.
type rig struct {
	*sandbox.Server
	t             testing.TB
	log           *logBuffer
	authorization string
}

// newRig makes a sandbox that holds the records and logs to memory.
func newRig(t testing.TB, o sandbox.Options, records ...sandbox.Record) *rig {
	t.Helper()
	b := &rig{t: t, log: &logBuffer{}}
	o.Log = b.log
	b.Server = sandbox.New(o)
	for _, r := range records {
		if err := b.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	b.authorization = authorise(t, b.Server)
	return b
}

// authorise gets a token and returns the Authorization header that carries it.
func authorise(t testing.TB, s *sandbox.Server) string {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, tokenRequest("grant_type=client_credentials&client_id=sandbox&client_secret=sandbox-secret"))
	var granted struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &granted); err != nil || granted.Token == "" {
		t.Fatalf("no token: %d %s", w.Code, w.Body)
	}
	return "Bearer " + granted.Token
}

func tokenRequest(form string) *http.Request {
	r := httptest.NewRequest("POST", sandbox.TokenPath, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func path(id string) string { return sandbox.EnrollmentsPath + "/" + url.PathEscape(id) }

// send sends a request without a network.
func (b *rig) send(method, target, body string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", b.authorization)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

// patch sends a change, which must be answered with a status.
func (b *rig) patch(id, change string, want int) *httptest.ResponseRecorder {
	b.t.Helper()
	w := b.send("PATCH", path(id), `{"enrollment":`+change+`}`)
	if w.Code != want {
		b.t.Fatalf("PATCH %s: status %d, want %d: %s", id, w.Code, want, w.Body)
	}
	return w
}

// record returns a record that must be there.
func (b *rig) record(id string) sandbox.Record {
	b.t.Helper()
	r, ok := b.Get(id)
	if !ok {
		b.t.Fatalf("no record %s", id)
	}
	return r
}

// requests returns the log but for the token request of newRig.
func (b *rig) requests() []sandbox.Request {
	b.t.Helper()
	all, err := sandbox.ReadLog(bytes.NewReader(b.log.bytes()))
	if err != nil {
		b.t.Fatal(err)
	}
	return all[1:]
}

// last returns the newest line of the log.
func (b *rig) last() sandbox.Request {
	b.t.Helper()
	all := b.requests()
	if len(all) == 0 {
		b.t.Fatal("the log is empty")
	}
	return all[len(all)-1]
}

// client starts the sandbox and returns a function that sends over the network.
func (b *rig) client() func(method, target, body string) (*http.Response, error) {
	b.t.Helper()
	live, err := b.Start("")
	if err != nil {
		b.t.Fatal(err)
	}
	transport := &http.Transport{}
	b.t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := live.Close(); err != nil {
			b.t.Error(err)
		}
	})
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return func(method, target, body string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(b.t.Context(), method, live.URL+target, strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Authorization", b.authorization)
		r.Header.Set("Content-Type", "application/json")
		return client.Do(r)
	}
}

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu   sync.Mutex
	b    bytes.Buffer
	slow bool
}

func (l *logBuffer) Write(p []byte) (int, error) {
	for i := 0; l.slow && i < 10_000; i++ {
		runtime.Gosched()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.b.Bytes())
}

// clock is a time that stands still until it is moved.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 8, 17, 2, 0, 0, 0, time.UTC)} }

func (c *clock) time() time.Time { return c.now }

func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }
