package importer

import (
	"math"
	"sync"
	"time"

	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/report"
)

// traffic counts the requests of a run. Safe for concurrent use.
type traffic struct {
	mu        sync.Mutex
	requests  int
	retries   int
	throttles int
	latencies [latencySteps]int // how many requests took about so long
	longest   time.Duration
}

// Latencies are counted in steps of five per cent from a tenth of a millisecond
// to a quarter of an hour, so that a percentile costs no memory a request.
const (
	latencySteps = 330
	latencyStep  = 1.05
	latencyUnit  = 100 * time.Microsecond
)

// note counts the attempt that r ended with.
func (t *traffic) note(r result) {
	took := r.ended.Sub(r.began)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests++
	if r.attempts > 1 {
		t.retries++
	}
	if r.answer.Verdict == oneroster.Throttled {
		t.throttles++
	}
	step := math.Log(float64(took)/float64(latencyUnit)) / math.Log(latencyStep)
	t.latencies[int(min(max(step, 0), latencySteps-1))]++
	t.longest = max(t.longest, took)
}

// fill puts the counts into the facts of a run.
func (t *traffic) fill(facts *report.Facts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	facts.Requests, facts.Retries, facts.Throttles = t.requests, t.retries, t.throttles
	if t.requests > 0 {
		facts.Latency = &report.Latency{
			P50: t.percentile(0.50), P95: t.percentile(0.95), P99: t.percentile(0.99),
			Max: milliseconds(t.longest),
		}
	}
}

// percentile is the latency, in milliseconds, that a share of the requests did
// not exceed.
func (t *traffic) percentile(share float64) float64 {
	rank, seen := int(math.Ceil(share*float64(t.requests))), 0
	for step, n := range t.latencies {
		if seen += n; seen >= rank {
			upper := float64(latencyUnit) * math.Pow(latencyStep, float64(step+1))
			return milliseconds(min(time.Duration(upper), t.longest))
		}
	}
	return milliseconds(t.longest)
}

// milliseconds is d to a tenth of a millisecond.
func milliseconds(d time.Duration) float64 {
	return math.Round(d.Seconds()*1e4) / 10
}
