package importer_test

import (
	"os"
	"testing"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
	"rosterpatch/mapping"
)

// What an enrollment was brought to last is what the last row of the last run says,
// in whichever order the lines of reports stand.

// An id may stand on an early line of the second file.
func TestTheLastRowOfSeveralFilesCounts(t *testing.T) {
	c := newChain(t, ending("e2=A e1=A"), enrolled("e1"), enrolled("e2"))
	other := c.put("other.csv", ending("e1=B"))
	first := c.do("import", importer.Run, c.path("rows.csv"), func(o *importer.Options) {
		o.Sources, o.Report = append(o.Sources, other), c.path("reports/first.report.csv")
	})
	first.tally(report.Updated, report.Updated, report.Updated)
	c.next(ending("e2=A e1=A")).tally(report.Unchanged, report.Updated)
	c.ends("e1", dayA)

	again := c.do("import", importer.Run, c.path("rows.csv"), func(o *importer.Options) {
		o.Sources, o.Report, o.Workers = append(o.Sources, other), c.path("again.report.csv"), 1
	})
	again.finished()
	again.forget()
	c.put("rows.csv", ending("e2=A e1=A"))
	c.sync(again.report, "then.report.csv").tally(report.Unchanged, report.Updated)
}

// An undo goes from the last row to the first.
func TestTheFirstRowOfAnUndoCounts(t *testing.T) {
	was := enrolled("e1")
	was.EndDate = dayA
	c := newChain(t, ending("e1=B e1=A e1=B"), was)
	applied := c.sync("server", "applied.report.csv")
	applied.finished()
	c.undo(applied, func(o *importer.Options) { o.Report = c.path("reports/undone.report.csv") }).finished()
	c.ends("e1", dayA)
	c.next(ending("e1=B")).tally(report.Updated)
	c.ends("e1", dayB)
}

// The rerun of a night before the last carries lines on that are older than the last
// night's.
func TestARerunOfAnOlderNight(t *testing.T) {
	c := newChain(t, "", enrolled("e1"), enrolled("e2"))
	c.fails(func(q sandbox.Request) string {
		return map[string]string{"e2": "failure"}[q.SourcedID]
	})
	monday := c.next(ending("e1=A e2=A"))
	monday.tally(report.Updated, report.Failed)
	c.fails(nil)
	c.next(ending("e1=B")).tally(report.Updated)
	c.rerun(monday).tally(report.Updated, report.Updated)
	c.next(ending("e1=A e2=A")).tally(report.Updated, report.Unchanged)
	c.ends("e1", dayA)
}

// Where the facts of the newest report are lost, it is not known what it changed.
func TestTheFactsOfTheNewestReportAreLost(t *testing.T) {
	for name, lose := range map[string]func(path string) error{
		"gone": os.Remove,
		"cut":  func(path string) error { return os.Truncate(path, 20) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newChain(t, "", enrolled("e1"))
			c.next(ending("e1=A")).tally(report.Updated)
			tuesday := c.next(ending("e1=B"))
			if err := lose(report.FactsPath(tuesday.report)); err != nil {
				t.Fatal(err)
			}
			c.next(ending("e1=A")).tally(report.Updated)
			c.ends("e1", dayA)
			contains(t, string(c.talk.Bytes()), "every row is sent")
		})
	}
}

// A night may be told to read its rows otherwise than the one before it.
func TestOptionsChangeFromNightToNight(t *testing.T) {
	c := newChain(t, "", enrolled("e1"), enrolled("e2"))
	c.next("sourcedId,endDate,role\ne1,"+dayA+",teacher\ne2,"+dayA+",teacher\n").tally(report.Updated, report.Updated)
	only, err := mapping.Spec{}.Override(nil, []string{"endDate"}, "")
	if err != nil {
		t.Fatal(err)
	}
	c.next(ending("e1=B e2=A"), func(o *importer.Options) { o.Mapping = &only }).tally(report.Updated, report.Updated)
	mapped, err := mapping.Parse("m.yaml", []byte("columns: {sourcedId: Enrollment, endDate: Exit}\n"))
	if err != nil {
		t.Fatal(err)
	}
	c.next("Enrollment,Exit\ne1,"+dayB+"\ne2,"+dayB+"\n", func(o *importer.Options) { o.Mapping = &mapped }).tally(report.Unchanged, report.Updated)
}
