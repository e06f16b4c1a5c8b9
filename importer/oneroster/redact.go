package oneroster

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// redacted stands where a secret stood.
const redacted = "[redacted]"

// redactor blanks secrets out of text that came from elsewhere: a server may
// echo a token or a secret in any answer. Safe for concurrent use.
type redactor struct {
	mu      sync.RWMutex
	secrets []string // in every spelling, longest first
}

// add makes every later text lose secret, as it is and as URLs and JSON spell it.
func (r *redactor) add(secret string) {
	if secret == "" {
		return
	}
	quoted, _ := json.Marshal(secret) // a string always marshals
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`)} {
		if !slices.Contains(r.secrets, s) {
			r.secrets = append(r.secrets, s)
		}
	}
	slices.SortFunc(r.secrets, func(a, b string) int { return len(b) - len(a) })
}

func (r *redactor) text(s string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, secret := range r.secrets {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	return s
}
