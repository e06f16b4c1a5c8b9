package oneroster

import (
	"errors"
	"strings"
	"testing"
)

func TestNewChecksURLs(t *testing.T) {
	tests := []struct {
		name     string
		url      string
		insecure bool
		problem  string // part of the error, "" if it is taken
		shown    string // of the URL in the error
	}{
		{name: "https", url: "https://api.example.org"},
		{name: "a path prefix", url: "https://api.example.org/tenant%2F7/v1/"},
		{name: "a port", url: "https://api.example.org:8443"},
		{name: "an @ in the path", url: "https://api.example.org/@tenant"},
		{name: "white space around", url: " https://api.example.org\r\n"},
		{name: "upper case", url: "HTTPS://API.EXAMPLE.ORG"},
		{name: "http to 127.0.0.1", url: "http://127.0.0.1:8080"},
		{name: "http to another loopback address", url: "http://127.8.8.8"},
		{name: "http to ::1", url: "http://[::1]:8080"},
		{name: "http to localhost", url: "http://LOCALHOST:8080"},
		{name: "http elsewhere when allowed", url: "http://api.example.org", insecure: true},

		{name: "none", url: "", problem: "is not set"},
		{name: "white space", url: " \n", problem: "is not set"},
		{name: "http elsewhere", url: "http://api.example.org", problem: "plain http", shown: "http://api.example.org"},
		{name: "http to a name that begins like loopback", url: "http://localhost.example.org", problem: "plain http", shown: "localhost.example.org"},
		{name: "http to an address that begins like loopback", url: "http://127.0.0.1.example.org", problem: "plain http", shown: "127.0.0.1.example.org"},
		{name: "http to all addresses", url: "http://0.0.0.0", problem: "plain http", shown: "0.0.0.0"},
		{name: "no scheme", url: "api.example.org", problem: "not an absolute URL", shown: "api.example.org"},
		{name: "no scheme but a port", url: "api.example.org:443", problem: "not an absolute URL", shown: "api.example.org:443"},
		{name: "another scheme", url: "ftp://api.example.org", problem: "not an absolute URL", shown: "ftp:"},
		{name: "no host", url: "https:///path", problem: "not an absolute URL", shown: "https:///path"},
		{name: "a port alone", url: "https://:443", problem: "not an absolute URL", shown: "https://:443"},
		{name: "a space inside", url: "https://api example.org", problem: "not an absolute URL", shown: "api example.org"},
		{name: "a query", url: "https://api.example.org/v1?key=hunter2", problem: "a query or a fragment", shown: "https://api.example.org/v1"},
		{name: "an empty query", url: "https://api.example.org/?", problem: "a query or a fragment", shown: "https://api.example.org/"},
		{name: "a fragment", url: "https://api.example.org/#hunter2", problem: "a query or a fragment", shown: "https://api.example.org/"},
		{name: "an empty fragment", url: "https://api.example.org/#", problem: "a query or a fragment", shown: "https://api.example.org/"},
		{name: "credentials", url: "https://admin:hunter2@api.example.org", problem: "holds credentials"},
		{name: "a password with a question mark", url: "https://admin:hunter2?x@api.example.org", problem: "not an absolute URL"},
		{name: "a password of digits with one", url: "https://hunter2:12?x@api.example.org", problem: "a query or a fragment"},
		{name: "credentials without a scheme", url: "admin:hunter2@api.example.org", problem: "not an absolute URL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, field := range []string{"BaseURL", "TokenURL"} {
				cfg := Config{BaseURL: "https://a.example.org", TokenURL: "https://b.example.org", ClientID: "id", ClientSecret: "secret", InsecureHTTP: tt.insecure}
				if field == "BaseURL" {
					cfg.BaseURL = tt.url
				} else {
					cfg.TokenURL = tt.url
				}
				_, err := New(cfg)
				if tt.problem == "" {
					if err != nil {
						t.Error(err)
					}
					continue
				}
				var wrong *ConfigError
				if !errors.As(err, &wrong) || wrong.Field != field {
					t.Fatalf("%s: %v", field, err)
				}
				if s := err.Error(); !strings.Contains(s, tt.problem) || !strings.Contains(s, tt.shown) || strings.Contains(s, "hunter2") {
					t.Errorf("%s: %s", field, s)
				}
			}
		})
	}
}

func TestNewChecksCredentials(t *testing.T) {
	for _, tt := range []struct{ name, id, secret, field string }{
		{"no id", "", "secret", "ClientID"},
		{"an id of white space", " \n", "secret", "ClientID"},
		{"no secret", "id", "", "ClientSecret"},
		{"a secret of white space", "id", "\r\n", "ClientSecret"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(Config{BaseURL: "https://a.example.org", TokenURL: "https://b.example.org", ClientID: tt.id, ClientSecret: tt.secret})
			var wrong *ConfigError
			if !errors.As(err, &wrong) || wrong.Field != tt.field {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNewTrimsCredentials(t *testing.T) {
	c, err := New(Config{BaseURL: "https://a.example.org", TokenURL: " https://b.example.org/t ", ClientID: " id\n", ClientSecret: "\tsecret\r\n"})
	if err != nil {
		t.Fatal(err)
	}
	got := c.tokens.config
	if got.ClientID != "id" || got.ClientSecret != "secret" || got.TokenURL != "https://b.example.org/t" {
		t.Errorf("id %q, secret %q, token URL %q", got.ClientID, got.ClientSecret, got.TokenURL)
	}
}
