package importer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rosterpatch/importer/report"
	"rosterpatch/mapping"
)

// Limits holds a run back that would do more than anyone expects. The zero
// value allows everything; DefaultLimits does not.
type Limits struct {
	ToBeDeleted Limit  `json:"toBeDeleted,omitzero"`
	Changes     Limit  `json:"changes,omitzero"`
	Invalid     Limit  `json:"invalid,omitzero"`
	By          string `json:"by,omitempty"` // a source column: each limit also holds for every value of it
}

// DefaultLimits catch a truncated or mis-headed file, and a school that falls
// out of an export.
func DefaultLimits() Limits {
	twenty := Limit{Percent: 20, Over: 50, Set: true}
	return Limits{ToBeDeleted: twenty, Invalid: twenty}
}

// or is l, with the limits of other where l sets none.
func (l Limits) or(other Limits) Limits {
	for _, pair := range []struct{ limit, other *Limit }{
		{&l.ToBeDeleted, &other.ToBeDeleted}, {&l.Changes, &other.Changes}, {&l.Invalid, &other.Invalid},
	} {
		if !pair.limit.Set {
			*pair.limit = *pair.other
		}
	}
	if l.By == "" {
		l.By = other.By
	}
	return l
}

// Limit is the most rows of a kind that a run may have: a number, or a share of
// its rows. The zero value is not set, and allows any number.
type Limit struct {
	Rows    int     `json:"rows,omitempty"`
	Percent float64 `json:"percent,omitempty"` // counts in place of Rows if more than 0
	Over    int     `json:"over,omitempty"`    // a run of no more rows is not held to it
	Set     bool    `json:"set,omitempty"`
}

// ParseLimit reads "N" or "P%", as the --max- flags have it.
func ParseLimit(flag, s string) (Limit, error) {
	if share, ok := strings.CutSuffix(s, "%"); ok {
		percent, err := strconv.ParseFloat(share, 64)
		if err == nil && percent >= 0 && percent <= 100 {
			return Limit{Percent: percent, Set: true}, nil
		}
	} else if n, err := strconv.Atoi(s); err == nil && n >= 0 {
		return Limit{Rows: n, Set: true}, nil
	}
	return Limit{}, &UsageError{flag, s, "must be a number of rows, such as 100, or a share of them, such as 20%"}
}

// String is the limit as ParseLimit reads it, "" for none.
func (l Limit) String() string {
	switch {
	case !l.Set:
		return ""
	case l.Percent > 0:
		return strconv.FormatFloat(l.Percent, 'f', -1, 64) + "%"
	}
	return strconv.Itoa(l.Rows)
}

// allows reports whether so many of all rows are within the limit.
func (l Limit) allows(n, all int) bool {
	switch {
	case !l.Set, n == 0, l.Over > 0 && all <= l.Over:
		return true
	case l.Percent > 0:
		const slack = 1 + 1e-12 // 32.3 % of 1,000 is 323, though not in binary fractions
		return float64(n)*100 <= l.Percent*float64(all)*slack
	}
	return n <= l.Rows
}

// kind is what a limit counts.
type kind int

const (
	toBeDeleted kind = iota
	changes
	invalid
	kinds
)

// of is a kind's limit, flag and rows.
func (l Limits) of(k kind) (limit Limit, flag, what string) {
	switch k {
	case toBeDeleted:
		return l.ToBeDeleted, "--max-tobedeleted", "would be set to tobedeleted"
	case changes:
		return l.Changes, "--max-changes", "would be sent"
	}
	return l.Invalid, "--max-invalid", "are invalid"
}

// counts are the rows of a run, or of one value of its --limit-by column.
type counts struct {
	rows    int
	of      [kinds]int
	example [kinds][]string
}

// examples is how many rows a refusal shows.
const examples = 3

func (c *counts) add(it *item) {
	c.rows++
	if it.settled == nil {
		c.send(it, it.wanting())
	} else if it.settled.Outcome == report.Invalid {
		c.note(invalid, it, ": "+it.settled.Message)
	}
}

// send counts a row of which these fields are to be sent.
func (c *counts) send(it *item, fields []mapping.Field) {
	c.note(changes, it, "")
	if slices.ContainsFunc(fields, func(f mapping.Field) bool { return f.Name == "status" && string(f.Value) == `"tobedeleted"` }) {
		c.note(toBeDeleted, it, "")
	}
}

func (c *counts) note(k kind, it *item, more string) {
	c.of[k]++
	if len(c.example[k]) < examples {
		c.example[k] = append(c.example[k], it.where()+more)
	}
}

// LimitError says that a run was refused because of a limit.
type LimitError struct {
	Flag     string
	Limit    string
	Count    int
	Rows     int
	What     string   // what the rows are
	By       string   // "schoolSourcedId 101" where one value of the column is over it
	Examples []string // a few of the rows
	Allow    string   // the flag that would let it pass
}

func (e *LimitError) Error() string {
	scope := "rows"
	if e.By != "" {
		scope = "rows of " + e.By
	}
	return fmt.Sprintf("%d of %d %s (%.3g%%) %s, more than %s %s allows; nothing was sent\n  such as %s\n  if that is meant: %s",
		e.Count, e.Rows, scope, 100*float64(e.Count)/float64(e.Rows), e.What, e.Flag, e.Limit,
		strings.Join(e.Examples, "\n          "), e.Allow)
}

// compared is c without the rows to send, which a comparison has still to find.
func (c counts) compared() counts {
	left := counts{rows: c.rows}
	left.of[invalid], left.example[invalid] = c.of[invalid], c.example[invalid]
	return left
}

// enforce returns a *RefusedError for the first limit that c exceeds: the counts of all
// rows, or of one value of the --limit-by column. The flag that it suggests is
// reckoned from all rows, so that it allows every value.
func (l Limits) enforce(c, all *counts, by string) error {
	for k := range kinds {
		limit, flag, what := l.of(k)
		if limit.allows(c.of[k], c.rows) {
			continue
		}
		return &RefusedError{Cause: &LimitError{
			Flag: flag, Limit: limit.String(), Count: c.of[k], Rows: c.rows, What: what, By: by,
			Examples: c.example[k], Allow: fmt.Sprintf("%s %d", flag, all.of[k]),
		}}
	}
	return nil
}
