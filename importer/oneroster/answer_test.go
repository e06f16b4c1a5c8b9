package oneroster

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestReplyVerdict(t *testing.T) {
	const (
		record  = `{"enrollment":{"sourcedId":"e1"}}`
		failure = `{"imsx_codeMajor":"failure","imsx_severity":"error","imsx_description":"no","imsx_CodeMinor":{"imsx_codeMinorField":[{"imsx_codeMinorFieldValue":"invaliddata"}]}}`
		page    = "<!DOCTYPE html><title>Sign in</title>"
	)
	tests := []struct {
		name    string
		status  int
		kind    string // Content-Type
		body    string
		broken  string
		want    Verdict
		message string // part of it; "" for none
	}{
		{name: "a record", status: 200, kind: "application/json", body: record, want: Accepted},
		{name: "a record with a BOM", status: 200, kind: "application/json", body: "\ufeff" + record, want: Accepted},
		{name: "a record of no type", status: 200, body: record, want: Accepted},
		{name: "a record that says it is HTML", status: 200, kind: "text/html", body: record, want: Accepted},
		{name: "an empty object", status: 200, kind: "application/json", body: "{}", want: Accepted},
		{name: "success", status: 200, kind: "application/json", body: `{"imsx_codeMajor":"success"}`, want: Accepted},
		{name: "processing", status: 202, kind: "application/json", body: `{"imsx_codeMajor":"processing"}`, want: Accepted},
		{name: "nothing", status: 204, want: Accepted},
		{name: "nothing of a type", status: 200, kind: "text/html; charset=utf-8", want: Accepted},
		{name: "a plain word", status: 200, kind: "text/plain", body: "OK", want: Accepted},
		{name: "a plain word that says it is JSON", status: 200, kind: "application/json", body: "OK", want: Accepted},
		{name: "a plain line that says it is JSON", status: 200, kind: "application/problem+json", body: "Updated 1 row.", want: Accepted},
		{name: "a JSON word", status: 200, kind: "application/json", body: `"OK"`, want: Accepted},
		{name: "a plain line in brackets", status: 200, kind: "text/plain", body: "[ok] updated", want: Accepted},
		{name: "a plain word of another encoding", status: 200, kind: "text/plain", body: "mis \xe0 jour", want: Accepted},
		{name: "a record that mentions failure", status: 200, kind: "application/json", body: `{"enrollment":{"metadata":{"imsx_codeMajor":"failure"}}}`, want: Accepted},
		{name: "a record whose metadata mentions it deep down", status: 200, kind: "application/json", body: `{"enrollment":{"sourcedId":"e1","metadata":{"last":[{"imsx_StatusInfo":{"imsx_codeMajor":"failure"}}]}}}`, want: Accepted},
		{name: "a bare record that mentions it", status: 200, kind: "application/json", body: `{"sourcedId":"e1","metadata":{"imsx_codeMajor":"failure"}}`, want: Accepted},
		{name: "a list of records that mention it", status: 200, kind: "application/json", body: `{"enrollments":[{"metadata":{}},{"metadata":{"imsx_codeMajor":"failure"}}]}`, want: Accepted},
		{name: "a record that has it for a value", status: 200, kind: "application/json", body: `{"enrollment":{"sourcedId":"imsx_codeMajor","role":"failure"}}`, want: Accepted},
		{name: "success twice", status: 200, kind: "application/json", body: `{"imsx_codeMajor":"success","imsx_StatusInfo":{"imsx_codeMajor":"success"}}`, want: Accepted},

		{name: "failure", status: 200, kind: "application/json", body: failure, want: Refused, message: "the answer is 200, but its body says failure"},
		{name: "failure in other letters", status: 200, kind: "application/json", body: `{"imsx_StatusInfo":{"imsx_CodeMajor":"Failure"}}`, want: Refused, message: "says Failure"},
		{name: "failure with a BOM", status: 201, kind: "application/json", body: "\ufeff" + failure, want: Refused, message: "the answer is 201"},
		{name: "failure that says it is text", status: 200, kind: "text/plain", body: failure, want: Refused, message: "says failure"},
		{name: "failure beside an empty imsx_StatusInfo", status: 200, body: `{"imsx_StatusInfo":{},"imsx_codeMajor":"failure"}`, want: Refused, message: "says failure"},
		{name: "failure beside a description", status: 200, body: `{"imsx_codeMajor":"failure","imsx_StatusInfo":{"imsx_description":"see above"}}`, want: Refused, message: "says failure"},
		{name: "failure around success", status: 200, body: `{"imsx_codeMajor":"failure","imsx_StatusInfo":{"imsx_codeMajor":"success"}}`, want: Refused, message: "says failure"},
		{name: "failure inside success", status: 200, body: `{"imsx_codeMajor":"success","imsx_StatusInfo":{"imsx_codeMajor":"failure"}}`, want: Refused, message: "says failure"},
		{name: "failure and success under one key", status: 200, body: `{"imsx_codeMajor":"failure","imsx_codeMajor":"success"}`, want: Refused, message: "says failure"},
		{name: "failure and success in two spellings", status: 200, body: `{"imsx_codeMajor":"success","imsx_CodeMajor":"Failure","imsx_codemajor":"success"}`, want: Refused, message: "says Failure"},
		{name: "failure in a list", status: 200, body: `[{"imsx_codeMajor":"failure"}]`, want: Refused, message: "says failure"},
		{name: "one failure of two", status: 200, body: `[{"imsx_codeMajor":"success"},{"imsx_codeMajor":"failure"}]`, want: Refused, message: "says failure"},
		{name: "a list for imsx_StatusInfo", status: 200, body: `{"imsx_StatusInfo":[{"imsx_codeMajor":"failure"}]}`, want: Refused, message: "says failure"},
		{name: "a set of statuses", status: 200, body: `{"imsx_statusInfoSet":{"imsx_statusInfo":[{"imsx_codeMajor":"failure"}]}}`, want: Refused, message: "says failure"},
		{name: "failure under error", status: 200, body: `{"error":{"imsx_codeMajor":"failure"}}`, want: Refused, message: "says failure"},
		{name: "failure beside a record", status: 200, body: `{"enrollment":{},"status":{"imsx_StatusInfo":{"imsx_codeMajor":"failure"}}}`, want: Refused, message: "says failure"},
		{name: "failure in the place of a record", status: 200, body: `{"enrollment":{"imsx_codeMajor":"failure"}}`, want: Refused, message: "says failure"},
		{name: "failure in metadata that is no record's", status: 200, body: `{"metadata":{"imsx_codeMajor":"failure"}}`, want: Refused, message: "says failure"},
		{name: "unsupported", status: 200, kind: "application/json", body: `{"imsx_codeMajor":"unsupported"}`, want: Refused, message: "says unsupported"},
		{name: "a page", status: 200, kind: "text/html", body: page, want: Refused, message: "a web page instead of JSON"},
		{name: "a page that says it is JSON", status: 200, kind: "application/json", body: "\r\n " + page, want: Refused, message: "a web page"},
		{name: "a page cut short", status: 200, kind: "text/html", body: page, broken: "was cut short", want: Refused, message: "a web page"},
		{name: "text that says it is a page", status: 200, kind: "text/html", body: "Welcome", want: Refused, message: "a web page"},

		{name: "cut short by the network", status: 200, kind: "application/json", body: `{"enrol`, broken: "was cut short", want: Lost, message: "the answer, a 200, was cut short"},
		{name: "cut short by itself", status: 200, kind: "application/json", body: `{"enrol`, want: Lost, message: "the answer, a 200, was cut short"},
		{name: "a plain word cut short", status: 200, kind: "application/json", body: "OK", broken: "was cut short", want: Lost, message: "the answer, a 200, was cut short"},
		{name: "a list cut short by itself", status: 200, kind: "application/json", body: `[{"imsx_codeMajor":"fai`, want: Lost, message: "cut short"},
		{name: "a JSON word cut short by itself", status: 200, kind: "application/json", body: `"OK`, want: Lost, message: "cut short"},
		{name: "JSON in UTF-16", status: 200, kind: "application/json", body: "\xff\xfe{\x00}\x00", want: Lost, message: "is no text that can be read"},
		{name: "without end", status: 200, kind: "application/json", body: `{`, broken: "is longer than any this program reads", want: Lost, message: "is longer than any"},
		{name: "two values", status: 200, kind: "application/json", body: `{}{}`, want: Lost, message: "cut short"},

		{name: "300", status: 300, want: Refused, message: "redirects"},
		{name: "301", status: 301, want: Refused, message: `the server redirects to "https://elsewhere.example.org/login"`},
		{name: "302", status: 302, want: Refused, message: "redirects are not followed"},
		{name: "304", status: 304, want: Refused, message: "redirects"},
		{name: "307", status: 307, want: Refused, message: "redirects"},
		{name: "308", status: 308, want: Refused, message: "redirects"},
		{name: "400", status: 400, body: failure, want: Refused},
		{name: "400 cut short", status: 400, body: failure[:40], broken: "was cut short", want: Refused},
		{name: "401", status: 401, body: failure, want: Unauthorized},
		{name: "403", status: 403, body: failure, want: Forbidden},
		{name: "404", status: 404, body: failure, want: Refused},
		{name: "407", status: 407, want: Misconfigured, message: "the proxy answers 407 Proxy Authentication Required; check HTTPS_PROXY"},
		{name: "408", status: 408, want: Troubled},
		{name: "409", status: 409, want: Refused},
		{name: "413", status: 413, want: Refused},
		{name: "422", status: 422, body: failure, want: Refused},
		{name: "425", status: 425, want: Troubled},
		{name: "429", status: 429, body: failure, want: Throttled},
		{name: "500", status: 500, body: failure, want: Troubled},
		{name: "501", status: 501, want: Refused},
		{name: "502 with a page", status: 502, kind: "text/html", body: page, want: Troubled},
		{name: "503", status: 503, want: Troubled},
		{name: "504", status: 504, want: Troubled},
		{name: "505", status: 505, want: Refused},
		{name: "520", status: 520, want: Troubled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"Content-Type": {tt.kind}, "X-Amzn-Requestid": {"r-1"}, "Location": {"https://elsewhere.example.org/login"}}
			a := reply{status: tt.status, header: h, body: []byte(tt.body), broken: tt.broken}.judge(noon, &redactor{})
			if a.Verdict != tt.want || a.Status != tt.status || a.RequestID != "r-1" {
				t.Errorf("verdict %d, status %d, request %q; want verdict %d", a.Verdict, a.Status, a.RequestID, tt.want)
			}
			if !strings.Contains(a.Message, tt.message) || (a.Message == "") != (tt.message == "") {
				t.Errorf("message %q, want %q", a.Message, tt.message)
			}
			if got, want := string(a.Body), strings.TrimPrefix(tt.body, "\ufeff"); tt.want == Accepted && got != want {
				t.Errorf("body %q, want %q", got, want)
			}
			if tt.want != Accepted && a.Body != nil {
				t.Errorf("a body, %q, of what was not accepted", a.Body)
			}
			if tt.body == failure && a.IMSX.CodeMinor != "invaliddata" && tt.want != Accepted {
				t.Errorf("imsx is lost: %+v", a.IMSX)
			}
			if tt.body == page && a.IMSX.Description != page {
				t.Errorf("description %q", a.IMSX.Description)
			}
		})
	}
}

// TestRedirectToNowhere holds that a 3xx without a place is a refusal like others.
func TestRedirectToNowhere(t *testing.T) {
	a := reply{status: 304, body: []byte("not changed")}.judge(noon, &redactor{})
	if a.Verdict != Refused || a.Message != "" || a.IMSX.Description != "not changed" {
		t.Errorf("got %+v", a)
	}
}

func TestReplyHeaders(t *testing.T) {
	h := http.Header{}
	h.Set("Retry-After", "7")
	h.Set("X-Correlation-Id", "c-1")
	h.Set("X-Request-Id", "r-1")
	a := reply{status: 503, header: h}.judge(noon, &redactor{})
	if a.RetryAfter != 7*time.Second || a.RequestID != "r-1" {
		t.Errorf("Retry-After %v, request %q", a.RetryAfter, a.RequestID)
	}
}

func TestVerdictSettles(t *testing.T) {
	for v := Accepted; v <= Misconfigured; v++ {
		if got, want := v.Settles(), v == Accepted || v == Refused || v == Forbidden; got != want {
			t.Errorf("%d settles: %v", v, got)
		}
	}
}
