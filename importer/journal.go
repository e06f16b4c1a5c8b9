package importer

import (
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"rosterpatch/importer/report"
)

// journal is a report that is being written, and what it says of its run.
type journal struct {
	path    string
	facts   report.Facts
	out     *report.Writer
	tally   *report.Tally
	traffic *traffic
	log     zerolog.Logger
}

// startReport makes report and facts at a path.
func (r *run) startReport(path string, rows *feed, seen *tally) error {
	options, err := r.recorded(rows.of)
	if err != nil {
		return err
	}
	sources, err := rows.sources()
	if err != nil {
		return err
	}
	j := &journal{path: path, traffic: r.traffic, log: r.Log, tally: report.NewTally(path, rows.header)}
	j.facts = report.Facts{
		State: report.Running, Command: r.command, Version: r.Version, Start: r.began,
		Sources: sources, Shard: r.Shard.String(), Options: options, Rows: seen.rows, Skipped: seen.skipped, LeftOut: seen.leftOut, Outcomes: map[report.Outcome]int{},
	}
	if r.Force { // before the facts: they must not stand beside another run's lines
		if err := report.MakeWay(path); err != nil {
			return fmt.Errorf("replace the report: %w", err)
		}
	}
	// The facts first: a run killed between the two can be rerun.
	if err := report.WriteFacts(report.FactsPath(path), j.facts); err != nil {
		return err
	}
	if j.out, err = report.Create(path, rows.header, report.CreateOptions{Files: rows.files}); err != nil {
		return err
	}
	r.report = j
	release, err := lockReport(path)
	if err != nil {
		return err
	}
	r.release = append(r.release, release)
	return nil
}

// write returns once the line is in the file.
func (j *journal) write(l report.Line) error {
	j.tally.Add(l)
	return j.out.Write(l)
}

// add writes the line without waiting for it: of a row that was not sent.
func (j *journal) add(l report.Line) error {
	j.tally.Add(l)
	return j.out.Add(l)
}

// finish completes the report. stopped is why the run did not reach its end,
// nil if it did.
func (j *journal) finish(stopped error) (Summary, error) {
	err := j.out.Close()
	j.facts.State, j.facts.End = report.Finished, time.Now().UTC()
	if stopped != nil {
		j.facts.State, j.facts.StopReason = report.Stopped, stopped.Error()
	}
	j.traffic.fill(&j.facts)
	summary := j.tally.Summary(&j.facts)
	err = errors.Join(err, report.WriteFacts(report.FactsPath(j.path), j.facts))
	if err != nil {
		err = &ReportError{Cause: err, Lost: j.out.Lost()}
	}
	j.log.Info().Str("command", j.facts.Command).Str("state", string(j.facts.State)).Int("rows", summary.Rows).Int("notDone", summary.Undone).
		Int("requests", j.facts.Requests).Dur("took", j.facts.End.Sub(j.facts.Start)).Msg("ended")
	return Summary{Summary: summary, Report: j.path}, errors.Join(stopped, err)
}

// Summary is what a run has done.
type Summary struct {
	*report.Summary         // nil if it came to nothing
	Report          string  // path of the report
	Digest          *Digest // what a plan would change; nil but for a plan
}
