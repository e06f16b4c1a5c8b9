package oneroster

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter is how long the Retry-After header of an answer asks to wait
// (RFC 9110, section 10.2.3: seconds, or a date), 0 where it asks nothing: what
// is absent, past, negative or unreadable does not. Decimals are taken, as some
// servers send them. A date is measured against the answer's own Date where it
// has one, so that a wrong clock on either side does not matter, else against
// now. A span too long for a time.Duration is the longest one.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if strings.Trim(text, "0123456789.") == "" {
		seconds, err := strconv.ParseFloat(text, 64)
		switch {
		case seconds >= math.MaxInt64/float64(time.Second): // ±Inf for what is out of range, which is an error too
			return math.MaxInt64
		case err != nil:
			return 0
		}
		return time.Duration(seconds * float64(time.Second))
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(at.Sub(now), 0)
}
