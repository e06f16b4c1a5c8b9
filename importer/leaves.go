package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"rosterpatch/importer/oneroster"
	"rosterpatch/mapping"
)

// leaves are the fields of target, an object such as result.before, in its order.
// An object inside metadata is taken apart where the record holds an object there
// now; else one of them took the place of the other, and it is restored whole.
func leaves(target string, present oneroster.Record) ([]mapping.Field, error) {
	return appendLeaves(nil, []byte(target), present, "")
}

func appendLeaves(fields []mapping.Field, target []byte, present map[string]json.RawMessage, path string) ([]mapping.Field, error) {
	d := json.NewDecoder(bytes.NewReader(target))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("read what a record held: it is no JSON object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("read what a record held: %w", err)
		}
		name := path + key.(string) // the keys of an object are strings
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("read what a record held: %w", err)
		}
		inner := objectOf(present[key.(string)])
		if (name == "metadata" || path != "") && inner != nil && plainKeys(objectOf(value)) && plainKeys(inner) {
			if fields, err = appendLeaves(fields, value, inner, name+"."); err != nil {
				return nil, err
			}
			continue
		}
		fields = append(fields, mapping.Field{Name: name, Value: value})
	}
	return fields, nil
}

// plainKeys reports whether an object can be gone into by a path: no key of it
// has a dot.
func plainKeys(o map[string]json.RawMessage) bool {
	for key := range o {
		if strings.Contains(key, ".") {
			return false
		}
	}
	return o != nil
}
