package oneroster

import (
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
	secrets   []string
	spellings []string // of all secrets, longest first
}

// add makes every later text lose secret.
func (r *redactor) add(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if secret == "" || slices.Contains(r.secrets, secret) {
		return
	}
	if len(r.secrets) == secretsKept {
		r.secrets = slices.Delete(r.secrets, 1, 2)
	}
	r.secrets = append(r.secrets, secret)
	r.spellings = nil
	for _, s := range r.secrets {
		r.spellings = append(r.spellings, spellings(s)...)
	}
	slices.SortFunc(r.spellings, func(a, b string) int { return len(b) - len(a) })
}

// spellings are secret as it is, and as URLs, JSON and HTML may have it.
func spellings(secret string) []string {
	escaped, _ := json.Marshal(secret) // a string always marshals
	quoted := strconv.Quote(secret)
	all := []string{
		secret, string(escaped[1 : len(escaped)-1]), quoted[1 : len(quoted)-1],
		strings.ReplaceAll(secret, "/", `\/`), html.EscapeString(secret),
	}
	hex := regexp.MustCompile("%..")
	for _, s := range []string{url.QueryEscape(secret), url.PathEscape(secret)} {
		all = append(all, s, hex.ReplaceAllStringFunc(s, strings.ToLower))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// text is s without the secrets. A secret that is cut short by the end of s
// goes too: answers break off, and servers shorten what they echo.
func (r *redactor) text(s string) string {
	if s == "" {
		return ""
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, secret := range r.spellings {
		s = strings.ReplaceAll(s, secret, redacted)
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
