package importer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
	"rosterpatch/mapping"
)

// chain is a night after which another comes, in a directory of reports.
type chain struct {
	*night
	reports string
	count   int
}

func newChain(t *testing.T, source string, held ...sandbox.Record) *chain {
	t.Helper()
	c := &chain{night: newSchool(t, source, sandbox.Options{}, held...)}
	c.reports = c.path("reports")
	if err := os.Mkdir(c.reports, 0o700); err != nil {
		t.Fatal(err)
	}
	return c
}

// next imports a file against the directory of reports, into it.
func (c *chain) next(source string, set ...func(*importer.Options)) *morning {
	c.Helper()
	c.put("rows.csv", source)
	c.count++
	report := filepath.Join("reports", fmt.Sprintf("night-%d.report.csv", c.count))
	m := c.sync(c.reports, report, set...)
	if len(m.reads()) > 0 {
		c.Errorf("night %d made %d reads", c.count, len(m.reads()))
	}
	return m
}

// stopped is the next night, which an outage ends before the first request is
// answered, or after so many.
func (c *chain) stopped(source string, after int) *morning {
	c.Helper()
	patched := 0
	c.fails(func(q sandbox.Request) string {
		if q.Method == "PATCH" {
			if patched++; patched > after {
				return "503"
			}
		}
		return ""
	})
	m := c.next(source, func(o *importer.Options) { o.GiveUp, o.Workers, o.Retries = 1, 1, 0 })
	if m.err == nil {
		c.Error("the night was not stopped")
	}
	c.fails(nil)
	return m
}

// ends compares an end date.
func (c *chain) ends(id, want string) {
	c.Helper()
	if got := c.held(id).EndDate; got != want {
		c.Errorf("%s ends %s, want %s", id, got, want)
	}
}

const (
	dayA = "2027-06-30"
	dayB = "2027-07-15"
)

// ending is a source that says when each enrollment ends: "e1=A e2=B".
func ending(rows string) string {
	var b strings.Builder
	b.WriteString("sourcedId,endDate\n")
	for _, row := range strings.Fields(rows) {
		id, day, _ := strings.Cut(row, "=")
		b.WriteString(id + "," + map[string]string{"A": dayA, "B": dayB, "-": ""}[day] + "\n")
	}
	return b.String()
}

func TestNightsFollowOneAnother(t *testing.T) {
	c := newChain(t, "", enrolled("e1"), enrolled("e2"), enrolled("e3"))
	first := c.next(ending("e1=A e2=A"))
	first.tally(report.Updated, report.Updated)
	c.next(ending("e1=A e2=A")).tally(report.Unchanged, report.Unchanged)
	third := c.next(ending("e1=A e2=B e3=A"))
	third.tally(report.Unchanged, report.Updated, report.Updated)
	third.sawPatches(2)
	if third.lines[0].Fingerprint != first.lines[0].Fingerprint || first.lines[0].Fingerprint == "" {
		t.Errorf("the fingerprint %q of a row that stayed became %q", first.lines[0].Fingerprint, third.lines[0].Fingerprint)
	}
	c.next(ending("e3=A e2=A e1=A")).tally(report.Unchanged, report.Updated, report.Unchanged)
	c.ends("e2", dayA)
}

func TestARowThatFlipsIsSentEachTime(t *testing.T) {
	between := map[string]func(*chain){
		"a night": func(c *chain) { c.next(ending("e1=B e2=A")).tally(report.Updated, report.Unchanged) },
		"a night that was stopped": func(c *chain) {
			c.stopped(ending("e1=B e3=A e2=B"), 1).tally(report.Updated, report.Failed, report.Unsent)
		},
		"a night that failed": func(c *chain) {
			c.fails(func(q sandbox.Request) string {
				if q.Method == "PATCH" {
					return "lost" // carried out, and no answer
				}
				return ""
			})
			c.next(ending("e1=B e2=A"), func(o *importer.Options) { o.Retries = 0 }).tally(report.Unknown, report.Unchanged)
			c.fails(nil)
		},
		"two nights, the last stopped": func(c *chain) {
			c.next(ending("e1=B e2=A"))
			c.stopped(ending("e2=B e1=B"), 0)
		},
		"a night that was killed before it wrote the line": func(c *chain) {
			m := c.next(ending("e1=B e2=A"))
			mend(c.T, m.report, func(h []string, rows [][]string) ([]string, [][]string) { return h, nil })
			kill(c.T, m.report)
		},
		"a night in shards": func(c *chain) {
			for i := range 2 {
				c.next(ending("e1=B e2=A"), func(o *importer.Options) { o.Shard = importer.Shard{Index: i, Of: 2} })
			}
		},
		"a night whose report has a name of its own": func(c *chain) {
			c.put("rows.csv", ending("e1=B e2=A"))
			c.sync(c.reports, "reports/tuesday.csv")
		},
		"a night with the report that is now replaced": func(c *chain) {
			c.put("rows.csv", ending("e1=B e2=A"))
			c.sync(c.reports, "reports/night-2.report.csv")
		},
		"a comparison with the server": func(c *chain) {
			c.put("rows.csv", ending("e1=B"))
			c.sync("server", "reports/compared.report.csv").tally(report.Updated)
		},
		"an undo": func(c *chain) {
			c.put("rows.csv", ending("e1=B"))
			m := c.sync("server", "reports/compared.report.csv")
			c.next(ending("e1=A e2=A"))
			c.do("undo", importer.Undo, m.report)
		},
		"a plan that was applied": func(c *chain) {
			c.put("rows.csv", ending("e1=B e2=A"))
			plan := c.plan(named(filepath.Join(c.reports, "monday.plan.csv")))
			c.apply(plan).tally(report.Updated, report.Unchanged)
		},
	}
	for name, happens := range between {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t, "", enrolled("e1"), enrolled("e2"), enrolled("e3"))
			c.next(ending("e1=A e2=A")).tally(report.Updated, report.Updated)
			happens(c)
			last := c.next(ending("e1=A e2=A"), func(o *importer.Options) { o.Force = true })
			last.finished()
			c.ends("e1", dayA)
			c.ends("e2", dayA)
		})
	}
}

func TestAgainstAReport(t *testing.T) {
	cases := []struct{ name, then, now, sent string }{
		{"the same", "e1=A e2=A", "e1=A e2=A", ""},
		{"another row", "e1=A", "e1=A e2=A", "e2=A"},
		{"another value", "e1=A e2=A", "e1=B e2=A", "e1=B"},
		{"another order", "e1=A e2=B", "e2=B e1=A", ""},
		{"an id twice then", "e1=A e1=B", "e1=B", ""},
		{"an id twice then, and the first value now", "e1=A e1=B", "e1=A", "e1=A"},
		{"an id twice now", "e1=A", "e1=B e1=A", "e1=B e1=A"},
		{"an id twice now, the same", "e1=A", "e1=A e1=A", ""},
		{"an id twice both times", "e1=A e1=B", "e1=A e1=B", "e1=A e1=B"},
		{"an id three times", "e1=A", "e1=A e1=B e1=A", "e1=B e1=A"},
		{"blank then", "e1=-", "e1=A", "e1=A"},
		{"blank now", "e1=A", "e1=- e1=A", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newSchool(t, ending(c.then), sandbox.Options{}, enrolled("e1"), enrolled("e2"))
			then := n.sync("", "then.report.csv")
			n.put("rows.csv", ending(c.now))
			now := n.sync(then.report, "now.report.csv")
			now.finished()
			if len(now.reads()) > 0 {
				t.Errorf("%d reads", len(now.reads()))
			}
			var sent []string
			for _, q := range now.patches() {
				day := "A"
				if strings.Contains(string(q.Body), dayB) {
					day = "B"
				}
				sent = append(sent, q.SourcedID+"="+day)
			}
			if got := strings.Join(sent, " "); got != c.sent {
				t.Errorf("sent %q, want %q", got, c.sent)
			}
			rows := strings.Fields(c.now)
			if len(now.lines) != len(rows) {
				t.Errorf("%d lines of %d rows", len(now.lines), len(rows))
			}
		})
	}
}

// A report that does not say that a row was brought to its value says nothing.
func TestOnlyWhatIsDoneIsSkipped(t *testing.T) {
	n := newSchool(t, ending("e1=A e9=A e2=A"), sandbox.Options{Fault: func(q sandbox.Request) string {
		if q.Method == "PATCH" && q.SourcedID == "e2" {
			return "500"
		}
		return ""
	}}, enrolled("e1"), enrolled("e2"))
	n.options.Retries = 0
	then := n.sync("", "then.report.csv")
	then.tally(report.Updated, report.Failed, report.Failed)
	n.fails(nil)
	now := n.sync(then.report, "now.report.csv")
	now.tally(report.Unchanged, report.Failed, report.Updated)
	now.sawPatches(2)
}

// Another server holds something else.
func TestReportsOfAnotherServerSayNothing(t *testing.T) {
	c := newChain(t, "", enrolled("e1"))
	c.next(ending("e1=A")).tally(report.Updated)
	c.serve(sandbox.Options{}, enrolled("e1")) // such as the sandbox, and then the real one
	c.next(ending("e1=A")).tally(report.Updated)
	c.ends("e1", dayA)
}

func TestADirectoryWithStrangeThings(t *testing.T) {
	c := newChain(t, "", enrolled("e1"))
	c.next(ending("e1=A")).tally(report.Updated)
	for name, text := range map[string]string{
		"other.report.json": "{", "gone.report.json": `{"state":"finished","start":"2030-01-01T00:00:00Z"}`, "notes.txt": "",
	} {
		c.put(filepath.Join("reports", name), text)
	}
	// A feed with a mapping of its own keeps its reports here too.
	spec, err := mapping.Parse("m.yaml", []byte("columns: {sourcedId: Enrollment, endDate: Exit}\n"))
	if err != nil {
		t.Fatal(err)
	}
	c.sync("", "reports/other-feed.report.csv", func(o *importer.Options) {
		o.Sources, o.Mapping = []string{c.put("feed.csv", "Enrollment,Exit\ne9,2027-06-30\n")}, &spec
	})
	c.next(ending("e1=A")).finished()

	brackets := c.path("roster[2027]")
	if err := os.Rename(c.reports, brackets); err != nil {
		t.Fatal(err)
	}
	c.put("rows.csv", ending("e1=A"))
	m := c.sync(brackets, "last.report.csv")
	m.finished()
	m.sawPatches(0)
}

func TestAgainstWhatIsNotThere(t *testing.T) {
	n := newSchool(t, ending("e1=A"), sandbox.Options{}, enrolled("e1"))
	ended[*importer.UsageError](n.sync(n.path("nowhere"), "night.report.csv"), "--against", "not there", "server")
	ended[*importer.RefusedError](n.sync(n.path("rows.csv"), "night.report.csv"), "--against")
	// An empty directory is the first night.
	empty := n.path("empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	m := n.sync(empty, "night.report.csv")
	m.tally(report.Updated)
	contains(t, string(n.talk.Bytes()), "every row is sent")
}

// A report that a person or a spreadsheet had in hand never stops the night.
func TestAFingerprintThatIsNone(t *testing.T) {
	for _, fingerprint := range []string{"", "x", "1.2E+31", strings.Repeat("ab", 17), strings.Repeat("ab", 100), strings.Repeat("zz", 16)} {
		n := newSchool(t, ending("e1=A"), sandbox.Options{}, enrolled("e1"))
		then := n.sync("", "then.report.csv")
		mend(t, then.report, func(h []string, rows [][]string) ([]string, [][]string) {
			rows[0][slices.Index(h, "result.fingerprint")] = fingerprint
			return h, rows
		})
		m := n.sync(then.report, "now.report.csv")
		m.finished()
		m.sawPatches(1)
	}
}

// A row that is left out goes by the run before, and a rerun keeps to that.
func TestARerunOfARunAgainstAReport(t *testing.T) {
	n := newSchool(t, ending("e1=A e2=A"), sandbox.Options{}, enrolled("e1"), enrolled("e2"))
	then := n.sync("", "then.report.csv")
	n.put("rows.csv", ending("e1=A e2=B"))
	ctx, cancel := context.WithCancel(t.Context())
	n.fails(func(q sandbox.Request) string {
		if q.Method == "PATCH" {
			cancel()
			return "503"
		}
		return ""
	})
	stopped := n.doUntil(ctx, "import", importer.Run, n.path("rows.csv"), func(o *importer.Options) { o.Against, o.Report = then.report, n.path("now.report.csv") })
	n.fails(nil)
	again := n.rerun(stopped)
	again.tally(report.Unchanged, report.Updated)
	again.sawPatches(1)
}

// Shards of one night run side by side: what another is at does not touch the
// rows of this one.
func TestShardsOfOneNightDoNotHoldEachOtherUp(t *testing.T) {
	c := newChain(t, "", enrolled("e1"), enrolled("e2"), enrolled("e3"))
	source := ending("e1=A e2=A e3=A")
	for _, night := range []int{1, 2} {
		sent := 0
		for i := range 2 {
			m := c.next(source, func(o *importer.Options) { o.Shard = importer.Shard{Index: i, Of: 2} })
			m.finished()
			sent += len(m.patches())
			if night == 2 && i == 0 {
				kill(t, m.report) // as a run looks that is still at work
			}
		}
		if want := map[int]int{1: 3, 2: 0}[night]; sent != want {
			t.Errorf("night %d sent %d rows, want %d", night, sent, want)
		}
	}
}

// One server can be written in more than one way.
func TestANightWithTheURLWrittenOtherwise(t *testing.T) {
	c := newChain(t, "", enrolled("e1"))
	c.next(ending("e1=A")).tally(report.Updated)
	c.next(ending("e1=B"), func(o *importer.Options) { o.Server.BaseURL += "/" }).tally(report.Updated)
	c.next(ending("e1=A")).tally(report.Updated)
	c.ends("e1", dayA)
}

// Who names a report means it: the sandbox has another address every time.
func TestAReportOfAnotherServerIsWarnedOf(t *testing.T) {
	n := newSchool(t, ending("e1=A"), sandbox.Options{}, enrolled("e1"))
	then := n.sync("", "then.report.csv")
	was := n.options.Server.BaseURL
	n.serve(sandbox.Options{}, enrolled("e1"))
	m := n.sync(then.report, "now.report.csv")
	m.tally(report.Unchanged)
	contains(t, string(n.talk.Bytes()), "another server", was, n.options.Server.BaseURL)
}
