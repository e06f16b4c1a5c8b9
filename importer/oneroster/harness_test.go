package oneroster

import (
	"bufio"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testToken  = "header.payload-0123456789.signature"
	testSecret = `s3cret "a\b"/c+d&e<f> é%g`
)

// newClient is a client of the server at base that has its token already.
func newClient(t *testing.T, base string) *Client {
	t.Helper()
	c, err := New(Config{
		BaseURL: base, TokenURL: base + "/token", ClientID: "id", ClientSecret: testSecret,
		UserAgent: "rosterpatch/test", Timeout: 10 * time.Second, Workers: 4,
	})
	if err != nil {
		t.Fatal(err)
	}
	c.tokens.current, c.tokens.renew, c.tokens.expires = testToken, time.Now().Add(time.Hour), time.Now().Add(time.Hour)
	c.secrets.add(testToken)
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

// transportOf is what a test may turn wrong.
func transportOf(c *Client) *http.Transport { return c.http.Transport.(*http.Transport) }

// patch sends a change that no test cares about.
func patch(t *testing.T, c *Client) Answer {
	t.Helper()
	a, err := c.Patch(t.Context(), "e1", []byte(`{"enrollment":{"role":"student"}}`))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// handle is a server of one handler.
func handle(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// handleRaw is a server that gets the n-th connection, from 0, to itself.
func handleRaw(t *testing.T, h func(c net.Conn, n int)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			go h(c, n)
		}
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	return l.Addr().String()
}

// readRequest takes a whole request off the connection.
func readRequest(r *bufio.Reader) error {
	request, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, request.Body)
	return errors.Join(err, request.Body.Close())
}

// nothing is where a server's complaints go that a test provokes.
func nothing() *log.Logger { return log.New(io.Discard, "", 0) }
