package mapping

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// section reads one part of the file into s.
func (d document) section(s *Spec, p pair) error {
	var err error
	switch p.key.text {
	case "columns":
		s.columns, err = d.columns(p.node)
	case "compute":
		s.compute, err = d.fields(p.node, func(f field, e entry) error {
			if e.text == "" {
				return e.errorf("%s needs an expression", f.name)
			}
			return neverSent(f, e)
		})
	case "dates":
		s.dates, err = d.fields(p.node, checkDate)
	case "types":
		s.types, err = d.fields(p.node, checkType)
	case "set":
		s.set, err = d.fields(p.node, neverSent)
	case "values":
		err = d.values(s, p.node)
	case "where":
		s.where, err = d.text(p.node)
	case "only":
		err = d.only(s, p.node)
	default:
		sections := []string{"columns", "compute", "values", "dates", "types", "set", "where", "only"}
		if near := nearest(p.key.text, sections); near != "" {
			return p.key.errorf("unknown key %q; did you mean %q?", p.key.text, near)
		}
		return p.key.errorf("unknown key %q; allowed: %s", p.key.text, strings.Join(sections, ", "))
	}
	return err
}

// columns reads the columns section. A line without the name of a column says that
// no column holds the field; it may be metadata of a name that no field can have.
func (d document) columns(n ast.Node) (map[string]entry, error) {
	pairs, err := d.pairs(n)
	if err != nil {
		return nil, err
	}
	section := make(map[string]entry, len(pairs))
	for _, p := range pairs {
		e, err := d.text(p.node)
		if err != nil {
			return nil, err
		}
		if e.text == "" && isMetadata(p.key.text) {
			section[p.key.text] = e
			continue
		}
		f, err := newField(section, p.key)
		if err == nil && e.text == "" && f.kind == typeID {
			err = e.errorf("%s needs the name of a column", f.name)
		}
		if err != nil {
			return nil, err
		}
		section[f.name] = e
	}
	return section, nil
}

// fields reads a section of lines field: text, each judged by check.
func (d document) fields(n ast.Node, check func(field, entry) error) (map[string]entry, error) {
	pairs, err := d.pairs(n)
	if err != nil {
		return nil, err
	}
	section := make(map[string]entry, len(pairs))
	for _, p := range pairs {
		f, err := newField(section, p.key)
		if err != nil {
			return nil, err
		}
		e, err := d.text(p.node)
		if err == nil {
			err = check(f, e)
		}
		if err != nil {
			return nil, err
		}
		section[f.name] = e
	}
	return section, nil
}

// newField finds the field a key names and sees that section has it not yet,
// under its other name.
func newField[V any](section map[string]V, key entry) (field, error) {
	f, err := findField(key.text)
	if err != nil {
		return f, key.errorf("%v", err)
	}
	if _, twice := section[f.name]; twice {
		return f, key.errorf("%s is the same field as %s and is given twice; keep one", f.column, f.name)
	}
	return f, nil
}

func neverSent(f field, e entry) error {
	if f.kind == typeNever {
		return e.errorf("%s is never sent; leave it out", f.name)
	}
	return nil
}

func (d document) values(s *Spec, n ast.Node) error {
	pairs, err := d.pairs(n)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		f, err := newField(s.values, p.key)
		if err == nil {
			err = neverSent(f, p.key)
		}
		if err != nil {
			return err
		}
		lines, err := d.pairs(p.node)
		if err != nil {
			return err
		}
		if len(lines) == 0 {
			continue // all commented out
		}
		known := make(map[string]entry, len(lines))
		for _, l := range lines {
			if l.key.text == "" {
				return l.key.errorf("a blank cell always leaves the field as it is; it cannot be given a value")
			}
			if _, twice := known[l.key.text]; twice {
				return l.key.errorf("%q is given twice, but for spaces around it", l.key.text)
			}
			if known[l.key.text], err = d.text(l.node); err != nil {
				return err
			}
		}
		put(&s.values, f.name, known)
	}
	return nil
}

func (d document) only(s *Spec, n ast.Node) error {
	if _, none := n.(*ast.NullNode); none {
		return nil
	}
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return d.errorf(n.GetToken(), "a list of fields is expected here, such as [endDate, metadata]")
	}
	for _, item := range list.Values {
		e, err := d.text(item)
		if err == nil {
			err = s.addOnly(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sorted goes through a section by name, so that of several mistakes the
// same one is named each time.
func sorted[V any](section map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(section)) {
			if !yield(key, section[key]) {
				return
			}
		}
	}
}
