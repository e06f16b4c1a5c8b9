package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// maxExpression bounds an expression, in bytes. It keeps deep nesting off
// the parser's stack.
const maxExpression = 10_000

// functions are those an expression can call. Each costs time in proportion
// to its row and gives the same for the same row: hence no loops, no clock,
// and no dates, which would pass through a time zone.
var functions = []string{
	"abs", "ceil", "first", "float", "floor", "hasPrefix", "hasSuffix", "indexOf", "int", "join", "last", "lastIndexOf",
	"len", "lower", "max", "min", "replace", "round", "split", "string", "trim", "trimPrefix", "trimSuffix", "upper",
}

// expressions compiles expressions over the columns of one header.
type expressions struct {
	columns map[string]int // by name
	used    map[int]bool   // columns that any expression reads
}

// variable is what a column is called in a compiled expression: as it is
// written in the source, and so unlike any other name.
func variable(column string) string { return "row[" + strconv.Quote(column) + "]" }

// compile checks the text of e against the columns and compiles it; name
// begins its errors. A column that is not there is a *HeaderError, any other
// mistake a *SpecError.
func (x *expressions) compile(name string, e entry, options ...expr.Option) (*vm.Program, error) {
	if len(e.text) > maxExpression {
		return nil, e.errorf("%san expression can be at most %d characters long", name, maxExpression)
	}
	env := types.Map{}
	for column := range x.columns {
		env[variable(column)] = types.String
	}
	v := &rowVisitor{expressions: x}
	options = append(options, expr.Env(env), expr.Patch(v), expr.Patch(&guard{v}))
	program, err := expr.Compile(e.text, options...)
	if v.mistake != nil {
		// It has better words for what the type check stumbles over too.
		err = v.mistake.Bind(file.NewSource(e.text))
	}
	if err == nil {
		return program, nil
	}
	message := name + err.Error()
	var wrong *file.Error
	if errors.As(err, &wrong) {
		message = name + position(wrong) + wrong.Message
		if v.mistake == nil && assigns(e.text, wrong.From) {
			message += `; write == for "is equal to"`
		}
	}
	if v.unknown {
		return nil, &HeaderError{Problems: []string{e.at + ": " + message}}
	}
	return nil, e.errorf("%s", message)
}

// rowVisitor turns row["Column"] into a variable of its own, which is
// checked when compiled and costs least when run.
type rowVisitor struct {
	*expressions
	mistake *file.Error // the first
	unknown bool        // mistake is a column the header lacks
}

// Visit is called for each node after those inside it.
func (v *rowVisitor) Visit(node *ast.Node) {
	member, ok := (*node).(*ast.MemberNode)
	if !ok {
		return
	}
	if of, ok := member.Node.(*ast.IdentifierNode); !ok || of.Value != "row" {
		return
	}
	column, ok := member.Property.(*ast.StringNode)
	if !ok {
		return
	}
	name := strings.TrimSpace(column.Value)
	if at, ok := v.columns[name]; ok {
		v.used[at] = true
		ast.Patch(node, &ast.IdentifierNode{Value: variable(name)})
		return
	}
	v.unknown = v.unknown || v.mistake == nil
	v.refuse(node, v.lacks(name))
}

// refuse notes a mistake and takes the node out, so that nothing of it is
// worked out while compiling.
func (v *rowVisitor) refuse(node *ast.Node, message string) {
	if v.mistake == nil {
		v.mistake = &file.Error{Location: (*node).Location(), Message: message}
	}
	ast.Patch(node, &ast.NilNode{})
}

// guard refuses what is left in an expression that functions leaves out.
type guard struct{ *rowVisitor }

// Visit is called for each node after those inside it.
func (g *guard) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		switch n.Value {
		case "row":
			g.refuse(node, `row needs the name of a column, as in row["Student ID"]`)
		case "$env":
			g.refuse(node, "$env is not allowed")
		}
		if _, ok := g.columns[n.Value]; ok {
			g.refuse(node, "a column is written "+variable(n.Value))
		}
	case *ast.BuiltinNode:
		if !slices.Contains(functions, n.Name) {
			g.refuse(node, n.Name+" is not a function of a mapping; allowed: "+strings.Join(functions, ", "))
		}
	case *ast.BinaryNode:
		if n.Operator == ".." {
			g.refuse(node, "ranges are not allowed")
		} else if number := cmp.Or(besideCell(n.Left, n.Right), besideCell(n.Right, n.Left)); number != "" {
			g.refuse(node, fmt.Sprintf("a cell is a text; write %q, or make a number of the cell with int or float", number))
		}
	case *ast.PredicateNode, *ast.PointerNode, *ast.VariableDeclaratorNode, *ast.SequenceNode:
		g.refuse(node, "loops, let and several expressions in one are not allowed")
	}
}

// assigns reports whether a lone = stands at byte i of an expression.
func assigns(text string, i int) bool {
	return i > 0 && i < len(text) && text[i] == '=' && !strings.ContainsAny(text[i-1:i], "=!<>")
}

// besideCell is the number that other is, if node is a cell.
func besideCell(node, other ast.Node) string {
	if cell, ok := node.(*ast.IdentifierNode); !ok || !strings.HasPrefix(cell.Value, "row[") {
		return ""
	}
	switch n := other.(type) {
	case *ast.IntegerNode:
		return strconv.Itoa(n.Value)
	case *ast.FloatNode:
		return strconv.FormatFloat(n.Value, 'f', -1, 64)
	}
	return ""
}

// lacks says that the header has no column of that name.
func (x *expressions) lacks(name string) string {
	message := fmt.Sprintf("the header has no column %q", name)
	if near := x.nearest(name); near != "" {
		message += fmt.Sprintf("; did you mean %q?", near)
	}
	return message
}

func (x *expressions) nearest(name string) string {
	names := make([]string, 0, len(x.columns))
	for column := range x.columns {
		names = append(names, column)
	}
	slices.Sort(names)
	return nearest(name, names)
}

// machine runs expressions. It must not be used by two goroutines at once.
type machine struct {
	vm  vm.VM
	env map[string]any
}

// text runs a compute expression over the row the machine holds.
func (m *machine) text(program *vm.Program) (string, *Problem) {
	result, err := m.vm.Run(program, m.env)
	if err != nil {
		return "", &Problem{Kind: KindExpression, Message: runMessage(err)}
	}
	switch v := result.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return "", &Problem{Kind: KindExpression, Message: "the expression gives no number, such as after a division by zero"}
		}
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return "", &Problem{Kind: KindExpression, Message: fmt.Sprintf("the expression gives a %T, not a text, number or boolean", result)}
}

// runMessage is an error of a running expression on one line.
func runMessage(err error) string {
	var wrong *file.Error
	if !errors.As(err, &wrong) {
		return "the expression failed: " + err.Error()
	}
	message, _, _ := strings.Cut(wrong.Message, "\n")
	if !utf8.ValidString(message) || len(message) > 200 {
		message = "an operation does not fit its values"
	}
	return "the expression failed: " + position(wrong) + message
}

// position says where in an expression a mistake stands, if that is known.
func position(e *file.Error) string {
	switch {
	case e.Line == 0:
		return ""
	case e.Line == 1:
		return fmt.Sprintf("character %d: ", e.Column+1)
	}
	return fmt.Sprintf("line %d, character %d: ", e.Line, e.Column+1)
}
