package oneroster

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Client sends requests to one server. It sends each request once: what to do
// about an answer that settles nothing is the caller's business. Safe for
// concurrent use.
type Client struct {
	http        *http.Client
	tokens      *tokens
	enrollments string // URL of the collection, with the slash
	userAgent   string
	timeout     time.Duration
	redact      *redactor
}

// The most that is read of an answer's body, in bytes.
const (
	patchBodyLimit = 1 << 20
	listBodyLimit  = 64 << 20
)

// Patch sends body to the enrollment. The id is escaped as one path segment.
// Cancelling ctx keeps the request from starting; one that has started is
// finished within the timeout, so that no row is left in doubt. An error means
// that no request can succeed: a *TokenError, a *ReachError of the token
// endpoint, or the cause of ctx's end.
func (c *Client) Patch(ctx context.Context, sourcedID string, body []byte) (Answer, error) {
	return c.send(ctx, http.MethodPatch, c.enrollments+url.PathEscape(sourcedID), body, patchBodyLimit)
}

// Get reads one enrollment; Enrollment finds it in the answer's body. Its
// errors are Patch's.
func (c *Client) Get(ctx context.Context, sourcedID string) (Answer, error) {
	return c.send(ctx, http.MethodGet, c.enrollments+url.PathEscape(sourcedID), nil, patchBodyLimit)
}

// List reads a page of enrollments; ParsePage reads the answer's body. Its
// errors are Patch's.
func (c *Client) List(ctx context.Context, q Query) (Answer, error) {
	return c.send(ctx, http.MethodGet, c.enrollments+"?"+q.encode(), nil, listBodyLimit)
}

// send makes one attempt.
func (c *Client) send(ctx context.Context, method, address string, body []byte, limit int64) (Answer, error) {
	token, err := c.tokens.get(ctx)
	if err != nil {
		return Answer{}, err
	}
	attempt, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
	defer cancel()
	var t trace
	request, err := http.NewRequestWithContext(t.attach(attempt), method, address, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", c.userAgent)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return t.judge(err).redacted(c.redact), nil
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	cut := err != nil || int64(len(read)) > limit
	a := judge(response.StatusCode, response.Header, read, cut, time.Now())
	if a.Verdict == Unauthorized {
		c.tokens.drop(token)
	}
	return a.redacted(c.redact), nil
}

// trace notes how far a request came, which its error does not tell.
type trace struct {
	reused, connected, wrote, answered atomic.Bool
}

func (t *trace) attach(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			t.connected.Store(true)
			t.reused.Store(info.Reused)
		},
		WroteHeaders:         func() { t.wrote.Store(true) },
		GotFirstResponseByte: func() { t.answered.Store(true) },
	})
}

// judge says what a request without an answer means.
func (t *trace) judge(err error) Answer {
	cause := transportCause(err)
	if cause == "" {
		cause = "the connection failed"
	}
	if wrong := misconfigured(err); wrong != "" && !t.wrote.Load() {
		return Answer{Verdict: Misconfigured, Message: wrong}
	}
	switch {
	case t.connected.Load() && t.reused.Load() && !t.answered.Load() && cause != "timeout":
		// An idle connection that the server closed as the request went out.
		return Answer{Verdict: Stale, Message: cause}
	case !t.wrote.Load() && !errors.Is(err, context.DeadlineExceeded), !t.connected.Load():
		return Answer{Verdict: Unreached, Message: "no connection: " + cause}
	default:
		return Answer{Verdict: Lost, Message: "no usable answer: " + cause}
	}
}

// Query asks for enrollments in pages.
type Query struct {
	IDs    []string // only these; at most BatchSize, each fit for a list (see Listable)
	Limit  int      // records a page; the API gives 3000 at most
	Offset int
}

// PageLimit is the most records that the API puts on one page.
const PageLimit = 3000

// encode is the query string. Sorting by sourcedId keeps pages from overlapping.
func (q Query) encode() string {
	v := url.Values{"limit": {itoa(q.Limit)}, "offset": {itoa(q.Offset)}, "sort": {"sourcedId"}, "orderBy": {"asc"}}
	if q.IDs != nil {
		v.Set("filter", "sourcedId@'"+strings.Join(q.IDs, ",")+"'")
	}
	return v.Encode()
}

// Listable reports whether an id can stand in the in-list filter, whose values
// are comma-separated inside single quotes.
func Listable(sourcedID string) bool { return !strings.ContainsAny(sourcedID, `,'"\ `) }
