package importer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"rosterpatch/importer/report"
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
	Limit       string               `json:"limit"`       // the limit that a run would be refused for, "" for none
}

// Check reads the sources to their end, sends nothing, and tells found of all
// that is wrong with their rows. It is a *UsageError or a *RefusedError where a
// run would be refused before it saw the rows; that a limit refuses it stands
// in what it returns.
func Check(ctx context.Context, o Options, found func(Finding)) (Checked, error) {
	if err := o.checkReading(); err != nil {
		return Checked{}, err
	}
	dir, err := os.MkdirTemp("", "rosterpatch-check-*")
	if err != nil {
		return Checked{}, fmt.Errorf("keep standard input: %w", err)
	}
	defer os.RemoveAll(dir)
	if _, err := o.spool(filepath.Join(dir, "source")); err != nil {
		return Checked{}, err
	}
	rows, err := openSources(&o)
	if err != nil {
		return Checked{}, err
	}
	defer rows.close()
	c := Checked{Problems: make(map[mapping.Kind]int), Warnings: append([]string{}, rows.warn...)}
	seen, err := judge(ctx, rows, o.Limits, func(it item) {
		for _, f := range it.findings(o.Sources[0], o.spooled) {
			c.Problems[f.Kind]++
			found(f)
		}
	})
	if err != nil {
		return Checked{}, err
	}
	c.Rows, c.Send, c.ToBeDeleted = seen.rows, seen.of[changes], seen.of[toBeDeleted]
	c.Invalid, c.Unchanged = seen.outcomes[report.Invalid], seen.outcomes[report.Unchanged]
	c.LeftOut, c.Skipped = seen.leftOut, seen.skipped
	if w := seen.duplicates.warning(); w != "" {
		c.Warnings = append(c.Warnings, w)
	}
	var over *LimitError
	if errors.As(seen.guard(o.Limits), &over) {
		c.Limit = over.Error()
	}
	return c, nil
}

// KindRow is the kind of a row that cannot be read at all.
const KindRow mapping.Kind = "row"

// findings are what is wrong with the row.
func (it *item) findings(file, spooled string) []Finding {
	if it.settled == nil || it.settled.Outcome != report.Invalid {
		return nil
	}
	if it.file != "" {
		file = it.file
	}
	if file == spooled {
		file = "stdin"
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
