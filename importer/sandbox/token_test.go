package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rosterpatch/importer/sandbox"
)

func TestTokenEndpoint(t *testing.T) {
	const good = "grant_type=client_credentials&client_id=us&client_secret=s3cret%2B"
	for _, tt := range []struct {
		name, form, kind, method string
		want                     int
		says                     string
	}{
		{"good", good, "", "", 200, `"expires_in":3600,"token_type":"Bearer"`},
		{"with a scope", good + "&scope=a+b", "", "", 200, `"access_token":"`},
		{"white space in the secret", good + "%0A", "", "", 400, `{"error":"invalid_client"}`},
		{"another secret", "grant_type=client_credentials&client_id=us&client_secret=x", "", "", 400, `{"error":"invalid_client"}`},
		{"no credentials", "grant_type=client_credentials", "", "", 400, `{"error":"invalid_client"}`},
		{"another grant", "grant_type=password&client_id=us&client_secret=s3cret%2B", "", "", 400, `{"error":"unsupported_grant_type"}`},
		{"JSON", `{}`, "application/json", "", 400, `{"error":"invalid_request"}`},
		{"GET", good, "", "GET", 405, "POST"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &logBuffer{}
			s := sandbox.New(sandbox.Options{ClientID: "us", ClientSecret: "s3cret+", Log: log})
			r := tokenRequest(tt.form)
			if tt.kind != "" {
				r.Header.Set("Content-Type", tt.kind)
			}
			if tt.method != "" {
				r.Method = tt.method
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != tt.want || !strings.Contains(w.Body.String(), tt.says) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, tt.want, tt.says)
			}
			if strings.Contains(string(log.bytes()), "s3cret") {
				t.Errorf("the secret is in the log: %s", log.bytes())
			}
		})
	}
}

func TestTokenExpiresIn(t *testing.T) {
	for say, want := range map[string]string{
		"":     `"expires_in":90,`,
		"5":    `"expires_in":5,`,
		"0":    `"expires_in":0,`,
		"soon": `"expires_in":"soon",`,
		"none": ``,
	} {
		s := sandbox.New(sandbox.Options{TokenLifetime: 90 * time.Second, ExpiresIn: say})
		w := httptest.NewRecorder()
		s.ServeHTTP(w, tokenRequest("grant_type=client_credentials&client_id=sandbox&client_secret=sandbox-secret"))
		body := w.Body.String()
		if !strings.Contains(body, want) || strings.Contains(body, "expires_in") != (want != "") {
			t.Errorf("ExpiresIn %q: %s", say, body)
		}
	}
}

// TestTokenLifetime holds that a token ends on time and that others do not end with
// it.
func TestTokenLifetime(t *testing.T) {
	c := newClock()
	b := newRig(t, sandbox.Options{Open: true, TokenLifetime: time.Minute, Now: c.time})
	first := b.authorization
	c.pass(59 * time.Second)
	second := authorise(t, b.Server)
	if first == second {
		t.Fatal("two tokens alike")
	}
	b.patch("e1", `{"role":"teacher"}`, http.StatusOK)
	c.pass(time.Second)
	b.patch("e1", `{"role":"student"}`, http.StatusUnauthorized)
	if q := b.last(); q.Token != 1 || q.Applied {
		t.Errorf("log: %+v", q)
	}
	b.authorization = second
	b.patch("e1", `{"role":"student"}`, http.StatusOK)
	if q := b.last(); q.Token != 2 {
		t.Errorf("log: %+v", q)
	}
}

func TestRateLimit(t *testing.T) {
	for _, tt := range []struct{ say, want string }{
		{"", "1"},
		{"none", ""},
		{"Mon, 17 Aug 2026 02:00:05 GMT", "Mon, 17 Aug 2026 02:00:05 GMT"},
	} {
		c := newClock()
		b := newRig(t, sandbox.Options{Open: true, RateLimit: 2, RetryAfter: tt.say, Now: c.time})
		b.patch("e1", `{"role":"student"}`, http.StatusOK)
		b.send("GET", path("e1"), "")
		w := b.patch("e1", `{"role":"teacher"}`, http.StatusTooManyRequests)
		if got := w.Header().Get("Retry-After"); got != tt.want {
			t.Errorf("Retry-After %q, want %q", got, tt.want)
		}
		if b.last().Applied || !strings.Contains(w.Body.String(), "server_busy") {
			t.Errorf("%+v %s", b.last(), w.Body)
		}
		authorise(t, b.Server) // tokens come from elsewhere
		c.pass(500 * time.Millisecond)
		b.patch("e1", `{"role":"teacher"}`, http.StatusOK)
		b.patch("e1", `{"role":"teacher"}`, http.StatusTooManyRequests)
	}
}
