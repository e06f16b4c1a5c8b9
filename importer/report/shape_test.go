package report

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// full is a line with every column filled.
var full = Line{
	File: "north.csv", Line: 17, Outcome: Failed, HTTPStatus: 404, Attempts: 2, Message: "the server does not have it",
	CodeMajor: "failure", Severity: "error", CodeMinor: "unknownobject", Description: "no such enrollment", ErrorDetails: "see the log",
	RequestID: "r-1", FinishedAt: time.Date(2026, 8, 31, 2, 3, 4, 5e6, time.UTC), Duration: 1234 * time.Millisecond,
	Fingerprint: "0123456789abcdef0123456789abcdef", Before: `{"role":"student"}`, After: `{"role":"teacher"}`,
	Cells: []string{"enr-1", " active ", "a \"b\",\r\nc", ""},
}

// written is the text of a report of these lines.
func written(t testing.TB, header []string, files bool, lines ...Line) string {
	t.Helper()
	d := &disk{}
	w, err := newWriter(d, header, files)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := w.Add(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return string(d.data)
}

func TestTheColumnsOfAReport(t *testing.T) {
	const result = "result.line,result.outcome,result.httpStatus,result.attempts,result.message,result.imsx_codeMajor," +
		"result.imsx_severity,result.imsx_codeMinor,result.imsx_description,result.imsx_error_details,result.requestId," +
		"result.finishedAt,result.durationMs,result.fingerprint,result.before,result.after"
	source := []string{"sourcedId", " status "}
	if got, want := written(t, source, false), result+",sourcedId, status \n"; got != strings.Replace(want, " status ", `" status "`, 1) {
		t.Errorf("header %q", got)
	}
	if got := written(t, source, true); !strings.HasPrefix(got, "result.line,result.file,result.outcome,") {
		t.Errorf("with several sources: header %q", got)
	}
}

func TestEachColumnHoldsItsField(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(written(t, []string{"a", "b", "c", "d"}, true, full))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"17", "north.csv", "failed", "404", "2", "the server does not have it", "failure", "error", "unknownobject",
		"no such enrollment", "see the log", "r-1", "2026-08-31T02:03:04.005Z", "1234", full.Fingerprint, full.Before, full.After}
	if diff := cmp.Diff(want, rows[1][:17]); diff != "" {
		t.Error(diff)
	}
	c := full.columns()
	for i, field := range reflect.VisibleFields(reflect.TypeFor[columns]()) {
		if got := reflect.ValueOf(c).Field(i).String(); got != want[i] {
			t.Errorf("%s holds %q, want %q", field.Tag.Get("csv"), got, want[i])
		}
	}
}

// TestCellsFollowTheNames holds the order of the cells to that of the names.
func TestCellsFollowTheNames(t *testing.T) {
	var c columns
	var want []string
	for field, value := range reflect.ValueOf(&c).Elem().Fields() {
		value.SetString(field.Name)
		want = append(want, field.Name)
	}
	if diff := cmp.Diff(want, c.cells(nil)); diff != "" {
		t.Error(diff)
	}
}

func TestARowThatWasNotSentLeavesBlanks(t *testing.T) {
	got := written(t, []string{"id"}, false, Line{Line: 2, Outcome: Unsent, Duration: time.Second, Cells: []string{"e"}})
	if want := "\n2,unsent,,0,,,,,,,,,,,,,e\n"; !strings.HasSuffix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestALineIsReadBackAsItWas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.report.csv")
	header := []string{"sourcedId", " status ", "note", ""}
	lines := []Line{
		full,
		{Line: 2, File: "=north.csv", Outcome: Invalid, Message: "3 cells where the header has 4", Cells: []string{"a", "b", "c"}},
		{Line: 3, Outcome: Invalid, Message: "'=1", Cells: []string{"a", "b", "c", "d", "=e"}},
	}
	w, err := Create(path, header, CreateOptions{Files: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if err := w.Write(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if diff := cmp.Diff(header, r.Header()); diff != "" {
		t.Error(diff)
	}
	offsets := map[int64]Line{}
	for _, want := range lines {
		got, err := r.Next()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		offsets[r.Offset()] = want
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	for offset, want := range offsets {
		got, err := r.At(offset)
		if diff := cmp.Diff([]Line{want}, got); err != nil || diff != "" {
			t.Errorf("At(%d): %v (-want +got):\n%s", offset, err, diff)
		}
	}
	if l, err := r.At(r.layout.start + 40); err == nil {
		t.Errorf("At in the middle of a line = %v", l)
	}
}

// A report that is imported again gives its result columns up to the new one.
func TestASourceThatIsAReport(t *testing.T) {
	got := written(t, []string{"result.line", "sourcedId", "result.outcome", "role"}, false,
		Line{Line: 2, Outcome: Updated, Cells: []string{"9", "e", "failed", "student"}},
		Line{Line: 3, Outcome: Invalid, Cells: []string{"9", "e"}},
		Line{Line: 4, Outcome: Invalid, Cells: []string{"9", "e", "failed", "student", "more"}})
	rows := strings.Split(got, "\n")
	for i, want := range []string{"result.after,sourcedId,role", ",e,student", ",,e", ",e,student,more"} {
		if !strings.HasSuffix(rows[i], want) {
			t.Errorf("line %d is %q, want …%s", i+1, rows[i], want)
		}
	}
	if strings.Count(rows[0], "result.line") != 1 {
		t.Errorf("header %q", rows[0])
	}
}

func TestSafe(t *testing.T) {
	long := "x" + strings.Repeat("é", textLimit)
	for _, test := range []struct{ name, in, want string }{
		{"a word", "unknownobject", "unknownobject"},
		{"a formula", `=HYPERLINK("http://x.example","y")`, `'=HYPERLINK("http://x.example","y")`},
		{"plus", "+1", "'+1"},
		{"minus", "-1", "'-1"},
		{"at", "@SUM(A1)", "'@SUM(A1)"},
		{"full width", "＝1", "'＝1"},
		{"full width plus", "＋1", "'＋1"},
		{"full width minus", "－1", "'－1"},
		{"full width at", "＠A", "'＠A"},
		{"behind a tab", "\t=1", "'=1"},
		{"behind a carriage return", "\r=1", "'=1"},
		{"behind spaces", "  =1", "'=1"},
		{"behind an invisible mark", "\ufeff=1", "'=1"},
		{"its own apostrophe", "'=1", "''=1"},
		{"an apostrophe and no formula", "'role' is blank", "'role' is blank"},
		{"lines", "a\r\nb\u2028c", "a  b c"},
		{"an escape sequence", "\x1b[31mred", "[31mred"},
		{"a turned direction", "a\u202eb", "a b"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
		{"other scripts", "não há matrícula", "não há matrícula"},
		{"long", long, long[:textLimit-1] + "…"},
		{"blank", " ", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := safe(test.in)
			if got != test.want {
				t.Errorf("safe(%q) = %q, want %q", test.in, got, test.want)
			}
			if again := safe(restore(got)); again != got {
				t.Errorf("read and written again it is %q", again)
			}
		})
	}
}

func TestSourceCellsAreLeftAlone(t *testing.T) {
	cells := []string{"=1+1", "\tx", "a\r\nb\rc\n", `"`, "\x00", " ", `\.`}
	header := []string{"a", "b", "c", "d", "e", "f", "g"}
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(path, []byte(written(t, header, false, Line{Line: 2, Outcome: Invalid, Cells: cells})), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	l, err := r.Next()
	if diff := cmp.Diff(cells, l.Cells); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if !bytes.Equal([]byte(header[6]), []byte(r.Header()[6])) {
		t.Error("header changed")
	}
}
