package oneroster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestPatchOnTheWire(t *testing.T) {
	const body = `{"enrollment":{"role":"student"}}`
	c := newClient(t, handle(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		if r.Method != "PATCH" || string(got) != body || r.ContentLength != int64(len(body)) {
			t.Errorf("%s, %d bytes: %s", r.Method, r.ContentLength, got)
		}
		if r.RequestURI != "/v1/ims/oneroster/rostering/v1p2/enrollments/e1" {
			t.Errorf("target %s", r.RequestURI)
		}
		for name, want := range map[string]string{
			"Authorization": "Bearer " + testToken, "Content-Type": "application/json",
			"Accept": "application/json", "User-Agent": "rosterpatch/test",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		io.WriteString(w, `{"enrollment":{"sourcedId":"e1"}}`)
	})+"/v1/")
	a, err := c.Patch(t.Context(), "e1", []byte(body))
	if err != nil || a.Verdict != Accepted || a.Status != 200 || a.Method != "PATCH" {
		t.Errorf("got %+v, %v", a, err)
	}
}

// TestTokenOnTheWire holds that the token endpoint too is told who asks, and that
// a request whose turn passed meanwhile is not sent.
func TestTokenOnTheWire(t *testing.T) {
	c := newClient(t, handle(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			if r.Method != "POST" || r.UserAgent() != "rosterpatch/test" || r.Header.Get("Accept") != "application/json" {
				t.Errorf("%s by %q, who takes %q", r.Method, r.UserAgent(), r.Header.Get("Accept"))
			}
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"access_token":"another"}`)
			return
		}
		if got := r.Header.Get("Authorization"); got != "Bearer another" {
			t.Errorf("Authorization is %q", got)
		}
	}))
	c.tokens.drop(testToken)
	if a := patch(t, c); a.Verdict != Waited || a.Status != 0 {
		t.Errorf("got %+v", a)
	}
	if a := patch(t, c); a.Verdict != Accepted {
		t.Errorf("got %+v", a)
	}
}

func TestGetOnTheWire(t *testing.T) {
	c := newClient(t, handle(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "GET" || r.ContentLength != 0 || r.Header.Get("Content-Type") != "" || len(r.TransferEncoding) != 0 {
			t.Errorf("%s of %d bytes, %q", r.Method, r.ContentLength, r.Header.Get("Content-Type"))
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"enrollment":{"sourcedId":"e1","role":"student"}}`)
	}))
	a, err := c.Get(t.Context(), "e1")
	if err != nil || a.Verdict != Accepted || a.Method != "GET" {
		t.Fatalf("got %+v, %v", a, err)
	}
	record, err := ParseRecord(a.Body)
	if err != nil || record.ID() != "e1" || string(record["role"]) != `"student"` {
		t.Errorf("record %s, %v", record, err)
	}
}

func TestListOnTheWire(t *testing.T) {
	var got *url.URL
	c := newClient(t, handle(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.URL
		io.WriteString(w, `{"enrollments":[{"sourcedId":"e1"},{"sourcedId":"e/2"}],"totalCount":7}`)
	}))
	for _, tt := range []struct {
		query Query
		want  string
	}{
		{Query{Limit: 100}, "limit=100&offset=0&orderBy=asc&sort=sourcedId"},
		{Query{Limit: PageLimit, Offset: 3000}, "limit=3000&offset=3000&orderBy=asc&sort=sourcedId"},
		{Query{Limit: 2, IDs: []string{"e1", "e/2&x=+"}}, "filter=sourcedId%40%27e1%2Ce%2F2%26x%3D%2B%27&limit=2&offset=0&orderBy=asc&sort=sourcedId"},
	} {
		a, err := c.List(t.Context(), tt.query)
		if err != nil || a.Verdict != Accepted {
			t.Fatalf("got %+v, %v", a, err)
		}
		if got.Path != "/ims/oneroster/rostering/v1p2/enrollments/" || got.RawQuery != tt.want {
			t.Errorf("asked for %s, want …/enrollments/?%s", got, tt.want)
		}
		page, err := ParsePage(a.Body)
		if err != nil || len(page.Enrollments) != 2 || page.Enrollments[1].ID() != "e/2" || page.TotalCount != 7 {
			t.Errorf("page %+v, %v", page, err)
		}
	}
}

// TestIDsAreOneSegment sends ids that mean something to URLs.
func TestIDsAreOneSegment(t *testing.T) {
	const prefix = "/ims/oneroster/rostering/v1p2/enrollments/"
	var escaped string
	var query bool
	c := newClient(t, handle(t, func(w http.ResponseWriter, r *http.Request) {
		escaped, query = r.URL.EscapedPath(), r.URL.RawQuery != ""
		io.WriteString(w, "{}")
	}))
	for _, id := range []string{
		"plain", "a/b", "/", "a//b", "../e1", "..%2Fe1", "a/./b", "what?", "a#b", "100%", "%2F", "%", "a;b", "a,b", "u@school.example.org",
		"a b", " ", "a+b", "a%20b", "a&b=c", `a\b`, `"quoted"`, "<x>", "{x}", "[x]", "a:b", "http://x/", "é", "日本", "😀", "a\u00a0b", "~", "!$'()*", "...", ".a",
		strings.Repeat("x", 255),
	} {
		a, err := c.Patch(t.Context(), id, []byte("{}"))
		if err != nil || a.Verdict != Accepted {
			t.Errorf("%q: %+v, %v", id, a, err)
			continue
		}
		segment, ok := strings.CutPrefix(escaped, prefix)
		if !ok || query || strings.ContainsAny(segment, "/?#;+ ") {
			t.Errorf("%q is sent as %s", id, escaped)
		}
		if back, err := url.PathUnescape(segment); err != nil || back != id {
			t.Errorf("%q arrives as %q, %v", id, back, err)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		followed := false
		elsewhere := handle(t, func(w http.ResponseWriter, _ *http.Request) { followed = true; io.WriteString(w, "{}") })
		c := newClient(t, handle(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere+"/login", status) }))
		a := patch(t, c)
		if a.Verdict != Refused || a.Status != status || !strings.Contains(a.Message, elsewhere+"/login") || followed {
			t.Errorf("%d: verdict %d, message %q, followed %v", status, a.Verdict, a.Message, followed)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	const endless = 256 << 20
	sent := make(chan int, 1)
	c := newClient(t, handle(t, func(w http.ResponseWriter, r *http.Request) {
		chunk, n := make([]byte, 1<<16), 0
		for ; n < endless; n += len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				break
			}
		}
		sent <- n
	}))
	a := patch(t, c)
	if a.Verdict != Lost || a.Message != "the answer, a 200, is longer than any this program reads" {
		t.Errorf("verdict %d, message %q", a.Verdict, a.Message)
	}
	if n := <-sent; n == endless {
		t.Error("all of it is read")
	}
}

func TestUnauthorizedDropsTheToken(t *testing.T) {
	c := newClient(t, handle(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	if a := patch(t, c); a.Verdict != Unauthorized || c.tokens.current != "" {
		t.Errorf("verdict %d, token %q", a.Verdict, c.tokens.current)
	}
}

func TestEndedContextStartsNothing(t *testing.T) {
	c := newClient(t, handle(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }))
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	cancel(why)
	if _, err := c.Patch(ctx, "e1", []byte("{}")); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

func TestStartedRequestIsFinished(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := newClient(t, handle(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		io.WriteString(w, "{}")
	}))
	if a, err := c.Patch(ctx, "e1", []byte("{}")); err != nil || a.Verdict != Accepted {
		t.Errorf("got %+v, %v", a, err)
	}
}

// TestNothingSecretComesBack meets servers that echo what they were sent.
func TestNothingSecretComesBack(t *testing.T) {
	asJSON := func(s string) string {
		b, _ := json.Marshal(s)
		return string(b)
	}
	tests := []struct {
		name string
		echo func(w http.ResponseWriter, secret string)
	}{
		{"imsx description", func(w http.ResponseWriter, s string) {
			w.WriteHeader(400)
			fmt.Fprintf(w, `{"imsx_codeMajor":%s,"imsx_severity":%[1]s,"imsx_CodeMinor":%[1]s,"imsx_description":%[1]s}`, asJSON("a "+s+" b"))
		}},
		{"imsx details", func(w http.ResponseWriter, s string) {
			w.WriteHeader(422)
			fmt.Fprintf(w, `{"imsx_error_details":[{"authorization":%s}]}`, asJSON("Bearer "+s))
		}},
		{"a 200 that says failure", func(w http.ResponseWriter, s string) {
			fmt.Fprintf(w, `{"imsx_codeMajor":"failure","imsx_description":%s}`, asJSON(s))
		}},
		{"JSON of another kind", func(w http.ResponseWriter, s string) {
			w.WriteHeader(500)
			fmt.Fprintf(w, `{"request":{"headers":[%s]}}`, asJSON(s))
		}},
		{"an HTML page", func(w http.ResponseWriter, s string) {
			fmt.Fprintf(w, "<html><pre>%s</pre>", html.EscapeString(s))
		}},
		{"plain text", func(w http.ResponseWriter, s string) {
			w.WriteHeader(401)
			io.WriteString(w, "token "+s+" is not known")
		}},
		{"where an excerpt ends", func(w http.ResponseWriter, s string) {
			w.WriteHeader(502)
			io.WriteString(w, "<p>"+strings.Repeat("x", excerptLength-15)+s+"</p>")
		}},
		{"where the answer breaks off", func(w http.ResponseWriter, s string) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(500)
			io.WriteString(w, "token "+s[:12])
		}},
		{"the request id", func(w http.ResponseWriter, s string) {
			w.Header().Set("X-Request-Id", url.QueryEscape(s))
			w.WriteHeader(500)
		}},
		{"the place of a redirect", func(w http.ResponseWriter, s string) {
			w.Header().Set("Location", "https://login.example.org/?token="+url.QueryEscape(s)+"#"+url.PathEscape(s))
			w.WriteHeader(302)
		}},
	}
	for _, tt := range tests {
		for name, secret := range map[string]string{"token": testToken, "secret": testSecret} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				c := newClient(t, handle(t, func(w http.ResponseWriter, r *http.Request) { tt.echo(w, secret) }))
				a := patch(t, c)
				text := fmt.Sprintf("%+v %s", a, &GiveUpError{Last: a})
				if !strings.Contains(text, redacted) {
					t.Errorf("where has it gone? %s", text)
				}
				for _, part := range []string{secret, secret[:10], url.QueryEscape(secret)[:10], url.PathEscape(secret)[:10], html.EscapeString(secret)[:10]} {
					if strings.Contains(text, part) {
						t.Errorf("%q is in %s", part, text)
					}
				}
			})
		}
	}
}

func TestListable(t *testing.T) {
	for id, want := range map[string]bool{"e1": true, "a/b@c": true, "é": true, "a,b": false, "a'b": false, `a"b`: false, `a\b`: false, "a b": false} {
		if Listable(id) != want {
			t.Errorf("Listable(%q) is %v", id, !want)
		}
	}
}

func TestParseRecordErrors(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "{}", `{"enrollment":null}`, `{"enrollment":[]}`, `{"enrollment":"x"}`, `{"enrollment":{}`} {
		if r, err := ParseRecord([]byte(body)); err == nil {
			t.Errorf("%q reads as %v", body, r)
		}
	}
	for _, record := range []Record{nil, {"sourcedId": json.RawMessage("7")}, {"sourcedId": json.RawMessage("null")}} {
		if id := record.ID(); id != "" {
			t.Errorf("%v has the id %q", record, id)
		}
	}
}

func TestParsePageErrors(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "{}", `{"enrollments":null}`, `{"enrollments":{}}`, `{"enrollments":["x"]}`} {
		if p, err := ParsePage([]byte(body)); err == nil {
			t.Errorf("%q reads as %v", body, p)
		}
	}
	if p, err := ParsePage([]byte(`{"enrollments":[]}`)); err != nil || len(p.Enrollments) != 0 || p.TotalCount != 0 {
		t.Errorf("an empty page reads as %v, %v", p, err)
	}
}

func TestParsePageTotal(t *testing.T) {
	for total, want := range map[string]int{
		"7": 7, `"12"`: 12, `" 12 "`: 12, "0": 0, "null": 0, "-1": 0, `"-1"`: 0, `""`: 0, `"many"`: 0, "{}": 0, "[7]": 0, "true": 0, "1.5": 0, "1e400": 0,
		"9223372036854775807": 0, "99999999999999999999": 0,
	} {
		p, err := ParsePage([]byte(`{"enrollments":[{}],"totalCount":` + total + `}`))
		if err != nil || len(p.Enrollments) != 1 || p.TotalCount != want {
			t.Errorf("totalCount %s: %d, %v; want %d", total, p.TotalCount, err, want)
		}
	}
}

// TestTransport holds what net/http's defaults would get wrong.
func TestTransport(t *testing.T) {
	tr := transport(10)
	if tr.MaxIdleConnsPerHost < 10 || tr.MaxIdleConns < 10 {
		t.Errorf("%d workers keep %d connections", 10, tr.MaxIdleConnsPerHost)
	}
	if tr.HTTP2 == nil || tr.HTTP2.SendPingTimeout <= 0 || tr.HTTP2.SendPingTimeout > time.Minute {
		t.Error("a dead HTTP/2 connection is not found out")
	}
	if tr.TLSClientConfig.InsecureSkipVerify {
		t.Error("certificates are not looked at")
	}
}
