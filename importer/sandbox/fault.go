package sandbox

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
)

// fault is one way to fail.
type fault struct {
	instead  *answer  // is given in place of carrying the request out; nil: it is carried out
	delivery delivery // how much the client hears of a request that was carried out
	revoke   bool     // the token it came with is good no more
	slow     bool     // the answer takes Options.Slow longer
	hang     bool     // nothing comes until the client gives up
}

const html = "text/html; charset=utf-8"

// faults are all there are, by name.
var faults = map[string]fault{
	"":         {},
	"401":      {revoke: true},
	"403":      refused(http.StatusForbidden, "the client lacks the scope for this"),
	"429":      refused(http.StatusTooManyRequests, "too many requests"),
	"500":      refused(http.StatusInternalServerError, "an unexpected error"),
	"502":      {instead: &answer{status: http.StatusBadGateway, contentType: html, body: []byte("<html><body><h1>502 Bad Gateway</h1></body></html>")}},
	"503":      {instead: &answer{status: http.StatusServiceUnavailable, body: []byte(`{"message":"Service Unavailable"}`)}},
	"504":      {instead: &answer{status: http.StatusGatewayTimeout, body: []byte(`{"message":"Endpoint request timed out"}`)}},
	"reset":    {instead: &answer{delivery: lose}},
	"lost":     {delivery: lose},
	"cut":      {delivery: half},
	"html":     {instead: &answer{status: http.StatusOK, contentType: html, body: []byte("<html><body>Please sign in to continue.</body></html>")}},
	"failure":  {instead: &answer{status: http.StatusOK, body: imsx("failure", "error", "the record was not stored", "internal_server_error")}},
	"redirect": {instead: &answer{status: http.StatusFound, header: [2]string{"Location", elsewherePath}}},
	"slow":     {slow: true},
	"hang":     {hang: true, instead: &answer{delivery: lose}},
}

// refused is the fault of an imsx error.
func refused(status int, description string) fault {
	a := failure(status, description)
	return fault{instead: &a}
}

// chance is how likely a fault is for the requests of a scope: "token", a method, or
// "" for every API request.
type chance struct {
	scope, name string
	p           float64
}

// odds are the chances of all faults, in the order of their names, so that the same
// draw always finds the same fault.
type odds []chance

// newOdds reads Options.Faults.
func newOdds(chances map[string]float64) (odds, error) {
	var list odds
	for _, key := range slices.Sorted(maps.Keys(chances)) {
		scope, name, scoped := strings.Cut(key, ":")
		if !scoped {
			scope, name = "", key
		}
		if _, ok := faults[name]; !ok || name == "" || !slices.Contains([]string{"", "GET", "PATCH", "token"}, scope) {
			names := slices.Sorted(maps.Keys(faults))[1:]
			return nil, fmt.Errorf("sandbox: Faults: %q is not allowed; allowed: %s, each with or without GET:, PATCH: or token: in front", key, strings.Join(names, ", "))
		}
		if p := chances[key]; !(p >= 0 && p <= 1) {
			return nil, fmt.Errorf("sandbox: Faults: %s: %v is not allowed; allowed: 0 to 1", key, p)
		}
		list = append(list, chance{scope, name, chances[key]})
	}
	for _, q := range []Request{{Path: TokenPath}, {Method: http.MethodGet}, {Method: http.MethodPatch}} {
		sum := 0.0
		for _, c := range list {
			if c.meets(q) {
				sum += c.p
			}
		}
		if sum > 1+1e-9 {
			return nil, fmt.Errorf("sandbox: Faults: the chances for one request add up to %v; allowed: at most 1", sum)
		}
	}
	return list, nil
}

// meets reports whether the chance is one for this request.
func (c chance) meets(q Request) bool {
	if q.Path == TokenPath {
		return c.scope == "token"
	}
	return c.scope == "" || c.scope == q.Method
}

// strike finds the fault that strikes q, names it there, and returns it. drawn is a
// number from 0 up to 1.
func (s *Server) strike(q *Request, drawn float64) fault {
	if s.o.Fault != nil {
		q.Fault = s.o.Fault(*q)
	} else {
		for _, c := range s.odds {
			if !c.meets(*q) {
				continue
			}
			if drawn < c.p {
				q.Fault = c.name
				break
			}
			drawn -= c.p
		}
	}
	f, ok := faults[q.Fault]
	if !ok {
		return refused(http.StatusInternalServerError, "Options.Fault named a fault that does not exist: "+q.Fault)
	}
	return f
}

// draw is the source of what is left to chance in one request.
type draw struct{ r *rand.PCG }

// newDraw is the draw for the nth request to an address under a seed.
func newDraw(seed int64, key string, nth int) draw {
	h := fnv.New64a()
	h.Write([]byte(key))
	return draw{rand.NewPCG(uint64(seed)^uint64(nth)<<32, h.Sum64())}
}

// next returns a number from 0 up to 1.
func (d draw) next() float64 { return float64(d.r.Uint64()>>11) / (1 << 53) }
