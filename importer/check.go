package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"rosterpatch/importer/report"
	"rosterpatch/importer/source"
	"rosterpatch/mapping"
)

// Finding is something that is wrong with a row.
type Finding struct {
	File string `json:"file"`
	Line int    `json:"line"`
	mapping.Problem
}

// String is "FILE:LINE: COLUMN: what is wrong", as compilers have it.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Problem)
}

// Checked is what a file holds, as a run would see it.
type Checked struct {
	Rows        int                  `json:"rows"`        // that a run would take
	Send        int                  `json:"send"`        // of those, the ones it would send
	ToBeDeleted int                  `json:"toBeDeleted"` // of those, the ones it would set to tobedeleted
	Unchanged   int                  `json:"unchanged"`   // rows with nothing to send
	Invalid     int                  `json:"invalid"`     // rows that are wrong
	Problems    map[mapping.Kind]int `json:"problems"`    // what is wrong with them, by kind
	LeftOut     int                  `json:"leftOut"`     // rows that --where or --shard leave out
	Skipped     int                  `json:"skipped"`     // lines that hold no row
	Warnings    []string             `json:"warnings"`    // about the header, the package, ids on several rows
	Refused     string               `json:"refused"`     // why a run would be refused, "" if it would not
}

// Check reads the sources to their end, sends nothing, and tells found of all
// that is wrong with them. It is a *RefusedError where a run would be refused,
// for what it would read or because of a limit; what it returns counts what was
// read all the same. A *UsageError means that nothing was.
func Check(ctx context.Context, o Options, found func(Finding)) (Checked, error) {
	if err := o.checkReading(); err != nil {
		return Checked{}, err
	}
	s, err := setUp(o, "")
	if err != nil {
		return Checked{}, err
	}
	remove, err := s.spoolAside(ctx)
	if err != nil {
		return Checked{}, err
	}
	defer remove()
	c := Checked{Problems: make(map[mapping.Kind]int), Warnings: []string{}}
	note := func(f Finding) {
		c.Problems[f.Kind]++
		found(f)
	}
	err = c.read(ctx, s, note)
	var refused *RefusedError
	if errors.As(err, &refused) {
		c.Refused = refused.Error()
		for _, f := range refused.findings() {
			note(f)
		}
	}
	return c, err
}

// read fills c in.
func (c *Checked) read(ctx context.Context, s *setup, note func(Finding)) error {
	rows, err := openSources(s)
	if err != nil {
		return err
	}
	defer rows.close()
	c.Warnings = append(c.Warnings, rows.warn...)
	seen, err := judge(ctx, rows, s.Limits, func(it item) {
		for _, f := range it.findings(s.name()) {
			note(f)
		}
	})
	if err != nil {
		return err
	}
	c.Rows, c.Send, c.ToBeDeleted = seen.rows, seen.of[changes], seen.of[toBeDeleted]
	c.Invalid, c.Unchanged = seen.outcomes[report.Invalid], seen.outcomes[report.Unchanged]
	c.LeftOut, c.Skipped = seen.leftOut, seen.skipped
	if w := seen.duplicates.warning(); w != "" {
		c.Warnings = append(c.Warnings, w)
	}
	return seen.guard(s.Limits)
}

// findings are what a refusal of a file says, in the form of the others.
func (e *RefusedError) findings() []Finding {
	var file *source.Error
	if errors.As(e.Cause, &file) {
		p := mapping.Problem{Kind: KindFile, Column: cmp.Or(file.Column, "(file)"), Message: file.Msg, Hint: file.Fix}
		return []Finding{{file.File, max(file.Line, 1), p}}
	}
	var header *mapping.HeaderError
	if !errors.As(e.Cause, &header) {
		return nil
	}
	found := make([]Finding, len(header.Problems))
	for i, problem := range header.Problems {
		found[i] = Finding{e.File, e.Line, mapping.Problem{Kind: KindHeader, Column: "(header)", Message: problem}}
	}
	return found
}

// The kinds of what is wrong with more than a value.
const (
	KindRow    mapping.Kind = "row"    // the row cannot be read
	KindHeader mapping.Kind = "header" // a run would be refused for the header
	KindFile   mapping.Kind = "file"   // a run would be refused for what the file is
)

// findings are what is wrong with the row.
func (it *item) findings(file string) []Finding {
	if it.settled == nil || it.settled.Outcome != report.Invalid {
		return nil
	}
	if it.file != "" {
		file = it.file
	}
	problems := it.problems
	if problems == nil {
		problems = []mapping.Problem{{Kind: KindRow, Column: "(row)", Message: it.settled.Message}}
	}
	found := make([]Finding, len(problems))
	for i, p := range problems {
		found[i] = Finding{file, it.row, p}
	}
	return found
}
