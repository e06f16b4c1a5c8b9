package source

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxColumns is far more than any export has, and few enough to bind quickly.
const maxColumns = 10_000

const (
	loneReturns    = "ends its lines with a lone carriage return; allowed are LF and CRLF"
	loneReturnsFix = "save it with the line ends of Windows or Unix"
)

// separators are what files put between cells, likeliest first, and how
// --delimiter takes them.
var separators = []struct {
	text, name, flag string
}{
	{",", "commas", "','"},
	{";", "semicolons", "';'"},
	{"\t", "tabs", "tab"},
	{"|", "pipes", "'|'"},
	{"^", "carets", "'^'"},
	{"~", "tildes", "'~'"},
}

// findHeader reads on to the header, past what may stand above it.
func (r *Rows) findHeader() ([]string, error) {
	for {
		if err := r.lines.start(); err == io.EOF {
			return nil, &Error{File: r.file.name, Msg: "holds no rows, not even a header", Fix: "export it again"}
		} else if err != nil {
			return nil, r.refusal(err)
		}
		if r.readSeparator(r.lines.text) || r.isTitle(r.lines.text) {
			continue
		}
		if err := r.checkHeaderLine(r.lines.text); err != nil {
			return nil, err
		}
		r.parser.FieldsPerRecord = 0 // as many as the line has
		header, err := r.parser.Read()
		if err != nil {
			return nil, r.refusal(err)
		}
		if !blankCells(header) {
			return slices.Clone(header), r.checkTitle(header)
		}
		r.skipped++
	}
}

// readSeparator heeds a line such as sep=;, with which exports tell a
// spreadsheet what stands between their cells.
func (r *Rows) readSeparator(line []byte) bool {
	text := strings.Trim(strings.TrimRight(string(line), "\r\n"), `"`)
	name, value, _ := strings.Cut(text, "=")
	separator, size := utf8.DecodeRuneInString(value)
	o := Options{Delimiter: separator}
	if !strings.EqualFold(name, "sep") || size == 0 || size != len(value) || o.Validate() != nil {
		return false
	}
	if asked := r.file.options.Delimiter; asked != 0 && asked != separator {
		r.warn("says %s above its header: it is read so, and not with %q", text, asked)
	}
	r.parser.Comma = separator
	return true
}

// isTitle tells what an export is called from its header: several words in one
// cell, above a line that fills several, with none but such titles between them.
func (r *Rows) isTitle(line []byte) bool {
	cells, _ := r.parse(line, r.parser.Comma, true).Read()
	if !oneTitle(cells) {
		return false
	}
	for _, row := range r.below(r.parser.Comma) {
		if filled(row.cells) > 1 {
			r.warn("has a title above its header, %q: it is passed over", strings.TrimSpace(strings.Join(cells, "")))
			return true
		}
		if !oneTitle(row.cells) {
			break
		}
	}
	return false
}

// oneTitle reports whether one cell alone is filled, with several words.
func oneTitle(cells []string) bool {
	return filled(cells) == 1 && strings.Contains(strings.TrimSpace(strings.Join(cells, "")), " ")
}

// checkTitle refuses a line that can be no header, as one below it can: a line of
// names, which have no digits, that fills twice as many cells or more. Only below
// several words is it looked for with another delimiter, as ids can hold one.
func (r *Rows) checkTitle(line []string) error {
	e := &Error{File: r.file.name, Line: r.lines.first, Msg: fmt.Sprintf("%.80q is a title", strings.Join(strings.Fields(strings.Join(line, " ")), " "))}
	for _, s := range separators {
		comma, _ := utf8.DecodeRuneInString(s.text)
		if comma != r.parser.Comma && !oneTitle(line) {
			continue
		}
		for _, row := range r.below(comma) {
			if n := filled(row.cells); n < 2*filled(line) || n < 2 || strings.ContainsAny(strings.Join(row.cells, ""), "0123456789") {
				continue
			}
			e.Msg += fmt.Sprintf("; the header seems to be line %d", row.line)
			e.Fix = "take out what stands above it"
			if comma != r.parser.Comma {
				e.Msg += ", which separates its columns with " + s.name
				e.Fix = "use --delimiter " + s.flag
			}
			return e
		}
	}
	return nil
}

// fit compares the header with the first rows, where only blank cells at the end
// make the difference: exports end their rows with a delimiter and their header
// without one, or the other way round. It returns the columns there are, and how
// many cells most rows have.
func (r *Rows) fit(header []string) ([]string, int) {
	below := r.below(r.parser.Comma)
	below = below[:min(len(below), 2)]
	if len(below) == 0 || len(below[0].cells) != len(below[len(below)-1].cells) {
		return header, len(header)
	}
	switch row, n := below[0].cells, len(header); {
	case len(row) > n && blankCells(row[n:]):
		return header, len(row)
	case len(row) < n && blankCells(header[len(row):]):
		return header[:len(row)], len(row)
	}
	return header, len(header)
}

// rowBelow is a row that has been seen but not read.
type rowBelow struct {
	line  int
	cells []string
}

// below are the next rows that hold anything, ten at most, as far as they can be
// seen without reading on, with comma between their cells.
func (r *Rows) below(comma rune) (rows []rowBelow) {
	const most = 10
	ahead := r.parse(r.lines.ahead(), comma, false)
	for len(rows) < most {
		cells, err := ahead.Read()
		if err != nil {
			break
		}
		if line, _ := ahead.FieldPos(0); !blankCells(cells) {
			rows = append(rows, rowBelow{r.lines.last + line, cells})
		}
	}
	return rows
}

// checkHeaderLine looks at the header before it is parsed, for what would make
// the parser's own complaint, or every row, incomprehensible.
func (r *Rows) checkHeaderLine(line []byte) error {
	refuse := func(msg, fix string) error {
		return &Error{File: r.file.name, Line: r.lines.first, Msg: msg, Fix: fix}
	}
	if i := bytes.IndexByte(line, 0); i >= 0 {
		guess := "utf-16le"
		if i == 0 {
			guess = "utf-16be"
		}
		return refuse("holds NUL bytes, as UTF-16 without a byte-order mark does", "try --encoding "+guess)
	}
	if bytes.HasPrefix(bytes.TrimSpace(line), []byte{'<'}) {
		return refuse("is a web page or XML, not CSV", "look at it in an editor: a download may have answered with a login page")
	}
	bare := unquoted(line)
	if strings.Contains(strings.TrimRight(bare, "\r\n"), "\r") {
		return refuse(loneReturns, loneReturnsFix)
	}
	used := strings.Count(bare, string(r.parser.Comma))
	for _, s := range separators {
		if strings.Count(bare, s.text) > used {
			return refuse(fmt.Sprintf("separates its columns with %s", s.name), "use --delimiter "+s.flag)
		}
	}
	return nil
}

// unquoted is what of a line stands outside quotes.
func unquoted(line []byte) string {
	var b strings.Builder
	for i, part := range strings.Split(string(line), `"`) {
		if i%2 == 0 {
			b.WriteString(part)
		}
	}
	return b.String()
}

// checkHeader refuses names that would make a column ambiguous, and a first row
// that is data.
func (r *Rows) checkHeader(header []string) error {
	if len(header) > maxColumns {
		return &Error{File: r.file.name, Line: r.lines.first, Msg: fmt.Sprintf("has %d columns; %d are allowed", len(header), maxColumns)}
	}
	seen := make(map[string]int, len(header))
	for i, cell := range header {
		name := strings.TrimSpace(cell)
		if name == "" {
			r.warn("has no name for column %d: it is ignored", i+1)
			continue
		}
		if first, ok := seen[name]; ok {
			return &Error{File: r.file.name, Line: r.lines.first, Column: name, Msg: fmt.Sprintf("names both column %d and column %d", first, i+1), Fix: "rename or remove one of them"}
		}
		seen[name] = i + 1
		if isData(name) {
			return &Error{File: r.file.name, Line: r.lines.first, Msg: fmt.Sprintf("the first row holds data (%q), and no column names", name), Fix: "put a header above it, such as sourcedId,status,classSourcedId, or remove what stands above the header"}
		}
	}
	return nil
}

// dated is a date of numbers, with or without a time of day.
var dated = regexp.MustCompile(`^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2}(\d\d)?)([T ].*)?$`)

// isData tells the cells of an enrollment that no column is ever called after.
func isData(cell string) bool { return dated.MatchString(cell) }
