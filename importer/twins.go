package importer

import (
	"encoding/json"
	"slices"

	"rosterpatch/importer/oneroster"
)

// twins are, for ids that stand on several rows, the states of the record that
// these rows know of or ask for. A record that holds one of them was changed by
// nobody else. The keys are hashes. Memory grows with the rows of such ids, which
// are few.
type twins map[uint64][]oneroster.Record

// findTwins gathers them in a pass over the rows.
func findTwins(rows *feed, ids map[uint64]bool) (twins, error) {
	t := make(twins)
	if len(ids) == 0 {
		return t, nil
	}
	for it, err := range rows.items {
		if err != nil {
			return nil, err
		}
		id := hashOf(it.change.SourcedID)
		if !ids[id] {
			continue
		}
		t[id] = append(t[id], with(nil, it.change.Fields))
		was, is := it.was, it.is
		if it.settled != nil {
			was, is = it.settled.Before, it.settled.After
		}
		for _, text := range []string{was, is} {
			if text == "" {
				continue
			}
			record, err := parseRecord(text)
			if err != nil {
				return nil, err
			}
			t[id] = append(t[id], record)
		}
	}
	return t, nil
}

// know reports whether a field of the row's record holds what one of its twins
// found or asks for.
func (t twins) know(it *item, field string, now json.RawMessage) bool {
	return slices.ContainsFunc(t[hashOf(it.change.SourcedID)], func(r oneroster.Record) bool {
		return mentions(r, field) && same(field, now, held(r, field))
	})
}
