package importer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"rosterpatch/importer/oneroster"
	"rosterpatch/mapping"
)

// Digest is what a plan would change, counted.
type Digest struct {
	Fields  []Count  // rows that would change each field
	Schools []Count  // rows that would change, by the school of the record
	Kinds   []Count  // such as "status active → tobedeleted"
	First   []string // some changes, as "line 7 (id): endDate 2027-06-10 → 2027-06-11"

	tally [3]map[string]int
}

// Count is a number of rows.
type Count struct {
	What string
	Rows int
}

const (
	firstChanges = 10
	countsShown  = 15
	countsApart  = 10_000
)

func (d *Digest) add(it item, record oneroster.Record, change []mapping.Field) {
	school := held(with(record, it.change.Fields), "school")
	d.count(1, cmp.Or(reference(school), "(none)"))
	for _, f := range change {
		step := fmt.Sprintf("%s %s → %s", f.Name, plainly(f.Name, held(record, f.Name)), plainly(f.Name, f.Value))
		d.count(0, f.Name)
		if f.Name == "status" || f.Name == "role" || f.Name == "primary" {
			d.count(2, step)
		}
		if len(d.First) < firstChanges {
			d.First = append(d.First, it.where()+": "+step)
		}
	}
}

func (d *Digest) count(kind int, what string) {
	if d.tally[kind] == nil {
		d.tally[kind] = make(map[string]int)
	}
	if _, known := d.tally[kind][what]; !known && len(d.tally[kind]) >= countsApart {
		what = "(others)"
	}
	d.tally[kind][what]++
}

// finish puts the counts in order, the largest first.
func (d *Digest) finish() {
	for kind, into := range []*[]Count{&d.Fields, &d.Schools, &d.Kinds} {
		for what, rows := range d.tally[kind] {
			*into = append(*into, Count{what, rows})
		}
		slices.SortFunc(*into, func(a, b Count) int { return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.What, b.What)) })
		if len(*into) > countsShown {
			rest := Count{What: fmt.Sprintf("(%d others)", len(*into)-countsShown)}
			for _, c := range (*into)[countsShown:] {
				rest.Rows += c.Rows
			}
			*into = append((*into)[:countsShown], rest)
		}
	}
}

// plainly is a value for a person: of a reference the id.
func plainly(field string, value json.RawMessage) string {
	if slices.Contains(references, field) {
		return cmp.Or(reference(value), "nothing")
	}
	return shown(value)
}

func reference(value json.RawMessage) string {
	var r struct{ SourcedID string }
	if json.Unmarshal(value, &r) != nil {
		return ""
	}
	return r.SourcedID
}
