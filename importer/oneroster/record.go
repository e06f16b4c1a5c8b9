package oneroster

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Record is an enrollment as the server holds it: each key's JSON as it came.
type Record map[string]json.RawMessage

// ID is the record's sourcedId, "" if it has none.
func (r Record) ID() string {
	var id string
	if json.Unmarshal(r["sourcedId"], &id) != nil {
		return ""
	}
	return id
}

// ParseRecord reads {"enrollment":{…}}.
func ParseRecord(body []byte) (Record, error) {
	var envelope struct{ Enrollment Record }
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, fmt.Errorf("read an enrollment: %w", err)
	}
	if envelope.Enrollment == nil {
		return nil, errors.New(`read an enrollment: the answer has no "enrollment"`)
	}
	return envelope.Enrollment, nil
}

// Page is one page of a list.
type Page struct {
	Enrollments []Record
	TotalCount  int // of the whole list; 0 where the server does not say
}

// ParsePage reads {"enrollments":[…],"totalCount":…}.
func ParsePage(body []byte) (Page, error) {
	var page struct {
		Enrollments *[]Record
		TotalCount  int
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return Page{}, fmt.Errorf("read a page of enrollments: %w", err)
	}
	if page.Enrollments == nil {
		return Page{}, errors.New(`read a page of enrollments: the answer has no "enrollments"`)
	}
	return Page{Enrollments: *page.Enrollments, TotalCount: page.TotalCount}, nil
}
