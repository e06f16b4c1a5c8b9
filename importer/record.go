package importer

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rosterpatch/importer/oneroster"
	"rosterpatch/mapping"
)

// held is what a record holds in a field of a change, in the change's own form:
// of user, class and school the reference alone. It is nil where the record
// holds nothing, or null.
func held(r oneroster.Record, field string) json.RawMessage {
	key, inner, nested := strings.Cut(field, ".")
	value := r[key]
	for nested {
		key, inner, nested = strings.Cut(inner, ".")
		value = oneroster.Member(value, key)
	}
	switch {
	case len(value) == 0 || string(value) == "null":
		return nil
	case slices.Contains(references, field):
		id := oneroster.Member(value, "sourcedId")
		if !bytes.HasPrefix(id, []byte(`"`)) {
			return nil
		}
		value = slices.Concat([]byte(`{"sourcedId":`), id, []byte(`}`))
	}
	return value
}

// references are the fields that name another record.
var references = []string{"user", "class", "school"}

// same reports whether two values of a field are one to the server, which
// returns booleans as strings, dates as it likes, and numbers in its own spelling.
func same(field string, a, b json.RawMessage) bool {
	a, b = orNull(a), orNull(b)
	if bytes.Equal(a, b) {
		return true
	}
	switch field {
	case "primary":
		return strings.EqualFold(unquoted(a), unquoted(b))
	case "beginDate", "endDate":
		return day(unquoted(a)) == day(unquoted(b))
	}
	return alike(decoded(a), decoded(b))
}

// unquoted is the text of a JSON string, or the JSON itself.
func unquoted(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) != nil {
		return string(value)
	}
	return s
}

// day is the calendar date at the front of a date or a date-time of midnight.
func day(date string) string {
	if at := strings.IndexAny(date, "T "); at > 0 && strings.Trim(date[at+1:], "0:.Z+-") == "" {
		return date[:at]
	}
	return date
}

// sayable is a value that a server holds in the form in which a PATCH may say it.
func sayable(field string, value json.RawMessage) json.RawMessage {
	form := strings.ToLower // of primary
	switch field {
	case "beginDate", "endDate":
		form = day
	case "primary":
	default:
		return value
	}
	if text := unquoted(value); form(text) != text {
		value, _ = json.Marshal(form(text)) // a string always marshals
	}
	return value
}

func decoded(value json.RawMessage) any {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return string(value)
	}
	return v
}

// alike compares decoded JSON; numbers are the same if a float64 holds them so.
func alike(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return false
		}
		x, errX := strconv.ParseFloat(a.String(), 64)
		y, errY := strconv.ParseFloat(b.String(), 64)
		return errX == nil && errY == nil && x == y
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, alike)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, alike)
	}
	return a == b
}

// differing are the fields of a change that the record does not hold yet.
func differing(fields []mapping.Field, r oneroster.Record) []mapping.Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f mapping.Field) bool {
		return same(f.Name, f.Value, held(r, f.Name))
	})
}

// with is the record after a change: a copy, with the fields set.
func with(r oneroster.Record, fields []mapping.Field) oneroster.Record {
	after := maps.Clone(r)
	if after == nil {
		after = make(oneroster.Record, len(fields))
	}
	for _, f := range fields {
		key, inner, nested := strings.Cut(f.Name, ".")
		if nested {
			after[key] = put(after[key], inner, f.Value)
		} else {
			after[key] = f.Value
		}
	}
	return after
}

// put sets the value at a path inside a JSON object. What is none becomes one.
func put(object json.RawMessage, path string, value json.RawMessage) json.RawMessage {
	o := objectOf(object)
	if o == nil {
		o = make(map[string]json.RawMessage)
	}
	key, inner, nested := strings.Cut(path, ".")
	if nested {
		value = put(o[key], inner, value)
	}
	o[key] = value
	merged, _ := json.Marshal(o) // of raw JSON, which was read or made as such
	return merged
}

// complete makes a change right under either reading of the API's two open
// points. Whether a PATCH merges metadata deeply or replaces each of its keys
// is not said, so every nested object that is touched goes whole. Whether a
// PATCH without primary sets it to its default is not said either, so primary
// is repeated as it is.
func complete(change mapping.Change, r oneroster.Record) mapping.Change {
	var fields, metadata []mapping.Field
	after := with(r, change.Fields)
	for _, f := range change.Fields {
		_, key, isMetadata := strings.Cut(f.Name, "metadata.")
		if !isMetadata {
			fields = append(fields, f)
			continue
		}
		top, _, nested := strings.Cut(key, ".")
		name := "metadata." + top
		if slices.ContainsFunc(metadata, func(m mapping.Field) bool { return m.Name == name }) {
			continue
		}
		value := f.Value
		if nested {
			value = allowed(name, held(after, name))
		}
		metadata = append(metadata, mapping.Field{Name: name, Value: value})
	}
	primary := sayable("primary", held(r, "primary"))
	if mapping.Allowed("primary", primary) && !slices.ContainsFunc(fields, func(f mapping.Field) bool { return f.Name == "primary" }) {
		at := slices.IndexFunc(fields, func(f mapping.Field) bool { return f.Name != "status" && f.Name != "role" })
		if at < 0 {
			at = len(fields)
		}
		fields = slices.Insert(fields, at, mapping.Field{Name: "primary", Value: primary})
	}
	return mapping.Change{SourcedID: change.SourcedID, Fields: append(fields, metadata...)}
}

// allowed leaves out of goals and metrics what the API's schema has no room
// for, though the record holds it.
func allowed(name string, object json.RawMessage) json.RawMessage {
	if name != "metadata.goals" && name != "metadata.metrics" {
		return object
	}
	o := objectOf(object)
	if o == nil {
		return object
	}
	maps.DeleteFunc(o, func(key string, value json.RawMessage) bool { return !mapping.Allowed(name+"."+key, value) })
	trimmed, _ := json.Marshal(o)
	return trimmed
}

// excerpts are the JSON objects of what a record holds in the fields of a change
// and what it is to hold, null for nothing: result.before and result.after.
func excerpts(r oneroster.Record, fields []mapping.Field) (before, after string) {
	changed := with(r, fields)
	var was, is []mapping.Field
	for _, f := range fields {
		name := displaced(r, f.Name)
		if slices.ContainsFunc(was, func(w mapping.Field) bool { return w.Name == name }) {
			continue
		}
		was = append(was, mapping.Field{Name: name, Value: orNull(held(r, name))})
		is = append(is, mapping.Field{Name: name, Value: orNull(held(changed, name))})
	}
	return string(mapping.Change{Fields: was}.Enrollment()), string(mapping.Change{Fields: is}.Enrollment())
}

// displaced is the name of what a field takes the place of: its own, or that of
// the text, number or list that has to make way for the object it lies in.
func displaced(r oneroster.Record, field string) string {
	for i, c := range field {
		if c != '.' || field[:i] == "metadata" {
			continue
		}
		if value := held(r, field[:i]); value != nil && value[0] != '{' {
			return field[:i]
		}
	}
	return field
}

func orNull(value json.RawMessage) json.RawMessage {
	if value == nil {
		return json.RawMessage("null")
	}
	return value
}

// mentions reports whether a result.before says anything of a field, be it null.
func mentions(r oneroster.Record, field string) bool {
	key, inner, nested := strings.Cut(field, ".")
	value, ok := r[key]
	for nested && ok {
		key, inner, nested = strings.Cut(inner, ".")
		value = oneroster.Member(value, key)
		ok = value != nil
	}
	return ok
}

// objectOf is a JSON object by its keys, nil if it is none.
func objectOf(value json.RawMessage) (o map[string]json.RawMessage) {
	if json.Unmarshal(value, &o) != nil {
		return nil
	}
	return o
}
