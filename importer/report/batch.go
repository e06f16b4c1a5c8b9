package report

import (
	"bufio"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/gocarina/gocsv"
)

// readAhead is how many lines are decoded at once: gocsv looks the header up
// anew each time.
const readAhead = 64

// batch is records on their way to lines.
type batch struct {
	layout  *layout
	rows    table // our cells, behind their header
	entries []entry
}

// entry is a line and where it stands.
type entry struct {
	line   Line
	offset int64
	number int // the physical line in the report
}

// table is rows that are cut into cells already, in the shape gocsv decodes.
type table [][]string

// GetCSVRows implements [gocsv.Decoder].
func (t table) GetCSVRows() ([][]string, error) { return t, nil }

func newBatch(l *layout, lines int) *batch {
	return &batch{layout: l, rows: append(make(table, 0, 1+lines), l.result), entries: make([]entry, 0, lines)}
}

// take adds the next whole record. It returns [io.EOF] when there is none.
func (b *batch) take(cut *cutter, scan *bufio.Scanner) error {
	if !scan.Scan() {
		if err := scan.Err(); err != nil {
			return fmt.Errorf("reading the report: %w", err)
		}
		return io.EOF
	}
	if !utf8.Valid(scan.Bytes()) {
		return &Error{File: b.layout.path, Line: cut.startLine, Msg: "the line is not UTF-8, so a spreadsheet saved it in another encoding",
			Fix: "save the report as “CSV UTF-8”"}
	}
	result, source := b.layout.part(cut.cells)
	b.rows = append(b.rows, result)
	b.entries = append(b.entries, entry{Line{Cells: source}, cut.start, cut.startLine})
	return nil
}

// decode turns what was taken into lines. With an error come those before it.
func (b *batch) decode() ([]entry, error) {
	var decoded []columns
	if err := gocsv.UnmarshalDecoder(b.rows, &decoded); err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	for i := range b.entries {
		e := &b.entries[i]
		line, problem := decoded[i].line(e.line.Cells)
		if problem != nil {
			problem.File, problem.Line = b.layout.path, e.number
			return b.entries[:i], problem
		}
		e.line = line
	}
	return b.entries, nil
}
