package main

import (
	"fmt"
	"os"
	"testing"
)

// kill is the ending by kill -9 once the server has got, or carried out, so
// many requests.
func kill(arrived, carriedOut int) ending {
	return ending{signals: []os.Signal{os.Kill}, arrived: arrived, carriedOut: carriedOut}
}

// TestKillAtAnyRequest kills an import as its nth request reaches the server,
// and as that is carried out but not answered. A rerun finishes, and repeats no
// more than two requests a worker.
func TestKillAtAnyRequest(t *testing.T) {
	const rows, workers = 60, 4
	for _, reading := range [][]string{nil, {"--verify"}, {"--against", "server"}} {
		for nth := 1; nth <= 3*rows/2; nth += 16 { // some runs end before
			for moment, e := range map[string]ending{"arrived": kill(nth, 0), "carried out": kill(0, nth)} {
				t.Run(fmt.Sprint(reading, nth, moment), func(t *testing.T) {
					t.Parallel()
					n := quietNight(t, 1, rows, workers, reading...)
					if p := n.run(weather{}, e); p.code != -1 && len(p.log) >= nth {
						t.Errorf("exit code %d of a run that was killed", p.code)
					}
					n.finish()
				})
			}
		}
	}
}

// TestKillOfEachRerun kills an import, its rerun, the rerun of that, and so on.
// Each gets further, and the last finishes.
func TestKillOfEachRerun(t *testing.T) {
	t.Parallel()
	const rows, workers, requests = 80, 3, 15
	n := quietNight(t, 2, rows, workers)
	for n.run(weather{}, kill(0, requests)); n.runs[len(n.runs)-1].code == -1; n.run(weather{}, kill(0, requests)) {
		// A request asks for the token, and two a worker may be repeats.
		if most := rows/(requests-1-2*workers) + 1; len(n.runs) > most {
			t.Fatalf("not done after %d runs of %d requests each", len(n.runs), requests)
		}
	}
	n.finish()
}

// TestKillWhileReadBacksFail kills a run that has its rows accepted, but cannot
// read them back: rows that wait to be read again are to be few, since a kill
// costs their PATCH too.
func TestKillWhileReadBacksFail(t *testing.T) {
	t.Parallel()
	n := quietNight(t, 3, 80, 2, "--verify")
	n.run(weather{gets: map[string]float64{"500": 1}}, kill(0, 14))
	n.finish()
}
