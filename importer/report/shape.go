package report

import (
	"reflect"
	"slices"
)

// shape is which columns a report has.
type shape struct {
	source []string // the source's header, as it was
	own    []int    // columns of source that are result.* and left out, descending
	files  bool     // there is a result.file column
}

func newShape(source []string, files bool) shape {
	s := shape{source: source, files: files}
	for i, name := range slices.Backward(source) {
		if isResult(name) {
			s.own = append(s.own, i)
		}
	}
	return s
}

// header is the report's first line.
func (s *shape) header() []string {
	var names []string
	for field := range reflect.TypeFor[columns]().Fields() {
		names = append(names, field.Tag.Get("csv"))
	}
	return s.join(names, s.source)
}

// row is one line's cells.
func (s *shape) row(l *Line) []string {
	c := l.columns()
	return s.join([]string{
		c.Line, c.File, c.Outcome, c.HTTPStatus, c.Attempts, c.Message,
		c.CodeMajor, c.Severity, c.CodeMinor, c.Description, c.ErrorDetails,
		c.RequestID, c.FinishedAt, c.DurationMs, c.Fingerprint, c.Before, c.After,
	}, l.Cells)
}

func (s *shape) join(result, source []string) []string {
	if !s.files {
		result = slices.Delete(result, 1, 2)
	}
	row := slices.Concat(result, source)
	for _, i := range s.own {
		if i < len(source) {
			row = slices.Delete(row, len(result)+i, len(result)+i+1)
		}
	}
	return row
}
