package importer

import (
	"fmt"
	"iter"
	"time"

	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/report"
	"rosterpatch/mapping"
)

// item is one row on its way through a run.
type item struct {
	file   string           // the source, where there are several
	row    int              // physical line on which it starts there
	cells  []string         // as the report is to hold them
	change mapping.Change   // what it says; empty if settled
	before oneroster.Record // where an earlier look at the record is known: what it held then

	remark   string // goes into result.message whatever the outcome, such as what an undo cannot bring back
	attempts int    // requests that have been sent of it

	// What a look at the record has found, an earlier one or the run's own.
	was    string         // result.before
	is     string         // result.after
	sends  mapping.Change // what goes out in place of change; empty before the run's own
	mended bool           // the row's cells were changed since the earlier look

	lookedAt time.Time // when the run's own look at the record was over
	tried    bool      // the row was sent before, or may have been, and it is not known what came of it
	doubted  bool      // it may have been carried out

	settled  *report.Line      // what became of it, once that is known
	problems []mapping.Problem // why it is invalid, where that is for what its cells say
}

// feed is the rows of a run. Its passes all yield the same.
type feed struct {
	header  []string                        // of the rows' cells
	sources func() ([]report.Source, error) // the files that the rows came from in the first place
	of      *report.Source                  // the report or plan that they are taken from, nil if none
	files   bool                            // the rows come from several files: the report names them in result.file
	items   iter.Seq2[item, error]
	leftOut *int     // rows that --where or --shard left out of the last pass
	skipped *int     // lines of the last pass that hold no row
	warn    []string // about headers and packages
	close   func()
}

// where says which row it is, for a person.
func (it *item) where() string {
	s := fmt.Sprintf("line %d", it.row)
	if it.file != "" {
		s = it.file + " " + s
	}
	if it.change.SourcedID != "" {
		s += fmt.Sprintf(" (%s)", it.change.SourcedID)
	}
	return s
}

// settle notes what became of a row that is not sent.
func (it *item) settle(outcome report.Outcome, message string) {
	l := it.line(outcome)
	l.Message = message
	it.settled = &l
}

// line is the beginning of the row's line in the report.
func (it *item) line(outcome report.Outcome) report.Line {
	l := report.Line{File: it.file, Line: it.row, Outcome: outcome, Cells: it.cells, SourcedID: it.change.SourcedID, Before: it.was, After: it.is, Attempts: it.attempts}
	if it.change.SourcedID != "" && outcome != report.Invalid {
		l.Fingerprint = it.change.Fingerprint()
	}
	return l
}
