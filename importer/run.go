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

// perform is a whole run: its rows are read, compared if that is wanted, held to
// the limits, and sent. The commands that send differ in where their rows come
// from.
func perform(ctx context.Context, o Options, command string, open opener) (Summary, error) {
	r, err := begin(ctx, o, command)
	if err != nil {
		return Summary{}, err
	}
	defer r.end()
	rows, seen, err := r.read(ctx, open)
	if err != nil {
		return Summary{}, err
	}
	if r.Against == againstServer {
		if rows, seen, err = r.compare(ctx, rows, seen); err != nil {
			return Summary{}, err
		}
	}
	if err := seen.guard(r.Limits); err != nil {
		return Summary{}, err
	}
	if err := r.startReport(r.path, rows, seen); err != nil {
		return Summary{}, err
	}
	return r.report.finish(r.send(ctx, rows, seen))
}

// opener opens the rows of a run: of its sources, or of a report or plan.
type opener func(*setup) (*feed, error)

// run is one run at work.
type run struct {
	*setup
	client  *oneroster.Client
	pacer   *oneroster.Pacer // made at the first request
	path    string           // where the report goes
	report  *journal         // the one that is being written, nil before
	traffic *traffic
	began   time.Time
	stage   string   // for whoever watches
	stopped error    // why no more is sent: what has no line yet is reported as unsent
	release []func() // what end undoes, last first
}

// begin checks what the run was told, takes the lock, and keeps standard input.
// No report is written yet.
func begin(ctx context.Context, o Options, command string) (*run, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s, err := setUp(o, command)
	if err != nil {
		return nil, err
	}
	r := &run{setup: s, traffic: &traffic{}, began: time.Now().UTC(), path: s.reportPath()}
	if r.client, err = oneroster.New(s.server()); err != nil {
		return nil, usage(err)
	}
	if err := r.claim(ctx); err != nil {
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

// read opens the rows, makes those unchanged that --against REPORT shows to be
// done, and counts them all.
func (r *run) read(ctx context.Context, open opener) (*feed, *tally, error) {
	rows, err := open(r.setup)
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

// server is the connection, with the limits of the run filled in.
func (o *Options) server() Server {
	s := o.Server
	if o.GiveUp > 0 { // one attempt may not take longer than the run has patience for
		s.Timeout = min(s.Timeout, max(o.GiveUp, time.Second))
	}
	if !o.FinishBy.IsZero() { // nor longer than is left until --finish-by
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
	if s.twins, err = findTwins(rows, seen.duplicates.ids); err != nil && r.stopped == nil {
		r.stopped = err
	}
	return r.drive(ctx, rows, s, &comparer{sender: s, decide: s.apply})
}

func (r *run) sender() *sender {
	return &sender{client: r.client, report: r.report, log: r.Log, verify: r.Verify, lookHolds: lookHolds(r.Workers, r.pace())}
}

// drive brings the rows into the pool, each as it is, or by way of c. Once the
// run has stopped, they get their lines all the same.
func (r *run) drive(ctx context.Context, rows *feed, s *sender, c *comparer) error {
	if r.stopped != nil {
		var cancel context.CancelCauseFunc
		ctx, cancel = context.WithCancelCause(ctx)
		cancel(r.stopped)
	}
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
				return fmt.Errorf("read the rows once more: %w; no more were sent, and those that could not be read have no line: import the file as it is now", err)
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

// pace is the ceiling in requests a second, 0 for none. Shards share it.
func (r *run) pace() float64 { return r.Rate / float64(max(r.Shard.Of, 1)) }

// pool is a pool for the next stage of the run. The stages share a pacer, so that
// the ceiling holds across them.
func (r *run) pool() *pool {
	if r.pacer == nil {
		now := time.Now()
		random := rand.New(rand.NewPCG(uint64(now.UnixNano()), uint64(os.Getpid())))
		r.pacer = oneroster.NewPacer(r.Workers, r.pace(), r.GiveUp, random, now)
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
