package importer_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
	"rosterpatch/mapping"
)

// bodies are what the server was sent, as "id body" in the order of the ids.
func (m *morning) bodies() string {
	var all []string
	for _, q := range m.patches() {
		all = append(all, q.SourcedID+" "+string(q.Body))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// A file that is read whole: what it holds goes out, and each row that is wrong
// says so.
func TestFilesThatAreTaken(t *testing.T) {
	const head = "sourcedId,status,role,primary,endDate\n"
	plain := "e1 " + `{"enrollment":{"status":"active","role":"student","primary":true,"endDate":"2027-06-10"}}`
	tests := []struct {
		name   string
		source string
		want   []string
		bodies string
	}{
		{"words the API does not take", head + "e1,inactive,,,\ne2,,Student,,\ne3,,,yes,\ne4,,aide,,\n", []string{
			`2 invalid 0 0 … status: "inactive" … active, tobedeleted … tobedeleted`,
			`3 invalid 0 0 … role: "Student" … administrator, proctor, student, teacher … "student"`,
			`4 invalid 0 0 … primary: "yes" … true … false`,
			`5 invalid 0 0 … role: "aide" … administrator, proctor, student, teacher`,
		}, ""},
		{"several in one row", head + "e1,inactive,Student,yes,\n", []string{`2 invalid 0 0 … status: … role: … primary:`}, ""},
		{"blank cells", head + "e1,,teacher,,\ne2,,,,\ne3, ,\t,\u00a0,  \n", []string{
			"2 updated 200 1", "3 unchanged 0 0 … nothing to send", "4 unchanged 0 0 … nothing to send",
		}, `e1 {"enrollment":{"role":"teacher"}}`},
		{"a byte order mark", "\ufeff" + head + "e1,active,student,true,2027-06-10\n", []string{"2 updated 200 1"}, plain},
		{"CRLF", strings.ReplaceAll(head+"e1,active,student,true,2027-06-10\n", "\n", "\r\n"), []string{"2 updated 200 1"}, plain},
		{"all of it quoted", "\ufeff\"sourcedId\",\"status\",\"role\",\"primary\",\"endDate\"\r\n\"e1\",\"active\",\"student\",\"true\",\"2027-06-10\"", []string{"2 updated 200 1"}, plain},
		{"spaces around headers and values", " sourcedId , status,role\t,primary , endDate\n e1 , active ,student\t, TRUE ,2027-06-10 \n", []string{"2 updated 200 1"}, plain},
		{"no final newline", head + "e1,active,student,true,2027-06-10", []string{"2 updated 200 1"}, plain},
		{"ids a spreadsheet mangled", head + "1.2E+15,active,,,\n1.20E+05,active,,,\ne3,active,,,\n", []string{
			`2 invalid 0 0 … sourcedId: "1.2E+15" … spreadsheet`, `3 invalid 0 0 … sourcedId: "1.20E+05" … spreadsheet`, "4 updated 200 1",
		}, `e3 {"enrollment":{"status":"active"}}`},
		{"dates", head + "e1,,,,8/1/2024\ne2,,,,45505\ne3,,,,2024-13-45\ne4,,,,2023-02-29\ne5,,,,2024-02-29\n", []string{
			`2 invalid 0 0 … endDate: "8/1/2024" … YYYY-MM-DD … dates: {endDate: M/D/YYYY}`,
			`3 invalid 0 0 … endDate: "45505" … YYYY-MM-DD … serial`,
			`4 invalid 0 0 … endDate: "2024-13-45" … YYYY-MM-DD`,
			`5 invalid 0 0 … endDate: "2023-02-29" … YYYY-MM-DD`,
			"6 updated 200 1",
		}, `e5 {"enrollment":{"endDate":"2024-02-29"}}`},
		{"ragged rows", head + "e1,active,student,true\ne2,active\ne3,active,student,true,2027-06-10,x\ne\"4,active,,,\ne5,active,,,\n", []string{
			"2 invalid 0 0 … 4 cells where the header has 5", "3 invalid 0 0 … 2 cells", "4 invalid 0 0 … 6 cells",
			"5 invalid 0 0 … quote", "6 updated 200 1",
		}, `e5 {"enrollment":{"status":"active"}}`},
		{"UTF-16, little end first", utf16Text(binary.LittleEndian, "sourcedId,metadata.name\r\né1,Zoë\r\n"), []string{"2 updated 200 1"}, `é1 {"enrollment":{"metadata":{"name":"Zoë"}}}`},
		{"UTF-16, big end first", utf16Text(binary.BigEndian, "sourcedId,metadata.name\né1,Zoë"), []string{"2 updated 200 1"}, `é1 {"enrollment":{"metadata":{"name":"Zoë"}}}`},
		{"a replacement character", "sourcedId,metadata.name\ne1,Zo\ufffd\ne2,Zoë\n", []string{"2 invalid 0 0 … metadata.name", "3 updated 200 1"}, `e2 {"enrollment":{"metadata":{"name":"Zoë"}}}`},
		{"lines that hold nothing", "\n\nsourcedId,role\n\n,\n\"e\n1\",teacher\n\r\ne1,teacher\n ,\t\ne2,teacher\n\x1a", []string{
			"6 invalid 0 0 … sourcedId", "9 updated 200 1", "11 updated 200 1",
		}, "e1 {\"enrollment\":{\"role\":\"teacher\"}}\ne2 {\"enrollment\":{\"role\":\"teacher\"}}"},
		{"ids that need escaping", "sourcedId,role\na/b,teacher\na?b,teacher\na#b,teacher\n50%,teacher\n%2F,teacher\na b+c&d;e=f,teacher\n.../..,teacher\nЖ中😀,teacher\n", all(8, "updated 200 1"),
			strings.Join([]string{
				`%2F {"enrollment":{"role":"teacher"}}`, `.../.. {"enrollment":{"role":"teacher"}}`, `50% {"enrollment":{"role":"teacher"}}`,
				`a b+c&d;e=f {"enrollment":{"role":"teacher"}}`, `a#b {"enrollment":{"role":"teacher"}}`, `a/b {"enrollment":{"role":"teacher"}}`,
				`a?b {"enrollment":{"role":"teacher"}}`, `Ж中😀 {"enrollment":{"role":"teacher"}}`,
			}, "\n")},
		{"ids that are none", "sourcedId,role\n..,teacher\n.,teacher\na\x00b,teacher\n,teacher\na\u200bb,teacher\n\"a\nb\",teacher\na\x7fb,teacher\n" + strings.Repeat("x", 256) + ",teacher\n" + strings.Repeat("y", 255) + ",teacher\n", []string{
			`2 invalid 0 0 … sourcedId: ".."`, `3 invalid 0 0 … sourcedId: "."`, `4 invalid 0 0 … sourcedId: "a\x00b"`, "5 invalid 0 0 … sourcedId: … blank",
			"6 invalid 0 0 … sourcedId:", "7 invalid 0 0 … sourcedId:", "9 invalid 0 0 … sourcedId:", "10 invalid 0 0 … sourcedId: … 255", "11 updated 200 1",
		}, strings.Repeat("y", 255) + ` {"enrollment":{"role":"teacher"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newNight(t, tt.source, sandbox.Options{}).run()
			m.finished()
			m.reports(tt.want...)
			if got := m.bodies(); got != tt.bodies {
				t.Errorf("the server was sent\n%s\nwant\n%s", got, tt.bodies)
			}
		})
	}
}

// utf16Text is s with a byte order mark in front.
func utf16Text(order binary.AppendByteOrder, s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func TestSameFileAgain(t *testing.T) {
	t.Parallel()
	n := newNight(t, "sourcedId,role,metadata.goals.dailyXp\n"+"e1,teacher,12\ne2,student,12.50\ne1,student,\n", sandbox.Options{})
	first := n.run()
	after := string(n.rows.Snapshot())
	n.options.Force = true
	second := n.run()
	for _, m := range []*morning{first, second} {
		m.finished()
		m.reports(all(3, "updated 200 1")...)
	}
	if got := string(n.rows.Snapshot()); got != after || first.bodies() != second.bodies() {
		t.Errorf("the second run leaves\n%s\nthe first left\n%s", got, after)
	}
}

func TestMissingFile(t *testing.T) {
	t.Parallel()
	n := newNight(t, "", sandbox.Options{})
	os.Remove(n.path("rows.csv"))
	ended[*importer.RefusedError](n.run(), "rows.csv", "no such file")
}

func TestReportInTheWay(t *testing.T) {
	t.Parallel()
	n := newNight(t, rows(2), sandbox.Options{})
	n.put("rows.report.csv", "yesterday")
	ended[*importer.UsageError](n.run(), "--report", "rows.report.csv", "--force")
	n.options.Force = true
	m := n.run()
	m.finished()
	m.reports(all(2, "updated 200 1")...)
}

// The flag that the refusal names lets the run pass, and a limit held
// by school finds the one that fell out of the export.
func TestManyToBeDeleted(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	source.WriteString("sourcedId,status,schoolSourcedId\n")
	for i := range 600 {
		school, status := i%10, "active"
		if school == 7 {
			status = "tobedeleted"
		}
		fmt.Fprintf(&source, "e%d,%s,10%d\n", i, status, school)
	}
	n := newNight(t, source.String(), sandbox.Options{})
	n.options.Limits.By = "schoolSourcedId"
	e := ended[*importer.LimitError](n.run(), `60 of 60 rows of schoolSourcedId "107"`, "tobedeleted", "--max-tobedeleted 60")
	limit, err := importer.ParseLimit(e.Flag, "60")
	if err != nil {
		t.Fatal(err)
	}
	n.options.Limits.ToBeDeleted = limit
	m := n.run()
	m.finished()
	m.sawPatches(600)
}

// Of one id the last row wins, however the first fares.
func TestOneIDTwice(t *testing.T) {
	t.Parallel()
	const copies = 12
	var source strings.Builder
	source.WriteString("sourcedId,metadata.nr\n")
	for i := range copies {
		fmt.Fprintf(&source, "a,%d\nb,%d\nc%d,0\n", i, i, i)
	}
	n := newNight(t, source.String(), sandbox.Options{Fault: func(q sandbox.Request) string {
		if q.SourcedID == "a" && q.Nth%3 == 1 {
			return "500"
		}
		return ""
	}})
	n.options.Workers = 8
	m := n.run()
	m.finished()
	if m.outcomes[report.Updated] != 3*copies {
		t.Errorf("outcomes are %v", m.outcomes)
	}
	contains(t, string(n.talk.Bytes()), "2 sourcedIds", "lines 2 and 5", "the last row wins")
	for _, id := range []string{"a", "b"} {
		last := -1
		for _, q := range byChange(m.patches()) {
			var nr int
			if q.SourcedID != id {
				continue
			}
			if _, err := fmt.Sscanf(string(q.Body), `{"enrollment":{"metadata":{"nr":"%d"`, &nr); err != nil || nr != last+1 {
				t.Errorf("after row %d of %s came %s", last, id, q.Body)
			}
			last = nr
		}
	}
}

// byChange are the requests that were carried out, in the order in which they were.
func byChange(log []sandbox.Request) []sandbox.Request {
	log = slices.DeleteFunc(slices.Clone(log), func(q sandbox.Request) bool { return !q.Applied })
	slices.SortFunc(log, func(a, b sandbox.Request) int { return int(a.Change - b.Change) })
	return log
}

// With its name given, the encoding is read.
func TestNamedEncoding(t *testing.T) {
	t.Parallel()
	n := newNight(t, "sourcedId,metadata.name\nZo\xeb,\x80 5\n", sandbox.Options{})
	n.options.Reading.Encoding = "windows-1252"
	m := n.run()
	m.finished()
	if got, want := m.bodies(), `Zoë {"enrollment":{"metadata":{"name":"€ 5"}}}`; got != want {
		t.Errorf("the server was sent %s, want %s", got, want)
	}
}

// A mapping that names the column says that it is no mistake.
func TestMappedHeader(t *testing.T) {
	t.Parallel()
	n := newNight(t, "sourcedId,enddate\ne1,6/1/2027\n", sandbox.Options{})
	spec, err := mapping.Parse("m.yaml", []byte("columns: {endDate: enddate}\ndates: {endDate: M/D/YYYY}\n"))
	if err != nil {
		t.Fatal(err)
	}
	n.options.Mapping = &spec
	m := n.run()
	m.finished()
	if got, want := m.bodies(), `e1 {"enrollment":{"endDate":"2027-06-01"}}`; got != want {
		t.Errorf("the server was sent %s, want %s", got, want)
	}
}

// The lines that hold no row are counted where a person sees it.
func TestSkippedLinesAreCounted(t *testing.T) {
	t.Parallel()
	m := newNight(t, "sourcedId,role\n\n,\ne1,teacher\n\x1a", sandbox.Options{}).run()
	m.finished()
	contains(t, string(m.talk.Bytes()), `"skipped":3`)
}

// Rows that --where leaves out are counted.
func TestRowsLeftOutAreCounted(t *testing.T) {
	t.Parallel()
	n := newNight(t, rows(5), sandbox.Options{})
	spec, err := mapping.Spec{}.Override(nil, nil, `row["sourcedId"] > "e3"`)
	if err != nil {
		t.Fatal(err)
	}
	n.options.Mapping = &spec
	m := n.run()
	m.finished()
	m.sawPatches(2)
	contains(t, string(m.talk.Bytes()), `"leftOut":3`)
}

// A file that is written to while its rows are sent stops the run, and it is too
// late to call that a refusal.
func TestSourceChangesMeanwhile(t *testing.T) {
	t.Parallel()
	const total = 3500 // more than the reader may be ahead
	var source strings.Builder
	source.WriteString("sourcedId,metadata.note\n")
	for i := range total {
		fmt.Fprintf(&source, "e%d,%s\n", i, strings.Repeat("x", 150))
	}
	var n *night
	var once sync.Once
	n = newNight(t, source.String(), sandbox.Options{Fault: func(q sandbox.Request) string {
		if q.Method == "PATCH" {
			once.Do(func() { n.put("rows.csv", "sourcedId,role\nanother,student\n") })
		}
		return ""
	}})
	s, err := importer.Run(t.Context(), n.options)
	if err == nil || nothingSent(err) {
		t.Fatalf("the run ended with %T: %v", err, err)
	}
	contains(t, err.Error(), "rows.csv")
	sent := ofMethod(n.requests(), "PATCH")
	if lines := readReport(t, s.Report); len(lines) != len(sent) || len(sent) == 0 || len(sent) == total {
		t.Errorf("%d lines after %d PATCHes", len(lines), len(sent))
	}
}
