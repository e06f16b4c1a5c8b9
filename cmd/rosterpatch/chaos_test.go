package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// chaosRounds is how many rounds TestChaos goes unless it is told: the same of the
// same program, on a slow machine too.
const chaosRounds = "20x"

// chaosAtOnce is how many rounds go on at once: most of their time they wait.
const chaosAtOnce = 4

// TestChaos brings random files to a server in random weather, with a program
// that is killed, stopped and run again, and holds all of it to the promises.
// CHAOS says for how long (10m) or how many rounds (200x), which are new ones each
// time; without it they are always the same. A failure names its seed and round:
// CHAOS_SEED=SEED/ROUND draws that round again, and CHAOS_SEED=SEED all from there.
func TestChaos(t *testing.T) {
	seed, next := uint64(1), int64(0)
	chaos := os.Getenv("CHAOS")
	if chaos == "" {
		chaos = chaosRounds
	} else {
		seed = uint64(time.Now().UnixNano())
	}
	until, rounds := time.Now().Add(24*time.Hour), int64(1<<62)
	if n, ok := strings.CutSuffix(chaos, "x"); ok {
		count, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		rounds = int64(count)
	} else {
		span, err := time.ParseDuration(chaos)
		if err != nil {
			t.Fatal(err)
		}
		until = time.Now().Add(span)
	}
	if text := os.Getenv("CHAOS_SEED"); text != "" {
		var err error
		text, round, one := strings.Cut(text, "/")
		if seed, err = strconv.ParseUint(text, 10, 64); err == nil && one {
			next, err = strconv.ParseInt(round, 10, 64)
			next, rounds = next-1, next
		}
		if err != nil {
			t.Fatal(err)
		}
	}

	var round atomic.Int64
	round.Store(next)
	var sum figures
	var g sync.WaitGroup
	for range chaosAtOnce {
		g.Go(func() {
			for time.Now().Before(until) {
				number := round.Add(1)
				if number > rounds {
					return
				}
				t.Run(fmt.Sprint(number), func(t *testing.T) {
					n := newNight(t, rand.New(rand.NewPCG(seed, uint64(number))))
					n.pass()
					sum.add(n)
					if t.Failed() {
						t.Logf("again: CHAOS_SEED=%d/%d go test -run TestChaos ./cmd/rosterpatch\n%s", seed, number, n.history())
					}
				})
			}
		})
	}
	g.Wait()
	t.Logf("seed %d: %s", seed, &sum)
}

// figures are what the rounds were, together. Safe for concurrent use.
type figures struct {
	mu                                  sync.Mutex
	rounds, runs, kills, requests, rows int
	repeats, worst                      int
	worstOf                             float64 // worst, in workers
}

func (f *figures) add(n *night) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rounds++
	f.rows += len(n.roster.rows)
	f.runs += len(n.runs)
	f.requests += len(n.server.since(0))
	f.kills += n.kills
	f.repeats += n.repeats
	f.worst = max(f.worst, n.worst)
	f.worstOf = max(f.worstOf, float64(n.worst)/float64(n.workers))
}

func (f *figures) String() string {
	return fmt.Sprintf("%d rounds, %d rows, %d runs, %d kills with requests sent, %d requests, of which a kill made %d be repeated; at worst %d by one kill, %.2f a worker",
		f.rounds, f.rows, f.runs, f.kills, f.requests, f.repeats, f.worst, f.worstOf)
}
