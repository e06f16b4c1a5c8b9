package source

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What an export is called may stand above its header.
func TestTitles(t *testing.T) {
	for _, title := range []string{"Enrollments: Fall 2026", `"Enrollments; Fall, 2026"`, ",Enrollments Fall 2026", "Enrollments \"Fall\" 2026"} {
		got, err := read(t, store(t, "f.csv", title+"\n\nsourcedId,role\ne1,student\n"), Options{})
		if err != nil || len(got.Rows) != 1 || got.Rows[0].Line != 4 || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "has a title above its header") {
			t.Errorf("%s: %+v, %v", title, got, err)
		}
	}
}

// A header of one word is no title, whatever the ids below it hold.
func TestIDsThatHoldADelimiter(t *testing.T) {
	got, err := read(t, store(t, "f.csv", "sourcedId\na|b\nc|d\n"), Options{})
	if err != nil || len(got.Rows) != 2 || got.Rows[0].Cells[0] != "a|b" {
		t.Errorf("%+v, %v", got, err)
	}
}

// Several lines may.
func TestLinesOfTitles(t *testing.T) {
	got, err := read(t, store(t, "f.csv", "Enrollment Export,\n# made: 8/1/2026 4:03 PM,\n,\nsourcedId,role\ne1,student\n"), Options{})
	if err != nil || len(got.Rows) != 1 || got.Rows[0].Line != 5 || len(got.Warnings) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

// Rows may end with a delimiter that the header lacks, all of them or some.
func TestDelimitersBehindRows(t *testing.T) {
	got, err := read(t, store(t, "f.csv", "sourcedId,role\ne1,student,\n\ne2,student,\ne3,student\ne4,student,x\ne5\ne6,student, ,\n"), Options{Name: "f"})
	want := pass{
		Header: []string{"sourcedId", "role"},
		Rows: []Row{
			{Line: 2, Cells: []string{"e1", "student"}},
			{Line: 4, Cells: []string{"e2", "student"}},
			{Line: 5, Cells: []string{"e3", "student"}},
			{Line: 6, Cells: []string{"e4", "student", "x"}, Ragged: "3 cells where the header has 2"},
			{Line: 7, Cells: []string{"e5"}, Ragged: "1 cell where the header has 2"},
			{Line: 8, Cells: []string{"e6", "student"}},
		},
		Skipped: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n-want +got:\n%s", err, diff)
	}
}

func TestSeparatorWinsOverOption(t *testing.T) {
	got, err := read(t, store(t, "f.csv", "sep=;\nsourcedId;role\ne1;student\n"), Options{Name: "f", Delimiter: '\t'})
	want := []string{`f says sep=; above its header: it is read so, and not with '\t'`}
	if diff := cmp.Diff(want, got.Warnings); diff != "" || err != nil || len(got.Rows) != 1 {
		t.Errorf("%v\n-want +got:\n%s", err, diff)
	}
}
