package importer

import (
	"errors"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"sync"

	"rosterpatch/importer/report"
	"rosterpatch/importer/source"
	"rosterpatch/mapping"
)

// sourceFile is one source of a run, read with the mapping its header asks for.
type sourceFile struct {
	file    *source.File
	path    string
	name    string // as the report calls it
	mapping *mapping.Mapping
	header  int   // the line on which its header stands
	column  []int // for each cell, its place in the report's row
}

// openSources opens every source of a run, and checks their headers.
func openSources(o *setup) (*feed, error) {
	f := &feed{files: len(o.files) > 1, leftOut: new(int), skipped: new(int)}
	var files []*sourceFile
	f.close = func() {
		for _, s := range files {
			s.file.Close()
		}
	}
	refused := func(e RefusedError) (*feed, error) {
		f.close()
		return nil, &e
	}
	for i, path := range o.Sources {
		if slices.ContainsFunc(o.Sources[:i], func(other string) bool { return sameFile(other, path) }) {
			return refused(RefusedError{Cause: &UsageError{"FILE", path, "is named twice"}})
		}
		s, err := o.openSource(i)
		if err != nil {
			return refused(RefusedError{Cause: err})
		}
		files = append(files, s)
		if err := f.admit(s, o.spec()); errors.As(err, new(*mapping.HeaderError)) {
			return refused(RefusedError{Cause: err, File: s.name, Line: s.header})
		} else if err != nil {
			return refused(RefusedError{Cause: err})
		}
	}
	f.sources = sync.OnceValues(func() (sources []report.Source, err error) { // for check has no use for them
		for _, s := range files {
			sum, err := s.file.SHA256()
			if err != nil {
				return nil, err
			}
			sources = append(sources, report.Source{Path: s.path, SHA256: sum})
		}
		return sources, nil
	})
	f.items = func(yield func(item, error) bool) {
		*f.leftOut, *f.skipped = 0, 0
		for _, s := range files {
			for it, err := range s.items(f, o.Shard) {
				if !yield(it, err) || err != nil {
					return
				}
			}
		}
	}
	return f, nil
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	one, err1 := os.Stat(a)
	other, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(one, other)
}

// openSource opens a source by its number.
func (s *setup) openSource(i int) (*sourceFile, error) {
	path := s.Sources[i]
	name := path
	switch {
	case len(s.files) > 1:
		name = s.files[i]
	case path == s.spooled:
		name = s.spooledAs
	}
	reading := s.Reading
	reading.Name = name
	f, err := source.Open(path, reading)
	if err != nil {
		return nil, err
	}
	return &sourceFile{file: f, path: path, name: name}, nil
}

// admit compiles the mapping for a source and gives its columns their places in
// the report: columns of one name share one.
func (f *feed) admit(s *sourceFile, spec mapping.Spec) error {
	rows, err := s.file.Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	s.header = rows.HeaderLine
	if s.mapping, err = spec.Compile(rows.Header); err != nil {
		return err
	}
	f.warn = append(f.warn, s.file.Warnings()...)
	for _, w := range s.mapping.Warnings() {
		f.warn = append(f.warn, s.name+": "+w)
	}
	for _, name := range rows.Header {
		at := slices.IndexFunc(f.header, func(have string) bool { return strings.TrimSpace(have) == strings.TrimSpace(name) })
		if at < 0 {
			at, f.header = len(f.header), append(f.header, name)
		}
		s.column = append(s.column, at)
	}
	return nil
}

// items are the rows of a source that are in the shard and that --where takes.
func (s *sourceFile) items(f *feed, shard Shard) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		rows, err := s.file.Rows()
		if err != nil {
			yield(item{}, err)
			return
		}
		defer rows.Close()
		for row, err := range ahead(all(rows)) {
			if err != nil {
				yield(item{}, err)
				return
			}
			it, taken := s.item(f, row, shard)
			if !taken {
				*f.leftOut++
				continue
			}
			if row.Unended && len(it.problems) > 0 {
				yield(item{}, &source.Error{File: s.name, Line: row.Line, Msg: "the last line has no line end and is wrong (" + it.settled.Message + "): the file was cut while it was copied", Fix: "copy it again, or end the line if it is meant so"})
				return
			}
			if !yield(it, nil) {
				return
			}
		}
		*f.skipped += rows.Skipped()
	}
}

// all are the rows of a pass.
func all(rows *source.Rows) iter.Seq2[source.Row, error] {
	return func(yield func(source.Row, error) bool) {
		for {
			row, err := rows.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// item maps a row; it is false for one that is left out of the run.
func (s *sourceFile) item(f *feed, row source.Row, shard Shard) (item, bool) {
	it := item{row: row.Line, cells: s.place(f, row)}
	if f.files {
		it.file = s.name
	}
	if shard.Of > 1 && !shard.has(s.mapping.ID(row.Cells)) {
		return item{}, false
	}
	if row.Ragged != "" {
		it.settle(report.Invalid, row.Ragged)
		it.settled.Fingerprint = asRead(row.Cells)
		return it, true
	}
	return it, it.read(s.mapping, row.Cells)
}

// asRead is the fingerprint of a row that cannot be matched to the header: of its
// cells, but for blank ones at its end, which a spreadsheet adds to make all lines
// of one width. While it holds, nobody has mended the row.
func asRead(cells []string) string {
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return mapping.Change{SourcedID: strings.Join(cells, "\x00")}.Fingerprint()
}

// read fills in what the cells say; it is false if the row is not taken.
func (it *item) read(m *mapping.Mapping, cells []string) bool {
	taken, err := m.Takes(cells)
	if err != nil {
		it.settle(report.Invalid, err.Error())
		return true
	}
	if !taken {
		return false
	}
	change, problems := m.Change(cells)
	switch {
	case len(problems) > 0:
		texts := make([]string, len(problems))
		for i, p := range problems {
			texts[i] = p.String()
		}
		it.problems = problems
		it.settle(report.Invalid, strings.Join(texts, "; "))
	default:
		it.change = change
		if len(change.Fields) == 0 {
			it.settle(report.Unchanged, "nothing to send: every cell that would be sent is blank")
		}
	}
	return true
}

// place puts the cells of a row where the report's header has them. A row with
// too few or too many keeps what it has, in order.
func (s *sourceFile) place(f *feed, row source.Row) []string {
	if row.Ragged != "" || len(s.column) == len(f.header) && slices.IsSorted(s.column) {
		return row.Cells
	}
	cells := make([]string, len(f.header))
	for i, at := range s.column {
		cells[at] = row.Cells[i]
	}
	return cells
}
