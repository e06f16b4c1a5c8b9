package oneroster

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestParseIMSX(t *testing.T) {
	full := IMSX{CodeMajor: "failure", Severity: "error", CodeMinor: "unknownobject", Description: "no such enrollment"}
	tests := []struct {
		name, body string
		want       IMSX
	}{
		{"the API's own", `{"imsx_codeMajor":"failure","imsx_severity":"error","imsx_description":"no such enrollment",
			"imsx_CodeMinor":{"imsx_codeMinorField":[{"imsx_codeMinorFieldName":"TargetEndSystem","imsx_codeMinorFieldValue":"unknownobject"}]}}`, full},
		{"codeMinor in lower case", `{"imsx_codeMajor":"failure","imsx_severity":"error","imsx_description":"no such enrollment",
			"imsx_codeMinor":{"imsx_codeMinorField":[{"imsx_codeMinorFieldValue":"unknownobject"}]}}`, full},
		{"inside imsx_StatusInfo", `{"imsx_StatusInfo":{"imsx_codeMajor":"failure","imsx_severity":"error","imsx_description":"no such enrollment",
			"imsx_CodeMinor":{"imsx_codeMinorField":[{"imsx_codeMinorFieldValue":"unknownobject"}]}}}`, full},
		{"inside imsx_statusInfo", `{"imsx_statusInfo":{"imsx_CodeMajor":"failure","imsx_Severity":"error","imsx_Description":"no such enrollment","imsx_codeMinor":"unknownobject"}}`, full},
		{"one field without the list", `{"imsx_codeMajor":"failure","imsx_severity":"error","imsx_description":"no such enrollment",
			"imsx_codeMinor":{"imsx_codeMinorField":{"imsx_codeMinorFieldValue":"unknownobject"}}}`, full},
		{"a list without the object", `{"imsx_codeMajor":"failure","imsx_severity":"error","imsx_description":"no such enrollment",
			"imsx_codeMinor":[{"imsx_codeMinorFieldValue":"unknownobject"}]}`, full},
		{"several minor codes", `{"imsx_CodeMinor":{"imsx_codeMinorField":[{"imsx_codeMinorFieldValue":"invaliddata"},"server_busy",{"imsx_codeMinorFieldName":"x"},{"imsx_codeMinorFieldValue":"forbidden"}]}}`,
			IMSX{CodeMinor: "invaliddata, server_busy, forbidden"}},
		{"numbers for codes", `{"imsx_codeMajor":1,"imsx_codeMinor":42}`, IMSX{CodeMajor: "1", CodeMinor: "42"}},
		{"nulls", `{"imsx_codeMajor":"failure","imsx_severity":null,"imsx_CodeMinor":null,"imsx_description":null,"imsx_error_details":null}`, IMSX{CodeMajor: "failure"}},
		{"details", `{"imsx_codeMajor":"failure","imsx_error_details":[ { "field": "role",
			"message": "must be one of <a>" } ]}`, IMSX{CodeMajor: "failure", ErrorDetails: `[{"field":"role","message":"must be one of <a>"}]`}},
		{"a description in message", `{"imsx_codeMajor":"failure","message":"no"}`, IMSX{CodeMajor: "failure", Description: "no"}},
		{"a gateway's own form", `{"message":"Forbidden"}`, IMSX{Description: "Forbidden"}},
		{"OAuth2's form", `{"error":"invalid_token","error_description":"it has expired"}`, IMSX{Description: "it has expired"}},
		{"a problem of RFC 9457", `{"type":"about:blank","title":"Conflict","detail":"it is locked"}`, IMSX{Description: "it is locked"}},
		{"two spellings of one key", `{"imsx_codeminor":"b","imsx_CodeMinor":"a"}`, IMSX{CodeMinor: "b"}},
		{"at the root and in an empty imsx_StatusInfo", `{"imsx_StatusInfo":{},"imsx_codeMajor":"failure"}`, IMSX{CodeMajor: "failure"}},
		{"some at the root, some in imsx_StatusInfo", `{"imsx_codeMajor":"failure","imsx_severity":"error","imsx_StatusInfo":{"imsx_description":"no such enrollment","imsx_codeMinor":"unknownobject"}}`, full},
		{"the inner one says more", `{"imsx_severity":"status","message":"outer","imsx_StatusInfo":{"imsx_severity":"error","imsx_description":"inner"}}`, IMSX{Severity: "error", Description: "inner"}},
		{"the one that refuses says more", `{"imsx_codeMajor":"failure","imsx_description":"no","imsx_StatusInfo":{"imsx_codeMajor":"success","imsx_description":"read","imsx_severity":"status"}}`,
			IMSX{CodeMajor: "failure", Severity: "status", Description: "no"}},
		{"an imsx_StatusInfo that is a list", `{"imsx_StatusInfo":[{"imsx_codeMajor":"failure","imsx_description":"no"}]}`, IMSX{CodeMajor: "failure", Description: "no"}},
		{"another object", `{"ok":false}`, IMSX{}},
		{"an error that is an object", `{"error":{"code":1}}`, IMSX{}},
		{"codes that are lists of lists", `{"imsx_CodeMinor":[["a"]]}`, IMSX{}},
		{"a list", `[1]`, IMSX{}},
		{"nested past all sense", strings.Repeat(`[`, 9000) + `{"imsx_codeMajor":"failure"}` + strings.Repeat(`]`, 9000), IMSX{}},
		{"a string", `"oops"`, IMSX{}},
		{"null", `null`, IMSX{}},
		{"text", `Bad Gateway`, IMSX{}},
		{"nothing", ``, IMSX{}},
		{"cut short", `{"imsx_codeMajor":"fail`, IMSX{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, parseIMSX([]byte(tt.body))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// FuzzParseIMSX holds that any body can be read, twice alike, and that an
// excerpt of it is a short line.
func FuzzParseIMSX(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `[]`, `"x"`, `{"imsx_codeMajor":"failure"}`, `<html>`, "caf\xe9",
		`{"imsx_StatusInfo":{"imsx_codeMajor":"failure","imsx_CodeMinor":{"imsx_codeMinorField":[{"imsx_codeMinorFieldName":"a","imsx_codeMinorFieldValue":"unknownobject"}]}}}`,
		`{"imsx_codeMinor":[[["x"]]],"imsx_error_details":[1,{"a":" "}],"message":3}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		first := parseIMSX(body)
		if again := parseIMSX(body); again != first {
			t.Errorf("%q reads as %+v and as %+v", body, first, again)
		}
		for _, s := range []string{first.CodeMajor, first.CodeMinor, first.Description, first.ErrorDetails} {
			if !utf8.ValidString(s) {
				t.Errorf("%q: %q is not UTF-8", body, s)
			}
		}
		line := excerpt(body, &redactor{})
		if n := utf8.RuneCountInString(line); n > excerptLength+1 {
			t.Errorf("an excerpt of %d characters", n)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q has control characters", line)
		}
	})
}
