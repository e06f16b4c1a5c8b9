package mapping_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWholeMetadata(t *testing.T) {
	m := compile(t, "types: {metadata: json}", "sourcedId|status|metadata")
	tests := []struct{ cell, want string }{
		{``, "nothing"},
		{`{}`, "nothing"},
		{`{"b": {"y": [1.0, "x", true, null], "x": {}}, "a": 1e2, "goals": {"dailyXp": 12.50}, "metrics": {"isSupplemental": false, "courseType": "base"}}`,
			`{"enrollment":{"metadata":{"a":1e2,"b":{"x":{},"y":[1.0,"x",true,null]},"goals":{"dailyXp":12.50},"metrics":{"courseType":"base","isSupplemental":false}}}}`},
		{`[]`, `metadata: "[]" is not a JSON object; allowed: {"key": value, …}`},
		{`{"a": 1} x`, `metadata: "{\"a\": 1} x" is not JSON: invalid character 'x' after top-level value`},
		{`{"a": 1, "a": 2}`, `metadata: "{\"a\": 1, \"a\": 2}" is not JSON: the key "a" stands in it twice`},
		{`{"a": [{"b": 1e999}]}`, `metadata: "{\"a\": [{\"b\": 1e999}]}" is not JSON: the number 1e999 is too large`},
		{`{"a": "\ud800"}`, `metadata: "{\"a\": \"\\ud800\"}" is not JSON: a text in it has characters that were lost on the way`},
		{`{"a.b": 1}`, `metadata: "{\"a.b\": 1}" is not metadata: the key "a.b" holds a dot`},
		{`{"": 1}`, `metadata: "{\"\": 1}" is not metadata: "metadata." has an empty or unreadable part; write metadata.key or metadata.key.key`},
		{`{"goals": 5}`, `metadata: "{\"goals\": 5}" is not metadata: metadata.goals is not an object`},
		{`{"goals": {"dailyXP": 5}}`, `metadata: "{\"goals\": {\"dailyXP\": 5}}" is not metadata: "metadata.goals.dailyXP" is not a field; did you mean "metadata.goals.dailyXp"?`},
		{`{"goals": {"dailyXp": "5"}}`, `metadata: "{\"goals\": {\"dailyXp\": \"5\"}}" is not metadata: metadata.goals.dailyXp has the wrong type`},
		{`{"metrics": {"isSupplemental": "true"}}`, `metadata: "{\"metrics\": {\"isSupplemental\": \"true\"}}" is not metadata: metadata.metrics.isSupplemental has the wrong type`},
		{`{"metrics": {"courseType": null}}`, `metadata: "{\"metrics\": {\"courseType\": null}}" is not metadata: metadata.metrics.courseType has the wrong type`},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, say(m, "e1", "", test.cell)); diff != "" {
			t.Errorf("%s: %s", test.cell, diff)
		}
	}
	if got := say(m, "e1", "", strings.Repeat("[", 1<<20)); !strings.Contains(got, "exceeded max depth") {
		t.Errorf("got %.300s", got)
	}
	one, _ := m.Change([]string{"e1", "", `{"a":{"x":1,"y":2}}`})
	other, _ := m.Change([]string{"e1", "", `{"a": {"y": 2, "x": 1}}`})
	if one.Fingerprint() != other.Fingerprint() {
		t.Error("the order of keys in a cell counts in the fingerprint")
	}
	only := compile(t, "types: {metadata: json}\nonly: [metadata.a]", "sourcedId|status|metadata")
	if got, want := say(only, "e1", "active", `{"a": 1, "b": 2}`), `{"enrollment":{"metadata":{"a":1}}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	none := compile(t, "types: {metadata: json}\nonly: [status]", "sourcedId|status|metadata")
	if got, want := say(none, "e1", "active", `{`), `{"enrollment":{"status":"active"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
