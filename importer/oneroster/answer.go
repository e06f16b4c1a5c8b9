package oneroster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// Verdict is what an answer means for the request it answers.
type Verdict int

// The verdicts. Accepted, Refused and Forbidden settle a request; after the
// others it is open, and may be sent again as it is, since a merge patch with the
// same body changes nothing the second time.
const (
	Accepted      Verdict = iota // a 2xx answer that nothing in its body takes back
	Refused                      // the server read it and will not do it
	Forbidden                    // 403: this client may not
	Unauthorized                 // 401: the token was not taken, and has been dropped
	Throttled                    // 429: later
	Troubled                     // 5xx and the like: the server did not manage
	Lost                         // sent, but no usable answer came: it may have been done
	Unreached                    // not sent: no connection came about
	Stale                        // a kept-alive connection had been closed: send it at once
	Misconfigured                // not sent: name, TLS or proxy cannot work as configured
	Waited                       // not sent: its turn passed while a token was fetched
)

// Settles reports whether nothing is gained by sending the request again.
func (v Verdict) Settles() bool { return v == Accepted || v == Refused || v == Forbidden }

// Answer is what came of one request. Its texts can be shown as they are: they
// hold no secret, and nothing that would not print. Its Body is as the server
// sent it.
type Answer struct {
	Verdict    Verdict
	Method     string        // of the request: PATCH or GET
	Status     int           // HTTP status, 0 when no answer came
	Message    string        // in our own words, blank for an ordinary answer
	IMSX       IMSX          // what the server said of a request it did not accept
	RequestID  string        // what its support asks for
	RetryAfter time.Duration // how long the server asks to wait; 0 when it does not
	Body       []byte        // of an accepted request
	Written    bool          // of Stale: the request had gone out, so that it may have been done
}

// summary says in a few words what came, for the error that ends a run.
func (a Answer) summary() string {
	if a.Status == 0 {
		return a.Message
	}
	words := []string{fmt.Sprintf("HTTP %d", a.Status)}
	for _, s := range []string{a.IMSX.CodeMinor, a.Message} {
		if s != "" {
			words = append(words, shortened(s))
		}
	}
	return strings.Join(words, ", ")
}

// reply is an answer as it came off the wire.
type reply struct {
	status int
	header http.Header
	body   []byte
	broken string // why body is not all of it, "" if it is
}

// judge says what the reply means.
func (r reply) judge(now time.Time, secrets *redactor) Answer {
	r.body = bytes.TrimSpace(bytes.TrimPrefix(r.body, []byte("\ufeff")))
	if r.status/100 == 2 {
		return r.accepted(secrets)
	}
	a := Answer{Verdict: Refused, Status: r.status, RequestID: requestID(r.header), RetryAfter: retryAfter(r.header, now)}
	switch {
	case r.status/100 == 3 && r.header.Get("Location") != "":
		a.Message = fmt.Sprintf("the server redirects to %q, and redirects are not followed; is the base URL right?", r.header.Get("Location"))
		return a
	case r.status == http.StatusUnauthorized:
		a.Verdict = Unauthorized
	case r.status == http.StatusForbidden:
		a.Verdict = Forbidden
	case r.status == http.StatusProxyAuthRequired:
		a.Verdict, a.Message = Misconfigured, misconfigured(&proxyError{r.status})
	case r.status == http.StatusTooManyRequests:
		a.Verdict = Throttled
	case r.status == http.StatusRequestTimeout, r.status == http.StatusTooEarly,
		r.status >= 500 && r.status != http.StatusNotImplemented && r.status != http.StatusHTTPVersionNotSupported:
		a.Verdict = Troubled
	}
	if a.IMSX = parseIMSX(r.body); a.IMSX == (IMSX{}) {
		a.IMSX.Description = excerpt(r.body, secrets)
	}
	return a
}

// accepted judges a 2xx: what it holds can take back what its status says. A plain
// word that came whole does not, whatever it is called; JSON that has no end was cut
// by somebody, even where the length is right.
func (r reply) accepted(secrets *redactor) Answer {
	a := Answer{Status: r.status, RequestID: requestID(r.header)}
	kind, _, _ := mime.ParseMediaType(r.header.Get("Content-Type"))
	object := bytes.HasPrefix(r.body, []byte("{"))
	isJSON := kind == "application/json" || strings.HasSuffix(kind, "+json")
	begun := object || isJSON && bytes.ContainsAny(r.body[:min(1, len(r.body))], `["`)
	switch {
	case bytes.HasPrefix(r.body, []byte("<")), kind == "text/html" && len(r.body) > 0 && !object:
		a.Verdict = Refused
		a.Message = fmt.Sprintf("the answer is %d with a web page instead of JSON; is the base URL right, or a sign-in page in the way?", r.status)
		a.IMSX.Description = excerpt(r.body, secrets)
		return a
	case r.broken != "":
		a.Verdict = Lost
		a.Message = fmt.Sprintf("the answer, a %d, %s", r.status, r.broken)
		return a
	case begun && !json.Valid(r.body):
		a.Verdict = Lost
		a.Message = fmt.Sprintf("the answer, a %d, was cut short", r.status)
		return a
	case isJSON && !utf8.Valid(r.body): // of another encoding: it may say anything
		a.Verdict = Lost
		a.Message = fmt.Sprintf("the answer, a %d, is no text that can be read", r.status)
		return a
	}
	if status := statusIn(r.body); status.refuses() {
		a.Verdict, a.IMSX = Refused, status
		a.Message = fmt.Sprintf("the answer is %d, but its body says %s", r.status, status.CodeMajor)
		return a
	}
	a.Body = r.body
	return a
}

// requestID is the first of the headers servers put it in.
func requestID(h http.Header) string {
	for _, name := range []string{"X-Request-Id", "X-Amzn-Requestid", "X-Amz-Request-Id", "X-Correlation-Id"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// showable is a with texts that may be shown, and a body from which no secret gets
// into a report.
func (a Answer) showable(secrets *redactor) Answer {
	a.Body = secrets.body(a.Body)
	for _, s := range []*string{&a.Message, &a.RequestID, &a.IMSX.CodeMajor, &a.IMSX.Severity,
		&a.IMSX.CodeMinor, &a.IMSX.Description, &a.IMSX.ErrorDetails} {
		*s = secrets.text(*s)
	}
	return a
}
