package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rosterpatch/importer/sandbox"
)

var sameRecord = cmpopts.IgnoreUnexported(sandbox.Record{})

func TestPatchChangesWhatItSays(t *testing.T) {
	held := sandbox.Record{
		SourcedID: "e1", Status: "active", Role: "student", Primary: "true", BeginDate: "2026-08-17",
		User: "u1", Class: "c1", School: "101", Course: "k1", Metadata: json.RawMessage(`{"a":{"b":1,"c":{"d":1.50}},"p":"q"}`),
	}
	for _, tt := range []struct {
		name    string
		options sandbox.Options
		change  string
		want    func(*sandbox.Record)
	}{
		{name: "one field", change: `{"role":"teacher"}`, want: func(r *sandbox.Record) { r.Role = "teacher" }},
		{name: "every field", change: `{"status":"tobedeleted","role":"proctor","primary":false,"beginDate":"2026-09-01","endDate":"2027-06-10","user":{"sourcedId":"u2"},"class":{"sourcedId":"c2"},"school":{"sourcedId":"102"}}`,
			want: func(r *sandbox.Record) {
				r.Status, r.Role, r.Primary = "tobedeleted", "proctor", "false"
				r.BeginDate, r.EndDate = "2026-09-01", "2027-06-10"
				r.User, r.Class, r.School = "u2", "c2", "102"
			}},
		{name: "primary as text", change: `{"primary":"false"}`, want: func(r *sandbox.Record) { r.Primary = "false" }},
		{name: "revived", change: `{"status":"active"}`, want: func(r *sandbox.Record) {}},
		{name: "metadata deep", change: `{"metadata":{"a":{"c":{"e":2.0}},"n":null}}`,
			want: func(r *sandbox.Record) {
				r.Metadata = json.RawMessage(`{"a":{"b":1,"c":{"d":1.50,"e":2.0}},"n":null,"p":"q"}`)
			}},
		{name: "metadata by key at the top", options: sandbox.Options{Merge: "top"}, change: `{"metadata":{"a":{"c":{"e":2.0}}}}`,
			want: func(r *sandbox.Record) { r.Metadata = json.RawMessage(`{"a":{"c":{"e":2.0}},"p":"q"}`) }},
		{name: "metadata of another shape", change: `{"metadata":{"a":"x","p":{"q":1}}}`,
			want: func(r *sandbox.Record) { r.Metadata = json.RawMessage(`{"a":"x","p":{"q":1}}`) }},
		{name: "primary left out is reset", options: sandbox.Options{PrimaryDefault: true}, change: `{"role":"teacher"}`,
			want: func(r *sandbox.Record) { r.Role, r.Primary = "teacher", "false" }},
		{name: "primary said is not reset", options: sandbox.Options{PrimaryDefault: true}, change: `{"primary":"true"}`, want: func(r *sandbox.Record) {}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newRig(t, tt.options, held)
			b.patch("e1", tt.change, http.StatusOK)
			want := held
			tt.want(&want)
			if diff := cmp.Diff(want, b.record("e1"), sameRecord); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
			if q := b.last(); !q.Applied || q.Status != 200 || string(q.Body) != `{"enrollment":`+tt.change+`}` {
				t.Errorf("log: %+v %s", q, q.Body)
			}
		})
	}
}

func TestPatchAnswers(t *testing.T) {
	for _, tt := range []struct{ answer, want string }{
		{"", `{"enrollment":{"sourcedId":"e/1","status":"active","dateLastModified":"2026-08-17T03:00:00.000Z","metadata":{"seat":"1"},"role":"teacher","primary":null,"beginDate":null,"endDate":"2027-06-10","user":{"href":"http://example.com/ims/oneroster/rostering/v1p2/users/u%2F1","sourcedId":"u/1","type":"user"}}}`},
		{"empty", `{}`},
		{"status", `{"imsx_codeMajor":"success","imsx_severity":"status","imsx_description":"the enrollment is updated","imsx_CodeMinor":{"imsx_codeMinorField":[{"imsx_codeMinorFieldName":"TargetEndSystem","imsx_codeMinorFieldValue":"fullsuccess"}]}}`},
		{"none", ``},
	} {
		c := newClock()
		b := newRig(t, sandbox.Options{Answer: tt.answer, Now: c.time}, sandbox.Record{SourcedID: "e/1", EndDate: "2027-06-10", User: "u/1", Metadata: json.RawMessage(`{"seat":"1"}`)})
		c.pass(time.Hour)
		b.authorization = authorise(t, b.Server)
		w := b.patch("e/1", `{"role":"teacher"}`, http.StatusOK)
		if got := w.Body.String(); got != tt.want {
			t.Errorf("Answer %q:\n got %s\nwant %s", tt.answer, got, tt.want)
		}
		if id := w.Header().Get("X-Request-Id"); id == "" || id != b.last().RequestID {
			t.Errorf("x-request-id %q, in the log %q", id, b.last().RequestID)
		}
	}
}

func TestPatchRefusals(t *testing.T) {
	const good = `{"enrollment":{"role":"teacher"}}`
	for _, tt := range []struct {
		name   string
		method string
		target string
		header map[string]string // "" takes a header away
		body   string
		want   int
		minor  string
		says   string
	}{
		{name: "no token", header: map[string]string{"Authorization": ""}, want: 401, minor: "unauthorisedrequest"},
		{name: "another token", header: map[string]string{"Authorization": "Bearer x"}, want: 401, minor: "unauthorisedrequest"},
		{name: "another scheme", header: map[string]string{"Authorization": "Basic eDp5"}, want: 401, minor: "unauthorisedrequest"},
		{name: "no Content-Type", header: map[string]string{"Content-Type": ""}, want: 415, minor: "invaliddata"},
		{name: "another Content-Type", header: map[string]string{"Content-Type": "text/json"}, want: 415, minor: "invaliddata"},
		{name: "a charset", header: map[string]string{"Content-Type": "application/json; charset=utf-8"}, want: 200},
		{name: "not JSON", body: `{"enrollment"`, want: 400, minor: "invaliddata", says: "not JSON"},
		{name: "not UTF-8", body: "{\"enrollment\":{\"metadata\":{\"a\":\"\xff\"}}}", want: 400, minor: "invaliddata", says: "not UTF-8"},
		{name: "too large", body: `{"enrollment":{"metadata":{"a":"` + strings.Repeat("x", 1<<20) + `"}}}`, want: 413, minor: "invaliddata"},
		{name: "nothing to change", body: `{"enrollment":{}}`, want: 422, minor: "invaliddata", says: "enrollment must not be empty"},
		{name: "a wrong value", body: `{"enrollment":{"role":"Student"}}`, want: 422, minor: "invaliddata", says: `enrollment.role must be one of \"administrator\",\"proctor\",\"student\",\"teacher\"`},
		{name: "two wrong values", body: `{"enrollment":{"endDate":"45505","metadata":{"goals":{"dailyXp":"x"}}}}`, want: 422, minor: "invaliddata", says: `"field":"enrollment.metadata.goals.dailyXp"`},
		{name: "a number no float holds", body: `{"enrollment":{"metadata":{"goals":{"dailyXp":1e999}}}}`, want: 422, minor: "invaliddata"},
		{name: "no such enrollment", target: path("none"), want: 404, minor: "unknownobject"},
		{name: "two segments", target: sandbox.EnrollmentsPath + "/e/1", want: 404, minor: "unknownobject"},
		{name: "another collection", target: "/ims/oneroster/rostering/v1p2/users/e1", want: 404, minor: "unknownobject"},
		{name: "dots", target: sandbox.EnrollmentsPath + "/%2e%2e", want: 400, minor: "invaliddata"},
		{name: "NUL", target: path("e\x00"), want: 400, minor: "invaliddata"},
		{name: "the list", target: sandbox.EnrollmentsPath + "/", want: 405, minor: "invaliddata"},
		{name: "PUT", method: "PUT", want: 405, minor: "invaliddata"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newRig(t, sandbox.Options{}, sandbox.Record{SourcedID: "e1"}, sandbox.Record{SourcedID: "e/1"})
			before := string(b.Snapshot())
			method, target, body := "PATCH", path("e1"), good
			if tt.method != "" {
				method = tt.method
			}
			if tt.target != "" {
				target = tt.target
			}
			if tt.body != "" {
				body = tt.body
			}
			r := httptest.NewRequest(method, target, strings.NewReader(body))
			r.Header.Set("Authorization", b.authorization)
			r.Header.Set("Content-Type", "application/json")
			for k, v := range tt.header {
				if r.Header.Set(k, v); v == "" {
					r.Header.Del(k)
				}
			}
			w := httptest.NewRecorder()
			b.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Fatalf("status %d, want %d: %s", w.Code, tt.want, w.Body)
			}
			for _, says := range []string{tt.says, tt.minor} {
				if !strings.Contains(w.Body.String(), says) {
					t.Errorf("%q is not in %s", says, w.Body)
				}
			}
			q := b.last()
			if q.Status != tt.want || q.Applied != (tt.want == 200) {
				t.Errorf("log: %+v", q)
			}
			if changed := string(b.Snapshot()) != before; changed != (tt.want == 200) {
				t.Error("the store does not fit the answer")
			}
		})
	}
}

// TestIDs holds that any id a record can have arrives as it is.
func TestIDs(t *testing.T) {
	for _, id := range []string{"e1", "a/b", "a?b#c", "100%", "%2F", "a b", "a+b", "é", "名", "@-_.", "...", "a'b,c", `"`} {
		b := newRig(t, sandbox.Options{}, sandbox.Record{SourcedID: id})
		b.patch(id, `{"role":"teacher"}`, http.StatusOK)
		if q := b.last(); q.SourcedID != id || b.record(id).Role != "teacher" {
			t.Errorf("id %q arrived as %q", id, q.SourcedID)
		}
		if w := b.send("GET", path(id), ""); w.Code != http.StatusOK {
			t.Errorf("GET %q: %d", id, w.Code)
		}
	}
}

func TestOpen(t *testing.T) {
	b := newRig(t, sandbox.Options{Open: true})
	if _, ok := b.Get("e1"); ok {
		t.Fatal("a record before it was asked for")
	}
	b.patch("e1", `{"role":"teacher"}`, http.StatusOK)
	if r := b.record("e1"); r.Role != "teacher" || r.Status != "active" {
		t.Errorf("record %+v", r)
	}
	b.send("GET", path("e2"), "")
	b.send("GET", sandbox.EnrollmentsPath+"/?filter="+escape("sourcedId@'e3,e4'"), "")
	want := []string{"e1", "e2", "e3", "e4"}
	if diff := cmp.Diff(want, ids(b)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}
