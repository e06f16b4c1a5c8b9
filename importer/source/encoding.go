package source

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// utf8Name is what htmlindex calls the encoding that needs no decoding.
const utf8Name = "utf-8"

// byteOrderMarks are the encodings a file can declare in its first bytes.
// U+FEFF itself is taken off after decoding, where it is the same for all.
var byteOrderMarks = []struct{ mark, encoding string }{
	{"\xef\xbb\xbf", utf8Name},
	{"\xff\xfe", "utf-16le"},
	{"\xfe\xff", "utf-16be"},
}

// markedEncoding names the encoding that head's byte-order mark declares, or "".
func markedEncoding(head []byte) string {
	for _, m := range byteOrderMarks {
		if bytes.HasPrefix(head, []byte(m.mark)) {
			return m.encoding
		}
	}
	return ""
}

// lookup finds an encoding and its canonical name; "" is UTF-8.
func lookup(name string) (encoding.Encoding, string, error) {
	if name == "" {
		name = utf8Name
	}
	enc, err := htmlindex.Get(name)
	// "replacement" is the standard's name for encodings that must not be read.
	if err != nil || enc == encoding.Replacement {
		return nil, "", fmt.Errorf("encoding %q is not known; allowed are the names of the WHATWG Encoding Standard, such as utf-8, utf-16le, windows-1252", name)
	}
	canonical, err := htmlindex.Name(enc)
	if err != nil {
		return nil, "", fmt.Errorf("encoding %q: %w", name, err)
	}
	return enc, canonical, nil
}

// singleByte reports whether an encoding gives every byte a meaning of its own, so
// that it reads a file in any other without complaint.
func singleByte(enc encoding.Encoding) bool {
	_, ok := enc.(*charmap.Charmap)
	return ok
}

// witness watches the bytes of a file that is to be read as something else, and
// tells in the end whether they were UTF-8.
type witness struct {
	io.Reader
	cut    []byte // the first bytes of a character whose others are still to come
	wide   bool   // there are characters of several bytes
	broken bool   // there are bytes that are no character
}

// Read hands on what is read.
func (w *witness) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	text := p[:n]
	for len(w.cut) > 0 && len(text) > 0 && !utf8.FullRune(w.cut) {
		w.cut, text = append(w.cut, text[0]), text[1:]
	}
	if utf8.FullRune(w.cut) {
		w.see(w.cut)
		w.cut = w.cut[:0]
	}
	end := len(text)
	for end > 0 && end > len(text)-utf8.UTFMax && !utf8.RuneStart(text[end-1]) {
		end--
	}
	if end > 0 && !utf8.FullRune(text[end-1:]) {
		w.cut = append(w.cut, text[end-1:]...)
		text = text[:end-1]
	}
	w.see(text)
	return n, err
}

func (w *witness) see(text []byte) {
	w.wide = w.wide || bytes.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
	w.broken = w.broken || !utf8.Valid(text)
}

// isUTF8 reports whether all that was read is UTF-8, and is not ASCII alone,
// which is the same in both.
func (w *witness) isUTF8() bool { return w.wide && !w.broken && len(w.cut) == 0 }
