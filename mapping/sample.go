package mapping

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// sample is what is known of one column.
type sample struct {
	name   string
	called string // its name, folded
	table  string // what stands in front of the name, as in [CC]ID and roster.startDate, or ""
	rest   string // the name without the table, folded, or ""
	index  int
	values map[string]int // rows by value, trimmed
	absent map[string]int // rows by what they hold in place of a value
	many   bool           // there are more values than were kept
	filled int            // rows that have a value
	field  string         // that it holds, or ""
	might  string         // the field that it may hold, where there is a doubt
	doubt  string         // why it may not, or ""
	note   string         // what to know about a field that it holds, or ""
}

// maxDistinct bounds the memory a column takes, with maxSampled.
const (
	maxDistinct = 1000
	maxSampled  = 4096 // bytes that are kept of a value
)

func newSample(name string, index int) *sample {
	s := &sample{name: name, called: fold(name), index: index, values: map[string]int{}, absent: map[string]int{}}
	if i := strings.LastIndexAny(name, ".]:"); i >= 0 && !likeMetadata(name) {
		s.table, s.rest = strings.Trim(name[:i], "[ "), fold(name[i+1:])
	}
	return s
}

// isCalled reports whether the column has one of the names, which are folded.
func (s *sample) isCalled(names ...string) bool {
	return slices.Contains(names, s.called) || s.rest != "" && slices.Contains(names, s.rest)
}

// add counts the trimmed value of one more row.
func (s *sample) add(value string) {
	if absent(value) {
		s.absent[value]++
		return
	}
	if value == "" {
		return
	}
	s.filled++
	if len(value) > maxSampled { // too long to be kept, and for a guess
		s.many = true
		return
	}
	_, known := s.values[value]
	if !known && len(s.values) >= maxDistinct {
		s.many = true
		return
	}
	if !known {
		value = strings.Clone(value) // or the whole row would be kept
	}
	s.values[value]++
}

// present is an expression for the cell, blank where it stands for no value.
func (s *sample) present() string {
	words := slices.Sorted(maps.Keys(s.absent))
	for i, word := range words {
		words[i] = strconv.Quote(word)
	}
	cell := variable(s.name)
	return cell + " in [" + strings.Join(words, ", ") + `] ? "" : ` + cell
}

// distinct are the values of the column, in order.
func (s *sample) distinct() []string { return slices.Sorted(maps.Keys(s.values)) }

// all reports whether there are values and every one that was kept is so.
func (s *sample) all(is func(string) bool) bool {
	for v := range s.values {
		if !is(v) {
			return false
		}
	}
	return len(s.values) > 0
}

// most reports whether at least half of the different values are so. The
// others are slips, which their rows will be told of.
func (s *sample) most(is func(string) bool) bool {
	n := 0
	for v := range s.values {
		if is(v) {
			n++
		}
	}
	return 2*n >= len(s.values)
}

// repeats reports whether two rows have the same value.
func (s *sample) repeats() bool {
	for _, rows := range s.values {
		if rows > 1 {
			return true
		}
	}
	return false
}

// identifies reports whether each row has a value of its own that can be an id,
// and is no date.
func (s *sample) identifies(rows int) bool {
	return s.filled == rows && !s.repeats() && s.all(func(v string) bool {
		return isCode(v) && !isDate(v) && idProblem(v) == nil
	})
}

// isWord and isCode tell ids from names: a name that is one word has no digit.
func isWord(text string) bool { return !strings.Contains(text, " ") }
func isCode(text string) bool { return isWord(text) && strings.ContainsAny(text, "0123456789") }

// isDate tells dates that are not written as one number, as ids are.
func isDate(text string) bool { return firstSeparator(text) != "" && fittingFormats(text) != nil }
