package mapping

import (
	"maps"
	"slices"
	"strings"
)

// sample is what is known of one column.
type sample struct {
	name   string
	index  int
	values map[string]int // rows by value, trimmed
	many   bool           // there are more values than were kept
	filled int            // rows that are not blank
	field  string         // that it seems to hold, or ""
	doubt  string         // why it may not, or ""
}

// maxDistinct bounds the memory a column takes, with maxSampled.
const (
	maxDistinct = 1000
	maxSampled  = 4096 // bytes that are kept of a value
)

// add counts the trimmed value of one more row.
func (s *sample) add(value string) {
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
