package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"rosterpatch/importer/sandbox"
)

// TestSnapshot holds that two stores which hold the same have the same bytes,
// however they came to it.
func TestSnapshot(t *testing.T) {
	b := newRig(t, sandbox.Options{},
		sandbox.Record{SourcedID: "b", Metadata: json.RawMessage(` {"z": 1.0, "a": {"y": "<>", "x": null}} `)},
		sandbox.Record{SourcedID: "a/1", Status: "tobedeleted", Role: "teacher", Primary: "true", BeginDate: "2026-08-17", EndDate: "2027-06-10", User: "u", Class: "c", School: "s", Course: "k", Metadata: json.RawMessage(`{}`)})
	const want = `{"sourcedId":"a/1","status":"tobedeleted","role":"teacher","primary":"true","beginDate":"2026-08-17","endDate":"2027-06-10","user":"u","class":"c","school":"s","course":"k"}
{"sourcedId":"b","status":"active","role":"student","metadata":{"a":{"x":null,"y":"\u003c\u003e"},"z":1.0}}
`
	if got := string(b.Snapshot()); got != want {
		t.Errorf("snapshot:\n%s\nwant:\n%s", got, want)
	}
	b.patch("b", `{"role":"teacher","metadata":{"a":{"x":5}}}`, http.StatusOK)
	if string(b.Snapshot()) == want {
		t.Error("a change is not in the snapshot")
	}
	b.patch("b", `{"role":"student","metadata":{"a":{"x":null}}}`, http.StatusOK)
	if got := string(b.Snapshot()); got != want {
		t.Errorf("put back:\n%s", got)
	}
	if err := b.Put(sandbox.Record{SourcedID: "aa"}); err != nil || len(ids(b)) != 3 {
		t.Errorf("%v; a new record is not among %q", err, ids(b))
	}
	other := sandbox.New(sandbox.Options{})
	if err := other.Load(strings.NewReader(want)); err != nil {
		t.Fatal(err)
	}
	if got := string(other.Snapshot()); got != want {
		t.Errorf("loaded:\n%s", got)
	}
}

func TestLoadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"sourcedId":"a"} {"role":"student"}`: "sandbox: record 2: an enrollment needs a sourcedId",
		`{"sourcedId":"a","rôle":"student"}`:   "record 1",
		`{"sourcedId":"a","metadata":[]}`:      "sandbox: record 1: enrollment a: metadata",
		`{`:                                    "record 1",
	} {
		if err := sandbox.New(sandbox.Options{}).Load(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestPutBehindTheBack holds that what the store hands out is a copy, and that a
// record put anew is what is read next.
func TestPutBehindTheBack(t *testing.T) {
	b := newRig(t, sandbox.Options{}, sandbox.Record{SourcedID: "e1"})
	r := b.record("e1")
	r.Role = "proctor"
	if b.record("e1").Role != "student" {
		t.Error("a copy changed the store")
	}
	if err := b.Put(r); err != nil {
		t.Fatal(err)
	}
	if w := b.send("GET", path("e1"), ""); !strings.Contains(w.Body.String(), `"role":"proctor"`) {
		t.Errorf("GET: %s", w.Body)
	}
}

// TestStoreIsCompact holds the promise that a large school fits: 200,000 records in
// less than 200 MB.
func TestStoreIsCompact(t *testing.T) {
	const n = 20_000
	before := heap()
	s := sandbox.New(sandbox.Options{})
	for i := range n {
		err := s.Put(sandbox.Record{
			SourcedID: fmt.Sprintf("enrollment-%08d", i), Primary: "false", BeginDate: fmt.Sprintf("2026-08-%02d", i%28+1), EndDate: fmt.Sprintf("2027-06-%02d", i%28+1),
			User: fmt.Sprintf("user-%08d", i), Class: fmt.Sprintf("class-%05d", i), School: fmt.Sprintf("school-%03d", i),
			Metadata: fmt.Appendf(nil, `{"goals":{"dailyXp":%d},"jp":{"seatNumber":"%d"}}`, i, i),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if each := (heap() - before) / n; each > 1000 {
		t.Errorf("%d bytes a record", each)
	} else {
		t.Logf("%d bytes a record", each)
	}
	if lines := bytes.Count(s.Snapshot(), []byte("\n")); lines != n {
		t.Errorf("%d records", lines)
	}
}

func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
