package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/report"
	"rosterpatch/mapping"
)

// earlier is the report of an earlier run, read as the rows of a new one: those
// that are done are carried over as they are, the others are read again from
// the report's own cells, and rows that the run never reached come from what
// that run read.
type earlier struct {
	indexed
	plan       bool            // the rows are those of a plan, which a person may have cut down
	duplicated map[uint64]bool // ids, by hash, that stand on more than one line
	rest       *feed           // all rows of the run, nil if every one has a line
	column     []int           // for each cell of those, its place in the report's row
}

// openEarlier opens the report that is to be rerun, or the plan to be applied.
func openEarlier(s *setup) (*feed, error) {
	e := &earlier{indexed: indexed{setup: s, path: s.Sources[0]}}
	f := &feed{leftOut: new(int), skipped: new(int), close: e.close}
	if err := e.open(f); err != nil {
		e.close()
		return nil, &RefusedError{Cause: err}
	}
	f.items = e.items()
	return f, nil
}

func (e *earlier) open(f *feed) (err error) {
	if e.lost {
		f.warn = append(f.warn, fmt.Sprintf("%s is not there: the rows are read with the options given now, and rows that the run never reached are not known", report.FactsPath(e.path)))
	}
	if e.plan = e.facts.Command == report.CommandPlan; e.plan && e.command == report.CommandRerun {
		return fmt.Errorf("%s is a plan; send it with apply", e.path)
	}
	err = e.indexed.open()
	if errors.Is(err, fs.ErrNotExist) && len(e.facts.Sources) > 0 {
		return fmt.Errorf("%s is not there: its run was killed before it sent anything, so there is nothing to finish; start that run again", e.path)
	}
	if err != nil {
		return err
	}
	if err := e.findDuplicated(); err != nil {
		return err
	}
	if n := e.reader.Torn(); n > 0 {
		f.warn = append(f.warn, fmt.Sprintf("%s of %s cannot be read, such as one that a kill cut off: the rows are read from their source again", report.Counted(n, "line"), e.path))
	}
	if e.count < e.facts.Rows && !e.plan { // a row that was deleted from a plan is not wanted
		if err := e.openRest(); err != nil {
			return err
		}
	}
	return e.describe(f)
}

// findDuplicated indexes the report, and finds the ids that stand on several lines.
func (e *earlier) findDuplicated() error {
	var ids spill
	defer ids.close()
	err := e.index(func(l report.Line, at uint64) error {
		if e.lost && e.command == report.CommandRerun {
			switch {
			case l.Outcome == report.Planned:
				return fmt.Errorf("%s is a plan; send it with apply", e.path)
			case l.Before != "":
				e.mode = comparing
			}
		}
		return ids.add(hashOf(e.mapping.ID(l.Cells)), at)
	})
	if err != nil {
		return err
	}
	found, err := findDuplicates(&ids)
	e.duplicated = found.ids
	return err
}

// openRest opens what the earlier run read, for the rows that have no line.
func (e *earlier) openRest() (err error) {
	o, sources := e.Options, e.facts.Sources
	o.Sources, o.Redo = nil, Redo{}
	if e.of != nil {
		sources = []report.Source{*e.of}
	}
	for _, s := range sources {
		path := s.Path
		if _, err := os.Stat(path); err != nil && !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(e.path), filepath.Base(path))
		}
		sum, err := hashFile(path)
		if err != nil {
			return fmt.Errorf("%d rows have no line in the report and must be read from where they came: %w", e.facts.Rows-e.count, err)
		}
		if sum != s.SHA256 {
			return fmt.Errorf("%s has changed since the run began (its SHA-256 differs), so the %d rows that the run never reached cannot be told; put the file back as it was, or import the new one",
				path, e.facts.Rows-e.count)
		}
		o.Sources = append(o.Sources, path)
	}
	command, open := e.facts.Command, openEarlier
	switch {
	case e.of == nil:
		command, open = report.CommandImport, openSources
	case command == report.CommandUndo:
		open = openUndo
	}
	s, err := setUp(o, command)
	if err != nil {
		return err
	}
	if e.of == nil {
		s.files = e.files
	}
	if e.rest, err = open(s); err != nil {
		return err
	}
	e.column, err = e.columnsOf(e.rest.header)
	return err
}

// columnsOf finds the columns of the run's sources in the report, where a person
// may have moved them.
func (e *earlier) columnsOf(header []string) ([]int, error) {
	columns, taken := make([]int, len(header)), make([]bool, len(e.reader.Header()))
	for i, name := range header {
		at := -1
		for k, have := range e.reader.Header() {
			if !taken[k] && strings.TrimSpace(have) == strings.TrimSpace(name) {
				at = k
				break
			}
		}
		if at < 0 {
			return nil, fmt.Errorf("%s has no column %q any more, which the rows that the run never reached need; bring it back", e.path, name)
		}
		columns[i], taken[at] = at, true
	}
	return columns, nil
}

// inColumns are cells of a source as the report has them. A ragged row keeps what
// it has, in order.
func (e *earlier) inColumns(cells []string) []string {
	if len(cells) != len(e.column) {
		return cells
	}
	placed := make([]string, len(e.reader.Header()))
	for i, at := range e.column {
		placed[at] = cells[i]
	}
	return placed
}

// reread finds out anew what the row of a line is to become.
func (e *earlier) reread(it *item, l report.Line) error {
	it.doubted = l.Outcome == report.Unknown || e.inDoubt(l)
	it.tried = it.doubted || l.Attempts > 0
	if e.mode == restoring {
		it.change.SourcedID = e.mapping.ID(l.Cells)
		return it.restore(e.path, l.After, l.Before)
	}
	if !it.read(e.mapping, l.Cells) {
		it.settle(report.Unchanged, "--where does not take this row any more")
	}
	differs := l.Fingerprint != "" && it.change.Fingerprint() != l.Fingerprint
	if it.mended = differs && !e.lost; differs && e.lost {
		it.settle(report.Invalid, fmt.Sprintf("its cells do not say what result.fingerprint stands for: they were mended, or the run read them with other options, which %s would tell; bring that file back, or clear result.fingerprint to send what the cells say", report.FactsPath(e.path)))
	}
	if l.Before == "" && l.Outcome == report.Unchanged && e.mode == comparing {
		it.before = oneroster.Record{} // nothing of it differed
	}
	if l.Before == "" || it.settled != nil {
		return nil
	}
	return it.expect(e.path, l.Before, l.After)
}

// inDoubt reports whether a run before that of the report may have sent the row: a
// rerun that did not come to it knows no more than that run did, which may have been
// killed over it.
func (s *setup) inDoubt(l report.Line) bool {
	return s.facts.Command == report.CommandRerun && s.mode != blind && l.Attempts == 0 && !l.Outcome.Done()
}

// unreached is a row that has no line in the report: the run was killed, perhaps
// while the row was under way.
func (e *earlier) unreached(it item) item {
	if it.settled == nil && !e.Redo.chosen(report.Line{Outcome: report.Unsent}) {
		it.settle(report.Unsent, unsentMessage)
	}
	it.tried, it.doubted = true, true
	it.cells = e.inColumns(it.cells)
	if it.settled != nil {
		it.settled.Cells = it.cells
	}
	return it
}

// item is the row of a line: as the line says if it is carried over, else read
// anew.
func (e *earlier) item(l report.Line, sent map[uint64]bool) (item, error) {
	it := item{file: l.File, row: l.Line, cells: l.Cells}
	if l.Outcome == report.Invalid && l.Fingerprint == asRead(l.Cells) {
		it.settled = &l
		return it, nil
	}
	if len(l.Cells) != len(e.reader.Header()) {
		it.settle(report.Invalid, fmt.Sprintf("%s where the header has %d", report.Counted(len(l.Cells), "cell"), len(e.reader.Header())))
	} else if err := e.reread(&it, l); err != nil {
		return item{}, err
	}
	id := hashOf(e.mapping.ID(l.Cells))
	overtaken := sent[id] && l.Outcome.Done() // an earlier row of the id is sent again, so this one must be too: the last row has to win
	open := !l.Outcome.Done() || it.mended
	chosen := e.Redo.chosen(l) || e.plan && it.mended
	if !overtaken && !(open && chosen) {
		return item{file: l.File, row: l.Line, cells: l.Cells, settled: &l, change: mapping.Change{SourcedID: e.mapping.ID(l.Cells)}}, nil
	}
	if e.duplicated[id] && it.settled == nil {
		sent[id] = true
	}
	return it, nil
}

func (e *earlier) close() {
	e.indexed.close()
	if e.rest != nil {
		e.rest.close()
	}
}

// Redo narrows which rows a rerun sends again. The zero value is all that are
// not done.
type Redo struct {
	Outcomes  []report.Outcome
	CodeMinor string // an imsx code the server gave
}

func (r Redo) chosen(l report.Line) bool {
	if len(r.Outcomes) > 0 && !slices.Contains(r.Outcomes, l.Outcome) {
		return false
	}
	return r.CodeMinor == "" || slices.ContainsFunc(strings.Split(l.CodeMinor, ","), func(code string) bool {
		return strings.EqualFold(strings.TrimSpace(code), r.CodeMinor)
	})
}

// sourceOf is a file as a run records it.
func sourceOf(path string) (*report.Source, error) {
	sum, err := hashFile(path)
	return &report.Source{Path: path, SHA256: sum}, err
}

// hashFile is the SHA-256 of a file's bytes, in hex.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
