package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	bufferSize = 64 << 10
	// maxPeek is how far a header is compared with what stands below it.
	maxPeek = 8 << 10
	// maxRow bounds what an unclosed quote, or a file of one endless line, can
	// take of the memory.
	maxRow = 4 << 20
)

// errRowTooLong is a row of more than maxRow bytes.
var errRowTooLong = errors.New("row too long")

// lines feeds a csv.Reader one physical line at a time. The parser asks for a
// further line only inside a quoted cell, so lines always knows which line a row
// started on and holds its text, and the parser alone decides where it ends.
type lines struct {
	in       *bufio.Reader
	file     string
	encoding string // what in was decoded from, "" for UTF-8

	text    []byte // the row so far, as the parser sees it
	fed     int    // bytes of text the parser has taken
	first   int    // line on which the row starts
	last    int    // line on which text ends
	quoted  bool   // text ends inside a quoted cell
	ended   bool   // text ends with a line end
	wanted  bool   // the parser asked for more than the first line
	skipped int
}

// start reads on to the line on which the next row starts. io.EOF is the end.
func (l *lines) start() error {
	for {
		l.text, l.fed, l.quoted, l.wanted = l.text[:0], 0, false, false
		l.first = l.last + 1
		if err := l.read(); err != nil {
			return err
		}
		if bytes.ContainsFunc(l.text, isInk) {
			return nil
		}
		l.skipped++
	}
}

// ahead are the next lines, as far as they can be seen whole without reading on.
func (l *lines) ahead() []byte {
	text, _ := l.in.Peek(maxPeek) // what is wrong shows when it is read
	return text[:bytes.LastIndexByte(text, '\n')+1]
}

// put hands the parser a line that is not in the file.
func (l *lines) put(line string) {
	l.text, l.fed, l.ended = append(l.text[:0], line...), 0, true
}

// Read serves the parser. It returns io.EOF at the end of the file only.
func (l *lines) Read(p []byte) (int, error) {
	if l.fed == len(l.text) {
		if !l.ended {
			return 0, io.EOF
		}
		l.wanted = true
		if err := l.read(); err != nil {
			return 0, err
		}
	}
	n := copy(p, l.text[l.fed:])
	l.fed += n
	return n, nil
}

// read appends the next physical line to text.
func (l *lines) read() error {
	start := len(l.text)
	for more := true; more; {
		part, err := l.in.ReadSlice('\n')
		l.text = append(l.text, part...)
		switch {
		case len(l.text) > maxRow:
			return errRowTooLong
		case err == io.EOF && len(l.text) == start:
			return io.EOF
		case err == nil, err == io.EOF:
			more, l.ended = false, err == nil
		case err != bufio.ErrBufferFull:
			return err
		}
	}
	l.last++
	if l.last == 1 {
		l.text = l.text[:copy(l.text, bytes.TrimPrefix(l.text, []byte("\ufeff")))]
	}
	line := l.text[start:]
	if err := l.checkText(line); err != nil {
		return err
	}
	if !l.ended {
		l.trimEndMark(start)
	}
	// In a row that can be parsed, an odd number of quotes is an open one.
	if bytes.Count(line, []byte{'"'})%2 == 1 {
		l.quoted = !l.quoted
	}
	// The parser makes one \n of \r\n, in cells too. Out of \r\r\n it makes the
	// \r\n that the cell holds.
	if l.quoted && bytes.HasSuffix(line, []byte("\r\n")) {
		l.text = append(l.text[:len(l.text)-1], "\r\n"...)
	}
	return nil
}

// trimEndMark takes off the Ctrl-Z that DOS tools end a file with, where it
// follows a row on the last line. On a line of its own it is a blank line.
func (l *lines) trimEndMark(start int) {
	line := bytes.TrimRight(l.text[start:], "\x1a")
	if len(line) > 0 && start+len(line) < len(l.text) {
		l.text = l.text[:start+len(line)]
		l.skipped++
	}
}

// checkText refuses a line whose bytes are not text in the file's encoding: to
// guess, or to put U+FFFD in their place, would send what the file does not say.
func (l *lines) checkText(line []byte) error {
	if l.encoding != "" {
		if bytes.ContainsRune(line, utf8.RuneError) {
			return &Error{File: l.file, Line: l.last, Msg: fmt.Sprintf("holds bytes that are not %s", l.encoding), Fix: "name the encoding it was written in with --encoding"}
		}
		return nil
	}
	if utf8.Valid(line) {
		return nil
	}
	good := 0
	for r, n := utf8.DecodeRune(line); r != utf8.RuneError || n > 1; r, n = utf8.DecodeRune(line[good:]) {
		good += n
	}
	if !l.ended && !utf8.FullRune(line[good:]) {
		return &Error{File: l.file, Line: l.last, Msg: "ends in the middle of a character: the file was cut while it was copied", Fix: "copy it again"}
	}
	return &Error{File: l.file, Line: l.last, Msg: fmt.Sprintf("holds bytes that are not UTF-8 (0x%X after %q)", line[good], tail(line[:good])), Fix: "name the encoding it was written in, such as --encoding windows-1252"}
}

// tail is the end of a line, short enough to quote.
func tail(line []byte) string {
	s := string(line)
	if cut := len(s) - 20; cut > 0 {
		s = strings.ToValidUTF8(s[cut:], "")
	}
	return s
}

// isInk tells what makes a cell or a line hold something: all but white space and
// the Ctrl-Z of DOS. NUL is ink: lines of it are what a crash leaves of rows.
func isInk(r rune) bool { return r != '\x1a' && !unicode.IsSpace(r) }
