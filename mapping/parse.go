package mapping

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// maxSize bounds a mapping file, in bytes: ample for a value map of tens of
// thousands of entries. maxLines bounds those that stand on lines of their own,
// over which the YAML parser takes time that grows with their square.
const (
	maxSize  = 1 << 20
	maxLines = 10_000
)

// Parse reads a mapping file, UTF-8 or by its byte-order mark UTF-16; name is
// what errors call it. An empty file is the zero Spec. Unknown and doubled keys,
// values that a field cannot take and all else that would do nothing or not what
// it says are refused with a *SpecError that points at line and column. Texts mean
// what is written: in {1: true, NO: false} no number and no boolean is read.
func Parse(name string, text []byte) (Spec, error) {
	d := document{name}
	if len(text) > maxSize {
		return Spec{}, d.errorf(nil, "a mapping file can hold at most 1 MiB")
	}
	// PowerShell writes what it is told to keep of an output as UTF-16.
	text, _, err := transform.Bytes(unicode.BOMOverride(transform.Nop), text)
	if err != nil || !utf8.Valid(text) {
		return Spec{}, d.errorf(nil, "the file is not UTF-8; save it as UTF-8")
	}
	tokens := lexer.Tokenize(string(text))
	if err := d.checkShape(tokens); err != nil {
		return Spec{}, err
	}
	file, err := parser.Parse(tokens, 0)
	var wrong yaml.Error
	if errors.As(err, &wrong) {
		return Spec{}, d.errorf(wrong.GetToken(), "%s; a key stands once, the lines of a section under each other, indented with spaces, and a text with : # [ or { in quotes", wrong.GetMessage())
	}
	if err != nil {
		return Spec{}, d.errorf(nil, "%v", err)
	}
	var root ast.Node
	for _, doc := range file.Docs {
		if root != nil && doc.Body != nil {
			return Spec{}, d.errorf(doc.Body.GetToken(), "a mapping file is one document, without directives")
		}
		root = doc.Body
	}
	var s Spec
	pairs, err := d.pairs(root)
	if err != nil {
		return Spec{}, err
	}
	for _, p := range pairs {
		if err := d.section(&s, p); err != nil {
			return Spec{}, err
		}
	}
	if err := s.check(); err != nil {
		return Spec{}, err
	}
	return s, nil
}

// document turns the nodes of a mapping file into entries.
type document struct{ name string }

func (d document) at(t *token.Token) string {
	if t == nil || t.Position == nil {
		return d.name + ":1:1"
	}
	return fmt.Sprintf("%s:%d:%d", d.name, t.Position.Line, t.Position.Column)
}

func (d document) errorf(t *token.Token, format string, args ...any) error {
	return entry{at: d.at(t)}.errorf(format, args...)
}

// checkShape refuses nesting that no mapping file needs, and length, that would
// cost the parser time out of proportion.
func (d document) checkShape(tokens token.Tokens) error {
	const deepest = 8
	depth, line, lines := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.MappingValueType:
			if depth == 0 {
				lines++
			}
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			if t.Position.Line == line {
				return d.errorf(t, "a list of lists is not allowed")
			}
			line = t.Position.Line
		}
		switch {
		case depth > deepest:
			return d.errorf(t, "nested too deeply")
		case lines > maxLines:
			return d.errorf(t, "a mapping file can hold at most %d lines; write a long map in braces, as in {S: student, T: teacher}", maxLines)
		}
	}
	return nil
}

// pair is a key and what follows it.
type pair struct {
	key  entry
	node ast.Node
}

// pairs are those of a mapping in the order of the file; nothing at all, as
// in a section whose lines are all commented out, is none.
func (d document) pairs(n ast.Node) ([]pair, error) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return nil, nil
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		return nil, d.errorf(n.GetToken(), "lines of the form key: value are expected here")
	}
	pairs := make([]pair, len(values))
	for i, v := range values {
		key, err := d.text(v.Key)
		if err != nil {
			return nil, err
		}
		pairs[i] = pair{key, v.Value}
	}
	return pairs, nil
}

// text is a scalar as it is written, whatever YAML would make of it.
func (d document) text(n ast.Node) (entry, error) {
	switch n := n.(type) {
	case *ast.LiteralNode:
		return entry{strings.TrimSpace(n.Value.Value), d.at(n.GetToken())}, nil
	case *ast.NullNode:
		if n.Token.Type == token.ImplicitNullType {
			return entry{}, d.errorf(n.Token, `a value is missing; an empty text is ""`)
		}
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		return entry{}, d.errorf(n.GetToken(), "anchors, aliases, merges and tags are not allowed; quote the text if it is one")
	default:
		return entry{}, d.errorf(n.GetToken(), "one text is expected here")
	}
	t := n.GetToken()
	return entry{strings.TrimSpace(t.Value), d.at(t)}, nil
}
