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
	called []string // its name, and that without a table in front: folded
	index  int
	values map[string]int // rows by value, trimmed
	absent map[string]int // rows by what they hold in place of a value
	many   bool           // there are more values than were kept
	filled int            // rows that have a value
	field  string         // that it seems to hold, or ""
	doubt  string         // why it may not, or ""
}

// maxDistinct bounds the memory a column takes, with maxSampled.
const (
	maxDistinct = 1000
	maxSampled  = 4096 // bytes that are kept of a value
)

func newSample(name string, index int) *sample {
	s := &sample{name: name, called: []string{fold(name)}, index: index, values: map[string]int{}, absent: map[string]int{}}
	if of := fold(name[strings.LastIndexAny(name, ".]:")+1:]); of != s.called[0] {
		s.called = append(s.called, of) // [CC]ID, roster.startDate, Student: ID
	}
	return s
}

// isCalled reports whether the column has the name, which is folded.
func (s *sample) isCalled(name string) bool { return slices.Contains(s.called, name) }

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
	value = value[:min(len(value), maxSampled)]
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

// identifies reports whether each row has a value of its own that can be an id.
func (s *sample) identifies(rows int) bool {
	return s.filled == rows && !s.repeats() && s.formats() == nil && s.all(func(v string) bool {
		return strings.ContainsAny(v, "0123456789") && !strings.Contains(v, " ") && idProblem(v) == nil
	})
}

// speaks reports whether most values mean something for the field.
func (s *sample) speaks(name string) bool {
	return !s.many && s.most(func(v string) bool {
		return meanings[name][fold(v)] != "" || name == "status" && endings[fold(v)]
	})
}

// formats are those that read most of the different values of the column,
// if they read half of them at all; nil otherwise.
func (s *sample) formats() []dateFormat {
	count := map[string]int{}
	best := 0
	for v := range s.values {
		fit := fittingFormats(v)
		if looksSerial(v) {
			fit = append(fit, dateFormat{text: serialFormat})
		}
		for _, f := range fit {
			count[f.text]++
			best = max(best, count[f.text])
		}
	}
	if best == 0 || 2*best < len(s.values) {
		return nil
	}
	days, times := knownFormats()
	var formats []dateFormat
	for _, f := range slices.Concat(days, times, []dateFormat{{text: serialFormat}}) {
		if count[f.text] == best {
			formats = append(formats, f)
		}
	}
	return formats
}
