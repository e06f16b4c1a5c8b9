package oneroster

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// IMSX is what a server says of a request in the imsx_StatusInfo of the 1EdTech
// bindings. Every field may be blank.
type IMSX struct {
	CodeMajor    string // success, failure, processing, unsupported
	Severity     string // status, warning, error
	CodeMinor    string // the values of all minor codes, comma-separated
	Description  string
	ErrorDetails string // compact JSON, as the server gave it
}

// excerptLength bounds what is kept of a body that is not imsx, in characters.
const excerptLength = 200

// ParseIMSX reads the imsx status in body, in all the spellings servers use:
// at the root or inside imsx_StatusInfo, keys in any letter case, minor codes
// as a list, an object or plain text. Of a body that holds no imsx status, an
// excerpt becomes the description.
func ParseIMSX(body []byte) IMSX {
	root := object(body)
	if root == nil {
		return IMSX{Description: excerpt(string(body))}
	}
	if inner := object(root["imsx_statusinfo"]); inner != nil {
		root = inner
	}
	s := IMSX{
		CodeMajor:   text(root["imsx_codemajor"]),
		Severity:    text(root["imsx_severity"]),
		CodeMinor:   minorCodes(root["imsx_codeminor"]),
		Description: text(root["imsx_description"]),
	}
	if details := root["imsx_error_details"]; len(details) > 0 && string(details) != "null" {
		var compact bytes.Buffer
		if json.Compact(&compact, details) == nil {
			s.ErrorDetails = strings.ToValidUTF8(compact.String(), "?")
		}
	}
	for _, key := range []string{"message", "error_description", "error", "detail", "title"} {
		if s.Description == "" {
			s.Description = text(root[key])
		}
	}
	if s == (IMSX{}) {
		s.Description = excerpt(string(body))
	}
	return s
}

// refuses reports whether the status takes back what a 2xx status line said.
func (s IMSX) refuses() bool {
	return strings.EqualFold(s.CodeMajor, "failure") || strings.EqualFold(s.CodeMajor, "unsupported")
}

// minorCodes reads {"imsx_codeMinorField":[{…Name, …Value}]}, its one-element
// form without the list, a bare list, and plain text.
func minorCodes(raw json.RawMessage) string {
	if o := object(raw); o != nil {
		if inner, ok := o["imsx_codeminorfield"]; ok {
			return minorCodes(inner)
		}
		return text(o["imsx_codeminorfieldvalue"])
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return text(raw)
	}
	var values []string
	for _, item := range list {
		if v := minorCodes(item); v != "" {
			values = append(values, v)
		}
	}
	return strings.Join(values, ", ")
}

// object is raw as a JSON object with its keys in lower case, nil if it is none.
func object(raw []byte) map[string]json.RawMessage {
	var o map[string]json.RawMessage
	if json.Unmarshal(raw, &o) != nil || o == nil {
		return nil
	}
	folded := make(map[string]json.RawMessage, len(o))
	for k, v := range o {
		folded[strings.ToLower(k)] = v
	}
	return folded
}

// text is raw as text: a JSON string's content, a number or boolean as
// written, anything else nothing.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return strings.ToValidUTF8(strings.TrimSpace(s), "?")
	}
	if len(raw) == 0 || strings.ContainsAny(string(raw[:1]), "{[") {
		return ""
	}
	return string(raw)
}

// excerpt is the beginning of a body for a person: one line, no control
// characters.
func excerpt(body string) string {
	body = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(body[:min(len(body), 16*excerptLength)], "?"))
	body = strings.Join(strings.Fields(body), " ")
	if utf8.RuneCountInString(body) > excerptLength {
		body = string([]rune(body)[:excerptLength]) + "…"
	}
	return body
}
