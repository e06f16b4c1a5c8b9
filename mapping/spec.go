package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Spec is what a mapping file says. The zero Spec reads files with OneRoster
// headers. A Spec is never changed once made and is safe for concurrent use.
type Spec struct {
	columns map[string]entry            // field: source column, or "" where none holds it
	compute map[string]entry            // field: expression
	values  map[string]map[string]entry // field: source value: field value
	dates   map[string]entry            // field: format of the source
	types   map[string]entry            // metadata field: type
	set     map[string]entry            // field: constant
	where   entry
	only    []entry
}

// entry is a text of a mapping file and where it stands.
type entry struct{ text, at string }

// SpecError is a mistake in a mapping file, or in a flag that means the same.
type SpecError struct {
	Where   string // name:line:column, or the flag
	Message string // what is wrong and what is allowed
}

// Error is where and what, on one line.
func (e *SpecError) Error() string { return e.Where + ": " + e.Message }

func (e entry) errorf(format string, args ...any) error {
	return &SpecError{Where: e.at, Message: fmt.Sprintf(format, args...)}
}

// Override returns a copy of s in which set, a list of field=value, and only,
// a list of fields, and where, an expression, take the place of what s says
// of the same. They are the values of the flags --set, --only and --where; an
// empty one leaves s as it is. What is wrong with them is a *SpecError.
func (s Spec) Override(set, only []string, where string) (Spec, error) {
	s.set = maps.Clone(s.set)
	for _, pair := range set {
		at := entry{at: "--set " + pair}
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return Spec{}, at.errorf("write --set field=value, such as --set status=active")
		}
		f, err := s.field(strings.TrimSpace(name))
		if err != nil {
			return Spec{}, at.errorf("%v", err)
		}
		e := entry{strings.TrimSpace(value), at.at}
		if err := checkConstant(f, e); err != nil {
			return Spec{}, err
		}
		put(&s.set, f.name, e)
	}
	if len(only) > 0 {
		s.only = nil
		for _, name := range only {
			if err := s.addOnly(entry{strings.TrimSpace(name), "--only " + name}); err != nil {
				return Spec{}, err
			}
		}
	}
	if where = strings.TrimSpace(where); where != "" {
		s.where = entry{where, "--where"}
		if !utf8.ValidString(where) {
			return Spec{}, s.where.errorf("the expression is not UTF-8")
		}
	}
	return s, nil
}

func put[V any](m *map[string]V, key string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = v
}

// field is findField with the types and dates that s gives.
func (s Spec) field(name string) (field, error) {
	f, err := findField(name)
	if err != nil {
		return f, err
	}
	if e, ok := s.types[f.name]; ok {
		f.kind = typeNames[e.text]
		if f.name == "metadata" {
			f.kind = typeMetadata
		}
	}
	if e, ok := s.dates[f.name]; ok {
		f.kind = typeDate
		f.format, err = parseDateFormat(e.text)
	}
	return f, err
}

var typeNames = map[string]valueType{"string": typeText, "number": typeNumber, "boolean": typeBoolean, "json": typeJSON}

func (s *Spec) addOnly(e entry) error {
	f, err := findField(e.text)
	if group, ok := strings.CutPrefix(e.text, "metadata."); ok && typedMetadata[group] != nil {
		f, err = field{name: e.text}, nil
	}
	if err == nil && (f.kind == typeID || f.kind == typeNever) {
		err = fmt.Errorf("%s is no field of the body; name those to send", f.name)
	}
	if err != nil {
		return e.errorf("%v", err)
	}
	s.only = append(s.only, entry{f.name, e.at})
	return nil
}

// feeds reports whether s says which column, or what expression over columns,
// the field comes from.
func (s Spec) feeds(name string) bool {
	_, named := s.columns[name]
	_, computed := s.compute[name]
	return named || computed
}

// disowns reports whether s says that no column holds the field.
func (s Spec) disowns(name string) bool {
	e, named := s.columns[name]
	return named && e.text == ""
}

// wants reports whether s sends the field of that name.
func (s Spec) wants(name string) bool {
	return len(s.only) == 0 || slices.ContainsFunc(s.only, func(e entry) bool { return covers(e.text, name) })
}
