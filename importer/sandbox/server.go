// Package sandbox serves a local OneRoster API for enrollments that behaves like
// the real one: token endpoint, PATCH, GET of one and of a list, strict about what
// it is sent, answering errors in the imsx shape. It fails on demand, by chances
// that a seed makes repeatable, and keeps a log of what it was asked and what it
// did, so that a test can hold a report against it.
package sandbox

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

const (
	// TokenPath is where the token endpoint answers.
	TokenPath = "/oauth2/token"
	// EnrollmentsPath is where the list answers, with or without a slash at its end;
	// one enrollment is one escaped segment below it.
	EnrollmentsPath = "/ims/oneroster/rostering/v1p2/enrollments"
	// elsewherePath is where the redirect fault points. It answers 200 to all, so
	// that a client which follows takes it for success, and the log shows it.
	elsewherePath = "/elsewhere"

	maxBody = 1 << 20
)

// Server is a sandbox. It is an http.Handler, safe for concurrent use; New makes
// one.
type Server struct {
	o       Options
	odds    odds
	store   store
	tokens  tokens
	flights flights
	log     requestLog
	limiter *rate.Limiter // nil without RateLimit
	seq     atomic.Int64
}

// New makes a sandbox that holds no enrollments yet. It panics when o does not pass
// Validate.
func New(o Options) *Server {
	if err := o.Validate(); err != nil {
		panic(err)
	}
	o = o.withDefaults()
	chances, _ := newOdds(o.Faults)
	s := &Server{o: o, odds: chances, log: requestLog{w: o.Log}}
	s.store.open = o.Open
	s.store.now = o.Now
	if o.RateLimit > 0 {
		s.limiter = rate.NewLimiter(rate.Limit(o.RateLimit), max(1, int(o.RateLimit)))
	}
	return s
}

// ServeHTTP answers one request: it reads it, lets a fault strike, carries it out,
// logs it, and only then answers, so that whoever holds an answer finds the request
// in the log.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := Request{
		Seq:    s.seq.Add(1),
		Time:   s.o.Now().UTC(),
		Method: r.Method,
		Path:   r.URL.EscapedPath(),
		Query:  r.URL.RawQuery,
	}
	q.RequestID = "sandbox-" + strconv.FormatInt(q.Seq, 10)
	q.SourcedID, _ = sourcedID(q.Path)
	key := q.Method + " " + q.Path + "?" + q.Query
	q.Nth, q.Overlaps = s.flights.enter(key, q)

	body, bodyErr := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if q.Path != TokenPath { // whose body holds the secret
		q.setBody(body)
	}
	draw := newDraw(s.o.Seed, key, q.Nth)
	wait(r.Context(), s.o.Latency+time.Duration(draw.next()*float64(s.o.Jitter)))
	a := s.answer(&q, r, body, bodyErr, s.strike(&q, draw.next()))

	q.Status = a.status
	if a.delivery == lose {
		q.Status = 0
	}
	q.GaveUp = r.Context().Err() != nil
	q.Took = float64(s.o.Now().Sub(q.Time).Microseconds()) / 1000
	s.flights.leave(q)
	s.log.write(q)
	a.send(w, q.RequestID)
}

// answer carries the request out, unless f comes in place of that, and says how it is
// to be answered.
func (s *Server) answer(q *Request, r *http.Request, body []byte, bodyErr error, f fault) answer {
	if f.hang {
		<-r.Context().Done()
	}
	if f.revoke {
		s.tokens.revoke(bearer(r))
	}
	if f.instead != nil {
		return s.withRetryAfter(*f.instead, time.Second)
	}
	a := s.route(q, r, body, bodyErr)
	if f.slow {
		wait(r.Context(), s.o.Slow)
	}
	a.delivery = f.delivery
	return a
}

// route finds what the request asks for and who may ask it.
func (s *Server) route(q *Request, r *http.Request, body []byte, bodyErr error) answer {
	switch {
	case q.Path == TokenPath:
		return s.issue(q, r, body)
	case q.Path == elsewherePath:
		return answer{status: http.StatusOK, body: []byte("{}")}
	}
	if s.limiter != nil {
		now := s.o.Now()
		held := s.limiter.ReserveN(now, 1)
		if d := held.DelayFrom(now); d > 0 {
			held.CancelAt(now)
			return s.withRetryAfter(failure(http.StatusTooManyRequests, "too many requests"), d)
		}
	}
	var ok bool
	if q.Token, ok = s.tokens.check(bearer(r), s.o.Now()); !ok {
		return failure(http.StatusUnauthorized, "the token is missing, unknown, revoked or expired")
	}
	if strings.TrimSuffix(q.Path, "/") == EnrollmentsPath {
		if r.Method != http.MethodGet {
			return notAllowed("GET")
		}
		return s.list(r)
	}
	id, wrong := sourcedID(q.Path)
	switch {
	case wrong != "":
		return failure(http.StatusBadRequest, wrong)
	case id == "":
		return failure(http.StatusNotFound, "nothing is served at "+q.Path)
	case r.Method == http.MethodGet:
		return s.get(r, id)
	case r.Method == http.MethodPatch:
		return s.patch(q, r, id, body, bodyErr)
	}
	return notAllowed("GET, PATCH")
}

// sourcedID returns the id in the address of one enrollment: one segment, unescaped,
// so that "/" arrives as %2F. The id is "" for any other address, and wrong says
// what is amiss with an id that no record can have.
func sourcedID(path string) (id, wrong string) {
	segment, ok := strings.CutPrefix(path, EnrollmentsPath+"/")
	if !ok || strings.Contains(segment, "/") {
		return "", ""
	}
	id, err := url.PathUnescape(segment)
	switch {
	case err != nil:
		return "", "the sourcedId is not percent-encoded: " + segment
	case id == "." || id == "..":
		return "", "the sourcedId must not be " + id
	case hasControl(id):
		return "", "the sourcedId must not hold control characters"
	}
	return id, ""
}

// hasControl reports whether text holds an ASCII control character.
func hasControl(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// get answers one enrollment.
func (s *Server) get(r *http.Request, id string) answer {
	record, ok := s.store.get(id)
	if !ok {
		return failure(http.StatusNotFound, "no enrollment "+id)
	}
	return answer{status: http.StatusOK, body: envelope(record, r.Host)}
}

// wait returns after d, or earlier when the client gives up.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
