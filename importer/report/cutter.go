package report

import (
	"bytes"
	"strings"
)

// recordLimit bounds one record, in bytes. A row holds cells of up to 1 MiB; an
// open quote must not take the whole file into memory.
const recordLimit = 64 << 20

// cutter cuts a report into records. Its split is a [bufio.SplitFunc] that
// leaves each whole record in cells, and drops what is torn.
//
// encoding/csv would serve but for three things: it turns a "\r\n" inside a cell
// into "\n", an open quote makes it swallow every line behind a torn one, and it
// cannot tell a last line that was cut inside its last cell from a whole one.
type cutter struct {
	comma byte
	// loose is a file that a spreadsheet has saved: its last line may lack a line
	// end, and its lines the empty cells at their end.
	loose bool
	whole func(cells []string) bool

	offset int64 // of the byte behind the last record
	line   int   // physical lines before it
	torn   int   // records dropped
	inTear bool  // the last thing seen was dropped

	cells     []string // the last whole record
	start     int64    // where it starts
	startLine int      // and on which physical line
}

func (c *cutter) split(data []byte, atEOF bool) (int, []byte, error) {
	used := 0
	for used < len(data) {
		n, ok := c.next(data[used:], atEOF)
		if n == 0 {
			break // it takes more data
		}
		used += n
		if ok {
			return used, data[used-n : used], nil
		}
	}
	return used, nil, nil
}

// next takes n bytes off data: a whole record, now in c.cells, if ok; else bytes
// that are dropped, being blank or torn. n is 0 if more data is needed.
func (c *cutter) next(data []byte, atEOF bool) (n int, ok bool) {
	n, broken := record(data, c.comma)
	if n == 0 && !broken {
		switch {
		case !atEOF && len(data) < recordLimit:
			return 0, false
		case atEOF && c.loose && ends(data, c.comma):
			n = len(data)
		default:
			broken = true
		}
	}
	if broken {
		// Only this physical line is known to be torn: the next may be whole.
		n = bytes.IndexByte(data, '\n') + 1
		if n == 0 {
			n = len(data)
		}
		c.tear()
		c.advance(data[:n])
		return n, false
	}
	c.start, c.startLine = c.offset, c.line+1
	c.advance(data[:n])
	c.cells = cells(string(data[:n]), c.comma)
	switch {
	case blank(c.cells):
		return n, false
	case !c.whole(c.cells):
		c.tear()
		return n, false
	}
	c.inTear = false
	return n, true
}

func (c *cutter) advance(record []byte) {
	c.offset += int64(len(record))
	c.line += bytes.Count(record, []byte{'\n'})
}

// tear counts a torn record once, however many physical lines are left of it.
func (c *cutter) tear() {
	if !c.inTear {
		c.torn++
	}
	c.inTear = true
}

// record finds the record that data starts with, to and with its line end. n is
// 0 when data ends inside it; broken is quoting that no more data can mend.
func record(data []byte, comma byte) (n int, broken bool) {
	for i := 0; i < len(data); i++ {
		if data[i] == '"' {
			end, ok := quoted(data[i:])
			if !ok {
				return 0, false
			}
			i += end
			if rest := data[i:]; rest[0] == '\r' {
				if len(rest) == 1 {
					return 0, false
				}
				if rest[1] == '\n' {
					return i + 2, false
				}
			}
			if data[i] != comma && data[i] != '\n' {
				return 0, true
			}
		}
		for i < len(data) && data[i] != comma && data[i] != '\n' {
			if data[i] == '"' {
				return 0, true
			}
			i++
		}
		if i < len(data) && data[i] == '\n' {
			return i + 1, false
		}
	}
	return 0, false
}

// quoted returns the length of the quoted cell that data starts with. It takes
// a byte behind the quote to know that the cell ends there.
func quoted(data []byte) (n int, ok bool) {
	for i := 1; ; i += 2 {
		j := bytes.IndexByte(data[i:], '"')
		if j < 0 || i+j+1 == len(data) {
			return 0, false
		}
		if i += j; data[i+1] != '"' {
			return i + 1, true
		}
	}
}

// ends reports whether data, which has no line end, is a whole record.
func ends(data []byte, comma byte) bool {
	n, broken := record(append(data[:len(data):len(data)], '\n'), comma)
	return n == len(data)+1 && !broken
}

// cells cuts a record that is known to be well quoted. What stands between the
// quotes of a cell stays as it is.
func cells(record string, comma byte) []string {
	record = strings.TrimSuffix(strings.TrimSuffix(record, "\n"), "\r")
	row := make([]string, 0, strings.Count(record, string(comma))+1)
	for {
		if !strings.HasPrefix(record, `"`) {
			cell, rest, more := strings.Cut(record, string(comma))
			row = append(row, cell)
			if record = rest; !more {
				return row
			}
			continue
		}
		end := 1
		for ; end < len(record); end++ {
			if record[end] != '"' {
				continue
			}
			if end++; end == len(record) || record[end] != '"' {
				break
			}
		}
		row = append(row, strings.ReplaceAll(record[1:end-1], `""`, `"`))
		if end == len(record) {
			return row
		}
		record = record[end+1:]
	}
}

// blank reports whether a record says nothing: an empty line, the ",,," that
// spreadsheets leave behind, an old Ctrl-Z.
func blank(cells []string) bool {
	for _, c := range cells {
		if strings.Trim(c, " \t\x1a") != "" {
			return false
		}
	}
	return true
}
