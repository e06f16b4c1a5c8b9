package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestARaggedRowStaysOne saves a report with a row that lacks cells in the ways of
// spreadsheets: none of them mends it, and what a person does to it does.
func TestARaggedRowStaysOne(t *testing.T) {
	const (
		head  = "result.line,result.outcome,result.message,sourcedId,role,endDate,grade\n"
		right = "2,failed,no,enr-1,student,2027-06-10,\n"
	)
	short := []string{"enr-2", "stud"}
	for _, tt := range []struct {
		name, line string
		want       []string
	}{
		{"as it was", "3,invalid,2 cells where the header has 4,enr-2,stud\n", short},
		{"made as wide as the others", "3,invalid,2 cells where the header has 4,enr-2,stud,,\n", short},
		{"made wider", "3,invalid,2 cells where the header has 4,enr-2,stud,,,,\n", short},
		{"with a space in a cell", "3,invalid,2 cells where the header has 4,enr-2,stud, ,\n", short},
		{"with a remark", "3,invalid,\"2 cells where the header has 4; the row runs on to line 6\",enr-2,stud,,\n", short},
		{"of one cell", "3,invalid,1 cell where the header has 4,Total,,,\n", []string{"Total"}},
		{"a cell filled in", "3,invalid,2 cells where the header has 4,enr-2,student,2027-06-10,\n", []string{"enr-2", "student", "2027-06-10", ""}},
		{"the last cell filled in", "3,invalid,2 cells where the header has 4,enr-2,student,,7\n", []string{"enr-2", "student", "", "7"}},
		{"the outcome cleared", "3,,2 cells where the header has 4,enr-2,student,,\n", []string{"enr-2", "student", "", ""}},
		{"wrong for another reason", "3,invalid,role stud is not allowed,enr-2,stud,,\n", []string{"enr-2", "stud", "", ""}},
		{"no number of cells", "3,invalid,0 cells where the header has 4,enr-2,stud,,\n", []string{"enr-2", "stud", "", ""}},
		{"too many", "3,invalid,5 cells where the header has 4,a,b,c,d,e\n", []string{"a", "b", "c", "d", "e"}},
	} {
		plain := head + right + tt.line + right
		for saved, s := range map[string]string{
			"plainly":                plain,
			"with CRLF":              strings.ReplaceAll(plain, "\n", "\r\n"),
			"with a byte order mark": "\ufeff" + plain,
			"with tabs":              strings.ReplaceAll(plain, ",", "\t"),
			"with semicolons":        strings.ReplaceAll(plain, ",", ";"),
		} {
			t.Run(tt.name+" "+saved, func(t *testing.T) {
				lines, r, err := readAll(s)
				if err != nil || len(lines) != 3 || r.Torn() != 0 {
					t.Fatalf("%d lines, %d torn, %v", len(lines), r.Torn(), err)
				}
				if diff := cmp.Diff(tt.want, lines[1].Cells); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestCutFrom(t *testing.T) {
	row := []string{"enr-1", "student", "", "c-27", ""}
	for _, tt := range []struct {
		name  string
		cells []string
		want  bool
	}{
		{"whole", row, false},
		{"whole without its empty end", row[:4], false},
		{"whole and wider", append(row[:5:5], "", ""), false},
		{"cut in a cell", []string{"enr-1", "student", "", "c-2"}, true},
		{"cut in a cell and padded", []string{"enr-1", "student", "", "c-2", ""}, true},
		{"cut behind a cell", []string{"enr-1", "student"}, true},
		{"cut behind a cell and padded", []string{"enr-1", "student", "", "", ""}, true},
		{"cut in the first cell", []string{"en", "", "", "", ""}, true},
		{"cut before the first cell", nil, true},
		{"another value", []string{"enr-1", "student", "", "c-28", ""}, false},
		{"a longer value", []string{"enr-1", "student", "", "c-271", ""}, false},
		{"a cell cut, and one behind it", []string{"enr-1", "stud", "", "c-27", ""}, false},
		{"one more value", []string{"enr-1", "student", "", "c-27", "x"}, false},
		{"another row", []string{"enr-2", "student", "", "c-27", ""}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := Line{Cells: tt.cells}
			if got := l.CutFrom(row); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
