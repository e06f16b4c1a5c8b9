package oneroster

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
)

// malformed are answers that are no HTTP, each with a word of the server's in it.
var malformed = map[string]string{
	"no status":          "%s\r\n\r\n",
	"a version":          "HTTP/%s 200 OK\r\n\r\n",
	"a status":           "HTTP/1.1 %s\r\n\r\n",
	"a part of a status": "x %s y\r\n\r\n",
	"a header":           "HTTP/1.1 200 OK\r\n%s\r\n\r\n",
	"a first header":     "HTTP/1.1 200 OK\r\n %s\r\n\r\n",
	"a name of a header": "HTTP/1.1 200 OK\r\n%s : x\r\n\r\n",
	"a length":           "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
	"an encoding":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n",
	"a trailer":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Content-Length, %s\r\n\r\n",
}

// TestMalformedAnswersBringNoSecretBack meets token endpoints and servers that
// echo what they were sent, in whole or in part, where it is no HTTP.
func TestMalformedAnswersBringNoSecretBack(t *testing.T) {
	const secret = "7f3 k9Qw+zR/41&=x8"
	for name, answer := range malformed {
		for _, echo := range []string{secret, secret[4:], secret[9:], url.QueryEscape(secret), "client_secret=" + url.QueryEscape(secret)} {
			t.Run(name+"/"+echo, func(t *testing.T) {
				address := handleRaw(t, func(c net.Conn, _ int) {
					if readRequest(bufio.NewReader(c)) == nil {
						fmt.Fprintf(c, answer, echo)
					}
					c.Close()
				})
				c := newClient(t, "http://"+address)
				c.secrets.add(secret)
				a := patch(t, c)
				c.tokens.drop(testToken)
				c.tokens.retries = 0
				_, err := c.Patch(t.Context(), "e1", []byte("{}"))
				if err == nil {
					t.Fatal("a token came of it")
				}
				for _, text := range []string{err.Error(), fmt.Sprintf("%+v", a)} {
					for part := range strings.FieldsFuncSeq(secret, func(r rune) bool { return strings.ContainsRune(" +/&=", r) }) {
						if len(part) > 2 && strings.Contains(text, part) {
							t.Errorf("%q is in %s", part, text)
						}
					}
				}
			})
		}
	}
}

// TestErrorsKeepTheirOwnWords holds that what is left of an error still says what
// went wrong.
func TestErrorsKeepTheirOwnWords(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.1 2x0 what\r\n\r\n":                       "malformed HTTP status code;",
		"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n": "bad Content-Length;",
	} {
		c := newClient(t, "http://"+handleRaw(t, func(c net.Conn, _ int) {
			if readRequest(bufio.NewReader(c)) == nil {
				fmt.Fprint(c, answer)
			}
			c.Close()
		}))
		c.tokens.drop(testToken)
		c.tokens.retries = 0
		if _, err := c.Patch(t.Context(), "e1", []byte("{}")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want …%s", answer, err, want)
		}
	}
}
