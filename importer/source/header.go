package source

import (
	"bytes"
	"fmt"
	"strings"
	"time"
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
	used := strings.Count(bare, string(r.file.options.Delimiter))
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
			return &Error{File: r.file.name, Line: r.lines.first, Msg: fmt.Sprintf("the first row holds data (%q), and no column names", name), Fix: "put a header above it, such as sourcedId,status,classSourcedId"}
		}
	}
	return nil
}

// isData tells the cells of an enrollment that no column is ever called after: a
// date, with or without a time of day.
func isData(cell string) bool {
	if len(cell) < len(time.DateOnly) {
		return false
	}
	_, err := time.Parse(time.DateOnly, cell[:len(time.DateOnly)])
	return err == nil
}
