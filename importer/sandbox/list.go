package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

const (
	defaultLimit = 100
	maxLimit     = 3000
)

// page is the answer to a list. Offset is where the next page begins, as the API
// documents it.
type page struct {
	Enrollments []wireRecord `json:"enrollments"`
	TotalCount  int          `json:"totalCount"`
	Offset      int          `json:"offset"`
	Limit       int          `json:"limit"`
}

// list answers a page of the enrollments that pass the filter, in the order of sort,
// and of sourcedId where that leaves it open.
func (s *Server) list(r *http.Request) answer {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return failure(http.StatusBadRequest, "the query is not percent-encoded")
	}
	f, err := parseFilter(q.Get("filter"), s.o.Filter)
	if err != nil {
		return failure(http.StatusBadRequest, err.Error())
	}
	limit, errLimit := count(q, "limit", defaultLimit, 1, maxLimit)
	offset, errOffset := count(q, "offset", 0, 0, 1<<31)
	order, errOrder := parseOrder(q.Get("sort"), q.Get("orderBy"))
	if err := cmp.Or(errLimit, errOffset, errOrder); err != nil {
		return failure(http.StatusBadRequest, err.Error())
	}
	size := limit
	if s.o.PageCap > 0 {
		size = min(size, s.o.PageCap)
	}
	found, total := s.search(f, order, offset, size)
	p := page{Enrollments: make([]wireRecord, len(found)), TotalCount: total, Offset: min(offset, total) + len(found), Limit: limit}
	for i, record := range found {
		p.Enrollments[i] = record.wire(r.Host)
	}
	return answer{status: http.StatusOK, body: marshal(p)}
}

// search returns up to size records from offset on, of those that f takes, and how
// many it takes in all. A nil order is that of sourcedId.
func (s *Server) search(f filter, order func(a, b Record) int, offset, size int) (found []Record, total int) {
	ids, named := f.named()
	if !named {
		ids = s.store.ids()
	}
	if len(f) == 0 && order == nil { // a page of everything needs no look at the rest
		from := min(offset, len(ids))
		for _, id := range ids[from:min(from+size, len(ids))] {
			r, _ := s.store.get(id)
			found = append(found, r)
		}
		return found, len(ids)
	}
	for _, id := range ids {
		if r, ok := s.store.get(id); ok && f.takes(r) {
			found = append(found, r)
		}
	}
	if order != nil {
		slices.SortStableFunc(found, order)
	}
	total = len(found)
	from := min(offset, total)
	return found[from:min(from+size, total)], total
}

// parseOrder reads sort and orderBy.
func parseOrder(name, direction string) (func(a, b Record) int, error) {
	switch {
	case name != "" && !slices.Contains(topLevel, name):
		return nil, fmt.Errorf("sort: no field to sort by: %s", name)
	case direction != "" && direction != "asc" && direction != "desc":
		return nil, fmt.Errorf("orderBy: %q is not allowed; allowed: asc, desc", direction)
	case name == "" || name == "sourcedId" && direction != "desc":
		return nil, nil
	}
	return func(a, b Record) int {
		if direction == "desc" {
			a, b = b, a
		}
		return cmp.Compare(field(a, name), field(b, name))
	}, nil
}

// count reads a parameter that is a whole number from low to high.
func count(q url.Values, name string, absent, low, high int) (int, error) {
	if !q.Has(name) {
		return absent, nil
	}
	n, err := strconv.Atoi(q.Get(name))
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s: %q is not allowed; allowed: whole numbers from %d to %d", name, q.Get(name), low, high)
	}
	return n, nil
}
