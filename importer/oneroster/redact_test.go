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
