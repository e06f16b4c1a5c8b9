package oneroster

import (
	"context"
	"errors"
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
	timeout time.Duration // of one attempt
	retries int
	giveUp  time.Duration // of all attempts at one token; 0: no bound
	secrets *redactor
	now     func() time.Time

	mu      sync.Mutex
	current string    // "" before the first, and after a refusal
	renew   time.Time // from then on a new one is fetched, while the current one serves
	expires time.Time // of the last token; zero before the first
	fetch   *fetch    // the one under way, if any
}

// fetch is a token request that callers wait for.
type fetch struct {
	done chan struct {
	}
	token     string
	err       error
	abandoned bool // the caller that began it has gone; others begin anew
}

// unstatedLifetime is how long a token is used whose expires_in is absent or
// not positive: long enough to cost nothing, short enough not to be for ever.
const unstatedLifetime = 30 * time.Minute

// get returns a token that is good now. Its error stops a run: a *TokenError,
// a *ReachError, or the cause of ctx's end.
func (t *tokens) get(ctx context.Context) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	t.mu.Lock()
	now := t.now()
	token, good := t.current, t.current != "" && now.Before(t.expires)
	if t.fetch == nil && !(good && now.Before(t.renew)) {
		t.fetch = &fetch{done: make(chan struct{})}
		go t.run(ctx, t.fetch)
	}
	f := t.fetch
	t.mu.Unlock()
	if good {
		return token, nil
	}
	select {
	case <-f.done:
		if f.abandoned {
			return t.get(ctx)
		}
		return f.token, f.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// ready reports whether get has a token to return at once.
func (t *tokens) ready() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current != "" && t.now().Before(t.expires)
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
	token, lifetime, err := t.request(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	switch {
	case err == nil:
		t.current = token
		t.expires = now.Add(lifetime)
		t.renew = t.expires.Add(-min(time.Minute, lifetime/5))
	case ctx.Err() != nil:
		f.abandoned = true
	case t.current != "" && now.Before(t.expires):
		t.renew = t.expires
	default:
		f.err = err
	}
	f.token = t.current
	t.fetch = nil
	close(f.done)
}

// request asks for a token, again with growing pauses while the endpoint is in
// trouble. The end of ctx cuts no exchange short, but ends the pauses.
func (t *tokens) request(ctx context.Context) (token string, lifetime time.Duration, err error) {
	got, err := backoff.Retry(ctx, func() (*oauth2.Token, error) { return t.once(ctx) },
		backoff.WithMaxTries(uint(max(t.retries, 0))+1), backoff.WithMaxElapsedTime(t.giveUp))
	if err != nil {
		return "", 0, err
	}
	t.secrets.add(got.AccessToken)
	lifetime = time.Until(got.Expiry) // x/oauth2 has reckoned it by the system's clock
	if lifetime <= 0 {                // absent, zero or negative
		lifetime = unstatedLifetime
	}
	return got.AccessToken, lifetime, nil
}

// once makes one attempt at a token.
func (t *tokens) once(ctx context.Context) (*oauth2.Token, error) {
	attempt, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.timeout)
	defer cancel()
	token, err := t.config.Token(context.WithValue(attempt, oauth2.HTTPClient, t.http))
	var refused *oauth2.RetrieveError
	switch {
	case err == nil && fitsHeader(token.AccessToken):
		return token, nil
	case errors.As(err, &refused) && refused.Response != nil:
		return nil, t.refusal(refused)
	}
	if cause := t.secrets.text(misconfigured(err)); cause != "" {
		unreached := &ReachError{Where: "token endpoint", Cause: cause}
		if t.expires.IsZero() {
			return nil, backoff.Permanent(unreached)
		}
		return nil, unreached // there was a token before, so this passes
	}
	cause := t.secrets.text(transportCause(err))
	if cause == "" { // a 2xx that holds no token, such as a sign-in page
		cause = "the answer holds no access token"
	}
	return nil, &TokenError{cause: cause}
}

// refusal turns an answer without a token into an error that says when to ask
// again, if at all.
func (t *tokens) refusal(refused *oauth2.RetrieveError) error {
	e := &TokenError{
		Status: refused.Response.StatusCode,
		Code:   t.secrets.text(oauthCode(refused.ErrorCode)),
		wait:   retryAfter(refused.Response.Header, t.now()),
	}
	if e.temporary() {
		return e
	}
	return backoff.Permanent(e)
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

// fitsHeader reports whether a token can be sent at all.
func fitsHeader(token string) bool {
	for _, b := range []byte(token) {
		if b <= ' ' || b > '~' {
			return false
		}
	}
	return token != ""
}
