package oneroster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
)

// ReachError says that a server cannot be reached as configured: its name does
// not resolve, its certificate is not trusted, the proxy refuses. Sending again
// does not mend it.
type ReachError struct {
	Where string // "server" or "token endpoint"
	Cause string
}

func (e *ReachError) Error() string {
	return fmt.Sprintf("the %s cannot be reached: %s", e.Where, e.Cause)
}

// proxyError is a proxy that answered a CONNECT, and not with a connection.
type proxyError struct{ status int }

func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy answers %d %s", e.status, http.StatusText(e.status))
}

// proxyAnswer is http.Transport's OnProxyConnectResponse: without it a refusal
// is a mere text.
func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, r *http.Response) error {
	if r.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{r.StatusCode}
}

// misconfigured names what is wrong with name, TLS or proxy where that is why
// err came, and is "" otherwise.
func misconfigured(err error) string {
	var (
		dns         *net.DNSError
		op          *net.OpError
		proxy       *proxyError
		record      tls.RecordHeaderError
		certificate *tls.CertificateVerificationError
		unknown     x509.UnknownAuthorityError
		hostname    x509.HostnameError
	)
	const settings = "; check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
	switch {
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return "no connection to the proxy (" + transportCause(op.Err) + ")" + settings
	case errors.As(err, &proxy) && proxy.status < 500: // from 500 on it is trouble, of the proxy or behind it
		return proxy.Error() + settings
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("no such host %q (DNS)", dns.Name)
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return "it does not speak TLS on this port; is the URL meant to be http://, or the port another?"
	case errors.As(err, &certificate):
		return "its TLS certificate is not accepted: " + certificate.Err.Error()
	case errors.As(err, &unknown), errors.As(err, &hostname):
		return "its TLS certificate is not accepted: " + innermost(err).Error()
	case errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"): // an alert, theirs or ours
		return "TLS was refused: " + op.Err.Error()
	}
	return ""
}

// transportCause puts a failed exchange into a few words that hold no URL and
// nothing of what was sent or came, or is "" if err is not of the transport.
func transportCause(err error) string {
	var (
		request *url.Error
		op      *net.OpError
		timeout net.Error
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed before the answer was whole"
	case errors.As(err, &op):
		return op.Op + ": " + unquoted(innermost(op.Err))
	case errors.As(err, &request):
		return unquoted(innermost(request.Err))
	}
	return ""
}

// unquoted is an error's text as far as it is the error's own: package net/http
// quotes at the end what it could not read, such as an answer that is no HTTP or
// the address of a proxy, and either may hold a secret.
func unquoted(err error) string {
	text, _, _ := strings.Cut(err.Error(), `"`)
	return strings.TrimRight(text, " =:")
}

// innermost is the error that started it, which says what without where.
func innermost(err error) error {
	var system *os.SyscallError
	if errors.As(err, &system) {
		return system.Err
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
