package oneroster

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestRedactorKnowsEverySpelling(t *testing.T) {
	const secret = `p"w\d/+&<é> %z;`
	escaped, _ := json.Marshal(secret)
	query, path := url.QueryEscape(secret), url.PathEscape(secret)
	r := &redactor{}
	r.add(secret)
	for name, text := range map[string]string{
		"plain":                secret,
		"JSON":                 string(escaped[1 : len(escaped)-1]),
		"JSON but for HTML":    strings.Trim(strconv.Quote(secret), `"`),
		"HTML":                 html.EscapeString(secret),
		"query":                query,
		"path":                 path,
		"query in lower case":  strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3C", "%3c", "%3E", "%3e", "%5C", "%5c", "%C3%A9", "%c3%a9", "%3B", "%3b").Replace(query),
		"twice":                secret + " and " + secret,
		"as a value":           "client_secret=" + query + "&x=1",
		"at the very end, cut": "we got " + secret[:10],
	} {
		t.Run(name, func(t *testing.T) {
			got := r.text("<" + text)
			if !strings.Contains(got, redacted) || strings.Contains(got, secret[:6]) || strings.Contains(got, query[:8]) || strings.Contains(got, "w\\\\d") {
				t.Errorf("%s became %s", text, got)
			}
		})
	}
	if got := r.text("nothing of the kind"); got != "nothing of the kind" {
		t.Errorf("got %q", got)
	}
}

func TestRedactorSlashesOfPHP(t *testing.T) {
	r := &redactor{}
	r.add("abc/def/ghi")
	if got := r.text(`{"secret":"abc\/def\/ghi"}`); got != `{"secret":"`+redacted+`"}` {
		t.Errorf("got %s", got)
	}
}

// TestRedactorLongestFirst holds that a secret inside another leaves none of
// the other behind.
func TestRedactorLongestFirst(t *testing.T) {
	r := &redactor{}
	r.add("secret")
	r.add("a.secret.token")
	if got := r.text("[a.secret.token] [secret]"); got != "["+redacted+"] ["+redacted+"]" {
		t.Errorf("got %q", got)
	}
}

// TestRedactorKeepsTheNewest holds that a run of many short-lived tokens costs
// no more and more, and never the client secret.
func TestRedactorKeepsTheNewest(t *testing.T) {
	r := &redactor{}
	r.add("the client secret")
	for i := range 10 * secretsKept {
		r.add(fmt.Sprintf("token-%04d", i))
	}
	if n := len(r.secrets); n != secretsKept {
		t.Errorf("%d secrets are kept, want %d", n, secretsKept)
	}
	newest := fmt.Sprintf("token-%04d", 10*secretsKept-1)
	if got := r.text("the client secret, " + newest); got != redacted+", "+redacted {
		t.Errorf("got %q", got)
	}
}

func TestRedactorWithoutSecrets(t *testing.T) {
	r := &redactor{}
	r.add("")
	if got := r.text("text"); got != "text" {
		t.Errorf("got %q", got)
	}
}

// TestRedactorSeesThroughSpelling holds that a secret is found inside a longer text
// that was encoded, cut short anywhere, and with other characters strewn in.
func TestRedactorSeesThroughSpelling(t *testing.T) {
	for _, secret := range []string{`S3cr3t+/=&"x<y>z~longenough`, "tok-1-abcdefghijklmnop+/qrs", testSecret, testToken} {
		r := &redactor{}
		r.add(secret)
		encodings := map[string]func([]byte) string{
			"base64":            base64.StdEncoding.EncodeToString,
			"base64 raw":        base64.RawStdEncoding.EncodeToString,
			"base64 of URLs":    base64.URLEncoding.EncodeToString,
			"base64 in a query": func(b []byte) string { return url.QueryEscape(base64.StdEncoding.EncodeToString(b)) },
			"base64 in lines":   func(b []byte) string { return apart(base64.StdEncoding.EncodeToString(b), 7, "\r\n") },
			"hex":               hex.EncodeToString,
			"HEX":               func(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) },
			"hex with spaces":   func(b []byte) string { return fmt.Sprintf("% x", b) },
			"hex with colons":   func(b []byte) string { return apart(hex.EncodeToString(b), 2, ":") },
			"soft hyphens":      func(b []byte) string { return apart(string(b), 3, "\u00ad") },
			"spaces":            func(b []byte) string { return apart(string(b), 5, " ") },
		}
		for name, encode := range encodings {
			for _, around := range []string{"%s", "Bearer %s", "id:%s", "client_secret=%s", "a%s", "ab%s", "%sz", "%s!!"} {
				text := "echo " + encode(fmt.Appendf(nil, around, secret))
				got := r.text(text)
				if left := strings.ReplaceAll(got, redacted, ""); left == got || len(left) > len("echo aWQ6gISE%3D%3D") {
					t.Errorf("%s of %s: %s becomes %s", name, around, text, got)
				}
			}
		}
		for n := len(secret) - 1; 4*n >= 3*len(secret); n-- {
			for _, after := range []string{"", "...", "… is not known", "***", `"}`, "XX", " "} {
				text := "we got " + secret[:n] + after
				if got := r.text(text); strings.Contains(got, secret[:cutSecret]) || got == redacted {
					t.Errorf("%s becomes %s", text, got)
				}
			}
		}
		if got := r.text("we got " + secret[:cutSecret] + "... here"); got != "we got "+redacted+"... here" {
			t.Errorf("a short beginning becomes %s", got)
		}
	}
}

// apart is s with between behind every n bytes, but never inside a character.
func apart(s string, n int, between string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%n == 0 {
			b.WriteString(between)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// TestRedactorLeavesTheRest holds that what only looks like the beginning of a
// secret stays.
func TestRedactorLeavesTheRest(t *testing.T) {
	r := &redactor{}
	r.add("sandbox-token-0123456789abcdef0123456789abcdef")
	r.add("sandbox-secret")
	for _, text := range []string{
		"sandbox-17", "sandbox", "the sandbox has no token", "0123456789", "a%20b \\u0041 &lt; c", "c2FuZGJveA==", "enrollment sandbox-class of school sandbox-school",
	} {
		if got := r.text(text); got != text {
			t.Errorf("%s becomes %s", text, got)
		}
	}
}

// BenchmarkRedactor takes secrets out of an ordinary message and of long pages, one
// of them full of escapes.
func BenchmarkRedactor(b *testing.B) {
	r := &redactor{}
	for i := range secretsKept {
		r.add(fmt.Sprintf("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.%032d.%s", i, strings.Repeat("c2lnbmF0dXJl", 30)))
	}
	for name, text := range map[string]string{
		"message": "no enrollment with the sourcedId enr-000123 was found",
		"page":    strings.Repeat("<div>Something went wrong here</div>\n", 1<<15),
		"escapes": strings.Repeat("%41x&amp;\\u0041 ", 1<<15),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r.text(text)
			}
		})
	}
}

// TestRedactorSeesThroughEscapes holds that no way of escaping brings a secret
// past it.
func TestRedactorSeesThroughEscapes(t *testing.T) {
	const secret = `pä ss&w"or/d+=%41\x`
	r := &redactor{}
	r.add(secret)
	for _, text := range []string{
		`echo p%c3%a4%20ss%26w%22or%2fd%2b%3d%2541%5cx`,
		`echo p\u00e4 ss\u0026w\"or\/d+=%41\\x`,
		`echo p&auml; ss&amp;w&quot;or/d+=%41\x`,
		`echo p%25c3%25a4%2520ss%2526w%2522or%252fd%252b%253d%252541%255cx`,
		`echo ` + hex.EncodeToString([]byte(secret)),
		`echo ` + base64.StdEncoding.EncodeToString([]byte(secret)),
	} {
		if got := r.text(text); !strings.Contains(got, redacted) || len(got) > len("echo ")+len(redacted) {
			t.Errorf("%s\nbecomes %s", text, got)
		}
	}
	if got := r.text(`100% of "rows" &amp; \u00e4 more`); got != `100% of "rows" &amp; \u00e4 more` {
		t.Errorf("a text without a secret becomes %s", got)
	}
}
