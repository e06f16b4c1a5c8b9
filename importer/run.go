// Package importer is the run: rows become changes, changes become requests,
// and of each row the report says what became of it.
//
//	source ─► mapping ─► compare ─► guard ─► send ─► report
//
// Run reads top to bottom as that story. A row's failure is a value that ends
// in its line of the report; a returned error is why the run as a whole did not
// begin, or stopped.
package importer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/report"
)

// Run sends every row of the sources as a PATCH and writes the report. All rows
// are read and judged before the first request goes out: an error that is a
// *UsageError, *RefusedError or *LockedError means that nothing was sent. Any
// other error stopped the run, after which the report is whole all the same,
// with the rows that were not reached as unsent. Cancelling ctx stops it like
// that, once the requests in flight are answered.
func Run(ctx context.Context, o Options) (Summary, error) {
	return perform(ctx, o, report.CommandImport, openSources)
}

// Rerun finishes what the report o.Sources[0] left undone, and writes a new,
// whole report, with the rows that were done carried over. It ends as Run does.
func Rerun(ctx context.Context, o Options) (Summary, error) {
	return perform(ctx, o, report.CommandRerun, openEarlier)
}

// perform is the way of the rows through a run, from where open finds them.
func perform(ctx context.Context, o Options, command string, open opener) (Summary, error) {
	r, err := begin(o, command)
	if err != nil {
		return Summary{}, err
	}
	defer r.end()
	rows, seen, err := r.read(ctx, open)
	if err == nil && r.Against == againstServer {
		ctx, rows, seen, err = r.compare(ctx, rows, seen)
	}
	if err == nil {
		err = seen.guard(r.Limits)
	}
	if err == nil {
		err = r.startReport(r.path, rows, seen)
	}
	if err != nil {
		return Summary{}, err
	}
	return r.report.finish(r.send(ctx, rows, seen))
}

// opener opens the rows of a run, and notes in its options what goes with them.
type opener func(*Options) (*feed, error)

// run is one run at work.
type run struct {
	Options
	client  *oneroster.Client
	pacer   *oneroster.Pacer // made at the first request
	path    string           // where the report goes
	report  *journal         // the one that is being written, nil before
	traffic *traffic
	began   time.Time
	stage   string   // for whoever watches
	release []func() // what end undoes, last first
}

// begin checks what the run was told, and takes the lock, but leaves no trace
// yet.
func begin(o Options, command string) (*run, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o.command = command
	r := &run{Options: o, traffic: &traffic{}, began: time.Now().UTC(), path: o.reportPath()}
	var err error
	if r.client, err = oneroster.New(o.server()); err != nil {
		return nil, usage(err)
	}
	if err := r.hold(); err != nil {
		r.end()
		return nil, err
	}
	return r, nil
}

// end lets go of all that the run holds.
func (r *run) end() {
	for _, release := range slices.Backward(r.release) {
		release()
	}
}

// read opens the rows, settles those that an earlier report shows to be so
// already, and counts them all.
func (r *run) read(ctx context.Context, open opener) (*feed, *tally, error) {
	rows, err := open(&r.Options)
	if err != nil {
		return nil, nil, err
	}
	r.release = append(r.release, rows.close)
	if r.Against != "" && r.Against != againstServer {
		if err := r.skip(rows); err != nil {
			return nil, nil, err
		}
	}
	seen, err := judge(ctx, rows, r.Limits, nil)
	if err == nil {
		r.tell(rows, seen)
	}
	return rows, seen, err
}

// server is where to send, with what the options say besides.
func (o *Options) server() Server {
	s := o.Server
	if o.GiveUp > 0 { // one attempt may not take longer than the run has patience for
		s.Timeout = min(s.Timeout, max(o.GiveUp, time.Second))
	}
	if !o.FinishBy.IsZero() { // nor than it has time
		s.Timeout = min(s.Timeout, max(time.Until(o.FinishBy), time.Second))
	}
	s.Workers, s.Retries, s.GiveUp, s.UserAgent = o.Workers, o.Retries, o.GiveUp, "rosterpatch/"+o.Version
	return s
}

// send gets every row settled and into the report. Its error is why it could
// not go on to the end.
func (r *run) send(ctx context.Context, rows *feed, seen *tally) error {
	r.stage = "send"
	s := r.sender()
	if r.mode == blind {
		return r.drive(ctx, rows, s, nil)
	}
	var err error
	if s.twins, err = findTwins(rows, seen.duplicates.ids); err != nil {
		ctx = endedBy(ctx, err)
	}
	return r.drive(ctx, rows, s, &comparer{sender: s, decide: s.apply})
}

// endedBy is ctx, ended by cause: what is sent under it is reported as unsent.
func endedBy(ctx context.Context, cause error) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	cancel(cause)
	return ctx
}

func (r *run) sender() *sender {
	return &sender{client: r.client, report: r.report, log: r.Log, verify: r.Verify}
}

// drive brings the rows into the pool, each as it is, or by way of c.
func (r *run) drive(ctx context.Context, rows *feed, s *sender, c *comparer) error {
	watched, done := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() { defer close(ended); r.watch(watched) }()
	defer func() { done(); <-ended }()

	p := r.pool()
	if c != nil {
		p.capacity = max(p.capacity, 2*batchRows*r.Workers)
	}
	return p.run(ctx, func(submit func(*job) bool) error {
		if c != nil {
			c.submit = submit
		}
		for it, err := range rows.items {
			if err != nil {
				return fmt.Errorf("read the rows once more, to send them: %w; no more were sent, and those that could not be read have no line: import the file as it is now", err)
			}
			taken := false
			switch {
			case it.settled != nil:
			case c != nil:
				taken, err = c.add(it)
			default:
				taken = submit(s.patch(it))
			}
			if !taken && err == nil {
				err = s.note(it)
			}
			if err != nil {
				return err
			}
		}
		if c != nil {
			return c.flush()
		}
		return nil
	})
}

// openRows bounds the rows that are between source and report for each worker:
// enough for those that wait for their time not to hold up the others.
const openRows = 32

// pool is a pool for the next stage of the run. The stages share a pacer, so that
// the ceiling holds across them.
func (r *run) pool() *pool {
	if r.pacer == nil {
		now := time.Now()
		rate := r.Rate / float64(max(r.Shard.Of, 1))
		random := rand.New(rand.NewPCG(uint64(now.UnixNano()), uint64(os.Getpid())))
		r.pacer = oneroster.NewPacer(r.Workers, rate, r.GiveUp, random, now)
	}
	return &pool{
		workers:  r.Workers,
		capacity: openRows * r.Workers,
		limits:   retryLimits{retries: r.Retries, first: 250 * time.Millisecond, longest: 30 * time.Second},
		pacer:    r.pacer,
		now:      time.Now,
		finishBy: r.FinishBy,
		traffic:  r.traffic,
		log:      r.Log,
	}
}
