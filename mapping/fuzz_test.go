package mapping_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"rosterpatch/mapping"
)

// Whatever a mapping file holds, reading it does not panic, and what it is
// written out as is read back to the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte("columns: {role: Role}\ncompute: {sourcedId: 'row.A + row.B'}\nvalues: {role: {1: student, NO: teacher}}\ndates: {endDate: MM/DD/YYYY}\ntypes: {metadata.a: number}\nset: {status: active}\nwhere: row.A == \"x\"\nonly: [role, metadata.goals]\n"))
	f.Add([]byte("set: {metadata.note: \"a\\u200b\\n'\", metadata.null: ~}"))
	f.Add([]byte("values:\n  role:\n    ? |\n      x\n    : student\n"))
	f.Add([]byte("where: >-\n  row.A\n  == 'x'\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := mapping.Parse("m.yaml", text)
		if err != nil {
			return
		}
		once := s.YAML()
		again, err := mapping.Parse("m.yaml", once)
		if err != nil {
			t.Fatalf("%v\n%s", err, once)
		}
		if twice := again.YAML(); !bytes.Equal(once, twice) {
			t.Fatalf("%s\nbecame\n%s", once, twice)
		}
		m, err := s.Compile([]string{"sourcedId", "A", "B", "Role", "endDate"})
		if err != nil {
			return
		}
		row := []string{"e1", "x", "1", "S", "06/10/2027"}
		m.Takes(row)
		checkChange(t, m, row)
	})
}

// Whatever a row holds, its change is a body of the contract.
func FuzzChange(f *testing.F) {
	f.Add("e1|active|student|true|2026-08-24|2027-06-10|u1|c1|s1|12.5|true|note|4|yes|{\"a\":[1]}")
	f.Add("1.2E+15|inactive|Student|yes|8/1/2024|45505|..|a\u200b|#N/A|1,5|x|\"\\\x01|1e999|x|{\"a\":1,\"a\":2}")
	f.Add("e|\u00a0|||||||||||-0.0||\"\\ud800\"")
	f.Fuzz(func(t *testing.T, row string) {
		m := compile(t, "types: {metadata.n: number, metadata.b: boolean, metadata.j: json}",
			"sourcedId|status|role|primary|beginDate|endDate|userSourcedId|classSourcedId|schoolSourcedId|metadata.goals.dailyXp|metadata.metrics.isSupplemental|metadata.a.t|metadata.n|metadata.a.b|metadata.j")
		checkChange(t, m, strings.Split(row, "|"))
	})
}

func checkChange(t *testing.T, m *mapping.Mapping, row []string) {
	t.Helper()
	c, problems := m.Change(row)
	for _, p := range problems {
		if s := p.String(); p.Column == "" || p.Kind == "" || p.Message == "" || strings.ContainsAny(s, "\n\r\x00") {
			t.Errorf("problem %q", s)
		}
	}
	if problems != nil && len(c.Fields) > 0 || problems == nil && c.SourcedID == "" {
		t.Errorf("change %v beside problems %v", c, problems)
	}
	if len(c.Fields) == 0 {
		return
	}
	order := []string{"status", "role", "primary", "beginDate", "endDate", "user", "class", "school", "metadata"}
	body := c.Body()
	if !json.Valid(body) || bytes.Contains(body, []byte("\ufffd")) {
		t.Fatalf("body %s", body)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, body); err != nil || !bytes.Equal(compact.Bytes(), body) {
		t.Errorf("body %s is not compact: %v", body, err)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	for range 3 { // {"enrollment":{
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
	}
	last := -1
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		at := slices.Index(order, key.(string))
		if at <= last {
			t.Errorf("key %v is unknown or out of order in %s", key, body)
		}
		last = at
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
		if string(value) == "null" || string(value) == `""` || string(value) == "{}" {
			t.Errorf("%v: %s says nothing", key, value)
		}
	}
	if last < 0 {
		t.Errorf("an empty enrollment: %s", body)
	}
	if f := c.Fingerprint(); len(f) != 32 {
		t.Errorf("fingerprint %q", f)
	}
}
