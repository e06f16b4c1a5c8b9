package oneroster

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestWait is as good as for ever, and yet so short that what is reckoned with
// it (the time that has gone by and the wait on top of it) cannot overflow.
const longestWait = 365 * 24 * time.Hour

// retryAfter is how long the Retry-After header of an answer asks to wait
// (RFC 9110, section 10.2.3: seconds, or a date), 0 where it asks nothing: what
// is absent, past, negative or unreadable does not. Decimals are taken, as some
// servers send them. A date is measured against the answer's own Date where it
// has one, so that a wrong clock on either side does not matter, else against
// now. Nobody waits longer than longestWait.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.Trim(h.Get("Retry-After"), " \t") // which is all the white space that HTTP knows
	if strings.Trim(text, "0123456789.") == "" {
		seconds, err := strconv.ParseFloat(text, 64)
		switch {
		case seconds >= longestWait.Seconds(): // ±Inf for what is out of range, which is an error too
			return longestWait
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
	return min(max(at.Sub(now), 0), longestWait)
}
