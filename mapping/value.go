package mapping

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// appendJSON appends to b what text, which is trimmed and not blank, says
// for the field, or reports a Problem that lacks only column and value.
func (f *field) appendJSON(b []byte, text string) ([]byte, *Problem) {
	switch f.kind {
	case typeChoice:
		for _, a := range f.allowed {
			if a == text {
				return appendString(b, text), nil
			}
		}
		return b, f.choiceProblem(text)
	case typeBoolean:
		if strings.EqualFold(text, "true") {
			return append(b, "true"...), nil
		}
		if strings.EqualFold(text, "false") {
			return append(b, "false"...), nil
		}
		return b, f.booleanProblem(text)
	case typeNumber:
		if !isNumber(text) {
			return b, &Problem{Kind: KindNumber, Message: "is not a number", Allowed: "digits with an optional sign -, decimal point and exponent, such as 12.5"}
		}
		return append(b, text...), nil
	case typeDate:
		if f.format.text == "" && isDay(text) {
			return appendString(b, text), nil
		}
		day, ok := f.format.parse(text)
		if !ok {
			return b, f.format.problem(f.name, text)
		}
		b = append(b, '"')
		b = day.AppendFormat(b, time.DateOnly)
		return append(b, '"'), nil
	case typeRef:
		if p := idProblem(text); p != nil {
			return b, p
		}
		b = append(b, `{"sourcedId":`...)
		b = appendString(b, text)
		return append(b, '}'), nil
	case typeJSON, typeMetadata:
		doc, p := parseDocument(text)
		if p != nil {
			return b, p
		}
		return append(b, marshal(doc)...), nil
	default:
		return appendString(b, text), nil
	}
}

func (f *field) choiceProblem(text string) *Problem {
	p := &Problem{Kind: KindValue, Message: "is not allowed", Allowed: strings.Join(f.allowed, ", "), Hint: f.valueHint(text)}
	if near := nearest(text, f.allowed); near != "" {
		p.Hint = "did you mean " + strconv.Quote(near) + "? " + flow("values", f.name, text, near) + " in a mapping file says so"
	}
	return p
}

func (f *field) booleanProblem(text string) *Problem {
	return &Problem{Kind: KindValue, Message: "is not allowed", Allowed: "true, false", Hint: f.valueHint(text)}
}

// valueHint says which line of a mapping file would read a value.
func (f *field) valueHint(text string) string {
	line := func(to string) string { return "put " + flow("values", f.name, text, to) + " in a mapping file" }
	meant := meanings[f.name][fold(text)]
	if f.kind == typeBoolean {
		meant = spoken[fold(text)]
	}
	switch {
	case len(text) > 80: // it is no code
		return ""
	case f.name == "status" && strings.EqualFold(text, "inactive"):
		return "OneRoster 1.0's inactive means tobedeleted: if that is what the file means, " + line("tobedeleted")
	case f.name == "status" && endings[fold(text)]:
		return "if it means that the enrollment is to be deleted, " + line("tobedeleted")
	case absent(text):
		return "if it stands for no value, " + line("")
	case meant != "":
		return "if it means " + meant + ", " + line(meant)
	}
	return line("…") + " with what it means in place of …"
}

// isNumber reports whether text is a number of the JSON grammar that a
// float64 can hold.
func isNumber(text string) bool {
	if text == "" || text[0] != '-' && (text[0] < '0' || text[0] > '9') || !json.Valid([]byte(text)) {
		return false
	}
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// mangled is what spreadsheets write in place of a long number, of a cell
// too narrow to show it, and of a formula that failed.
var mangled = regexp.MustCompile(`^(-?\d+([.,]\d+)?[Ee]\+\d{2,}|#+|#(N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!))$`)

// idProblem judges a sourcedId: 1 to 255 visible characters (OneRoster 1.2
// CSV binding) that can stand as one segment of a path. The letters the
// binding names are not held to: systems in the field use others too.
func idProblem(id string) *Problem {
	const most = 255
	switch {
	case id == "." || id == "..":
		return &Problem{Kind: KindID, Message: "cannot be an id: in an address it would name another place"}
	case strings.ContainsFunc(id, invisible):
		return &Problem{Kind: KindID, Message: "has a character that cannot be seen", Allowed: "letters, digits, punctuation and plain spaces"}
	case len(id) > most && utf8.RuneCountInString(id) > most:
		return &Problem{Kind: KindID, Message: "is " + strconv.Itoa(utf8.RuneCountInString(id)) + " characters long", Allowed: "at most 255"}
	case strings.HasPrefix(id, `="`), (id[0] == '#' || strings.IndexByte(id, '+') > 0) && mangled.MatchString(id):
		return &Problem{Kind: KindMangled, Message: "is an id that a spreadsheet has rewritten", Hint: "export the file again and do not save it from a spreadsheet, or format the column as text first"}
	case !strings.ContainsFunc(id, isDigit) && noID(id):
		return &Problem{Kind: KindBlank, Message: "is what exports write where there is no id"}
	}
	return nil
}

// noID reports whether a text without digits stands where there is no id: in
// place of a value, in a row of totals, or as a line drawn under the header.
func noID(text string) bool {
	switch fold(text) {
	case "total", "totals", "grandtotal", "totalrecords", "recordcount":
		return true
	}
	return absent(text) || strings.Trim(text, "-_=*") == ""
}

// absent reports whether text is what systems write when there is no value.
func absent(text string) bool {
	switch strings.ToLower(text) {
	case "null", "(null)", "<null>", "[null]", `\n`, "nil", "none", "n/a", "nan", "undefined", "-", "--", "---",
		"0000-00-00", "0000-00-00 00:00:00", "00/00/0000", "0/0/0":
		return true
	}
	return false
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// textProblem finds what no text of a file that was decoded rightly holds.
func textProblem(text string) *Problem {
	for i := range len(text) {
		if text[i] != 0 && text[i] < utf8.RuneSelf {
			continue
		}
		if text[i] == 0 || !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) || strings.IndexByte(text, 0) >= 0 {
			return &Problem{Kind: KindCharacter, Message: "has characters that were lost on the way", Hint: "name the file's encoding, such as --encoding windows-1252"}
		}
		return nil
	}
	return nil
}

// appendString appends text as a JSON string. Text that needs no escape,
// which is nearly all of it, costs no allocation.
func appendString(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' {
			return append(b, marshal(text)...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

// marshal is json.Marshal without its escapes for HTML. It is only called
// for what came out of a JSON decoder, and strings, which cannot fail.
func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
