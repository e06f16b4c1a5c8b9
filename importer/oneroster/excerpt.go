package oneroster

import (
	"strings"
	"unicode"
)

// excerptLength bounds what is kept of a body, and what a message repeats of a
// server's words, in characters.
const excerptLength = 200

// excerpt is the beginning of a body for a person. It loses its secrets first, as
// one that is cut is not known again.
func excerpt(body []byte, secrets *redactor) string {
	return shortened(strings.Join(strings.Fields(secrets.text(string(body))), " "))
}

// shortened is the beginning of a text that is longer than an excerpt.
func shortened(s string) string {
	n := 0
	for at := range s {
		if n++; n > excerptLength {
			return s[:at] + "…"
		}
	}
	return s
}

// Printable is s on one line, and without what could hide or forge what stands on
// a terminal or in a log: control characters, marks that turn the direction of
// writing, invisible ones. A space stands where they stood.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s) // which also turns bytes that are not UTF-8 into U+FFFD
}
