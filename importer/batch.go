package importer

import (
	"context"
	"fmt"
	"time"

	"rosterpatch/importer/oneroster"
)

// sighting is a record, and when it was read.
type sighting struct {
	record oneroster.Record
	at     time.Time
}

// page is the job that reads the records of a batch, beginning behind those
// found already: pages can be shorter than was asked for.
func (c *comparer) page(batch []item, found map[string]sighting) *job {
	ids := make([]string, len(batch))
	for i, it := range batch {
		ids[i] = it.change.SourcedID
	}
	if found == nil {
		found = make(map[string]sighting, len(batch))
	}
	query := oneroster.Query{IDs: ids, Limit: len(ids), Offset: len(found)}
	return &job{
		lanes:   ids,
		looksAt: len(ids),
		send:    func(ctx context.Context) (oneroster.Answer, error) { return c.client.List(ctx, query) },
		settle: func(r result) ([]*job, error) {
			if r.stopped {
				for _, it := range batch {
					if err := c.unread(it, r); err != nil {
						return nil, err
					}
				}
				return nil, nil
			}
			page, err := oneroster.ParsePage(r.answer.Body)
			if r.answer.Verdict != oneroster.Accepted || err != nil {
				c.distrust(fmt.Sprintf("the server answers %d to the in-list filter", r.answer.Status))
				return c.alone(batch), nil
			}
			before := len(found)
			for _, record := range page.Enrollments {
				found[record.ID()] = sighting{record, r.ended}
			}
			more := page.TotalCount <= 0 || len(found) < page.TotalCount // where that is not said, until a page brings nothing new
			if more && len(found) > before && len(found) < len(batch) {
				return []*job{c.page(batch, found)}, nil
			}
			return c.found(batch, found)
		},
	}
}

// found decides the rows whose records were found, and has a single read say of
// each of the others whether it is missing.
func (c *comparer) found(batch []item, found map[string]sighting) (jobs []*job, err error) {
	for _, it := range batch {
		seen, ok := found[it.change.SourcedID]
		if !ok {
			jobs = append(jobs, c.confirm(it))
			continue
		}
		it.lookedAt = seen.at
		next, err := following(c.decide(it, seen.record))
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, next...)
	}
	return jobs, nil
}

// confirm is the job that asks for the record of a row which was not listed.
func (c *comparer) confirm(it item) *job {
	j := c.one(it)
	settle := j.settle
	j.settle = func(r result) ([]*job, error) {
		if r.answer.Verdict == oneroster.Accepted && !r.stopped {
			c.distrust("the in-list filter does not find records that are there")
		}
		return settle(r)
	}
	return j
}

// distrust has all rows that come from here on read one by one.
func (c *comparer) distrust(why string) {
	c.mu.Lock()
	first := !c.single
	c.single = true
	c.mu.Unlock()
	if first {
		c.log.Warn().Str("why", why).Msg("records are read one by one from here on")
	}
}

// alone are the jobs that read the records of these rows one by one.
func (c *comparer) alone(rows []item) []*job {
	jobs := make([]*job, len(rows))
	for i, it := range rows {
		jobs[i] = c.one(it)
	}
	return jobs
}
