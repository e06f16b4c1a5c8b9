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
	r, err := begin(o)
	if err != nil {
		return Summary{}, err
	}
	defer r.end()
	rows, err := r.take(openSources)
	if err != nil {
		return Summary{}, err
	}
	seen, err := r.judge(ctx, rows)
	if err != nil {
		return Summary{}, err
	}
	if err := r.open(rows, seen); err != nil {
		return Summary{}, err
	}
	p, stopped := r.plan(ctx, rows, seen)
	s, err := r.close(stopped)
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
	return perform(ctx, o, openPlan)
}

// openPlan opens a plan to be applied.
func openPlan(o *Options) (*feed, error) {
	facts, err := report.ReadRun(report.SidePath(o.Sources[0]))
	if err == nil && facts.Command != "plan" {
		return nil, &RefusedError{fmt.Errorf("%s is the report of a run (%s), not a plan; finish it with rerun, or take it back with undo", o.Sources[0], facts.Command)}
	}
	if err == nil && facts.State != report.Finished {
		return nil, &RefusedError{fmt.Errorf("the plan %s is not complete: %s; make it again", o.Sources[0], facts.StopReason)}
	}
	// A row that was missing is left so: that it was looked for says enough.
	o.Redo = Redo{Outcomes: []report.Outcome{report.Planned, report.Unsent, report.Invalid, report.Conflict, report.Failed, report.Unknown}}
	f, err := openEarlier(o)
	o.mode = comparing
	return f, err
}

// compare makes a plan of its own and returns that in place of the rows, once
// its limits are judged; or the rows themselves, with the reason why reading
// the records stopped.
func (r *run) compare(ctx context.Context, rows *feed, seen *tally) (planned *feed, after *tally, stopped, err error) {
	dir, err := os.MkdirTemp("", "rosterpatch-plan-*")
	if err != nil {
		return rows, nil, nil, fmt.Errorf("make a plan: %w", err)
	}
	r.release = append(r.release, func() { os.RemoveAll(dir) })
	draft := *r
	draft.report, draft.Command = filepath.Join(dir, "plan.csv"), "plan"
	if err := draft.open(rows, seen); err != nil {
		return rows, nil, nil, err
	}
	p, stopped := draft.plan(ctx, rows, seen)
	r.mode = comparing // a rerun too is to look at the records
	if _, err := draft.close(nil); err != nil || stopped != nil {
		return rows, seen, stopped, err
	}
	if err := p.left.guard(r.Limits); err != nil {
		return rows, nil, nil, err
	}
	o := r.Options
	o.Sources = []string{draft.report}
	if planned, err = openPlan(&o); err != nil {
		return rows, nil, nil, err
	}
	r.release = append(r.release, planned.close)
	// A rerun is to find the rows where they came from.
	planned.sources, planned.of, planned.warn = rows.sources, nil, nil
	return planned, p.left, nil, nil
}
