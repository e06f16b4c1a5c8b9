// Package oneroster speaks to a OneRoster 1.2 rostering API: it gets tokens,
// sends PATCHes, reads enrollments back, and says of every answer what it
// means for the one who asked. When to ask, and whether to ask again, is
// Pacer's to say and the caller's to obey.
package oneroster

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Config says which server to talk to, and as whom.
type Config struct {
	BaseURL      string // server root; a path prefix is allowed
	TokenURL     string // OAuth2 client-credentials endpoint
	ClientID     string
	ClientSecret string
	Scopes       []string
	InsecureHTTP bool          // allow http:// to other than loopback addresses
	UserAgent    string        // such as "rosterpatch/1.2.0"
	Timeout      time.Duration // of one attempt, connection and body included
	Workers      int           // requests in flight at once; sizes the connection pool
	Retries      int           // attempts at a token after the first
}

// ConfigError is a setting that cannot work. It names the setting as Config
// does, so that the caller can say which flag or variable holds it.
type ConfigError struct {
	Field   string
	Value   string // never a secret
	Problem string
}

func (e *ConfigError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("%s: %s", e.Field, e.Problem)
	}
	return fmt.Sprintf("%s %q: %s", e.Field, e.Value, e.Problem)
}

// New returns a client for the server cfg names, or a *ConfigError. It sends
// nothing yet.
func New(cfg Config) (*Client, error) {
	base, err := parseURL("BaseURL", cfg.BaseURL, cfg.InsecureHTTP)
	if err != nil {
		return nil, err
	}
	if _, err := parseURL("TokenURL", cfg.TokenURL, cfg.InsecureHTTP); err != nil {
		return nil, err
	}
	if cfg.ClientID == "" {
		return nil, &ConfigError{Field: "ClientID", Problem: "is not set"}
	}
	secret := strings.TrimSpace(cfg.ClientSecret)
	if secret == "" {
		return nil, &ConfigError{Field: "ClientSecret", Problem: "is not set"}
	}
	client := &http.Client{
		Transport: transport(cfg.Workers),
		// A PATCH that is redirected becomes a GET whose 200 looks like success.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	redact := &redactor{}
	redact.add(secret)
	return &Client{
		http:        client,
		enrollments: strings.TrimRight(base.String(), "/") + "/ims/oneroster/rostering/v1p2/enrollments/",
		userAgent:   cfg.UserAgent,
		timeout:     cfg.Timeout,
		redact:      redact,
		tokens: &tokens{
			config: clientcredentials.Config{
				ClientID:     strings.TrimSpace(cfg.ClientID),
				ClientSecret: secret,
				TokenURL:     cfg.TokenURL,
				Scopes:       cfg.Scopes,
				AuthStyle:    oauth2.AuthStyleInParams,
			},
			http:    client,
			timeout: cfg.Timeout,
			retries: cfg.Retries,
			redact:  redact,
			now:     time.Now,
		},
	}, nil
}

// transport keeps one connection a worker alive, and finds out by itself that
// an HTTP/2 connection has died under it.
func transport(workers int) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           workers + 2,
		MaxIdleConnsPerHost:    workers + 1,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}
}

func parseURL(field, raw string, insecure bool) (*url.URL, error) {
	if raw == "" {
		return nil, &ConfigError{Field: field, Problem: "is not set"}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Host == "", u.Scheme != "https" && u.Scheme != "http":
		return nil, &ConfigError{field, redactURL(raw), "is not an absolute https:// URL"}
	case u.User != nil:
		return nil, &ConfigError{field, u.Redacted(), "holds credentials; put them into the client id and secret instead"}
	case u.RawQuery != "" || u.Fragment != "":
		return nil, &ConfigError{field, u.Scheme + "://" + u.Host + u.Path, "must end with its path: a query or a fragment has no place in it"}
	case u.Scheme == "http" && !insecure && !loopback(u.Hostname()):
		return nil, &ConfigError{field, raw, "is plain http, which is allowed for loopback addresses only"}
	}
	return u, nil
}

// redactURL keeps what stands before anything that may be a credential.
func redactURL(raw string) string {
	before, _, _ := strings.Cut(raw, "?")
	if _, after, ok := strings.Cut(before, "@"); ok {
		return after
	}
	return before
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
