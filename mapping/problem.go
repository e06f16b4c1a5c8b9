package mapping

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Kind sorts problems for counting.
type Kind string

// The kinds of problem.
const (
	KindBlank      Kind = "blank"      // an id that is none: no cell, or NULL, or Total
	KindValue      Kind = "value"      // not among the values that are allowed
	KindDate       Kind = "date"       // not a calendar date in the expected format
	KindOrder      Kind = "order"      // beginDate after endDate
	KindNumber     Kind = "number"     // not a JSON number
	KindJSON       Kind = "json"       // not JSON, or metadata the API does not take
	KindID         Kind = "id"         // not usable as a sourcedId
	KindMangled    Kind = "mangled"    // an id that a spreadsheet has rewritten
	KindCharacter  Kind = "character"  // bytes that no encoding should have left
	KindExpression Kind = "expression" // compute failed on this row
)

// Problem is one reason why a row is invalid.
type Problem struct {
	Kind    Kind   `json:"kind"`
	Column  string `json:"column,omitempty"`  // the source column, or the field when it is computed
	Value   string `json:"value,omitempty"`   // as it stood in the row, trimmed; "" if there was none
	Message string `json:"message"`           // what is wrong with it: "is not allowed"
	Allowed string `json:"allowed,omitempty"` // what would be right, or ""
	Hint    string `json:"hint,omitempty"`    // the likely fix, such as a line of a mapping file, or ""
}

// String is the problem on one line, as a report and rosterpatch check
// show it: column, value, what is wrong, what is allowed, the fix.
func (p Problem) String() string {
	var b strings.Builder
	if strings.ContainsFunc(p.Column, invisible) {
		b.WriteString(shorten(p.Column)) // a header can hold line ends
	} else {
		b.WriteString(p.Column)
	}
	b.WriteString(": ")
	if p.Value != "" {
		b.WriteString(shorten(p.Value))
		b.WriteByte(' ')
	}
	b.WriteString(p.Message)
	if p.Allowed != "" {
		b.WriteString("; allowed: ")
		b.WriteString(p.Allowed)
	}
	if p.Hint != "" {
		b.WriteString("; ")
		b.WriteString(p.Hint)
	}
	return b.String()
}

var thousands = regexp.MustCompile(`^-?\d{1,3}(,\d{3})+$`)

// computeHint says which line of a mapping file would make of the cell what the
// field takes; "" if none comes to mind.
func (r *rule) computeHint(p *Problem) string {
	cell := variable(r.label)
	line := func(expression string) string {
		return "put " + flow("compute", r.name, expression) + " in a mapping file"
	}
	word := foreignWord(p.Value)
	switch {
	case r.kind == typeID, len(p.Value) > 80: // no line would be the fix
		return ""
	case absent(p.Value), p.Kind == KindDate && !strings.ContainsFunc(p.Value, isDigit):
		return "if it stands for no value, " + line(cell+" == "+strconv.Quote(p.Value)+` ? "" : `+cell)
	case p.Kind == KindDate && word != "":
		return line("replace("+cell+", "+strconv.Quote(word)+`, "…")`) + " with the English name of the month, or nothing, in place of …"
	case p.Kind == KindDate && !r.format.resembles(p.Value):
		return "put " + flow("dates", r.name, "…") + " in a mapping file with its format in place of …; allowed: " + allowedTokens
	case p.Kind == KindNumber && strings.HasSuffix(p.Value, "%"):
		return line("trimSuffix(" + cell + `, "%")`)
	case p.Kind == KindNumber && thousands.MatchString(p.Value):
		return "if the comma marks thousands, " + line("replace("+cell+`, ",", "")`)
	case p.Kind == KindNumber && strings.Count(p.Value, ",") == 1:
		return "if the comma marks decimals, " + line("replace("+cell+`, ",", ".")`)
	}
	return ""
}

// shorten quotes a value for a message and keeps the message to one line a
// person can read, whatever the cell held.
func shorten(value string) string {
	const most = 80
	if r := []rune(value[:min(len(value), 4*most+4)]); len(r) > most {
		return fmt.Sprintf("%q…", string(r[:most]))
	}
	return fmt.Sprintf("%q", value)
}
