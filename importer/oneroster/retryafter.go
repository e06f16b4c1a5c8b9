package oneroster

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter reads how long the Retry-After header of an answer asks to wait
// (RFC 9110, section 10.2.3: seconds, or a date), and whether it says so at
// all: what is absent, negative or unreadable does not. A date is measured
// against the answer's own Date where it has one, so that a wrong clock on
// either side does not matter, else against now. A span too long for a
// time.Duration is the longest one.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		if !(seconds >= 0) { // NaN too
			return 0, false
		}
		if seconds >= math.MaxInt64/float64(time.Second) {
			return math.MaxInt64, true
		}
		return time.Duration(seconds * float64(time.Second)), true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(at.Sub(now), 0), true
}
