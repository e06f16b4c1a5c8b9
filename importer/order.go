package importer

import (
	"errors"
	"fmt"
	"iter"

	"rosterpatch/importer/report"
)

// place orders rows as they stand in the sources: 40 bits are the line's, the file's
// stand in front of them.
func place(file, line int) uint64 { return uint64(file)<<40 | uint64(line) }

// placeBits is how many bits hold a place, of up to 4,096 files.
const placeBits = 52

// key makes a place the key by which rows are ordered. It is reversed for an undo:
// of several changes to one id the last is undone first.
func (m mode) key(place uint64) uint64 {
	if m == restoring {
		return ^place
	}
	return place
}

// items are the rows in the order of the sources.
func (e *earlier) items() iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		sent := make(map[uint64]bool) // of the ids on several rows, those with a row that goes again
		next, stop := iter.Pull2(ahead(inOrder(e.reader, &e.lines)))
		defer stop()
		line, err, more := next()
		// known yields the rows with a line that stand before a place.
		known := func(before uint64) bool {
			for more && err == nil && line.place < before {
				at := line.place
				it, itemErr := e.item(line.Line, sent)
				if !yield(it, itemErr) || itemErr != nil {
					return false
				}
				if line, err, more = next(); more && err == nil && line.place == at {
					err = fmt.Errorf("%s: the row on line %d of the source has two lines in the report; delete one", e.path, line.Line.Line)
				}
			}
			return err == nil || yield(item{}, err) && false
		}
		if e.rest != nil {
			for it, itemErr := range e.rest.items {
				file, fileErr := e.file(it.file)
				if itemErr = errors.Join(itemErr, fileErr); itemErr != nil {
					yield(it, itemErr)
					return
				}
				at := e.mode.key(place(file, it.row))
				if !known(at) {
					return
				}
				if more && line.place == at {
					if !e.cut(line, it.cells) {
						continue // it has a line, which comes next
					}
					line, err, more = next()
				}
				if !yield(e.unreached(it), nil) {
					return
				}
			}
		}
		known(^uint64(0))
	}
}

// cut reports whether a line is what a kill and a power cut left of the last one, of
// a row with these cells, and a spreadsheet has made whole since.
func (e *earlier) cut(l placed, cells []string) bool {
	return l.place == e.last && e.facts.State == report.Running && l.CutFrom(cells)
}

// placed is a line of a report, with the key under which its offset was kept.
type placed struct {
	report.Line
	place uint64
}

// inOrder reads the lines of a report in the order of their keys, some hundreds at
// once, since lines that stand together then cost one read.
func inOrder(reader *report.Reader, offsets *spill) iter.Seq2[placed, error] {
	const atOnce = 256
	return func(yield func(placed, error) bool) {
		var pairs []pair
		flush := func() bool {
			at := make([]int64, len(pairs))
			for i, p := range pairs {
				at[i] = int64(p.value)
			}
			lines, err := reader.At(at...)
			if err != nil {
				return yield(placed{}, err) && false
			}
			for i, l := range lines {
				if !yield(placed{l, pairs[i].key}, nil) {
					return false
				}
			}
			pairs = pairs[:0]
			return true
		}
		for p, err := range offsets.sorted() {
			if err != nil {
				yield(placed{}, err)
				return
			}
			if pairs = append(pairs, p); len(pairs) == atOnce && !flush() {
				return
			}
		}
		flush()
	}
}
