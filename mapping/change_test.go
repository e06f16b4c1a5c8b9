package mapping_test

import (
	"encoding/json"
	"testing"

	"rosterpatch/mapping"
)

func change(id string, pairs ...string) mapping.Change {
	c := mapping.Change{SourcedID: id}
	for i := 0; i < len(pairs); i += 2 {
		c.Fields = append(c.Fields, mapping.Field{Name: pairs[i], Value: json.RawMessage(pairs[i+1])})
	}
	return c
}

func TestBody(t *testing.T) {
	tests := []struct {
		change mapping.Change
		want   string
	}{
		{change("e1", "status", `"active"`), `{"enrollment":{"status":"active"}}`},
		{change("e1", "primary", "true", "user", `{"sourcedId":"u1"}`), `{"enrollment":{"primary":true,"user":{"sourcedId":"u1"}}}`},
		{change("e1", "metadata.a.b.c", "1", "metadata.d", "2", "metadata.a.e", "3", "metadata.ab", "4", "metadata.a.b.f", "5"),
			`{"enrollment":{"metadata":{"a":{"b":{"c":1,"f":5},"e":3},"d":2,"ab":4}}}`},
		{change("e1", `metadata.say "hi"`, `"\u003c"`), `{"enrollment":{"metadata":{"say \"hi\"":"\u003c"}}}`},
	}
	for _, test := range tests {
		if got := string(test.change.Body()); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// A fingerprint is compared with one in a report of an earlier version: it
// must never change.
func TestFingerprint(t *testing.T) {
	base := change("e1", "status", `"active"`, "metadata.a", "1", "metadata.b", "2")
	if got, want := base.Fingerprint(), "e1794373abe6da20577feaa36344a31c"; got != want {
		t.Errorf("Fingerprint = %s, want %s", got, want)
	}
	if same := change("e1", "status", `"active"`, "metadata.b", "2", "metadata.a", "1"); same.Fingerprint() != base.Fingerprint() {
		t.Error("the order of metadata columns counts")
	}
	for _, other := range []mapping.Change{
		change("e2", "status", `"active"`, "metadata.a", "1", "metadata.b", "2"),
		change("e1", "status", `"active"`, "metadata.a", "1"),
		change("e1", "status", `"active"`, "metadata.a", "2", "metadata.b", "1"),
		change("e1", "status", `"active"`, "metadata.a", "1", "metadata.c", "2"),
		change("e1s", "tatus", `"active"`, "metadata.a", "1", "metadata.b", "2"),
	} {
		if other.Fingerprint() == base.Fingerprint() {
			t.Errorf("%v has the fingerprint of another change", other)
		}
	}
}
