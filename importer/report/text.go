package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// textLimit bounds one text cell, in bytes: an error page that a server sends
// for each of a million rows must not fill the disk.
const textLimit = 2000

// safe makes text that may come from a server fit for a cell that a spreadsheet
// opens: one line, no control or direction-changing characters, bounded, and
// never a formula.
func safe(s string) string {
	if plain(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control) || r == '\ufeff' {
			return ' '
		}
		return r
	}, s) // which also turns bytes that are not UTF-8 into U+FFFD
	s = strings.TrimSpace(s)
	if len(s) > textLimit {
		end := textLimit
		for !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end] + "…"
	}
	if formula(s) {
		s = "'" + s
	}
	return s
}

// restore gives back the text that safe guarded against being a formula.
func restore(s string) string {
	if strings.HasPrefix(s, "'") && formula(s) {
		return s[1:]
	}
	return s
}

// formula reports whether a spreadsheet would run s, were its leading
// apostrophes (ours, or the text's own) taken away.
func formula(s string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, "'"))
	return strings.ContainsRune("=+-@＝＋－＠", r) && r != utf8.RuneError
}

// plain reports whether safe has nothing to do, which is the rule.
func plain(s string) bool {
	if len(s) > textLimit {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s == "" || s[0] > '@' || (s[0] != ' ' && s[len(s)-1] != ' ' && !formula(s))
}
