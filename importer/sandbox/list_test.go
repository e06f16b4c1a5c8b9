package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterpatch/importer/sandbox"
)

func escape(text string) string { return url.QueryEscape(text) }

// ids returns the sourcedIds of all records in the store.
func ids(b *rig) []string {
	var all []string
	for r := range b.Records() {
		all = append(all, r.SourcedID)
	}
	return all
}

type listed struct {
	Enrollments []struct{ SourcedID string }
	TotalCount  int
	Offset      int
	Limit       int
}

// list asks for a page that must come.
func (b *rig) list(query string) (ids []string, p listed) {
	b.t.Helper()
	w := b.send("GET", sandbox.EnrollmentsPath+"/?"+query, "")
	if w.Code != http.StatusOK {
		b.t.Fatalf("list %s: %d %s", query, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		b.t.Fatal(err)
	}
	for _, e := range p.Enrollments {
		ids = append(ids, e.SourcedID)
	}
	return ids, p
}

func TestListFilter(t *testing.T) {
	records := []sandbox.Record{
		{SourcedID: "a", Role: "student", EndDate: "2027-06-10", Primary: "true"},
		{SourcedID: "b", Role: "teacher", EndDate: "2027-01-31", Status: "tobedeleted"},
		{SourcedID: "c", Role: "student"},
		{SourcedID: "d/1", Role: "administrator", EndDate: "2026-12-31"},
	}
	for _, tt := range []struct {
		filter, reading string
		want            string // ids, or the status that refuses
	}{
		{"", "", "a b c d/1"},
		{"sourcedId='b'", "", "b"},
		{"sourcedId@'d/1,a,zz'", "", "a d/1"},
		{"sourcedId@'d/1,a,zz'", "ignore-in", ""},
		{"sourcedId@'a'", "ignore-in", "a"},
		{"sourcedId@'a'", "refuse", "400"},
		{"sourcedId='a'", "refuse", "a"},
		{"role!='student'", "", "b d/1"},
		{"role~'TEA'", "", "b"},
		{"endDate>'2027-01-31'", "", "a"},
		{"endDate>='2027-01-31'", "", "a b"},
		{"endDate<'2027-01-31'", "", "d/1"},
		{"endDate<='2027-01-31'", "", "b d/1"},
		{"endDate!='2027-06-10'", "", "b d/1"}, // a null is neither
		{"primary='true'", "", "a"},
		{"dateLastModified>'2020-01-01'", "", "a b c d/1"},
		{"role='student' AND endDate='2027-06-10'", "", "a"},
		{"role='student' AND endDate='2027-06-10' OR role='teacher'", "", "a b"},
		{"role='teacher' OR role='student' AND sourcedId='c'", "", "b c"},
		{"sourcedId@'a,b' AND status='active'", "", "a"},
		{"sourcedId='a' OR role='teacher'", "", "a b"},
		{" role = 'teacher' ", "", "b"},
		{"role='x AND y'", "", ""},
		{"user.sourcedId='u1'", "", "400"},
		{"user='u1'", "", "400"},
		{"metadata='x'", "", "400"},
		{"role=student", "", "400"},
		{"role='student' AND", "", "400"},
		{"role='student' and role='student'", "", "400"},
		{"role='student'role='student'", "", "400"},
		{"role#'student'", "", "400"},
		{"sourcedId='a'b'", "", "400"},
	} {
		t.Run(tt.filter+tt.reading, func(t *testing.T) {
			b := newRig(t, sandbox.Options{Filter: tt.reading}, records...)
			query := "filter=" + escape(tt.filter)
			if tt.want == "400" {
				w := b.send("GET", sandbox.EnrollmentsPath+"/?"+query, "")
				if w.Code != 400 || !strings.Contains(w.Body.String(), "invaliddata") {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				return
			}
			got, p := b.list(query)
			if strings.Join(got, " ") != tt.want || p.TotalCount != len(got) {
				t.Errorf("got %q of %d, want %q", got, p.TotalCount, tt.want)
			}
		})
	}
}

func TestListOrder(t *testing.T) {
	b := newRig(t, sandbox.Options{},
		sandbox.Record{SourcedID: "a", EndDate: "2027-01-01"}, sandbox.Record{SourcedID: "c"}, sandbox.Record{SourcedID: "b", EndDate: "2026-01-01"})
	for query, want := range map[string]string{
		"":                              "a b c",
		"sort=sourcedId":                "a b c",
		"sort=sourcedId&orderBy=desc":   "c b a",
		"sort=endDate":                  "c b a",
		"sort=endDate&orderBy=desc":     "a b c",
		"sort=status&orderBy=asc":       "a b c",
		"sort=endDate&limit=1&offset=1": "b",
	} {
		if got, _ := b.list(query); strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	for _, query := range []string{"sort=user", "orderBy=up", "limit=0", "limit=3001", "limit=x", "offset=-1", "limit=%zz"} {
		if w := b.send("GET", sandbox.EnrollmentsPath+"/?"+query, ""); w.Code != 400 {
			t.Errorf("%s: status %d, want 400", query, w.Code)
		}
	}
	if w := b.send("GET", sandbox.EnrollmentsPath, ""); w.Code != 200 {
		t.Errorf("without a slash: status %d", w.Code)
	}
}

// TestListPages holds that going on until offset reaches totalCount finds each record
// once, however short the pages are.
func TestListPages(t *testing.T) {
	for _, tt := range []struct {
		cap, limit, pages int
		query             string
	}{
		{0, 0, 3, ""},
		{0, 100, 3, "&sort=role"},
		{0, 3000, 1, ""},
		{40, 3000, 7, ""},
	} {
		b := newRig(t, sandbox.Options{PageCap: tt.cap})
		for i := range 250 {
			if err := b.Put(sandbox.Record{SourcedID: fmt.Sprintf("e%03d", i)}); err != nil {
				t.Fatal(err)
			}
		}
		var found []string
		pages := 0
		for offset := 0; ; pages++ {
			query := fmt.Sprintf("offset=%d%s", offset, tt.query)
			if tt.limit > 0 {
				query += fmt.Sprintf("&limit=%d", tt.limit)
			}
			got, p := b.list(query)
			found = append(found, got...)
			if want := max(tt.limit, 100); p.Limit != want || p.TotalCount != 250 {
				t.Fatalf("page %+v", p)
			}
			if offset = p.Offset; offset >= p.TotalCount {
				pages++
				break
			}
		}
		if diff := cmp.Diff(ids(b), found); diff != "" || pages != tt.pages {
			t.Errorf("%+v: %d pages; records (-want +got):\n%s", tt, pages, diff)
		}
		if got, p := b.list("offset=900"); got != nil || p.Offset != 250 {
			t.Errorf("past the end: %+v", p)
		}
	}
}
