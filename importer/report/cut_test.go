package report

import "testing"

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
