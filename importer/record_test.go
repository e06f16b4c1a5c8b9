package importer

import (
	"encoding/json"
	"strings"
	"testing"

	"rosterpatch/importer/oneroster"
	"rosterpatch/mapping"
)

func TestHeld(t *testing.T) {
	var r oneroster.Record
	err := json.Unmarshal([]byte(`{"status":"active","primary":null,"endDate":"","user":{"href":"http://x/u1","sourcedId":"u1","type":"user"},
		"class":{"href":"http://x"},"school":"s1","metadata":{"a":{"b":{"c":1}},"n":null,"l":[1],"jp":"x"}}`), &r)
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"status": `"active"`, "role": "", "primary": "", "endDate": `""`,
		"user": `{"sourcedId":"u1"}`, "class": "", "school": "",
		"metadata.a.b.c": "1", "metadata.a.b": `{"c":1}`, "metadata.a.x": "", "metadata.a.b.c.d": "",
		"metadata.n": "", "metadata.n.m": "", "metadata.l": "[1]", "metadata.l.0": "", "metadata.jp.seat": "", "metadata.x": "",
	} {
		if got := string(held(r, field)); got != want {
			t.Errorf("%s holds %s, want %s", field, got, want)
		}
	}
	if got := held(oneroster.Record{"metadata": json.RawMessage("null")}, "metadata.a"); got != nil {
		t.Errorf("null metadata holds %s", got)
	}
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		field, a, b string
		want        bool
	}{
		{"status", `"active"`, `"active"`, true},
		{"status", `"active"`, `"Active"`, false},
		{"role", `"student"`, ``, false},
		{"role", ``, ``, true},
		{"primary", `true`, `"true"`, true},
		{"primary", `true`, `"True"`, true},
		{"primary", `false`, `"true"`, false},
		{"primary", `false`, ``, false},
		{"endDate", `"2027-06-30"`, `"2027-06-30T00:00:00.000Z"`, true},
		{"endDate", `"2027-06-30"`, `"2027-06-30T00:00:00Z"`, true},
		{"endDate", `"2027-06-30"`, `"2027-06-30T00:00:00+00:00"`, true},
		{"endDate", `"2027-06-30"`, `"2027-06-30 00:00:00"`, true},
		{"endDate", `"2027-06-30"`, `"2027-06-30T12:00:00Z"`, false},
		{"endDate", `"2027-06-30"`, `"2027-06-30T00:00:00+02:00"`, false},
		{"endDate", `"2027-06-30"`, `"2027-07-01"`, false},
		{"user", `{"sourcedId":"u1"}`, `{ "sourcedId" : "u1" }`, true},
		{"user", `{"sourcedId":"u1"}`, `{"sourcedId":"u2"}`, false},
		{"metadata.goals.dailyXp", `10`, `10.0`, true},
		{"metadata.goals.dailyXp", `1e1`, `10`, true},
		{"metadata.goals.dailyXp", `10`, `11`, false},
		{"metadata.goals.dailyXp", `0`, `-0`, true},
		{"metadata.seat", `"7"`, `7`, false},
		{"metadata.seat", `"true"`, `true`, false},
		{"metadata.seat", `"é"`, `"\u00e9"`, true},
		{"metadata.seat", `""`, ``, false},
		{"metadata.x", `{"a":[1,{"b":2}]}`, `{"a":[1.0,{"b":2e0}]}`, true},
		{"metadata.x", `{"a":1}`, `{"a":1,"b":2}`, false},
		{"metadata.x", `{"a":1,"b":2}`, `{"b":2,"a":1}`, true},
		{"metadata.x", `[1,2]`, `[2,1]`, false},
	} {
		for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if got := same(c.field, raw(pair[0]), raw(pair[1])); got != c.want {
				t.Errorf("%s: %s and %s are the same: %v", c.field, pair[0], pair[1], got)
			}
		}
	}
}

func raw(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// What goes out is right whether metadata merges deeply or not, and whether or
// not leaving primary out resets it.
func TestComplete(t *testing.T) {
	const metadata = `"metadata":{"goals":{"dailyXp":1,"dailyLessons":2,"x":3,"dailyAccuracy":"high"},"jp":{"a":{"b":1,"c":null}},"n":1}`
	for _, c := range []struct{ name, record, change, want string }{
		{"primary is repeated", `{"primary":"true"}`, `role="teacher"`, `{"role":"teacher","primary":"true"}`},
		{"in the form that a PATCH may say", `{"primary":"True"}`, `role="teacher"`, `{"role":"teacher","primary":"true"}`},
		{"unless there is none", `{"primary":null}`, `role="teacher"`, `{"role":"teacher"}`},
		{"or a PATCH cannot say it", `{"primary":"maybe"}`, `role="teacher"`, `{"role":"teacher"}`},
		{"or it changes", `{"primary":"true"}`, `primary=false endDate="2027-06-30"`, `{"primary":false,"endDate":"2027-06-30"}`},
		{"in its place", `{"primary":"false"}`, `status="active" beginDate="2026-08-01" user={"sourcedId":"u1"}`,
			`{"status":"active","primary":"false","beginDate":"2026-08-01","user":{"sourcedId":"u1"}}`},
		{"before all others", `{"primary":"false"}`, `school={"sourcedId":"s1"}`, `{"primary":"false","school":{"sourcedId":"s1"}}`},
		{"nested objects go whole", `{` + metadata + `}`, `metadata.jp.a.b=2`, `{"metadata":{"jp":{"a":{"b":2,"c":null}}}}`},
		{"once", `{` + metadata + `}`, `metadata.jp.a.b=2 metadata.jp.d=3`, `{"metadata":{"jp":{"a":{"b":2,"c":null},"d":3}}}`},
		{"what is not nested goes alone", `{` + metadata + `}`, `metadata.n=2`, `{"metadata":{"n":2}}`},
		{"goals as the schema allows", `{` + metadata + `}`, `metadata.goals.dailyXp=5`, `{"metadata":{"goals":{"dailyLessons":2,"dailyXp":5}}}`},
		{"where there was no metadata", `{}`, `metadata.jp.a.b=2 metadata.n=1`, `{"metadata":{"jp":{"a":{"b":2}},"n":1}}`},
		{"where a text was", `{"metadata":{"jp":"x"}}`, `metadata.jp.a=2`, `{"metadata":{"jp":{"a":2}}}`},
	} {
		var r oneroster.Record
		if err := json.Unmarshal([]byte(c.record), &r); err != nil {
			t.Fatal(err)
		}
		before, _ := json.Marshal(r)
		got := string(complete(mapping.Change{SourcedID: "e1", Fields: fieldsOf(t, c.change)}, r).Enrollment())
		if got != c.want {
			t.Errorf("%s: sent %s, want %s", c.name, got, c.want)
		}
		if after, _ := json.Marshal(r); string(after) != string(before) {
			t.Errorf("%s: the record became %s", c.name, after)
		}
	}
}

// fieldsOf reads "name=JSON name=JSON".
func fieldsOf(t *testing.T, text string) (fields []mapping.Field) {
	t.Helper()
	for _, field := range strings.Fields(text) {
		name, value, ok := strings.Cut(field, "=")
		if !ok {
			t.Fatalf("%q is no field", field)
		}
		fields = append(fields, mapping.Field{Name: name, Value: json.RawMessage(value)})
	}
	return fields
}
