package mapping

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Guess drafts a mapping file for rows under header: columns by their names,
// codes and date formats by their values. What it is not sure of stands in
// it commented out, with the reason, above all ids that would have to be
// composed and codes that read like a deletion. Unedited, the draft is a
// file that Parse takes; where nothing is in doubt, Compile takes the header
// with it too. All rows are read; of a column, the first thousand different
// values are kept.
func Guess(header []string, rows iter.Seq[[]string]) []byte {
	g := &guesser{fields: map[string]*sample{}}
	g.read(header, rows)
	g.assign()
	g.guessID()
	for _, s := range g.samples {
		f, err := findField(s.field)
		if err != nil {
			if s.doubt == "" {
				g.draft.unmapped = append(g.draft.unmapped, s.name)
			}
			continue
		}
		switch {
		case len(s.absent) > 0 && (f.kind == kindDate || f.kind == kindRef || f.kind == kindNumber):
			g.draft.add("compute", true, scalar(f.name)+": "+scalar(s.present()), "")
		case f.column != s.name:
			g.draft.add("columns", true, scalar(f.name)+": "+scalar(s.name), "")
		}
		switch {
		case meanings[s.field] != nil:
			g.guessValues(s, f)
		case f.kind == kindText || f.kind == kindMetadata:
			g.guessType(s, f)
		}
	}
	g.guessDates()
	g.guessSet()
	return g.draft.bytes(g.rows)
}

// guesser is the work of Guess.
type guesser struct {
	samples []*sample          // in the order of the header
	fields  map[string]*sample // by the field each was given
	rows    int
	draft   draft
}

func (g *guesser) read(header []string, rows iter.Seq[[]string]) {
	seen := map[string]bool{}
	for i, name := range header {
		name = strings.TrimSpace(name)
		if name == "" || seen[name] || strings.HasPrefix(name, resultPrefix) {
			continue
		}
		seen[name] = true
		g.samples = append(g.samples, newSample(name, i))
	}
	for cells := range rows {
		g.rows++
		for _, s := range g.samples {
			s.add(cell(cells, s.index))
		}
	}
}

// assign gives each field at most one column: first those that bear its
// name, then by synonyms and likeness, the surest first. A field that is still
// free may be a column whose name ends like one of them.
func (g *guesser) assign() {
	for _, s := range g.samples {
		if f, err := findField(s.name); err == nil && f.column == s.name {
			s.field = f.name
			g.fields[f.name] = s
		}
	}
	for _, sure := range []bool{true, false} {
		for _, syn := range synonyms {
			names := syn.sure
			if !sure {
				names = syn.loose
			}
			for _, name := range names {
				g.offer(syn.field, func(s *sample) bool { return s.isCalled(name) }, sure)
			}
			if sure {
				f, _ := findField(syn.field)
				g.offer(syn.field, func(s *sample) bool {
					return slices.ContainsFunc(s.called, func(name string) bool { return nearest(name, []string{f.column, f.name}) != "" })
				}, true)
			}
		}
	}
	for _, syn := range synonyms {
		for _, s := range g.samples {
			ends := func(name string) bool { return len(name) >= 6 && strings.HasSuffix(s.called[0], name) }
			if g.fields[syn.field] == nil && s.field == "" && s.doubt == "" && slices.ContainsFunc(syn.sure, ends) {
				s.doubt = "by the end of its name; is it right?"
				g.draft.add("columns", false, scalar(syn.field)+": "+scalar(s.name), s.doubt)
			}
		}
	}
}

// offer gives the field to the first free column that matches. A column that
// the values do not bear out is left in doubt, and the field free.
func (g *guesser) offer(name string, matches func(*sample) bool, sure bool) {
	for _, s := range g.samples {
		if s.field != "" || !matches(s) {
			continue
		}
		doubt := g.doubt(s, name, sure)
		if other := g.fields[name]; other != nil {
			doubt = scalar(other.name) + " holds it too"
		}
		switch {
		case doubt == "":
			s.field, s.doubt = name, ""
			g.fields[name] = s
		case s.doubt == "":
			s.doubt = doubt
			g.draft.add("columns", false, scalar(name)+": "+scalar(s.name), doubt)
		}
	}
}

// doubt says why a column whose name speaks for a field may be none, or "".
func (g *guesser) doubt(s *sample, name string, sure bool) string {
	f, err := findField(name)
	if err != nil {
		return err.Error()
	}
	if len(s.values) == 0 {
		if sure {
			return ""
		}
		return "the column is blank"
	}
	usable := func(v string) bool { return idProblem(v) == nil }
	oneWord := func(v string) bool { return !strings.Contains(v, " ") }
	code := func(v string) bool { return oneWord(v) && strings.ContainsAny(v, "0123456789") }
	switch {
	case f.kind == kindID && !sure && s.repeats():
		return "its values repeat, so it may be the id of something else"
	case f.kind == kindID && !sure && s.filled < g.rows:
		return "it is blank in some rows"
	case f.kind == kindID && !sure && g.fields["user"] == nil:
		return "no column was found for the user, so it may be the user's id"
	case (f.kind == kindID || f.kind == kindRef) && !s.most(usable):
		return "most of its values cannot be ids"
	case f.kind == kindRef && !s.most(oneWord):
		return "its values look like names, not ids"
	case f.kind == kindRef && !sure && !s.all(code):
		return "its values may be names, not ids"
	case meanings[name] != nil && !s.speaks(name):
		return "few of its values are known for this field"
	case f.kind == kindDate && s.formats() == nil:
		return "its values are not dates in a known format"
	case f.kind == kindNumber && !s.most(isNumber):
		return "most of its values are not numbers"
	}
	return ""
}

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
		to := meanings[f.name][fold(v)]
		_, p := f.appendJSON(nil, v)
		switch {
		case p == nil:
			g.draft.add("values", true, "  "+scalar(v)+": "+strings.ToLower(v), "")
		case f.name == "status" && endings[fold(v)]:
			g.draft.add("values", false, "  "+scalar(v)+": tobedeleted", fmt.Sprintf("in %d of the rows; does it mean that the enrollment is to be deleted?", s.values[v]))
		case to == "":
			g.draft.add("values", false, "  "+scalar(v)+": …", fmt.Sprintf("in %d of the rows; not known; allowed: %s", s.values[v], p.Allowed))
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

// guessID drafts an id where no column is known to hold it.
func (g *guesser) guessID() {
	if g.fields["sourcedId"] != nil {
		return
	}
	const most = 3
	drafted := func() int { return g.draft.count("columns", "sourcedId: ") }
	for _, s := range g.samples {
		if s.field == "" && s.doubt == "" && drafted() < most && s.identifies(g.rows) {
			s.doubt = "no two rows have the same; is it the id of the enrollment?"
			g.draft.add("columns", false, "sourcedId: "+scalar(s.name), s.doubt)
		}
	}
	user, class := g.fields["user"], g.fields["class"]
	if user == nil || class == nil {
		if drafted() == 0 {
			g.draft.add("columns", false, "sourcedId: …", "no column was found for the id of the enrollment; which one holds it?")
		}
		return
	}
	g.draft.add("compute", false, "sourcedId: "+scalar(variable(user.name)+` + "-" + `+variable(class.name)),
		"no column holds the id of the enrollment; are ids put together like this?")
}

// guessSet drafts what to say where no column says it.
func (g *guesser) guessSet() {
	for name := range g.fields {
		if f, err := findField(name); err == nil && f.kind != kindID && f.kind != kindNever {
			return
		}
	}
	g.draft.add("set", false, "status: tobedeleted", "no column says more than an id; what is every row to say?")
}

// guessDates drafts the formats of the date columns. One in which day and
// month cannot be told apart follows another in which they can.
func (g *guesser) guessDates() {
	var settled []string
	for _, again := range []bool{false, true} {
		for _, name := range []string{"beginDate", "endDate"} {
			s := g.fields[name]
			if s == nil || len(s.values) == 0 {
				continue
			}
			formats := s.formats()
			if formats == nil {
				if !again {
					g.draft.add("dates", false, name+": …", "its values are not dates in a known format")
				}
				continue
			}
			format, other := formats[0].text, dayFirst(formats)
			if (other != "") != again {
				continue
			}
			switch {
			case other != "" && slices.Contains(settled, other):
				format = other
			case other != "" && !slices.Contains(settled, format):
				g.draft.add("dates", false, name+": "+scalar(format), "month first, or day first as below? Every value can be read both ways")
				g.draft.add("dates", false, name+": "+scalar(other), "")
				continue
			}
			settled = append(settled, format)
			if format != (dateFormat{}).String() {
				g.draft.add("dates", true, name+": "+scalar(format), "")
			}
		}
	}
}
