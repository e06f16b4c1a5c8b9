package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"
)

// store holds the enrollments. One lock serves: what is done under it takes
// microseconds.
type store struct {
	open bool
	now  func() time.Time

	mu      sync.Mutex
	records map[string]*Record
	sorted  []string // the ids in order; nil when one came since it was made
	changes int64    // how many there were by PATCH
}

// Put stores a record, in place of any with its sourcedId, as if someone else had
// written it. Its dateLastModified is now. It refuses a record without a sourcedId
// and metadata that is no JSON object.
func (s *Server) Put(r Record) error {
	if err := s.store.replace(r); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

// Load puts every record of r, which holds them as JSON, as Snapshot writes them.
func (s *Server) Load(r io.Reader) error {
	d := json.NewDecoder(bufio.NewReader(r))
	d.DisallowUnknownFields()
	for n := 1; ; n++ {
		var record Record
		err := d.Decode(&record)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = s.store.replace(record)
		}
		if err != nil {
			return fmt.Errorf("sandbox: record %d: %w", n, err)
		}
	}
}

// Get returns the record with a sourcedId, and whether there is one. Unlike a GET it
// makes none, also when the sandbox is Open.
func (s *Server) Get(id string) (Record, bool) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	r, ok := s.store.records[id]
	if !ok {
		return Record{}, false
	}
	return *r, true
}

// Records returns all records in the order of their sourcedIds, as they are when
// they are reached.
func (s *Server) Records() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for _, id := range s.store.ids() {
			if r, _ := s.Get(id); !yield(r) {
				return
			}
		}
	}
}

// Snapshot returns the whole store as JSON lines in the order of sourcedIds. Two
// stores that hold the same have the same bytes: dateLastModified is left out, and
// metadata keys are sorted.
func (s *Server) Snapshot() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for r := range s.Records() {
		if err := e.Encode(r); err != nil {
			panic(err) // what is stored was checked when it came
		}
	}
	return b.Bytes()
}

// replace stores a record that comes from outside.
func (t *store) replace(r Record) error {
	if err := r.normalise(); err != nil {
		return err
	}
	r.modified = t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.put(r)
	return nil
}

// put stores r. The caller holds the lock.
func (t *store) put(r Record) {
	if t.records == nil {
		t.records = map[string]*Record{}
	}
	if _, ok := t.records[r.SourcedID]; !ok {
		t.sorted = nil
	}
	t.records[r.SourcedID] = &r
}

// find returns the record with an id, which an open store makes up when it is new.
// The caller holds the lock.
func (t *store) find(id string) (*Record, bool) {
	r, ok := t.records[id]
	if !ok && t.open {
		made := unnamed(id)
		made.modified = t.now()
		t.put(made)
		r, ok = t.records[id]
	}
	return r, ok
}

// get returns a copy of a record.
func (t *store) get(id string) (Record, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.find(id)
	if !ok {
		return Record{}, false
	}
	return *r, true
}

// update changes a record and returns a copy of what it became, and the number of
// the change, from 1; 0 if there is no such record.
func (t *store) update(id string, change func(*Record)) (Record, int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.find(id)
	if !ok {
		return Record{}, 0
	}
	change(r)
	t.changes++
	return *r, t.changes
}

// ids returns all ids in order. The slice is not changed later.
func (t *store) ids() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sorted == nil {
		t.sorted = slices.Sorted(maps.Keys(t.records))
	}
	return t.sorted
}
