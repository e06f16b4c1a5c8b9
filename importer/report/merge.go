package report

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// Merge writes one report of several, its [Facts] beside it: a line for each row,
// in the order of the sources, the latest run's where a row has more than one.
// The reports must be of the same sources, with the same columns, and none may
// have been killed before its end unless a rerun of it is among them. out may be
// one of them, with Force. What stands at out is replaced once all is written.
func Merge(ctx context.Context, out string, o CreateOptions, paths ...string) (err error) {
	set, err := openSet(ctx, paths)
	if err != nil {
		return err
	}
	defer set.Close()
	if err := set.alike(); err != nil {
		return err
	}
	if _, err := os.Lstat(out); err == nil && !o.Force {
		return fmt.Errorf("merge into %s: %w", out, fs.ErrExist)
	}
	begun := out + ".merging"
	files := slices.ContainsFunc(set.parts, func(p *part) bool { return p.layout.files })
	w, err := Create(begun, set.parts[0].Header(), CreateOptions{Force: true, Files: files})
	if err != nil {
		return err
	}
	outcomes := make(map[Outcome]int)
	err = set.each(ctx, func(_ *part, l Line) error {
		outcomes[l.Outcome]++
		return w.Add(l)
	})
	err = errors.Join(err, w.Close())
	switch {
	case err != nil:
	case o.Force:
		if err = replaceable(out); err == nil {
			err = os.Rename(begun, out)
		}
	default:
		err = name(begun, out)
	}
	if err != nil {
		os.Remove(begun)
		return err
	}
	facts := set.facts()
	if facts == nil { // as of the reports themselves, a rerun is to know that there are none
		return MakeWay(FactsPath(out))
	}
	set.end(facts, outcomes)
	return WriteFacts(FactsPath(out), *facts)
}

// alike refuses reports whose lines are not lines of one thing.
func (s *set) alike() error {
	first := s.parts[0]
	for _, p := range s.parts[1:] {
		if !slices.Equal(first.Header(), p.Header()) {
			return &Error{File: p.path, Line: 1, Msg: fmt.Sprintf("the source's columns are not those of %s", first.path), Fix: "merge reports of one source"}
		}
		if first.facts != nil && p.facts != nil && first.source != p.source {
			return &Error{File: p.path, Msg: fmt.Sprintf("its source is not that of %s (the SHA-256 differs)", first.path), Fix: "merge reports of one source"}
		}
	}
	for _, p := range s.parts {
		if p.left > 0 {
			return &Error{File: p.path, Msg: fmt.Sprintf("has no line for %s: its run was killed, or still runs", Counted(p.left, "row")), Fix: "finish it with rerun, then merge"}
		}
	}
	return nil
}

// facts are what the runs have to say together: what the latest says, with
// requests, retries and throttles added up. Percentiles cannot be added up, so there
// are none. They are nil if no run says anything.
func (s *set) facts() *Facts {
	var latest *part
	sum := &Facts{Outcomes: map[Outcome]int{}, State: Finished}
	for _, p := range s.parts {
		if p.facts == nil {
			continue
		}
		if latest == nil || p.facts.Start.After(latest.facts.Start) {
			latest = p
		}
		if sum.Start.IsZero() || p.facts.Start.Before(sum.Start) {
			sum.Start = p.facts.Start
		}
		if p.facts.End.After(sum.End) {
			sum.End = p.facts.End
		}
		sum.Requests += p.facts.Requests
		sum.Retries += p.facts.Retries
		sum.Throttles += p.facts.Throttles
	}
	if latest == nil {
		return nil
	}
	if latest.facts.Command == CommandRerun { // what runs between the two have done is older than its lines
		sum.Start = latest.facts.Start
	}
	sum.Rows = len(s.places)
	sum.Command, sum.Version, sum.Sources, sum.Options = latest.facts.Command, latest.facts.Version, latest.facts.Sources, latest.facts.Options
	if !slices.ContainsFunc(s.parts, func(p *part) bool { return p.facts == nil || p.facts.Shard != latest.facts.Shard }) {
		sum.Shard = latest.facts.Shard
	}
	return sum
}

// end notes what is known once the lines are counted: rows that are unsent are of
// a run that stopped.
func (s *set) end(f *Facts, outcomes map[Outcome]int) {
	f.Outcomes = outcomes
	for _, p := range s.parts {
		if outcomes[Unsent] > 0 && p.facts != nil && p.facts.State != Finished {
			f.State, f.StopReason = Stopped, p.facts.StopReason
		}
	}
}
