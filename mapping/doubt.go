package mapping

import (
	"slices"
	"strings"
)

// doubt says why a column whose name speaks for a field may be none, or "".
func (g *guesser) doubt(s *sample, f field, sure bool) string {
	if len(s.values) == 0 {
		if sure && (f.kind != typeID || g.rows == 0) {
			return ""
		}
		return "the column is blank"
	}
	usable := func(v string) bool { return idProblem(v) == nil }
	switch {
	case (f.kind == typeID || f.kind == typeRef) && !s.most(usable):
		return "most of its values cannot be ids"
	case f.kind == typeID:
		return g.doubtID(s, sure)
	case f.kind == typeRef:
		return g.doubtRef(s, f, sure)
	case meanings[f.name] != nil && !s.speaks(f.name, sure):
		if sure {
			return "few of its values are known for this field"
		}
		return "not all of its values are words for this field"
	case f.kind == typeDate && s.formats() == nil:
		return "its values are not dates in a known format"
	case f.kind == typeNumber && !s.most(isNumber):
		return "most of its values are not numbers"
	}
	return ""
}

// doubtID is about the id of the enrollment. One that is another's sends each row
// to the wrong place, so even a sure name has to be borne out.
func (g *guesser) doubtID(s *sample, sure bool) string {
	switch {
	case s.repeats():
		return "its values repeat, so it may be the id of something else"
	case 2*s.filled < g.rows, !sure && s.filled < g.rows:
		return "it is blank in some rows"
	case sure:
		return ""
	}
	for _, name := range []string{"user", "class"} {
		if g.fields[name] == nil {
			return "no column was found for the " + name + ", so it may be the id of something else"
		}
	}
	return ""
}

// doubtRef is about the id of a user, class or school, which is easily taken for
// a name, or for a number that is one only within a course.
func (g *guesser) doubtRef(s *sample, f field, sure bool) string {
	course := func(other *sample) bool { return other != s && strings.Contains(other.called, "course") }
	short := func(v string) bool { return len(v) < 4 && strings.Trim(v, "0123456789") == "" }
	switch {
	case !s.most(isWord):
		return "its values look like names, not ids"
	case !sure && !s.all(isCode):
		return "its values may be names, not ids"
	case f.name == "class" && !sure && s.all(short), s.isCalled(sectionNumbers...) && slices.ContainsFunc(g.samples, course):
		return "it may only count the sections of a course"
	}
	return ""
}
