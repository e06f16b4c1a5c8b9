package mapping_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterpatch/mapping"
)

// compile fits a mapping file to a header given as it would stand in a file.
func compile(t *testing.T, spec, header string) *mapping.Mapping {
	t.Helper()
	s, err := mapping.Parse("map.yaml", []byte(spec))
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	m, err := s.Compile(strings.Split(header, "|"))
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	return m
}

// say is the body of a row, or its problems one a line.
func say(m *mapping.Mapping, cells ...string) string {
	c, problems := m.Change(cells)
	if len(problems) > 0 {
		lines := make([]string, len(problems))
		for i, p := range problems {
			lines[i] = p.String()
		}
		return strings.Join(lines, "\n")
	}
	if len(c.Fields) == 0 {
		return "nothing"
	}
	return string(c.Body())
}

func TestChangeDefault(t *testing.T) {
	const header12 = "sourcedId|status|dateLastModified|classSourcedId|schoolSourcedId|userSourcedId|role|primary|beginDate|endDate|metadata.goals.dailyXp|metadata.x.y"
	const header10 = "sourcedId|classSourcedId|schoolSourcedId|userSourcedId|role|status|dateLastModified|primary"
	tests := []struct{ name, header, row, want string }{
		{"whole row of 1.2", header12, "e1|active|2026-08-01T00:00:00.000Z|c1|s1|u1|student|true|2026-08-24|2027-06-10|40|z",
			`{"enrollment":{"status":"active","role":"student","primary":true,"beginDate":"2026-08-24","endDate":"2027-06-10","user":{"sourcedId":"u1"},"class":{"sourcedId":"c1"},"school":{"sourcedId":"s1"},"metadata":{"goals":{"dailyXp":40},"x":{"y":"z"}}}}`},
		{"column order of 1.0", header10, "e1|c1|s1|u1|teacher|active|2026-08-01|false",
			`{"enrollment":{"status":"active","role":"teacher","primary":false,"user":{"sourcedId":"u1"},"class":{"sourcedId":"c1"},"school":{"sourcedId":"s1"}}}`},
		{"blank cells are left out", header12, "e1|| |\t|\u00a0|||||2027-06-10||", `{"enrollment":{"endDate":"2027-06-10"}}`},
		{"nothing but an id", header12, "e1|||||||||||", "nothing"},
		{"dateLastModified is never sent", header12, "e1||2026-08-01|||||||||", "nothing"},
		{"padded header and values", " sourcedId |\u00a0status\t", "\u00a0e1 | active\r\n", `{"enrollment":{"status":"active"}}`},
		{"letter case of booleans", "sourcedId|primary|metadata.metrics.isSupplemental", "e1|TRUE|False", `{"enrollment":{"primary":true,"metadata":{"metrics":{"isSupplemental":false}}}}`},
		{"numbers keep their text", "sourcedId|metadata.goals.dailyXp|metadata.metrics.totalXp", "e1|12.50|9007199254740993", `{"enrollment":{"metadata":{"goals":{"dailyXp":12.50},"metrics":{"totalXp":9007199254740993}}}}`},
		{"metadata is text", "sourcedId|metadata.jp.seatNumber", "e1|007", `{"enrollment":{"metadata":{"jp":{"seatNumber":"007"}}}}`},
		{"metadata nests in the order of its columns", "sourcedId|metadata.b|metadata.a.x|metadata.c|metadata.a.y", "e1|1|2|3|4", `{"enrollment":{"metadata":{"b":"1","a":{"x":"2","y":"4"},"c":"3"}}}`},
		{"text is escaped", "sourcedId|metadata.note", "e1|a \"quoted\" \\ <b>\r\nline\u2028é", `{"enrollment":{"metadata":{"note":"a \"quoted\" \\ <b>\r\nline\u2028é"}}}`},
		{"an id may hold what a path escapes", "sourcedId|userSourcedId", "a/b?c#d%25 e|u/1", `{"enrollment":{"user":{"sourcedId":"u/1"}}}`},
		{"columns of a report are passed over", "result.line|result.outcome|sourcedId|status", "2|failed|e1|active", `{"enrollment":{"status":"active"}}`},
		{"a short row has blanks at its end", "sourcedId|status|role", "e1|active", `{"enrollment":{"status":"active"}}`},
		{"one day may be both begin and end", "sourcedId|beginDate|endDate", "e1|2027-06-10|2027-06-10", `{"enrollment":{"beginDate":"2027-06-10","endDate":"2027-06-10"}}`},
		{"a leap day", "sourcedId|endDate", "e1|2028-02-29", `{"enrollment":{"endDate":"2028-02-29"}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := say(compile(t, "", test.header), strings.Split(test.row, "|")...)
			// U+2028 is escaped in bodies, which says the same.
			want := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(test.want, "\u2028", `\u2028`), "\r", `\r`), "\n", `\n`)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	long := strings.Repeat("é", 256)
	tests := []struct{ name, column, value, want string }{
		{"1.0's inactive", "status", "inactive", "status: \"inactive\" is not allowed; allowed: active, tobedeleted; OneRoster 1.0's inactive means tobedeleted: if that is what the file means, put `values: {status: {inactive: tobedeleted}}` in a mapping file"},
		{"letter case of status", "status", "Active", "status: \"Active\" is not allowed; allowed: active, tobedeleted; did you mean \"active\"? `values: {status: {Active: active}}` in a mapping file says so"},
		{"letter case of role", "role", "Student", "role: \"Student\" is not allowed; allowed: administrator, proctor, student, teacher; did you mean \"student\"? `values: {role: {Student: student}}` in a mapping file says so"},
		{"a role of elsewhere", "role", "ext:aide", "role: \"ext:aide\" is not allowed; allowed: administrator, proctor, student, teacher; put `values: {role: {'ext:aide': '…'}}` in a mapping file with what it means in place of …"},
		{"a code of elsewhere", "role", "S", "role: \"S\" is not allowed; allowed: administrator, proctor, student, teacher; if it means student, put `values: {role: {S: student}}` in a mapping file"},
		{"no code at all", "role", strings.Repeat("x", 81), "role: \"" + strings.Repeat("x", 80) + "\"… is not allowed; allowed: administrator, proctor, student, teacher"},
		{"another language", "role", "Schüler", "role: \"Schüler\" is not allowed; allowed: administrator, proctor, student, teacher; if it means student, put `values: {role: {'Schüler': student}}` in a mapping file"},
		{"an ending", "status", "Withdrawn", "status: \"Withdrawn\" is not allowed; allowed: active, tobedeleted; if it means that the enrollment is to be deleted, put `values: {status: {Withdrawn: tobedeleted}}` in a mapping file"},
		{"NULL of a code", "status", "NULL", "status: \"NULL\" is not allowed; allowed: active, tobedeleted; if it stands for no value, put `values: {status: {NULL: \"\"}}` in a mapping file"},
		{"NULL of a date", "endDate", "NULL", "endDate: \"NULL\" is not a date; allowed: a day of the calendar as YYYY-MM-DD; if it stands for no value, put `compute: {endDate: 'row[\"endDate\"] == \"NULL\" ? \"\" : row[\"endDate\"]'}` in a mapping file"},
		{"NULL of an id", "userSourcedId", "null", "userSourcedId: \"null\" is what exports write where there is no id; if it stands for no value, put `compute: {user: 'row[\"userSourcedId\"] == \"null\" ? \"\" : row[\"userSourcedId\"]'}` in a mapping file"},
		{"a formula", "userSourcedId", `="0123"`, "userSourcedId: \"=\\\"0123\\\"\" is an id that a spreadsheet has rewritten; export the file again and do not save it from a spreadsheet, or format the column as text first"},
		{"a percentage", "metadata.goals.dailyAccuracy", "85%", "metadata.goals.dailyAccuracy: \"85%\" is not a number; allowed: digits with an optional sign -, decimal point and exponent, such as 12.5; put `compute: {metadata.goals.dailyAccuracy: 'trimSuffix(row[\"metadata.goals.dailyAccuracy\"], \"%\")'}` in a mapping file"},
		{"a decimal comma", "metadata.goals.dailyXp", "12,5", "metadata.goals.dailyXp: \"12,5\" is not a number; allowed: digits with an optional sign -, decimal point and exponent, such as 12.5; if the comma marks decimals, put `compute: {metadata.goals.dailyXp: 'replace(row[\"metadata.goals.dailyXp\"], \",\", \".\")'}` in a mapping file"},
		{"yes", "primary", "yes", "primary: \"yes\" is not allowed; allowed: true, false; if it means true, put `values: {primary: {yes: true}}` in a mapping file"},
		{"0", "primary", "0", "primary: \"0\" is not allowed; allowed: true, false; if it means false, put `values: {primary: {0: false}}` in a mapping file"},
		{"month first", "endDate", "8/31/2024", "endDate: \"8/31/2024\" is not a date; allowed: a day of the calendar as YYYY-MM-DD; put `dates: {endDate: M/D/YYYY}` in a mapping file"},
		{"month or day first", "endDate", "8/1/2024", "endDate: \"8/1/2024\" is not a date; allowed: a day of the calendar as YYYY-MM-DD; put `dates: {endDate: M/D/YYYY}` in a mapping file, or D/M/YYYY if the day comes first"},
		{"a date-time", "endDate", "2024-08-31 00:00:00.000", "endDate: \"2024-08-31 00:00:00.000\" is not a date; allowed: a day of the calendar as YYYY-MM-DD; put `dates: {endDate: 'YYYY-MM-DD HH:mm:ss'}` in a mapping file"},
		{"a day number", "endDate", "45505", "endDate: \"45505\" is a spreadsheet's day number, not a date; allowed: a day of the calendar as YYYY-MM-DD; format the column as YYYY-MM-DD, or put `dates: {endDate: serial}` in a mapping file"},
		{"no such day", "beginDate", "2023-02-29", "beginDate: \"2023-02-29\" is not a date; allowed: a day of the calendar as YYYY-MM-DD"},
		{"no such month", "beginDate", "2024-13-45", "beginDate: \"2024-13-45\" is not a date; allowed: a day of the calendar as YYYY-MM-DD"},
		{"two digits of a year", "endDate", "01-07-27", "endDate: \"01-07-27\" is not a date; allowed: a day of the calendar as YYYY-MM-DD; put `dates: {endDate: M-D-YY}` in a mapping file, or D-M-YY if the day comes first, or YY-M-D if the year comes first"},
		{"a month in French", "endDate", "1 août 2027", "endDate: \"1 août 2027\" is not a date; allowed: a day of the calendar as YYYY-MM-DD; put `compute: {endDate: 'replace(row[\"endDate\"], \"août\", \"…\")'}` in a mapping file with the English name of the month, or nothing, in place of …"},
		{"a time zone by name", "endDate", "Thu Jul 1 00:00:00 EDT 2027", "endDate: \"Thu Jul 1 00:00:00 EDT 2027\" is not a date; allowed: a day of the calendar as YYYY-MM-DD; put `compute: {endDate: 'replace(row[\"endDate\"], \"EDT\", \"…\")'}` in a mapping file with the English name of the month, or nothing, in place of …"},
		{"a word for no date", "endDate", "Present", "endDate: \"Present\" is not a date; allowed: a day of the calendar as YYYY-MM-DD; if it stands for no value, put `compute: {endDate: 'row[\"endDate\"] == \"Present\" ? \"\" : row[\"endDate\"]'}` in a mapping file"},
		{"a text for a date", "endDate", strings.Repeat("soon ", 20), "endDate: \"" + strings.Repeat("soon ", 16) + "\"… is not a date; allowed: a day of the calendar as YYYY-MM-DD"},
		{"a format that is not known", "endDate", "2027:07:01", "endDate: \"2027:07:01\" is not a date; allowed: a day of the calendar as YYYY-MM-DD; put `dates: {endDate: '…'}` in a mapping file with its format in place of …; allowed: YYYY YY MMMM MMM MM M DD D; dddd ddd HH H hh h mm ss A a Z ZZ T, which are read and dropped; space - / . , : between them; or the word serial"},
		{"a mangled id", "userSourcedId", "1.2E+15", "userSourcedId: \"1.2E+15\" is an id that a spreadsheet has rewritten; export the file again and do not save it from a spreadsheet, or format the column as text first"},
		{"a cell too narrow", "userSourcedId", "########", "userSourcedId: \"########\" is an id that a spreadsheet has rewritten; export the file again and do not save it from a spreadsheet, or format the column as text first"},
		{"a dot", "classSourcedId", "..", "classSourcedId: \"..\" cannot be an id: in an address it would name another place"},
		{"an invisible character", "classSourcedId", "a\u200bb", "classSourcedId: \"a\\u200bb\" has a character that cannot be seen; allowed: letters, digits, punctuation and plain spaces"},
		{"a filler that prints as nothing", "classSourcedId", "a\u3164b", "classSourcedId: \"aㅤb\" has a character that cannot be seen; allowed: letters, digits, punctuation and plain spaces"},
		{"a control character", "classSourcedId", "a\nb", "classSourcedId: \"a\\nb\" has a character that cannot be seen; allowed: letters, digits, punctuation and plain spaces"},
		{"a long id", "schoolSourcedId", long, "schoolSourcedId: \"" + strings.Repeat("é", 80) + "\"… is 256 characters long; allowed: at most 255"},
		{"a comma in a number", "metadata.goals.dailyXp", "1,234", "metadata.goals.dailyXp: \"1,234\" is not a number; allowed: digits with an optional sign -, decimal point and exponent, such as 12.5; if the comma marks thousands, put `compute: {metadata.goals.dailyXp: 'replace(row[\"metadata.goals.dailyXp\"], \",\", \"\")'}` in a mapping file"},
		{"a number too large", "metadata.goals.dailyXp", "1e999", "metadata.goals.dailyXp: \"1e999\" is not a number; allowed: digits with an optional sign -, decimal point and exponent, such as 12.5"},
		{"a leading zero", "metadata.metrics.totalXp", "007", "metadata.metrics.totalXp: \"007\" is not a number; allowed: digits with an optional sign -, decimal point and exponent, such as 12.5"},
		{"JSON that is no number", "metadata.metrics.totalXp", "true", "metadata.metrics.totalXp: \"true\" is not a number; allowed: digits with an optional sign -, decimal point and exponent, such as 12.5"},
		{"a lost character", "metadata.note", "caf\ufffd", "metadata.note: \"caf\ufffd\" has characters that were lost on the way; name the file's encoding, such as --encoding windows-1252"},
		{"bytes that are no text", "metadata.note", "caf\xe9", "metadata.note: \"caf\\xe9\" has characters that were lost on the way; name the file's encoding, such as --encoding windows-1252"},
		{"NUL", "metadata.note", "a\x00b", "metadata.note: \"a\\x00b\" has characters that were lost on the way; name the file's encoding, such as --encoding windows-1252"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, say(compile(t, "", "sourcedId|"+test.column), "e1", test.value)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A row that is no enrollment has one thing wrong with it.
func TestNoRow(t *testing.T) {
	m := compile(t, "", "sourcedId|role|endDate")
	for _, id := range []string{"Total", "GRAND TOTAL:", "----------", "NULL"} {
		want := fmt.Sprintf("sourcedId: %q is what exports write where there is no id", id)
		if got := say(m, id, "2", "x"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// The id itself obeys what its references obey, and must be there.
func TestSourcedID(t *testing.T) {
	m := compile(t, "", "sourcedId|status")
	for id, kind := range map[string]mapping.Kind{
		"": mapping.KindBlank, " \u00a0": mapping.KindBlank, ".": mapping.KindID, "..": mapping.KindID,
		"a\x00": mapping.KindCharacter, "a\ufffd": mapping.KindCharacter, "a\tb": mapping.KindID, "a\u00a0b": mapping.KindID,
		"1.2E+15": mapping.KindMangled, "2e+05": mapping.KindMangled, "1,2E+15": mapping.KindMangled, "#N/A": mapping.KindMangled,
		strings.Repeat("x", 256): mapping.KindID,
	} {
		_, problems := m.Change([]string{id, "active"})
		if len(problems) != 1 || problems[0].Kind != kind || problems[0].Column != "sourcedId" {
			t.Errorf("id %q: %v, want one problem of kind %s", id, problems, kind)
		}
	}
	for _, id := range []string{"12E4", "1e5", "...", ".a", "#12", "Zoë", strings.Repeat("é", 255)} {
		if c, problems := m.Change([]string{" " + id + " ", "active"}); problems != nil || c.SourcedID != id || m.ID([]string{" " + id}) != id {
			t.Errorf("id %q: %q, %v", id, c.SourcedID, problems)
		}
	}
}

func TestAllProblemsOfARow(t *testing.T) {
	m := compile(t, "", "sourcedId|status|role|primary|endDate|metadata.goals.dailyXp")
	c, problems := m.Change([]string{"", "x", "x", "x", "x", "x"})
	if len(problems) != 6 || len(c.Fields) != 0 {
		t.Errorf("%d problems, %d fields; want 6 and none", len(problems), len(c.Fields))
	}
	c, problems = m.Change([]string{"e1", "x"})
	if len(problems) != 1 || c.SourcedID != "e1" || len(c.Fields) != 0 {
		t.Errorf("%v, %v; an invalid row keeps its id and nothing else", c, problems)
	}
}

func TestBeginAfterEnd(t *testing.T) {
	want := `Exit: "2027-06-10" lies before beginDate; allowed: 2027-06-11 or later`
	m := compile(t, "columns: {endDate: Exit}\ndates: {endDate: DD.MM.YYYY}", "sourcedId|beginDate|Exit")
	if got := say(m, "e1", "2027-06-11", "10.06.2027"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	m = compile(t, "set: {endDate: 2027-06-10}", "sourcedId|beginDate")
	if _, problems := m.Change([]string{"e1", "2027-06-11"}); len(problems) != 1 || problems[0].Kind != mapping.KindOrder {
		t.Errorf("a constant end before the row's begin: %v", problems)
	}
}

func TestMapped(t *testing.T) {
	const header = "Student ID|Section ID|Role|Exit Date|XP Goal|School|metadata.seat|metadata.vip|metadata.raw|Flag"
	const spec = `
columns:
  role: Role
  endDate: "Exit Date"
  metadata.goals.dailyXp: "XP Goal"
  primary: Flag
compute:
  sourcedId: 'row["Student ID"] + "-" + row["Section ID"]'
  schoolSourcedId: '"sch-" + row.School'
values:
  role: {S: student, T: teacher, 1: proctor, "": administrator}
  primary: {1: true, yes: true, NO: false, off: ""}
dates:
  endDate: MM/DD/YYYY
types: {metadata.seat: number, metadata.vip: boolean, metadata.raw: json}
set: {status: active}
where: 'row["School"] in ["101", "102"]'
`
	m := compile(t, strings.Replace(spec, `, "": administrator`, "", 1), header)
	tests := []struct{ name, row, want string }{
		{"all", "u1|c1|S|06/10/2027|12.0|101|4|TRUE|{\"b\": 1.0, \"a\": [null]}|1",
			`{"enrollment":{"status":"active","role":"student","primary":true,"endDate":"2027-06-10","school":{"sourcedId":"sch-101"},"metadata":{"goals":{"dailyXp":12.0},"seat":4,"vip":true,"raw":{"a":[null],"b":1.0}}}}`},
		{"keys are texts", "u1|c1|1||||||| NO ", `{"enrollment":{"status":"active","role":"proctor","primary":false,"school":{"sourcedId":"sch-"}}}`},
		{"a value may be left out", "u1|c1||||1||||off", `{"enrollment":{"status":"active","school":{"sourcedId":"sch-1"}}}`},
		{"a value that the field takes needs no rule", "u1|c1|student", `{"enrollment":{"status":"active","role":"student","school":{"sourcedId":"sch-"}}}`},
		{"a value no rule covers", "u1|c1|etudiant|6/1/2027|||x|yes|{|No",
			"Role: \"etudiant\" is not among the values the mapping knows; allowed: 1, S, T; if it means student, put `values: {role: {etudiant: student}}` in a mapping file\n" +
				"Flag: \"No\" is not among the values the mapping knows; allowed: 1, NO, off, yes; did you mean \"NO\"?\n" +
				"Exit Date: \"6/1/2027\" is not a date; allowed: a day of the calendar as MM/DD/YYYY; put `dates: {endDate: M/D/YYYY}` in a mapping file, or D/M/YYYY if the day comes first\n" +
				"metadata.seat: \"x\" is not a number; allowed: digits with an optional sign -, decimal point and exponent, such as 12.5\n" +
				"metadata.vip: \"yes\" is not allowed; allowed: true, false; if it means true, put `values: {metadata.vip: {yes: true}}` in a mapping file\n" +
				"metadata.raw: \"{\" is not JSON: unexpected end of JSON input"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, say(m, strings.Split(test.row, "|")...)); diff != "" {
				t.Error(diff)
			}
		})
	}
	row := strings.Split("u1|c1|S||| 102 ||||", "|")
	if id := m.ID(row); id != "u1-c1" {
		t.Errorf("ID = %q", id)
	}
	for school, want := range map[string]bool{"101": true, " 102 ": true, "103": false, "": false} {
		row[5] = school
		if takes, err := m.Takes(row); takes != want || err != nil {
			t.Errorf("Takes(school %q) = %v, %v", school, takes, err)
		}
	}
	if warnings := m.Warnings(); len(warnings) != 0 {
		t.Errorf("warnings %q; every column is read", warnings)
	}
}

// A value map may be large; a message about it may not.
func TestManyValues(t *testing.T) {
	var spec strings.Builder
	spec.WriteString("values:\n  user:\n")
	for i := range 500 {
		spec.WriteString("    u" + strings.Repeat("x", i) + ": y\n")
	}
	m := compile(t, spec.String(), "sourcedId|userSourcedId")
	got := say(m, "e1", "z")
	if len(got) > 500 || !strings.HasSuffix(got, " and 480 more") {
		t.Error(got)
	}
	if got := say(m, "e1", strings.Repeat("z\n", 1<<19)); len(got) > 800 || strings.Contains(got, "\n") {
		t.Errorf("a message of %d bytes: %.200s", len(got), got)
	}
}

func TestConcurrentUse(t *testing.T) {
	m := compile(t, `
compute: {sourcedId: 'row["A"] + "-" + row["B"]', role: 'row["B"] matches "^[0-9]+$" ? "student" : "teacher"'}
where: 'len(row["A"]) > 0'`, "A|B|endDate")
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			a := string(rune('a' + g))
			for range 500 {
				row := []string{a, a, "2027-06-10"}
				if takes, err := m.Takes(row); !takes || err != nil {
					t.Errorf("Takes: %v, %v", takes, err)
					return
				}
				c, problems := m.Change(row)
				if problems != nil || c.SourcedID != a+"-"+a || m.ID(row) != c.SourcedID || string(c.Body()) != `{"enrollment":{"role":"teacher","endDate":"2027-06-10"}}` {
					t.Errorf("%s %s %v", c.SourcedID, c.Body(), problems)
					return
				}
			}
		})
	}
	wg.Wait()
}

// Values of one row share memory; growing one must not touch the next.
func TestFieldsDoNotOverlap(t *testing.T) {
	m := compile(t, "", "sourcedId|status|role")
	c, _ := m.Change([]string{"e1", "active", "student"})
	before := string(c.Fields[1].Value)
	_ = slices.Concat(append(c.Fields[0].Value, "xxxxxxxxxxxx"...))
	if string(c.Fields[1].Value) != before {
		t.Errorf("role became %s", c.Fields[1].Value)
	}
}
