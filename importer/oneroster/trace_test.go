package oneroster

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestRequestsWithoutAnswer meets servers, proxies and networks that do not answer.
func TestRequestsWithoutAnswer(t *testing.T) {
	// afterRequest is a server that takes a request and then does as it likes.
	afterRequest := func(then func(c net.Conn)) func(*testing.T) *Client {
		return func(t *testing.T) *Client {
			return newClient(t, "http://"+handleRaw(t, func(c net.Conn, _ int) {
				if readRequest(bufio.NewReader(c)) == nil {
					then(c)
				}
			}))
		}
	}
	answer := func(text string) func(*testing.T) *Client {
		return afterRequest(func(c net.Conn) { io.WriteString(c, text); c.Close() })
	}
	const dead = "127.0.0.1:1" // a port that was free a moment ago another test might take
	dialing := func(err error) func(*testing.T) *Client {
		return func(t *testing.T) *Client {
			c := newClient(t, "https://api.example.org")
			transportOf(c).Proxy = nil
			transportOf(c).DialContext = func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
			}
			return c
		}
	}
	proxied := func(address func(*testing.T) string) func(*testing.T) *Client {
		return func(t *testing.T) *Client {
			c := newClient(t, "https://api.example.org")
			transportOf(c).Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: address(t)})
			return c
		}
	}
	proxyAnswering := func(status int) func(*testing.T) *Client {
		return proxied(func(t *testing.T) string {
			return strings.TrimPrefix(handle(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }), "http://")
		})
	}
	secure := func(base func(*httptest.Server) string, trust bool) func(*testing.T) *Client {
		return func(t *testing.T) *Client {
			s := httptest.NewUnstartedServer(http.NotFoundHandler())
			s.Config.ErrorLog = nothing()
			s.StartTLS()
			t.Cleanup(s.Close)
			c := newClient(t, base(s))
			if trust {
				transportOf(c).TLSClientConfig.RootCAs = x509.NewCertPool()
				transportOf(c).TLSClientConfig.RootCAs.AddCert(s.Certificate())
			}
			return c
		}
	}

	tests := []struct {
		name    string
		client  func(*testing.T) *Client
		verdict Verdict
		message string
	}{
		{"closed instead of an answer", afterRequest(func(c net.Conn) { c.Close() }), Lost, "no usable answer: connection closed before the answer was whole"},
		{"reset instead of an answer", afterRequest(func(c net.Conn) { c.(*net.TCPConn).SetLinger(0); c.Close() }), Lost, "no usable answer: connection reset"},
		{"another protocol", answer("SSH-2.0-OpenSSH_9.9\r\n"), Lost, "no usable answer: malformed HTTP response"},
		{"a header cut short", answer("HTTP/1.1 200 OK\r\nContent-Le"), Lost, "no usable answer: malformed MIME header"},
		{"a body cut short", answer("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"enrollment\":"), Lost, "the answer, a 200, was cut short"},
		{"chunks cut short", answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n"), Lost, "the answer, a 200, was cut short"},
		{"headers without end", answer("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20)), Lost, "no usable answer: "},
		{"a 404 cut short", answer("HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n{\"a"), Refused, ""},

		{"nobody listens", func(t *testing.T) *Client { return newClient(t, "http://"+dead) }, Unreached, "no connection: connection refused"},
		{"no route", dialing(syscall.EHOSTUNREACH), Unreached, "no connection: dial: no route to host"},
		{"no such host", dialing(&net.DNSError{Err: "no such host", Name: "api.example.org", IsNotFound: true}), Misconfigured, `no such host "api.example.org" (DNS)`},
		{"DNS in trouble", dialing(&net.DNSError{Err: "server misbehaving", Name: "api.example.org", IsTemporary: true}), Unreached, "server misbehaving"},
		{"DNS without an answer", dialing(&net.DNSError{Err: "i/o timeout", Name: "api.example.org", IsTimeout: true}), Unreached, "no connection: timeout"},

		{"a certificate of an unknown authority", secure(func(s *httptest.Server) string { return s.URL }, false), Misconfigured, "its TLS certificate is not accepted: "},
		{"a certificate for another host", secure(func(s *httptest.Server) string { return strings.Replace(s.URL, "127.0.0.1", "localhost", 1) }, true), Misconfigured, "its TLS certificate is not accepted: "},
		{"no TLS there", func(t *testing.T) *Client {
			return newClient(t, strings.Replace(handle(t, http.NotFound), "http://", "https://", 1))
		}, Misconfigured, "it does not speak TLS on this port"},
		{"neither TLS nor HTTP there", func(t *testing.T) *Client {
			return newClient(t, "https://"+handleRaw(t, func(c net.Conn, _ int) { io.WriteString(c, "220 mail.example.org ESMTP\r\n") }))
		}, Misconfigured, "it does not speak TLS on this port"},
		{"too old a TLS", func(t *testing.T) *Client {
			s := httptest.NewUnstartedServer(http.NotFoundHandler())
			s.Config.ErrorLog = nothing()
			s.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
			s.StartTLS()
			t.Cleanup(s.Close)
			return newClient(t, s.URL)
		}, Misconfigured, "TLS was refused: "},

		{"a proxy that is not there", proxied(func(*testing.T) string { return dead }), Misconfigured, "no connection to the proxy (connection refused); check HTTPS_PROXY"},
		{"a proxy that wants credentials", proxyAnswering(407), Misconfigured, "the proxy answers 407 Proxy Authentication Required; check HTTPS_PROXY"},
		{"a proxy that forbids", proxyAnswering(403), Misconfigured, "the proxy answers 403 Forbidden; check HTTPS_PROXY"},
		{"a proxy that does not get through", proxyAnswering(502), Unreached, "no connection: the proxy answers 502 Bad Gateway"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := patch(t, tt.client(t))
			if a.Verdict != tt.verdict || !strings.HasPrefix(a.Message, tt.message) && !strings.HasSuffix(a.Message, tt.message) {
				t.Errorf("verdict %d (%q), want %d (%q)", a.Verdict, a.Message, tt.verdict, tt.message)
			}
		})
	}
}

// TestSilence meets servers that stop talking, in a bubble of synctest: a client's
// patience costs no time there, and cannot end before the moment that is meant.
func TestSilence(t *testing.T) {
	tests := []struct {
		name, scheme string
		server       func(c net.Conn, r *bufio.Reader)
		verdict      Verdict
		message      string
	}{
		{"instead of an answer", "http", func(c net.Conn, r *bufio.Reader) { readRequest(r) }, Lost, "no usable answer: timeout"},
		{"inside a body", "http", func(c net.Conn, r *bufio.Reader) {
			readRequest(r)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
		}, Lost, "the answer, a 200, was cut short"},
		{"in the handshake", "https", func(net.Conn, *bufio.Reader) {}, Unreached, "no connection: timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, tt.scheme+"://127.0.0.1")
				c.timeout = 5 * time.Second
				transportOf(c).DialContext = func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					go func() {
						r := bufio.NewReader(theirs)
						tt.server(theirs, r)
						io.Copy(io.Discard, r) // until the client hangs up
						theirs.Close()
					}()
					return ours, nil
				}
				began := time.Now()
				a := patch(t, c)
				if a.Verdict != tt.verdict || a.Message != tt.message || time.Since(began) != c.timeout {
					t.Errorf("verdict %d (%q) after %v, want %d (%q)", a.Verdict, a.Message, time.Since(began), tt.verdict, tt.message)
				}
			})
		})
	}
}

// TestTraceVerdicts is about moments that no server can be made to hit.
func TestTraceVerdicts(t *testing.T) {
	reset := &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	tests := []struct {
		name  string
		trace func(*trace)
		err   error
		want  Verdict
	}{
		{"reset while the handshake went on", func(*trace) {}, reset, Unreached},
		{"reset before the request was written", func(t *trace) { t.connected.Store(true) }, reset, Unreached},
		{"reset after it was", func(t *trace) { t.connected.Store(true); t.wrote.Store(true) }, reset, Lost},
		{"reset on an idle connection", func(t *trace) { t.connected.Store(true); t.kept.Store(true); t.wrote.Store(true) }, reset, Stale},
		{"closed on an idle connection", func(t *trace) { t.connected.Store(true); t.kept.Store(true); t.wrote.Store(true) }, io.EOF, Stale},
		{"closed before anything was written", func(t *trace) { t.connected.Store(true); t.kept.Store(true) }, errors.New("http: server closed idle connection"), Stale},
		{"reset inside the answer", func(t *trace) {
			t.connected.Store(true)
			t.kept.Store(true)
			t.wrote.Store(true)
			t.answered.Store(true)
		}, reset, Lost},
		{"silence on an idle connection", func(t *trace) { t.connected.Store(true); t.kept.Store(true); t.wrote.Store(true) }, context.DeadlineExceeded, Lost},
		{"time up before anything is known to be written", func(t *trace) { t.connected.Store(true) }, context.DeadlineExceeded, Lost},
		{"time up before there was a connection", func(*trace) {}, context.DeadlineExceeded, Unreached},
		{"no such host for a second try", func(t *trace) { t.connected.Store(true); t.wrote.Store(true) }, &net.DNSError{IsNotFound: true}, Lost},
		{"an error of no kind", func(*trace) {}, errors.New("odd"), Unreached},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var tr trace
			tt.trace(&tr)
			a := tr.judge(&url.Error{Op: "Patch", URL: "https://api.example.org/secret-path", Err: tt.err})
			if a.Verdict != tt.want {
				t.Errorf("verdict %d, want %d", a.Verdict, tt.want)
			}
			if a.Verdict == Stale && a.Written != tr.wrote.Load() {
				t.Errorf("written: %v, want %v", a.Written, tr.wrote.Load())
			}
			if a.Message == "" || strings.Contains(a.Message, "secret-path") {
				t.Errorf("message %q", a.Message)
			}
		})
	}
}

// TestStaleConnection meets a server that closes a kept-alive connection as the
// next request comes in.
func TestStaleConnection(t *testing.T) {
	c := newClient(t, "http://"+handleRaw(t, func(c net.Conn, _ int) {
		defer c.Close()
		r := bufio.NewReader(c)
		if readRequest(r) == nil {
			io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
			_ = readRequest(r)
		}
	}))
	for i, want := range []Verdict{Accepted, Stale, Accepted, Stale} {
		if a := patch(t, c); a.Verdict != want {
			t.Errorf("request %d: verdict %d (%s), want %d", i, a.Verdict, a.Message, want)
		}
	}
}

// TestIdleConnectionClosedBefore meets one that closes it long before: the
// request goes out on a new one, and nobody need know.
func TestIdleConnectionClosedBefore(t *testing.T) {
	c := newClient(t, "http://"+handleRaw(t, func(c net.Conn, _ int) {
		defer c.Close()
		if readRequest(bufio.NewReader(c)) == nil {
			io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		}
	}))
	closed := make(chan struct{}, 1)
	dial := transportOf(c).DialContext
	transportOf(c).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &watchedConn{Conn: conn, closed: closed}, err
	}
	for i := range 3 {
		if a := patch(t, c); a.Verdict != Accepted {
			t.Errorf("request %d: verdict %d (%s)", i, a.Verdict, a.Message)
		}
		<-closed // the transport has seen it
	}
}

// watchedConn tells when it is closed.
type watchedConn struct {
	net.Conn
	once   sync.Once
	closed chan<- struct{}
}

func (c *watchedConn) Close() error {
	c.once.Do(func() { c.closed <- struct{}{} })
	return c.Conn.Close()
}

// TestReadsAreSentOnce holds net/http back from repeating a GET by itself, also
// where another connection is at hand.
func TestReadsAreSentOnce(t *testing.T) {
	const connections = 3
	var requests atomic.Int32
	var all, open sync.WaitGroup
	all.Add(connections)
	open.Add(connections)
	c := newClient(t, "http://"+handleRaw(t, func(c net.Conn, _ int) {
		defer open.Done()
		defer c.Close()
		r := bufio.NewReader(c)
		if readRequest(r) != nil {
			return
		}
		requests.Add(1)
		all.Done()
		all.Wait() // so that each has its own connection
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		if readRequest(r) == nil {
			requests.Add(1)
		}
	}))
	var first sync.WaitGroup
	for range connections {
		first.Go(func() { _, _ = c.Get(t.Context(), "e1") })
	}
	first.Wait()
	a, err := c.Get(t.Context(), "e1")
	if err != nil || a.Verdict != Stale || a.Message != "connection closed before the answer was whole" {
		t.Errorf("verdict %d (%s), error %v", a.Verdict, a.Message, err)
	}
	c.http.CloseIdleConnections()
	open.Wait()
	if got := requests.Load(); got != connections+1 {
		t.Errorf("the server had %d requests, want %d", got, connections+1)
	}
}

// TestHTTP2GoAway meets a server that ends its connection again and again while
// requests are in flight: each is answered all the same.
func TestHTTP2GoAway(t *testing.T) {
	const workers, each = 4, 25
	var served atomic.Int32
	c := newHTTP2Client(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("HTTP %s", r.Proto)
		}
		if body, err := io.ReadAll(r.Body); err != nil || len(body) == 0 {
			t.Errorf("body %q, error %v", body, err)
		}
		if served.Add(1)%5 == 0 {
			w.Header().Set("Connection", "close") // which HTTP/2 says with GOAWAY
		}
		io.WriteString(w, "{}")
	})
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			for i := range each {
				a, err := c.Patch(t.Context(), fmt.Sprint(worker, "-", i), []byte(`{"enrollment":{"role":"student"}}`))
				if err != nil || a.Verdict != Accepted {
					t.Errorf("verdict %d (%s), error %v", a.Verdict, a.Message, err)
				}
			}
		})
	}
	all.Wait()
	if got := served.Load(); got != workers*each {
		t.Errorf("the server had %d requests, want %d", got, workers*each)
	}
}

func TestHTTP2StreamReset(t *testing.T) {
	c := newHTTP2Client(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if a := patch(t, c); a.Verdict != Lost {
		t.Errorf("verdict %d (%s), want %d", a.Verdict, a.Message, Lost)
	}
}

func newHTTP2Client(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = nothing()
	s.StartTLS()
	t.Cleanup(s.Close)
	c := newClient(t, s.URL)
	transportOf(c).TLSClientConfig.RootCAs = x509.NewCertPool()
	transportOf(c).TLSClientConfig.RootCAs.AddCert(s.Certificate())
	return c
}
