package oneroster

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode"
)

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("é", excerptLength)
	for _, tt := range []struct{ name, body, want string }{
		{"one line", "Bad Gateway", "Bad Gateway"},
		{"lines, tabs and blanks", " <h1>\r\n\tBad\u00a0Gateway </h1>\x00\x1b[31m ", "<h1> Bad Gateway </h1> [31m"},
		{"not UTF-8", "caf\xe9", "caf\ufffd"},
		{"just short enough", long, long},
		{"too long", long + "é", long + "…"},
		{"much white space first", strings.Repeat(" ", 1<<16) + "late", "late"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := excerpt([]byte(tt.body), &redactor{}); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestTextsOfAServerPrint holds that no text of a server can clear a screen, turn
// its colours or write a line of its own.
func TestTextsOfAServerPrint(t *testing.T) {
	const forged = "\x1b[31mred\x1b]0;title\x07\x9b2J\u009b2J\r\nrosterpatch: all rows done\u2028\u202e\u200b\x7f."
	escaped := `"\u001b[31mred\u001b]0;title\u0007\u009b2J\r\nrosterpatch: all rows done\u2028\u202e\u200b\u007f."`
	for name, answer := range map[string]func(http.ResponseWriter){
		"imsx": func(w http.ResponseWriter) {
			w.WriteHeader(503)
			fmt.Fprintf(w, `{"imsx_codeMajor":%[1]s,"imsx_severity":%[1]s,"imsx_codeMinor":%[1]s,"imsx_description":%[1]s,"imsx_error_details":[{%[1]s:%[1]s}]}`, escaped)
		},
		"a 200 that says failure": func(w http.ResponseWriter) {
			fmt.Fprintf(w, `{"imsx_codeMajor":"failure","imsx_severity":%[1]s,"imsx_codeMinor":%[1]s,"imsx_description":%[1]s}`, escaped)
		},
		"a body": func(w http.ResponseWriter) {
			w.WriteHeader(400)
			fmt.Fprint(w, forged)
		},
		"a request id": func(w http.ResponseWriter) {
			w.Header().Set("X-Request-Id", "\x1b[31m\u202e\u009b.")
			w.WriteHeader(500)
		},
		"the place of a redirect": func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://login.example.org/\x1b[31m\u202e\u009b.")
			w.WriteHeader(302)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, handle(t, func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
			a := patch(t, c)
			for _, text := range []string{
				a.Message, a.RequestID, a.IMSX.CodeMajor, a.IMSX.Severity, a.IMSX.CodeMinor, a.IMSX.Description, a.IMSX.ErrorDetails,
				(&GiveUpError{Last: a}).Error(), (&PermissionError{IMSX: a.IMSX}).Error(),
			} {
				if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
					t.Errorf("%q does not print from byte %d on", text, i)
				}
			}
			if a.Message+a.RequestID+a.IMSX.Description == "" {
				t.Error("nothing is left of it")
			}
		})
	}
}

// TestErrorsAreShort holds that a server cannot flood a terminal.
func TestErrorsAreShort(t *testing.T) {
	said := IMSX{CodeMinor: strings.Repeat("x", 1<<20), Description: strings.Repeat("y", 1<<20)}
	for _, err := range []error{&GiveUpError{Last: Answer{Status: 503, IMSX: said}}, &PermissionError{Status: 403, IMSX: said}} {
		if n := len(err.Error()); n > 1000 {
			t.Errorf("%d bytes: %.60s…", n, err)
		}
	}
}
