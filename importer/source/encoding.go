package source

import (
	"bytes"
	"fmt"

	"golang.org/x/text/encoding"
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
