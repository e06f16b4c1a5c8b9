package importer

import (
	"errors"
	"io"

	"rosterpatch/importer/report"
	"rosterpatch/mapping"
)

// indexed is the report of an earlier run, whose lines are read in the order of the
// rows that they are of.
type indexed struct {
	*setup
	path    string
	reader  *report.Reader
	mapping *mapping.Mapping
	lines   spill  // key of a row's place in the sources → offset of its line
	count   int    // lines
	last    uint64 // key of the place of the row whose line stands last
}

// open opens the report, and sees that its columns can be read.
func (x *indexed) open() (err error) {
	if x.reader, err = report.Open(x.path); err == nil {
		x.mapping, err = x.spec().Compile(x.reader.Header())
	}
	return err
}

// index notes where the line of each row stands, and shows see every line, with the
// key of its row's place.
func (x *indexed) index(see func(l report.Line, at uint64) error) error {
	for {
		l, err := x.reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		file, err := x.file(l.File)
		if err != nil {
			return err
		}
		at := x.mode.key(place(file, l.Line))
		if err := errors.Join(x.lines.add(at, uint64(x.reader.Offset())), see(l, at)); err != nil {
			return err
		}
		x.count++
		x.last = at
	}
}

// describe tells the feed what the report says of its rows as a whole.
func (x *indexed) describe(f *feed) (err error) {
	f.header, f.files = x.reader.Header(), len(x.files) > 1
	f.sources = func() ([]report.Source, error) { return x.facts.Sources, nil }
	f.of, err = sourceOf(x.path)
	return err
}

func (x *indexed) close() {
	x.lines.close()
	if x.reader != nil {
		x.reader.Close()
	}
}
