package oneroster

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// IMSX is what a server says of a request in the imsx_StatusInfo of the 1EdTech
// bindings. Every field may be blank.
type IMSX struct {
	CodeMajor    string // success, failure, processing, unsupported
	Severity     string // status, warning, error
	CodeMinor    string // the values of all minor codes, comma-separated
	Description  string // of a body that is not imsx at all, its beginning
	ErrorDetails string // compact JSON
}

// parseIMSX reads the imsx status in body, in all the spellings servers use:
// at the root or inside imsx_StatusInfo, keys in any letter case, minor codes
// as a list, an object or plain text. Where a server has a form of its own, its
// message becomes the description. It is zero where body says nothing of the kind.
func parseIMSX(body []byte) IMSX {
	root := object(body)
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
		s.ErrorDetails = respelled(details)
	}
	for _, key := range []string{"message", "error_description", "error", "detail", "title"} {
		if s.Description == "" {
			s.Description = text(root[key])
		}
	}
	return s
}

// statusIn is parseIMSX of an accepted answer, which mostly is a record or a long
// list of them, and says nothing of the kind.
func statusIn(body []byte) IMSX {
	for rest := body; ; {
		before, after, found := bytes.Cut(rest, []byte("_"))
		switch {
		case !found:
			return IMSX{}
		case len(before) >= 4 && bytes.EqualFold(before[len(before)-4:], []byte("imsx")):
			return parseIMSX(body)
		}
		rest = after
	}
}

// refuses reports whether the status takes back what a 2xx status line said.
func (s IMSX) refuses() bool {
	return strings.EqualFold(s.CodeMajor, "failure") || strings.EqualFold(s.CodeMajor, "unsupported")
}

// respelled is JSON in the one spelling that this program gives it: escapes
// could hide what is not to be shown.
func respelled(raw json.RawMessage) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return ""
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}

// minorCodes reads {"imsx_codeMinorField":[{…Name, …Value}]}, the same without
// the list or without the object around it, and plain text.
func minorCodes(raw json.RawMessage) string {
	if inner, ok := object(raw)["imsx_codeminorfield"]; ok {
		raw = inner
	}
	list := []json.RawMessage{raw}
	if len(raw) > 0 && raw[0] == '[' && json.Unmarshal(raw, &list) != nil {
		return ""
	}
	var values []string
	for _, item := range list {
		if o := object(item); o != nil {
			item = o["imsx_codeminorfieldvalue"]
		}
		if v := text(item); v != "" {
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
	for _, key := range slices.Sorted(maps.Keys(o)) { // of two spellings always the same one counts
		folded[strings.ToLower(key)] = o[key]
	}
	return folded
}

// text is raw as text: a JSON string's content, a number or boolean as
// written, anything else nothing.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return strings.TrimSpace(s)
	}
	if len(raw) == 0 || strings.ContainsAny(string(raw[:1]), "{[") {
		return ""
	}
	return string(raw)
}

// excerptLength bounds what is kept of a body, in characters.
const excerptLength = 200

// excerpt is the beginning of a body for a person: one line, no control
// characters. It loses its secrets first, as one that is cut is not known again.
func excerpt(body []byte, secrets *redactor) string {
	line := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(secrets.text(string(body)), "?"))
	runes := []rune(strings.Join(strings.Fields(line), " "))
	if len(runes) > excerptLength {
		return string(runes[:excerptLength]) + "…"
	}
	return string(runes)
}
