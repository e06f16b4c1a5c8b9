package importer

import (
	"context"
	"encoding/json"
	"fmt"
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
	return perform(ctx, o, report.CommandUndo, openUndo)
}

// openUndo opens a report to be undone: its rows from the last to the first,
// since of rows of one id the last has to go back first.
func openUndo(s *setup) (*feed, error) {
	u := &undoing{indexed{setup: s, path: s.Sources[0]}}
	f := &feed{leftOut: new(int), skipped: new(int), close: u.close}
	if err := u.open(f); err != nil {
		u.close()
		return nil, &RefusedError{Cause: err}
	}
	f.items = func(yield func(item, error) bool) {
		for l, err := range ahead(inOrder(u.reader, &u.lines)) {
			var it item
			if err == nil {
				it, err = u.item(l.Line)
			}
			if !yield(it, err) || err != nil {
				return
			}
		}
	}
	return f, nil
}

// undoing is a report that is to be undone.
type undoing struct{ indexed }

func (u *undoing) open(f *feed) error {
	if u.facts.State == report.Running {
		return fmt.Errorf("the run of %s was killed, so what it changed last is not known; finish it with rerun, then undo that", u.path)
	}
	if u.facts.Command == report.CommandPlan {
		return fmt.Errorf("%s is a plan: nothing of it was sent, so there is nothing to put back", u.path)
	}
	if err := u.indexed.open(); err != nil {
		return err
	}
	restorable := false
	err := u.index(func(l report.Line, _ uint64) error {
		restorable = restorable || l.Before != ""
		return nil
	})
	if err != nil {
		return err
	}
	if !restorable {
		return fmt.Errorf("%s does not say what any record held before, so nothing can be put back; only a run that compares does (import --against server, or plan and apply)", u.path)
	}
	if n := u.reader.Torn(); n > 0 {
		return fmt.Errorf("%s of %s cannot be read, so what their rows changed cannot be put back; bring the report back as it was written", report.Counted(n, "line"), u.path)
	}
	if left := u.facts.Rows - u.count; left > 0 {
		f.warn = append(f.warn, fmt.Sprintf("%s has no line for %s: they are left as they are", u.path, report.Counted(left, "row")))
	}
	return u.describe(f)
}

// item is the row of a line, with the change that takes it back.
func (u *undoing) item(l report.Line) (item, error) {
	it := item{file: l.File, row: l.Line, cells: l.Cells}
	it.change.SourcedID = u.mapping.ID(l.Cells)
	// A row that is unchanged and yet says what the record held was sent by an
	// earlier run, whose answer was lost.
	sent := slices.Contains([]report.Outcome{report.Updated, report.Unchanged, report.Failed, report.Unknown}, l.Outcome) || u.inDoubt(l)
	if l.Before == "" || !sent {
		it.settle(report.Unchanged, fmt.Sprintf("nothing to put back: the row was %s", l.Outcome))
		return it, nil
	}
	return it, it.restore(u.path, l.Before, l.After)
}

// restore makes the row's change that of bringing its record to what target
// says, if it holds what present says.
func (it *item) restore(path, target, present string) error {
	if target == "" {
		it.settle(report.Unchanged, "nothing to put back")
		return nil
	}
	if err := it.expect(path, present, target); err != nil {
		return err
	}
	fields, err := leaves(target, it.before)
	if err != nil {
		return fmt.Errorf("%s: line %d of the source: %w", path, it.row, err)
	}
	var nothing, others []string // fields whose value no PATCH can say
	for _, f := range fields {
		f.Value = sayable(f.Name, f.Value)
		switch {
		case mapping.Allowed(f.Name, f.Value):
			it.change.Fields = append(it.change.Fields, f)
		case string(f.Value) == "null":
			nothing = append(nothing, f.Name)
		default:
			others = append(others, fmt.Sprintf("%s held %s before", f.Name, plainly(f.Name, f.Value)))
		}
	}
	if len(nothing) > 0 {
		others = append(others, strings.Join(nothing, ", ")+" held nothing before")
	}
	if len(others) > 0 {
		it.remark = strings.Join(others, "; ") + ", which no PATCH can bring back; left as it is"
	}
	if len(it.change.Fields) == 0 {
		it.was, it.is = "", ""
		it.settle(report.Unchanged, it.remark)
	}
	return nil
}

// expect notes what an earlier look found in the record, and what the row was
// to make of it.
func (it *item) expect(path, present, target string) (err error) {
	it.was, it.is = present, target
	if it.before, err = parseRecord(present); err != nil {
		return fmt.Errorf("%s: line %d of the source: %w", path, it.row, err)
	}
	return nil
}

// parseRecord reads what a result.before or result.after says of a record.
func parseRecord(text string) (oneroster.Record, error) {
	var r oneroster.Record
	if err := json.Unmarshal([]byte(text), &r); err != nil || r == nil {
		return nil, fmt.Errorf("result.before or result.after is no JSON object (%.40q)", text)
	}
	return r, nil
}
