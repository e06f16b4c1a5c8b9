package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
)

// resultPrefix begins the columns of our own reports, which say nothing
// about enrollments.
const resultPrefix = "result."

// Compile fits s to a header, whose names may stand in spaces. Columns of a
// report (result.*) are passed over. A header that leaves in doubt which
// column is which is a *HeaderError, a mistake in an expression a *SpecError.
func (s Spec) Compile(header []string) (*Mapping, error) {
	c := &compiler{
		spec:    s,
		mapping: &Mapping{spec: s, id: rule{column: -1}},
		x:       &expressions{columns: map[string]int{}, used: map[int]bool{}},
		taken:   map[int]bool{},
	}
	for i, name := range header {
		name = strings.TrimSpace(name)
		if name == "" || strings.HasPrefix(name, resultPrefix) {
			continue
		}
		if first, twice := c.x.columns[name]; twice {
			c.problem("the header names %q twice, as columns %d and %d; rename one", name, first+1, i+1)
			continue
		}
		c.x.columns[name] = i
		c.names = append(c.names, name)
	}
	for _, step := range []func() error{c.compileWhere, c.compileRules} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	c.checkMetadata()
	c.checkNames()
	c.checkOnly()
	c.checkFed()
	if len(c.problems) > 0 {
		return nil, &HeaderError{Problems: c.problems}
	}
	for i := range c.x.used {
		c.mapping.reads = append(c.mapping.reads, variableColumn{variable(strings.TrimSpace(header[i])), i})
	}
	return c.mapping, nil
}

// compiler is the work of Compile.
type compiler struct {
	spec     Spec
	mapping  *Mapping
	names    []string // of the header, trimmed, in its order
	x        *expressions
	taken    map[int]bool // columns that a rule reads
	fields   []string     // that have a rule, wanted or not
	problems []string
}

func (c *compiler) problem(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

func (c *compiler) warn(format string, args ...any) {
	c.mapping.warnings = append(c.mapping.warnings, fmt.Sprintf(format, args...))
}

func (c *compiler) compileWhere() error {
	if c.spec.where.text == "" {
		return nil
	}
	var err error
	c.mapping.where, err = c.x.compile("", c.spec.where, expr.AsBool())
	c.mapping.whereAt = c.spec.where.at
	return c.collect(err)
}

// collect keeps what is wrong with the header until all of it is known.
func (c *compiler) collect(err error) error {
	var header *HeaderError
	if errors.As(err, &header) {
		c.problems = append(c.problems, header.Problems...)
		return nil
	}
	return err
}

// compileRules makes a rule for each field that a section or the header
// itself names: the core fields in the order of the body, then metadata in
// the order of the columns, and last metadata that has no column.
func (c *compiler) compileRules() error {
	for name, e := range sorted(c.spec.columns) {
		if e.text == "" {
			continue
		}
		if i, ok := c.x.columns[e.text]; ok {
			c.taken[i] = true
			continue
		}
		if _, computed := c.spec.compute[name]; !computed {
			c.problem("%s: %s: %s", e.at, name, c.x.lacks(e.text))
		}
	}
	var rules []rule
	for _, name := range c.fieldNames() {
		r, err := c.rule(name)
		if err != nil {
			return err
		}
		if r == nil {
			continue
		}
		c.fields = append(c.fields, name)
		switch {
		case r.kind == typeNever:
		case r.kind == typeID:
			c.mapping.id = *r
		case c.sends(name):
			rules = append(rules, *r)
		}
	}
	metadata := slices.IndexFunc(rules, func(r rule) bool { return strings.HasPrefix(r.name, "metadata") })
	if metadata >= 0 {
		slices.SortStableFunc(rules[metadata:], func(a, b rule) int {
			// As unsigned, no column (-1) comes last.
			return cmp.Compare(uint(a.column), uint(b.column))
		})
	}
	c.mapping.rules = rules
	return nil
}

// fieldNames are all fields that could get a rule.
func (c *compiler) fieldNames() []string {
	metadata := map[string]bool{}
	for _, section := range []map[string]entry{c.spec.columns, c.spec.compute, c.spec.set} {
		for name := range section {
			metadata[name] = true
		}
	}
	for _, name := range c.names {
		if isMetadata(name) && !c.taken[c.x.columns[name]] {
			metadata[name] = true
		}
	}
	maps.DeleteFunc(metadata, func(name string, _ bool) bool { return !isMetadata(name) })
	var names []string
	for _, f := range coreFields {
		names = append(names, f.name)
	}
	return append(names, slices.Sorted(maps.Keys(metadata))...)
}

func isMetadata(name string) bool {
	return name == "metadata" || strings.HasPrefix(name, "metadata.")
}

// sends reports whether any of what a field of that name holds is to be sent.
func (c *compiler) sends(name string) bool {
	return c.spec.wants(name) || name == "metadata" && slices.ContainsFunc(c.spec.only, isMetadataEntry)
}

func isMetadataEntry(e entry) bool { return isMetadata(e.text) }

// isScalar reports whether the result of an expression can be a text.
func isScalar(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Float64, reflect.Interface:
		return true
	}
	return false
}

// rule makes the rule of one field, or nil if nothing names it.
func (c *compiler) rule(name string) (*rule, error) {
	f, err := c.spec.field(name)
	if err != nil {
		if c.sends(name) && !c.spec.disowns(name) {
			c.problem("%v (%s leaves it out)", err, flow("columns", name, ""))
		}
		return nil, nil
	}
	r := &rule{field: f, column: -1, label: name, values: c.spec.values[name]}
	r.known = slices.Sorted(maps.Keys(r.values))
	constant, isSet := c.spec.set[name]
	computed, isComputed := c.spec.compute[name]
	named, isNamed := c.spec.columns[name]
	column, inHeader := c.x.columns[f.column]
	if c.spec.disowns(name) {
		isNamed, inHeader = false, false
	}
	switch {
	case isComputed:
		if isNamed {
			c.warn("%s is computed, so the column %q that is named for it is not read", name, named.text)
		}
		c.mapping.computes = true
		r.program, err = c.x.compile(name+": ", computed)
		if err != nil {
			return nil, c.collect(err)
		}
		if kind := r.program.Node().Type(); kind != nil && !isScalar(kind) {
			return nil, computed.errorf("%s: the expression gives a %s; allowed: a text, a number or a boolean", name, kind)
		}
	case isNamed:
		column, inHeader = c.x.columns[named.text]
		if !inHeader {
			return nil, nil // compileRules has said so
		}
		r.column, r.label = column, named.text
	case inHeader && !c.taken[column]:
		r.column, r.label = column, f.column
	case !isSet:
		return nil, nil
	}
	if name == "metadata" && c.spec.types[name].text == "" {
		if c.sends(name) {
			c.problem("a column metadata has to say which key it holds: metadata.key, or `types: {metadata: json}` in a mapping file if its cells are JSON objects, or %s to leave it out", flow("columns", name, ""))
		}
		return nil, nil
	}
	if r.column >= 0 {
		c.taken[r.column] = true
	}
	if isSet {
		f.format = dateFormat{}
		value, _ := f.appendJSON(nil, constant.text)
		r.says = []Field{{r.name, value}}
		if f.kind == typeJSON {
			doc, _ := parseDocument(constant.text)
			r.says = appendLeaves(nil, r.name, doc)
		}
	}
	return r, nil
}
