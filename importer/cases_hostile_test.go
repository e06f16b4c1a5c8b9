package importer_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"rosterpatch/importer/sandbox"
)

// hostile keeps the log of a server that a test makes up itself.
type hostile struct {
	mu       sync.Mutex
	requests []*sandbox.Request
	nth      map[string]int
}

// faces puts a server that answers like this in the place of the sandbox, which
// still gives the tokens.
func (n *night) faces(answer func(w http.ResponseWriter, r *http.Request, q sandbox.Request)) *httptest.Server {
	n.Helper()
	s := httptest.NewServer(n.hostile.record(answer))
	n.Cleanup(s.Close)
	n.options.Server.BaseURL = s.URL
	return s
}

// record is a handler that notes each request and what it is answered.
func (h *hostile) record(answer func(http.ResponseWriter, *http.Request, sandbox.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := h.arrived(r)
		w.Header().Set("X-Request-Id", q.RequestID)
		answer(&witness{w, func(status int) { h.answered(q.Seq, status) }}, r, q)
	})
}

func (h *hostile) arrived(r *http.Request) sandbox.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := r.Method + r.URL.EscapedPath()
	_, id, _ := strings.Cut(r.URL.Path, sandbox.EnrollmentsPath+"/")
	if h.nth == nil {
		h.nth = make(map[string]int)
	}
	h.nth[key]++
	q := &sandbox.Request{
		Seq: int64(len(h.requests)) + 1, Time: time.Now(), Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery,
		SourcedID: id, Nth: h.nth[key], Fault: "hostile",
	}
	q.RequestID = fmt.Sprintf("hostile-%d", q.Seq)
	h.requests = append(h.requests, q)
	return *q
}

func (h *hostile) answered(seq int64, status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	q := h.requests[seq-1]
	q.Status, q.Applied, q.Took = status, status/100 == 2, time.Since(q.Time).Seconds()*1000
}

func (h *hostile) log() []sandbox.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]sandbox.Request, len(h.requests))
	for i, q := range h.requests {
		all[i] = *q
	}
	return all
}

// witness tells of the status before it goes out.
type witness struct {
	http.ResponseWriter
	answers func(status int)
}

func (w *witness) WriteHeader(status int) {
	w.answers(status)
	w.ResponseWriter.WriteHeader(status)
}

func (w *witness) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// answer writes a whole answer.
func answer(w http.ResponseWriter, status int, contentType, body string) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

const (
	asJSON = "application/json"
	asHTML = "text/html; charset=utf-8"
)

// gives puts a token endpoint that answers like this in the place of the
// sandbox's; nth counts the requests from 1.
func (n *night) gives(answer func(w http.ResponseWriter, r *http.Request, nth int)) {
	n.Helper()
	s := httptest.NewServer(n.hostile.record(func(w http.ResponseWriter, r *http.Request, q sandbox.Request) {
		answer(w, r, q.Nth)
	}))
	n.Cleanup(s.Close)
	n.options.Server.TokenURL = s.URL + sandbox.TokenPath
}

// accept is a server that takes everything.
func accept(w http.ResponseWriter, r *http.Request, q sandbox.Request) { answer(w, 200, asJSON, "{}") }

// token is what a token endpoint answers that has nothing against its caller.
func token(w http.ResponseWriter, nth, expiresIn int) {
	answer(w, 200, asJSON, fmt.Sprintf(`{"access_token":"%s%d","token_type":"Bearer","expires_in":%d}`, tokenPrefix, nth, expiresIn))
}
