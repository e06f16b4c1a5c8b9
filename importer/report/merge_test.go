package report

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shards writes the reports of a run that was cut in three, lines as they came.
func shards(t *testing.T, rows int) (paths []string) {
	t.Helper()
	for shard := range 3 {
		r := &Facts{State: Finished, Command: "import", Version: "1.0.0", Start: night.Add(time.Duration(shard) * time.Minute), End: night.Add(time.Hour),
			Sources: []Source{{Path: "a.csv", SHA256: "aa"}}, Shard: fmt.Sprintf("%d/3", shard), Options: []byte(`{"rate":50}`),
			Requests: 10, Retries: 2, Throttles: 1, Latency: &Latency{P50: 1}}
		var lines []Line
		for i := rows - 1; i >= 0; i-- {
			if i%3 == shard {
				lines = append(lines, Line{Line: i + 2, Outcome: Updated, Attempts: 1, Cells: []string{fmt.Sprint("enr-", i), "two\nlines"}})
			}
		}
		r.Rows = len(lines)
		path := fmt.Sprintf("a.%d-of-3.report.csv", shard)
		save(t, path, []string{"sourcedId", "note"}, r, lines...)
		paths = append(paths, path)
	}
	return paths
}

func TestMergeShards(t *testing.T) {
	t.Chdir(t.TempDir())
	const rows = 2000 // some chunks of lines
	paths := shards(t, rows)
	if err := Merge(t.Context(), "a.report.csv", CreateOptions{}, paths...); err != nil {
		t.Fatal(err)
	}
	r, err := Open("a.report.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i := range rows {
		l, err := r.Next()
		if err != nil || l.Line != i+2 || l.Cells[0] != fmt.Sprint("enr-", i) {
			t.Fatalf("row %d: %v, %v", i, l, err)
		}
	}
	got, err := ReadFacts("a.report.json")
	if err != nil {
		t.Fatal(err)
	}
	want := Facts{State: Finished, Command: "import", Version: "1.0.0", Start: night, End: night.Add(time.Hour),
		Sources: []Source{{Path: "a.csv", SHA256: "aa"}}, Options: got.Options, Rows: rows,
		Outcomes: map[Outcome]int{Updated: rows}, Requests: 30, Retries: 6, Throttles: 3}
	if diff := cmp.Diff(want, got); diff != "" || !strings.Contains(string(got.Options), "50") {
		t.Errorf("options %s (-want +got):\n%s", got.Options, diff)
	}
}

func TestMergeIntoOneOfThem(t *testing.T) {
	t.Chdir(t.TempDir())
	paths := shards(t, 30)
	if err := Merge(t.Context(), paths[1], CreateOptions{}, paths...); err == nil {
		t.Error("a report was overwritten")
	}
	if err := Merge(t.Context(), paths[1], CreateOptions{Force: true}, paths...); err != nil {
		t.Fatal(err)
	}
	if s, err := Summarise(t.Context(), paths[1]); err != nil || s.Rows != 30 {
		t.Errorf("%v, %v", s, err)
	}
}

// A merge that does not come to its end leaves what it was to replace.
func TestMergeThatEndsEarly(t *testing.T) {
	t.Chdir(t.TempDir())
	paths := shards(t, 30)
	before, err := os.ReadFile(paths[1])
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("a signal"))
	if err := Merge(ctx, paths[1], CreateOptions{Force: true}, paths...); err == nil || err.Error() != "a signal" {
		t.Errorf("the merge ended with %v", err)
	}
	if err := os.Mkdir(paths[1]+".merging", 0o700); err != nil { // where it is to be written
		t.Fatal(err)
	}
	if err := Merge(t.Context(), paths[1], CreateOptions{Force: true}, paths...); err == nil {
		t.Error("the merge came to its end")
	}
	if after, err := os.ReadFile(paths[1]); err != nil || string(after) != string(before) {
		t.Errorf("the report was changed: %v", err)
	}
}

// What a killed run did not come to would be in no report.
func TestMergeRefusesAReportThatIsNotWhole(t *testing.T) {
	t.Chdir(t.TempDir())
	paths := shards(t, 30)
	facts, err := ReadFacts(FactsPath(paths[0]))
	if err != nil {
		t.Fatal(err)
	}
	facts.State, facts.Rows = Running, facts.Rows+5
	if err := WriteFacts(FactsPath(paths[0]), facts); err != nil {
		t.Fatal(err)
	}
	if err := Merge(t.Context(), "all.csv", CreateOptions{}, paths...); err == nil || !strings.Contains(err.Error(), "5 rows") || !strings.Contains(err.Error(), "rerun") {
		t.Errorf("the merge ended with %v", err)
	}
}

func TestMergeRefusesOtherColumns(t *testing.T) {
	t.Chdir(t.TempDir())
	save(t, "a.csv", []string{"sourcedId", "role"}, nil)
	save(t, "b.csv", []string{"role", "sourcedId"}, nil)
	if err := Merge(t.Context(), "c.csv", CreateOptions{}, "a.csv", "b.csv"); err == nil || !strings.HasPrefix(err.Error(), "b.csv:1: ") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat("c.csv"); err == nil {
		t.Error("a refused merge left a report")
	}
}

// Two sources of one run have lines of the same number.
func TestMergeKeepsSourcesApart(t *testing.T) {
	t.Chdir(t.TempDir())
	header := []string{"sourcedId"}
	lines := []Line{
		{File: "a.csv", Line: 2, Outcome: Failed, Cells: []string{"a"}},
		{File: "b.csv", Line: 2, Outcome: Updated, Cells: []string{"b"}},
		{File: "a.csv", Line: 3, Outcome: Updated, Cells: []string{"c"}},
	}
	if err := os.WriteFile("x.csv", []byte(written(t, header, true, lines...)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Merge(t.Context(), "y.csv", CreateOptions{}, "x.csv"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("y.csv")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(written(t, header, true, lines[0], lines[2], lines[1]), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s, err := Summarise(t.Context(), "y.csv")
	if err != nil {
		t.Fatal(err)
	}
	if !s.sources || s.Reasons[0].where() != "a.csv:2 (a)" {
		t.Errorf("%v", s.Reasons)
	}
}

// A row that is in two reports does not make up for those that are in none, and a
// rerun is to hold no more rows than the run that it finishes.
func TestRowsThatNoReportHas(t *testing.T) {
	part := func(path string, hour, rows, from, to int, shard string) {
		var lines []Line
		for i := from; i < to; i++ {
			lines = append(lines, Line{Line: i + 2, Outcome: Updated, Cells: []string{fmt.Sprint("enr-", i)}})
		}
		save(t, path, []string{"sourcedId"}, &Facts{State: Running, Command: "import", Start: night.Add(time.Duration(hour) * time.Hour), Shard: shard,
			Rows: rows, Sources: []Source{{Path: "a.csv", SHA256: "aa"}}, Options: []byte(`{}`)}, lines...)
	}
	for _, tt := range []struct {
		name  string
		write func()
		want  int
	}{
		{"a run of a few rows beside a killed one", func() { part("a.csv", 1, 100, 0, 40, ""); part("b.csv", 2, 2, 3, 5, "") }, 60},
		{"a killed rerun beside its run", func() { part("a.csv", 1, 100, 0, 40, ""); part("b.csv", 2, 100, 0, 10, "") }, 60},
		{"a rerun that came to its end", func() { part("a.csv", 1, 100, 0, 40, ""); part("b.csv", 2, 100, 0, 100, "") }, 0},
		{"shards, one of them killed", func() { part("a.csv", 1, 50, 0, 20, "0/2"); part("b.csv", 1, 50, 50, 100, "1/2") }, 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			tt.write()
			s, err := Summarise(t.Context(), "a.csv", "b.csv")
			if err != nil || s.Unreached != tt.want {
				t.Errorf("%d rows are in no report, want %d; %v", s.Unreached, tt.want, err)
			}
			if err := Merge(t.Context(), "all.csv", CreateOptions{}, "a.csv", "b.csv"); (err != nil) != (tt.want > 0) {
				t.Errorf("the merge ended with %v", err)
			}
		})
	}
}

// A report whose facts are lost is taken for one of the others' source.
func TestMergeWithSomeFactsLost(t *testing.T) {
	t.Chdir(t.TempDir())
	paths := shards(t, 30)
	if err := os.Remove(FactsPath(paths[0])); err != nil {
		t.Fatal(err)
	}
	if err := Merge(t.Context(), "all.csv", CreateOptions{}, append(paths, paths[0])...); err != nil {
		t.Fatal(err)
	}
	if s, err := Summarise(t.Context(), "all.csv"); err != nil || s.Rows != 30 {
		t.Errorf("%d rows of 30, %v", s.Rows, err)
	}
}

// Of reports of which nothing else is known, a merge says nothing else.
func TestMergeWithoutFacts(t *testing.T) {
	t.Chdir(t.TempDir())
	paths := shards(t, 30)
	for _, path := range paths {
		if err := os.Remove(FactsPath(path)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Merge(t.Context(), "all.csv", CreateOptions{}, paths...); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFacts(FactsPath("all.csv")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the facts are read with %v", err)
	}
}

// Runs between a run and its rerun are older than the rerun, and so than the merge.
func TestMergeOfARunAndItsRerun(t *testing.T) {
	t.Chdir(t.TempDir())
	for i, command := range []string{CommandImport, CommandRerun} {
		save(t, command+".csv", []string{"sourcedId"}, &Facts{State: Finished, Command: command, Start: night.Add(time.Duration(i) * time.Hour), Rows: 1,
			Sources: []Source{{Path: "a.csv", SHA256: "aa"}}}, Line{Line: 2, Outcome: Updated, Cells: []string{"enr-1"}})
	}
	if err := Merge(t.Context(), "all.csv", CreateOptions{}, "import.csv", "rerun.csv"); err != nil {
		t.Fatal(err)
	}
	if facts, err := ReadFacts(FactsPath("all.csv")); err != nil || !facts.Start.Equal(night.Add(time.Hour)) {
		t.Errorf("the merge is of %v, %v", facts.Start, err)
	}
}
