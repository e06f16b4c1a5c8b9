package importer

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"rosterpatch/importer/oneroster"
)

// comparer reads the record of each row before it is decided what to do with
// the row. Rows go in batches, read with the in-list filter; where a server does
// not take the filter, or an id does not fit into it, one by one. That a record
// is missing is believed only when a single read of it has said 404, for a server
// may read the filter otherwise.
type comparer struct {
	*sender
	submit func(*job) bool
	// decide says what becomes of a row now that its record is known (nil: there
	// is none): the job that sends it, or nil once its line is written.
	decide func(item, oneroster.Record) (*job, error)

	batch []item
	size  int // of the batch, in bytes of address

	mu sync.Mutex
	lookup
}

// What one read may ask for: the ids, and the bytes of address they take.
const (
	batchRows  = 100
	batchBytes = 6000
)

// add queues a row. It is false once the run has stopped: then the caller writes
// the row's line.
func (c *comparer) add(it item) (bool, error) {
	id := it.change.SourcedID
	if c.pages != nil {
		record, err := c.pages.find(id)
		if err != nil {
			return true, err
		}
		if record != nil {
			j, err := c.decide(it, record)
			if j == nil || err != nil {
				return true, err
			}
			return c.submit(j), nil
		}
	}
	if slices.ContainsFunc(c.batch, func(b item) bool { return b.change.SourcedID == id }) {
		if err := c.flush(); err != nil { // a row waits in its lane for the one of its id before it
			return true, err
		}
	}
	if c.oneByOne() || !oneroster.Listable(id) {
		return c.submit(c.one(it)), nil
	}
	c.batch, c.size = append(c.batch, it), c.size+len(url.QueryEscape(id+","))
	if len(c.batch) < batchRows && c.size < batchBytes {
		return true, nil
	}
	return true, c.flush()
}

func (c *comparer) oneByOne() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.single
}

// flush sends the rows that were added on their way.
func (c *comparer) flush() error {
	batch := c.batch
	c.batch, c.size = nil, 0
	if len(batch) == 0 || c.submit(c.page(batch, nil)) {
		return nil
	}
	for _, it := range batch {
		if err := c.note(it); err != nil {
			return err
		}
	}
	return nil
}

// one is the job that reads the record of a row by itself.
func (c *comparer) one(it item) *job {
	return &job{
		lanes: []string{it.change.SourcedID},
		send: func(ctx context.Context) (oneroster.Answer, error) {
			return c.client.Get(ctx, it.change.SourcedID)
		},
		settle: func(r result) ([]*job, error) {
			record, found := r.record()
			if !found {
				return nil, c.unread(it, r)
			}
			it.lookedAt = r.ended
			return following(c.decide(it, record))
		},
	}
}

// record is the one that a single read has found, nil if there is none; found is
// false if the read does not say.
func (r *result) record() (record oneroster.Record, found bool) {
	switch {
	case r.stopped:
	case r.answer.Verdict == oneroster.Accepted:
		record, err := oneroster.ParseRecord(r.answer.Body)
		if err != nil {
			r.answer.Message = err.Error()
		}
		return record, err == nil
	case r.answer.Status == http.StatusNotFound:
		return nil, true
	}
	return nil, false
}

// following are the jobs that follow, where at most one does.
func following(j *job, err error) ([]*job, error) {
	if j == nil || err != nil {
		return nil, err
	}
	return []*job{j}, nil
}
