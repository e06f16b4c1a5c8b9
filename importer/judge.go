package importer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/report"
)

// tally is what the first pass over the rows has counted.
type tally struct {
	counts
	groups     map[string]*counts // by value of the --limit-by column
	outcomes   map[report.Outcome]int
	leftOut    int
	skipped    int
	remarks    int // rows of which something is to be said, whatever becomes of them
	duplicates duplicates
	by         int      // the --limit-by column, -1 for none
	listable   []string // two of the ids that the in-list filter can hold, if there are
}

// maxGroups bounds the values of a --limit-by column, for memory must not grow
// with the file.
const maxGroups = 10_000

// judge reads all rows and counts them. Its error says why none must be sent.
// see is shown every row; it may be nil.
func judge(ctx context.Context, f *feed, limits Limits, see func(item)) (*tally, error) {
	by := -1
	if limits.By != "" {
		by = slices.IndexFunc(f.header, func(name string) bool { return strings.TrimSpace(name) == limits.By })
		if by < 0 {
			return nil, &UsageError{"--limit-by", limits.By, "is not a column of the file; its columns are " + strings.Join(f.header, ", ")}
		}
	}
	t := &tally{by: by, groups: make(map[string]*counts), outcomes: make(map[report.Outcome]int)}
	ids := &spill{}
	defer ids.close()
	for it, err := range f.items {
		if err != nil {
			return nil, &RefusedError{Cause: err}
		}
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		t.add(&it)
		if it.settled != nil {
			t.outcomes[it.settled.Outcome]++
		}
		if it.remark != "" {
			t.remarks++
		}
		if by >= 0 && by < len(it.cells) {
			t.group(it.cells[by]).add(&it)
			if len(t.groups) > maxGroups {
				return nil, &UsageError{"--limit-by", limits.By, fmt.Sprintf("has more than %s different values; name a column with few, such as schoolSourcedId", report.Grouped(maxGroups))}
			}
		}
		if it.change.SourcedID != "" {
			if len(t.listable) < 2 && oneroster.Listable(it.change.SourcedID) && !slices.Contains(t.listable, it.change.SourcedID) {
				t.listable = append(t.listable, it.change.SourcedID)
			}
			if err := ids.add(hashOf(it.change.SourcedID), uint64(it.row)); err != nil {
				return nil, err
			}
		}
		if see != nil {
			see(it)
		}
	}
	t.leftOut, t.skipped = *f.leftOut, *f.skipped
	var err error
	t.duplicates, err = findDuplicates(ids)
	if f.files {
		t.duplicates.lines = nil // which would have to say of which file
	}
	return t, err
}

func (t *tally) group(value string) *counts {
	value = strings.TrimSpace(value)
	g := t.groups[value]
	if g == nil {
		g = &counts{}
		t.groups[strings.Clone(value)] = g // value is a part of the whole row's text
	}
	return g
}

// compared is what a comparison starts from: the rows that are counted for good,
// such as the invalid ones, and none to be sent yet.
func (t *tally) compared() *tally {
	c := *t
	c.counts = t.counts.compared()
	c.groups = make(map[string]*counts, len(t.groups))
	for value, g := range t.groups {
		left := g.compared()
		c.groups[value] = &left
	}
	return &c
}

// guard refuses a run that is over a limit, as a whole or for one value of the
// --limit-by column.
func (t *tally) guard(limits Limits) error {
	if err := limits.enforce(&t.counts, &t.counts, ""); err != nil {
		return err
	}
	values := make([]string, 0, len(t.groups))
	for v := range t.groups {
		values = append(values, v)
	}
	slices.Sort(values)
	for _, v := range values {
		if err := limits.enforce(t.groups[v], &t.counts, fmt.Sprintf("%s %q", limits.By, v)); err != nil {
			return err
		}
	}
	return nil
}

// duplicates are the ids that stand on more than one row.
type duplicates struct {
	ids   map[uint64]bool // by hash
	lines []string        // examples, for a warning
}

// findDuplicates looks for ids that were added more than once, with their lines.
func findDuplicates(ids *spill) (duplicates, error) {
	d := duplicates{ids: make(map[uint64]bool)}
	var last pair
	for p, err := range ids.sorted() {
		if err != nil {
			return d, err
		}
		if p.key == last.key && last.value != 0 {
			d.ids[p.key] = true
			if len(d.lines) < examples {
				d.lines = append(d.lines, fmt.Sprintf("%d and %d", last.value, p.value))
			}
		}
		last = p
	}
	return d, nil
}

// warning says that there are duplicates, "" if there are none.
func (d duplicates) warning() string {
	if len(d.ids) == 0 {
		return ""
	}
	such := ""
	if len(d.lines) > 0 {
		such = " (such as lines " + strings.Join(d.lines, ", ") + ")"
	}
	return fmt.Sprintf("%s on more than one row%s: sent in file order, so the last row wins", report.Counted(len(d.ids), "sourcedId"), such)
}

// tell logs what the first pass has seen.
func (r *run) tell(rows *feed, seen *tally) {
	for _, w := range rows.warn {
		r.Log.Warn().Msg(w)
	}
	if w := seen.duplicates.warning(); w != "" {
		r.Log.Warn().Msg(w)
	}
	if seen.skipped+seen.leftOut > 0 {
		r.Log.Info().Int("skipped", seen.skipped).Int("leftOut", seen.leftOut).Msg("lines without a row, and rows that --where or --shard leave out")
	}
	if seen.rows == 0 && r.Shard.Of <= 1 {
		r.Log.Warn().Msg("no row is taken: is --where right?")
	}
	if seen.remarks > 0 {
		r.Log.Warn().Int("rows", seen.remarks).Msg("cannot be put back in full: their result.message says what stays as it is")
	}
	r.Log.Info().Str("command", r.command).Int("rows", seen.rows).Str("server", r.serverName()).Str("report", r.path).Msg("begins")
}
