package importer

import (
	"context"
	"fmt"
	"net/http"

	"rosterpatch/importer/oneroster"
)

// page is the job that reads the records of a batch, beginning behind those
// found already: pages can be shorter than was asked for.
func (c *comparer) page(batch []item, found map[string]oneroster.Record) *job {
	ids := make([]string, len(batch))
	for i, it := range batch {
		ids[i] = it.change.SourcedID
	}
	if found == nil {
		found = make(map[string]oneroster.Record, len(batch))
	}
	query := oneroster.Query{IDs: ids, Limit: len(ids), Offset: len(found)}
	return &job{
		lanes: ids,
		send:  func(ctx context.Context) (oneroster.Answer, error) { return c.client.List(ctx, query) },
		settle: func(r result) ([]*job, error) {
			if r.stopped {
				return nil, c.unread(batch, r)
			}
			page, err := oneroster.ParsePage(r.answer.Body)
			if r.answer.Verdict != oneroster.Accepted || err != nil {
				return c.distrust(batch, fmt.Sprintf("the server answers %d to the in-list filter", r.answer.Status)), nil
			}
			before := len(found)
			for _, record := range page.Enrollments {
				found[record.ID()] = record
			}
			if len(found) > 0 && len(batch) > 1 { // one id finds its record however the filter is read
				c.trust()
			}
			if len(found) > before && len(found) < page.TotalCount && len(found) < len(batch) {
				return []*job{c.page(batch, found)}, nil
			}
			return c.found(batch, found)
		},
	}
}

// found decides the rows whose records were found, and has a single read say of
// the others whether they are missing.
func (c *comparer) found(batch []item, found map[string]oneroster.Record) ([]*job, error) {
	var jobs []*job
	var absent []item
	for _, it := range batch {
		record, ok := found[it.change.SourcedID]
		if !ok {
			absent = append(absent, it)
			continue
		}
		j, err := c.decide(it, record)
		if err != nil {
			return nil, err
		}
		if j != nil {
			jobs = append(jobs, j)
		}
	}
	if len(absent) > 0 {
		jobs = append(jobs, c.confirm(absent))
	}
	return jobs, nil
}

// confirm is the job that asks for one of several rows whose records were not
// listed.
func (c *comparer) confirm(absent []item) *job {
	lanes := make([]string, len(absent))
	for i, it := range absent {
		lanes[i] = it.change.SourcedID
	}
	j := c.one(absent[0])
	j.lanes = lanes
	settleOne := j.settle
	j.settle = func(r result) ([]*job, error) {
		missing := r.answer.Verdict == oneroster.Refused && r.answer.Status == http.StatusNotFound
		switch {
		case r.stopped:
			return nil, c.unread(absent, r)
		case len(absent) == 1 && !missing:
			return settleOne(r)
		case r.answer.Verdict == oneroster.Accepted:
			return c.distrust(absent, "the in-list filter does not find records that are there"), nil
		case !missing:
			return c.alone(absent), nil
		}
		proven := absent
		if !c.trusted() {
			proven = absent[:1]
		}
		for _, it := range proven {
			if _, err := c.decide(it, nil); err != nil {
				return nil, err
			}
		}
		if rest := absent[len(proven):]; len(rest) > 0 {
			return []*job{c.confirm(rest)}, nil
		}
		return nil, nil
	}
	return j
}

// trust notes that the in-list filter finds records.
func (c *comparer) trust() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finds = true
}

func (c *comparer) trusted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.finds
}

// distrust reads these rows, and all that come after, one by one.
func (c *comparer) distrust(batch []item, why string) []*job {
	c.mu.Lock()
	first := !c.single
	c.single = true
	c.mu.Unlock()
	if first {
		c.log.Warn().Str("why", why).Msg("records are read one by one from here on")
	}
	return c.alone(batch)
}

// alone are the jobs that read the records of these rows one by one.
func (c *comparer) alone(rows []item) []*job {
	jobs := make([]*job, len(rows))
	for i, it := range rows {
		jobs[i] = c.one(it)
	}
	return jobs
}
