package importer_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"rosterpatch/importer"
	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// newSchool is a night on a server that holds these records and no others.
func newSchool(t *testing.T, source string, o sandbox.Options, held ...sandbox.Record) *night {
	t.Helper()
	n := newNight(t, source, o)
	n.serve(o, held...)
	return n
}

// serve puts another server behind the night's options, with these records.
func (n *night) serve(o sandbox.Options, held ...sandbox.Record) {
	n.Helper()
	n.become(o, held)
	live := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n.rows.ServeHTTP(w, r) }))
	n.Cleanup(live.Close)
	n.options.Server.BaseURL, n.options.Server.TokenURL = live.URL, live.URL+sandbox.TokenPath
}

// fails has the server go on with its records, but fail so.
func (n *night) fails(fault func(sandbox.Request) string) {
	n.Helper()
	n.become(sandbox.Options{Fault: fault}, slices.Collect(n.rows.Records()))
}

func (n *night) become(o sandbox.Options, held []sandbox.Record) {
	n.Helper()
	o.ClientSecret, o.Log = secret, n.log
	n.rows = sandbox.New(o)
	n.hold(held...)
}

// hold writes records as someone else would, behind the program's back.
func (n *night) hold(records ...sandbox.Record) {
	n.Helper()
	for _, r := range records {
		if err := n.rows.Put(r); err != nil {
			n.Fatal(err)
		}
	}
}

// held is a record of the server.
func (n *night) held(id string) sandbox.Record {
	n.Helper()
	r, ok := n.rows.Get(id)
	if !ok {
		n.Fatalf("the server has no record %q", id)
	}
	return r
}

// action is one of the things the package does with a file.
type action func(context.Context, importer.Options) (importer.Summary, error)

// do does act with a file as the command of this name, and holds what it left
// behind against what all of them promise. set changes the options for it.
func (n *night) do(command string, act action, file string, set ...func(*importer.Options)) *morning {
	n.Helper()
	return n.doUntil(n.Context(), command, act, file, set...)
}

func (n *night) doUntil(ctx context.Context, command string, act action, file string, set ...func(*importer.Options)) *morning {
	n.Helper()
	if file == "" {
		n.Fatalf("there is no file to %s", command)
	}
	m := &morning{night: n, outcomes: make(map[report.Outcome]int)}
	o := n.options
	o.Sources = []string{file}
	for _, s := range set {
		s(&o)
	}
	before := len(n.requests())
	m.began = time.Now()
	m.summary, m.err = act(ctx, o)
	m.requests = n.requests()[before:]
	if m.report = m.summary.Report; m.report != "" {
		m.lines = readReport(n.T, m.report)
		m.checkFacts()
	}
	checkOnce(n.T, m.lines)
	checkTurns(n.T, m.patches())
	checkBodies(n.T, m.patches())
	m.checkSecrets()
	return m
}

func (n *night) plan(set ...func(*importer.Options)) *morning {
	n.Helper()
	return n.do("plan", importer.Plan, n.path("rows.csv"), set...)
}

func (n *night) apply(plan *morning, set ...func(*importer.Options)) *morning {
	n.Helper()
	return n.do("apply", importer.Apply, plan.report, set...)
}

func (n *night) undo(of *morning, set ...func(*importer.Options)) *morning {
	n.Helper()
	return n.do("undo", importer.Undo, of.report, set...)
}

func (n *night) rerun(of *morning, set ...func(*importer.Options)) *morning {
	n.Helper()
	return n.do("rerun", importer.Rerun, of.report, set...)
}

// sync imports rows.csv against something, into a report of this name.
func (n *night) sync(against, name string, set ...func(*importer.Options)) *morning {
	n.Helper()
	set = append([]func(*importer.Options){func(o *importer.Options) { o.Against, o.Report = against, n.path(name) }}, set...)
	return n.do("import", importer.Run, n.path("rows.csv"), set...)
}

// tally compares the outcomes of the report's lines, in order of the source.
func (m *morning) tally(want ...report.Outcome) *morning {
	m.Helper()
	got := make([]report.Outcome, len(m.lines))
	for i, l := range m.lines {
		got[i] = l.Outcome
	}
	if !slices.Equal(got, want) {
		m.Errorf("the report says %v, want %v", got, want)
		for _, l := range m.lines {
			m.Logf("%d %s: %s", l.Line, l.Outcome, l.Message)
		}
	}
	return m
}

// each is the outcome of n rows.
func each(n int, o report.Outcome) []report.Outcome {
	return slices.Repeat([]report.Outcome{o}, n)
}

// sent compares the bodies of the PATCHes, in the order in which they came.
func (m *morning) sent(want ...string) {
	m.Helper()
	var got []string
	for _, q := range m.patches() {
		got = append(got, q.SourcedID+" "+string(q.Body))
	}
	if !slices.Equal(got, want) {
		m.Errorf("sent:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// same compares the whole store with what it was.
func (n *night) same(as []byte, when string) {
	n.Helper()
	if now := n.rows.Snapshot(); string(now) != string(as) {
		n.Errorf("%s the server holds\n%s\nand not, as before,\n%s", when, differ(now, as), differ(as, now))
	}
}

// differ are the first lines of a that are not in b.
func differ(a, b []byte) string {
	other := strings.Split(string(b), "\n")
	lines := slices.DeleteFunc(strings.Split(string(a), "\n"), func(l string) bool { return slices.Contains(other, l) })
	return strings.Join(lines[:min(len(lines), 2)], "\n")
}

// keyOrder is that of a body.
var keyOrder = []string{"status", "role", "primary", "beginDate", "endDate", "user", "class", "school", "metadata"}

// checkBodies: every body is valid, has its keys in order, and says something.
func checkBodies(t *testing.T, patches []sandbox.Request) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(oneroster.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	schema := doc.Paths.Value(sandbox.EnrollmentsPath + "/{sourcedId}").Patch.RequestBody.Value.Content["application/json"].Schema.Value
	for _, q := range patches {
		var body any
		if err := json.Unmarshal(q.Body, &body); err != nil {
			t.Errorf("the body of %s is no JSON: %s", q.SourcedID, q.Body)
			continue
		}
		if err := schema.VisitJSON(body); err != nil {
			t.Errorf("the body of %s is not valid: %s: %v", q.SourcedID, q.Body, err)
		}
		var enrollment struct{ Enrollment json.RawMessage }
		if err := json.Unmarshal(q.Body, &enrollment); err != nil {
			t.Error(err)
		}
		keys := keysOf(t, enrollment.Enrollment)
		if len(keys) == 0 || !slices.IsSortedFunc(keys, func(a, b string) int { return slices.Index(keyOrder, a) - slices.Index(keyOrder, b) }) {
			t.Errorf("the keys of %s come in the order %v", q.SourcedID, keys)
		}
	}
}

// keysOf are the keys of a JSON object, in order.
func keysOf(t *testing.T, object []byte) []string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(object)))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.(string))
		if err := d.Decode(new(json.RawMessage)); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}
