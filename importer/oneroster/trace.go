package oneroster

import (
	"context"
	"errors"
	"net/http/httptrace"
	"sync/atomic"
)

// trace notes how far a request came, which its error does not tell. Where the
// transport starts over by itself, it does so knowing that the server has not
// taken the request, and only the last try counts.
type trace struct {
	idle      atomic.Bool // the connection had been open and without a request before
	connected atomic.Bool
	wrote     atomic.Bool // some of the request may be with the server
	answered  atomic.Bool
}

func (t *trace) attach(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			for _, came := range []*atomic.Bool{&t.idle, &t.connected, &t.wrote, &t.answered} {
				came.Store(false)
			}
		},
		GotConn: func(info httptrace.GotConnInfo) {
			t.connected.Store(true)
			t.idle.Store(info.WasIdle)
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
	if cause == "" {
		cause = "the connection failed"
	}
	timeout := errors.Is(err, context.DeadlineExceeded)
	switch {
	case !t.connected.Load(), !t.wrote.Load() && !timeout:
		return Answer{Verdict: Unreached, Message: "no connection: " + cause}
	case t.idle.Load() && !t.answered.Load() && !timeout:
		// The server closed an idle connection as the request went out, most likely.
		return Answer{Verdict: Stale, Message: cause}
	default:
		return Answer{Verdict: Lost, Message: "no usable answer: " + cause}
	}
}
