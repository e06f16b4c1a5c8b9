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
	"strings"
	"time"

	"rosterpatch/importer/report"
	"rosterpatch/mapping"
)

// sent is what earlier runs have brought each enrollment to, by what their
// reports say: 32 bytes a row. A row whose change an enrollment was brought to
// last needs no request.
type sent struct {
	entries []sentEntry // by id, then by the order of the runs and of their rows
	latest  string      // path of the report that counts most
	outdone []bool      // an earlier row of this pass sends another change for the id, so the report no longer tells what the record holds
}

type sentEntry struct {
	id     uint64 // hash
	order  uint64 // number of the report, and place in its sources
	change [16]byte
}

// skip makes the rows unchanged that o.Against says are so already. Without a
// report to go by it leaves the feed as it is.
func (r *run) skip(rows *feed) error {
	reports, why, err := r.earlierReports(r.Against)
	if err != nil {
		return err
	}
	if len(reports) == 0 {
		r.Log.Warn().Str("why", why).Msg("there is no report to compare with: every row is sent")
		return nil
	}
	s := &sent{latest: reports[len(reports)-1].path}
	for i, earlier := range reports {
		if err := s.read(earlier, i, r.Options); err != nil {
			return &RefusedError{Cause: fmt.Errorf("--against: %w", err)}
		}
	}
	s.sort()
	rows.items = s.filter(rows.items)
	return nil
}

// dated is a report and its facts, which may be lost.
type dated struct {
	path string
	report.Facts
}

// earlierReports are the reports to compare with, the oldest first: the one at
// path, or in a directory the newest that is finished, those whose lines it
// carries on, and all that were begun after the first of these, since they may
// have changed an enrollment again. There are none, and why says the reason, where
// one of those was killed: what it changed last stands in no report.
func (r *run) earlierReports(path string) (reports []dated, why string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", &UsageError{"--against", path, "is not there; allowed: none, server, a report, or a directory of reports"}
	}
	if !info.IsDir() {
		facts, err := report.ReadFacts(report.FactsPath(path))
		if err != nil {
			facts = report.Facts{} // its lines have what it takes
		} else if other := recordedIn(facts).BaseURL; !r.sameServer(other) {
			return nil, "", &UsageError{"--against", path, otherServer(path, other, r.serverName())}
		} else if other != r.serverName() {
			r.Log.Warn().Str("report", path).Str("of", other).Str("this", r.serverName()).Msg("the report to go by is of another server")
		}
		return []dated{{path, facts}}, "", nil
	}
	found, err := r.reportsIn(path)
	if err != nil {
		return nil, "", &UsageError{"--against", path, "cannot be read: " + err.Error()}
	}
	newest := len(found) - 1
	for newest >= 0 && !(found[newest].State == report.Finished && (found[newest].Shard == "" || found[newest].Shard == r.Shard.String())) {
		newest--
	}
	if newest < 0 {
		return nil, "no finished report in " + path, nil
	}
	carried, missing := carriedOn(found, newest)
	if missing != "" {
		return nil, missing + ", which the newest report carries on, is not there any more", nil
	}
	for i, f := range found[carried[0]:] {
		if f.State == report.Running && !slices.Contains(carried, carried[0]+i) {
			return nil, f.path + " is of a run that was killed, or lacks its .json; finish it with rerun", nil
		}
	}
	return found[carried[0]:], "", nil
}

// carriedOn are the reports whose lines found[i] carries on and itself, the oldest
// first: a rerun holds the lines of the run that it finished. missing is the path
// of one that is not among the reports.
func carriedOn(found []dated, i int) (carried []int, missing string) {
	carried = []int{i}
	for found[i].Command == report.CommandRerun {
		of := recordedIn(found[i].Facts).Of
		if of == nil {
			return nil, "the report"
		}
		i = slices.IndexFunc(found, func(d dated) bool { return filepath.Base(d.path) == filepath.Base(of.Path) })
		if i < 0 || i >= carried[0] || found[i].Command == "" { // or its facts are lost
			return nil, of.Path
		}
		carried = slices.Insert(carried, 0, i)
	}
	return carried, ""
}

// reportsIn are the reports in a directory of runs against the same server,
// the oldest first.
func (r *run) reportsIn(dir string) ([]dated, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []dated
	for _, e := range entries {
		name, isCSV := strings.CutSuffix(e.Name(), ".csv")
		if !isCSV {
			continue
		}
		path := filepath.Join(dir, e.Name())
		facts, err := report.ReadFacts(filepath.Join(dir, name+".json"))
		if err != nil {
			if when, ok := lostReport(path); ok { // what it changed is not known
				found = append(found, dated{path, report.Facts{State: report.Running, Start: when}})
			}
			continue
		}
		if facts.Command == report.CommandPlan {
			continue
		}
		if recordedIn(facts).BaseURL != r.serverName() || r.Shard.excludes(facts.Shard) {
			continue
		}
		found = append(found, dated{path, facts})
	}
	slices.SortFunc(found, func(a, b dated) int { return a.Start.Compare(b.Start) })
	return found, nil
}

// lostReport reports whether a file is a report, and when it was written to last.
func lostReport(path string) (when time.Time, ok bool) {
	info, err := os.Stat(path)
	if err != nil {
		return when, false
	}
	reader, err := report.Open(path)
	if err != nil {
		return when, false
	}
	reader.Close()
	return info.ModTime(), true
}

// read adds the lines of a report, read with the mapping of its run. Lines that a
// rerun carries over count as of the run that wrote them, the oldest of all.
func (s *sent) read(earlier dated, number int, o Options) error {
	reader, err := report.Open(earlier.path)
	if err != nil {
		return err
	}
	defer reader.Close()
	spec, was := o.spec(), recordedIn(earlier.Facts)
	if earlier.State != "" { // its facts are known
		if spec, err = mapping.Parse(report.FactsPath(earlier.path), []byte(was.Mapping)); err != nil {
			return err
		}
	}
	ids, err := spec.Compile(reader.Header())
	if err != nil {
		return fmt.Errorf("%s: %w", earlier.path, err)
	}
	s.entries = slices.Grow(s.entries, earlier.Rows)
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
		by := number
		if earlier.Command == report.CommandRerun && l.FinishedAt.Before(earlier.Start) {
			by = 0
		}
		if l.File != "" && !slices.Contains(was.Files, l.File) { // its facts are lost: files count as they appear
			was.Files = append(was.Files, l.File)
		}
		at := was.Mode.key(place(max(slices.Index(was.Files, l.File), 0), l.Line))
		e := sentEntry{id: hashOf(id), order: uint64(by)<<placeBits | at&(1<<placeBits-1)}
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
