package oneroster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// endpoint is a token endpoint without a network: it gets the n-th request,
// from 1. Tests that use it run in a bubble of synctest, where time is free.
type endpoint struct {
	calls  atomic.Int32
	answer func(n int, r *http.Request) (status int, body string, err error)
	header http.Header
}

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	defer r.Body.Close()
	status, body, err := e.answer(int(e.calls.Add(1)), r)
	if err != nil {
		return nil, err
	}
	h := e.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func newTokens(e *endpoint) *tokens {
	secrets := &redactor{}
	secrets.add(testSecret)
	return &tokens{
		config: clientcredentials.Config{
			ClientID: "id", ClientSecret: testSecret, TokenURL: "https://idp.example.org/token", AuthStyle: oauth2.AuthStyleInParams,
		},
		http: &http.Client{Transport: tokenAnswers{e}}, timeout: 30 * time.Second, retries: 5, giveUp: 5 * time.Minute, secrets: secrets, now: time.Now,
	}
}

// granting answers token-1, token-2 and so on, with lifetime for expires_in.
func granting(lifetime string) func(int, *http.Request) (int, string, error) {
	return func(n int, _ *http.Request) (int, string, error) {
		if lifetime == "" {
			return 200, fmt.Sprintf(`{"access_token":"token-%d"}`, n), nil
		}
		return 200, fmt.Sprintf(`{"access_token":"token-%d","expires_in":%s}`, n, lifetime), nil
	}
}

// steps answers with each status in turn, and with the last for ever.
func steps(body string, statuses ...int) func(int, *http.Request) (int, string, error) {
	return func(n int, _ *http.Request) (int, string, error) {
		status := statuses[min(n, len(statuses))-1]
		if status == 200 {
			return 200, `{"access_token":"token","expires_in":3600}`, nil
		}
		return status, body, nil
	}
}

func TestTokenRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(_ int, r *http.Request) (int, string, error) {
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}
			for name, want := range map[string]string{"grant_type": "client_credentials", "client_id": "id", "client_secret": testSecret, "scope": "a b"} {
				if got := r.PostForm.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			if _, _, ok := r.BasicAuth(); ok || r.Method != "POST" {
				t.Errorf("%s with basic authentication: %v", r.Method, ok)
			}
			return 200, `{"access_token":"token"}`, nil
		}}
		tk := newTokens(e)
		tk.config.Scopes = []string{"a", "b"}
		if got, err := tk.get(t.Context()); got != "token" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// TestTokenLifetimes asks for a token once a second for two hours, or for two
// minutes where that is long enough.
func TestTokenLifetimes(t *testing.T) {
	tests := []struct {
		name, expiresIn string
		lifetime        time.Duration // that the server keeps to; 0: any
		most            int           // calls of the endpoint
	}{
		{"an hour", "3600", time.Hour, 3},
		{"an hour, as text", `"3600"`, time.Hour, 3},
		{"a day", "86400", 0, 1},
		{"5 seconds", "5", 5 * time.Second, 30},
		{"a second", "1", time.Second, 120},
		{"zero", "0", 0, 5},
		{"absent", "", 0, 5},
		{"null", "null", 0, 5},
		{"negative", "-3600", 0, 5},
		{"more than 32 bits", "99999999999", 0, 1},
		{"more than 64 bits", "1e400", 0, 1},
		{"with decimals", "3600.0", time.Hour, 3},
		{"with decimals, as text", `"3600.5"`, time.Hour, 3},
		{"with an exponent", "3.6e3", time.Hour, 3},
		{"blank", `""`, 0, 5},
		{"a word", `"never"`, 0, 5},
		{"no number, it says", `"NaN"`, 0, 5},
		{"false", "false", 0, 5},
		{"an object", `{"seconds":3600}`, 0, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				issued := make(map[string]time.Time)
				grant := granting(tt.expiresIn)
				e := &endpoint{answer: func(n int, r *http.Request) (int, string, error) {
					issued[fmt.Sprintf("token-%d", n)] = time.Now()
					return grant(n, r)
				}}
				tk := newTokens(e)
				seconds := 2 * 60 * 60
				if 0 < tt.lifetime && tt.lifetime < time.Minute {
					seconds = 2 * 60
				}
				for range seconds {
					token, err := tk.get(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					synctest.Wait() // for a renewal
					if age := time.Since(issued[token]); tt.lifetime > 0 && age >= tt.lifetime {
						t.Fatalf("a token of %v is handed out, which lives %v", age, tt.lifetime)
					}
					time.Sleep(time.Second)
				}
				if n := int(e.calls.Load()); n > tt.most {
					t.Errorf("%d calls of the endpoint, want at most %d", n, tt.most)
				}
			})
		})
	}
}

// TestTokenFormEncoded reads the older form of an answer.
func TestTokenFormEncoded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{
			header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
			answer: func(int, *http.Request) (int, string, error) { return 200, "access_token=token&expires_in=60", nil },
		}
		tk := newTokens(e)
		if got, err := tk.get(t.Context()); got != "token" || err != nil || time.Until(tk.expires) != time.Minute {
			t.Errorf("got %q until %v, %v", got, tk.expires, err)
		}
	})
}

// TestTokenAnswerOfNoType reads JSON that is called something else.
func TestTokenAnswerOfNoType(t *testing.T) {
	for _, kind := range []string{"text/plain", "text/html", "application/x-www-form-urlencoded", "?"} {
		synctest.Test(t, func(t *testing.T) {
			e := &endpoint{header: http.Header{"Content-Type": {kind}}, answer: granting("60.0")}
			tk := newTokens(e)
			if got, err := tk.get(t.Context()); got != "token-1" || err != nil || time.Until(tk.expires) != time.Minute {
				t.Errorf("%s: got %q until %v, %v", kind, got, tk.expires, err)
			}
		})
	}
}

// TestTokenClock holds that the lifetime is counted on the clock that is given.
func TestTokenClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tk := newTokens(&endpoint{answer: granting("3600")})
		tk.now = func() time.Time { return noon }
		if _, err := tk.get(t.Context()); err != nil || !tk.expires.Equal(noon.Add(time.Hour)) || !tk.renew.Equal(noon.Add(59*time.Minute)) {
			t.Errorf("good until %v, renewed from %v, %v", tk.expires, tk.renew, err)
		}
	})
}

// TestTokenRenewalHoldsNobodyUp meets an endpoint that is slow to renew.
func TestTokenRenewalHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(n int, r *http.Request) (int, string, error) {
			if n > 1 {
				time.Sleep(20 * time.Second)
			}
			return granting("600")(n, r)
		}}
		tk := newTokens(e)
		expect := func(want string) {
			t.Helper()
			began := time.Now()
			if got, err := tk.get(t.Context()); got != want || err != nil || time.Since(began) != 0 {
				t.Errorf("got %q after %v, %v; want %q at once", got, time.Since(began), err, want)
			}
		}
		if _, err := tk.get(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(541 * time.Second)
		for range 20 {
			expect("token-1") // and the first of these has it renewed
			time.Sleep(time.Second)
		}
		synctest.Wait()
		expect("token-2")
		if n := e.calls.Load(); n != 2 {
			t.Errorf("%d calls of the endpoint, want 2", n)
		}
	})
}

// TestTokenOutlivesItsEndpoint meets an endpoint that dies after the first token.
func TestTokenOutlivesItsEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: steps("", 200, 500)}
		tk := newTokens(e)
		began := time.Now()
		for time.Since(began) < time.Hour {
			if got, err := tk.get(t.Context()); got != "token" || err != nil {
				t.Fatalf("after %v: got %q, %v", time.Since(began), got, err)
			}
			time.Sleep(time.Second)
		}
		if n := int(e.calls.Load()); n != 1+tk.retries+1 {
			t.Errorf("%d calls while the token was good, want one renewal with its retries", n)
		}
		var dead *TokenError
		if _, err := tk.get(t.Context()); !errors.As(err, &dead) || dead.Status != 500 {
			t.Errorf("after its end: %v", err)
		}
	})
}

// TestTokenCallersShare lets fifty workers come at once.
func TestTokenCallersShare(t *testing.T) {
	tests := []struct {
		name   string
		answer func(int, *http.Request) (int, string, error)
		calls  int
		code   string
	}{
		{"a token", granting("3600"), 1, ""},
		{"a rotated secret", steps(`{"error":"invalid_client"}`, 400), 1, "invalid_client"},
		{"a dead endpoint", func(int, *http.Request) (int, string, error) { return 0, "", syscall.ECONNREFUSED }, 6, ""},
		{"an endpoint in trouble for a while", steps("", 503, 429, 200), 3, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &endpoint{answer: func(n int, r *http.Request) (int, string, error) {
					time.Sleep(time.Second)
					return tt.answer(n, r)
				}}
				tk := newTokens(e)
				var all sync.WaitGroup
				got, errs := make([]string, 50), make([]error, 50)
				for i := range got {
					all.Go(func() { got[i], errs[i] = tk.get(t.Context()) })
				}
				all.Wait()
				if n := int(e.calls.Load()); n != tt.calls {
					t.Errorf("%d calls of the endpoint, want %d", n, tt.calls)
				}
				for i := range got {
					if got[i] != got[0] || errs[i] != errs[0] {
						t.Fatalf("caller %d got %q and %v, caller 0 %q and %v", i, got[i], errs[i], got[0], errs[0])
					}
				}
				var refused *TokenError
				if errors.As(errs[0], &refused) && refused.Code != tt.code || (errs[0] == nil) != (got[0] != "") {
					t.Errorf("got %q, %v", got[0], errs[0])
				}
			})
		})
	}
}

// TestTokenOfARotatedSecret has workers at work when the secret is rotated: one
// asks ahead of need, one at need, and all hear the answer.
func TestTokenOfARotatedSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(n int, r *http.Request) (int, string, error) {
			if n == 1 {
				return granting("1")(n, r)
			}
			time.Sleep(100 * time.Millisecond) // for the others to come and wait too
			return 401, `{"error":"invalid_client"}`, nil
		}}
		tk := newTokens(e)
		began := time.Now()
		var workers sync.WaitGroup
		errs := make([]error, 16)
		for i := range errs {
			workers.Go(func() {
				for errs[i] == nil {
					time.Sleep(10 * time.Millisecond)
					_, errs[i] = tk.get(t.Context())
				}
			})
		}
		workers.Wait()
		if n := e.calls.Load(); n != 3 {
			t.Errorf("%d calls of the endpoint, want the first, one ahead of need and one at need", n)
		}
		if took := time.Since(began); took != 1110*time.Millisecond {
			t.Errorf("the last worker heard after %v", took)
		}
		var refused *TokenError
		for i, err := range errs {
			if !errors.As(err, &refused) || err != errs[0] {
				t.Errorf("worker %d got %v, worker 0 %v", i, err, errs[0])
			}
		}
	})
}

func TestTokenDropsOnlyTheCurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: granting("3600")}
		tk := newTokens(e)
		first, _ := tk.get(t.Context())
		for range 10 { // workers that were all refused with the first token
			tk.drop(first)
			if got, err := tk.get(t.Context()); got != "token-2" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		}
		if n := e.calls.Load(); n != 2 {
			t.Errorf("%d calls of the endpoint, want 2", n)
		}
	})
}

// TestTokenRetries counts what an endpoint in trouble costs, and how it ends.
func TestTokenRetries(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	failing := func(err error) func(int, *http.Request) (int, string, error) {
		return func(int, *http.Request) (int, string, error) { return 0, "", err }
	}
	notFound := &net.DNSError{Err: "no such host", Name: "idp.example.org", IsNotFound: true}
	const all = 6 // the first attempt and five retries
	tests := []struct {
		name   string
		answer func(int, *http.Request) (int, string, error)
		calls  int
		err    string // "" for a token
	}{
		{"500, then well", steps("", 500, 502, 200), 3, ""},
		{"429, then well", steps("", 429, 200), 2, ""},
		{"a page, then well", func(n int, r *http.Request) (int, string, error) {
			if n == 1 {
				return 200, "<html>maintenance</html>", nil
			}
			return granting("60")(n, r)
		}, 2, ""},
		{"500", steps("", 500), all, "HTTP 500; it is in trouble itself"},
		{"503", steps("", 503), all, "HTTP 503"},
		{"429", steps("", 429), all, "HTTP 429"},
		{"408", steps("", 408), all, "HTTP 408"},
		{"a page", func(int, *http.Request) (int, string, error) { return 200, "<html>Sign in</html>", nil }, all, "the answer holds no access token; check the token URL"},
		{"an empty object", func(int, *http.Request) (int, string, error) { return 200, "{}", nil }, all, "holds no access token"},
		{"a token with a line break", func(int, *http.Request) (int, string, error) { return 200, `{"access_token":"a\nb"}`, nil }, all, "holds no access token"},
		{"a token with a space", func(int, *http.Request) (int, string, error) { return 200, `{"access_token":"a b"}`, nil }, all, "holds no access token"},
		{"connection refused", failing(dial(syscall.ECONNREFUSED)), all, "connection refused"},
		{"connection reset", failing(dial(syscall.ECONNRESET)), all, "connection reset"},
		{"silence", func(_ int, r *http.Request) (int, string, error) {
			<-r.Context().Done()
			return 0, "", r.Context().Err()
		}, all, "timeout"},

		{"a wrong secret", steps(`{"error":"invalid_client"}`, 400), 1, "HTTP 400 invalid_client; check the client id and secret"},
		{"a wrong secret that is a 200", func(int, *http.Request) (int, string, error) { return 200, `{"error":"invalid_client"}`, nil }, 1, "HTTP 200 invalid_client"},
		{"401", steps("", 401), 1, "HTTP 401; check the client id and secret"},
		{"403 page", steps("<html>no</html>", 403), 1, "HTTP 403; check the token URL"},
		{"404", steps("", 404), 1, "HTTP 404; check the token URL"},
		{"a redirect", steps("", 307), 1, "HTTP 307; check the token URL"},
		{"a wrong scope", steps(`{"error":"invalid_scope"}`, 400), 1, "invalid_scope; check the scopes"},
		{"no such host", failing(dial(notFound)), 1, `the token endpoint cannot be reached: no such host "idp.example.org" (DNS)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &endpoint{answer: tt.answer}
				tk := newTokens(e)
				tk.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				_, err := tk.get(t.Context())
				if n := int(e.calls.Load()); n != tt.calls {
					t.Errorf("%d calls of the endpoint, want %d", n, tt.calls)
				}
				if tt.err == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				var token *TokenError
				var reach *ReachError
				if !errors.As(err, &token) && !errors.As(err, &reach) || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v, want …%s", err, tt.err)
				}
			})
		})
	}
}

// TestTokenBodyThatBreaksOff holds that what happens to a body is called by its
// name, though x/oauth2 makes a mere text of it.
func TestTokenBodyThatBreaksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tk := newTokens(nil)
		tk.retries = 0
		tk.http.Transport = tokenAnswers{roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(io.MultiReader(strings.NewReader(`{"acc`), iotest.ErrReader(io.ErrUnexpectedEOF))), Request: r}, nil
		})}
		var broken *TokenError
		if _, err := tk.get(t.Context()); !errors.As(err, &broken) || broken.cause != "connection closed before the answer was whole" {
			t.Errorf("got %v", err)
		}
	})
}

// TestTokenBodyThatHangs is the same of a timeout.
func TestTokenBodyThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tk := newTokens(nil)
		tk.retries = 0
		tk.http.Transport = tokenAnswers{roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: hanging{r.Context()}, Request: r}, nil
		})}
		var hung *TokenError
		if _, err := tk.get(t.Context()); !errors.As(err, &hung) || hung.cause != "timeout" {
			t.Errorf("got %v", err)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	return f(r)
}

// hanging is a body that never comes.
type hanging struct{ context.Context }

func (h hanging) Read([]byte) (int, error) { <-h.Done(); return 0, h.Err() }
func (h hanging) Close() error             { return nil }

// TestTokenRenewalOutlastsDNS holds that a name which resolved once is asked for
// again when it does not.
func TestTokenRenewalOutlastsDNS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(n int, r *http.Request) (int, string, error) {
			if n == 2 {
				return 0, "", &net.OpError{Op: "dial", Err: &net.DNSError{Name: "idp.example.org", IsNotFound: true}}
			}
			return granting("60")(n, r)
		}}
		tk := newTokens(e)
		first, _ := tk.get(t.Context())
		tk.drop(first)
		if got, err := tk.get(t.Context()); got != "token-3" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestTokenRetryAfter(t *testing.T) {
	tests := []struct {
		name, header string
		status       int
		want         time.Duration // until the second call; 0: there is none
	}{
		{"seconds", "7", 429, 7 * time.Second},
		{"of a 503", "90", 503, 90 * time.Second},
		{"as long as the run may wait", "299", 429, 299 * time.Second},
		{"longer than the run may wait", "301", 429, 0},
		{"for ever", "99999999999", 429, 0},
		{"a date in another age", "Fri, 31 Dec 9999 23:59:59 GMT", 429, 0},
		{"milliseconds since 1970", "1764119999000", 503, 0},
		{"of a refusal", "1", 400, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answer := steps("", tt.status, 200)
				e := &endpoint{header: http.Header{"Retry-After": {tt.header}}, answer: func(n int, r *http.Request) (int, string, error) {
					time.Sleep(time.Second)
					return answer(n, r)
				}}
				began := time.Now()
				_, err := newTokens(e).get(t.Context())
				if got := time.Since(began) - time.Duration(e.calls.Load())*time.Second; got != tt.want {
					t.Errorf("waited %v, want %v", got, tt.want)
				}
				var refused *TokenError
				if tt.want == 0 && (!errors.As(err, &refused) || refused.Status != tt.status || e.calls.Load() != 1) {
					t.Errorf("%d calls, error %v", e.calls.Load(), err)
				}
				if tt.want > 0 && err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestTokenErrorsHoldNothingSecret meets an endpoint that echoes what it got.
func TestTokenErrorsHoldNothingSecret(t *testing.T) {
	for _, secret := range []string{"hunter", testSecret} {
		for _, body := range []string{
			"client_secret=" + secret,
			`{"error":"` + secret + `","error_description":"` + secret + `"}`,
			`{"error":"invalid_client","error_description":"` + secret + `","error_uri":"https://example.org/` + secret + `"}`,
			"<html>" + secret,
		} {
			for _, status := range []int{200, 400, 500} {
				synctest.Test(t, func(t *testing.T) {
					tk := newTokens(&endpoint{answer: func(int, *http.Request) (int, string, error) { return status, body, nil }})
					tk.secrets.add(secret)
					_, err := tk.get(t.Context())
					if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), secret[:6]) {
						t.Errorf("%d %s: %v", status, body, err)
					}
				})
			}
		}
	}
}

// TestTokenIsASecretAtOnce holds that a token is known for a secret before
// anybody can send it.
func TestTokenIsASecretAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tk := newTokens(&endpoint{answer: granting("60")})
		token, err := tk.get(t.Context())
		if got := tk.secrets.text("Bearer " + token); got != "Bearer "+redacted || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// TestTokenWaitEndsWithTheRun stops a run while the endpoint is in trouble.
func TestTokenWaitEndsWithTheRun(t *testing.T) {
	why := errors.New("interrupted")
	t.Run("in a pause", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := &endpoint{header: http.Header{"Retry-After": {"60"}}, answer: steps("", 503)}
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(10*time.Second, func() { cancel(why) })
			began := time.Now()
			_, err := newTokens(e).get(ctx)
			if !errors.Is(err, why) || time.Since(began) != 10*time.Second || e.calls.Load() != 1 {
				t.Errorf("after %v and %d calls: %v", time.Since(began), e.calls.Load(), err)
			}
		})
	})
	t.Run("in an exchange", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			cut := false
			e := &endpoint{answer: func(n int, r *http.Request) (int, string, error) {
				select {
				case <-r.Context().Done():
					cut = true
				case <-time.After(20 * time.Second):
				}
				return granting("60")(n, r)
			}}
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(10*time.Second, func() { cancel(why) })
			tk := newTokens(e)
			if _, err := tk.get(ctx); !errors.Is(err, why) {
				t.Errorf("got %v", err)
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if cut || tk.current != "token-1" {
				t.Errorf("the exchange was cut: %v; token %q", cut, tk.current)
			}
		})
	})
	t.Run("before it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := &endpoint{answer: granting("60")}
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(why)
			if _, err := newTokens(e).get(ctx); !errors.Is(err, why) || e.calls.Load() != 0 {
				t.Errorf("after %d calls: %v", e.calls.Load(), err)
			}
		})
	})
}

// TestTokenFetchOutlivesItsCaller holds that the end of the caller that began a
// fetch is no error of the others that wait for it.
func TestTokenFetchOutlivesItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tk := newTokens(&endpoint{answer: steps(`{}`, 503, 200)})
		first, leave := context.WithCancel(t.Context())
		go tk.get(first)
		synctest.Wait()
		got := make(chan error, 1)
		go func() {
			_, err := tk.get(t.Context())
			got <- err
		}()
		synctest.Wait()
		leave()
		if err := <-got; err != nil {
			t.Errorf("the other caller got %v", err)
		}
	})
}
