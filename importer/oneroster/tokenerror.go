package oneroster

import (
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// TokenError says that no token was to be had. It holds nothing of what the
// endpoint answered but its status and error code: the body may echo secrets.
type TokenError struct {
	Status int    // HTTP status, 0 when there was no answer
	Code   string // OAuth2 error code such as invalid_client
	cause  string // what went wrong when there was none
	wait   time.Duration
}

// temporary reports whether the endpoint may well answer otherwise later.
func (e *TokenError) temporary() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout || e.Status >= 500
}

// Unwrap tells a retry how long the endpoint asks to wait, if it does.
func (e *TokenError) Unwrap() error {
	if e.wait == 0 {
		return nil
	}
	return &backoff.RetryAfterError{Duration: e.wait}
}

func (e *TokenError) Error() string {
	what := e.cause
	if e.Status != 0 {
		what = fmt.Sprintf("HTTP %d", e.Status)
		if e.Code != "" {
			what += " " + e.Code
		}
	}
	return fmt.Sprintf("no token from the token endpoint: %s; %s", what, e.hint())
}

func (e *TokenError) hint() string {
	switch {
	case e.Code == "invalid_scope":
		return "check the scopes"
	case e.Code == "invalid_client", e.Status == http.StatusUnauthorized:
		return "check the client id and secret; a rotated secret is the usual cause"
	case e.temporary():
		return "it is in trouble itself; run again when it is not"
	}
	return "check the token URL"
}
