package report

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Line is one line of a report: what became of one source row.
type Line struct {
	File       string        // the source, when the report has several; column result.file
	Line       int           // physical line on which the row starts in the source
	Outcome    Outcome       // what became of it
	HTTPStatus int           // of the last answer; 0 when there was none
	Attempts   int           // requests made for the row
	Message    string        // in our words
	RequestID  string        // the server's name for the last request
	FinishedAt time.Time     // written in UTC, to the millisecond; zero is blank
	Duration   time.Duration // of all attempts; blank when there was none

	// The server's own words, as its imsx status has them.
	CodeMajor, Severity, CodeMinor, Description, ErrorDetails string

	Fingerprint   string // hash of the id and of the whole intended change
	Before, After string // JSON of the fields that change, where a comparison was made

	// Cells are the source row, as it was: one for each column of the header,
	// unless the outcome is Invalid or Unsent. A line of another outcome with more
	// or fewer is read back as a torn one. An Invalid row with too few is read back
	// with as many as its Message says ("5 cells where the header has 6"), until one
	// of those it lacks is filled in or the outcome is cleared.
	Cells []string

	// SourcedID is the enrollment's, where the writer knows it. It has no column
	// of its own, for it may be made of several, and is blank in a line read back.
	SourcedID string
}

// columns are the result columns as text. Their names and their order stand here;
// cells repeats the order.
type columns struct {
	Line         string `csv:"result.line"`
	File         string `csv:"result.file"`
	Outcome      string `csv:"result.outcome"`
	HTTPStatus   string `csv:"result.httpStatus"`
	Attempts     string `csv:"result.attempts"`
	Message      string `csv:"result.message"`
	CodeMajor    string `csv:"result.imsx_codeMajor"`
	Severity     string `csv:"result.imsx_severity"`
	CodeMinor    string `csv:"result.imsx_codeMinor"`
	Description  string `csv:"result.imsx_description"`
	ErrorDetails string `csv:"result.imsx_error_details"`
	RequestID    string `csv:"result.requestId"`
	FinishedAt   string `csv:"result.finishedAt"`
	DurationMs   string `csv:"result.durationMs"`
	Fingerprint  string `csv:"result.fingerprint"`
	Before       string `csv:"result.before"`
	After        string `csv:"result.after"`
}

// cells appends the columns to a row, in the order of the file.
func (c *columns) cells(row []string) []string {
	return append(row, c.Line, c.File, c.Outcome, c.HTTPStatus, c.Attempts, c.Message,
		c.CodeMajor, c.Severity, c.CodeMinor, c.Description, c.ErrorDetails,
		c.RequestID, c.FinishedAt, c.DurationMs, c.Fingerprint, c.Before, c.After)
}

const (
	prefix        = "result."
	lineColumn    = prefix + "line"
	fileColumn    = prefix + "file"
	outcomeColumn = prefix + "outcome"

	millis = "2006-01-02T15:04:05.000Z"
)

// isResult reports whether a column of this name is ours rather than the source's.
func isResult(name string) bool { return strings.HasPrefix(strings.TrimSpace(name), prefix) }

func (l *Line) columns() columns {
	c := columns{
		Line:         strconv.Itoa(l.Line),
		File:         safe(l.File),
		Outcome:      string(l.Outcome),
		HTTPStatus:   number(l.HTTPStatus),
		Attempts:     strconv.Itoa(l.Attempts),
		Message:      safe(l.Message),
		CodeMajor:    safe(l.CodeMajor),
		Severity:     safe(l.Severity),
		CodeMinor:    safe(l.CodeMinor),
		Description:  safe(l.Description),
		ErrorDetails: safe(l.ErrorDetails),
		RequestID:    safe(l.RequestID),
		Fingerprint:  l.Fingerprint,
		Before:       l.Before,
		After:        l.After,
	}
	if !l.FinishedAt.IsZero() {
		c.FinishedAt = l.FinishedAt.UTC().Format(millis)
	}
	if l.Attempts > 0 {
		c.DurationMs = strconv.FormatInt(l.Duration.Milliseconds(), 10)
	}
	return c
}

// line is the reverse of [Line.columns]. Only the line and the outcome decide
// anything, so only they are refused when a person made them unreadable; the
// Error then lacks its place.
func (c *columns) line(cells []string) (Line, *Error) {
	line, err := strconv.Atoi(strings.TrimSpace(c.Line))
	if err != nil || line < 1 {
		return Line{}, &Error{Column: lineColumn, Msg: strconv.Quote(c.Line) + " is not the number of a line in the source",
			Fix: "put the number back, or delete the row from the report: rerun reads it from the source"}
	}
	outcome, ok := parseOutcome(c.Outcome)
	if !ok {
		return Line{}, &Error{Column: outcomeColumn, Msg: strconv.Quote(c.Outcome) + " is not an outcome; allowed: " + join(Outcomes()),
			Fix: "clear the cell to have the row sent again"}
	}
	return Line{
		Line:         line,
		File:         restore(c.File),
		Outcome:      outcome,
		HTTPStatus:   whole(c.HTTPStatus),
		Attempts:     whole(c.Attempts),
		Message:      restore(c.Message),
		CodeMajor:    restore(c.CodeMajor),
		Severity:     restore(c.Severity),
		CodeMinor:    restore(c.CodeMinor),
		Description:  restore(c.Description),
		ErrorDetails: restore(c.ErrorDetails),
		RequestID:    restore(c.RequestID),
		FinishedAt:   instant(c.FinishedAt),
		Duration:     time.Duration(whole(c.DurationMs)) * time.Millisecond,
		Fingerprint:  c.Fingerprint,
		Before:       c.Before,
		After:        c.After,
		Cells:        cells,
	}, nil
}

// CutFrom reports whether the cells are what a power cut leaves of a source row:
// the same as far as one that breaks off or is gone, and none behind it. A reader
// drops such a line, unless a spreadsheet has made it look whole since.
func (l *Line) CutFrom(row []string) bool {
	same := 0
	for same < min(len(l.Cells), len(row)) && l.Cells[same] == row[same] {
		same++
	}
	left, lost := l.Cells[same:], row[same:]
	if blank(lost) {
		return false // it has all there was
	}
	return blank(left) || strings.HasPrefix(lost[0], left[0]) && blank(left[1:])
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// whole reads a count, and what a spreadsheet made unreadable as none.
func whole(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 || n > math.MaxInt32 {
		return 0
	}
	return n
}

// instant reads a time, and what a spreadsheet made unreadable as none.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, strings.TrimSpace(s))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func join(outcomes []Outcome) string {
	names := make([]string, len(outcomes))
	for i, o := range outcomes {
		names[i] = string(o)
	}
	return strings.Join(names, ", ")
}
