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
	r, err := begin(o, report.CommandPlan)
	if err != nil {
		return Summary{}, err
	}
	defer r.end()
	rows, seen, err := r.read(ctx, openSources)
	if err == nil {
		err = seen.compared().guard(r.Limits)
	}
	if err == nil {
		err = r.startReport(r.path, rows, seen)
	}
	if err != nil {
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
	p := &planner{sender: r.sender(), left: seen.compared(), twice: seen.duplicates.ids, planned: make(map[string][]mapping.Field)}
	r.stage = "compare"
	how, err := r.choose(ctx, seen)
	if err != nil {
		ctx = endedBy(ctx, err)
	}
	err = r.drive(ctx, rows, p.sender, &comparer{sender: p.sender, decide: p.decide, reading: how})
	p.digest.finish()
	return p, err
}

// Apply sends the plan o.Sources[0]: of each row the fields that differ, if the
// record still holds what the plan saw. It ends as Run does.
func Apply(ctx context.Context, o Options) (Summary, error) {
	return perform(ctx, o, report.CommandApply, openPlan)
}

// openPlan opens a plan to be applied.
func openPlan(o *Options) (*feed, error) {
	facts, err := report.ReadFacts(report.FactsPath(o.Sources[0]))
	if err == nil && facts.Command != report.CommandPlan {
		return nil, &RefusedError{Cause: fmt.Errorf("%s is the report of a run (%s), not a plan; finish it with rerun, or take it back with undo", o.Sources[0], facts.Command)}
	}
	if err == nil && facts.State != report.Finished {
		return nil, &RefusedError{Cause: fmt.Errorf("the plan %s is not complete: %s; make it again", o.Sources[0], facts.StopReason)}
	}
	o.Redo = redoPlan()
	f, err := openEarlier(o)
	o.mode = comparing
	return f, err
}

// redoPlan takes the rows of a plan that are to be sent. One that was missing is
// left so: that it was looked for says enough.
func redoPlan() Redo {
	return Redo{Outcomes: []report.Outcome{report.Planned, report.Unsent, report.Invalid, report.Conflict, report.Failed, report.Unknown}}
}

// compare makes a plan of its own, and returns its rows in place of the others,
// with what it leaves to be sent. Where reading the records stopped, they stay,
// and the context is one that has ended: they are reported as unsent.
func (r *run) compare(ctx context.Context, rows *feed, seen *tally) (context.Context, *feed, *tally, error) {
	if err := seen.compared().guard(r.Limits); err != nil {
		return ctx, nil, nil, err
	}
	dir, err := os.MkdirTemp("", "rosterpatch-plan-*")
	if err != nil {
		return ctx, nil, nil, fmt.Errorf("make a plan: %w", err)
	}
	r.release = append(r.release, func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "plan.csv")
	if err := r.startReport(path, rows, seen); err != nil {
		return ctx, nil, nil, err
	}
	p, stopped := r.plan(ctx, rows, seen)
	r.mode = comparing // a rerun too is to look at the records
	if err := r.report.out.Close(); err != nil {
		return ctx, nil, nil, err
	}
	if stopped != nil {
		return endedBy(ctx, stopped), rows, seen.compared(), nil
	}
	o := r.Options
	o.Sources, o.Redo = []string{path}, redoPlan()
	planned, err := openEarlier(&o)
	if err != nil {
		return ctx, nil, nil, err
	}
	r.release = append(r.release, planned.close)
	planned.sources, planned.of = rows.sources, nil // a rerun is to find the rows where they came from
	return ctx, planned, p.left, nil
}
