package importer_test

import (
	"encoding/json"
	"strings"
	"testing"

	"rosterpatch/importer"
	"rosterpatch/importer/sandbox"
	"rosterpatch/mapping"
)

// checkOf checks the night's source, and sees that no request is made.
func checkOf(n *night) importer.Checked {
	n.Helper()
	c, _ := findingsOf(n)
	return c
}

func findingsOf(n *night) (importer.Checked, []string) {
	n.Helper()
	var found []string
	before, files := len(n.requests()), len(n.files())
	c, err := importer.Check(n.Context(), n.options, func(f importer.Finding) {
		found = append(found, strings.TrimPrefix(f.String(), n.dir+"/"))
	})
	if err != nil && !is[*importer.RefusedError](err) {
		n.Fatal(err)
	}
	if len(n.requests()) != before || len(n.files()) != files {
		n.Error("a check left a trace")
	}
	return c, found
}

func TestCheckTellsAllThatIsWrong(t *testing.T) {
	n := newNight(t, "sourcedId,role,status,endDate\n"+
		"e1,teacher,active,2027-06-30\n"+
		"e2,Student,inactive,06/30/2027\n"+
		"\n"+
		"1.2E+15,student,active,2027-06-30\n"+
		"e3,student\n"+
		"e4,,,\n"+
		"e1,student,tobedeleted,\n", sandbox.Options{})
	c, found := findingsOf(n)
	want := []string{
		"rows.csv:3: role: ", "rows.csv:3: status: ", "rows.csv:3: endDate: ",
		"rows.csv:5: sourcedId: ", "rows.csv:6: ",
	}
	if len(found) != len(want) {
		t.Fatalf("found %q", found)
	}
	for _, w := range want {
		if !strings.Contains(strings.Join(found, "\n"), w) {
			t.Errorf("%q is not among %q", w, found)
		}
	}
	if c.Rows != 6 || c.Send != 2 || c.ToBeDeleted != 1 || c.Unchanged != 1 || c.Invalid != 3 || c.Skipped != 1 || c.Refused != "" {
		t.Errorf("%+v", c)
	}
	kinds := 0
	for _, count := range c.Problems {
		kinds += count
	}
	if kinds != len(found) || c.Problems[importer.KindRow] != 1 || c.Problems[mapping.KindMangled] != 1 {
		t.Errorf("problems by kind are %v", c.Problems)
	}
	contains(t, strings.Join(c.Warnings, "\n"), "more than one row", "2 and 8")
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(text), `"rows":6`, `"warnings":[`)
	clean := checkOf(newNight(t, rows(2), sandbox.Options{}))
	if text, _ = json.Marshal(clean); strings.Contains(string(text), "null") {
		t.Errorf("JSON of a clean file holds null: %s", text)
	}
}

func TestCheckNeedsNoServer(t *testing.T) {
	n := newNight(t, rows(3), sandbox.Options{})
	n.options = importer.Options{Sources: n.options.Sources}
	if c := checkOf(n); c.Rows != 3 || c.Send != 3 {
		t.Errorf("%+v", c)
	}
}

func TestCheckOfStandardInput(t *testing.T) {
	n := newNight(t, "", sandbox.Options{})
	n.options.Sources, n.options.Stdin = []string{"-"}, strings.NewReader("sourcedId,role\ne1,Teacher\n")
	_, found := findingsOf(n)
	if len(found) != 1 || !strings.HasPrefix(found[0], "stdin:2: role: ") {
		t.Errorf("found %q", found)
	}
}

func TestCheckOfAFileThatIsRefused(t *testing.T) {
	for name, source := range map[string]string{"empty": "", "no id": "role\nteacher\n", "a quote": "sourcedId,role\n\"e1,teacher\n"} {
		n := newNight(t, source, sandbox.Options{})
		_, err := importer.Check(t.Context(), n.options, func(importer.Finding) {})
		if !is[*importer.RefusedError](err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is wrong with a header is found on its line, wherever that is.
func TestCheckOfAHeaderBelowATitle(t *testing.T) {
	n := newNight(t, "Enrollments: Fall 2026,\n\nsourcedId,enddate\ne1,2027-06-10\n", sandbox.Options{})
	_, found := findingsOf(n)
	if len(found) != 1 || !strings.HasPrefix(found[0], "rows.csv:3: (header): ") {
		t.Errorf("found %q", found)
	}
	if _, err := importer.Check(t.Context(), n.options, func(importer.Finding) {}); err == nil || !strings.Contains(err.Error(), "rows.csv:3: column ") {
		t.Errorf("refused with %v", err)
	}
}
