package oneroster

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 10, 21, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		name, value, date string
		want              time.Duration
	}{
		{name: "absent"},
		{name: "seconds", value: "120", want: 2 * time.Minute},
		{name: "white space around", value: "  7\t", want: 7 * time.Second},
		{name: "white space that is none in HTTP", value: "\u00857"},
		{name: "zero", value: "0"},
		{name: "leading zeros", value: "007", want: 7 * time.Second},
		{name: "decimals", value: "1.5", want: 1500 * time.Millisecond},
		{name: "negative", value: "-5"},
		{name: "plus", value: "+5"},
		{name: "milliseconds since 1970", value: "1764119999000", want: longestWait},
		{name: "more than a duration holds", value: "9999999999", want: longestWait},
		{name: "more than a float holds", value: "1" + strings.Repeat("0", 400), want: longestWait},
		{name: "infinite", value: "Inf"},
		{name: "not a number", value: "NaN"},
		{name: "exponent", value: "1e3"},
		{name: "hexadecimal", value: "0x10"},
		{name: "two points", value: "1.2.3"},
		{name: "a point alone", value: "."},
		{name: "a word", value: "soon"},
		{name: "seconds with a unit", value: "5s"},
		{name: "a date", value: "Wed, 21 Oct 2026 12:00:30 GMT", want: 30 * time.Second},
		{name: "a date of RFC 850", value: "Wednesday, 21-Oct-26 12:01:00 GMT", want: time.Minute},
		{name: "a date of asctime", value: "Wed Oct 21 12:00:05 2026", want: 5 * time.Second},
		{name: "a date farther off than a duration reaches, by its Date", value: "Fri, 31 Dec 9999 23:59:59 GMT", date: "Mon, 01 Jan 0001 00:00:00 GMT", want: longestWait},
		{name: "a date past", value: "Wed, 21 Oct 2026 11:59:59 GMT"},
		{name: "a date far off", value: "Fri, 31 Dec 9999 23:59:59 GMT", want: longestWait},
		{name: "a date that is none", value: "Wed, 32 Oct 2026 12:00:30 GMT"},
		{name: "a date by a clock that is an hour slow", value: "Wed, 21 Oct 2026 11:00:30 GMT", date: "Wed, 21 Oct 2026 11:00:00 GMT", want: 30 * time.Second},
		{name: "a date by a clock that is an hour fast", value: "Wed, 21 Oct 2026 13:00:30 GMT", date: "Wed, 21 Oct 2026 13:00:00 GMT", want: 30 * time.Second},
		{name: "a date beside a Date that is none", value: "Wed, 21 Oct 2026 12:00:30 GMT", date: "yesterday", want: 30 * time.Second},
		{name: "seconds whatever the Date", value: "3", date: "Wed, 21 Oct 2020 13:00:00 GMT", want: 3 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			if tt.value != "" {
				h.Set("Retry-After", tt.value)
			}
			if tt.date != "" {
				h.Set("Date", tt.date)
			}
			if got := retryAfter(h, noon); got != tt.want {
				t.Errorf("Retry-After %q is %v, want %v", tt.value, got, tt.want)
			}
		})
	}
}

// FuzzRetryAfter holds that no header makes a wait that is negative or endless, and that
// none but digits and dates make one at all.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "120", "1.5", "-1", "1e9", "Inf", "99999999999999999999", "Wed, 21 Oct 2026 12:00:30 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"} {
		f.Add(seed, "Wed, 21 Oct 2026 12:00:00 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		h := http.Header{"Retry-After": {value}, "Date": {date}}
		wait := retryAfter(h, noon)
		if wait < 0 || wait > longestWait {
			t.Errorf("%q: %v", value, wait)
		}
		if _, err := http.ParseTime(value); err == nil || wait == 0 {
			return
		}
		for _, r := range value {
			if r >= 'A' {
				t.Errorf("%q is taken for %v", value, wait)
			}
		}
	})
}
