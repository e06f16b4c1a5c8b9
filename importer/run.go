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
	"path/filepath"
	"slices"
	"strings"
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
	return perform(ctx, o, openSources)
}

// Rerun finishes what the report o.Sources[0] left undone, and writes a new,
// whole report, with the rows that were done carried over. It ends as Run does.
func Rerun(ctx context.Context, o Options) (Summary, error) {
	return perform(ctx, o, openEarlier)
}

// perform is the way of the rows through a run, from where open finds them.
func perform(ctx context.Context, o Options, open func(*Options) (*feed, error)) (Summary, error) {
	r, err := begin(o)
	if err != nil {
		return Summary{}, err
	}
	defer r.end()
	rows, err := r.take(open)
	if err != nil {
		return Summary{}, err
	}
	seen, err := r.judge(ctx, rows)
	if err != nil {
		return Summary{}, err
	}
	var stopped error
	if r.Against == againstServer {
		if rows, seen, stopped, err = r.compare(ctx, rows, seen); err != nil {
			return Summary{}, err
		}
	}
	if err := r.open(rows, seen); err != nil {
		return Summary{}, err
	}
	if stopped != nil {
		ctx = endedBy(ctx, stopped)
	}
	return r.close(r.send(ctx, rows, seen))
}

// run is one run at work.
type run struct {
	Options
	client  *oneroster.Client
	pacer   *oneroster.Pacer // made at the first request
	report  string           // its path
	facts   report.Run
	out     *report.Writer
	tally   *report.Tally
	traffic *traffic
	began   time.Time
	stage   string   // for whoever watches
	release []func() // what end undoes, last first
}

// begin checks what the run was told, takes the lock and makes way for the
// report, but leaves no trace yet.
func begin(o Options) (*run, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	r := &run{Options: o, traffic: &traffic{}, began: time.Now().UTC()}
	r.report = o.reportPath()
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

// hold takes the lock, and keeps what can be read only once.
func (r *run) hold() error {
	if r.report == "-" {
		return &UsageError{r.reportFlag(), "-", "must be a file: a report is read again"}
	}
	if dir, err := os.Stat(filepath.Dir(r.report)); err != nil || !dir.IsDir() {
		return &UsageError{r.reportFlag(), r.report, "cannot be there: there is no such directory; make it, or name another place"}
	}
	if slices.ContainsFunc(r.Sources, func(source string) bool { return sameFile(source, r.report) }) {
		return &UsageError{r.reportFlag(), r.report, "is what is read; name another place"}
	}
	if _, err := os.Stat(r.report); err == nil && !r.Force {
		return &UsageError{r.reportFlag(), r.report, "is there already; name another, or replace it with --force"}
	}
	release, err := lock(r.lockPath())
	if err != nil {
		return err
	}
	r.release = append(r.release, release)
	remove, err := r.spool(strings.TrimSuffix(r.report, ".csv") + ".source")
	if err != nil {
		return err
	}
	r.release = append(r.release, remove)
	return nil
}

// end lets go of all that the run holds.
func (r *run) end() {
	for _, release := range slices.Backward(r.release) {
		release()
	}
}

// take opens the rows, and settles those that an earlier report shows to be so
// already.
func (r *run) take(open func(*Options) (*feed, error)) (*feed, error) {
	rows, err := open(&r.Options)
	if err != nil {
		return nil, err
	}
	r.release = append(r.release, rows.close)
	if r.Against == "" || r.Against == againstServer {
		return rows, nil
	}
	return rows, r.skip(rows)
}

// server is where to send, with what the options say besides.
func (o *Options) server() Server {
	s := o.Server
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
		return err
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
	return &sender{client: r.client, out: r.out, tally: r.tally, log: r.Log, verify: r.Verify}
}

// drive brings the rows into the pool, each as it is, or by way of c.
func (r *run) drive(ctx context.Context, rows *feed, s *sender, c *comparer) error {
	watched, done := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() { defer close(ended); r.watch(watched) }()
	defer func() { done(); <-ended }()

	return r.pool().run(ctx, func(submit func(*job) bool) error {
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
