package importer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
	"rosterpatch/mapping"
)

// killedAfter leaves of a report what a run that was killed after so many lines
// has left.
func (m *morning) killedAfter(lines int) {
	m.Helper()
	text, err := os.ReadFile(m.report)
	if err != nil {
		m.Fatal(err)
	}
	all := strings.SplitAfter(string(text), "\n")
	if err := os.WriteFile(m.report, []byte(strings.Join(all[:1+lines], "")), 0o600); err != nil {
		m.Fatal(err)
	}
	kill(m.T, m.report)
}

// forget takes away what stands beside a report.
func (m *morning) forget() {
	m.Helper()
	if err := os.Remove(report.FactsPath(m.report)); err != nil {
		m.Fatal(err)
	}
}

// A rerun of a killed apply reads the rest of the rows from the plan. One that was
// under way when the run was killed may have been changed, and can be put back.
func TestRerunOfAKilledApply(t *testing.T) {
	for _, name := range []string{"apply", "undo"} {
		t.Run(name, func(t *testing.T) {
			n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\ne2,2027-06-30\ne3,2027-06-30\n", sandbox.Options{}, enrolled("e1"), enrolled("e2"), enrolled("e3"))
			n.options.Workers = 1
			as := n.rows.Snapshot()
			act, untouched := func(m *morning) *morning { return n.apply(m) }, enrolled("e3")
			from := n.plan()
			if name == "undo" {
				from = n.apply(from)
				as = n.rows.Snapshot()
				act = func(m *morning) *morning { return n.undo(m) }
				untouched = n.held("e1") // which goes last
			}
			killed := act(from)
			killed.tally(each(3, report.Updated)...)
			killed.killedAfter(1)
			n.hold(untouched)
			rerun := n.rerun(killed)
			rerun.finished()
			if rerun.outcomes[report.Updated] != 2 || rerun.outcomes[report.Unchanged] != 1 {
				t.Errorf("%v", rerun.outcomes)
			}
			n.undo(rerun).tally(each(3, report.Updated)...)
			n.same(as, "after the undo of the rerun")
		})
	}
}

// A rerun of a shard keeps out, and is kept out by, other runs of that shard alone.
func TestRerunTakesTheLockOfItsShard(t *testing.T) {
	n := newNight(t, rows(20), sandbox.Options{})
	first := n.do("import", importer.Run, n.path("rows.csv"), func(o *importer.Options) { o.Shard = importer.Shard{Index: 1, Of: 2} })
	for _, c := range []struct {
		lock   string
		locked bool
	}{{".rosterpatch.shard-1-of-2.lock", true}, {".rosterpatch.shard-0-of-2.lock", false}, {".rosterpatch.lock", false}} {
		l := flock.New(n.path(c.lock))
		if held, err := l.TryLock(); !held || err != nil {
			t.Fatal(err)
		}
		m := n.rerun(first)
		if locked := is[*importer.LockedError](m.err); locked != c.locked {
			t.Errorf("while %s is held the rerun ends with %v", c.lock, m.err)
		}
		l.Close()
	}
}

// A report that is being written cannot be rerun, though the rerun's own lock is
// elsewhere.
func TestAReportThatIsBeingWrittenIsLocked(t *testing.T) {
	n := newSchool(t, rows(1), sandbox.Options{}, enrolled("e1"))
	n.options.Report = n.path("night.report.csv")
	elsewhere := filepath.Join(t.TempDir(), "again.report.csv")
	tried := false
	n.fails(func(q sandbox.Request) string {
		if q.Method == "PATCH" && !tried {
			tried = true
			o := n.options
			o.Sources, o.Report, o.Lock = []string{n.options.Report}, elsewhere, n.path("other.lock")
			_, err := importer.Rerun(context.Background(), o)
			if !is[*importer.LockedError](err) {
				t.Errorf("the rerun ended with %v", err)
			}
			o = n.options
			o.Force, o.Lock = true, n.path("other.lock")
			if _, err := importer.Run(context.Background(), o); !is[*importer.LockedError](err) {
				t.Errorf("the run that would replace it ended with %v", err)
			}
		}
		return ""
	})
	n.run()
	if !tried {
		t.Error("nothing was sent")
	}
}

// Limits hold though nothing stands beside the report or plan.
func TestLimitsHoldWithoutFacts(t *testing.T) {
	var source strings.Builder
	source.WriteString("sourcedId,status\n")
	var held []sandbox.Record
	for i := range 60 {
		id := fmt.Sprintf("e%d", i)
		fmt.Fprintf(&source, "%s,tobedeleted\n", id)
		held = append(held, enrolled(id))
	}
	n := newSchool(t, source.String(), sandbox.Options{}, held...)
	plan := n.plan(func(o *importer.Options) { o.Limits.ToBeDeleted = importer.Limit{Percent: 100, Set: true} })
	plan.forget()
	refused := n.apply(plan)
	ended[*importer.RefusedError](refused, "--max-tobedeleted")
	refused.sawPatches(0)
}

// What the run was told beside its columns is in the facts: without them a row
// that would be sent otherwise than it was is not sent.
func TestRerunWithoutFactsSendsNothingElse(t *testing.T) {
	n := newSchool(t, "sourcedId,role,metadata.note\ne1,teacher,a\ne2,student,b\n", sandbox.Options{}, enrolled("e1"), enrolled("e2"))
	n.fails(func(q sandbox.Request) string { return map[string]string{"PATCH": "failure"}[q.Method] })
	spec, err := mapping.Spec{}.Override([]string{"status=tobedeleted"}, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	failed := n.do("import", importer.Run, n.path("rows.csv"), func(o *importer.Options) { o.Mapping = &spec })
	failed.tally(report.Failed, report.Failed)
	failed.forget()
	n.fails(nil)
	m := n.rerun(failed)
	m.sawPatches(0)
	m.tally(report.Invalid, report.Invalid)
	contains(t, m.lines[0].Message, "result.fingerprint", filepath.Base(report.FactsPath(failed.report)))
}

// Of several sources whose names are nowhere but in the lines, rows are told apart
// all the same.
func TestRerunWithoutFactsOfSeveralFiles(t *testing.T) {
	n := newNight(t, rows(2), sandbox.Options{})
	other := n.put("other.csv", "sourcedId,role\nx1,teacher\nx2,aide\n")
	m := n.do("import", importer.Run, n.path("rows.csv"), func(o *importer.Options) { o.Sources = append(o.Sources, other) })
	m.forget()
	again := n.rerun(m)
	again.finished()
	if again.outcomes[report.Updated] != 3 || again.outcomes[report.Invalid] != 1 || again.lines[0].File == "" {
		t.Errorf("%v, %q", again.outcomes, again.lines[0].File)
	}
}

// A row is updated in the rerun of a run with --verify once it has been read back.
func TestRerunReadsBackIfTheRunDid(t *testing.T) {
	n := newSchool(t, rows(2), sandbox.Options{}, enrolled("e1"), enrolled("e2"))
	n.fails(func(q sandbox.Request) string { return map[string]string{"PATCH": "503"}[q.Method] })
	failed := n.do("import", importer.Run, n.path("rows.csv"), func(o *importer.Options) { o.Verify, o.Retries = true, 0 })
	n.fails(nil)
	m := n.rerun(failed)
	m.tally(report.Updated, report.Updated)
	if len(m.reads()) != 2 {
		t.Errorf("%d rows were read back", len(m.reads()))
	}
}

// What was done to one server says nothing of another.
func TestAReportOfAnotherServerIsRefused(t *testing.T) {
	n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\n", sandbox.Options{}, enrolled("e1"))
	plan := n.plan()
	applied := n.apply(plan)
	elsewhere := func(o *importer.Options) { o.Server.BaseURL = "https://roster.example/v1" }
	for name, m := range map[string]*morning{
		"apply": n.apply(plan, elsewhere, func(o *importer.Options) { o.Force = true }), "rerun": n.rerun(applied, elsewhere), "undo": n.undo(applied, elsewhere),
	} {
		ended[*importer.RefusedError](m, n.options.Server.BaseURL, "https://roster.example/v1", "options.baseUrl")
		if len(m.requests) > 0 {
			t.Errorf("%s made %d requests", name, len(m.requests))
		}
	}
	compared := n.sync(applied.report, "night.report.csv", elsewhere)
	ended[*importer.UsageError](compared, "--against", "https://roster.example/v1")
}

// A person may have moved the columns of a report whose run was killed: what comes
// from the source goes where its column is now.
func TestRerunOfAKilledRunWithMovedColumns(t *testing.T) {
	n := newNight(t, "sourcedId,classSourcedId,userSourcedId,role\ne1,c1,u1,teacher\ne2,c2,u2,student\n", sandbox.Options{})
	n.options.Workers = 1
	killed := n.run()
	killed.killedAfter(1)
	mend(t, killed.report, func(header []string, rows [][]string) ([]string, [][]string) {
		for _, row := range append([][]string{header}, rows...) {
			last := len(row) - 1
			row[last-2], row[last-1] = row[last-1], row[last-2]
		}
		return append(header, "checked by"), append(rows[:0:0], append(rows[0], "me"))
	})
	rerun := n.rerun(killed)
	rerun.tally(report.Updated, report.Updated)
	rerun.sent(`e2 {"enrollment":{"role":"student","user":{"sourcedId":"u2"},"class":{"sourcedId":"c2"}}}`)
	again := n.rerun(rerun)
	again.tally(report.Updated, report.Updated)
	again.sawPatches(0)

	killed.killedAfter(1)
	mend(t, killed.report, func(header []string, rows [][]string) ([]string, [][]string) {
		at := len(header) - 2 // role
		rows[0] = append(rows[0][:at], rows[0][at+1:]...)
		return append(header[:at], header[at+1:]...), rows
	})
	ended[*importer.RefusedError](n.rerun(killed), `"role"`)
}

// Standard input can be one of several sources, and what is made of it read again.
func TestRerunOfStandardInputAmongSeveralFiles(t *testing.T) {
	n := newSchool(t, rows(1), sandbox.Options{}, enrolled("e1"), enrolled("x1"), enrolled("x2"))
	n.fails(func(q sandbox.Request) string { return map[string]string{"x2": "failure"}[q.SourcedID] })
	m := n.do("import", importer.Run, n.path("rows.csv"), func(o *importer.Options) {
		o.Sources, o.Stdin, o.Report = append(o.Sources, "-"), strings.NewReader("sourcedId,role\nx1,teacher\nx2,teacher\n"), n.path("night.report.csv")
	})
	if m.outcomes[report.Updated] != 2 || m.outcomes[report.Failed] != 1 {
		t.Fatalf("%v, %v", m.outcomes, m.err)
	}
	n.fails(nil)
	again := n.rerun(m)
	again.finished()
	if again.outcomes[report.Updated] != 3 {
		t.Errorf("%v", again.outcomes)
	}
	again.sent(`x2 {"enrollment":{"role":"teacher"}}`)
}

// What a line said that cannot be read any more is not known, so nothing is put back.
func TestUndoOfATornReportIsRefused(t *testing.T) {
	n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\ne2,2027-06-30\n", sandbox.Options{}, enrolled("e1"), enrolled("e2"))
	applied := n.apply(n.plan())
	text, err := os.ReadFile(applied.report)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(applied.report, text[:len(text)-5], 0o600); err != nil {
		t.Fatal(err)
	}
	refused := n.undo(applied)
	ended[*importer.RefusedError](refused, "1 line", "bring the report back")
	refused.sawPatches(0)
}

// A rerun of an undo whose answers were lost can be undone all the same.
func TestRerunOfAnUndoCanBeUndone(t *testing.T) {
	n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\n", sandbox.Options{}, enrolled("e1"))
	applied := n.apply(n.plan())
	as := n.rows.Snapshot()
	n.fails(func(q sandbox.Request) string { return map[string]string{"PATCH": "lost"}[q.Method] })
	undone := n.undo(applied, func(o *importer.Options) { o.Retries = 0 })
	undone.tally(report.Unknown)
	n.fails(nil)
	rerun := n.rerun(undone)
	rerun.tally(report.Unchanged)
	n.undo(rerun).tally(report.Updated)
	n.same(as, "after the undo of the rerun of the undo")
}

// A plan has changed nothing.
func TestUndoOfAPlanIsRefused(t *testing.T) {
	n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\n", sandbox.Options{}, enrolled("e1"))
	ended[*importer.RefusedError](n.undo(n.plan()), "is a plan")
}

// A row that a killed run may have sent stays in doubt, however many runs stop before
// they come to it, and can be put back.
func TestARowOfAKilledRunStaysInDoubt(t *testing.T) {
	for name, fault := range map[string]string{"the read is refused": "403", "the run stops": "503"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\ne2,2027-06-30\n", sandbox.Options{}, enrolled("e1"), enrolled("e2"))
			n.options.Workers = 1
			as := n.rows.Snapshot()
			killed := n.apply(n.plan())
			killed.killedAfter(1)
			n.fails(func(q sandbox.Request) string { return map[string]string{"GET": fault}[q.Method] })
			stopped := n.rerun(killed, func(o *importer.Options) { o.GiveUp, o.Retries = 1, 0 })
			if stopped.outcomes[report.Updated] != 1 || stopped.err == nil {
				t.Errorf("%v, %v", stopped.outcomes, stopped.err)
			}
			n.fails(nil)
			rerun := n.rerun(stopped)
			rerun.tally(report.Updated, report.Unchanged)
			n.undo(rerun).tally(report.Updated, report.Updated)
			n.same(as, "after the undo")

			for id, r := range map[string]sandbox.Record{"e1": enrolled("e1"), "e2": enrolled("e2")} {
				r.EndDate = "2027-06-30"
				if n.hold(r); n.held(id).EndDate != r.EndDate {
					t.Fatal("the record is not held")
				}
			}
			n.undo(stopped).tally(report.Updated, report.Updated)
			n.same(as, "after the undo of the run that stopped")
		})
	}
}

// What a comparison left alone is left alone by a rerun, though nothing but the lines
// says that it was one.
func TestRerunWithoutFactsOfAComparison(t *testing.T) {
	n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\n", sandbox.Options{}, enrolled("e1"))
	plan := n.plan()
	changed := enrolled("e1")
	changed.EndDate = "2030-12-31"
	n.hold(changed)
	applied := n.apply(plan)
	applied.tally(report.Conflict)
	applied.forget()
	m := n.rerun(applied)
	m.tally(report.Conflict)
	m.sawPatches(0)
	plan.forget()
	ended[*importer.RefusedError](n.rerun(plan), "apply")
}

// A later row of an id is held to what the plan saw, though it had nothing to send.
func TestALaterRowOfAnIDIsHeldToThePlan(t *testing.T) {
	n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\ne1,2027-06-30\n", sandbox.Options{}, enrolled("e1"))
	plan := n.plan()
	plan.tally(report.Planned, report.Unchanged)
	changed := enrolled("e1")
	changed.EndDate = "2030-12-31"
	n.hold(changed)
	n.apply(plan).tally(report.Conflict, report.Conflict)
	if got := n.held("e1").EndDate; got != "2030-12-31" {
		t.Errorf("e1 was overwritten: %s", got)
	}
}
