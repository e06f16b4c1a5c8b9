package sandbox

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Listener is a sandbox that answers on the network.
type Listener struct {
	// URL is the server root, TokenURL the token endpoint.
	URL, TokenURL string

	sandbox *Server
	server  *http.Server
	served  chan error

	mu     sync.RWMutex // held for reading by each request
	closed bool
}

// Start serves the sandbox over plain HTTP at addr, a host and port; "" is any free
// port of 127.0.0.1. Only loopback addresses are taken: the credentials are known to
// all. The caller closes what it gets. After Close the sandbox can be started again
// and holds what it held.
func (s *Server) Start(addr string) (*Listener, error) {
	orElse(&addr, "127.0.0.1:0")
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if !l.Addr().(*net.TCPAddr).IP.IsLoopback() {
		l.Close()
		return nil, fmt.Errorf("sandbox: %s is not a loopback address; use 127.0.0.1 or localhost", addr)
	}
	url := "http://" + l.Addr().String()
	live := &Listener{
		URL: url, TokenURL: url + TokenPath,
		sandbox: s, served: make(chan error, 1),
	}
	live.server = &http.Server{Handler: http.HandlerFunc(live.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		live.served <- live.server.Serve(l)
		close(live.served)
	}()
	return live, nil
}

// serve passes the request to the sandbox, unless the listener is closed.
func (l *Listener) serve(w http.ResponseWriter, r *http.Request) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		panic(http.ErrAbortHandler)
	}
	l.sandbox.ServeHTTP(w, r)
}

// Close ends the listener and every connection at once, answered or not. When it
// returns, no request is under way and the log is complete. Its error says why
// serving ended before, or why the log could not be written.
func (l *Listener) Close() error {
	err := l.server.Close()
	if served := <-l.served; served != nil && !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	if cause := l.sandbox.log.failed(); cause != nil {
		err = errors.Join(err, fmt.Errorf("sandbox: request log: %w", cause))
	}
	return err
}
