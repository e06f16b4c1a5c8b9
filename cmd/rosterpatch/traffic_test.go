package main

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"rosterpatch/importer/sandbox"
)

// traffic: requests for one id go in file order and never two at once, the rate
// is held, one caller asks for tokens, and an outage costs probes.
func (c *checked) traffic(w weather) {
	c.Helper()
	bySeq := make(map[int64]sandbox.Request)
	last := make(map[string]int)
	var calls, tokens []sandbox.Request
	for _, q := range slices.SortedFunc(slices.Values(c.log), func(a, b sandbox.Request) int { return cmp.Compare(a.Seq, b.Seq) }) {
		bySeq[q.Seq] = q
		switch {
		case q.Path == sandbox.TokenPath:
			tokens = append(tokens, q)
			continue
		case q.Method == "PATCH":
			number := rowOf(q)
			if !q.Applied && c.server.network != nil && q.Body[0] == '"' {
				continue // cut on its way
			}
			if number < 0 || c.roster.rows[number].id != q.SourcedID || c.roster.rows[number].kind > toMiss {
				c.Errorf("PATCH %s %s is of no row that is to be sent", q.SourcedID, q.Body)
				continue
			}
			if number < last[q.SourcedID] {
				c.Errorf("%s: row %d was sent after row %d", q.SourcedID, number, last[q.SourcedID])
			}
			last[q.SourcedID] = number
		}
		calls = append(calls, q)
	}
	for _, q := range calls {
		if other, ok := bySeq[q.Overlaps]; q.Overlaps != 0 && (!ok || !other.GaveUp) {
			c.Errorf("%s: two requests at once: %d and %d", q.SourcedID, q.Overlaps, q.Seq)
		}
	}
	c.pace(calls)
	c.tokens(tokens, calls)
	if w.outage != "" && len(calls) >= w.from && w.from > 0 {
		begun := calls[w.from-1].Time
		met := 0
		for _, q := range calls {
			if !q.Time.Before(begun) && q.Time.Before(begun.Add(w.lasts)) {
				met++
			}
		}
		// Those in flight, ten that look for an end, and then pauses of 150 ms at least.
		if most := 2*c.workers + 12 + int(w.lasts/(150*time.Millisecond)); met > most {
			c.Errorf("an outage of %v met %d requests, more than %d", w.lasts, met, most)
		}
	}
}

// rowOf is the number of the row whose body a PATCH carries, -1 if it is of none.
func rowOf(q sandbox.Request) int {
	body, _ := decode(q.Body)["enrollment"].(map[string]any)
	metadata, _ := body["metadata"].(map[string]any)
	text, _ := metadata["row"].(string)
	number, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return number
}

// pace: of the requests to the API no span holds more than the rate allows. Of
// each is logged when it arrived. It can have been sent long before, but not before
// the run began, nor before enough others were answered for a worker to be free.
func (c *checked) pace(calls []sandbox.Request) {
	c.Helper()
	if c.rate == 0 {
		return
	}
	var arrived, answered []time.Time
	for _, q := range calls {
		arrived = append(arrived, q.Time)
		if q.GaveUp { // who knows when
			answered = append(answered, c.began)
		} else {
			answered = append(answered, answeredAt(q))
		}
	}
	slices.SortFunc(arrived, time.Time.Compare)
	slices.SortFunc(answered, time.Time.Compare)
	burst := 1 + int(c.rate/100)
	for i := range arrived {
		from := c.began
		if i >= c.workers {
			from = answered[i-c.workers]
		}
		for k := i; k < len(arrived); k++ {
			span := arrived[k].Sub(from)
			if n := k - i + 1; float64(n) > float64(burst)+c.rate*span.Seconds()+0.001 {
				c.Errorf("%d requests in %v, with a rate of %v", n, span, c.rate)
				return
			}
		}
	}
}

// answeredAt is when the answer to a request could leave.
func answeredAt(q sandbox.Request) time.Time {
	return q.Time.Add(time.Duration(q.Took * float64(time.Millisecond)))
}

// tokens: they are asked for by one caller at a time, and a new one only for
// cause.
func (c *checked) tokens(tokens, calls []sandbox.Request) {
	c.Helper()
	revoked := make(map[int]bool)
	for _, q := range calls {
		if q.Status == 401 {
			revoked[q.Token] = true
		}
	}
	issued := 0
	for i, q := range tokens {
		if i > 0 && !tokens[i-1].GaveUp && q.Time.Before(answeredAt(tokens[i-1])) {
			c.Error("two requests for a token at once")
		}
		if q.Status == 200 && q.Fault != "html" {
			issued++
		}
	}
	most := 1 + len(revoked)
	if c.lasts > 0 {
		most += 1 + int(c.took.Seconds()/(0.8*c.lasts.Seconds()))
	}
	if issued > most && c.server.network == nil {
		c.Errorf("%d tokens in %v, more than %d (revoked: %d, lifetime %v)", issued, c.took, most, len(revoked), c.lasts)
	}
}
