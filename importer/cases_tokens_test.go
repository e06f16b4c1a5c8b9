package importer_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// The token is replaced before it is refused, which here it never is, once for each
// of its lives.
func TestTokenExpires(t *testing.T) {
	t.Parallel()
	n := newNight(t, rows(70), sandbox.Options{ExpiresIn: "2", Latency: 10 * time.Millisecond})
	n.options.Rate = 30 // so that it takes more than one life
	m := n.run()
	m.finished()
	m.reports(all(70, "updated 200 1")...)
	m.replacedAfter(1600 * time.Millisecond)
	if m.tokens() < 2 {
		t.Error("the token outlived its life")
	}
}

// replacedAfter sees that each token was used for so long, however long the run took.
func (m *morning) replacedAfter(use time.Duration) {
	m.Helper()
	took := time.Since(m.began)
	if most := 1 + int(took/use); m.tokens() > most {
		m.Errorf("%d tokens in %v, want at most %d", m.tokens(), took, most)
	}
}

// What is said of a token's life costs no storm of requests.
func TestExpiresIn(t *testing.T) {
	for _, says := range []string{"5", "0", "none", "-1", "null", `"3600"`, "10", "2147483647"} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, rows(40), sandbox.Options{ExpiresIn: says, Latency: 5 * time.Millisecond})
			m := n.run()
			m.finished()
			m.reports(all(40, "updated 200 1")...)
			m.replacedAfter(4 * time.Second) // of 5, the least that is said
		})
	}
}

// White space around the secret is none of it.
func TestPaddedSecret(t *testing.T) {
	t.Parallel()
	n := newNight(t, rows(1), sandbox.Options{})
	n.options.Server.ClientSecret = " " + secret + "\r\n"
	n.run().finished()
}

// Wrong from the start, or rotated while the run is under way, it costs
// one caller and stops the run.
func TestRotatedSecret(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(50), sandbox.Options{})
		n.options.Server.ClientID, n.options.Workers = "another", 16
		m := n.run()
		e := ended[*importer.TokenError](m, "HTTP 400 invalid_client", "secret")
		if e.Code != "invalid_client" {
			t.Errorf("%+v", e)
		}
		m.sawTokens(1)
		m.sawPatches(0)
		m.reports(all(50, "unsent 0 0 … before this row was sent")...)
	})
	t.Run("meanwhile", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(1000), sandbox.Options{})
		n.options.Workers, n.options.Rate = 16, 100
		n.faces(accept)
		over := make(chan struct{})
		n.gives(func(w http.ResponseWriter, r *http.Request, nth int) {
			if nth == 1 {
				token(w, 1, 1)
				return
			}
			if nth > 3 {
				<-over
			}
			answer(w, 401, asJSON, `{"error":"invalid_client","error_description":"`+tokenPrefix+`"}`)
		})
		m := n.run()
		close(over)
		ended[*importer.TokenError](m, "HTTP 401 invalid_client")
		// One ahead of need, if there is time for that, and one at need. While the run
		// stops a worker may come for another; all the others wait for that one too.
		if m.tokens() < 2 || m.tokens() > 4 {
			t.Errorf("the server was asked for %d tokens", m.tokens())
		}
		if sent := len(m.patches()); m.outcomes[report.Updated] != sent || m.outcomes[report.Unsent] != 1000-sent || sent == 0 {
			t.Errorf("%v after %d PATCHes", m.outcomes, sent)
		}
	})
}

func TestTokenRefused(t *testing.T) {
	t.Run("once", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(1), sandbox.Options{Fault: strikes("401")})
		n.options.Retries = 0
		m := n.run()
		m.finished()
		m.reports("2 updated 200 2")
		m.sawTokens(2)
	})
	t.Run("again", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(50), sandbox.Options{Fault: strikes("*401")})
		n.options.Workers = 16
		m := n.run()
		if e := ended[*importer.PermissionError](m, "401", "token URL"); e.Status != 401 {
			t.Errorf("%+v", e)
		}
		m.sawTokens(2)
		m.sawPatches(2)
		m.reports(append([]string{"2 failed 401 2 … does not accept the token … failure, error, unauthorisedrequest"}, all(50, "unsent 0 0")[1:]...)...)
	})
	t.Run("with all workers under way", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(120), sandbox.Options{Latency: 20 * time.Millisecond, Fault: func(q sandbox.Request) string {
			if q.Method == "PATCH" && q.Seq == 60 {
				return "401"
			}
			return ""
		}})
		n.options.Workers, n.options.Retries = 16, 0
		m := n.run()
		m.finished()
		if m.outcomes[report.Updated] != 120 || len(m.patches()) == 120 {
			t.Errorf("%v after %d PATCHes", m.outcomes, len(m.patches()))
		}
		m.sawTokens(2)
	})
}

// One loop of retries for all workers; and nothing of what the endpoint
// says is passed on, which checkSecrets would see.
func TestTokenEndpointInTrouble(t *testing.T) {
	echo := func(r *http.Request) string {
		return fmt.Sprintf("<html>%s %s %s</html>", tokenPrefix, r.FormValue("client_secret"), r.Form.Encode())
	}
	tests := []struct {
		name   string
		reply  func(w http.ResponseWriter, r *http.Request)
		says   string
		tokens int // with one retry
	}{
		{"500", func(w http.ResponseWriter, r *http.Request) { answer(w, 500, asHTML, echo(r)) }, "HTTP 500", 2},
		{"503 with a code", func(w http.ResponseWriter, r *http.Request) {
			answer(w, 503, asJSON, `{"error":"temporarily_unavailable"}`)
		}, "HTTP 503 temporarily_unavailable", 2},
		{"429", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "0.1")
			answer(w, 429, asHTML, echo(r))
		}, "HTTP 429", 2},
		{"HTML", func(w http.ResponseWriter, r *http.Request) { answer(w, 200, asHTML, echo(r)) }, "no access token", 2},
		{"JSON without a token", func(w http.ResponseWriter, r *http.Request) { answer(w, 200, asJSON, `{"secret":"`+tokenPrefix+`"}`) }, "no access token", 2},
		{"a token of two lines", func(w http.ResponseWriter, r *http.Request) {
			answer(w, 200, asJSON, `{"access_token":"`+tokenPrefix+`\r\nX-Admin: true"}`)
		}, "", 2},
		{"no answer", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, "", 2},
		{"an error that echoes", func(w http.ResponseWriter, r *http.Request) {
			answer(w, 400, asJSON, fmt.Sprintf(`{"error":%q,"error_description":%[1]q,"error_uri":%[1]q}`, tokenPrefix+r.FormValue("client_secret")))
		}, "HTTP 400", 1},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere?"+r.FormValue("client_secret"), http.StatusTemporaryRedirect)
		}, "HTTP 307", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, rows(30), sandbox.Options{})
			n.options.Workers, n.options.Retries = 16, 1
			n.gives(func(w http.ResponseWriter, r *http.Request, nth int) { tt.reply(w, r) })
			m := n.run()
			ended[*importer.TokenError](m, "token endpoint", tt.says)
			m.sawTokens(tt.tokens)
			m.sawPatches(0)
			m.reports(all(30, "unsent 0 0")...)
		})
	}
}

// And when it recovers, the run goes on.
func TestTokenEndpointRecovers(t *testing.T) {
	t.Parallel()
	n := newNight(t, rows(10), sandbox.Options{Fault: func(q sandbox.Request) string {
		if q.Method == "POST" && q.Nth == 1 {
			return "500"
		}
		return ""
	}})
	m := n.run()
	m.finished()
	m.reports(all(10, "updated 200 1")...)
	m.sawTokens(2)
}
