package importer

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"

	"rosterpatch/importer/oneroster"
)

// pages are records that were read through the list, kept in a temporary file
// so that memory does not grow with them. Once full they are safe for
// concurrent use.
type pages struct {
	records *os.File // of each record its length, in four bytes, and its JSON
	size    int64
	offsets spill
	index   *os.File // pairs of id hash and offset, sorted
	count   int
}

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
	var out []byte
	for _, r := range records {
		text, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("keep a record: %w", err)
		}
		if err := p.offsets.add(hashOf(r.ID()), uint64(p.size)+uint64(len(out))); err != nil {
			return err
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(len(text)))
		out = append(out, text...)
	}
	p.size += int64(len(out))
	p.count += len(records)
	_, err := p.records.Write(out)
	return err
}

// sort makes the records ready to be found.
func (p *pages) sort() error {
	var out []byte
	for pair, err := range p.offsets.sorted() {
		if err != nil {
			return err
		}
		out = pair.append(out)
		if len(out) >= 1<<20 {
			if _, err := p.index.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
	p.offsets.close()
	_, err := p.index.Write(out)
	return err
}

// find is the record of an id, nil if it is not among the pages. A record that
// is on two pages is the one that was read last.
func (p *pages) find(sourcedID string) (oneroster.Record, error) {
	hash := hashOf(sourcedID)
	var failed error
	at := func(i int) pair {
		var raw [pairSize]byte
		if _, err := p.index.ReadAt(raw[:], int64(i)*pairSize); err != nil {
			failed = err
		}
		return pairOf(raw)
	}
	first := sort.Search(p.count, func(i int) bool { return at(i).key >= hash })
	var found oneroster.Record
	for i := first; i < p.count && failed == nil; i++ {
		pair := at(i)
		if pair.key != hash {
			break
		}
		record, err := p.read(int64(pair.value))
		if failed = err; err == nil && record.ID() == sourcedID {
			found = record
		}
	}
	if failed != nil {
		return nil, fmt.Errorf("read a record back: %w", failed)
	}
	return found, nil
}

func (p *pages) read(offset int64) (r oneroster.Record, err error) {
	var size [4]byte
	if _, err := p.records.ReadAt(size[:], offset); err != nil {
		return nil, err
	}
	text := make([]byte, binary.LittleEndian.Uint32(size[:]))
	if _, err := p.records.ReadAt(text, offset+4); err != nil {
		return nil, err
	}
	return r, json.Unmarshal(text, &r)
}

func (p *pages) close() {
	p.offsets.close()
	p.records.Close()
	p.index.Close()
}

// reading is how the records of many rows are read.
type reading struct {
	single bool   // one by one, since the server does not take the in-list filter
	pages  *pages // records read beforehand, nil if there are none
}

// Below so many rows the choice is not worth the requests it takes.
const rowsWorthChoosing = 10 * batchRows

// choose finds the way to read the records of the rows that costs the fewest
// requests: batches of ids where the server takes the filter, single reads, or
// all pages of the list.
func (r *run) choose(ctx context.Context, seen *tally) (reading, error) {
	rows := seen.of[changes]
	if rows <= rowsWorthChoosing {
		return reading{}, nil
	}
	a, err := r.ask(ctx, func(ctx context.Context) (oneroster.Answer, error) {
		return r.client.List(ctx, oneroster.Query{Limit: 1})
	})
	page, parsed := oneroster.ParsePage(a.Body)
	if err != nil || a.Verdict != oneroster.Accepted || parsed != nil {
		return reading{single: true}, err
	}
	takes, err := r.takesFilter(ctx, seen.listable)
	if err != nil {
		return reading{}, err
	}
	how, cost := "batches of ids", (rows+batchRows-1)/batchRows
	if !takes {
		how, cost = "single reads", rows
	}
	all := (page.TotalCount + oneroster.PageLimit - 1) / oneroster.PageLimit
	if page.TotalCount > 0 && all < cost {
		how, cost = "all pages of the list", all
	}
	r.Log.Info().Str("by", how).Int("requests", cost).Int("rows", rows).Int("recordsOnServer", page.TotalCount).
		Bool("filterTaken", takes).Msg("reading the records: the way with the fewest requests")
	if cost != all || page.TotalCount == 0 {
		return reading{single: !takes}, nil
	}
	p, err := r.readPages(ctx)
	return reading{single: !takes, pages: p}, err
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
func (r *run) readPages(ctx context.Context) (*pages, error) {
	p, err := newPages()
	if err != nil {
		return nil, err
	}
	r.release = append(r.release, p.close)
	var from func(offset int) *job
	from = func(offset int) *job {
		q := oneroster.Query{Limit: oneroster.PageLimit, Offset: offset}
		return &job{
			send: func(ctx context.Context) (oneroster.Answer, error) { return r.client.List(ctx, q) },
			settle: func(result result) ([]*job, error) {
				page, err := oneroster.ParsePage(result.answer.Body)
				if err != nil || len(page.Enrollments) == 0 {
					return nil, nil
				}
				next := offset + len(page.Enrollments)
				if err := p.add(page.Enrollments); err != nil || next >= page.TotalCount {
					return nil, err
				}
				return []*job{from(next)}, nil
			},
		}
	}
	err = r.pool().run(ctx, func(submit func(*job) bool) error {
		submit(from(0))
		return nil
	})
	return p, errors.Join(err, p.sort())
}
