package importer

import (
	"errors"
	"fmt"
	"time"

	"rosterpatch/importer/report"
)

// open warns of what the first pass saw, and makes report and facts.
func (r *run) open(rows *feed, seen *tally) error {
	for _, w := range rows.warn {
		r.Log.Warn().Msg(w)
	}
	if w := seen.duplicates.warning(); w != "" {
		r.Log.Warn().Msg(w)
	}
	if seen.skipped+seen.leftOut > 0 {
		r.Log.Info().Int("skipped", seen.skipped).Int("leftOut", seen.leftOut).Msg("lines without a row, and rows that --where or --shard leave out")
	}
	if seen.rows == 0 && r.Shard.Of <= 1 {
		r.Log.Warn().Msg("no row is taken: is --where right?")
	}
	if seen.remarks > 0 {
		r.Log.Warn().Int("rows", seen.remarks).Msg("cannot be put back in full: their result.message says what stays as it is")
	}
	r.Log.Info().Str("command", r.Command).Int("rows", seen.rows).Str("server", r.serverName()).Str("report", r.report).Msg("begins")
	options, err := r.recorded(rows.of)
	if err != nil {
		return err
	}
	r.facts = report.Run{
		State: report.Running, Command: r.Command, Version: r.Version, Start: r.began,
		Sources: rows.sources, Options: options, Rows: seen.rows, Skipped: seen.skipped, LeftOut: seen.leftOut, Outcomes: map[report.Outcome]int{},
	}
	r.tally = report.NewTally(r.report, rows.header)
	if r.Force { // before the facts: they must not stand beside another run's lines
		if err := report.MakeWay(r.report); err != nil {
			return fmt.Errorf("replace the report: %w", err)
		}
	}
	// The facts first: a run killed between the two can be rerun.
	if err := report.WriteRun(report.SidePath(r.report), r.facts); err != nil {
		return err
	}
	r.out, err = report.Create(r.report, rows.header, report.CreateOptions{Files: rows.files})
	return err
}

// close completes the report. stopped is why the run did not reach its end,
// nil if it did.
func (r *run) close(stopped error) (Summary, error) {
	err := r.out.Close()
	r.facts.State, r.facts.End = report.Finished, time.Now().UTC()
	if stopped != nil {
		r.facts.State, r.facts.StopReason = report.Stopped, stopped.Error()
	}
	r.traffic.record(&r.facts)
	summary := r.tally.Summary(&r.facts)
	r.Log.Info().Str("command", r.Command).Str("state", string(r.facts.State)).Int("rows", summary.Rows).Int("notDone", summary.Undone).
		Int("requests", r.facts.Requests).Dur("took", r.facts.End.Sub(r.facts.Start)).Msg("ended")
	err = errors.Join(err, report.WriteRun(report.SidePath(r.report), r.facts))
	if err != nil {
		err = &ReportError{Cause: err, Lost: r.out.Lost()}
	}
	return Summary{Summary: summary, Report: r.report}, errors.Join(stopped, err)
}

// ReportError says that the report could not be written to its end.
type ReportError struct {
	Cause error
	Lost  []report.Line // of rows that were sent, but whose lines are not in the report
}

func (e *ReportError) Error() string { return fmt.Sprintf("the report is not complete: %v", e.Cause) }
func (e *ReportError) Unwrap() error { return e.Cause }

// Summary is what a run has done.
type Summary struct {
	*report.Summary         // nil if it came to nothing
	Report          string  // path of the report
	Digest          *Digest // what a plan would change; nil but for a plan
}
