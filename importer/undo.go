package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/report"
	"rosterpatch/mapping"
)

// Undo puts back what the run of the report o.Sources[0] changed, where the
// record still holds what that run left. It writes a report that can be undone
// in its turn, and ends as Run does.
func Undo(ctx context.Context, o Options) (Summary, error) {
	return perform(ctx, o, openUndo)
}

// openUndo opens a report to be undone: its rows from the last to the first,
// since of rows of one id the last has to go back first.
func openUndo(o *Options) (*feed, error) {
	path := o.Sources[0]
	reader, err := report.Open(path)
	if err != nil {
		return nil, &RefusedError{err}
	}
	f := &feed{header: reader.Header(), leftOut: new(int), skipped: new(int)}
	lines := &spill{}
	f.close = func() error { lines.close(); return reader.Close() }
	restorable, err := indexBackwards(reader, lines)
	if err == nil && restorable == 0 {
		err = fmt.Errorf("%s does not say what any record held before, so nothing can be put back; only a run that compares does (import --against server, or plan and apply)", path)
	}
	var facts report.Run
	if err == nil {
		facts, err = o.undone(path)
	}
	if err != nil {
		return nil, errors.Join(&RefusedError{err}, f.close())
	}
	if f.of, err = sourceOf(path); err != nil {
		return nil, errors.Join(&RefusedError{err}, f.close())
	}
	f.sources, f.files = facts.Sources, len(o.files) > 1
	o.mode = restoring
	spec := o.spec()
	ids, err := spec.Compile(f.header)
	if err != nil {
		return nil, errors.Join(&RefusedError{err}, f.close())
	}
	f.items = func(yield func(item, error) bool) {
		for l, err := range inOrder(reader, lines) {
			var it item
			if err == nil {
				it, err = undoItem(l.Line, path, ids)
			}
			if !yield(it, err) || err != nil {
				return
			}
		}
	}
	return f, nil
}

// undone takes over how the run read its rows.
func (o *Options) undone(path string) (report.Run, error) {
	facts, err := report.ReadRun(report.SidePath(path))
	if err != nil {
		return facts, err
	}
	if facts.State == report.Running {
		return facts, fmt.Errorf("the run of %s was killed, so what it changed last is not known; finish it with rerun, then undo that", path)
	}
	return facts, o.recall(facts)
}

// indexBackwards notes where the lines stand, the last row first, and counts
// those that say what the record held.
func indexBackwards(reader *report.Reader, lines *spill) (restorable int, err error) {
	for n := uint64(0); ; n++ {
		l, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return restorable, nil
		}
		if err != nil {
			return 0, err
		}
		if l.Before != "" {
			restorable++
		}
		if err := lines.add(^place(0, l.Line), uint64(reader.Offset())); err != nil {
			return 0, err
		}
	}
}

// undoItem is the row of a line, with the change that takes it back.
func undoItem(l report.Line, path string, ids *mapping.Mapping) (item, error) {
	it := item{file: l.File, row: l.Line, cells: l.Cells}
	it.change.SourcedID = ids.ID(l.Cells)
	sent := l.Outcome == report.Updated || l.Outcome == report.Failed || l.Outcome == report.Unknown
	if l.Before == "" || !sent {
		it.settle(report.Unchanged, fmt.Sprintf("nothing to put back: the row was %s", l.Outcome))
		return it, nil
	}
	return it, it.restore(path, l.Before, l.After)
}

// restore makes the row's change that of bringing its record to what target
// says, if it holds what present says.
func (it *item) restore(path, target, present string) error {
	if target == "" {
		return nil
	}
	fields, err := leaves(target)
	if err != nil {
		return fmt.Errorf("%s: line %d of the source: %w", path, it.row, err)
	}
	var kept []string
	fields = slices.DeleteFunc(fields, func(f mapping.Field) bool {
		nothing := string(f.Value) == "null"
		if nothing {
			kept = append(kept, f.Name)
		}
		return nothing
	})
	it.change.Fields = fields
	if len(kept) > 0 {
		it.remark = fmt.Sprintf("%s held nothing before, which no PATCH can bring back; left as it is", strings.Join(kept, ", "))
	}
	if len(fields) == 0 {
		it.settle(report.Unchanged, it.remark)
		return nil
	}
	return it.expect(path, present)
}

// expect notes what the record is to hold before the row is sent.
func (it *item) expect(path, present string) error {
	it.before = make(oneroster.Record)
	if err := json.Unmarshal([]byte(present), &it.before); err != nil {
		return fmt.Errorf("%s: line %d of the source: result.before or result.after is no JSON object: %w", path, it.row, err)
	}
	return nil
}
