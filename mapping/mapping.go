// Package mapping turns the rows of a CSV file into changes of enrollments,
// as a mapping file says or, without one, as the OneRoster header does.
//
// A Spec is what a mapping file says, a Mapping is that for one header, and
// a Change is what one row comes to. A value no rule covers is a Problem of
// its row and never a guess.
package mapping

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/expr-lang/expr/vm"
)

// Mapping turns the rows of files with one header into changes. It is safe
// for concurrent use.
type Mapping struct {
	spec     Spec
	id       rule
	rules    []rule // in the order of Change.Fields
	where    *vm.Program
	whereAt  string
	computes bool             // whether any rule has a program
	reads    []variableColumn // what expressions read
	machines sync.Pool
	warnings []string
}

// rule makes one field from a row.
type rule struct {
	field
	column  int         // of the row, or -1
	label   string      // what a Problem calls the source
	program *vm.Program // computes the text, or nil
	values  map[string]entry
	known   []string // the keys of values, sorted
	says    []Field  // of a constant, else nil
}

// variableColumn is a column an expression reads.
type variableColumn struct {
	variable string
	column   int
}

// Warnings are sentences about columns that nothing maps and rules that no
// column feeds.
func (m *Mapping) Warnings() []string { return m.warnings }

// Takes reports whether the row is one of those that where asks for. An
// error makes the row invalid: where could not be worked out for it.
func (m *Mapping) Takes(cells []string) (bool, error) {
	if m.where == nil {
		return true, nil
	}
	x := m.machine(cells)
	defer m.machines.Put(x)
	result, err := x.vm.Run(m.where, x.env)
	if err != nil {
		return false, entry{at: m.whereAt}.errorf("%s", runMessage(err))
	}
	takes, ok := result.(bool)
	if !ok {
		return false, entry{at: m.whereAt}.errorf("the expression gives a %T, not true or false", result)
	}
	return takes, nil
}

// ID is the sourcedId of a row, valid or not, as well as it can be told; ""
// if the row has none.
func (m *Mapping) ID(cells []string) string {
	var x *machine
	if m.id.program != nil {
		x = m.machine(cells)
		defer m.machines.Put(x)
	}
	id, problem := m.id.text(cells, x)
	if problem != nil {
		return ""
	}
	return id
}

// Change is what the row says, or all that is wrong with the row. Blank
// cells say nothing; a change without fields is no mistake. With problems,
// the change holds nothing but the sourcedId as ID tells it.
func (m *Mapping) Change(cells []string) (Change, []Problem) {
	var problems []Problem
	var x *machine
	if m.computes {
		x = m.machine(cells)
		defer m.machines.Put(x)
	}

	id, problem := m.id.text(cells, x)
	switch {
	case problem != nil:
	case id == "":
		problem = &Problem{Kind: KindBlank, Message: "is blank; each row needs the sourcedId of its enrollment"}
	default:
		problem = idProblem(id)
	}
	if problem != nil {
		problems = append(problems, m.id.report(problem, id))
		noRow := problem.Kind == KindBlank && id != "" // a total, or a line under the header
		if id = m.ID(cells); noRow {
			return Change{SourcedID: id}, problems
		}
	}

	change := Change{SourcedID: id, Fields: make([]Field, 0, len(m.rules))}
	b := make([]byte, 0, 24*len(m.rules)) // holds all values of most rows, in one allocation
	for i := range m.rules {
		r := &m.rules[i]
		if r.says != nil {
			change.Fields = append(change.Fields, r.says...)
			continue
		}
		text, problem := r.text(cells, x)
		if problem == nil && text != "" {
			switch r.kind {
			case typeMetadata:
				var fields []Field
				fields, problem = metadataFields(text)
				for _, f := range fields {
					if m.spec.wants(f.Name) {
						change.Fields = append(change.Fields, f)
					}
				}
			case typeJSON:
				var doc any
				doc, problem = parseDocument(text)
				change.Fields = appendLeaves(change.Fields, r.name, doc)
			default:
				start := len(b)
				b, problem = r.appendJSON(b, text)
				change.Fields = append(change.Fields, Field{r.name, b[start:len(b):len(b)]})
			}
		}
		if problem != nil {
			problems = append(problems, r.report(problem, text))
		}
	}
	if len(problems) == 0 {
		problems = m.checkOrder(change.Fields)
	}
	if problems != nil {
		return Change{SourcedID: id}, problems
	}
	return change, nil
}

// checkOrder sees that no enrollment ends before it begins.
func (m *Mapping) checkOrder(fields []Field) []Problem {
	var begin, end json.RawMessage
	for _, f := range fields {
		switch f.Name {
		case "beginDate":
			begin = f.Value
		case "endDate":
			end = f.Value
		}
	}
	if begin == nil || end == nil || string(begin) <= string(end) {
		return nil
	}
	p := Problem{
		Kind: KindOrder, Column: "endDate", Value: strings.Trim(string(end), `"`),
		Message: "lies before beginDate", Allowed: strings.Trim(string(begin), `"`) + " or later",
	}
	for i := range m.rules {
		if m.rules[i].name == p.Column {
			p.Column = m.rules[i].label
		}
	}
	return []Problem{p}
}

// machine holds the cells that expressions read. It goes back to the pool
// when the row is done.
func (m *Mapping) machine(cells []string) *machine {
	x, ok := m.machines.Get().(*machine)
	if !ok {
		x = &machine{env: make(map[string]any, len(m.reads))}
	}
	for _, r := range m.reads {
		x.env[r.variable] = cell(cells, r.column)
	}
	return x
}

// text is what the rule reads from the row, through its value map; "" when
// the row says nothing.
func (r *rule) text(cells []string, x *machine) (string, *Problem) {
	var text string
	if r.program != nil {
		var problem *Problem
		if text, problem = x.text(r.program); problem != nil {
			return "", problem
		}
		text = strings.TrimSpace(text)
	} else {
		text = cell(cells, r.column)
	}
	if text == "" {
		return "", nil
	}
	if problem := textProblem(text); problem != nil {
		return text, problem
	}
	if r.values == nil {
		return text, nil
	}
	to, ok := r.values[text]
	switch {
	case ok:
		return to.text, nil
	case r.takes(text): // what the field itself takes is no guess
		return text, nil
	}
	return text, r.valueProblem(text)
}

// takes reports whether a text is one of the few that the rule's field takes.
func (r *rule) takes(text string) bool {
	switch r.kind {
	case typeChoice:
		return slices.Contains(r.allowed, text)
	case typeBoolean:
		return strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
	}
	return false
}

// valueProblem names the known values, or some where there are many.
func (r *rule) valueProblem(text string) *Problem {
	const most = 20
	known := r.known[:min(most, len(r.known))]
	p := &Problem{Kind: KindValue, Message: "is not among the values the mapping knows", Allowed: strings.Join(known, ", ")}
	if more := len(r.known) - len(known); more > 0 {
		p.Allowed += fmt.Sprintf(" and %d more", more)
	} else if near := nearest(text, known); near != "" {
		p.Hint = "did you mean " + shorten(near) + "?"
	} else {
		p.Hint = r.valueHint(text)
	}
	return p
}

// report completes a problem with where it was found.
func (r *rule) report(p *Problem, text string) Problem {
	p.Column, p.Value = r.label, text
	if p.Hint == "" && r.column >= 0 {
		p.Hint = r.computeHint(p)
	}
	return *p
}

// cell is a cell without the white space around it. A row that is too short
// has blank cells at its end.
func cell(cells []string, column int) string {
	if column < 0 || column >= len(cells) {
		return ""
	}
	return strings.TrimSpace(cells[column])
}
