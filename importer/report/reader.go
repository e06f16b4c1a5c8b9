package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// Reader reads a report back: as we wrote it, as a kill left it, or as a
// spreadsheet saved it (a byte order mark, CRLF, columns in another order, `;`
// or tabs between them).
//
// A torn line, at the end of the file or inside it, is dropped and counted: the
// row then has no line, which is what a rerun does over.
//
// At may be called at any time and from several goroutines; the rest is for one.
type Reader struct {
	f      readable
	layout layout
	cut    *cutter
	scan   *bufio.Scanner
	queue  []entry
	offset int64
	err    error
}

// readable is what a report is read from.
type readable interface {
	io.ReaderAt
	io.Closer
}

// Open opens the report at path and reads its header. An [Error] says why the
// file is no report.
func Open(path string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the report: %w", err)
	}
	r, err := newReader(f, path)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

func newReader(f readable, path string) (*Reader, error) {
	l, err := readLayout(io.NewSectionReader(f, 0, headerLimit), path)
	if err != nil {
		return nil, err
	}
	r := &Reader{f: f, layout: l}
	r.cut, r.scan = r.records(l.start, nil)
	r.cut.line = l.lines
	return r, nil
}

// Header returns the source's columns, as they were, in the order of the file.
func (r *Reader) Header() []string { return r.layout.source }

// Torn returns how many torn lines were dropped so far.
func (r *Reader) Torn() int { return r.cut.torn }

// Offset returns where the line that Next returned last starts: [Reader.At]
// reads it again.
func (r *Reader) Offset() int64 { return r.offset }

// Close closes the file.
func (r *Reader) Close() error { return r.f.Close() }

// Next returns the next line; at the end it returns [io.EOF]. An [Error] says
// what a person has to mend. Every error is final.
func (r *Reader) Next() (Line, error) {
	if len(r.queue) == 0 && r.err == nil {
		r.queue, r.err = r.ahead()
	}
	if len(r.queue) == 0 {
		return Line{}, r.err
	}
	next := r.queue[0]
	r.queue = r.queue[1:]
	r.offset = next.offset
	return next.line, nil
}

// At returns the lines that start at offsets which Offset gave, in their order.
// Several at once are read many times faster than one by one.
func (r *Reader) At(offsets ...int64) ([]Line, error) {
	entries, err := r.at(offsets)
	if err != nil {
		return nil, err
	}
	lines := make([]Line, len(entries))
	for i, e := range entries {
		lines[i] = e.line
	}
	return lines, nil
}

// ahead reads some lines; with an error come those before it.
func (r *Reader) ahead() ([]entry, error) {
	b := newBatch(&r.layout, readAhead)
	var end error
	for end == nil && len(b.entries) < readAhead {
		end = b.take(r.cut, r.scan)
	}
	lines, err := b.decode()
	if err != nil {
		return lines, err
	}
	return lines, end
}

// at reads the lines that start at these offsets, or none.
func (r *Reader) at(offsets []int64) ([]entry, error) {
	b := newBatch(&r.layout, len(offsets))
	buf := make([]byte, 4<<10) // for a line is seldom longer
	var cut *cutter
	var scan *bufio.Scanner
	for _, offset := range offsets {
		if cut == nil || cut.offset != offset { // lines that follow each other are read on
			cut, scan = r.records(offset, buf)
		}
		err := b.take(cut, scan)
		if err == io.EOF || err == nil && cut.start != offset {
			err = &Error{File: r.layout.path, Msg: fmt.Sprintf("no line starts at byte %d", offset), Fix: "leave the report alone while it is read"}
		}
		if err != nil {
			return nil, err
		}
	}
	return b.decode()
}

// records cuts what lies behind an offset, with buf to begin with.
func (r *Reader) records(offset int64, buf []byte) (*cutter, *bufio.Scanner) {
	cut := &cutter{comma: r.layout.comma, loose: r.layout.loose, whole: r.layout.whole, offset: offset}
	scan := bufio.NewScanner(io.NewSectionReader(r.f, offset, math.MaxInt64-offset))
	scan.Buffer(buf, 2*recordLimit)
	scan.Split(cut.split)
	return cut, scan
}
