package importer

import (
	"context"
	"time"
)

// Progress is how far a run has come.
type Progress struct {
	Stage   string        // what it is doing: "compare" or "send"
	Rows    int           // of the run
	Done    int           // rows whose outcome is known
	NotDone int           // of those, the ones that are neither updated nor unchanged
	Rate    float64       // rows a second over the last while
	Left    time.Duration // at that rate; 0 if not known
	Ended   bool          // the stage is over; nothing more is told of it
}

// watch tells r.Progress about the run until ctx ends, and warns once if at the
// measured pace it will not have ended by finishBy.
func (r *run) watch(ctx context.Context) {
	const every, window = 200 * time.Millisecond, 25
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var past []int // rows done at the last ticks
	warned := false
	for {
		p := r.progress(past, every)
		if !warned && !r.FinishBy.IsZero() && p.Left > 0 && len(past) >= window && time.Now().Add(p.Left).After(r.FinishBy) {
			warned = true
			r.Log.Warn().Dur("left", p.Left).Time("finishBy", r.FinishBy).
				Msg("at this pace the run will not end in time; the rest will be unsent")
		}
		if r.Progress != nil {
			r.Progress(p)
		}
		if past = append(past, p.Done); len(past) > window {
			past = past[1:]
		}
		select {
		case <-ctx.Done():
			if p := r.progress(past, every); r.Progress != nil {
				p.Ended = true
				r.Progress(p)
			}
			return
		case <-ticker.C:
		}
	}
}

// progress measures the pace against the row counts of the last ticks.
func (r *run) progress(past []int, every time.Duration) Progress {
	p := Progress{Stage: r.stage, Rows: r.report.facts.Rows}
	p.Done, p.NotDone = r.report.tally.Progress()
	if len(past) > 0 {
		p.Rate = float64(p.Done-past[0]) / (time.Duration(len(past)) * every).Seconds()
	}
	if p.Rate > 0 {
		p.Left = time.Duration(float64(p.Rows-p.Done) / p.Rate * float64(time.Second))
	}
	return p
}
