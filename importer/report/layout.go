package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
)

// headerLimit bounds the first line of a report, in bytes.
const headerLimit = 4 << 20

// layout is what the first line of a report says about the others.
type layout struct {
	path  string
	comma byte
	loose bool  // a spreadsheet has saved the file
	start int64 // where the lines start, and behind how many physical lines
	lines int

	width   int      // columns
	result  []string // names of the result columns, in the order of the file
	ours    []bool   // which columns those are
	source  []string // the other columns
	lineAt  int      // column of result.line
	outcome int      // column of result.outcome
	files   bool     // there is a result.file
}

func readLayout(f io.Reader, path string) (layout, error) {
	refuse := func(msg, fix string) (layout, error) {
		return layout{}, &Error{File: path, Msg: msg, Fix: fix}
	}
	head, err := io.ReadAll(f)
	if err != nil {
		return layout{}, fmt.Errorf("reading the report: %w", err)
	}
	body, bom := bytes.CutPrefix(head, []byte("\ufeff"))
	switch {
	case len(body) == 0:
		return refuse("the file is empty, and a report has at least a header", "start again with import")
	case bytes.HasPrefix(body, []byte("\xff\xfe")), bytes.HasPrefix(body, []byte("\xfe\xff")):
		return refuse("the file is UTF-16, and a report is UTF-8", "save it from the spreadsheet as “CSV UTF-8”")
	}
	for _, comma := range []byte(",;\t") {
		n, _ := record(body, comma)
		if n == 0 {
			continue
		}
		l := layout{path: path, comma: comma, lineAt: -1, outcome: -1,
			start: int64(len(head) - len(body) + n), lines: bytes.Count(body[:n], []byte{'\n'})}
		names := cells(string(body[:n]), comma)
		if problem := l.columns(names); problem != nil {
			problem.File, problem.Line = path, 1
			return layout{}, problem
		}
		if l.lineAt < 0 {
			continue
		}
		if l.outcome < 0 {
			return refuse("there is no column "+outcomeColumn, "open the report as it was written")
		}
		l.loose = bom || comma != ',' || body[n-2] == '\r' || !slices.IsSortedFunc(l.ours, oursFirst)
		return l, nil
	}
	if !bytes.ContainsRune(body, '\n') && bytes.HasPrefix(body, []byte(prefix)) {
		return refuse("the file ends inside its header, so no row was recorded", "start again with import --force")
	}
	return refuse("this is not a report: its first line has no column "+lineColumn, "name a file that import, plan, apply, rerun or undo wrote")
}

func oursFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// columns sorts the header into our columns and the source's.
func (l *layout) columns(names []string) *Error {
	l.width = len(names)
	l.ours = make([]bool, len(names))
	for i, name := range names {
		if !isResult(name) {
			l.source = append(l.source, name)
			continue
		}
		name = strings.TrimSpace(name)
		if slices.Contains(l.result, name) {
			return &Error{Column: name, Msg: "the column is there twice", Fix: "delete one of them"}
		}
		switch name {
		case lineColumn:
			l.lineAt = i
		case outcomeColumn:
			l.outcome = i
		case fileColumn:
			l.files = true
		}
		l.ours[i] = true
		l.result = append(l.result, name)
	}
	return nil
}

// whole reports whether a record can be a line of this report, rather than what
// a kill or a power cut left of one or two.
func (l *layout) whole(cells []string) bool {
	if len(cells) <= max(l.lineAt, l.outcome) {
		return false
	}
	for i := range min(len(cells), l.width) {
		// Blocks that never reached the disk read as NUL bytes, and no cell of ours
		// holds one. A source's may.
		if l.ours[i] && strings.Contains(cells[i], "\x00") {
			return false
		}
	}
	outcome, known := parseOutcome(cells[l.outcome])
	switch {
	case len(cells) == l.width:
		return true
	case known && outcome.mayBeRagged() && len(cells) > len(l.result):
		return true
	case len(cells) < l.width:
		return l.loose
	}
	return l.loose && blank(cells[l.width:])
}

// part splits a record into our cells and the source's. Where a spreadsheet took
// empty cells away from the end of a line, or put some there, it is mended.
func (l *layout) part(cells []string) (result, source []string) {
	if n := len(l.result); !l.loose { // ours stand in front, as they were written
		return cells[:n:n], cells[n:]
	}
	if len(cells) > l.width && blank(cells[l.width:]) {
		cells = cells[:l.width]
	}
	result = make([]string, 0, len(l.result))
	source = make([]string, 0, max(len(cells)-len(l.result), len(l.source)))
	for i, cell := range cells {
		if i < l.width && l.ours[i] {
			result = append(result, cell)
		} else {
			source = append(source, cell)
		}
	}
	for len(source) < len(l.source) {
		source = append(source, "")
	}
	return result, source
}
