package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// guessValues drafts a value map where the values are not the field's own.
func (g *guesser) guessValues(s *sample, f field) {
	const most = 50
	if s.many || len(s.values) > most {
		g.draft.add("values", false, scalar(f.name)+": {…}", "too many different values to be codes")
		return
	}
	ours := func(v string) bool { _, p := f.appendJSON(nil, v); return p == nil }
	if len(s.absent) == 0 && (len(s.values) == 0 || s.all(ours)) {
		return
	}
	g.draft.add("values", true, scalar(f.name)+":", "")
	for _, v := range s.distinct() {
		// Values that need no change are listed too: once there is a map, a
		// value that is not in it is invalid.
		to := s.meaning(f.name, v)
		_, p := f.appendJSON(nil, v)
		switch {
		case p == nil:
			g.draft.add("values", true, "  "+scalar(v)+": "+strings.ToLower(v), "")
		case f.name == "status" && s.ends(v):
			g.draft.add("values", false, "  "+scalar(v)+": tobedeleted", fmt.Sprintf("in %d of the rows; does it mean that the enrollment is to be deleted?", s.values[v]))
		case to == "":
			g.draft.add("values", false, "  "+scalar(v)+": …", fmt.Sprintf("in %d of the rows; what does it mean? Allowed: %s", s.values[v], p.Allowed))
		default:
			g.draft.add("values", true, "  "+scalar(v)+": "+to, "")
		}
	}
	for _, v := range slices.Sorted(maps.Keys(s.absent)) {
		g.draft.add("values", true, "  "+scalar(v)+`: ""`, "")
	}
}

// labelWords end the names of numbers that nobody counts with, and that lose the
// zeros in front when they are sent as numbers.
var labelWords = []string{
	"id", "ids", "uid", "guid", "key", "code", "codes", "number", "num", "no", "nr", "nummer", "numero", "ref", "index",
	"room", "homeroom", "classroom", "locker", "phone", "telephone", "mobile", "tel", "fax", "zip", "zipcode", "postcode", "plz", "pin", "barcode",
}

// lastWord is the last word of a name such as metadata.sisId or metadata.home_room,
// in small letters and without a number behind it.
func lastWord(name string) string {
	letters := []rune(name)
	for len(letters) > 0 && !unicode.IsLetter(letters[len(letters)-1]) {
		letters = letters[:len(letters)-1]
	}
	start := len(letters)
	for start > 0 && unicode.IsLetter(letters[start-1]) {
		start--
		if start > 0 && unicode.IsUpper(letters[start]) && unicode.IsLower(letters[start-1]) {
			break
		}
	}
	return strings.ToLower(string(letters[start:]))
}

// guessType drafts the type of metadata that is more than text.
func (g *guesser) guessType(s *sample, f field) {
	boolean := func(v string) bool { return strings.EqualFold(v, "true") || strings.EqualFold(v, "false") }
	switch {
	case f.kind == typeMetadata:
		g.draft.add("types", true, "metadata: json", "")
	case strings.HasPrefix(f.name, "metadata.metrics."):
	case s.all(boolean):
		g.draft.add("types", true, scalar(f.name)+": boolean", "")
	case s.all(isNumber) && !s.many && s.all(func(v string) bool { return len(v) < 5 }) && !slices.Contains(labelWords, lastWord(f.name)):
		g.draft.add("types", true, scalar(f.name)+": number", "")
	case s.all(isNumber):
		g.draft.add("types", false, scalar(f.name)+": number", "its values are numbers, but may be ids; without a type they are sent as text")
	}
}
