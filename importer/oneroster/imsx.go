package oneroster

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
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

// parseIMSX reads the imsx status in body, in all the spellings servers use: at
// the root, inside imsx_StatusInfo or anywhere else, keys in any letter case,
// minor codes as a list, an object or plain text. Where a server has a form of its
// own, its message becomes the description. It is zero where body says nothing of
// the kind.
//
// Of several statuses one that refuses comes first, then an inner one before what
// is around it; what the first leaves blank the next fills in.
func parseIMSX(body []byte) (s IMSX) {
	if !json.Valid(body) {
		return IMSX{}
	}
	found := append(statuses(body, false, 0), statusOf(body))
	slices.SortStableFunc(found, func(a, b IMSX) int {
		switch {
		case a.refuses() == b.refuses():
			return 0
		case a.refuses():
			return -1
		}
		return 1
	})
	for _, next := range found {
		s = s.or(next)
	}
	return s
}

// statusDepth is how deep in a body a status is looked for.
const statusDepth = 16

// statuses are those of a JSON value, inner ones first. A record is the server's
// data but for its form, and its metadata is anybody's: what stands in there is no
// status, whatever it is called.
func statuses(value []byte, inRecord bool, depth int) (found []IMSX) {
	if depth > statusDepth {
		return nil
	}
	for _, element := range parseList(value) {
		found = append(found, statuses(element, inRecord, depth+1)...)
	}
	inRecord = inRecord || Member(value, "sourcedId") != nil
	isStatus := false
	walk(value, func(k, v []byte) bool {
		key := strings.ToLower(name(k))
		isStatus = isStatus || strings.HasPrefix(key, "imsx_")
		if key != "metadata" || !inRecord {
			found = append(found, statuses(v, inRecord || key == "enrollment" || key == "enrollments", depth+1)...)
		}
		return true
	})
	if isStatus {
		found = append(found, statusOf(value))
	}
	return found
}

// statusOf reads the status that an object is itself.
func statusOf(value []byte) IMSX {
	o := object(value)
	s := IMSX{
		CodeMajor:   text(o["imsx_codemajor"]),
		Severity:    text(o["imsx_severity"]),
		CodeMinor:   minorCodes(o["imsx_codeminor"]),
		Description: text(o["imsx_description"]),
	}
	if details := o["imsx_error_details"]; len(details) > 0 && string(details) != "null" {
		s.ErrorDetails = respelled(details)
	}
	for _, key := range []string{"message", "error_description", "error", "detail", "title"} {
		if s.Description == "" {
			s.Description = text(o[key])
		}
	}
	walk(value, func(k, v []byte) bool { // a key that is there twice says the worse
		if major := text(v); strings.EqualFold(name(k), "imsx_codeMajor") && refuses(major) {
			s.CodeMajor = major
		}
		return true
	})
	return s
}

// or is s with what it leaves blank as other has it.
func (s IMSX) or(other IMSX) IMSX {
	return IMSX{
		CodeMajor:    cmp.Or(s.CodeMajor, other.CodeMajor),
		Severity:     cmp.Or(s.Severity, other.Severity),
		CodeMinor:    cmp.Or(s.CodeMinor, other.CodeMinor),
		Description:  cmp.Or(s.Description, other.Description),
		ErrorDetails: cmp.Or(s.ErrorDetails, other.ErrorDetails),
	}
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
func (s IMSX) refuses() bool { return refuses(s.CodeMajor) }

func refuses(codeMajor string) bool {
	return strings.EqualFold(codeMajor, "failure") || strings.EqualFold(codeMajor, "unsupported")
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
