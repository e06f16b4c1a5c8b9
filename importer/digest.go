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

	fields, schools, kinds map[string]int
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
	count(&d.schools, cmp.Or(reference(school), "(none)"))
	for _, f := range change {
		step := fmt.Sprintf("%s %s → %s", f.Name, plainly(f.Name, held(record, f.Name)), plainly(f.Name, f.Value))
		count(&d.fields, f.Name)
		if f.Name == "status" || f.Name == "role" || f.Name == "primary" {
			count(&d.kinds, step)
		}
		if len(d.First) < firstChanges {
			d.First = append(d.First, it.where()+": "+step)
		}
	}
}

// count adds a row to one of the counts.
func count(counts *map[string]int, what string) {
	if *counts == nil {
		*counts = make(map[string]int)
	}
	if _, known := (*counts)[what]; !known && len(*counts) >= countsApart {
		what = "(others)"
	}
	(*counts)[what]++
}

// finish puts the counts in order, the largest first.
func (d *Digest) finish() {
	d.Fields, d.Schools, d.Kinds = largest(d.fields), largest(d.schools), largest(d.kinds)
}

// largest are the counts in order, those beyond what is shown as one.
func largest(counts map[string]int) []Count {
	list := make([]Count, 0, len(counts))
	for what, rows := range counts {
		list = append(list, Count{what, rows})
	}
	slices.SortFunc(list, func(a, b Count) int { return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.What, b.What)) })
	if len(list) <= countsShown {
		return list
	}
	rest := Count{What: fmt.Sprintf("(%d others)", len(list)-countsShown)}
	for _, c := range list[countsShown:] {
		rest.Rows += c.Rows
	}
	return append(list[:countsShown], rest)
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
	return oneroster.Printable(r.SourcedID)
}
