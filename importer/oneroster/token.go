package oneroster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// tokens hands one access token to all workers. Callers that need a new one
// wait for a single fetch and share what comes of it, error included. Safe for
// concurrent use.
type tokens struct {
	config  clientcredentials.Config
	http    *http.Client
	timeout time.Duration
	retries int
	redact  *redactor
	now     func() time.Time

	mu      sync.Mutex
	current string
	renew   time.Time // from then on a new one is fetched ahead of need
	expires time.Time
	fetch   *fetch // the one under way, if any
}

// fetch is a token request that callers wait for.
type fetch struct {
	done  chan struct{}
	token string
	err   error
}

// unstatedLifetime is how long a token is used whose expires_in is absent or
// not positive: long enough to cost nothing, short enough not to be for ever.
const unstatedLifetime = 30 * time.Minute

// get returns a token that is good now. Its error stops a run: a *TokenError,
// a *ReachError, or ctx's.
func (t *tokens) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	if t.current != "" && t.now().Before(t.renew) {
		defer t.mu.Unlock()
		return t.current, nil
	}
	f := t.fetch
	if f == nil {
		f = &fetch{done: make(chan struct{})}
		t.fetch = f
		go t.run(ctx, f)
	}
	t.mu.Unlock()
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// drop forgets token because the server refused it; a newer one stays.
func (t *tokens) drop(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current == token {
		t.current = ""
	}
}

// run makes the fetch f, and keeps the token that is still good if it fails.
func (t *tokens) run(ctx context.Context, f *fetch) {
	tok, err := t.request(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	switch {
	case err == nil:
		t.redact.add(tok.AccessToken)
		lifetime := tok.Expiry.Sub(now)
		if lifetime <= 0 { // absent, zero or negative
			lifetime = unstatedLifetime
		}
		t.current = tok.AccessToken
		t.expires = now.Add(lifetime)
		t.renew = t.expires.Add(-min(time.Minute, lifetime/5))
		f.token = t.current
	case t.current != "" && now.Before(t.expires):
		t.renew = t.expires
		f.token = t.current
	default:
		f.err = err
	}
	t.fetch = nil
	close(f.done)
}

// request asks for a token, again with growing pauses while the endpoint is in
// trouble. Neither the caller's deadline nor another caller's end cuts an
// exchange short; a run that stops ends the pauses.
func (t *tokens) request(ctx context.Context) (*oauth2.Token, error) {
	pause := backoff.NewExponentialBackOff()
	pause.MaxInterval = 10 * time.Second
	return backoff.Retry(ctx, func() (*oauth2.Token, error) {
		once, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.timeout)
		defer cancel()
		tok, err := t.config.Token(context.WithValue(once, oauth2.HTTPClient, t.http))
		if err == nil && !validToken(tok.AccessToken) {
			err = errors.New("the access token is not one that fits into a header")
		}
		if err == nil {
			return tok, nil
		}
		return nil, t.explain(err)
	}, backoff.WithBackOff(pause), backoff.WithMaxTries(uint(max(t.retries, 0))+1), backoff.WithMaxElapsedTime(0))
}

// TokenError says that no token was to be had. It holds nothing of what the
// endpoint answered but its status and error code: the body may echo secrets.
type TokenError struct {
	Status int    // HTTP status, 0 when there was no answer
	Code   string // OAuth2 error code such as invalid_client
	cause  string
}

func (e *TokenError) Error() string {
	what := e.cause
	if e.Status != 0 {
		what = fmt.Sprintf("HTTP %d", e.Status)
		if e.Code != "" {
			what += " " + e.Code
		}
	}
	hint := "check the token URL"
	if e.Code == "invalid_client" || e.Status == http.StatusUnauthorized {
		hint = "check the client id and secret; a rotated secret is the usual cause"
	}
	return fmt.Sprintf("no token from the token endpoint: %s; %s", what, hint)
}

// explain turns what x/oauth2 says, which quotes the body, into an error that
// does not, and marks those that no retry mends.
func (t *tokens) explain(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil {
		status := refused.Response.StatusCode
		e := &TokenError{Status: status, Code: t.redact.text(oauthCode(refused.ErrorCode))}
		switch {
		case status == http.StatusTooManyRequests:
			if wait, ok := RetryAfter(refused.Response.Header, t.now()); ok {
				// Longer than a minute is not waited for: the run would rather stop and say so.
				return fmt.Errorf("%w (%w)", e, &backoff.RetryAfterError{Duration: min(wait, time.Minute)})
			}
			return e
		case status >= 500, status == http.StatusRequestTimeout:
			return e
		default:
			return backoff.Permanent(e)
		}
	}
	if cause := misconfigured(err); cause != "" {
		return backoff.Permanent(&ReachError{Where: "token endpoint", Cause: cause})
	}
	if cause := transportCause(err); cause != "" {
		return &TokenError{cause: cause}
	}
	// What is left is a 2xx that holds no token, such as a sign-in page.
	return &TokenError{cause: "the answer holds no access token"}
}

// oauthCode keeps an error code only if it looks like one (RFC 6749, section 5.2).
func oauthCode(code string) string {
	for _, r := range code {
		if (r < 'a' || r > 'z') && r != '_' {
			return ""
		}
	}
	return code
}

// validToken reports whether a token can be sent in a header at all.
func validToken(token string) bool {
	for _, b := range []byte(token) {
		if b <= ' ' || b > '~' {
			return false
		}
	}
	return token != ""
}
