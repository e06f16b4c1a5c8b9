package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"
	"time"
)

// set is reports that are read as one: shards of a run, a run and its rerun.
type set struct {
	parts  []*part
	files  []string // names of sources, sorted
	places []place  // one for each row, in the order of the sources
}

// part is one report of a set.
type part struct {
	*Reader
	path   string
	facts  *Facts // nil when nothing stands beside the report
	source string
	latest time.Time
	lines  int
	left   int // rows of its source that no report of the set has a line for, where it is the latest to lack some
}

// place is where a row's line stands: 24 bytes, since there may be millions.
type place struct {
	offset int64
	line   int32
	file   int32 // in set.files
	part   int32
	source int32 // in which group of parts with the same source
}

// openSet opens reports and finds the line of each row. Where a row has several
// lines, the one of the latest run counts. Lines of reports that are known to be
// of different sources are lines of different rows.
func openSet(ctx context.Context, paths []string) (*set, error) {
	if len(paths) == 0 {
		return nil, errors.New("name at least one report")
	}
	s := &set{}
	for _, path := range paths {
		p, err := openPart(path)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.parts = append(s.parts, p)
	}
	s.adopt()
	if err := s.index(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// adopt takes a report whose facts are lost for one of the source that all the
// others are of.
func (s *set) adopt() {
	source := ""
	for _, p := range s.parts {
		if p.source != "" && source != "" && p.source != source {
			return
		}
		source = cmp.Or(source, p.source)
	}
	for _, p := range s.parts {
		p.source = source
	}
}

func openPart(path string) (*part, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	p := &part{Reader: r, path: path}
	facts, err := ReadFacts(FactsPath(path))
	switch {
	case err == nil:
		p.facts = &facts
		for _, source := range facts.Sources {
			p.source += source.SHA256 + " "
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, errors.Join(err, r.Close())
	}
	return p, nil
}

func (s *set) Close() error {
	var errs []error
	for _, p := range s.parts {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

func (s *set) index(ctx context.Context) error {
	known := map[string]int32{}
	var sources []string
	for i, p := range s.parts {
		source := slices.Index(sources, p.source)
		if source < 0 {
			source = len(sources)
			sources = append(sources, p.source)
		}
		for {
			l, err := p.Next()
			if err == io.EOF {
				break
			}
			if err == nil {
				err = context.Cause(ctx)
			}
			if err != nil {
				return err
			}
			if l.Line > math.MaxInt32 {
				return &Error{File: p.path, Column: lineColumn, Msg: fmt.Sprintf("%d is more lines than a source can have", l.Line)}
			}
			if _, ok := known[l.File]; !ok {
				known[strings.Clone(l.File)] = int32(len(s.files))
				s.files = append(s.files, strings.Clone(l.File))
			}
			if l.FinishedAt.After(p.latest) {
				p.latest = l.FinishedAt
			}
			p.lines++
			s.places = append(s.places, place{p.Offset(), int32(l.Line), known[l.File], int32(i), int32(source)})
		}
		if p.facts != nil {
			p.latest = p.facts.Start
		}
	}
	slices.SortFunc(s.places, func(a, b place) int {
		return cmp.Or(
			cmp.Compare(a.source, b.source),
			strings.Compare(s.files[a.file], s.files[b.file]),
			cmp.Compare(a.line, b.line),
			s.parts[b.part].latest.Compare(s.parts[a.part].latest),
			cmp.Compare(b.part, a.part),
			cmp.Compare(b.offset, a.offset),
		)
	})
	s.places = slices.CompactFunc(s.places, place.sameRow)
	for source := range sources {
		s.findLeft(int32(source), sources[source])
	}
	return nil
}

// findLeft counts the rows of a source that no report has a line for. A rerun is
// to hold as many rows as the run that it finishes, and shards are to hold other
// rows each.
func (s *set) findLeft(number int32, source string) {
	wanted := make(map[string]int) // by shard
	var latest *part
	for _, p := range s.parts {
		if p.source != source || p.facts == nil {
			continue
		}
		wanted[p.facts.Shard] = max(wanted[p.facts.Shard], p.facts.Rows)
		if p.facts.Rows > p.lines && (latest == nil || p.latest.After(latest.latest)) {
			latest = p
		}
	}
	if latest == nil {
		return
	}
	shards, have := 0, 0
	for shard, rows := range wanted {
		if shard != "" {
			shards += rows
		}
	}
	for _, p := range s.places {
		if p.source == number {
			have++
		}
	}
	latest.left = max(0, max(wanted[""], shards)-have)
}

func (p place) sameRow(q place) bool {
	return p.source == q.source && p.file == q.file && p.line == q.line
}

// each visits the line of each row, in the order of the sources.
func (s *set) each(ctx context.Context, visit func(*part, Line) error) error {
	offsets := make([][]int64, len(s.parts))
	for chunk := range slices.Chunk(s.places, 4*readAhead) {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		for i := range offsets {
			offsets[i] = offsets[i][:0]
		}
		for _, at := range chunk {
			offsets[at.part] = append(offsets[at.part], at.offset)
		}
		found := make([][]entry, len(s.parts))
		for i, p := range s.parts {
			var err error
			if found[i], err = p.at(offsets[i]); err != nil {
				return err
			}
		}
		for _, at := range chunk {
			next := found[at.part][0]
			found[at.part] = found[at.part][1:]
			if err := visit(s.parts[at.part], next.line); err != nil {
				return err
			}
		}
	}
	return nil
}
