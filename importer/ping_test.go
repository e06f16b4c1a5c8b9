package importer_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/sandbox"
)

func TestPing(t *testing.T) {
	pinged := func(n *night) (importer.Pong, error) { return importer.Ping(n.Context(), n.options) }
	t.Run("all is well", func(t *testing.T) {
		n := newSchool(t, rows(1), sandbox.Options{}, enrolled("e1"), enrolled("e2"))
		pong, err := pinged(n)
		if err != nil || pong.Enrollments != 2 || pong.BaseURL != n.options.Server.BaseURL || pong.Took <= 0 {
			t.Errorf("%+v, %v", pong, err)
		}
		log := n.requests()
		if len(log) != 2 || log[0].Method != "POST" || log[1].Method != "GET" {
			t.Errorf("ping made %d requests", len(log))
		}
	})
	cases := []struct {
		name  string
		fault string // of the read, or of the token behind "token:"
		set   func(*importer.Options)
		ends  func(error) bool
		says  []string
	}{
		{"a wrong secret", "", func(o *importer.Options) { o.Server.ClientSecret = "wrong" }, is[*importer.TokenError], []string{"invalid_client"}},
		{"a token endpoint in trouble", "token:503", nil, is[*importer.TokenError], []string{"503"}},
		{"no permission to read", "403", nil, is[*importer.PermissionError], []string{"403"}},
		{"a token that is not taken", "401", nil, is[*importer.PermissionError], []string{"401"}},
		{"a server in trouble", "503", nil, is[*importer.ReachError], []string{"503"}},
		{"a web page", "html", nil, is[*importer.UsageError], []string{"--base-url", "web page"}},
		{"a redirect", "redirect", nil, is[*importer.UsageError], []string{"--base-url", "redirect"}},
		{"an answer cut short", "cut", nil, is[*importer.ReachError], []string{"cut"}},
		{"a path that is none", "", func(o *importer.Options) { o.Server.BaseURL += "/v9" }, is[*importer.UsageError], []string{"--base-url", "/v9", "404"}},
		{"no server", "", func(o *importer.Options) { o.Server.BaseURL = nobody }, is[*importer.ReachError], []string{"refused"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, rows(1), sandbox.Options{Fault: func(q sandbox.Request) string {
				fault, ofToken := strings.CutPrefix(c.fault, "token:")
				if ofToken != (q.Method == http.MethodPost) {
					return ""
				}
				return fault
			}})
			if c.set != nil {
				c.set(&n.options)
			}
			n.options.Retries = 100
			began := time.Now()
			_, err := pinged(n)
			if err == nil || !c.ends(err) {
				t.Fatalf("ping ended with %T: %v", err, err)
			}
			contains(t, err.Error(), c.says...)
			if took := time.Since(began); took >= n.options.GiveUp {
				t.Errorf("it took %v", took)
			}
			for _, q := range n.requests() {
				if q.Method == http.MethodPatch || q.Nth > 1 {
					t.Errorf("ping made %+v", q)
				}
			}
		})
	}
}
