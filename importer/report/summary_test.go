package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares what a person reads with testdata/name.
func golden(t *testing.T, dir, name string, got []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// inTempDir moves to an empty directory, so that paths in output are short, and
// returns where the golden files are.
func inTempDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	return dir
}

func save(t *testing.T, path string, header []string, r *Facts, lines ...Line) {
	t.Helper()
	if err := os.WriteFile(path, []byte(written(t, header, false, lines...)), 0o600); err != nil {
		t.Fatal(err)
	}
	if r == nil {
		return
	}
	if err := WriteFacts(FactsPath(path), *r); err != nil {
		t.Fatal(err)
	}
}

var night = time.Date(2026, 8, 31, 2, 0, 0, 0, time.UTC)

// term is a night's report of 400 rows in three schools.
func term() (header []string, run *Facts, lines []Line) {
	header = []string{"sourcedId", "status", "schoolSourcedId", "userSourcedId", "role", "beginDate", "endDate"}
	schools := []string{"north", "south", "lakeside"}
	for i := range 400 {
		l := Line{Line: i + 2, Outcome: Updated, HTTPStatus: 200, Attempts: 1, FinishedAt: night.Add(time.Duration(i) * time.Second), Duration: 80 * time.Millisecond,
			Cells: []string{fmt.Sprintf("enr-%04d", i), "active", schools[i%7%3], fmt.Sprintf("user-%04d", i), "student", "2026-08-31", "2027-06-10"}}
		id := l.Cells[0]
		switch {
		case i%40 == 7:
			l.Outcome, l.HTTPStatus, l.Message, l.CodeMinor = Failed, 404, "the server has no enrollment "+id+", or does not show it to us", "unknownobject"
			l.CodeMajor, l.Severity, l.Description, l.RequestID = "failure", "error", "Enrollment not found", fmt.Sprintf("6f1c2a9e-%04d", i)
		case i%100 == 9:
			l.Cells[4] = "Student"
			l.Outcome, l.HTTPStatus, l.Attempts, l.Message = Invalid, 0, 0, `role: "Student" is not allowed; allowed: administrator, proctor, student, teacher; did you mean "student"?`
		case i == 30 || i == 31:
			l.Cells[6] = fmt.Sprintf("6/%d/2027", i)
			l.Outcome, l.HTTPStatus, l.Attempts, l.Message = Invalid, 0, 0, fmt.Sprintf("endDate: %q is not a date; allowed: YYYY-MM-DD; a mapping file reads it with dates: {endDate: M/D/YYYY}", l.Cells[6])
		case i == 100:
			l.Outcome, l.HTTPStatus, l.Attempts, l.Message = Unknown, 0, 6, "no usable answer after 6 attempts: the connection was reset"
		case i%5 == 0:
			l.Outcome, l.HTTPStatus, l.Attempts = Unchanged, 0, 0
		case i >= 380:
			l = Line{Line: l.Line, Outcome: Unsent, Message: "the run stopped before it", Cells: l.Cells}
		}
		lines = append(lines, l)
	}
	return header, &Facts{State: Stopped, StopReason: "no request has succeeded for 5m", Command: "import", Version: "1.0.0", Start: night, End: night.Add(12*time.Minute + 4*time.Second),
		Sources: []Source{{Path: "term.csv", SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}}, Rows: 400,
		Requests: 1234, Retries: 31, Throttles: 2, Latency: &Latency{P50: 81.24, P95: 160, P99: 240, Max: 900}}, lines
}

func TestSummary(t *testing.T) {
	goldens := inTempDir(t)
	header, run, lines := term()
	save(t, "term.report.csv", header, run, lines...)
	s, err := Summarise(t.Context(), "term.report.csv")
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(*Summary, *bytes.Buffer) error{
		"summary.txt":  func(s *Summary, b *bytes.Buffer) error { return s.Text(b, "") },
		"summary.json": func(s *Summary, b *bytes.Buffer) error { return s.JSON(b) },
		"summary.html": func(s *Summary, b *bytes.Buffer) error { return s.HTML(b) },
	} {
		var b bytes.Buffer
		if err := write(s, &b); err != nil {
			t.Fatal(err)
		}
		golden(t, goldens, name, b.Bytes())
	}
}

func TestHeadlineAndNextCommand(t *testing.T) {
	header := []string{"sourcedId"}
	line := func(n int, o Outcome) Line { return Line{Line: n, Outcome: o, Cells: []string{"e"}} }
	run := func(command string, state State, rows int) *Facts {
		return &Facts{Command: command, State: state, Start: night, Rows: rows}
	}
	for _, test := range []struct {
		name, path, headline, advice, next string
		run                                *Facts
		lines                              []Line
	}{
		{name: "all done", headline: "All 2 rows are done", run: run("import", Finished, 2), lines: []Line{line(2, Updated), line(3, Unchanged)}},
		{name: "one row", headline: "The row is done", run: run("import", Finished, 1), lines: []Line{line(2, Updated)}},
		{name: "no rows", headline: "No rows", run: run("import", Finished, 0)},
		{name: "failed", headline: "1 of 2 rows not done", next: "rosterpatch rerun x.report.csv", run: run("import", Finished, 2), lines: []Line{line(2, Updated), line(3, Failed)}},
		{name: "invalid", headline: "1 of 1 row not done", advice: "Mend the invalid rows in the report itself, then", next: "rosterpatch rerun x.report.csv", lines: []Line{line(2, Invalid)}},
		{name: "killed", headline: "2 of 3 rows not done", next: "rosterpatch rerun x.report.csv", run: run("import", Running, 3), lines: []Line{line(2, Updated)}},
		{name: "a plan", headline: "1 of 2 rows would be sent", next: "rosterpatch apply x.plan.csv", path: "x.plan.csv", run: run("plan", Finished, 2), lines: []Line{line(2, Planned), line(3, Unchanged)}},
		{name: "a path to quote", headline: "1 of 1 row not done", next: `rosterpatch rerun 'it'\''s.csv'`, path: "it's.csv", lines: []Line{line(2, Unsent)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if test.path == "" {
				test.path = "x.report.csv"
			}
			save(t, test.path, header, test.run, test.lines...)
			s, err := Summarise(t.Context(), test.path)
			if err != nil {
				t.Fatal(err)
			}
			advice, commands := s.next()
			if s.headline() != test.headline || advice != test.advice || strings.Join(commands, "\n") != test.next {
				t.Errorf("%q, %q, %q", s.headline(), advice, commands)
			}
		})
	}
}

func TestReasonsAreGeneral(t *testing.T) {
	for _, test := range []struct {
		in, id, want string
		invalid      []string // the cells of a row that was not sent
	}{
		{in: `role: "Student" is not allowed`, id: "e-1", want: `role: "Student" is not allowed`},
		{in: `endDate: "6/10/2027" is not a date; allowed: YYYY-MM-DD`, want: `endDate: "…" is not a date; allowed: YYYY-MM-DD`},
		{in: "the server has no enrollment abc-def", id: "abc-def", want: "the server has no enrollment …"},
		{in: "the server has no enrollment enr-17, or hides it", want: "the server has no enrollment …, or hides it"},
		{in: "no answer after 6 attempts in 30s", want: "no answer after 6 attempts in …"},
		{in: "11 cells where the header has 12", want: "11 cells where the header has 12"},
		{in: "moved to https://h.example/x7", want: "moved to https:…"},
		{in: "a", id: "a", want: "a"},
		{in: `status: "inactive" is not allowed; OneRoster 1.0's inactive means tobedeleted`, invalid: []string{"e-1", "inactive", "1.05"},
			want: `status: "inactive" is not allowed; OneRoster 1.0's inactive means tobedeleted`},
		{in: `dailyXp: "1,5" is not a number; digits such as 12.5`, invalid: []string{"e-1", "1,5"}, want: `dailyXp: "…" is not a number; digits such as 12.5`},
		{in: "name: has lost characters; name the encoding, such as --encoding windows-1252", invalid: []string{"e-1"},
			want: "name: has lost characters; name the encoding, such as --encoding windows-1252"},
		{in: `status: "A7" is not allowed; put values: {status: {A7: active}} in a mapping file`, invalid: []string{"e-1", " A7 "},
			want: `status: "…" is not allowed; put values: {status: …: active}} in a mapping file`},
		{in: "endDate: 2024-13-45T00 is no date", invalid: []string{"e-1", "2024-13-45T00:00"}, want: "endDate: … is no date"},
	} {
		l := Line{Outcome: Failed, Message: test.in, Cells: test.invalid}
		if test.invalid != nil {
			l.Outcome = Invalid
		}
		if got := general(&l, test.id); got != test.want {
			t.Errorf("general(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestALaterRunCounts(t *testing.T) {
	t.Chdir(t.TempDir())
	header := []string{"sourcedId"}
	line := func(n int, o Outcome) Line { return Line{Line: n, Outcome: o, Cells: []string{fmt.Sprint("e", n)}} }
	run := func(hour int, state State, sha string) *Facts {
		return &Facts{Command: "import", State: state, Start: night.Add(time.Duration(hour) * time.Hour), Rows: 4, Sources: []Source{{Path: "a.csv", SHA256: sha}}}
	}
	save(t, "second.csv", header, run(1, Finished, "aa"), line(5, Updated), line(4, Failed), line(3, Updated), line(2, Updated))
	save(t, "first.csv", header, run(0, Running, "aa"), line(2, Updated), line(3, Failed))
	save(t, "other.csv", header, run(2, Finished, "bb"), line(2, Failed), line(3, Failed), line(4, Failed), line(5, Failed))

	s, err := Summarise(t.Context(), "second.csv", "first.csv")
	if err != nil {
		t.Fatal(err)
	}
	if s.Rows != 4 || s.Done != 3 || s.Undone != 1 || s.Unreached != 0 {
		t.Errorf("rerun and run: %d rows, %d done, %d undone, %d unreached; want 4, 3, 1, 0", s.Rows, s.Done, s.Undone, s.Unreached)
	}
	if _, next := s.next(); len(next) != 1 || next[0] != "rosterpatch rerun second.csv" {
		t.Errorf("next: %q", next)
	}
	s, err = Summarise(t.Context(), "first.csv", "other.csv")
	if err != nil {
		t.Fatal(err)
	}
	if s.Rows != 6 || s.Unreached != 2 {
		t.Errorf("runs of two sources: %d rows, %d unreached; want 6, 2", s.Rows, s.Unreached)
	}

	if err := Merge(t.Context(), "all.csv", CreateOptions{}, "second.csv", "first.csv"); err != nil {
		t.Fatal(err)
	}
	if merged, err := ReadFacts("all.json"); err != nil || merged.State != Finished || merged.Rows != 4 {
		t.Errorf("merged: %+v, %v; the rerun finished what was killed", merged, err)
	}
	text, err := os.ReadFile("all.csv")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(written(t, header, false, line(2, Updated), line(3, Updated), line(4, Failed), line(5, Updated)), string(text)); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
	if err := Merge(t.Context(), "mixed.csv", CreateOptions{}, "first.csv", "other.csv"); err == nil || !strings.Contains(err.Error(), "first.csv") || !strings.Contains(err.Error(), "other.csv") {
		t.Errorf("merging runs of two sources: %v", err)
	}
	if _, err := os.Stat("mixed.csv"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a refused merge left a report: %v", err)
	}
}

func TestAPageIsBoundedAndKeepsUnsentRowsLast(t *testing.T) {
	t.Chdir(t.TempDir())
	var lines []Line
	for i := range 3 * undoneLimit {
		o := Unsent
		if i >= 3*undoneLimit-10 {
			o = Failed
		}
		lines = append(lines, Line{Line: i + 2, Outcome: o, Cells: []string{"<b>" + fmt.Sprint(i)}})
	}
	save(t, "x.report.csv", []string{"sourcedId"}, nil, lines...)
	s, err := Summarise(t.Context(), "x.report.csv")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.HTML(&b); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "<details>"); n != undoneLimit {
		t.Errorf("the page lists %d rows, want %d", n, undoneLimit)
	}
	if !strings.Contains(b.String(), "2,000 of 6,000") || strings.Contains(b.String(), "<b>5999") || !strings.Contains(b.String(), "&lt;b&gt;5999") {
		t.Error("the page does not say what it leaves out, lacks a failed row, or runs a cell as HTML")
	}
	for _, outside := range []string{"http://", "https://", "src="} {
		if strings.Contains(b.String(), outside) {
			t.Errorf("the page holds %q", outside)
		}
	}
}

func TestAnEmptySummaryIsStillJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	save(t, "x.report.csv", []string{"sourcedId"}, nil)
	s, err := Summarise(t.Context(), "x.report.csv")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.JSON(&b); err != nil || !json.Valid(b.Bytes()) || strings.Contains(b.String(), "null") {
		t.Errorf("%v %s", err, b.String())
	}
}
