package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// parseDocument reads one JSON document. Keys given twice are refused, since
// servers differ in which of the two they take, and so are numbers a float64
// cannot hold. Numbers keep their text.
func parseDocument(text string) (any, *Problem) {
	// The whole is checked first: its grammar, one document, bounded depth.
	var doc any
	err := json.Unmarshal([]byte(text), new(json.RawMessage))
	if err == nil {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		doc, err = decodeValue(d)
	}
	if err != nil {
		return nil, &Problem{Kind: KindJSON, Message: "is not JSON: " + strings.TrimPrefix(err.Error(), "json: ")}
	}
	return doc, nil
}

func decodeValue(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := t.(type) {
	case json.Number:
		if !isNumber(v.String()) {
			return nil, fmt.Errorf("the number %s is too large", v)
		}
		return v, nil
	case json.Delim:
		if v == '[' {
			return decodeArray(d)
		}
		return decodeObject(d)
	case string:
		if p := textProblem(v); p != nil {
			return nil, errors.New("a text in it " + p.Message)
		}
	}
	return t, nil
}

func decodeArray(d *json.Decoder) (any, error) {
	list := []any{}
	for d.More() {
		v, err := decodeValue(d)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}

func decodeObject(d *json.Decoder) (any, error) {
	object := map[string]any{}
	for d.More() {
		key, err := decodeValue(d)
		if err != nil {
			return nil, err
		}
		name := key.(string)
		if _, twice := object[name]; twice {
			return nil, fmt.Errorf("the key %q stands in it twice", name)
		}
		if object[name], err = decodeValue(d); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

// metadataFields splits the cell of a metadata column into one field a key,
// so that it is compared and sent like the columns of other files.
func metadataFields(text string) ([]Field, *Problem) {
	doc, p := parseDocument(text)
	if p != nil {
		return nil, p
	}
	object, ok := doc.(map[string]any)
	if !ok {
		return nil, &Problem{Kind: KindJSON, Message: "is not a JSON object", Allowed: `{"key": value, …}`}
	}
	var fields []Field
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if strings.Contains(key, ".") {
			return nil, metadataProblem("the key %q holds a dot", key)
		}
		name := "metadata." + key
		if typedMetadata[key] == nil {
			if _, err := metadataField(name); err != nil {
				return nil, metadataProblem("%v", err)
			}
			fields = appendLeaves(fields, name, object[key])
			continue
		}
		group, ok := object[key].(map[string]any)
		if !ok {
			return nil, metadataProblem("%s is not an object", name)
		}
		for _, inner := range slices.Sorted(maps.Keys(group)) {
			f, err := metadataField(name + "." + inner)
			if err != nil {
				return nil, metadataProblem("%v", err)
			}
			if !f.takes(group[inner]) {
				return nil, metadataProblem("%s has the wrong type", f.name)
			}
			fields = append(fields, Field{f.name, marshal(group[inner])})
		}
	}
	return fields, nil
}

// appendLeaves adds the fields of a JSON value. An object is taken apart, so that
// what it holds is compared, sent and put back key by key, as columns of those
// names are, and keys that only the server holds stay. One that is empty, or has a
// key that no name can hold, is a value.
func appendLeaves(fields []Field, name string, value any) []Field {
	object, _ := value.(map[string]any)
	keys := slices.Sorted(maps.Keys(object))
	if len(keys) == 0 || slices.ContainsFunc(keys, func(key string) bool { return key == "" || strings.Contains(key, ".") }) {
		return append(fields, Field{name, marshal(value)})
	}
	for _, key := range keys {
		fields = appendLeaves(fields, name+"."+key, object[key])
	}
	return fields
}

func metadataProblem(format string, args ...any) *Problem {
	return &Problem{Kind: KindJSON, Message: "is not metadata: " + fmt.Sprintf(format, args...)}
}

// takes reports whether a decoded JSON value is of the field's type.
func (f field) takes(v any) bool {
	switch v.(type) {
	case json.Number:
		return f.kind == typeNumber
	case bool:
		return f.kind == typeBoolean
	case string:
		return f.kind == typeText
	}
	return false
}
