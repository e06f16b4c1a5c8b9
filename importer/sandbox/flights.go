package sandbox

import (
	"hash/maphash"
	"sync"
)

// flights counts requests by address, and knows which enrollments have a PATCH
// that is not answered yet.
type flights struct {
	mu     sync.Mutex
	seed   maphash.Seed
	counts map[uint64]int32
	aloft  map[string]int64 // by sourcedId: the Seq of the newest PATCH
}

// enter counts a request and returns how many there were of its kind, and the PATCH
// that it overlaps.
func (f *flights) enter(key string, q Request) (nth int, overlaps int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.seed = maphash.MakeSeed()
		f.counts = map[uint64]int32{}
		f.aloft = map[string]int64{}
	}
	// Hashes in place of addresses: with millions of records they are the larger
	// part, and two that collide only share a count.
	h := maphash.String(f.seed, key)
	f.counts[h]++
	if q.inFlight() {
		overlaps = f.aloft[q.SourcedID]
		f.aloft[q.SourcedID] = q.Seq
	}
	return int(f.counts[h]), overlaps
}

// leave ends what enter began.
func (f *flights) leave(q Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if q.inFlight() && f.aloft[q.SourcedID] == q.Seq {
		delete(f.aloft, q.SourcedID)
	}
}

// inFlight reports whether overlaps matter for the request.
func (q Request) inFlight() bool { return q.Method == "PATCH" && q.SourcedID != "" }
