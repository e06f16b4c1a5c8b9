package importer_test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
	"rosterpatch/mapping"
)

// What held nothing before no PATCH can bring back: it is named, and left.
func TestUndoNamesWhatHeldNothing(t *testing.T) {
	cases := []struct {
		name, source string
		before       func(*sandbox.Record)
		kept         []string // named
		outcome      report.Outcome
	}{
		{"a null date", "sourcedId,endDate\ne1,2027-06-30\n", func(r *sandbox.Record) { r.EndDate = "" }, []string{"endDate"}, report.Unchanged},
		{"a date beside a role", "sourcedId,role,endDate\ne1,teacher,2027-06-30\n", func(r *sandbox.Record) { r.EndDate = "" }, []string{"endDate"}, report.Updated},
		{"a key of metadata", "sourcedId,metadata.jp.seatNumber,metadata.sisId,metadata.goals.dailyXp\ne1,7,x2,20\n",
			func(r *sandbox.Record) { r.Metadata = json.RawMessage(`{"goals":{"dailyXp":10}}`) }, []string{"metadata.jp.seatNumber", "metadata.sisId"}, report.Updated},
		{"all metadata", "sourcedId,metadata.jp.seatNumber\ne1,7\n", func(r *sandbox.Record) { r.Metadata = nil }, []string{"metadata.jp.seatNumber"}, report.Unchanged},
		{"a null key", "sourcedId,metadata.jp.seatNumber\ne1,7\n", func(r *sandbox.Record) { r.Metadata = json.RawMessage(`{"jp":{"seatNumber":null}}`) },
			[]string{"metadata.jp.seatNumber"}, report.Unchanged},
		{"a null primary", "sourcedId,primary,role\ne1,true,teacher\n", func(r *sandbox.Record) { r.Primary = "" }, []string{"primary"}, report.Updated},
		{"no class", "sourcedId,classSourcedId\ne1,c9\n", func(r *sandbox.Record) { r.Class = "" }, []string{"class"}, report.Unchanged},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := enrolled("e1")
			c.before(&r)
			n := newSchool(t, c.source, sandbox.Options{}, r)
			applied := n.apply(n.plan())
			applied.tally(report.Updated)
			left := n.held("e1")
			undone := n.undo(applied)
			undone.finished()
			undone.tally(c.outcome)
			contains(t, undone.lines[0].Message, c.kept...)
			contains(t, undone.lines[0].Message, "nothing before")
			now := n.held("e1")
			if now.Role != r.Role || now.EndDate != left.EndDate || now.Class != left.Class || now.Primary != left.Primary {
				t.Errorf("after the undo the record is %+v, was left as %+v", now, left)
			}
			if strings.Contains(c.source, "dailyXp") && !strings.Contains(string(now.Metadata), `"dailyXp":10`) {
				t.Errorf("metadata is %s", now.Metadata)
			}
		})
	}
}

// A text in the place of which an object was put is not nothing.
func TestUndoPutsBackWhatAnObjectTookThePlaceOf(t *testing.T) {
	readings(t, func(t *testing.T, o sandbox.Options) {
		for _, metadata := range []string{`{"jp":"seat 4"}`, `{"jp":[1,2]}`, `{"jp":{"house":"oak","seatNumber":4}}`, `{"jp":{"seatNumber":{"row":1}}}`} {
			r := enrolled("e1")
			r.Metadata = json.RawMessage(metadata)
			n := newSchool(t, "sourcedId,metadata.jp.seatNumber\ne1,7\n", o, r)
			as := n.rows.Snapshot()
			applied := n.apply(n.plan())
			applied.tally(report.Updated)
			n.undo(applied)
			n.same(as, "after the undo")
		}
	})
}

// A key with a dot in its name is one key.
func TestUndoKeepsDotsInsideKeys(t *testing.T) {
	readings(t, func(t *testing.T, o sandbox.Options) {
		r := enrolled("e1")
		r.Metadata = json.RawMessage(`{"jp":{"a.b":1,"seatNumber":"4"},"x.y":{"z":2}}`)
		n := newSchool(t, "sourcedId,metadata.jp.seatNumber\ne1,7\n", o, r)
		as := n.rows.Snapshot()
		applied := n.apply(n.plan())
		applied.tally(report.Updated)
		n.undo(applied).tally(report.Updated)
		n.same(as, "after the undo")

		spec, err := mapping.Parse("m.yaml", []byte("types: {metadata.jp: json}\n"))
		if err != nil {
			t.Fatal(err)
		}
		n = newSchool(t, "sourcedId,metadata.jp\ne1,\"{\"\"a.b\"\":2,\"\"seatNumber\"\":\"\"5\"\"}\"\n", o, r)
		n.options.Mapping = &spec
		applied = n.apply(n.plan())
		applied.tally(report.Updated)
		n.undo(applied).tally(report.Updated)
		n.same(as, "after the undo of a column of JSON")
	})
}

func TestUndoLeavesAloneWhatChangedSince(t *testing.T) {
	readings(t, func(t *testing.T, o sandbox.Options) {
		n := newSchool(t, "sourcedId,role,endDate\ne1,teacher,2027-06-30\ne2,teacher,2027-06-30\ne3,teacher,2027-06-30\ne4,teacher,2027-06-30\n", o,
			enrolled("e1"), enrolled("e2"), enrolled("e3"), enrolled("e4"))
		applied := n.apply(n.plan())
		changed := n.held("e2")
		changed.EndDate = "2030-12-31"
		n.hold(changed)
		back := enrolled("e3") // someone put it back already
		n.hold(back)
		moved := n.held("e4") // something else changed
		moved.Class = "c9"
		n.hold(moved)
		undone := n.undo(applied)
		undone.tally(report.Updated, report.Conflict, report.Unchanged, report.Updated)
		contains(t, undone.lines[1].Message, "endDate", "2027-06-30", "2030-12-31")
		if now := n.held("e2"); now.EndDate != "2030-12-31" || now.Role != "teacher" {
			t.Errorf("e2 was overwritten: %+v", now)
		}
		if now := n.held("e4"); now.Class != "c9" || now.EndDate != "2027-06-11" {
			t.Errorf("e4 is %+v", now)
		}
		n.rerun(undone).tally(report.Updated, report.Conflict, report.Unchanged, report.Updated)
		if now := n.held("e2"); now.EndDate != "2030-12-31" {
			t.Errorf("e2 was overwritten by the rerun: %+v", now)
		}
	})
}

func TestAStoppedUndoIsFinished(t *testing.T) {
	const source = "sourcedId,endDate\ne1,2027-06-30\ne2,2027-06-30\ne1,2027-07-15\n"
	stops := map[string]func(n *night, of *morning) *morning{
		"before the first request": func(n *night, of *morning) *morning {
			ctx, cancel := context.WithCancel(n.Context())
			n.fails(func(q sandbox.Request) string {
				if q.Method == "GET" {
					cancel()
					return "503"
				}
				return ""
			})
			return n.doUntil(ctx, "undo", importer.Undo, of.report)
		},
		"by an outage": func(n *night, of *morning) *morning {
			n.fails(func(q sandbox.Request) string {
				if q.Method == "PATCH" {
					return "503"
				}
				return ""
			})
			return n.undo(of, func(o *importer.Options) { o.GiveUp = 1 })
		},
		"with some rows done": func(n *night, of *morning) *morning {
			patched := 0
			n.fails(func(q sandbox.Request) string {
				if q.Method == "PATCH" {
					if patched++; patched > 1 {
						return "503"
					}
				}
				return ""
			})
			return n.undo(of, func(o *importer.Options) { o.GiveUp, o.Workers, o.Retries = 1, 1, 0 })
		},
	}
	for name, stop := range stops {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newSchool(t, source, sandbox.Options{}, enrolled("e1"), enrolled("e2"))
			as := n.rows.Snapshot()
			applied := n.apply(n.plan())
			applied.tally(each(3, report.Updated)...)
			stopped := stop(n, applied)
			if len(stopped.lines) != 3 || stopped.err == nil {
				t.Fatalf("the undo ended with %v and %d lines", stopped.err, len(stopped.lines))
			}
			n.fails(nil)
			again := n.rerun(stopped)
			again.finished()
			again.tally(each(3, report.Updated)...)
			n.same(as, "after the rerun of the undo")
		})
	}
}

// A killed undo left a report that ends early; the rest comes from the report
// that it undoes.
func TestAKilledUndoIsFinished(t *testing.T) {
	const source = "sourcedId,endDate\ne1,2027-06-30\ne2,2027-06-30\ne1,2027-07-15\ne3,2027-06-30\n"
	for lines := range 5 {
		n := newSchool(t, source, sandbox.Options{}, enrolled("e1"), enrolled("e2"), enrolled("e3"))
		as := n.rows.Snapshot()
		applied := n.apply(n.plan())
		patched := 0
		n.fails(func(q sandbox.Request) string {
			if q.Method == "PATCH" {
				if patched++; patched > lines {
					return "503"
				}
			}
			return ""
		})
		stopped := n.undo(applied, func(o *importer.Options) { o.GiveUp, o.Workers, o.Retries = 1, 1, 0 })
		// A kill would have left only the lines of the rows that were done.
		mend(t, stopped.report, func(h []string, rows [][]string) ([]string, [][]string) {
			at := slices.Index(h, "result.outcome")
			return h, slices.DeleteFunc(rows, func(r []string) bool { return r[at] != "updated" })
		})
		kill(t, stopped.report)
		n.fails(nil)
		again := n.rerun(stopped)
		again.finished()
		again.tally(each(4, report.Updated)...)
		n.same(as, "after the rerun of the undo")
	}
}

// kill has the facts of a report say what a killed run left in them.
func kill(t *testing.T, path string) {
	t.Helper()
	facts, err := report.ReadFacts(report.FactsPath(path))
	if err != nil {
		t.Fatal(err)
	}
	facts.State, facts.StopReason, facts.Outcomes = report.Running, "", nil
	if err := report.WriteFacts(report.FactsPath(path), facts); err != nil {
		t.Fatal(err)
	}
}

func TestUndoOfAKilledRunIsRefused(t *testing.T) {
	n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\n", sandbox.Options{}, enrolled("e1"))
	applied := n.apply(n.plan())
	kill(t, applied.report)
	ended[*importer.RefusedError](n.undo(applied), "killed", "rerun")
}

// A run that compared nothing does not know what there was.
func TestUndoOfABlindRunIsRefused(t *testing.T) {
	n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\n", sandbox.Options{}, enrolled("e1"))
	m := n.sync("", "night.report.csv")
	refused := n.undo(m)
	ended[*importer.RefusedError](refused, "before", "--against server")
	refused.sawPatches(0)
}

// Of rows of one id in several files, the last of the last file goes back first.
func TestUndoOfSeveralFilesGoesBackwards(t *testing.T) {
	n := newSchool(t, "sourcedId,role\ne2,teacher\ne2,student\ne2,teacher\ne1,teacher\n", sandbox.Options{}, enrolled("e1"), enrolled("e2"))
	other := n.put("other.csv", "sourcedId,role\ne1,proctor\n")
	as := n.rows.Snapshot()
	m := n.do("import", importer.Run, n.path("rows.csv"), func(o *importer.Options) {
		o.Sources, o.Against = append(o.Sources, other), "server"
	})
	m.finished()
	undone := n.undo(m)
	undone.finished()
	n.same(as, "after the undo")
}

// A row that could not be read is in every report with the cells that it has.
func TestUndoOfAReportWithARaggedRow(t *testing.T) {
	n := newSchool(t, "sourcedId,role,endDate\ne1,teacher,2027-06-30\ne2,teacher\ne3,teacher,2027-06-30\n", sandbox.Options{}, enrolled("e1"), enrolled("e2"), enrolled("e3"))
	as := n.rows.Snapshot()
	applied := n.apply(n.plan())
	applied.tally(report.Updated, report.Invalid, report.Updated)
	undone := n.undo(applied)
	undone.finished()
	undone.tally(report.Updated, report.Unchanged, report.Updated) // there is nothing to mend
	n.rerun(undone).tally(report.Updated, report.Unchanged, report.Updated)
	n.same(as, "after the undo")
	if redone := n.undo(undone); redone.err != nil || len(redone.lines) != 3 {
		t.Errorf("the undo of the undo ended with %v and %d lines", redone.err, len(redone.lines))
	}
}

// What a server holds may be more than a PATCH may say.
func TestUndoSendsNothingThatIsNotValid(t *testing.T) {
	r := enrolled("e1")
	r.BeginDate, r.Role, r.Metadata = "2026-08-17T00:00:00.000Z", "ext:aide", json.RawMessage(`{"goals":{"dailyXp":"ten"}}`)
	n := newSchool(t, "sourcedId,role,beginDate,metadata.goals.dailyXp\ne1,student,2026-09-01,5\n", sandbox.Options{}, r)
	applied := n.apply(n.plan())
	applied.tally(report.Updated)
	undone := n.undo(applied)
	if now := n.held("e1"); now.BeginDate != "2026-08-17" {
		t.Errorf("it begins on %s", now.BeginDate)
	}
	contains(t, undone.lines[0].Message, "role", "ext:aide")
}

// Undoing is held to the limits too.
func TestUndoIsHeldToTheLimits(t *testing.T) {
	source := "sourcedId,status\n"
	var held []sandbox.Record
	for i := range 60 {
		id := "e" + string(rune('A'+i/10)) + string(rune('0'+i%10))
		r := enrolled(id)
		r.Status = "tobedeleted"
		held = append(held, r)
		source += id + ",active\n"
	}
	n := newSchool(t, source, sandbox.Options{}, held...)
	applied := n.apply(n.plan())
	applied.tally(each(60, report.Updated)...)
	as := n.rows.Snapshot()
	refused := n.undo(applied)
	ended[*importer.LimitError](refused, "60 of 60", "--max-tobedeleted 60")
	n.same(as, "after the refused undo")
	n.undo(applied, func(o *importer.Options) { o.Limits.ToBeDeleted = importer.Limit{Rows: 60, Set: true} }).tally(each(60, report.Updated)...)
	if _, err := os.Stat(n.path("rows.plan.undo-1.report.csv")); err != nil {
		t.Error(err)
	}
}

// A row whose answer was lost is done by the run all the same, and a rerun that
// finds it done does not make it someone else's.
func TestUndoOfARerunPutsBackWhatTheFirstRunChanged(t *testing.T) {
	n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\ne2,2027-06-30\n", sandbox.Options{}, enrolled("e1"), enrolled("e2"))
	as := n.rows.Snapshot()
	plan := n.plan()
	n.fails(func(q sandbox.Request) string {
		if q.Method == "PATCH" && q.SourcedID == "e1" {
			return "lost"
		}
		return ""
	})
	applied := n.apply(plan, func(o *importer.Options) { o.Retries = 0 })
	applied.tally(report.Unknown, report.Updated)
	n.fails(nil)
	again := n.rerun(applied)
	again.finished()
	again.tally(report.Unchanged, report.Updated)
	n.undo(again).finished()
	n.same(as, "after the undo of the rerun")
}
