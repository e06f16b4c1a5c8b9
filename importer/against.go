package importer

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"rosterpatch/importer/report"
)

// sent is what earlier runs have brought each enrollment to, by what their
// reports say: 32 bytes a row. A row whose change an enrollment was brought to
// last needs no request.
type sent struct {
	entries []sentEntry // by id, then by the order of the runs and of their rows
	latest  string      // path of the report that counts most
	outdone []bool      // in this pass a row of the entry's id goes out, so it says nothing any more
}

type sentEntry struct {
	id     uint64 // hash
	order  uint64 // number of the report, and line in its source
	change [16]byte
}

// skip makes the rows unchanged that o.Against says are so already. Without a
// report to go by it leaves the feed as it is.
func (r *run) skip(rows *feed) error {
	paths, err := earlierReports(r.Against, r.report, r.Shard)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		r.Log.Warn().Str("dir", r.Against).Msg("there is no finished report to compare with: every row is sent")
		return nil
	}
	s := &sent{latest: paths[len(paths)-1]}
	for i, path := range paths {
		if err := s.read(path, i, r.Options); err != nil {
			return &RefusedError{fmt.Errorf("--against: %w", err)}
		}
	}
	s.sort()
	rows.items = s.filter(rows.items)
	return nil
}

// earlierReports are the reports to go by, the oldest first: the one at path,
// or of a directory the newest that is finished and what was begun since, which
// may have changed an enrollment again.
func earlierReports(path, own string, shard Shard) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &UsageError{"--against", path, "is not there; allowed: none, server, a report, or a directory of reports"}
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	sides, err := filepath.Glob(filepath.Join(path, "*.report.json"))
	if err != nil {
		return nil, &UsageError{"--against", path, "cannot be searched: " + err.Error()}
	}
	type dated struct {
		path string
		report.Run
	}
	var found []dated
	for _, side := range sides {
		csv := side[:len(side)-len("json")] + "csv"
		facts, err := report.ReadRun(side)
		if _, gone := os.Stat(csv); err != nil || gone != nil || filepath.Clean(csv) == filepath.Clean(own) || facts.Command == "plan" || shardOf(facts) != shard.String() {
			continue
		}
		found = append(found, dated{csv, facts})
	}
	slices.SortFunc(found, func(a, b dated) int { return a.Start.Compare(b.Start) })
	for i, f := range slices.Backward(found) {
		if f.State == report.Finished {
			var paths []string
			for _, later := range found[i:] {
				paths = append(paths, later.path)
			}
			return paths, nil
		}
	}
	return nil, nil
}

// read adds the lines of a report.
func (s *sent) read(path string, number int, o Options) error {
	reader, err := report.Open(path)
	if err != nil {
		return err
	}
	defer reader.Close()
	ids, err := o.spec().Compile(reader.Header())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for {
		l, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		id := ids.ID(l.Cells)
		if id == "" || l.Outcome == report.Invalid || l.Outcome == report.Unsent && l.Attempts == 0 {
			continue // nothing of the row went out
		}
		e := sentEntry{id: hashOf(id), order: uint64(number)<<40 | uint64(l.Line)}
		if l.Outcome.Done() {
			e.change = changeOf(l.Fingerprint)
		}
		s.entries = append(s.entries, e)
	}
}

// changeOf is a fingerprint in half its size, zero if it is none.
func changeOf(fingerprint string) (change [16]byte) {
	if raw, err := hex.DecodeString(fingerprint); err == nil && len(raw) == len(change) {
		copy(change[:], raw)
	}
	return change
}

// sort orders the entries, and keeps the last of each id.
func (s *sent) sort() {
	slices.SortFunc(s.entries, func(a, b sentEntry) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(b.order, a.order)) })
	s.entries = slices.CompactFunc(s.entries, func(a, b sentEntry) bool { return a.id == b.id })
	s.entries = slices.Clip(s.entries)
}

// filter settles the rows that are so already.
func (s *sent) filter(items iter.Seq2[item, error]) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		s.outdone = make([]bool, len(s.entries))
		for it, err := range items {
			if err == nil && it.settled == nil && s.has(&it) {
				it.settle(report.Unchanged, "as it is since "+filepath.Base(s.latest))
			}
			if !yield(it, err) {
				return
			}
		}
	}
}

// has reports whether the row's enrollment was brought to its change last, by
// the earlier runs and by the rows before it.
func (s *sent) has(it *item) bool {
	id := hashOf(it.change.SourcedID)
	at, known := slices.BinarySearchFunc(s.entries, id, func(e sentEntry, id uint64) int { return cmp.Compare(e.id, id) })
	if !known {
		return false
	}
	if s.outdone[at] || s.entries[at].change != changeOf(it.change.Fingerprint()) {
		s.outdone[at] = true
		return false
	}
	return true
}
