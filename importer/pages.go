package importer

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"rosterpatch/importer/oneroster"
)

// pages are records that were read through the list, kept in temporary files so
// that memory grows by no more than a bit with each. Safe for concurrent use
// while they are added, and again once they are sorted.
type pages struct {
	mu      sync.Mutex
	records *os.File // one after the other, as appendRecord has them
	size    int64
	places  spill    // id hash → where the record stands, and how long it is
	index   *os.File // the same pairs, sorted
	firsts  []uint64 // the key of every blockLength-th of them
}

const (
	blockLength = 64
	lengthBits  = 26 // a record is no longer than an answer: 64 MiB
)

func newPages() (*pages, error) {
	p := &pages{}
	var err error
	if p.records, err = temporary(); err != nil {
		return nil, err
	}
	if p.index, err = temporary(); err != nil {
		p.records.Close()
		return nil, err
	}
	return p, nil
}

func (p *pages) add(records []oneroster.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []byte
	for _, r := range records {
		start := len(out)
		out = appendRecord(out, r)
		place := (uint64(p.size)+uint64(start))<<lengthBits | uint64(len(out)-start)
		if err := p.places.add(hashOf(r.ID()), place); err != nil {
			return err
		}
	}
	p.size += int64(len(out))
	_, err := p.records.Write(out)
	return err
}

// sort makes the records ready to be found.
func (p *pages) sort() error {
	w, count := bufio.NewWriter(p.index), 0
	for pair, err := range p.places.sorted() {
		if err != nil {
			return err
		}
		if count%blockLength == 0 {
			p.firsts = append(p.firsts, pair.key)
		}
		count++
		if _, err := w.Write(pair.append(w.AvailableBuffer())); err != nil {
			return err
		}
	}
	p.places.close()
	return w.Flush()
}

// find is the record of an id, nil if it is not among the pages. Of a record
// that is on two pages it is the one that was added last.
func (p *pages) find(sourcedID string) (found oneroster.Record, err error) {
	hash := hashOf(sourcedID)
	block, exact := slices.BinarySearch(p.firsts, hash)
	if !exact || block > 0 { // the block before may end with it
		block--
	}
	for ; block >= 0 && block < len(p.firsts) && p.firsts[block] <= hash; block++ {
		var raw [blockLength * pairSize]byte
		n, err := p.index.ReadAt(raw[:], int64(block)*int64(len(raw)))
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read a record back: %w", err)
		}
		for at := 0; at < n; at += pairSize {
			pair := pairOf(raw[at:])
			if pair.key != hash {
				continue
			}
			record, err := p.read(pair.value)
			if err != nil {
				return nil, fmt.Errorf("read a record back: %w", err)
			}
			if record.ID() == sourcedID {
				found = record
			}
		}
	}
	return found, nil
}

func (p *pages) read(place uint64) (oneroster.Record, error) {
	raw := make([]byte, place%(1<<lengthBits))
	if _, err := p.records.ReadAt(raw, int64(place>>lengthBits)); err != nil {
		return nil, err
	}
	return recordOf(raw), nil
}

func (p *pages) close() {
	p.places.close()
	p.records.Close()
	p.index.Close()
}

// appendRecord adds a record to what a file is to hold: its keys and values,
// each behind its length.
func appendRecord(out []byte, r oneroster.Record) []byte {
	for key, value := range r {
		out = append(binary.AppendUvarint(out, uint64(len(key))), key...)
		out = append(binary.AppendUvarint(out, uint64(len(value))), value...)
	}
	return out
}

// recordOf is the reverse of appendRecord.
func recordOf(raw []byte) oneroster.Record {
	part := func() []byte {
		n, size := binary.Uvarint(raw)
		part := raw[size : size+int(n)]
		raw = raw[size+int(n):]
		return part
	}
	r := make(oneroster.Record)
	for len(raw) > 0 {
		key := string(part())
		r[key] = part()
	}
	return r
}

// lookup is how the records of many rows are read.
type lookup struct {
	single bool   // one by one, since the server does not take the in-list filter
	pages  *pages // records read beforehand, nil if there are none
}

// Below so many rows the choice is not worth the requests it takes.
const rowsWorthChoosing = 10 * batchRows

// choose finds the way to read the records of the rows that costs the fewest
// requests: batches of ids where the server takes the filter, single reads, or
// all pages of the list.
func (r *run) choose(ctx context.Context, seen *tally) (lookup, error) {
	rows := seen.of[changes]
	if rows <= rowsWorthChoosing {
		return lookup{}, nil
	}
	a, err := r.ask(ctx, func(ctx context.Context) (oneroster.Answer, error) {
		return r.client.List(ctx, oneroster.Query{Limit: 1})
	})
	page, parsed := oneroster.ParsePage(a.Body)
	if err != nil || a.Verdict != oneroster.Accepted || parsed != nil {
		return lookup{single: true}, err
	}
	takes, err := r.takesFilter(ctx, seen.listable)
	if err != nil {
		return lookup{}, err
	}
	how, cost := "batches of ids", (rows+batchRows-1)/batchRows
	if !takes {
		how, cost = "single reads", rows
	}
	all := (page.TotalCount + oneroster.PageLimit - 1) / oneroster.PageLimit
	list := page.TotalCount > 0 && all < cost
	if list {
		how, cost = "all pages of the list", all
	}
	r.Log.Info().Str("by", how).Int("requests", cost).Int("rows", rows).Int("recordsOnServer", page.TotalCount).
		Bool("filterTaken", takes).Msg("reading the records: the way with the fewest requests")
	if !list {
		return lookup{single: !takes}, nil
	}
	p, err := r.readPages(ctx, page.TotalCount)
	return lookup{single: !takes, pages: p}, err
}

// takesFilter tries the in-list filter on a few ids. Where it finds none, a
// single read says whether that is for want of records.
func (r *run) takesFilter(ctx context.Context, ids []string) (bool, error) {
	if len(ids) == 0 {
		return false, nil
	}
	a, err := r.ask(ctx, func(ctx context.Context) (oneroster.Answer, error) {
		return r.client.List(ctx, oneroster.Query{IDs: ids, Limit: len(ids)})
	})
	page, parsed := oneroster.ParsePage(a.Body)
	if err != nil || a.Verdict != oneroster.Accepted || parsed != nil {
		return false, err
	}
	if len(page.Enrollments) > 0 {
		return true, nil
	}
	a, err = r.ask(ctx, func(ctx context.Context) (oneroster.Answer, error) { return r.client.Get(ctx, ids[0]) })
	return a.Verdict != oneroster.Accepted, err
}

// ask makes one request, with the patience that rows have.
func (r *run) ask(ctx context.Context, send func(context.Context) (oneroster.Answer, error)) (oneroster.Answer, error) {
	var answer oneroster.Answer
	err := r.pool().run(ctx, func(submit func(*job) bool) error {
		submit(&job{
			send:   send,
			settle: func(r result) ([]*job, error) { answer = r.answer; return nil, nil },
		})
		return nil
	})
	return answer, err
}

// readPages reads the whole list. Pages that fail leave it short, and records
// that come up missing are looked for by their id.
func (r *run) readPages(ctx context.Context, total int) (*pages, error) {
	p, err := newPages()
	if err != nil {
		return nil, err
	}
	r.release = append(r.release, p.close)
	var between func(offset, end int) *job
	between = func(offset, end int) *job {
		q := oneroster.Query{Limit: min(end-offset, oneroster.PageLimit), Offset: offset}
		return &job{
			send: func(ctx context.Context) (oneroster.Answer, error) { return r.client.List(ctx, q) },
			settle: func(result result) ([]*job, error) {
				page, err := oneroster.ParsePage(result.answer.Body)
				if err != nil || len(page.Enrollments) == 0 {
					return nil, nil
				}
				next := offset + len(page.Enrollments) // which can be fewer than were asked for
				if err := p.add(page.Enrollments); err != nil || next >= end {
					return nil, err
				}
				return []*job{between(next, end)}, nil
			},
		}
	}
	// Two at once keep both sides busy. More would take memory, for pages are large.
	err = r.pool().run(ctx, func(submit func(*job) bool) error {
		half := total / 2
		if submit(between(half, total)) && half > 0 {
			submit(between(0, half))
		}
		return nil
	})
	return p, errors.Join(err, p.sort())
}
