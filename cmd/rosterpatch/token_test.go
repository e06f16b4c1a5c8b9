package main

import (
	"testing"
	"time"

	"rosterpatch/importer/sandbox"
)

// TestDeadTokenEndpointCostsOneCaller revokes the token of ten busy workers
// while the token endpoint is down: one asks for all of them, and all hear the
// same answer.
func TestDeadTokenEndpointCostsOneCaller(t *testing.T) {
	t.Parallel()
	n := quietNight(t, 6, 120, 10)
	n.server = newWatched(sandbox.Options{Open: true, Latency: 30 * time.Millisecond})
	requests, asked := 0, 0
	p := runProgram(t, n.dir, n.server, func(q sandbox.Request) string {
		if q.Path == sandbox.TokenPath {
			switch asked++; asked {
			case 1:
				return ""
			case 2:
				return "500"
			}
			return "hang" // until the program has ended
		}
		if requests++; requests > 60 {
			return "401"
		}
		return ""
	}, ending{}, n.roster.text, append(append(n.next(), n.flags...), "--retries", "0")...)
	if p.code != exitPermission {
		t.Errorf("exit code %d:\n%s", p.code, p.output)
	}
	// A worker that comes as the answer does may ask once more; all that come later
	// wait with it.
	if asked > 3 {
		t.Errorf("%d requests for a token", asked)
	}
	if asked < 2 || requests < 65 {
		t.Fatalf("the test is void: %d requests for a token, %d others", asked, requests)
	}
}
