package oneroster

import (
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
