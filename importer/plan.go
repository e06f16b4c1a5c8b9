package importer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"rosterpatch/importer/report"
	"rosterpatch/mapping"
)

// Plan compares every row of the sources with the live server and writes what
// would be sent into a plan, which has the form of a report. Nothing is sent.
// It ends as Run does.
func Plan(ctx context.Context, o Options) (Summary, error) {
	r, err := begin(ctx, o, report.CommandPlan)
	if err != nil {
		return Summary{}, err
	}
	defer r.end()
	rows, seen, err := r.read(ctx, openSources)
	if err != nil {
		return Summary{}, err
	}
	if err := seen.compared().guard(r.Limits); err != nil {
		return Summary{}, err
	}
	if err := r.startReport(r.path, rows, seen); err != nil {
		return Summary{}, err
	}
	p, stopped := r.plan(ctx, rows, seen)
	s, err := r.report.finish(stopped)
	s.Digest = &p.digest
	if err == nil {
		err = p.left.guard(r.Limits)
	}
	return s, err
}

// plan reads the record of each row and writes what would be done.
func (r *run) plan(ctx context.Context, rows *feed, seen *tally) (*planner, error) {
	p := &planner{sender: r.sender(), left: seen.compared(), duplicated: seen.duplicates.ids, planned: make(map[string][]mapping.Field)}
	r.stage = "compare"
	var how lookup
	how, r.stopped = r.choose(ctx, seen)
	err := r.drive(ctx, rows, p.sender, &comparer{sender: p.sender, decide: p.decide, lookup: how})
	p.digest.finish()
	return p, err
}

// Apply sends the plan o.Sources[0]: of each row the fields that differ, if the
// record still holds what the plan saw. It ends as Run does.
func Apply(ctx context.Context, o Options) (Summary, error) {
	return perform(ctx, o, report.CommandApply, openPlan)
}

// openPlan opens a plan to be applied.
func openPlan(s *setup) (*feed, error) {
	switch path := s.Sources[0]; {
	case s.lost:
	case s.facts.Command != report.CommandPlan:
		return nil, &RefusedError{Cause: fmt.Errorf("%s is the report of a run (%s), not a plan; finish it with rerun, or take it back with undo", path, s.facts.Command)}
	case s.facts.State != report.Finished:
		return nil, &RefusedError{Cause: fmt.Errorf("the plan %s is not complete: %s; make it again", path, s.facts.StopReason)}
	}
	return openEarlier(s)
}

// redoPlan takes the rows of a plan that are to be sent. One that was missing is
// left so: that it was looked for says enough.
func redoPlan() Redo {
	return Redo{Outcomes: []report.Outcome{report.Planned, report.Unsent, report.Invalid, report.Conflict, report.Failed, report.Unknown}}
}

// compare makes a plan of its own, and returns its rows in place of the others,
// with what it leaves to be sent. Where reading the records stopped, the run has
// stopped, and the rows stay as they are.
func (r *run) compare(ctx context.Context, rows *feed, seen *tally) (*feed, *tally, error) {
	if err := seen.compared().guard(r.Limits); err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "rosterpatch-plan-*")
	if err != nil {
		return nil, nil, fmt.Errorf("make a plan: %w", err)
	}
	r.release = append(r.release, func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "plan.csv")
	if err := r.startReport(path, rows, seen); err != nil {
		return nil, nil, err
	}
	var p *planner
	p, r.stopped = r.plan(ctx, rows, seen)
	r.mode = comparing // a rerun too is to look at the records
	if err := r.report.out.Close(); err != nil {
		return nil, nil, err
	}
	if r.stopped != nil {
		return rows, seen.compared(), nil
	}
	o := r.Options
	o.Sources = []string{path}
	s, err := setUp(o, report.CommandApply)
	if err != nil {
		return nil, nil, err
	}
	planned, err := openEarlier(s)
	if err != nil {
		return nil, nil, err
	}
	r.release = append(r.release, planned.close)
	planned.sources, planned.of = rows.sources, nil // a rerun is to find the rows where they came from
	return planned, p.left, nil
}
