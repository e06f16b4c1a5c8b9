package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Record is an enrollment as the sandbox holds it. Its JSON is a line of Snapshot,
// and what Load reads.
type Record struct {
	SourcedID string `json:"sourcedId"`
	Status    string `json:"status"`              // "" is stored as active
	Role      string `json:"role"`                // "" is stored as student
	Primary   string `json:"primary,omitempty"`   // "true", "false", or "" for null
	BeginDate string `json:"beginDate,omitempty"` // YYYY-MM-DD, or "" for null
	EndDate   string `json:"endDate,omitempty"`   // likewise
	// User, Class, School and Course are sourcedIds; "" is no such reference.
	User   string `json:"user,omitempty"`
	Class  string `json:"class,omitempty"`
	School string `json:"school,omitempty"`
	Course string `json:"course,omitempty"`
	// Metadata is a JSON object; stored with its keys sorted and its numbers as they
	// were written.
	Metadata json.RawMessage `json:"metadata,omitempty"`

	modified time.Time
}

// unnamed is the record of an id that an Open sandbox had not seen.
func unnamed(id string) Record {
	return Record{SourcedID: id, Status: "active", Role: "student", User: "sandbox-user", Class: "sandbox-class", School: "sandbox-school"}
}

// normalise fills in what a record always has and puts its metadata in the one form
// that it is stored in.
func (r *Record) normalise() error {
	if r.SourcedID == "" {
		return errors.New("an enrollment needs a sourcedId")
	}
	orElse(&r.Status, "active")
	orElse(&r.Role, "student")
	metadata, err := object(r.Metadata)
	if err != nil {
		return fmt.Errorf("enrollment %s: metadata: %w", r.SourcedID, err)
	}
	r.setMetadata(metadata)
	return nil
}

// setMetadata stores metadata; an empty one takes no room.
func (r *Record) setMetadata(metadata map[string]any) {
	r.Metadata = nil
	if len(metadata) > 0 {
		r.Metadata = marshal(metadata)
	}
}

// object reads a JSON object with its numbers as they are written; nothing is an
// empty object.
func object(raw []byte) (map[string]any, error) {
	m := map[string]any{}
	if len(raw) == 0 {
		return m, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := d.Decode(&m)
	return m, err
}

// apply makes the record hold what a PATCH says. The change has passed readPatch.
func (r *Record) apply(change map[string]any, o Options) {
	if _, said := change["primary"]; !said && o.PrimaryDefault {
		r.Primary = "false"
	}
	for name, v := range change {
		switch name {
		case "status":
			r.Status = v.(string)
		case "role":
			r.Role = v.(string)
		case "primary":
			r.Primary = fmt.Sprint(v)
		case "beginDate":
			r.BeginDate = v.(string)
		case "endDate":
			r.EndDate = v.(string)
		case "user":
			r.User = referred(v)
		case "class":
			r.Class = referred(v)
		case "school":
			r.School = referred(v)
		case "metadata":
			held, err := object(r.Metadata)
			if err != nil {
				panic(err) // what is stored was checked when it came
			}
			merge(held, v.(map[string]any), o.Merge == "deep")
			r.setMetadata(held)
		}
	}
	r.modified = o.Now()
}

// merge puts what from holds into held: key by key, or deeper where both hold an
// object.
func merge(held, from map[string]any, deep bool) {
	for k, v := range from {
		old, isOld := held[k].(map[string]any)
		if new, isNew := v.(map[string]any); deep && isOld && isNew {
			merge(old, new, deep)
			continue
		}
		held[k] = v
	}
}

// referred returns the sourcedId of a reference.
func referred(v any) string { return v.(map[string]any)["sourcedId"].(string) }

// wireRecord is an enrollment as the API shows it.
type wireRecord struct {
	SourcedID        string          `json:"sourcedId"`
	Status           string          `json:"status"`
	DateLastModified string          `json:"dateLastModified"`
	Metadata         json.RawMessage `json:"metadata"`
	Role             string          `json:"role"`
	Primary          *string         `json:"primary"`
	BeginDate        *string         `json:"beginDate"`
	EndDate          *string         `json:"endDate"`
	User             *wireRef        `json:"user,omitempty"`
	Class            *wireRef        `json:"class,omitempty"`
	School           *wireRef        `json:"school,omitempty"`
	Course           *wireRef        `json:"course,omitempty"`
}

type wireRef struct {
	Href      string `json:"href"`
	SourcedID string `json:"sourcedId"`
	Type      string `json:"type"`
}

// wire returns the record as the API at host shows it.
func (r Record) wire(host string) wireRecord {
	w := wireRecord{
		SourcedID: r.SourcedID, Status: r.Status, Role: r.Role, Metadata: r.Metadata,
		DateLastModified: r.lastModified(),
		Primary:          orNull(r.Primary), BeginDate: orNull(r.BeginDate), EndDate: orNull(r.EndDate),
		User:   ref(host, "user", "users", r.User),
		Class:  ref(host, "class", "classes", r.Class),
		School: ref(host, "org", "orgs", r.School),
		Course: ref(host, "course", "courses", r.Course),
	}
	if w.Metadata == nil {
		w.Metadata = json.RawMessage("{}")
	}
	return w
}

// lastModified is the record's dateLastModified.
func (r Record) lastModified() string {
	return r.modified.UTC().Format("2006-01-02T15:04:05.000Z")
}

func ref(host, kind, collection, id string) *wireRef {
	if id == "" {
		return nil
	}
	return &wireRef{
		Href:      "http://" + host + "/ims/oneroster/rostering/v1p2/" + collection + "/" + url.PathEscape(id),
		SourcedID: id,
		Type:      kind,
	}
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// envelope is the body that answers one enrollment.
func envelope(r Record, host string) []byte {
	return marshal(map[string]wireRecord{"enrollment": r.wire(host)})
}

// marshal is json.Marshal for what always marshals.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
