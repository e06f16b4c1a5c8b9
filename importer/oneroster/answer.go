package oneroster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
)

// Verdict is what an answer means for the request it answers.
type Verdict int

// The verdicts. Accepted, Refused and Forbidden settle a request; after the
// others it is open, and may be sent again as it is, since a merge patch with the same
// body changes nothing the second time.
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
)

// Settles reports whether nothing is gained by sending the request again.
func (v Verdict) Settles() bool { return v == Accepted || v == Refused || v == Forbidden }

// Answer is what came of one request. Its texts are free of secrets.
type Answer struct {
	Verdict    Verdict
	Status     int           // HTTP status, 0 when no answer came
	Message    string        // in our own words, blank for an ordinary answer
	IMSX       IMSX          // what the server said of a request it did not accept
	RequestID  string        // what its support asks for
	RetryAfter time.Duration // how long the server asks to wait; 0 when it does not
	Body       []byte        // of an accepted read
}

// judge says what a whole answer means. body is as much as was read, cut says
// that there was or should have been more.
func judge(status int, h http.Header, body []byte, cut bool, now time.Time) Answer {
	a := Answer{Status: status, RequestID: requestID(h)}
	if wait, ok := RetryAfter(h, now); ok {
		a.RetryAfter = wait
	}
	switch {
	case status/100 == 2:
		return a.accepted(h, body, cut)
	case status/100 == 3:
		a.Verdict = Refused
		a.Message = fmt.Sprintf("the server redirects to %q, and redirects are not followed; is the base URL right?", h.Get("Location"))
	case status == http.StatusUnauthorized:
		a.Verdict = Unauthorized
	case status == http.StatusForbidden:
		a.Verdict = Forbidden
	case status == http.StatusProxyAuthRequired:
		a.Verdict = Misconfigured
		a.Message = "the proxy asks for credentials; check HTTPS_PROXY and HTTP_PROXY"
	case status == http.StatusTooManyRequests:
		a.Verdict = Throttled
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly,
		status >= 500 && status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported:
		a.Verdict = Troubled
	default:
		a.Verdict = Refused
	}
	a.IMSX = ParseIMSX(body)
	return a
}

// accepted judges a 2xx: what it holds can take back what its status says.
func (a Answer) accepted(h http.Header, body []byte, cut bool) Answer {
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	isJSON := kind == "application/json" || strings.HasSuffix(kind, "+json") || bytes.HasPrefix(trimmed, []byte("{"))
	switch {
	case kind == "text/html" || bytes.HasPrefix(trimmed, []byte("<")):
		a.Verdict = Refused
		a.Message = fmt.Sprintf("the answer is %d with a web page instead of JSON; is the base URL right, or a sign-in page in the way?", a.Status)
		a.IMSX.Description = excerpt(string(body))
	case cut, isJSON && len(trimmed) > 0 && !json.Valid(trimmed):
		a.Verdict = Lost
		a.Message = fmt.Sprintf("the answer, a %d, was cut short", a.Status)
	case isJSON && ParseIMSX(trimmed).refuses():
		a.Verdict = Refused
		a.IMSX = ParseIMSX(trimmed)
		a.Message = fmt.Sprintf("the answer is %d, but its body says %s", a.Status, a.IMSX.CodeMajor)
	default:
		a.Body = trimmed
	}
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

// redacted is a without anything that r knows for a secret.
func (a Answer) redacted(r *redactor) Answer {
	for _, s := range []*string{&a.Message, &a.RequestID, &a.IMSX.CodeMajor, &a.IMSX.Severity,
		&a.IMSX.CodeMinor, &a.IMSX.Description, &a.IMSX.ErrorDetails} {
		*s = r.text(*s)
	}
	return a
}
