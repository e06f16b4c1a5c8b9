package importer_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// enrollments are n records and a source of them all, of which every so-manieth
// row differs.
func enrollments(n, every int, id func(int) string) (source string, held []sandbox.Record) {
	var b strings.Builder
	b.WriteString("sourcedId,endDate\n")
	for i := range n {
		r := sandbox.Record{SourcedID: id(i), EndDate: dayA, Primary: "false"}
		if i%every == 0 {
			r.EndDate = dayB
		}
		held = append(held, r)
		fmt.Fprintf(&b, "%s,%s\n", csvCell(r.SourcedID), dayA)
	}
	return b.String(), held
}

// csvCell quotes a value where CSV needs that.
func csvCell(value string) string {
	if strings.ContainsAny(value, `,"`) {
		return `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
	}
	return value
}

func short(i int) string { return fmt.Sprintf("e%d", i) }

// uuid is an id of the form that most systems give.
func uuid(i int) string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", i*2654435761%math.MaxUint32, i)
}

// crowded has the server say that it holds so many records, so that it does not
// pay to read them all.
func (n *night) crowded(records int) {
	behind := n.rows
	count := regexp.MustCompile(`"totalCount":\d+`)
	n.answering(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || r.URL.Query().Has("filter") || !r.URL.Query().Has("limit") {
			return false
		}
		record := httptest.NewRecorder()
		behind.ServeHTTP(record, r)
		maps.Copy(w.Header(), record.Header())
		w.Header().Del("Content-Length")
		w.WriteHeader(record.Code)
		w.Write(count.ReplaceAll(record.Body.Bytes(), fmt.Appendf(nil, `"totalCount":%d`, records)))
		return true
	})
}

// Of 20,000 rows 200 differ: two requests in a hundred of those of a full send.
func TestFewRowsThatDifferTakeFewRequests(t *testing.T) {
	const rows, differ = 20_000, 200
	source, held := enrollments(rows, rows/differ, uuid)
	n := newSchool(t, source, sandbox.Options{}, held...)
	n.crowded(10_000_000)
	m := n.sync("server", "night.report.csv")
	m.finished()
	if m.outcomes[report.Updated] != differ || m.outcomes[report.Unchanged] != rows-differ {
		t.Errorf("%v", m.outcomes)
	}
	m.sawPatches(differ)
	if got, most := len(m.patches())+len(m.reads()), rows*205/10000; got > most {
		t.Errorf("%d requests of %d rows of which %d differ; at most %d are allowed", got, rows, differ, most)
	}
}

// Ids that do not fit into the filter are read alone, and hold up no others.
func TestIDsThatAreReadAlone(t *testing.T) {
	source, held := enrollments(2000, 100, func(i int) string {
		if i%10 == 5 {
			return fmt.Sprintf("e, %d", i)
		}
		return fmt.Sprintf("e%d", i)
	})
	n := newSchool(t, source, sandbox.Options{}, held...)
	n.crowded(10_000_000)
	m := n.plan()
	m.finished()
	if m.outcomes[report.Planned] != 20 {
		t.Errorf("%v", m.outcomes)
	}
	if got := len(m.reads()); got > 200+18+10 {
		t.Errorf("%d reads of 200 ids alone and 1800 in batches", got)
	}
}

// Whatever a server makes of the filter, every row is found, and no row that
// is there is said to be missing.
func TestEveryReadingOfTheFilterFindsTheRecords(t *testing.T) {
	for _, filter := range []string{"normal", "refuse", "ignore-in"} {
		for _, cap := range []int{0, 7} {
			for _, absent := range []string{"none", "the first", "the last", "every third", "all but one", "all"} {
				t.Run(fmt.Sprintf("%s, pages of %d, absent %s", filter, cap, absent), func(t *testing.T) {
					t.Parallel()
					const rows = 150
					source, held := enrollments(rows, 10, short)
					there := map[string]bool{}
					var records []sandbox.Record
					for i, r := range held {
						gone := map[string]bool{
							"none": false, "the first": i == 0, "the last": i == rows-1, "every third": i%3 == 0, "all but one": i != 140, "all": true,
						}[absent]
						if there[r.SourcedID] = !gone; !gone {
							records = append(records, r)
						}
					}
					n := newSchool(t, source, sandbox.Options{Filter: filter, PageCap: cap}, records...)
					m := n.sync("server", "night.report.csv")
					m.finished()
					for i, l := range m.lines {
						want := report.Unchanged
						if i%10 == 0 {
							want = report.Updated
						}
						if !there[short(i)] {
							want = report.Missing
						}
						if l.Outcome != want {
							t.Fatalf("%s is %s (%s), want %s", short(i), l.Outcome, l.Message, want)
						}
					}
				})
			}
		}
	}
}

// Where the filter is of no use, the whole list is read if that costs less than
// every record by itself.
func TestTheListIsReadWhereTheFilterIsOfNoUse(t *testing.T) {
	for _, filter := range []string{"refuse", "ignore-in"} {
		t.Run(filter, func(t *testing.T) {
			t.Parallel()
			source, held := enrollments(1200, 100, short)
			n := newSchool(t, source, sandbox.Options{Filter: filter}, held...)
			n.crowded(60_000) // 20 pages, more than batches of ids and less than rows
			m := n.plan()
			m.finished()
			if m.outcomes[report.Planned] != 12 || m.outcomes[report.Unchanged] != 1188 {
				t.Errorf("%v", m.outcomes)
			}
			if got := len(m.reads()); got > 25 {
				t.Errorf("%d reads; 20 pages hold every record", got)
			}
			contains(t, string(n.talk.Bytes()), "list")
		})
	}
}

// A row is said to be missing once it has been asked for by itself, and no other
// row is.
func TestEachMissingRowIsAskedForByItself(t *testing.T) {
	source, held := enrollments(2000, 100, short)
	n := newSchool(t, source, sandbox.Options{}, held[:1000]...)
	n.crowded(10_000_000)
	m := n.plan()
	m.finished()
	if m.outcomes[report.Missing] != 1000 || m.outcomes[report.Planned] != 10 {
		t.Errorf("%v", m.outcomes)
	}
	asked := make(map[string]bool)
	for _, q := range m.reads() {
		if q.SourcedID != "" {
			asked[q.SourcedID] = true
		}
	}
	for _, l := range m.lines {
		if missing := l.Outcome == report.Missing; missing != asked[l.Cells[0]] {
			t.Fatalf("%s is %s, and was asked for by itself: %v", l.Cells[0], l.Outcome, asked[l.Cells[0]])
		}
	}
	if got := len(m.reads()); got > 1000+20+5 {
		t.Errorf("%d reads of 20 batches and 1000 missing rows", got)
	}
}

// A comparison that stops leaves a whole report, and nothing sent.
func TestAComparisonThatStops(t *testing.T) {
	source, held := enrollments(250, 10, short)
	cases := map[string]struct {
		fault func(sandbox.Request) string
		set   func(*importer.Options)
	}{
		"by an outage": {func(q sandbox.Request) string { return map[string]string{"GET": "503"}[q.Method] },
			func(o *importer.Options) { o.GiveUp = 1 }},
		"by 403s": {func(q sandbox.Request) string { return map[string]string{"GET": "403"}[q.Method] }, func(*importer.Options) {}},
		"by 401s": {func(q sandbox.Request) string { return map[string]string{"GET": "401"}[q.Method] }, func(*importer.Options) {}},
		"by a throttle that lasts": {func(q sandbox.Request) string { return map[string]string{"GET": "429"}[q.Method] },
			func(o *importer.Options) { o.GiveUp = 1 }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newSchool(t, source, sandbox.Options{Fault: c.fault}, held...)
			m := n.sync("server", "night.report.csv", c.set)
			if m.err == nil {
				t.Error("the run says that all is well")
			}
			m.sawPatches(0)
			if len(m.lines) != 250 {
				t.Fatalf("the report has %d lines of 250 rows", len(m.lines))
			}
			n.fails(nil)
			again := n.rerun(m)
			again.finished()
			again.sawPatches(25)
			if again.outcomes[report.Updated] != 25 || again.outcomes[report.Unchanged] != 225 {
				t.Errorf("%v", again.outcomes)
			}
		})
	}
	t.Run("by a signal", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		n := newSchool(t, source, sandbox.Options{Fault: func(q sandbox.Request) string {
			if q.Method == "GET" {
				cancel()
			}
			return ""
		}}, held...)
		m := n.doUntil(ctx, "import", importer.Run, n.path("rows.csv"), func(o *importer.Options) { o.Against = "server" })
		m.sawPatches(0)
		if len(m.lines) != 250 || m.err == nil {
			t.Fatalf("the report has %d lines, the run ended with %v", len(m.lines), m.err)
		}
	})
}

// A few records that cannot be read are failed, the others done.
func TestARecordThatCannotBeRead(t *testing.T) {
	for _, fault := range []string{"403", "500", "html", "cut"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\n\"e,2\",2027-06-30\ne3,2027-06-30\n", sandbox.Options{Fault: func(q sandbox.Request) string {
				if q.Method == "GET" && q.SourcedID == "e,2" {
					return fault
				}
				return ""
			}}, enrolled("e1"), enrolled("e,2"), enrolled("e3"))
			n.options.Retries = 0
			m := n.sync("server", "night.report.csv")
			m.finished()
			m.tally(report.Updated, report.Failed, report.Updated)
			contains(t, m.lines[1].Message, "could not be read", "nothing was sent")
			if m.lines[1].Attempts != 0 {
				t.Errorf("%d attempts of a row that was not sent", m.lines[1].Attempts)
			}
			m.sawPatches(2)
		})
	}
}

// The rate holds for a run as a whole, whatever stages it has.
func TestTheRateHoldsAcrossStages(t *testing.T) {
	source, held := enrollments(1100, 550, short)
	n := newSchool(t, source, sandbox.Options{}, held...)
	n.options.Rate = 4
	m := n.sync("server", "night.report.csv")
	m.finished()
	checkRate(t, m.requests, m.began, 4, n.options.Workers)
}
