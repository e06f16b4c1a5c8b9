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
	Timeout      time.Duration // of one attempt, connection and body included; more than 0
	Workers      int           // requests in flight at once; sizes the connection pool
	Retries      int           // attempts at a token after the first
	GiveUp       time.Duration // how long getting a token may take, its endpoint's Retry-After included; 0: no bound
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

// New returns a client for the server cfg names, or a *ConfigError. White space
// around a setting is no part of it. New sends nothing yet.
func New(cfg Config) (*Client, error) {
	base, err := parseURL("BaseURL", cfg.BaseURL, cfg.InsecureHTTP)
	if err != nil {
		return nil, err
	}
	tokenURL, err := parseURL("TokenURL", cfg.TokenURL, cfg.InsecureHTTP)
	if err != nil {
		return nil, err
	}
	id, secret := strings.TrimSpace(cfg.ClientID), strings.TrimSpace(cfg.ClientSecret)
	switch {
	case id == "":
		return nil, &ConfigError{Field: "ClientID", Problem: "is not set"}
	case secret == "":
		return nil, &ConfigError{Field: "ClientSecret", Problem: "is not set"}
	}
	client := &http.Client{
		Transport: transport(cfg.Workers),
		// A PATCH that is redirected becomes a GET whose 200 looks like success.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	secrets := &redactor{}
	secrets.add(secret)
	return &Client{
		http:        client,
		enrollments: strings.TrimRight(base.String(), "/") + "/ims/oneroster/rostering/v1p2/enrollments/",
		userAgent:   cfg.UserAgent,
		timeout:     cfg.Timeout,
		secrets:     secrets,
		now:         time.Now,
		tokens: &tokens{
			config: clientcredentials.Config{
				ClientID:     id,
				ClientSecret: secret,
				TokenURL:     tokenURL.String(),
				Scopes:       cfg.Scopes,
				AuthStyle:    oauth2.AuthStyleInParams,
			},
			http:    &http.Client{Transport: tokenAnswers{named{client.Transport, cfg.UserAgent}}, CheckRedirect: client.CheckRedirect},
			timeout: cfg.Timeout,
			retries: cfg.Retries,
			giveUp:  cfg.GiveUp,
			secrets: secrets,
			now:     time.Now,
		},
	}, nil
}

// named says who is asking where a library makes the request.
type named struct {
	http.RoundTripper
	userAgent string
}

// RoundTrip implements [http.RoundTripper].
func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", n.userAgent)
	return n.RoundTripper.RoundTrip(r)
}

// transport keeps one connection a worker alive, and finds out by itself that
// an HTTP/2 connection has died under it.
func transport(workers int) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: proxyAnswer,
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

// parseURL reads a setting that is an absolute URL which ends with its path.
func parseURL(field, raw string, insecure bool) (*url.URL, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return nil, &ConfigError{Field: field, Problem: "is not set"}
	}
	shown := raw // as far as it cannot hold a password
	if at := strings.IndexAny(raw, "?#"); at >= 0 {
		shown = raw[:at]
	}
	if strings.Contains(raw, "@") {
		shown = ""
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Hostname() == "", u.Scheme != "https" && u.Scheme != "http":
		return nil, &ConfigError{field, shown, "is not an absolute URL such as https://api.example.org"}
	case u.User != nil:
		return nil, &ConfigError{field, shown, "holds credentials; put them into the client id and secret instead"}
	case strings.ContainsAny(raw, "?#"):
		return nil, &ConfigError{field, shown, "must end with its path: a query or a fragment has no place in it"}
	case u.Scheme == "http" && !insecure && !loopback(u.Hostname()):
		return nil, &ConfigError{field, shown, "is plain http, which is allowed for loopback addresses only; use https"}
	}
	return u, nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
