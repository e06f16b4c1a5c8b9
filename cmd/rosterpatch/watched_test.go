package main

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"rosterpatch/importer/sandbox"
)

// The credentials of every server under watch. No output may show the secret,
// or a token, whose beginning all have in common.
const (
	clientID     = "chaos"
	clientSecret = "pa55-that-no-output-shows/+="
	tokenMark    = "sandbox-token-"
)

// watched is a sandbox that keeps its log in memory and tells as requests come.
type watched struct {
	*sandbox.Server
	network func(url string) (through string, disconnect func()) // nil: a good one

	mu       sync.Mutex
	log      []sandbox.Request
	fault    func(sandbox.Request) string // nil: none
	begun    int                          // how much of the log there was at the last begin
	arrived  int
	arrival  func(nth int) // called before a request is carried out; nil: not
	answered func(nth int) // called after it was, before its answer leaves
}

func newWatched(o sandbox.Options) *watched {
	w := &watched{}
	o.ClientID, o.ClientSecret, o.Fault, o.Log = clientID, clientSecret, w.strike, w
	w.Server = sandbox.New(o)
	return w
}

// begin starts to count requests anew, and returns how many there are.
func (w *watched) begin(fault func(sandbox.Request) string, arrival, answered func(int)) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.arrived, w.fault, w.arrival, w.answered = 0, fault, arrival, answered
	w.begun = len(w.log)
	return w.begun
}

// strike is the sandbox's [sandbox.Options.Fault].
func (w *watched) strike(q sandbox.Request) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.arrived++
	if w.arrival != nil {
		w.arrival(w.arrived)
	}
	if w.fault == nil {
		return ""
	}
	return w.fault(q)
}

// Write takes a line of the sandbox's log.
func (w *watched) Write(line []byte) (int, error) {
	var q sandbox.Request
	if err := json.Unmarshal(line, &q); err != nil {
		return 0, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, q)
	if w.answered != nil {
		w.answered(len(w.log) - w.begun)
	}
	return len(line), nil
}

// since returns the requests logged after the first n.
func (w *watched) since(n int) []sandbox.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log[n:len(w.log):len(w.log)]
}

// serve answers on the network until the returned function is called, after
// which the log is complete.
func (w *watched) serve(t *testing.T) (env []string, end func()) {
	t.Helper()
	live, err := w.Start("")
	if err != nil {
		t.Fatal(err)
	}
	url, disconnect := live.URL, func() {}
	if w.network != nil {
		url, disconnect = w.network(live.URL)
	}
	return connect(url), func() {
		disconnect()
		if err := live.Close(); err != nil {
			t.Error(err)
		}
	}
}

// connect is the environment in which the program finds a server.
func connect(url string) []string {
	return []string{
		"ROSTERPATCH_BASE_URL=" + url, "ROSTERPATCH_TOKEN_URL=" + url + sandbox.TokenPath,
		"ROSTERPATCH_CLIENT_ID=" + clientID, "ROSTERPATCH_CLIENT_SECRET=" + clientSecret,
	}
}

// weather is how likely each fault is, and an outage in the midst of it.
type weather struct {
	chances map[string]float64 // by fault, of a request to the API
	token   map[string]float64 // likewise, of a request for a token
	gets    map[string]float64 // and of one that reads; nil: as chances
	outage  string             // the fault that strikes every request to the API
	from    int                // for one that lasts from this request on
	lasts   time.Duration
}

// storm draws a weather. Some are fine.
func storm(r *rand.Rand) weather {
	w := weather{chances: map[string]float64{}, token: map[string]float64{}}
	kinds := []string{"401", "403", "429", "500", "502", "503", "504", "reset", "lost", "cut", "html", "failure", "redirect", "slow", "hang"}
	strength := []float64{0, 0.02, 0.1, 0.3}[r.IntN(4)]
	for range 1 + r.IntN(5) {
		kind := kinds[r.IntN(len(kinds))]
		w.chances[kind] = strength / 5
		switch kind {
		case "401": // a second one in a row ends the run
			w.chances[kind] = min(w.chances[kind], 0.01)
		case "hang": // each costs a timeout
			w.chances[kind] = min(w.chances[kind], 0.002)
		}
	}
	if r.IntN(3) == 0 {
		w.token = map[string]float64{"500": 0.1, "429": 0.1, "html": 0.1, "lost": 0.1}
	}
	if r.IntN(4) == 0 {
		w.outage = []string{"503", "500", "reset"}[r.IntN(3)]
		w.from, w.lasts = r.IntN(200), time.Duration(200+r.IntN(1000))*time.Millisecond
	}
	return w
}

// faults strikes as the weather has it.
func (w weather) faults(r *rand.Rand) func(sandbox.Request) string {
	requests := 0
	var over time.Time
	return func(q sandbox.Request) string {
		chances := w.chances
		if q.Path == sandbox.TokenPath {
			chances = w.token
		} else if requests++; w.outage != "" && requests >= w.from {
			if over.IsZero() {
				over = q.Time.Add(w.lasts)
			}
			if q.Time.Before(over) {
				return w.outage
			}
		}
		if q.Method == "GET" && w.gets != nil {
			chances = w.gets
		}
		drawn := r.Float64()
		for _, kind := range slices.Sorted(maps.Keys(chances)) {
			if drawn -= chances[kind]; drawn < 0 {
				return kind
			}
		}
		return ""
	}
}
