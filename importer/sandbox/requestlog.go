package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Request is a line of the log: one request and what became of it.
type Request struct {
	// Seq numbers requests from 1 as they arrive. Lines stand in the order in which
	// requests were done; Change tells in which order they took effect.
	Seq int64 `json:"seq"`
	// RequestID is the x-request-id of the answer.
	RequestID string `json:"requestId"`
	// Time is when it arrived, Took the milliseconds until its answer could leave.
	Time time.Time `json:"time"`
	Took float64   `json:"tookMs"`
	// Method, Path and Query are those of the request line, escaped as they were.
	Method string `json:"method"`
	Path   string `json:"path"`
	Query  string `json:"query,omitempty"`
	// SourcedID is the id in Path, unescaped; "" if Path is not one enrollment.
	SourcedID string `json:"sourcedId,omitempty"`
	// Nth counts the requests with the same method, path and query, this one
	// included.
	Nth int `json:"nth"`
	// Token numbers the token it came with, or was given, from 1; 0 is none.
	Token int `json:"token,omitempty"`
	// Body is what was sent: less white space if it is JSON, else as a JSON string.
	// That of a token request is left out, as it holds the secret.
	Body json.RawMessage `json:"body,omitempty"`
	// Status is that of the answer; 0 when none was sent.
	Status int `json:"status"`
	// Applied is true when the record now holds what the body says, whether or not
	// the client heard so.
	Applied bool `json:"applied"`
	// Change numbers the requests that were applied, from 1, as they took effect.
	Change int64 `json:"change,omitempty"`
	// Fault names the fault that struck.
	Fault string `json:"fault,omitempty"`
	// GaveUp is true when the client was seen to be gone before it could be answered.
	GaveUp bool `json:"gaveUp,omitempty"`
	// Overlaps is the Seq of another PATCH of the same enrollment that was not
	// answered yet when this PATCH arrived; 0 is none. The other may be one whose
	// client gave up: its own line says so.
	Overlaps int64 `json:"overlaps,omitempty"`
}

// setBody keeps the body in a form that makes the line JSON.
func (q *Request) setBody(body []byte) {
	switch {
	case len(body) == 0:
	case json.Valid(body):
		q.Body = body
	default:
		q.Body, _ = json.Marshal(string(body))
	}
}

// ReadLog reads what a sandbox wrote to Options.Log.
func ReadLog(r io.Reader) ([]Request, error) {
	var all []Request
	for d := json.NewDecoder(r); ; {
		var q Request
		err := d.Decode(&q)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, fmt.Errorf("request log, line %d: %w", len(all)+1, err)
		}
		all = append(all, q)
	}
}

// requestLog writes lines. After the first that could not be written it writes no
// more.
type requestLog struct {
	mu  sync.Mutex
	w   io.Writer
	buf bytes.Buffer
	err error
}

func (l *requestLog) write(q Request) {
	if l.w == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	l.buf.Reset()
	e := json.NewEncoder(&l.buf)
	e.SetEscapeHTML(false) // the body stays as it was
	if l.err = e.Encode(q); l.err == nil {
		_, l.err = l.w.Write(l.buf.Bytes())
	}
}

// failed returns why the log is not complete, or nil.
func (l *requestLog) failed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}
