package importer_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// A 429 stops every worker for as long as it asks, and
// costs no retry. checkPromises looks for requests that come meanwhile.
func TestThrottled(t *testing.T) {
	t.Parallel()
	n := newNight(t, rows(40), sandbox.Options{RetryAfter: "0.4", Latency: 5 * time.Millisecond, Fault: func(q sandbox.Request) string {
		if q.Method == "PATCH" && q.Seq > 10 && q.Nth <= 2 && q.SourcedID == "e33" {
			return "429"
		}
		return ""
	}})
	n.options.Workers, n.options.Retries = 8, 0
	m := n.run()
	m.finished()
	if m.outcomes[report.Updated] != 40 || m.facts.Throttles == 0 {
		t.Errorf("%v, %d throttles", m.outcomes, m.facts.Throttles)
	}
	m.sawTokens(1)
}

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		name, header, date string
		status             int
		least, most        time.Duration // before the second request; 0 if the run stops
	}{
		{"a date", "Sun, 06 Nov 1994 08:49:38 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 429, time.Second, 2 * time.Second},
		{"a fraction", "0.5", "", 429, 500 * time.Millisecond, time.Second},
		{"negative", "-5", "", 429, shortestPause, 2 * time.Second},
		{"absent", "", "", 429, shortestPause, 2 * time.Second},
		{"of a 503", "1", "", 503, time.Second, 2 * time.Second},
		{"beyond give-up", "60", "", 429, 0, 0},
		{"beyond give-up, of a 503", "60", "", 503, 0, 0},
		{"a date beyond give-up", "Sun, 06 Nov 1994 09:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 429, 0, 0},
		{"huge", "99999999999999999999", "", 429, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, rows(1), sandbox.Options{})
			n.options.GiveUp = 10 * time.Second
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
			began := time.Now()
			m := n.run()
			if tt.most == 0 {
				ended[*importer.GiveUpError](m, "Retry-After", "--give-up 10s", fmt.Sprintf("HTTP %d", tt.status))
				m.sawPatches(1)
				if took := time.Since(began); took > 3*time.Second {
					t.Errorf("gave up after %v only", took)
				}
				if l := m.lines[0]; tt.status == 429 && l.Outcome != report.Unsent || l.HTTPStatus != tt.status {
					t.Errorf("the report says %s", said(l))
				}
				return
			}
			m.finished()
			m.reports("2 updated 200 2")
			if at := m.patches(); len(at) != 2 || at[1].Time.Sub(at[0].Time) < tt.least || at[1].Time.Sub(at[0].Time) > tt.most+lateness {
				t.Errorf("%d PATCHes, the second %v after the first, want from %v to %v", len(at), at[len(at)-1].Time.Sub(at[0].Time), tt.least, tt.most)
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
	if took, want := m.span(), 39*time.Second/40; took < want*9/10 {
		t.Errorf("40 requests came in %v, want about %v", took, want)
	}
}
