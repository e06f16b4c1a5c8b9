package importer_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// A 429 stops every worker for as long as it asks, and costs no retry.
// checkPromises counts the requests that come meanwhile.
func TestThrottled(t *testing.T) {
	t.Parallel()
	// While a 429 is on its way, other PATCHes are not answered until the log tells
	// that the program has read it: so its workers had no answer to go on after.
	var mu sync.Mutex
	read := make(chan struct{})
	close(read)
	n := newNight(t, rows(400), sandbox.Options{RetryAfter: "1", Latency: 5 * time.Millisecond, Fault: func(q sandbox.Request) string {
		if q.Method != "PATCH" {
			return ""
		}
		mu.Lock()
		if q.SourcedID == "e33" && q.Nth <= 2 {
			read = make(chan struct{})
			mu.Unlock()
			return "429"
		}
		others := read
		mu.Unlock()
		<-others
		return ""
	}})
	n.hears(`"status":429`, func() {
		mu.Lock()
		defer mu.Unlock()
		close(read)
	})
	n.options.Workers, n.options.Retries = 8, 0
	m := n.run()
	m.finished()
	if m.outcomes[report.Updated] != 400 || m.facts.Throttles != 2 {
		t.Errorf("%v, %d throttles", m.outcomes, m.facts.Throttles)
	}
	m.sawTokens(1)
}

// hears calls f for each line with these words that the program logs.
func (n *night) hears(words string, f func()) {
	n.options.Log = zerolog.New(io.MultiWriter(n.talk, listener(func(line []byte) {
		if bytes.Contains(line, []byte(words)) {
			f()
		}
	})))
}

// listener gets each line of a log.
type listener func(line []byte)

func (l listener) Write(line []byte) (int, error) { l(line); return len(line), nil }

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		name, header, date string
		status             int
		least              time.Duration // before the second request; 0 if the run stops
	}{
		// More than is waited without being asked.
		{"a date", "Sun, 06 Nov 1994 08:49:39 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 429, 2 * time.Second},
		{"a fraction", "1.5", "", 429, 1500 * time.Millisecond},
		{"of a 503", "1", "", 503, time.Second},

		{"negative", "-5", "", 429, shortestPause},
		{"absent", "", "", 429, shortestPause},
		{"beyond give-up", "60", "", 429, 0},
		{"beyond give-up, of a 503", "60", "", 503, 0},
		{"a date beyond give-up", "Sun, 06 Nov 1994 09:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 429, 0},
		{"huge", "99999999999999999999", "", 429, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, rows(1), sandbox.Options{})
			n.options.GiveUp = 30 * time.Second
			n.faces(func(w http.ResponseWriter, r *http.Request, q sandbox.Request) {
				if tt.date != "" {
					w.Header().Set("Date", tt.date)
				}
				if q.Nth > 1 {
					answer(w, 200, asJSON, "{}")
					return
				}
				if tt.header != "" {
					w.Header().Set("Retry-After", tt.header)
				}
				answer(w, tt.status, asJSON, "{}")
			})
			m := n.run()
			if took := time.Since(m.began); took >= n.options.GiveUp {
				t.Errorf("took %v", took)
			}
			if tt.least == 0 {
				ended[*importer.GiveUpError](m, "Retry-After", "--give-up 30s", fmt.Sprintf("HTTP %d", tt.status))
				m.sawPatches(1)
				if l := m.lines[0]; tt.status == 429 && l.Outcome != report.Unsent || l.HTTPStatus != tt.status {
					t.Errorf("the report says %s", said(l))
				}
				return
			}
			m.finished()
			m.reports("2 updated 200 2")
			if at := m.patches(); len(at) != 2 || at[1].Time.Sub(at[0].Time) < tt.least {
				t.Errorf("%d PATCHes, the second %v after the first, want at least %v", len(at), at[len(at)-1].Time.Sub(at[0].Time), tt.least)
			}
		})
	}
}

// The ceiling holds; checkPromises measures it in every stretch.
func TestRateCeiling(t *testing.T) {
	t.Parallel()
	n := newNight(t, rows(40), sandbox.Options{})
	n.options.Workers, n.options.Rate = 16, 40
	m := n.run()
	m.finished()
	m.sawPatches(40)
}
