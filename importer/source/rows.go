package source

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gocarina/gocsv"
)

// maxCell is the longest cell that is taken, in bytes.
const maxCell = 1 << 20

// Row is one row of the file.
type Row struct {
	// Line is the physical line on which the row starts, from 1.
	Line int
	// Cells are the cells as they were, byte for byte, in column order, without
	// blank ones behind the last column. A ragged row has as many as it has; one
	// that cannot be told apart into cells is a single cell, never a guess.
	Cells []string
	// Ragged is "", or why the row cannot be matched to the header. Such a row is
	// invalid; those after it can be read.
	Ragged string
	// Unended is true of the last row of a file that lacks the last line end. Many
	// programs leave it out; where the row is wrong too, the file was cut.
	Unended bool
}

// Rows is one pass over a file. It is not safe for concurrent use.
type Rows struct {
	// Header holds the names of the columns as they were, padded or not. They are
	// unique once trimmed; a column may have none.
	Header []string
	// HeaderLine is the physical line on which the header starts, from 1.
	HeaderLine int

	file     *File
	in       io.Closer
	encoding string
	witness  *witness // of an encoding that would read UTF-8 without complaint, or nil
	warnings []string
	lines    *lines
	parser   *csv.Reader
	records  *gocsv.Unmarshaller
	count    int // rows returned
	skipped  int // rows of blank cells
	err      error
}

// record is what gocsv makes of a row. To gocsv every column has the one name
// "cell", so it hands them over in order, whatever the header calls them; it
// would trim names and let one column of a name hide another.
type record struct {
	Cells cells `csv:"cell"`
}

// cells gathers a row. It holds a pointer alone because reflection then needs no
// allocation a cell, which is a third of the time.
type cells struct{ list *[]string }

// UnmarshalCSV implements [gocsv.TypeUnmarshaller].
func (c *cells) UnmarshalCSV(cell string) error {
	if c.list == nil {
		list := make([]string, 0, 16)
		c.list = &list
	}
	*c.list = append(*c.list, cell)
	return nil
}

// readHeader readies the pass to return rows.
func (r *Rows) readHeader(text *bufio.Reader) error {
	r.lines = &lines{in: text, file: r.file.name, encoding: r.encoding}
	r.parser = csv.NewReader(r.lines)
	r.parser.Comma = cmp.Or(r.file.options.Delimiter, ',')
	r.parser.ReuseRecord = true // gocsv takes the cells out of it
	header, err := r.findHeader()
	if err != nil {
		return err
	}
	if err := r.checkSize(header); err != nil {
		return err
	}
	header, width := r.fit(header)
	if err := r.checkHeader(header); err != nil {
		return err
	}
	r.Header, r.HeaderLine = header, r.lines.first
	r.parser.FieldsPerRecord = width
	columns := slices.Repeat([]string{"cell"}, width)
	r.lines.put(strings.Join(columns, string(r.parser.Comma)) + "\n")
	if r.records, err = gocsv.NewUnmarshaller(r.parser, &record{}); err != nil {
		return fmt.Errorf("reading %s: %w", r.file.name, err)
	}
	return nil
}

// Next returns the next row that holds anything, and io.EOF after the last. An
// [*Error] refuses the file, whatever rows came before it. Every later call
// returns the same error.
func (r *Rows) Next() (Row, error) {
	for r.err == nil {
		var row Row
		if row, r.err = r.read(); r.err != nil {
			break
		}
		if !blankCells(row.Cells) {
			r.count++
			return row, nil
		}
		r.skipped++
	}
	return Row{}, r.err
}

// Skipped counts the rows so far that held nothing: blank lines, rows of
// delimiters, a Ctrl-Z at the end.
func (r *Rows) Skipped() int { return r.lines.skipped + r.skipped }

// Close ends the pass.
func (r *Rows) Close() error { return r.in.Close() }

func (r *Rows) read() (Row, error) {
	if err := r.lines.start(); err == io.EOF {
		return Row{}, r.end()
	} else if err != nil {
		return Row{}, r.refusal(err)
	}
	row := Row{Line: r.lines.first}
	v, err := r.records.Read()
	switch {
	case err == nil:
		row.Cells, row.Ragged, err = r.match(*v.(*record).Cells.list)
	case errors.Is(err, csv.ErrFieldCount): // then gocsv keeps the cells back
		if row.Cells, err = r.parse(r.lines.text, r.parser.Comma, false).Read(); err == nil {
			row.Cells, row.Ragged, err = r.match(row.Cells)
		}
	case !r.unclosed():
		row.Cells, row.Ragged, err = r.misquoted(), r.misquoting(err), nil
	}
	if err != nil {
		return Row{}, r.refusal(err)
	}
	if slices.Equal(row.Cells, r.Header) {
		row.Ragged = "repeats the header: were several files joined into this one?"
	}
	row.Unended = !r.lines.ended
	return row, r.checkSize(row.Cells)
}

// end judges a file that has been read to its last line.
func (r *Rows) end() error {
	if err := r.file.unchanged(); err != nil {
		return err
	}
	if r.witness != nil && r.witness.isUTF8() {
		return &Error{File: r.file.name, Msg: "is UTF-8, not " + r.encoding, Fix: "leave --encoding out"}
	}
	if r.count == 0 {
		return &Error{File: r.file.name, Msg: "holds a header and no rows", Fix: "export it again"}
	}
	return io.EOF
}

func (r *Rows) warn(format string, args ...any) {
	r.warnings = append(r.warnings, r.file.name+" "+fmt.Sprintf(format, args...))
}

// blankCells tells a row that holds nothing.
func blankCells(cells []string) bool { return !slices.ContainsFunc(cells, holds) }

// filled counts the cells that hold something.
func filled(cells []string) (n int) {
	for _, cell := range cells {
		if holds(cell) {
			n++
		}
	}
	return n
}

func holds(cell string) bool { return strings.ContainsFunc(cell, isInk) }
