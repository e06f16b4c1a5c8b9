package report

import (
	"reflect"
	"slices"
)

// shape is which columns a report has.
type shape struct {
	source []string // the source's header, as it was
	own    []int    // columns of source that are result.* and left out
	result []string // names of all result columns
	left   int      // which of those is left out, -1 for none
}

func newShape(source []string, files bool) shape {
	s := shape{source: source, left: -1}
	for field := range reflect.TypeFor[columns]().Fields() {
		s.result = append(s.result, field.Tag.Get("csv"))
	}
	if !files {
		s.left = slices.Index(s.result, fileColumn)
	}
	for i, name := range source {
		if isResult(name) {
			s.own = append(s.own, i)
		}
	}
	return s
}

// header is the report's first line.
func (s *shape) header() []string {
	return s.join(append(make([]string, 0, len(s.result)+len(s.source)), s.result...), s.source)
}

// row is one line's cells.
func (s *shape) row(l *Line) []string {
	c := l.columns()
	return s.join(c.cells(make([]string, 0, len(s.result)+len(l.Cells))), l.Cells)
}

// join puts source behind all the result columns, and leaves out what the report
// does not have.
func (s *shape) join(row, source []string) []string {
	if s.left >= 0 {
		row = slices.Delete(row, s.left, s.left+1)
	}
	if len(s.own) == 0 {
		return append(row, source...)
	}
	for i, cell := range source {
		if !slices.Contains(s.own, i) {
			row = append(row, cell)
		}
	}
	return row
}
