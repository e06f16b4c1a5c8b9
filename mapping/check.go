package mapping

import "strings"

// checkType judges one line of the types section.
func checkType(f field, e entry) error {
	if f.name == "metadata" && e.text == "json" {
		return nil
	}
	if f.name == "metadata" {
		return e.errorf("the whole metadata can only be json")
	}
	if !strings.HasPrefix(f.name, "metadata.") || typedMetadata[strings.Split(f.name, ".")[1]] != nil {
		return e.errorf("%s has a type of its own; only other metadata can be given one", f.name)
	}
	if _, ok := typeNames[e.text]; !ok {
		return e.errorf("%q is not a type; allowed: string, number, boolean, json", e.text)
	}
	return nil
}

// checkDate judges one line of the dates section.
func checkDate(f field, e entry) error {
	if f.kind != typeDate && f.kind != typeText {
		return e.errorf("%s is not a date; allowed: beginDate, endDate, and metadata that is text", f.name)
	}
	if _, err := parseDateFormat(e.text); err != nil {
		return e.errorf("%v", err)
	}
	return nil
}

// checkConstant judges what set or values put into a field. Whatever format
// the source has its dates in, a constant is in the field's own.
func checkConstant(f field, e entry) error {
	f.format = dateFormat{}
	switch f.kind {
	case typeID:
		return e.errorf("each row needs a sourcedId of its own; it cannot be a constant")
	case typeNever:
		return e.errorf("%s is never sent; leave it out", f.name)
	case typeMetadata:
		return e.errorf("name the key: metadata.key")
	}
	if e.text == "" {
		return e.errorf("%s needs a value: a blank leaves the field as it is", f.name)
	}
	return checkText(f, e)
}

func checkText(f field, e entry) error {
	p := textProblem(e.text)
	if p == nil {
		_, p = f.appendJSON(nil, e.text)
	}
	if p == nil {
		return nil
	}
	p.Column, p.Value = f.name, e.text
	if p.Kind == KindValue || p.Kind == KindDate {
		p.Hint = "" // it would name another line of the mapping than this one
	}
	return e.errorf("%s", p)
}

// check judges what is spread over several sections of a mapping file.
func (s Spec) check() error {
	for name, e := range sorted(s.dates) {
		if t, both := s.types[name]; both {
			return e.errorf("%s has both a type (%s) and a date format; keep one", name, t.at)
		}
	}
	for name, e := range sorted(s.set) {
		f, err := s.field(name)
		if err == nil {
			err = checkConstant(f, e)
		}
		if err != nil {
			return err
		}
	}
	for name, values := range sorted(s.values) {
		f, err := s.field(name)
		if err != nil {
			return err
		}
		for _, e := range sorted(values) {
			if e.text == "" {
				continue // this source value leaves the field as it is
			}
			if err := checkText(f, e); err != nil {
				return err
			}
		}
	}
	return nil
}
