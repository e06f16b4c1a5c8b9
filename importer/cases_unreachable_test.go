package importer_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// What no retry mends stops the run before row one, with its cause.
func TestUnreachable(t *testing.T) {
	// Too long for a name, so that no resolver has to be asked.
	nowhere := strings.Repeat("x", 64) + ".invalid"
	secure := func(n *night, config *tls.Config) string {
		s := httptest.NewUnstartedServer(n.hostile.record(accept))
		s.TLS, s.Config.ErrorLog = config, log.New(io.Discard, "", 0)
		s.StartTLS()
		n.Cleanup(s.Close)
		return s.URL
	}
	tests := []struct {
		name  string
		set   func(n *night)
		words []string
	}{
		{"DNS", func(n *night) { n.options.Server.BaseURL = "https://" + nowhere }, []string{"server", "no such host", nowhere}},
		{"DNS of the token endpoint", func(n *night) { n.options.Server.TokenURL = "https://" + nowhere + "/token" }, []string{"token endpoint", "no such host"}},
		{"a certificate that no one has signed", func(n *night) { n.options.Server.BaseURL = secure(n, nil) }, []string{"server", "certificate", "unknown authority"}},
		{"the token endpoint's certificate", func(n *night) { n.options.Server.TokenURL = secure(n, nil) }, []string{"token endpoint", "certificate"}},
		{"a certificate of another host", func(n *night) {
			n.options.Server.BaseURL = strings.Replace(secure(n, nil), "127.0.0.1", "localhost", 1)
		}, []string{"server", "certificate"}},
		{"no TLS on this port", func(n *night) {
			n.options.Server.BaseURL = strings.Replace(n.options.Server.BaseURL, "http:", "https:", 1)
		}, []string{"server", "does not speak TLS"}},
		{"TLS of long ago", func(n *night) { n.options.Server.BaseURL = secure(n, &tls.Config{MaxVersion: tls.VersionTLS11}) }, []string{"server", "TLS", "protocol version"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, rows(20), sandbox.Options{})
			tt.set(n)
			m := n.run()
			ended[*importer.ReachError](m, tt.words...)
			if m.facts.Requests > 1 {
				t.Errorf("%d requests were tried", m.facts.Requests)
			}
			if took := time.Since(m.began); took >= n.options.GiveUp {
				t.Errorf("took %v", took)
			}
			m.sawPatches(0)
			if m.outcomes[report.Unsent] != 20 {
				t.Errorf("%v", m.outcomes)
			}
		})
	}
}

// Proxies, which a process reads from its environment once.
func TestProxies(t *testing.T) {
	tests := []struct {
		name   string
		scheme string // of the server
		proxy  func(t *testing.T) string
		words  []string
	}{
		{"that refuses to connect", "https", func(t *testing.T) string { return refusing(t, "403 Forbidden") }, []string{"proxy", "Forbidden", "HTTPS_PROXY"}},
		{"that wants credentials", "https", func(t *testing.T) string { return refusing(t, "407 Proxy Authentication Required") }, []string{"proxy", "Proxy Authentication Required", "HTTPS_PROXY"}},
		{"that wants credentials, of http", "http", func(t *testing.T) string { return refusing(t, "407 Proxy Authentication Required") }, []string{"proxy", "407", "HTTP_PROXY"}},
		{"that is not there", "https", func(*testing.T) string { return nobody }, []string{"proxy", "connection refused", "HTTPS_PROXY"}},
		{"whose name is wrong", "https", func(*testing.T) string { return "http://" + strings.Repeat("x", 64) + ".invalid:3128" }, []string{"proxy", "HTTPS_PROXY"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !alone(t) {
				return
			}
			proxy := tt.proxy(t)
			t.Setenv("HTTPS_PROXY", proxy)
			t.Setenv("HTTP_PROXY", proxy)
			n := newNight(t, rows(20), sandbox.Options{})
			n.options.Server.BaseURL, n.options.Server.InsecureHTTP = tt.scheme+"://enrollments.example", true
			m := n.run()
			ended[*importer.ReachError](m, tt.words...)
			if m.outcomes[report.Unsent] != 20 {
				t.Errorf("%v", m.outcomes)
			}
		})
	}
}

// refusing is a proxy that answers everything alike.
func refusing(t *testing.T, status string) string {
	t.Helper()
	return "http://" + listening(t, func(c net.Conn) {
		defer c.Close()
		c.Read(make([]byte, 4096))
		fmt.Fprintf(c, "HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", status)
	})
}

// nobody is an address at which no one listens: a port that was free a moment ago
// another test might take.
const nobody = "http://127.0.0.1:1"
