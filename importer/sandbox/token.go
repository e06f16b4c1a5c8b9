package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// tokens are those that were issued, numbered from 1.
type tokens struct {
	mu     sync.RWMutex
	issued int
	live   map[string]token
}

type token struct {
	number  int
	expires time.Time
}

// add makes a new token. The earlier ones stay good until they expire.
func (t *tokens) add(seed int64, expires time.Time) (text string, number int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.issued++
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(seed))
	binary.BigEndian.PutUint64(b[8:], uint64(t.issued))
	sum := sha256.Sum256(b[:])
	text = "sandbox-token-" + hex.EncodeToString(sum[:])
	if t.live == nil {
		t.live = map[string]token{}
	}
	t.live[text] = token{t.issued, expires}
	return text, t.issued
}

// check returns the number of a token, 0 if it never was one, and whether it is
// honoured now.
func (t *tokens) check(text string, now time.Time) (number int, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	k, ok := t.live[text]
	return k.number, ok && now.Before(k.expires)
}

// revoke ends a token.
func (t *tokens) revoke(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if k, ok := t.live[text]; ok {
		t.live[text] = token{number: k.number}
	}
}

// bearer returns the token a request carries, or "".
func bearer(r *http.Request) string {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return text
}

// issue answers the token endpoint: client credentials in a form body, as the API's
// identity provider takes them. Errors are those of RFC 6749, section 5.2.
func (s *Server) issue(q *Request, r *http.Request, body []byte) answer {
	if r.Method != http.MethodPost {
		return notAllowed("POST")
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return oauthError("invalid_request")
	}
	form, err := url.ParseQuery(string(body))
	switch {
	case err != nil:
		return oauthError("invalid_request")
	case form.Get("client_id") != s.o.ClientID || form.Get("client_secret") != s.o.ClientSecret:
		return oauthError("invalid_client")
	case form.Get("grant_type") != "client_credentials":
		return oauthError("unsupported_grant_type")
	}
	text, number := s.tokens.add(s.o.Seed, s.o.Now().Add(s.o.TokenLifetime))
	q.Token = number
	granted := map[string]any{"access_token": text, "token_type": "Bearer"}
	switch s.o.ExpiresIn {
	case "none":
	case "":
		granted["expires_in"] = int(s.o.TokenLifetime.Seconds())
	default:
		granted["expires_in"] = json.RawMessage(s.o.ExpiresIn)
	}
	out, err := json.Marshal(granted)
	if err != nil { // an ExpiresIn that is not JSON: sent as text
		granted["expires_in"] = s.o.ExpiresIn
		out, _ = json.Marshal(granted)
	}
	return answer{status: http.StatusOK, body: out}
}

func oauthError(code string) answer {
	return answer{status: http.StatusBadRequest, body: []byte(`{"error":` + strconv.Quote(code) + `}`)}
}
