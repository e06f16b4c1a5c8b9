package source

import (
	"fmt"
	"strings"
)

// Error refuses a whole file: nothing of it may be sent. It says where the
// fault is, what is wrong and how to mend it.
type Error struct {
	File   string // as the caller named it
	Line   int    // physical line, from 1; 0 when the fault is in no one line
	Column string // header of the column, "" when the fault is in no one column
	Msg    string // what is wrong, and what is allowed
	Fix    string // what to do about it, "" when Msg says it all
}

// Error reads FILE:LINE: COLUMN: what is wrong; the fix.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, ": %s", e.Column)
	}
	fmt.Fprintf(&b, ": %s", e.Msg)
	if e.Fix != "" {
		fmt.Fprintf(&b, "; %s", e.Fix)
	}
	return b.String()
}
