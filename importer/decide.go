package importer

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/report"
	"rosterpatch/mapping"
)

const missingMessage = "the server has no enrollment with this sourcedId, or it is not this client's to see"

// decline writes the line of a row that is not sent after all.
func (s *sender) decline(it item, outcome report.Outcome, message string) (*job, error) {
	it.was, it.is = "", ""
	l := it.line(outcome)
	l.Message = it.says(message)
	return nil, s.write(l)
}

// says is result.message: what became of the row, and its remark.
func (it *item) says(message string) string {
	if it.remark == "" || message == "" {
		return it.remark + message
	}
	return message + "; " + it.remark
}

// planner decides what would be done with a row, and writes that down.
type planner struct {
	*sender
	duplicated map[uint64]bool // ids, by hash, that stand on several rows

	mu      sync.Mutex
	digest  Digest
	left    *tally                     // what the comparison leaves to be sent
	planned map[string][]mapping.Field // of those ids, what the rows so far would change
}

func (p *planner) decide(it item, record oneroster.Record) (*job, error) {
	if record == nil {
		return p.decline(it, report.Missing, missingMessage)
	}
	id := it.change.SourcedID
	twice := p.duplicated[hashOf(id)]
	if twice { // it will meet what the row before it leaves
		p.mu.Lock()
		record = with(record, p.planned[id])
		p.planned[id] = append(p.planned[id], it.change.Fields...)
		p.mu.Unlock()
	}
	change := differing(it.change.Fields, record)
	if len(change) == 0 {
		return p.decline(it, report.Unchanged, "the server holds it already")
	}
	l := it.line(report.Planned)
	l.Before, l.After = excerpts(record, change)
	p.count(it, record, change)
	return nil, p.write(l)
}

func (p *planner) count(it item, record oneroster.Record, change []mapping.Field) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.digest.add(it, record, change)
	p.left.send(&it, change)
	if by := p.left.by; by >= 0 && by < len(it.cells) {
		p.left.group(it.cells[by]).send(&it, change)
	}
}

// apply decides what is done with a row: the fields that differ are sent,
// unless the record no longer holds what the plan saw.
func (s *sender) apply(it item, record oneroster.Record) (*job, error) {
	if record == nil {
		return s.decline(it, report.Missing, missingMessage)
	}
	change := differing(it.change.Fields, record)
	if len(change) == 0 {
		if it.tried { // and it may have been that run which brought it about
			l := it.line(report.Unchanged)
			l.Message = it.says("the server holds it already, perhaps since the run before sent it")
			if it.before == nil {
				l.Message += "; what it held before is not known, so an undo leaves it"
			}
			return nil, s.write(l)
		}
		return s.decline(it, report.Unchanged, "the server holds it already")
	}
	for _, f := range change {
		name := displaced(it.before, displaced(record, f.Name))
		now := held(record, name)
		seen, planned := it.seen(name, f.Value)
		if planned && !asSeen(name, now, seen) && !s.twins.know(&it, name, now) {
			outcome := report.Conflict
			if it.doubted { // then it may be our change that someone has changed
				outcome = report.Unknown
			}
			l := it.line(outcome) // with what the earlier look saw, so that a rerun is held to it too
			l.Message = fmt.Sprintf("%s: the record held %s then and holds %s now, so it was left alone", name, shown(seen), shown(now))
			return nil, s.write(l)
		}
	}
	return s.send(it, record, change), nil
}

// saw are the fields of the row's change that an earlier look found to differ, as
// it found them.
func (it *item) saw() []mapping.Field {
	var fields []mapping.Field
	for _, f := range it.change.Fields {
		if mentions(it.before, f.Name) {
			fields = append(fields, mapping.Field{Name: f.Name, Value: orNull(held(it.before, f.Name))})
		}
	}
	return fields
}

// seen is what an earlier look at the record found in a field, and whether that is
// known. A result.before lists only the fields that differed, so a field that it
// does not mention held the wanted value, unless the cells were edited since.
func (it *item) seen(field string, wanted json.RawMessage) (json.RawMessage, bool) {
	if it.before == nil {
		return nil, false
	}
	if !mentions(it.before, field) {
		return wanted, !it.mended
	}
	return held(it.before, field), true
}

// wanting are the fields that are to be sent as far as is known: all, or those
// that an earlier look found to differ.
func (it *item) wanting() []mapping.Field {
	if it.before == nil || it.mended {
		return it.change.Fields
	}
	return slices.DeleteFunc(slices.Clone(it.change.Fields), func(f mapping.Field) bool { return !mentions(it.before, f.Name) })
}

// shown is a value for a message.
func shown(value json.RawMessage) string {
	if value == nil {
		return "nothing"
	}
	return oneroster.Printable(unquoted(value))
}

// asSeen reports whether a field holds what an earlier look saw. A PATCH that
// leaves primary out may have set it to its default, false.
func asSeen(field string, now, seen json.RawMessage) bool {
	if field == "primary" && seen == nil && unquoted(now) == "false" {
		return true
	}
	return same(field, now, seen)
}
