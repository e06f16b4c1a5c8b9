package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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

// guessType drafts the type of metadata that is more than text.
func (g *guesser) guessType(s *sample, f field) {
	object := func(v string) bool { _, p := metadataFields(v); return p == nil }
	boolean := func(v string) bool { return strings.EqualFold(v, "true") || strings.EqualFold(v, "false") }
	switch {
	case f.kind == kindMetadata && (s.filled == 0 || s.all(object)):
		g.draft.add("types", true, "metadata: json", "")
	case f.kind == kindMetadata:
		g.draft.add("columns", false, "metadata.note: metadata", "its cells are not JSON objects; which key do they belong to?")
	case strings.HasPrefix(f.name, "metadata.metrics."):
	case s.all(boolean):
		g.draft.add("types", true, scalar(f.name)+": boolean", "")
	case s.all(isNumber) && !s.many && s.all(func(v string) bool { return len(v) < 5 }):
		g.draft.add("types", true, scalar(f.name)+": number", "")
	case s.all(isNumber):
		g.draft.add("types", false, scalar(f.name)+": number", "its values are numbers, but may be ids; without a type they are sent as text")
	}
}
