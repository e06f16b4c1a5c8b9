package report

import (
	"errors"
	"fmt"
	"os"
	"slices"
)

// Merge writes one report of several, its [Facts] beside it: a line for each row,
// in the order of the sources, the latest run's where a row has more than one.
// The reports must be of the same sources, with the same columns. out may be one
// of them, with Force: it is read to the end all the same.
func Merge(out string, o CreateOptions, paths ...string) (err error) {
	set, err := openSet(paths)
	if err != nil {
		return err
	}
	defer set.Close()
	if err := set.alike(); err != nil {
		return err
	}
	o.Files = slices.ContainsFunc(set.parts, func(p *part) bool { return p.layout.files })
	w, err := Create(out, set.parts[0].Header(), o)
	if err != nil {
		return err
	}
	run := set.facts()
	err = set.each(func(_ *part, l Line) error {
		run.Outcomes[l.Outcome]++
		return w.Add(l)
	})
	if err = errors.Join(err, w.Close()); err != nil {
		return errors.Join(err, os.Remove(out))
	}
	return WriteFacts(FactsPath(out), run)
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
	return nil
}

// run is the facts of all the runs: those of the latest, with what can be added
// up added up. Percentiles cannot, so there are none.
func (s *set) facts() Facts {
	var latest *part
	sum := Facts{Outcomes: map[Outcome]int{}, State: Finished}
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
		if !p.redone && p.facts.State != Finished {
			sum.State, sum.StopReason = Stopped, p.facts.StopReason
		}
		sum.Requests += p.facts.Requests
		sum.Retries += p.facts.Retries
		sum.Throttles += p.facts.Throttles
		sum.Rows += p.unreached()
	}
	sum.Rows += len(s.places)
	if latest != nil {
		sum.Command, sum.Version, sum.Sources, sum.Options = latest.facts.Command, latest.facts.Version, latest.facts.Sources, latest.facts.Options
	}
	return sum
}
