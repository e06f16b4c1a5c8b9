package mapping_test

import (
	"errors"
	"strings"
	"testing"

	"rosterpatch/mapping"
)

func TestExpressionErrors(t *testing.T) {
	const functions = "abs, ceil, first, float, floor, hasPrefix, hasSuffix, indexOf, int, join, last, lastIndexOf, len, lower, max, min, replace, round, split, string, trim, trimPrefix, trimSuffix, upper"
	tests := []struct{ name, where, want string }{
		{"syntax", `row.A ==`, `--where: character 8: unexpected token EOF`},
		{"no boolean", `row.A`, `--where: expected bool, but got string`},
		{"types that do not compare", `row.A > 5`, `--where: character 7: a cell is a text; write "5", or make a number of the cell with int or float`},
		{"types that do not compare, inside out", `true and 1.5 == row.A`, `--where: character 14: a cell is a text; write "1.5", or make a number of the cell with int or float`},
		{"types that do not add", `row.A + 5 == "x"`, `--where: character 7: a cell is a text; write "5", or make a number of the cell with int or float`},
		{"an assignment", `row.A = "x"`, `--where: character 7: unexpected token Operator("="); write == for "is equal to"`},
		{"a column by its bare name", `Section == "x"`, `--where: character 1: a column is written row["Section"]`},
		{"an unknown name", `rows.A == "x"`, `--where: character 1: unknown name rows`},
		{"an unknown column", `row.A == "" and row["Sectoin"] == "x"`, `--where: character 20: the header has no column "Sectoin"; did you mean "Section"?`},
		{"a column worked out", `row["Gra" + row.A] == "x"`, `--where: character 1: row needs the name of a column, as in row["Student ID"]`},
		{"row whole", `len(row) == 2`, `--where: character 5: row needs the name of a column, as in row["Student ID"]`},
		{"the environment", `$env["A"] == "x"`, `--where: character 1: $env is not allowed`},
		{"an internal name", `row["A"]["B"] == "x"`, `--where: character 9: type string has no field B`},
		{"a loop", `all([1, 2], # > 0)`, `--where: character 13: loops, let and several expressions in one are not allowed`},
		{"a range", `5 in 1..1000000000`, `--where: character 7: ranges are not allowed`},
		{"let", `let a = row.A; a == "x"`, `--where: character 5: loops, let and several expressions in one are not allowed`},
		{"several", `row.A; true`, `--where: character 5: loops, let and several expressions in one are not allowed`},
		{"a clock", `now() == row.A`, `--where: character 1: now is not a function of a mapping; allowed: ` + functions + ``},
		{"a bomb", `len(repeat("x", 1000000000)) > 0`, `--where: character 5: repeat is not a function of a mapping; allowed: ` + functions + ``},
		{"a bad pattern", `row.A matches "("`, "--where: character 7: error parsing regexp: missing closing ): `(`"},
		{"on a later line", "row.A == \"x\"\nand row.B == ", `--where: line 2, character 12: unexpected token EOF`},
		{"long", strings.Repeat("(", 20_000), `--where: an expression can be at most 10000 characters long`},
		{"deep", strings.Repeat("(", 9_999), `--where: character 9999: unexpected token EOF`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := mapping.Spec{}.Override(nil, nil, test.where)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Compile([]string{"sourcedId", "status", "A", "B", "Section"})
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			var spec *mapping.SpecError
			var header *mapping.HeaderError
			if strings.Contains(test.want, "the header has no column") != errors.As(err, &header) || errors.As(err, &spec) == errors.As(err, &header) {
				t.Errorf("%T: a missing column is a *HeaderError, all else a *SpecError", err)
			}
		})
	}
}

func TestComputeResults(t *testing.T) {
	tests := []struct{ expression, a, want string }{
		{`row.A`, " x ", `{"enrollment":{"metadata":{"v":"x"}}}`},
		{`" x "`, "", `{"enrollment":{"metadata":{"v":"x"}}}`},
		{`row["A"] + "-" + row["sourcedId"]`, "x", `{"enrollment":{"metadata":{"v":"x-e1"}}}`},
		{`row?.A`, "x", `{"enrollment":{"metadata":{"v":"x"}}}`},
		{`row.A == "x"`, "x", `{"enrollment":{"metadata":{"v":"true"}}}`},
		{`int(row.A) * 2`, "21", `{"enrollment":{"metadata":{"v":"42"}}}`},
		{`float(row.A) / 4`, "1", `{"enrollment":{"metadata":{"v":"0.25"}}}`},
		{`row.A == "" ? nil : row.A`, "", "nothing"},
		{`row.A | split(",") | first()`, "b,c", `{"enrollment":{"metadata":{"v":"b"}}}`},
		{`upper(row.A[0:1])`, "xyz", `{"enrollment":{"metadata":{"v":"X"}}}`},
		{`row.A in ["x", "y"] and not (row.A startsWith "y")`, "x", `{"enrollment":{"metadata":{"v":"true"}}}`},
		{`if row.A == "x" { "one" } else { "two" }`, "x", `{"enrollment":{"metadata":{"v":"one"}}}`},
		{`int(row.A)`, "x1", `metadata.v: the expression failed: character 1: invalid operation: int(x1)`},
		{`int(row.A)`, strings.Repeat("x", 300), `metadata.v: the expression failed: character 1: an operation does not fit its values`},
		{`float(row.A) / 0`, "1", `metadata.v: the expression gives no number, such as after a division by zero`},
		{`int(row.A) % 0`, "1", `metadata.v: the expression failed: character 12: runtime error: integer divide by zero`},
		{`split(row.A, ",")[1]`, "x", `metadata.v: the expression failed: character 18: index out of range: 1 (array length is 1)`},
		{`row.A matches row.A ? 1 : 2`, "(", "metadata.v: the expression failed: character 7: error parsing regexp: missing closing ): `(`"},
		{`row.A[0:1]`, "é", "metadata.v: \"\\xc3\" has characters that were lost on the way; name the file's encoding, such as --encoding windows-1252"},
	}
	for _, test := range tests {
		m := compile(t, "compute:\n  metadata.v: |-\n    "+test.expression, "sourcedId|A")
		if got := say(m, "e1", test.a); got != test.want {
			t.Errorf("%s over %q:\ngot  %s\nwant %s", test.expression, test.a, got, test.want)
		}
	}
}

func TestComputeResultTypes(t *testing.T) {
	for _, expression := range []string{`[row.A]`, `{"a": row.A}`, `row.A[0]`} {
		s, err := mapping.Parse("m.yaml", []byte("compute:\n  metadata.v: '"+expression+"'"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Compile([]string{"sourcedId", "A"}); err == nil {
			t.Errorf("%s was compiled; allowed are a text, a number or a boolean", expression)
		}
	}
}

func TestWhereFailsOnARow(t *testing.T) {
	s, err := mapping.Spec{}.Override(nil, nil, `int(row.A) > 5`)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Compile([]string{"sourcedId", "status", "A"})
	if err != nil {
		t.Fatal(err)
	}
	if takes, err := m.Takes([]string{"e1", "active", "6"}); !takes || err != nil {
		t.Errorf("Takes(6) = %v, %v", takes, err)
	}
	takes, err := m.Takes([]string{"e1", "active", "six"})
	if want := `--where: the expression failed: character 1: invalid operation: int(six)`; takes || err == nil || err.Error() != want {
		t.Errorf("Takes(six) = %v, %v; want %s", takes, err, want)
	}
}
