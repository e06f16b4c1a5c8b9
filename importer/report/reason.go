package report

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// reasonKey is what rows that are not done for the same reason have in common.
type reasonKey struct {
	outcome    Outcome
	httpStatus int
	codeMinor  string
	message    string
}

func (c *count) reason(l *Line, id string) {
	key := reasonKey{l.Outcome, l.HTTPStatus, l.CodeMinor, general(l, id)}
	r := c.reasons[key]
	if r == nil {
		if len(c.reasons) >= groupLimit {
			key = reasonKey{outcome: l.Outcome, message: "(other reasons)"}
		}
		if r = c.reasons[key]; r == nil {
			r = &Reason{Outcome: key.outcome, HTTPStatus: key.httpStatus, CodeMinor: key.codeMinor, Message: key.message, Description: l.Description}
			c.reasons[key] = r
		}
	}
	r.Rows++
	if len(r.Examples) < examples {
		r.Examples = append(r.Examples, Example{File: l.File, Line: l.Line, SourcedID: id})
	}
}

// worse orders reasons: the most rows first, unsent rows behind all others, for
// they are what came of another reason.
func worse(a, b Reason) int {
	return cmp.Or(
		cmp.Compare(rank(a.Outcome), rank(b.Outcome)),
		cmp.Compare(b.Rows, a.Rows),
		-cmp.Compare(slices.Index(Outcomes(), a.Outcome), slices.Index(Outcomes(), b.Outcome)),
		cmp.Compare(a.HTTPStatus, b.HTTPStatus),
		strings.Compare(a.CodeMinor, b.CodeMinor),
		strings.Compare(a.Message, b.Message),
	)
}

func rank(o Outcome) int {
	if o == Unsent {
		return 1
	}
	return 0
}

var (
	quotedValue = regexp.MustCompile(`"[^"]*[0-9][^"]*"`)
	bareValue   = regexp.MustCompile(`[^\s"',;:()…]*[0-9][^\s"',;:()…]*`)
	smallNumber = regexp.MustCompile(`^[0-9]{1,3}\.?$`)
)

// general makes the message of one row the message of all its kind: the row's
// own id, and what holds a digit, is "…", save small numbers ("after 6
// attempts") and values that many rows share ("Student"). Of an invalid row the
// message is made of its cells and of our own words alone, and what no cell holds
// is the latter ("OneRoster 1.0").
func general(l *Line, id string) string {
	message := l.Message
	if len(id) > 2 {
		message = strings.ReplaceAll(message, id, "…")
	}
	if !strings.ContainsAny(message, "0123456789") {
		return message
	}
	message = quotedValue.ReplaceAllString(message, `"…"`)
	return bareValue.ReplaceAllStringFunc(message, func(s string) string {
		if smallNumber.MatchString(s) || l.Outcome == Invalid && !l.holds(strings.Trim(s, "{}[]=.?")) {
			return s
		}
		return "…"
	})
}

// holds reports whether a word is a cell of the row, or a long one part of a cell.
func (l *Line) holds(word string) bool {
	return slices.ContainsFunc(l.Cells, func(cell string) bool {
		return strings.TrimSpace(cell) == word || len(word) > 4 && strings.Contains(cell, word)
	})
}
