package report

import "fmt"

// Error refuses a report that cannot be read back, and says where and why.
type Error struct {
	File   string // path of the report
	Line   int    // physical line in it, from 1; 0 when the whole file is meant
	Column string // name of the column; "" when the whole line is meant
	Msg    string // what is wrong, and what is allowed
	Fix    string // what to do about it
}

// Error reads FILE:LINE: COLUMN: what is wrong; what to do.
func (e *Error) Error() string {
	s := e.File
	if e.Line > 0 {
		s = fmt.Sprintf("%s:%d", s, e.Line)
	}
	if e.Column != "" {
		s += ": " + e.Column
	}
	s += ": " + e.Msg
	if e.Fix != "" {
		s += "; " + e.Fix
	}
	return s
}
