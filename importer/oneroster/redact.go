package oneroster

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// redacted stands where a secret stood.
const redacted = "[redacted]"

const (
	secretsKept = 32 // the first secret and the newest others: short-lived tokens do not pile up
	cutSecret   = 8  // the least of a secret's beginning, in bytes, that is looked for where a text ends
)

// redactor blanks secrets out of text that came from elsewhere: a server may
// echo a token or a secret in any answer. The zero value knows none. Safe for
// concurrent use.
type redactor struct {
	mu        sync.RWMutex
	secrets   [][]string // the spellings of each, itself first
	spellings []string   // of all of them, longest first
}

// add makes every later text lose secret, and what else is as good as it.
func (r *redactor) add(secret string, also ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if secret == "" || slices.ContainsFunc(r.secrets, func(known []string) bool { return known[0] == secret }) {
		return
	}
	if len(r.secrets) == secretsKept {
		r.secrets = slices.Delete(r.secrets, 1, 2)
	}
	r.secrets = append(r.secrets, append(spellings(secret), also...))
	r.spellings = slices.Concat(r.secrets...)
	slices.SortFunc(r.spellings, func(a, b string) int { return len(b) - len(a) })
}

// spellings are secret as it is, and then as URLs, JSON, HTML and base64 may have
// it.
func spellings(secret string) []string {
	escaped, _ := json.Marshal(secret) // a string always marshals
	quoted := strconv.Quote(secret)
	query, path := url.QueryEscape(secret), url.PathEscape(secret)
	octets := regexp.MustCompile("%..")
	all := []string{secret}
	for _, s := range []string{
		string(escaped[1 : len(escaped)-1]), quoted[1 : len(quoted)-1], strings.ReplaceAll(secret, "/", `\/`), html.EscapeString(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		query, path, octets.ReplaceAllStringFunc(query, strings.ToLower), octets.ReplaceAllStringFunc(path, strings.ToLower),
	} {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// hidden reports whether a secret comes out of s when it is decoded, twice at the
// most, as URLs, JSON, HTML and hexadecimal digits are.
func (r *redactor) hidden(s string) bool {
	decoders := []func(string) string{decodeURL, decodeJSON, html.UnescapeString, strings.ToLower}
	for _, first := range decoders {
		once := first(s)
		for _, second := range decoders {
			twice := second(once)
			for _, spelled := range r.secrets {
				if strings.Contains(once, spelled[0]) || strings.Contains(twice, spelled[0]) || strings.Contains(once, hex.EncodeToString([]byte(spelled[0]))) {
					return true
				}
			}
		}
	}
	return false
}

var (
	octet  = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	escape = regexp.MustCompile(`\\u[0-9A-Fa-f]{4}|\\["\\/]`)
)

// decodeURL undoes the escapes of URLs in a text that is none as a whole.
func decodeURL(s string) string {
	return octet.ReplaceAllStringFunc(s, func(e string) string {
		b, _ := strconv.ParseUint(e[1:], 16, 8) // it is two digits
		return string([]byte{byte(b)})
	})
}

// decodeJSON undoes the escapes of JSON strings.
func decodeJSON(s string) string {
	return escape.ReplaceAllStringFunc(s, func(e string) string {
		if e[1] != 'u' {
			return e[1:]
		}
		c, _ := strconv.ParseUint(e[2:], 16, 16) // it is four digits
		return string(rune(c))
	})
}

// text is s as it may be shown to anybody: printable, and without the secrets.
func (r *redactor) text(s string) string { return printable(r.blanked(s)) }

// blanked is s without the secrets. A secret that is cut short by the end of s
// goes too: answers break off, and servers shorten what they echo.
func (r *redactor) blanked(s string) string {
	if s == "" {
		return ""
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, secret := range r.spellings {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	if r.hidden(s) {
		return redacted
	}
	for _, secret := range r.spellings {
		for n := min(len(secret)-1, len(s)); n >= cutSecret; n-- {
			if strings.HasSuffix(s, secret[:n]) {
				return s[:len(s)-n] + redacted
			}
		}
	}
	return s
}
