package oneroster

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http/httptrace"
	"sync/atomic"
)

// trace notes how far a request came, which its error does not tell, and sees
// to it that it is sent once.
type trace struct {
	connected atomic.Bool
	http2     atomic.Bool // the connection speaks it
	kept      atomic.Bool // the connection had been open and without a request before
	wrote     atomic.Bool // some of the request may be with the server
	answered  atomic.Bool
	repeated  atomic.Bool // the transport was about to send it a second time
}

// attach makes ctx's request tell t. stop ends ctx.
func (t *trace) attach(ctx context.Context, stop context.CancelFunc) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			// A read that met a broken connection is repeated by net/http itself,
			// which no pacer would know of. Any other start over is of a request that
			// the server has not taken: nothing was written, or HTTP/2 said so.
			if t.wrote.Load() && !t.http2.Load() {
				t.repeated.Store(true)
				stop()
				return
			}
			for _, b := range []*atomic.Bool{&t.connected, &t.http2, &t.kept, &t.wrote, &t.answered} {
				b.Store(false)
			}
		},
		GotConn: func(info httptrace.GotConnInfo) {
			if t.repeated.Load() {
				info.Conn.Close() // it was at hand, and would be used although ctx has ended
				return
			}
			c, secure := info.Conn.(*tls.Conn)
			t.http2.Store(secure && c.ConnectionState().NegotiatedProtocol == "h2")
			t.connected.Store(true)
			t.kept.Store(info.Reused || info.WasIdle)
		},
		WroteHeaders:         func() { t.wrote.Store(true) },
		GotFirstResponseByte: func() { t.answered.Store(true) },
	})
}

// judge says what a request without an answer means.
func (t *trace) judge(err error) Answer {
	if wrong := misconfigured(err); wrong != "" && !t.wrote.Load() {
		return Answer{Verdict: Misconfigured, Message: wrong}
	}
	cause := transportCause(err)
	switch {
	case t.repeated.Load():
		cause = "connection closed before the answer was whole"
	case cause == "":
		cause = "the connection failed"
	}
	timeout := errors.Is(err, context.DeadlineExceeded)
	switch {
	case t.connected.Load() && t.kept.Load() && !t.answered.Load() && !timeout:
		// Most likely the server closed a connection that was kept alive as the request went out.
		return Answer{Verdict: Stale, Message: cause, Written: t.wrote.Load()}
	case !t.connected.Load(), !t.wrote.Load() && !timeout:
		return Answer{Verdict: Unreached, Message: "no connection: " + cause}
	default:
		return Answer{Verdict: Lost, Message: "no usable answer: " + cause}
	}
}
