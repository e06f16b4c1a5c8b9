package report

import (
	"regexp"
	"strconv"
)

// ragged is how the message of a row begins that has fewer or more cells than
// the header.
var ragged = regexp.MustCompile(`^([0-9]+) cells? where the header has [0-9]+`)

// unpadded are the cells of a line without the empty ones that a spreadsheet put
// at the end of a row with too few, to make all lines of one width. They are no
// mend: what the row lacks may not be blank in truth, and its last cell may be cut.
// Whoever fills one of them in has mended the row.
func unpadded(outcome Outcome, message string, cells []string) []string {
	if outcome != Invalid {
		return cells
	}
	m := ragged.FindStringSubmatch(message)
	if m == nil {
		return cells
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n < 1 || n >= len(cells) || !blank(cells[n:]) {
		return cells
	}
	return cells[:n:n]
}
