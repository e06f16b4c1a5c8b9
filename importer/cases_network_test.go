package importer_test

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// Case 12: a connection that the server closes just as it is used again costs no
// retry and no time.
func TestStaleConnections(t *testing.T) {
	t.Run("found to be closed", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(40), sandbox.Options{})
		n.options.Workers, n.options.Retries = 1, 0
		var mu sync.Mutex
		used := make(map[string]bool)
		n.faces(func(w http.ResponseWriter, r *http.Request, q sandbox.Request) {
			mu.Lock()
			stale := used[r.RemoteAddr]
			used[r.RemoteAddr] = true
			mu.Unlock()
			if stale {
				panic(http.ErrAbortHandler)
			}
			accept(w, r, q)
		})
		began := time.Now()
		m := n.run()
		m.finished()
		if m.outcomes[report.Updated] != 40 || len(m.patches()) != 79 {
			t.Errorf("%v after %d PATCHes", m.outcomes, len(m.patches()))
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
	})
	t.Run("closed as it falls idle", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(200), sandbox.Options{})
		n.options.Workers, n.options.Retries = 8, 0
		s := httptest.NewUnstartedServer(n.hostile.record(accept))
		s.Config.ConnState = func(c net.Conn, state http.ConnState) {
			if state == http.StateIdle {
				c.Close()
			}
		}
		s.Start()
		t.Cleanup(s.Close)
		n.options.Server.BaseURL = s.URL
		m := n.run()
		m.finished()
		// Of so many dead connections a row may meet more than it is allowed.
		if m.outcomes[report.Failed] > 0 || m.outcomes[report.Updated] < 150 {
			t.Errorf("%v", m.outcomes)
		}
	})
}

// Case 12: an HTTP/2 server says GOAWAY, before or after the request got to it.
func TestGoAway(t *testing.T) {
	for name, lastStream := range map[string]byte{"before the request": 0, "after it": 1} {
		t.Run(name, func(t *testing.T) {
			if !alone(t) {
				return
			}
			n := newNight(t, rows(20), sandbox.Options{})
			s := httptest.NewUnstartedServer(n.hostile.record(func(w http.ResponseWriter, r *http.Request, q sandbox.Request) {
				if q.Seq%5 == 0 {
					w.Header().Set("Connection", "close") // which Go's server turns into a GOAWAY
				}
				accept(w, r, q)
			}))
			s.EnableHTTP2 = true
			s.Listener = &leaving{Listener: s.Listener, server: s, lastStream: lastStream}
			s.StartTLS()
			t.Cleanup(s.Close)
			n.trust(s)
			n.options.Server.BaseURL = s.URL
			m := n.run()
			m.finished()
			if m.outcomes[report.Updated] != 20 {
				t.Errorf("%v", m.outcomes)
			}
		})
	}
}

// leaving is a listener whose first connection speaks HTTP/2 and answers the
// first request with GOAWAY.
type leaving struct {
	net.Listener
	server     *httptest.Server
	lastStream byte
	once       sync.Once
}

func (l *leaving) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	first := false
	l.once.Do(func() { first = true })
	if !first {
		return c, nil
	}
	go l.leave(c)
	return l.Accept()
}

func (l *leaving) leave(c net.Conn) {
	defer c.Close()
	h2 := tls.Server(c, &tls.Config{Certificates: l.server.TLS.Certificates, NextProtos: []string{"h2"}})
	if _, err := io.ReadFull(h2, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	h2.Write([]byte{0, 0, 0, 4, 0, 0, 0, 0, 0}) // SETTINGS, none
	for {
		var head [9]byte
		if _, err := io.ReadFull(h2, head[:]); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, h2, int64(head[0])<<16|int64(head[1])<<8|int64(head[2])); err != nil {
			return
		}
		if head[3] == 1 { // HEADERS: GOAWAY, NO_ERROR
			h2.Write([]byte{0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, l.lastStream, 0, 0, 0, 0})
			h2.CloseWrite()
			io.Copy(io.Discard, h2) // until the client has seen it
			return
		}
	}
}

// trust makes this process accept the server's certificate.
func (n *night) trust(s *httptest.Server) {
	n.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	n.Setenv("SSL_CERT_FILE", n.put("server.pem", string(text)))
}

// Case 32.
func TestHangingSocket(t *testing.T) {
	t.Run("once", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(1), sandbox.Options{Fault: strikes("hang")})
		n.options.Server.Timeout = 300 * time.Millisecond
		m := n.run()
		m.finished()
		m.reports("2 updated 200 2")
	})
	t.Run("in the middle of the body", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(1), sandbox.Options{})
		n.options.Server.Timeout = 300 * time.Millisecond
		n.faces(func(w http.ResponseWriter, r *http.Request, q sandbox.Request) {
			if q.Nth > 1 {
				accept(w, r, q)
				return
			}
			answer(w, 200, asJSON, `{"enrollment":`)
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})
		m := n.run()
		m.finished()
		m.reports("2 updated 200 2")
	})
	t.Run("for ever", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(1), sandbox.Options{Fault: strikes("*hang")})
		n.options.Server.Timeout, n.options.Retries = 200*time.Millisecond, 1
		m := n.run()
		m.finished()
		m.reports("2 unknown 0 2 … timeout … last of 2 attempts")
	})
	t.Run("the run ends by its deadline", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(30), sandbox.Options{Fault: strikes("*hang")})
		n.options.Server.Timeout, n.options.Retries = 200*time.Millisecond, 100
		n.options.FinishBy = time.Now().Add(700 * time.Millisecond)
		began := time.Now()
		m := n.run()
		if m.err == nil || !strings.Contains(m.err.Error(), importer.ErrFinishBy.Error()) {
			t.Errorf("the run ended with %v", m.err)
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("took %v", took)
		}
	})
	t.Run("while it shakes hands", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(30), sandbox.Options{})
		n.options.Server.BaseURL = "https://" + silent(t)
		n.options.Server.Timeout, n.options.GiveUp, n.options.Retries = 100*time.Millisecond, 700*time.Millisecond, 100
		m := n.run()
		ended[*importer.GiveUpError](m, "timeout")
		if m.outcomes[report.Unsent] != 30 {
			t.Errorf("%v", m.outcomes)
		}
	})
}

// silent is the address of a server that takes connections and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go io.Copy(io.Discard, c)
		}
	}()
	return l.Addr().String()
}

// Case 34: what no retry mends stops the run before row one, with its cause.
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
			n.options.GiveUp = 3 * time.Second
			tt.set(n)
			began := time.Now()
			m := n.run()
			ended[*importer.ReachError](m, tt.words...)
			if took := time.Since(began); took > time.Second {
				t.Errorf("took %v", took)
			}
			m.sawPatches(0)
			if m.outcomes[report.Unsent] != 20 {
				t.Errorf("%v", m.outcomes)
			}
		})
	}
}

// Case 34: proxies, which a process reads from its environment once.
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
		{"that is not there", "https", closed, []string{"proxy", "connection refused", "HTTPS_PROXY"}},
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
			n.options.GiveUp = 3 * time.Second
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
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.Read(make([]byte, 4096))
				fmt.Fprintf(c, "HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", status)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// closed is an address at which no one listens.
func closed(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return "http://" + l.Addr().String()
}
