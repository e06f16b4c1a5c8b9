package oneroster

import (
	"bytes"
	"encoding/json"
	"maps"
	"testing"
)

// FuzzMembers holds the cutting of valid JSON against package json, and wants no
// more of other text than that it does no harm.
func FuzzMembers(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `null`, ``, `{`, `[`, `"`, `{"a":`, `{"a":"b\`, `[1,`, `{"a":1}x`,
		`{"a":1,"b":"x","c":null,"d":{"e":[1,{"f":"}"}]},"g":[]}`,
		" {\n\t\"a\" : -1.5e+3 ,\r\n \"b\" : [ true , \"]\" ] } ",
		`{"a\"b":"\\","\u00e9":"\"","a":1,"a":2}`,
		`[[],{},"a,b",1 ,2]`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		object, list := parseObject(text), parseList(text)
		if !json.Valid(text) || bytes.Contains(text, []byte("\xef\xbf\xbd")) || !bytes.Equal(text, bytes.ToValidUTF8(text, nil)) {
			return
		}
		var wantObject map[string]json.RawMessage
		json.Unmarshal(text, &wantObject)
		if len(object) != len(wantObject) || !maps.EqualFunc(object, wantObject, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			t.Errorf("%s: members %q, want %q", text, object, wantObject)
		}
		for key, value := range wantObject {
			if got := object[key]; !bytes.Equal(got, value) {
				t.Errorf("%s: %q is %s, want %s", text, key, got, value)
			}
		}
		var wantList []json.RawMessage
		json.Unmarshal(text, &wantList)
		if len(list) != len(wantList) || (list == nil) != (wantList == nil) {
			t.Fatalf("%s: elements %q, want %q", text, list, wantList)
		}
		for i, value := range wantList {
			if !bytes.Equal(list[i], value) {
				t.Errorf("%s: element %d is %s, want %s", text, i, list[i], value)
			}
		}
	})
}

func TestMember(t *testing.T) {
	object := json.RawMessage(`{"a":{"b":null},"b":7,"c\u0064":"x"}`)
	for key, want := range map[string]string{"a": `{"b":null}`, "b": "7", "cd": `"x"`, "c": "", "": ""} {
		if got := Member(object, key); string(got) != want {
			t.Errorf("%q is %s, want %s", key, got, want)
		}
	}
	for _, none := range []string{"", "null", `"a"`, `["a"]`, "7"} {
		if got := Member(json.RawMessage(none), "a"); got != nil {
			t.Errorf("%q has the member %s", none, got)
		}
	}
}
