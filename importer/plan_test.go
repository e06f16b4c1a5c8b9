package importer_test

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// readings are the servers that the API's description allows.
func readings(t *testing.T, test func(*testing.T, sandbox.Options)) {
	for _, merge := range []string{"deep", "top"} {
		for _, reset := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s merge, primary reset %v", merge, reset), func(t *testing.T) {
				t.Parallel()
				test(t, sandbox.Options{Merge: merge, PrimaryDefault: reset})
			})
		}
	}
}

const planHeader = "sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate,metadata.goals.dailyXp,metadata.jp.seatNumber,metadata.sisId\n"

// enrolled is a record with all that a server may hold, keys of others among it.
func enrolled(id string) sandbox.Record {
	return sandbox.Record{
		SourcedID: id, Status: "active", Role: "student", Primary: "true", BeginDate: "2026-08-17", EndDate: "2027-06-11",
		User: "u-" + id, Class: "c1", School: "s1", Course: "k1",
		Metadata: json.RawMessage(`{"goals":{"dailyAccuracy":80,"dailyXp":10},"jp":{"house":{"name":"oak","since":null},"seatNumber":"4"},"metrics":{"totalXp":1.50},"pctCompleteApp":37,"sisId":"x1"}`),
	}
}

func TestPlanApplyUndoLeaveTheServerAsItWas(t *testing.T) {
	readings(t, func(t *testing.T, o sandbox.Options) {
		ids := []string{"e1", "a,b", `it's`, `say "x"`, "a/b", "a b", "50%", "a+b", "ü", "a?b#c", "x&y=z", `back\slash`, "-1"}
		var source strings.Builder
		source.WriteString(planHeader)
		w := csv.NewWriter(&source)
		var before []sandbox.Record
		for i, id := range ids {
			r := enrolled(id)
			r.Primary = []string{"true", "false"}[i%2]
			before = append(before, r)
			row := []string{id, "tobedeleted", "c2", "s2", "u2", "teacher", []string{"", "TRUE", "false"}[i%3], "2026-09-01", "2027-06-30", "25", "7", "x2"}
			// Each row leaves something else as it is.
			row[1+i%(len(row)-1)] = ""
			w.Write(row)
		}
		w.Flush()
		n := newSchool(t, source.String(), o, before...)
		as := n.rows.Snapshot()
		all := func(o *importer.Options) { o.Limits.ToBeDeleted = importer.Limit{Rows: len(ids), Set: true} }

		plan := n.plan(all)
		plan.finished()
		plan.sawPatches(0)
		plan.tally(each(len(ids), report.Planned)...)
		n.same(as, "after the plan")

		applied := n.apply(plan)
		applied.finished()
		applied.tally(each(len(ids), report.Updated)...)
		applied.sawPatches(len(ids))
		for i, id := range ids {
			now := n.held(id)
			want := before[i]
			if want.Status = now.Status; now.Course != "k1" || !strings.Contains(string(now.Metadata), `"house":{"name":"oak","since":null}`) ||
				!strings.Contains(string(now.Metadata), `"pctCompleteApp":37`) || !strings.Contains(string(now.Metadata), `"dailyAccuracy":80`) {
				t.Errorf("%s lost what is not the source's: %+v %s", id, now, now.Metadata)
			}
			if i%3 == 0 && now.Primary != want.Primary {
				t.Errorf("%s: primary was %s and is %s, and no row says so", id, want.Primary, now.Primary)
			}
		}
		if again := n.plan(all, named(n.path("again.csv"))); again.err != nil {
			t.Error(again.err)
		} else {
			again.tally(each(len(ids), report.Unchanged)...)
		}

		undone := n.undo(applied)
		undone.finished()
		undone.tally(each(len(ids), report.Updated)...)
		n.same(as, "after the undo")

		done := n.undo(undone, all)
		done.finished()
		done.tally(each(len(ids), report.Updated)...)
		n.undo(done).tally(each(len(ids), report.Updated)...)
		n.same(as, "after the undo of the undo of the undo")
	})
}

// named has a report written to a path.
func named(path string) func(*importer.Options) {
	return func(o *importer.Options) { o.Report = path }
}

// The sample school, of which every tenth record differs.
func TestPlanApplyUndoOfTheSampleSchool(t *testing.T) {
	for _, o := range []sandbox.Options{{Merge: "deep"}, {Merge: "top", PrimaryDefault: true}} {
		text, err := os.ReadFile("../samples/school.csv")
		if err != nil {
			t.Fatal(err)
		}
		all, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		n := newSchool(t, string(text), o)
		column := func(row []string, name string) string { return row[slices.Index(all[0], name)] }
		rows := all[1:]
		differ := 0
		for i, row := range rows {
			r := sandbox.Record{
				SourcedID: column(row, "sourcedId"), Status: column(row, "status"), Role: column(row, "role"), Primary: column(row, "primary"),
				BeginDate: column(row, "beginDate"), EndDate: column(row, "endDate"),
				User: column(row, "userSourcedId"), Class: column(row, "classSourcedId"), School: column(row, "schoolSourcedId"),
			}
			metadata := map[string]any{"pctCompleteApp": i, "goals": map[string]any{"dailyLessons": 3}, "jp": map[string]any{"house": "oak"}}
			if xp := column(row, "metadata.goals.dailyXp"); xp != "" {
				metadata["goals"] = map[string]any{"dailyLessons": 3, "dailyXp": json.Number(xp)}
			}
			if seat := column(row, "metadata.jp.seatNumber"); seat != "" {
				metadata["jp"] = map[string]any{"house": "oak", "seatNumber": seat}
			}
			if i%10 == 0 {
				differ++
				switch {
				case i%20 == 0 && column(row, "metadata.goals.dailyXp") != "":
					metadata["goals"] = map[string]any{"dailyLessons": 3, "dailyXp": 1}
				case i%30 == 0 && column(row, "metadata.jp.seatNumber") != "":
					metadata["jp"] = map[string]any{"house": "oak", "seatNumber": "none"}
				default:
					r.EndDate, r.School = "2020-01-01", "s-elsewhere"
				}
			}
			if r.Metadata, err = json.Marshal(metadata); err != nil {
				t.Fatal(err)
			}
			n.hold(r)
		}
		as := n.rows.Snapshot()
		plan := n.plan()
		plan.finished()
		if got := plan.outcomes[report.Planned]; got != differ || plan.outcomes[report.Unchanged] != len(rows)-differ {
			t.Fatalf("the plan says %v; %d of %d differ", plan.outcomes, differ, len(rows))
		}
		applied := n.apply(plan)
		applied.finished()
		applied.sawPatches(differ)
		n.undo(applied).finished()
		n.same(as, "after the undo")
	}
}

func TestOnlyWhatDiffersIsSent(t *testing.T) {
	cases := []struct {
		name, source, want string
		change             func(*sandbox.Record)
	}{
		{"one field, and primary as it is", "sourcedId,role,endDate\ne1,student,2027-06-30\n", `{"primary":"true","endDate":"2027-06-30"}`, nil},
		{"primary itself", "sourcedId,role,primary\ne1,student,FALSE\n", `{"primary":false}`, nil},
		{"no primary where the record has none", "sourcedId,role\ne1,teacher\n", `{"role":"teacher"}`, func(r *sandbox.Record) { r.Primary = "" }},
		{"status before primary", "sourcedId,status,role\ne1,tobedeleted,student\n", `{"status":"tobedeleted","primary":"true"}`, nil},
		{"a reference", "sourcedId,userSourcedId,classSourcedId\ne1,u-e1,c9\n", `{"primary":"true","class":{"sourcedId":"c9"}}`, nil},
		{"a nested object whole", "sourcedId,metadata.jp.seatNumber\ne1,5\n", `{"primary":"true","metadata":{"jp":{"house":{"name":"oak","since":null},"seatNumber":"5"}}}`, nil},
		{"goals whole", "sourcedId,metadata.goals.dailyXp,metadata.sisId\ne1,11,x1\n", `{"primary":"true","metadata":{"goals":{"dailyAccuracy":80,"dailyXp":11}}}`, nil},
		{"a key that is not nested alone", "sourcedId,metadata.sisId\ne1,x2\n", `{"primary":"true","metadata":{"sisId":"x2"}}`, nil},
		{"a deeper object", "sourcedId,metadata.jp.house.name\ne1,elm\n", `{"primary":"true","metadata":{"jp":{"house":{"name":"elm","since":null},"seatNumber":"4"}}}`, nil},
		{"numbers in another spelling are the same", "sourcedId,metadata.goals.dailyXp,role\ne1,10.0,teacher\n", `{"role":"teacher","primary":"true"}`, nil},
		{"a null date", "sourcedId,endDate,beginDate\ne1,2027-06-11,2026-08-17\n", `{"primary":"true","endDate":"2027-06-11"}`, func(r *sandbox.Record) { r.EndDate = "" }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := enrolled("e1")
			if c.change != nil {
				c.change(&r)
			}
			n := newSchool(t, c.source, sandbox.Options{}, r)
			m := n.sync("server", "night.report.csv")
			m.finished()
			m.tally(report.Updated)
			m.sent(`e1 {"enrollment":` + c.want + `}`)
			m = n.sync("server", "again.report.csv")
			m.tally(report.Unchanged)
			m.sawPatches(0)
		})
	}
}

// Null in a record is nothing, and what a server answers to a PATCH is no matter.
func TestPlanUnderEveryAnswer(t *testing.T) {
	for _, answer := range []string{"record", "empty", "status", "none"} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			r := enrolled("e1")
			n := newSchool(t, "sourcedId,role\ne1,teacher\n", sandbox.Options{Answer: answer}, r)
			as := n.rows.Snapshot()
			applied := n.apply(n.plan())
			applied.tally(report.Updated)
			n.undo(applied).tally(report.Updated)
			n.same(as, "after the undo")
		})
	}
}

func TestARecordThatChangedSinceThePlanIsLeftAlone(t *testing.T) {
	cases := []struct {
		name   string
		change func(*sandbox.Record)
		want   report.Outcome
	}{
		{"a field of the change", func(r *sandbox.Record) { r.EndDate = "2027-01-31" }, report.Conflict},
		{"to nothing", func(r *sandbox.Record) { r.EndDate = "" }, report.Conflict},
		{"a field that held what the row says", func(r *sandbox.Record) { r.Role = "proctor" }, report.Conflict},
		{"a key of metadata", func(r *sandbox.Record) { r.Metadata = json.RawMessage(`{"jp":{"seatNumber":"9"}}`) }, report.Conflict},
		{"all of metadata gone", func(r *sandbox.Record) { r.Metadata = nil }, report.Conflict},
		{"to the target", func(r *sandbox.Record) {
			r.EndDate, r.Metadata = "2027-06-30", json.RawMessage(`{"jp":{"seatNumber":"7"}}`)
		}, report.Unchanged},
		{"half of it to the target", func(r *sandbox.Record) { r.EndDate = "2027-06-30" }, report.Updated},
		{"what the row does not say", func(r *sandbox.Record) { r.Class, r.Primary = "c9", "false" }, report.Updated},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newSchool(t, "sourcedId,role,endDate,metadata.jp.seatNumber\ne1,student,2027-06-30,7\n", sandbox.Options{}, enrolled("e1"))
			plan := n.plan()
			r := n.held("e1")
			c.change(&r)
			n.hold(r)
			as := n.rows.Snapshot()
			applied := n.apply(plan)
			applied.tally(c.want)
			if c.want == report.Updated {
				return
			}
			applied.sawPatches(0)
			n.same(as, "after the apply")
			// Whoever finishes what is left undone does not overwrite it either.
			again := n.rerun(applied)
			again.tally(c.want)
			again.sawPatches(0)
			undone := n.undo(applied)
			undone.sawPatches(0)
			n.same(as, "after rerun and undo")
		})
	}
}

// An apply that was stopped is finished with the eyes of the plan.
func TestAStoppedApplyIsFinishedAsThePlanSaw(t *testing.T) {
	stops := map[string]func(n *night, plan *morning) *morning{
		"before the first request": func(n *night, plan *morning) *morning {
			ctx, cancel := context.WithCancelCause(n.Context())
			n.fails(func(q sandbox.Request) string {
				if q.Method == "GET" {
					cancel(context.Canceled)
					return "503"
				}
				return ""
			})
			return n.doUntil(ctx, "apply", importer.Apply, plan.report)
		},
		"by an outage while reading": func(n *night, plan *morning) *morning {
			n.fails(func(q sandbox.Request) string {
				if q.Method == "GET" {
					return "503"
				}
				return ""
			})
			return n.apply(plan, func(o *importer.Options) { o.GiveUp, o.Retries = 1, 0 })
		},
		"by an outage while sending": func(n *night, plan *morning) *morning {
			n.fails(func(q sandbox.Request) string {
				if q.Method == "PATCH" {
					return "503"
				}
				return ""
			})
			return n.apply(plan, func(o *importer.Options) { o.Retries = 0 })
		},
		"by 403s": func(n *night, plan *morning) *morning {
			n.fails(func(q sandbox.Request) string {
				if q.Method == "GET" {
					return "403"
				}
				return ""
			})
			return n.apply(plan)
		},
	}
	for name, stop := range stops {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\ne2,2027-06-30\ne3,2027-06-30\n", sandbox.Options{}, enrolled("e1"), enrolled("e2"), enrolled("e3"))
			plan := n.plan()
			stopped := stop(n, plan)
			stopped.sawApplied(0)
			if len(stopped.lines) != 3 {
				t.Fatalf("the report has %d lines", len(stopped.lines))
			}
			n.fails(nil)
			changed := enrolled("e2")
			changed.EndDate = "2030-12-31"
			n.hold(changed)
			n.rerun(stopped).tally(report.Updated, report.Conflict, report.Updated)
			if got := n.held("e2").EndDate; got != "2030-12-31" {
				t.Errorf("e2 was overwritten: %s", got)
			}
		})
	}
}

// sawApplied compares how many PATCHes were carried out.
func (m *morning) sawApplied(want int) {
	m.Helper()
	got := 0
	for _, q := range m.patches() {
		if q.Applied {
			got++
		}
	}
	if got != want {
		m.Errorf("the server carried out %d PATCHes, want %d", got, want)
	}
}

func TestRowsOfOneIDArePlannedAndAppliedOneAfterTheOther(t *testing.T) {
	readings(t, func(t *testing.T, o sandbox.Options) {
		source := "sourcedId,endDate,metadata.jp.seatNumber,metadata.goals.dailyXp\n" +
			"e1,2027-07-01,5,\n" + "e1,2027-07-02,,20\n" + "e2,2027-07-01,,\n" + "e1,2027-06-11,6,\n" + "e2,2027-06-11,,\n" + "e1,2027-06-11,6,20\n"
		n := newSchool(t, source, o, enrolled("e1"), enrolled("e2"))
		as := n.rows.Snapshot()
		plan := n.plan()
		plan.tally(report.Planned, report.Planned, report.Planned, report.Planned, report.Planned, report.Unchanged)
		applied := n.apply(plan)
		applied.finished()
		applied.tally(report.Updated, report.Updated, report.Updated, report.Updated, report.Updated, report.Unchanged)
		now := n.held("e1")
		if now.EndDate != "2027-06-11" || !strings.Contains(string(now.Metadata), `"seatNumber":"6"`) || !strings.Contains(string(now.Metadata), `"dailyXp":20`) {
			t.Errorf("the last row did not win: %+v %s", now, now.Metadata)
		}
		undone := n.undo(applied)
		undone.finished()
		n.same(as, "after the undo")
		n.undo(undone).finished()
		n.undo(n.do("undo", importer.Undo, undone.report)).finished()
	})
}

func TestAPlanIsMendedByHandAndApplied(t *testing.T) {
	const source = "sourcedId,role,endDate\n" +
		"e1,student,2027-06-30\n" + // planned
		"e2,student,30.06.2027\n" + // invalid
		"e9,student,2027-06-30\n" + // missing
		"e4,student,2027-06-11\n" + // unchanged
		"e5,student,2027-06-30\n" // planned
	cases := []struct {
		name string
		mend func(header []string, rows [][]string) ([]string, [][]string)
		want []report.Outcome
		then map[string]string // end dates
	}{
		{"not at all", func(h []string, r [][]string) ([]string, [][]string) { return h, r },
			[]report.Outcome{report.Updated, report.Invalid, report.Missing, report.Unchanged, report.Updated},
			map[string]string{"e1": "2027-06-30", "e2": "2027-06-11", "e5": "2027-06-30"}},
		{"a cell of a planned row", func(h []string, r [][]string) ([]string, [][]string) {
			r[0][slices.Index(h, "endDate")] = "2027-07-15"
			return h, r
		}, []report.Outcome{report.Updated, report.Invalid, report.Missing, report.Unchanged, report.Updated},
			map[string]string{"e1": "2027-07-15", "e5": "2027-06-30"}},
		{"an invalid cell", func(h []string, r [][]string) ([]string, [][]string) {
			r[1][slices.Index(h, "endDate")] = "2027-06-30"
			return h, r
		}, []report.Outcome{report.Updated, report.Updated, report.Missing, report.Unchanged, report.Updated},
			map[string]string{"e2": "2027-06-30"}},
		{"the id of a missing row", func(h []string, r [][]string) ([]string, [][]string) {
			r[2][slices.Index(h, "sourcedId")] = "e3"
			return h, r
		}, []report.Outcome{report.Updated, report.Invalid, report.Updated, report.Unchanged, report.Updated},
			map[string]string{"e3": "2027-06-30"}},
		{"a cell of an unchanged row", func(h []string, r [][]string) ([]string, [][]string) {
			r[3][slices.Index(h, "endDate")] = "2027-07-15"
			return h, r
		}, []report.Outcome{report.Updated, report.Invalid, report.Missing, report.Updated, report.Updated},
			map[string]string{"e4": "2027-07-15"}},
		{"columns in another order", func(h []string, r [][]string) ([]string, [][]string) {
			slices.Reverse(h)
			for _, row := range r {
				slices.Reverse(row)
			}
			return h, r
		}, []report.Outcome{report.Updated, report.Invalid, report.Missing, report.Unchanged, report.Updated},
			map[string]string{"e1": "2027-06-30", "e5": "2027-06-30"}},
		{"rows deleted so that they are not sent", func(h []string, r [][]string) ([]string, [][]string) {
			return h, r[1:4]
		}, []report.Outcome{report.Invalid, report.Missing, report.Unchanged},
			map[string]string{"e1": "2027-06-11", "e5": "2027-06-11"}},
		{"rows in another order", func(h []string, r [][]string) ([]string, [][]string) {
			slices.Reverse(r)
			return h, r
		}, []report.Outcome{report.Updated, report.Invalid, report.Missing, report.Unchanged, report.Updated},
			map[string]string{"e1": "2027-06-30", "e5": "2027-06-30"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newSchool(t, source, sandbox.Options{}, enrolled("e1"), enrolled("e2"), enrolled("e3"), enrolled("e4"), enrolled("e5"))
			plan := n.plan()
			plan.tally(report.Planned, report.Invalid, report.Missing, report.Unchanged, report.Planned)
			mend(t, plan.report, c.mend)
			applied := n.apply(plan)
			applied.finished()
			applied.tally(c.want...)
			for id, want := range c.then {
				if got := n.held(id).EndDate; got != want {
					t.Errorf("%s ends %s, want %s", id, got, want)
				}
			}
		})
	}
}

// mend rewrites a report as a spreadsheet would, with its rows in the order of
// the source to begin with.
func mend(t *testing.T, path string, how func(header []string, rows [][]string) ([]string, [][]string)) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	line := slices.Index(all[0], "result.line")
	slices.SortFunc(all[1:], func(a, b []string) int { return cmp.Or(len(a[line])-len(b[line]), strings.Compare(a[line], b[line])) })
	header, rows := how(all[0], all[1:])
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if err := w.WriteAll(append([][]string{header}, rows...)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("\ufeff"+b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A mended row of a plan is held to what the plan saw in the field all the same.
func TestAMendedRowIsHeldToWhatThePlanSaw(t *testing.T) {
	n := newSchool(t, "sourcedId,endDate\ne1,2027-06-30\n", sandbox.Options{}, enrolled("e1"))
	plan := n.plan()
	mend(t, plan.report, func(h []string, r [][]string) ([]string, [][]string) {
		r[0][slices.Index(h, "endDate")] = "2027-07-15"
		return h, r
	})
	changed := enrolled("e1")
	changed.EndDate = "2030-12-31"
	n.hold(changed)
	n.apply(plan).tally(report.Conflict)
	if got := n.held("e1").EndDate; got != "2030-12-31" {
		t.Errorf("e1 was overwritten: %s", got)
	}
}

func TestAPlanThatCannotBeApplied(t *testing.T) {
	const source = "sourcedId,endDate\ne1,2027-06-30\n"
	t.Run("the plan of a run that was stopped", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		n := newSchool(t, source, sandbox.Options{Fault: func(q sandbox.Request) string {
			if q.Method == "GET" {
				cancel()
				return "503" // so that the row is left
			}
			return ""
		}}, enrolled("e1"))
		plan := n.doUntil(ctx, "plan", importer.Plan, n.path("rows.csv"))
		ended[*importer.RefusedError](n.apply(plan), "not complete", "again")
	})
	t.Run("stopped by an outage", func(t *testing.T) {
		n := newSchool(t, source, sandbox.Options{Fault: func(q sandbox.Request) string {
			if q.Method == "GET" {
				return "503"
			}
			return ""
		}}, enrolled("e1"))
		plan := n.plan(func(o *importer.Options) { o.GiveUp = 1 })
		plan.tally(report.Unsent)
		if plan.err == nil {
			t.Fatal("the plan says it is complete")
		}
		ended[*importer.RefusedError](n.apply(plan), "not complete", "again")
	})
	t.Run("a report", func(t *testing.T) {
		n := newSchool(t, source, sandbox.Options{}, enrolled("e1"))
		m := n.sync("", "night.report.csv")
		ended[*importer.RefusedError](n.apply(m, named(n.path("applied.report.csv"))), "not a plan", "rerun", "undo")
	})
	t.Run("by rerun", func(t *testing.T) {
		n := newSchool(t, source, sandbox.Options{}, enrolled("e1"))
		m := n.rerun(n.plan())
		ended[*importer.RefusedError](m, "plan", "apply")
		m.sawPatches(0)
	})
	t.Run("a plain file", func(t *testing.T) {
		n := newSchool(t, source, sandbox.Options{}, enrolled("e1"))
		ended[*importer.RefusedError](n.do("apply", importer.Apply, n.path("rows.csv")))
	})
}

func TestThePlanIsSummedUp(t *testing.T) {
	source := "sourcedId,status,schoolSourcedId,endDate,userSourcedId\n"
	var held []sandbox.Record
	for i := range 30 {
		id := fmt.Sprintf("e%d", i+1)
		held = append(held, enrolled(id))
		status, school := "active", "s1"
		if i < 4 {
			status = "tobedeleted"
		}
		if i%3 == 0 {
			school = "s3"
		}
		source += fmt.Sprintf("%s,%s,%s,2027-06-30,u-%s\n", id, status, school, id)
	}
	n := newSchool(t, source, sandbox.Options{}, held...)
	d := n.plan().summary.Digest
	if d == nil {
		t.Fatal("a plan without a digest")
	}
	for _, c := range []struct {
		name string
		got  []importer.Count
		want []importer.Count
	}{
		{"fields", d.Fields, []importer.Count{{What: "endDate", Rows: 30}, {What: "school", Rows: 10}, {What: "status", Rows: 4}}},
		{"schools", d.Schools, []importer.Count{{What: "s1", Rows: 20}, {What: "s3", Rows: 10}}},
		{"kinds", d.Kinds, []importer.Count{{What: "status active → tobedeleted", Rows: 4}}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	if want := "line 2 (e1): status active → tobedeleted"; len(d.First) == 0 || !slices.Contains(d.First, want) || !slices.Contains(d.First, "line 2 (e1): school s1 → s3") {
		t.Errorf("the first changes are %q, want %q among them", d.First, want)
	}
}
