package oneroster

import (
	"encoding/json"
	"errors"
	"strconv"
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

// ParseRecord reads {"enrollment":{…}}, the body of an accepted answer.
func ParseRecord(body []byte) (Record, error) {
	r := parseObject(parseObject(body)["enrollment"])
	if r == nil {
		return nil, errors.New(`read an enrollment: the answer has no object "enrollment"`)
	}
	return r, nil
}

// Page is one page of a list.
type Page struct {
	Enrollments []Record
	TotalCount  int // of the whole list; 0 where the server does not say, or no number that a list can have
}

// ParsePage reads {"enrollments":[…],"totalCount":…}, the body of an accepted
// answer.
func ParsePage(body []byte) (Page, error) {
	page := parseObject(body)
	list := parseList(page["enrollments"])
	if list == nil {
		return Page{}, errors.New(`read a page of enrollments: the answer has no list "enrollments"`)
	}
	p := Page{Enrollments: make([]Record, len(list))}
	for i, record := range list {
		if p.Enrollments[i] = parseObject(record); p.Enrollments[i] == nil {
			return Page{}, errors.New(`read a page of enrollments: an element of "enrollments" is no object`)
		}
	}
	if total, err := strconv.ParseInt(text(page["totalCount"]), 10, 32); err == nil {
		p.TotalCount = int(max(total, 0))
	}
	return p, nil
}
