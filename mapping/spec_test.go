package mapping_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"

	"rosterpatch/mapping"
)

// A mapping that PowerShell put into a file is UTF-16.
func TestParseUTF16(t *testing.T) {
	for _, order := range []unicode.Endianness{unicode.LittleEndian, unicode.BigEndian} {
		text, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String("columns:\r\n  role: Rôle\r\n")
		if err != nil {
			t.Fatal(err)
		}
		s, err := mapping.Parse("m.yaml", []byte(text))
		if want := "columns:\n  role: 'Rôle'\n"; err != nil || string(s.YAML()) != want {
			t.Errorf("%q, %v; want %q", s.YAML(), err, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ name, yaml, want string }{
		{"unknown key", "columns: {}\ncolums: {}", `m.yaml:2:1: unknown key "colums"; did you mean "columns"?`},
		{"unknown key, none near", "filter: x", `m.yaml:1:1: unknown key "filter"; allowed: columns, compute, values, dates, types, set, where, only`},
		{"doubled key", "set: {}\nset: {}", `m.yaml:2:1: mapping key "set" already defined at [1:1]; a key stands once, the lines of a section under each other, indented with spaces, and a text with : # [ or { in quotes`},
		{"doubled field", "set: {role: student, role: teacher}", `m.yaml:1:22: mapping key "role" already defined at [1:7]; a key stands once, the lines of a section under each other, indented with spaces, and a text with : # [ or { in quotes`},
		{"one field by both names", "columns:\n  user: A\n  userSourcedId: B", `m.yaml:3:3: userSourcedId is the same field as user and is given twice; keep one`},
		{"unknown field", "columns:\n  enddate: X", `m.yaml:2:3: "enddate" is not a field; did you mean "endDate"?`},
		{"unknown field, none near", "columns: {grade: X}", `m.yaml:1:11: "grade" is not a field; allowed: sourcedId, dateLastModified, status, role, primary, beginDate, endDate, userSourcedId, classSourcedId, schoolSourcedId, metadata.*`},
		{"unknown goal", "set: {metadata.goals.dailyxp: 1}", `m.yaml:1:7: "metadata.goals.dailyxp" is not a field; did you mean "metadata.goals.dailyXp"?`},
		{"goals whole", "columns: {metadata.goals: X}", `m.yaml:1:11: "metadata.goals" is not a field; allowed: metadata.goals.dailyAccuracy, metadata.goals.dailyActiveMinutes, metadata.goals.dailyLessons, metadata.goals.dailyMasteredUnits, metadata.goals.dailyXp`},
		{"goals miscased", "set: {metadata.Goals.dailyXp: 1}", `m.yaml:1:7: "metadata.Goals.dailyXp" is not a field; did you mean "metadata.goals.dailyXp"?`},
		{"empty part", "set: {metadata.a..b: 1}", `m.yaml:1:7: "metadata.a..b" has an empty or unreadable part; write metadata.key or metadata.key.key`},
		{"constant not allowed", "set:\n  status: inactive", `m.yaml:2:11: status: "inactive" is not allowed; allowed: active, tobedeleted`},
		{"constant date", "set: {endDate: 06/10/2027}", `m.yaml:1:16: endDate: "06/10/2027" is not a date; allowed: a day of the calendar as YYYY-MM-DD`},
		{"constant missing", "set: {status: }", `m.yaml:1:14: a value is missing; an empty text is ""`},
		{"constant blank", `set: {status: ""}`, `m.yaml:1:15: status needs a value: a blank leaves the field as it is`},
		{"constant id", "set: {sourcedId: e1}", `m.yaml:1:18: each row needs a sourcedId of its own; it cannot be a constant`},
		{"constant never sent", "set: {dateLastModified: x}", `m.yaml:1:25: dateLastModified is never sent; leave it out`},
		{"constant of a type", "types: {metadata.seat: number}\nset: {metadata.seat: x}", `m.yaml:2:22: metadata.seat: "x" is not a number; allowed: digits with an optional sign -, decimal point and exponent, such as 12.5`},
		{"target not allowed", "values:\n  role:\n    S: Student", `m.yaml:3:8: role: "Student" is not allowed; allowed: administrator, proctor, student, teacher`},
		{"target missing", "values: {role: {S: }}", `m.yaml:1:19: a value is missing; an empty text is ""`},
		{"target date in the source's format", "dates: {endDate: D.M.YYYY}\nvalues: {endDate: {never: 2099-01-01}}", `m.yaml:2:27: endDate: "2099-01-01" is not a date; allowed: a day of the calendar as D.M.YYYY`},
		{"blank source value", `values: {role: {"": student}}`, `m.yaml:1:17: a blank cell always leaves the field as it is; it cannot be given a value`},
		{"source value twice", `values: {role: {S: student, " S": teacher}}`, `m.yaml:1:29: "S" is given twice, but for spaces around it`},
		{"unknown type", "types: {metadata.seat: integer}", `m.yaml:1:24: "integer" is not a type; allowed: string, number, boolean, json`},
		{"type of a field that has one", "types: {metadata.goals.dailyXp: string}", `m.yaml:1:33: metadata.goals.dailyXp has a type of its own; only other metadata can be given one`},
		{"type of a core field", "types: {status: string}", `m.yaml:1:17: status has a type of its own; only other metadata can be given one`},
		{"type of all metadata", "types: {metadata: string}", `m.yaml:1:19: the whole metadata can only be json`},
		{"format with an unknown token", "dates: {endDate: MM/DD/JJJJ}", `m.yaml:1:18: "MM/DD/JJJJ" is not a date format: it stops making sense at "JJJJ"; allowed: YYYY YY MMMM MMM MM M DD D; dddd ddd HH H hh h mm ss A a Z ZZ T, which are read and dropped; space - / . , : between them; or the word serial`},
		{"format without year", "dates: {endDate: MM/DD}", `m.yaml:1:18: "MM/DD" is not a date format: it needs one year (YYYY or YY), one month (MMMM, MMM, MM or M) and one day (DD or D)`},
		{"format of no date", "dates: {role: MM/DD/YYYY}", `m.yaml:1:15: role is not a date; allowed: beginDate, endDate, and metadata that is text`},
		{"date and type", "dates: {metadata.on: D.M.YYYY}\ntypes: {metadata.on: number}", `m.yaml:1:22: metadata.on has both a type (m.yaml:2:22) and a date format; keep one`},
		{"only of nothing", "only: []\nset: {status: active}\nwhere:", `m.yaml:3:8: a value is missing; an empty text is ""`},
		{"only unknown", "only: [endDate, enddat]", `m.yaml:1:17: "enddat" is not a field; did you mean "endDate"?`},
		{"only the id", "only: [sourcedId]", `m.yaml:1:8: sourcedId is no field of the body; name those to send`},
		{"only as text", "only: endDate", `m.yaml:1:7: a list of fields is expected here, such as [endDate, metadata]`},
		{"no mapping", "endDate", `m.yaml:1:1: lines of the form key: value are expected here`},
		{"list for a section", "columns:\n  - a", `m.yaml:2:3: lines of the form key: value are expected here`},
		{"no column for the id", `columns: {sourcedId: ""}`, `m.yaml:1:22: sourcedId needs the name of a column`},
		{"mapping for a text", "columns: {role: {a: b}}", `m.yaml:1:17: one text is expected here`},
		{"anchor", "set: &x {status: active}", `m.yaml:1:6: lines of the form key: value are expected here`},
		{"alias", "set: {status: *x}", `m.yaml:1:15: anchors, aliases, merges and tags are not allowed; quote the text if it is one`},
		{"tag", "set: {status: !!str active}", `m.yaml:1:15: anchors, aliases, merges and tags are not allowed; quote the text if it is one`},
		{"two documents", "set: {}\n---\nset: {}", `m.yaml:3:4: a mapping file is one document, without directives`},
		{"not YAML", "set: {status: \"active}", `m.yaml:1:15: could not find end character of double-quoted text; a key stands once, the lines of a section under each other, indented with spaces, and a text with : # [ or { in quotes`},
		{"a line too far right", "columns:\n  role: R\n   user: U", `m.yaml:2:9: mapping value is not allowed in this context; a key stands once, the lines of a section under each other, indented with spaces, and a text with : # [ or { in quotes`},
		{"not UTF-8", "set: {metadata.a: \xe9}", `m.yaml:1:1: the file is not UTF-8; save it as UTF-8`},
		{"too deep", strings.Repeat("[", 200_000), `m.yaml:1:9: nested too deeply`},
		{"too deep by lists", strings.Repeat("- ", 200_000), `m.yaml:1:3: a list of lists is not allowed`},
		{"too many lines", "values:\n  class:\n" + strings.Repeat("    x: y\n", 10_000), `m.yaml:10001:6: a mapping file can hold at most 10000 lines; write a long map in braces, as in {S: student, T: teacher}`},
		{"too large", strings.Repeat("#", 1<<20+1), `m.yaml:1:1: a mapping file can hold at most 1 MiB`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := mapping.Parse("m.yaml", []byte(test.yaml))
			var wrong *mapping.SpecError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want a *SpecError", err)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseReadsTextsAsWritten(t *testing.T) {
	m := compile(t, "\ufeffset: {status: active, primary: true, endDate: 2027-06-10, metadata.n: 0x1F, metadata.f: 1.50, metadata.no: NO, metadata.null: ~, metadata.o: 007}\r\ncolumns:\r\nonly:\r\n", "sourcedId")
	want := `{"enrollment":{"status":"active","primary":true,"endDate":"2027-06-10","metadata":{"f":"1.50","n":"0x1F","no":"NO","null":"~","o":"007"}}}`
	if got := say(m, "e1"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What a run records is what it used.
func TestYAML(t *testing.T) {
	s, err := mapping.Parse("m.yaml", []byte(`
columns: {userSourcedId: "It's: #1 \"ID\"", metadata.a b: 'C:\dir', role: "Ro\tle"}
compute: {sourcedId: 'row["A"] + "\n"'}
values: {role: {"1": student, "true": teacher, "~": proctor, NO: student, "a: b": student, "-": student, "{": student, "\u200b": teacher, "😀": student, "#": student, "é": student, "null": "", "'": student, "!x": student, "&x": student, "*x": student, "%": student, "@": student, "|": student, ">": student, "?": student, "- x": student}}
dates: {endDate: "MMM D, YYYY"}
types: {metadata.seat: number}
set: {status: active, metadata.note: "two\nlines"}
where: |
  row["A"] == "x"
  and row["B"] != "y"
only: [userSourcedId, metadata.goals, status]
`))
	if err != nil {
		t.Fatal(err)
	}
	s, err = s.Override([]string{"status=tobedeleted", "role = student"}, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	once := s.YAML()
	again, err := mapping.Parse("again.yaml", once)
	if err != nil {
		t.Fatalf("%v\n%s", err, once)
	}
	if diff := cmp.Diff(string(once), string(again.YAML())); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{"  user: 'It''s: #1 \"ID\"'\n", "  role: \"Ro\\tle\"\n", ", 1: student, ", ", '~': proctor, ", ", '- x': student, ",
		"  status: tobedeleted\n", "  role: student\n", "where: \"row[\\\"A\\\"] == \\\"x\\\"\\nand", "only:\n  - user\n  - metadata.goals\n  - status\n"} {
		if !strings.Contains(string(once), want) {
			t.Errorf("YAML lacks %q:\n%s", want, once)
		}
	}
	if got := string(mapping.Spec{}.YAML()); got != "" {
		t.Errorf("the zero Spec is %q", got)
	}
}

func TestOverride(t *testing.T) {
	file, err := mapping.Parse("m.yaml", []byte("columns: {role: R}\nvalues: {role: {S: student}}\nset: {primary: false}\nwhere: 'row.R == \"S\"'\nonly: [role, primary]"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := file.Override([]string{"role=teacher", "metadata.note=a=b", "primary=TRUE"}, []string{" role ", "metadata"}, `row.R == "T"`)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Compile([]string{"sourcedId", "R"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := say(m, "e1", "T"), `{"enrollment":{"role":"teacher","metadata":{"note":"a=b"}}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if takes, err := m.Takes([]string{"e1", "T"}); !takes || err != nil {
		t.Errorf("Takes = %v, %v: --where wins over the file", takes, err)
	}
	if want := []string{"primary is set but is not among the fields to send alone; it is not sent"}; !cmp.Equal(want, m.Warnings()) {
		t.Errorf("warnings %q", m.Warnings())
	}
	m, err = file.Compile([]string{"sourcedId", "R"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := say(m, "e1", "S"), `{"enrollment":{"role":"student","primary":false}}`; got != want {
		t.Errorf("the file's own Spec has changed: got %s, want %s", got, want)
	}
}

func TestOverrideErrors(t *testing.T) {
	tests := []struct {
		set, only []string
		want      string
	}{
		{[]string{"status"}, nil, "--set status: write --set field=value, such as --set status=active"},
		{[]string{"status=inactive"}, nil, `--set status=inactive: status: "inactive" is not allowed; allowed: active, tobedeleted`},
		{[]string{"status= "}, nil, "--set status= : status needs a value: a blank leaves the field as it is"},
		{[]string{"stauts=active"}, nil, `--set stauts=active: "stauts" is not a field; did you mean "status"?`},
		{[]string{"metadata.goals.dailyXp=x"}, nil, `--set metadata.goals.dailyXp=x: metadata.goals.dailyXp: "x" is not a number; allowed: digits with an optional sign -, decimal point and exponent, such as 12.5`},
		{[]string{"user=.."}, nil, `--set user=..: user: ".." cannot be an id: in an address it would name another place`},
		{[]string{"metadata={}"}, nil, "--set metadata={}: name the key: metadata.key"},
		{nil, []string{"dateLastModified"}, "--only dateLastModified: dateLastModified is no field of the body; name those to send"},
		{nil, []string{""}, `--only : "" is not a field; allowed: sourcedId, dateLastModified, status, role, primary, beginDate, endDate, userSourcedId, classSourcedId, schoolSourcedId, metadata.*`},
	}
	for _, test := range tests {
		_, err := mapping.Spec{}.Override(test.set, test.only, "")
		var wrong *mapping.SpecError
		if !errors.As(err, &wrong) || err.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}

// A map of tens of thousands of entries is read, and read back, in a moment.
func TestLongMap(t *testing.T) {
	const entries = 20_000
	var b strings.Builder
	b.WriteString("values: {class: {")
	for i := range entries {
		fmt.Fprintf(&b, "s%d: c%d,\n  ", i, i)
	}
	b.WriteString("}}\n")
	s, err := mapping.Parse("m.yaml", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	again, err := mapping.Parse("m.yaml", s.YAML())
	if err != nil {
		t.Fatal(err)
	}
	m, err := again.Compile([]string{"sourcedId", "classSourcedId"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := say(m, "e1", "s19999"), `{"enrollment":{"class":{"sourcedId":"c19999"}}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
