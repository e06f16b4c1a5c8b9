package importer_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// A connection that the server closes just as it is used again costs no
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
		m := n.run()
		m.finished()
		if m.outcomes[report.Updated] != 40 || len(m.patches()) != 79 {
			t.Errorf("%v after %d PATCHes", m.outcomes, len(m.patches()))
		}
		// On a busy machine some are sent again late, but if there were a pause, all.
		soonest := time.Hour
		for i, q := range m.patches() {
			if q.Nth > 1 {
				soonest = min(soonest, q.Time.Sub(m.patches()[i-1].Time))
			}
		}
		if soonest > 100*time.Millisecond {
			t.Errorf("no PATCH was sent again sooner than %v", soonest)
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

// An HTTP/2 server says GOAWAY, before or after the request got to it.
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

func TestHangingSocket(t *testing.T) {
	t.Run("once", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(1), sandbox.Options{Fault: strikes("hang")})
		hasty(n)
		m := n.run()
		m.finished()
		takenLater(m)
	})
	t.Run("in the middle of the body", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(1), sandbox.Options{})
		hasty(n)
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
		takenLater(m)
	})
	t.Run("for ever", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(1), sandbox.Options{Fault: strikes("*hang")})
		n.options.Server.Timeout, n.options.Retries = time.Second, 1
		m := n.run()
		m.finished()
		m.reports("2 unknown 0 2 … timeout … last of 2 attempts")
	})
	t.Run("the run ends by its deadline", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(30), sandbox.Options{Fault: strikes("*hang")})
		hasty(n)
		n.options.FinishBy = time.Now().Add(700 * time.Millisecond)
		m := n.run()
		if !errors.Is(m.err, importer.ErrFinishBy) {
			t.Errorf("the run ended with %v", m.err)
		}
		if took := time.Since(m.began); took >= n.options.GiveUp {
			t.Errorf("took %v", took)
		}
	})
	t.Run("while it shakes hands", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(30), sandbox.Options{})
		n.options.Server.BaseURL = "https://" + silent(t)
		hasty(n)
		n.options.GiveUp = 3 * time.Second // which the token has to come within
		m := n.run()
		ended[*importer.GiveUpError](m, "timeout")
		if m.outcomes[report.Unsent] != 30 {
			t.Errorf("%v", m.outcomes)
		}
	})
}

// hasty has the program give up an attempt soon, as often as it takes: on a busy
// machine one that could succeed is given up too.
func hasty(n *night) {
	n.options.Server.Timeout, n.options.Retries = 300*time.Millisecond, 100
}

// takenLater sees that the one row was accepted, but not at its first attempt.
func takenLater(m *morning) {
	m.Helper()
	if l := m.lines[0]; l.Outcome != report.Updated || l.HTTPStatus != 200 || l.Attempts < 2 {
		m.Errorf("the report says %s", said(l))
	}
}

// silent is the address of a server that takes connections and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	return listening(t, func(c net.Conn) { io.Copy(io.Discard, c) })
}

// listening is the address of a server that does so with each connection.
func listening(t *testing.T, serve func(net.Conn)) string {
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
			go serve(c)
		}
	}()
	return l.Addr().String()
}
