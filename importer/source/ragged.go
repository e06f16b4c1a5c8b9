package source

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
)

// match gives a row as many cells as the header has, if none but blank ones at its
// end are too many: a delimiter behind the last cell says nothing. Of any other row
// it says why it cannot be matched.
func (r *Rows) match(cells []string) (matched []string, why string, err error) {
	if n := len(r.Header); len(cells) > n && blankCells(cells[n:]) {
		cells = cells[:n]
	}
	if len(cells) == len(r.Header) {
		return cells, "", nil
	}
	remark := filled(cells) == 1 && len(r.Header) > 2
	if !r.lines.ended && len(cells) < len(r.Header) && !blankCells(cells) {
		e := &Error{File: r.file.name, Line: r.lines.first, Msg: fmt.Sprintf("the last line has %s where the header has %d, and no line end: the file was cut while it was copied", count(cells), len(r.Header)), Fix: "copy it again"}
		if remark {
			e.Fix += ", or take the line out if it is a total or a remark"
		}
		return nil, "", e
	}
	why = fmt.Sprintf("%s where the header has %d", count(cells), len(r.Header))
	switch {
	case r.lines.last > r.lines.first:
		why += fmt.Sprintf("; the row runs on to line %d: is there a quote that is not closed?", r.lines.last)
	case remark:
		why += "; is it a total or a remark, to be taken out of the file?"
	}
	return cells, why, nil
}

func count(cells []string) string {
	if len(cells) == 1 {
		return "1 cell"
	}
	return fmt.Sprintf("%d cells", len(cells))
}

// misquoted returns a row that quotes make unreadable, as the one cell that it
// surely is.
func (r *Rows) misquoted() []string {
	return []string{strings.TrimRight(string(r.lines.text), "\r\n")}
}

// misquoting says what is wrong with the quotes of one line.
func (r *Rows) misquoting(err error) string {
	if bytes.Contains(r.lines.text, []byte(`="`)) {
		return `a formula of a spreadsheet where its value should be; export ="0123" as 0123`
	}
	what := "text after the closing quote of a cell"
	comma := string(r.parser.Comma)
	switch bare := errors.Is(err, csv.ErrBareQuote); {
	case bare && spacedQuote(string(r.lines.text), comma):
		return fmt.Sprintf(`a space between %s and the quote of a cell; take the space out, as in %s"active"`, comma, comma)
	case bare:
		what = "a quote inside a cell that is not quoted"
	}
	return what + `; a cell that holds quotes is quoted whole, and they are doubled: "5"" desk"`
}

// spacedQuote reports whether a cell begins with spaces and a quote, which only then
// is none around the whole cell.
func spacedQuote(line, comma string) bool {
	for _, cell := range strings.Split(line, comma) {
		if text := strings.TrimLeft(cell, " "); text != cell && strings.HasPrefix(text, `"`) {
			return true
		}
	}
	return false
}

// unclosed tells, after a parse error, whether a quote swallowed a line end. Then
// rows were taken for text, and to read on would lose them.
func (r *Rows) unclosed() bool {
	return r.lines.wanted || !r.lines.ended && r.lines.quoted
}

// refusal makes the error that ends the pass out of what went wrong in a row.
func (r *Rows) refusal(err error) error {
	var refused *Error
	var bad *csv.ParseError
	switch {
	case errors.As(err, &refused):
		return err
	case errors.Is(err, errRowTooLong):
		return r.tooLong()
	case errors.As(err, &bad) && r.unclosed():
		line, column := r.openQuote()
		return &Error{File: r.file.name, Line: line, Column: column, Msg: "a quote is opened on this line and not closed", Fix: `close it, or double it where it belongs to the text (""); if the file was cut while it was copied, copy it again`}
	case errors.As(err, &bad):
		return &Error{File: r.file.name, Line: r.lines.first, Msg: "the header has " + r.misquoting(err)}
	default:
		return fmt.Errorf("reading %s: %w", r.file.name, err)
	}
}

// tooLong finds the likeliest reason for a row of more than maxRow bytes.
func (r *Rows) tooLong() error {
	e := &Error{File: r.file.name, Line: r.lines.first, Msg: fmt.Sprintf("a row of more than %d MiB", maxRow>>20)}
	switch text := r.lines.text; {
	case bytes.IndexByte(text, '"') >= 0:
		if line, column := r.openQuote(); line > 0 {
			e.Line, e.Column = line, column
			e.Msg += " follows the quote that is opened on this line"
			e.Fix = "close it"
		}
	case bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') >= 0:
		e.Msg, e.Fix = loneReturns, loneReturnsFix
	}
	return e
}

// openQuote finds the cell whose quote swallowed a line end, in a row that was
// read until it was clear that it cannot be right. Line 0 says there is none.
func (r *Rows) openQuote() (line int, column string) {
	whole, err := r.parse(r.lines.text, r.parser.Comma, false).Read() // the cells before the one at fault
	fault := len(whole)
	if errors.Is(err, csv.ErrBareQuote) {
		// That cell opened nothing: the one before it that runs over lines did.
		for i, cell := range whole {
			if strings.Contains(cell, "\n") {
				fault = i
			}
		}
	}
	lazy := r.parse(r.lines.text, r.parser.Comma, true) // gets past the fault
	if all, lazyErr := lazy.Read(); err == nil || lazyErr != nil || fault == len(all) {
		return 0, ""
	}
	if fault < len(r.Header) {
		column = strings.TrimSpace(r.Header[fault])
	}
	line, _ = lazy.FieldPos(fault)
	return r.lines.first + line - 1, column
}

// parse parses text by itself, such as a row for what gocsv keeps back.
func (r *Rows) parse(text []byte, comma rune, lazy bool) *csv.Reader {
	parser := csv.NewReader(bytes.NewReader(text))
	parser.Comma = comma
	parser.FieldsPerRecord = -1
	parser.LazyQuotes = lazy
	return parser
}

// checkSize refuses a cell that is too long.
func (r *Rows) checkSize(cells []string) error {
	if len(r.lines.text) <= maxCell {
		return nil
	}
	for i, cell := range cells {
		if len(cell) > maxCell {
			e := &Error{File: r.file.name, Line: r.lines.first, Msg: fmt.Sprintf("cell %d has more than %d MiB", i+1, maxCell>>20), Fix: "look for a quote that is not closed, or shorten it"}
			if i < len(r.Header) {
				e.Column = strings.TrimSpace(r.Header[i])
			}
			return e
		}
	}
	return nil
}
