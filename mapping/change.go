package mapping

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
)

// Change is what one row says an enrollment should hold.
type Change struct {
	// SourcedID names the enrollment. It is no part of the body.
	SourcedID string
	// Fields are in the order of the body: status, role, primary, beginDate,
	// endDate, user, class, school, then metadata in the order of the
	// columns. Without fields the row has nothing to send.
	Fields []Field
}

// Field is one field of a change.
type Field struct {
	// Name is a name of the body. Each dot of metadata.goals.dailyXp opens a
	// nested object.
	Name string
	// Value is compact JSON and must not be changed: user, class and school
	// are {"sourcedId":"…"}, primary is a boolean, and numbers keep the
	// decimal text they had.
	Value json.RawMessage
}

// Body is the request body {"enrollment":{…}}: compact, its keys in the order
// of Fields, metadata nested. It must not be called for a change without
// fields, since an empty enrollment is never sent.
func (c Change) Body() []byte {
	b := append(make([]byte, 0, len(`{"enrollment":}`)+c.size()), `{"enrollment":`...)
	b = appendObject(b, c.Fields, 0)
	return append(b, '}')
}

// Enrollment is the object inside Body; without fields it is empty.
func (c Change) Enrollment() []byte { return appendObject(make([]byte, 0, c.size()), c.Fields, 0) }

// size is what the fields take at the most, in bytes.
func (c Change) size() int {
	size := len(`{}`)
	for _, f := range c.Fields {
		size += len(f.Name) + len(f.Value) + len(`"":,{}`)
	}
	return size
}

// appendObject writes fields as an object whose keys begin at byte depth of
// their names. A key comes where its first field stands.
func appendObject(b []byte, fields []Field, depth int) []byte {
	b = append(b, '{')
	for i, f := range fields {
		key, _, nested := strings.Cut(f.Name[depth:], ".")
		end := depth + len(key)
		inside := func(o Field) bool { return covers(f.Name[:end], o.Name) }
		if slices.ContainsFunc(fields[:i], inside) {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = appendString(b, key)
		b = append(b, ':')
		if !nested {
			b = append(b, f.Value...)
			continue
		}
		var group []Field
		for _, o := range fields[i:] {
			if inside(o) {
				group = append(group, o)
			}
		}
		b = appendObject(b, group, end+1)
	}
	return append(b, '}')
}

// Fingerprint is 32 hexadecimal digits that stand for the id and the whole
// change, whatever order its fields came in: the first half of a SHA-256.
// It is stable between runs and versions.
func (c Change) Fingerprint() string {
	var room [32]int // enough for nearly all; sorting numbers is cheaper than sorting fields
	order := room[:0]
	for i := range c.Fields {
		order = append(order, i)
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(c.Fields[a].Name, c.Fields[b].Name) })
	// Each part is preceded by its length, so that no two changes can run
	// together to the same bytes.
	b := appendPart(make([]byte, 0, 512), c.SourcedID)
	for _, i := range order {
		b = appendPart(b, c.Fields[i].Name)
		b = appendPart(b, c.Fields[i].Value)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

func appendPart[Text ~string | ~[]byte](b []byte, part Text) []byte {
	return append(binary.AppendUvarint(b, uint64(len(part))), part...)
}
