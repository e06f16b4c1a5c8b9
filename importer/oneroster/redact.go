package oneroster

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// redacted stands where a secret stood.
const redacted = "[redacted]"

const (
	secretsKept = 32 // the first secret and the newest others: short-lived tokens do not pile up
	bodySecret  = 12 // bytes of a secret that is no word a record could hold
	cutSecret   = 8  // the least of a secret's beginning, in bytes, that is taken for a part of it
)

// redactor blanks secrets out of text that came from elsewhere: a server may
// echo a token or a secret in any answer. The zero value knows none. Safe for
// concurrent use.
type redactor struct {
	mu      sync.RWMutex
	secrets []spelled
	plain   *words // the secrets in every spelling that can be told from the text around it
	bare    *words // and in those that are looked for among letters and digits alone
	long    *words // those of plain that no record holds by chance
}

// spelled is one secret.
type spelled struct {
	plain []string // itself first
	bare  []string
}

// add makes every later text lose secret.
func (r *redactor) add(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if secret == "" || slices.ContainsFunc(r.secrets, func(known spelled) bool { return known.plain[0] == secret }) {
		return
	}
	if len(r.secrets) == secretsKept {
		r.secrets = slices.Delete(r.secrets, 1, 2)
	}
	r.secrets = append(r.secrets, spelled{spellings(secret), bareSpellings(secret)})
	r.plain, r.bare, r.long = &words{}, &words{}, &words{}
	for _, s := range r.secrets {
		r.plain.add(s.plain...)
		r.bare.add(s.bare...)
		for _, word := range s.plain {
			if len(word) >= bodySecret {
				r.long.add(word)
			}
		}
	}
}

// text is s as it may be shown to anybody: printable, and without the secrets.
func (r *redactor) text(s string) string {
	r.mu.RLock()
	plain, bare := r.plain, r.bare
	r.mu.RUnlock()
	if plain == nil || s == "" {
		return Printable(s)
	}
	s = plain.blank(s, (*words).whole)
	shown := plain.blank(s, (*words).part)
	// Where a secret comes out of a text only when it is decoded, there is no
	// telling what of it to leave.
	if bare.in(lettersAndDigits(shown)) {
		return redacted
	}
	for _, decoded := range decodings(s) {
		if plain.in(decoded) || bare.in(lettersAndDigits(decoded)) {
			return redacted
		}
	}
	return Printable(shown)
}

// body is records without the secrets that a server has put among them. Nearly
// always that is b itself.
func (r *redactor) body(b []byte) []byte {
	r.mu.RLock()
	long := r.long
	r.mu.RUnlock()
	if long == nil {
		return b
	}
	for _, begin := range long {
		for _, word := range begin {
			if bytes.Contains(b, []byte(word)) {
				return []byte(long.blank(string(b), (*words).whole))
			}
		}
	}
	return b
}

// words are what is looked for in a text, by their first byte.
type words [256][]string

func (w *words) add(all ...string) {
	for _, word := range all {
		if !slices.Contains(w[word[0]], word) {
			w[word[0]] = append(w[word[0]], word)
		}
	}
}

// whole is how many bytes at the start of s are a word, 0 if none are.
func (w *words) whole(s string) (n int) {
	for _, word := range w[s[0]] {
		if len(word) > n && strings.HasPrefix(s, word) {
			n = len(word)
		}
	}
	return n
}

// part is how many bytes at the start of s are a word or its beginning. Answers
// break off, and servers shorten what they echo: a beginning of some length counts
// where no letter or digit follows, and one of three quarters of the word anywhere.
func (w *words) part(s string) (n int) {
	for _, word := range w[s[0]] {
		same := 1
		for same < min(len(s), len(word)) && s[same] == word[same] {
			same++
		}
		if same > n && (same == len(word) || same >= cutSecret && (4*same >= 3*len(word) || endsWord(s[same:]))) {
			n = same
		}
	}
	return n
}

// endsWord reports whether a word has ended before rest.
func endsWord(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// in reports whether a word or its beginning stands in s.
func (w *words) in(s string) bool {
	for at := range len(s) {
		if w.part(s[at:]) > 0 {
			return true
		}
	}
	return false
}

// blank is s with redacted in the place of what found tells.
func (w *words) blank(s string, found func(w *words, s string) int) string {
	var b strings.Builder
	from := 0
	for at := 0; at < len(s); {
		n := found(w, s[at:])
		if n == 0 {
			at++
			continue
		}
		b.WriteString(s[from:at])
		b.WriteString(redacted)
		at += n
		from = at
	}
	return b.String() + s[from:]
}
