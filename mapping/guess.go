package mapping

import (
	"cmp"
	"iter"
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
	g := &guesser{fields: map[string]*sample{}, disowned: map[string]bool{}}
	g.read(header, rows)
	g.assign()
	g.guessID()
	g.part()
	for _, s := range g.samples {
		if f, err := findField(s.field); err == nil {
			g.guessField(s, f)
		} else {
			g.leave(s)
		}
	}
	g.guessDates()
	g.guessSet()
	return g.draft.bytes(g.rows)
}

// guessField drafts all but the dates of a field whose column is known.
func (g *guesser) guessField(s *sample, f field) {
	_, coded := meanings[f.name]
	switch {
	case len(s.absent) > 0 && !coded && f.kind != typeID && f.kind != typeNever:
		g.draft.add("compute", true, scalar(f.name)+": "+scalar(s.present()), s.note)
	case f.column != s.name:
		g.draft.add("columns", true, scalar(f.name)+": "+scalar(s.name), s.note)
	}
	switch {
	case coded:
		g.guessValues(s, f)
	case f.kind == typeText || f.kind == typeMetadata:
		g.guessType(s, f)
	}
}

// guesser is the work of Guess.
type guesser struct {
	samples  []*sample          // in the order of the header
	fields   map[string]*sample // by the field each was given
	disowned map[string]bool    // fields that are said to have no column
	rows     int
	draft    draft
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
			f, err := findField(syn.field)
			if err != nil {
				panic(err) // a slip in the table of synonyms, which a test would find
			}
			names := syn.sure
			if !sure {
				names = syn.loose
			}
			for _, name := range names {
				g.offer(f, sure, func(called string) bool { return called == name })
			}
			if sure {
				g.offer(f, sure, func(called string) bool { return nearest(called, []string{f.column}) != "" })
			}
		}
	}
	for _, syn := range synonyms {
		for _, s := range g.samples {
			ends := func(name string) bool { return len(name) >= 6 && strings.HasSuffix(s.called, name) }
			if g.fields[syn.field] == nil && s.field == "" && s.doubt == "" && slices.ContainsFunc(syn.sure, ends) {
				s.might, s.doubt = syn.field, "by the end of its name; is it right?"
			}
		}
	}
}

// offer gives the field to the first free column whose name matches. A column
// that its table or its values do not bear out is left in doubt, and the field
// free.
func (g *guesser) offer(f field, sure bool, matches func(called string) bool) {
	for _, s := range g.samples {
		whole := matches(s.called)
		if s.field != "" || !whole && (s.rest == "" || !matches(s.rest)) {
			continue
		}
		doubt := g.doubt(s, f, sure)
		if other := g.fields[f.name]; other != nil {
			doubt = scalar(other.name) + " holds it too"
		}
		if !whole && !f.inTable(fold(s.table)) {
			doubt = "it stands under " + scalar(s.table) + "; does it say this of the enrollment?"
		}
		switch {
		case doubt == "":
			s.field, s.doubt = f.name, ""
			g.fields[f.name] = s
			if f.kind == typeRef && !sure {
				s.note = "taken for ids, since they have digits"
			}
		case s.doubt == "":
			s.might, s.doubt = f.name, doubt
		}
	}
}

// part takes metadata from columns that cannot be sent as it: whose cells are no
// objects, and that would be a value and an object at once.
func (g *guesser) part() {
	object := func(v string) bool { _, p := metadataFields(v); return p == nil }
	for _, s := range g.samples {
		inside := func(other *sample) bool {
			return s.field != "" && s.field != other.field && covers(s.field, other.field)
		}
		i := slices.IndexFunc(g.samples, inside)
		switch {
		case s.field == "metadata" && s.filled > 0 && !s.all(object):
			s.might, s.doubt = "metadata.note", "its cells are not JSON objects; which key do they belong to?"
		case i >= 0:
			s.might, s.doubt = s.field, "it cannot stand beside "+scalar(g.samples[i].name)
		default:
			continue
		}
		delete(g.fields, s.field)
		s.field = ""
	}
}

// leave drafts what there is to say of a column that no field was found for. One
// that Compile would refuse, as it may be a field's, is said not to be.
func (g *guesser) leave(s *sample) {
	unfed := map[string]bool{}
	for _, f := range coreFields {
		unfed[f.name] = g.fields[f.name] == nil && !g.disowned[f.name] && f.kind != typeID
	}
	near, isNear := nearField(s.name, unfed)
	switch {
	case isMetadata(s.name):
		g.disown(s.name, s, cmp.Or(s.doubt, "the API takes no such key"))
	case isNear:
		g.disown(near.name, s, s.doubt)
	case likeMetadata(s.name) && g.fields["metadata"] == nil && !g.disowned["metadata"]:
		g.disown("metadata", s, "which key does it belong to?")
	case s.doubt != "":
		g.draft.add("columns", false, scalar(s.might)+": "+scalar(s.name), s.doubt)
	default:
		g.draft.unmapped = append(g.draft.unmapped, s.name)
	}
}

// disown drafts that no column holds a field, with the reason why s does not, and
// what it may hold in its place.
func (g *guesser) disown(name string, s *sample, reason string) {
	g.disowned[name] = true
	line := scalar(s.might) + ": " + scalar(s.name)
	if s.might == name && !isMetadata(name) {
		reason += "; if it is, write " + line
	}
	if s.name != name {
		reason = "not " + scalar(s.name) + ": " + reason
	}
	g.draft.add("columns", true, scalar(name)+`: ""`, reason)
	if s.might != name && s.might != "" {
		g.draft.add("columns", false, line, "")
	}
}

// guessID drafts an id where no column is known to hold it.
func (g *guesser) guessID() {
	if g.fields["sourcedId"] != nil {
		return
	}
	const most = 3
	drafted := 0
	for _, s := range g.samples {
		if s.field == "" && s.doubt == "" && drafted < most && !isMetadata(s.name) && s.identifies(g.rows) {
			s.might, s.doubt = "sourcedId", "no two rows have the same; is it the id of the enrollment?"
		}
		if s.might == "sourcedId" && s.field == "" {
			drafted++
		}
	}
	user, class := g.fields["user"], g.fields["class"]
	switch {
	case user != nil && class != nil:
		g.draft.add("compute", false, "sourcedId: "+scalar(variable(user.name)+` + "-" + `+variable(class.name)),
			"no column holds the id of the enrollment; are ids put together like this?")
	case drafted == 0:
		g.draft.add("columns", false, "sourcedId: …", "no column was found for the id of the enrollment; which one holds it?")
	}
}

// guessSet drafts what to say where no column says it.
func (g *guesser) guessSet() {
	for name := range g.fields {
		if f, err := findField(name); err == nil && f.kind != typeID && f.kind != typeNever {
			return
		}
	}
	g.draft.add("set", false, "status: tobedeleted", "no column says more than an id; what is every row to say?")
}
