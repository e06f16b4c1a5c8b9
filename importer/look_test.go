package importer_test

import (
	"testing"

	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// A record that someone else changes while its row waits to be sent again is left
// alone, whatever made the row wait.
func TestARecordThatChangesWhileItsRowWaits(t *testing.T) {
	for _, fault := range []string{"503", "429", "lost"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			n := newSchool(t, "sourcedId,endDate,role\ne1,2027-06-30,teacher\ne2,2027-06-30,teacher\n", sandbox.Options{}, enrolled("e1"), enrolled("e2"))
			plan := n.plan()
			changed := enrolled("e1")
			changed.Role = "administrator"
			failed := false
			n.fails(func(q sandbox.Request) string {
				switch {
				case q.Method == "PATCH" && q.SourcedID == "e1" && !failed:
					failed = true
					return fault
				case q.Method == "GET" && failed:
					n.hold(changed)
				}
				return ""
			})
			m := n.apply(plan)
			want := report.Conflict
			if fault == "lost" { // it may have been carried out before the record was changed
				want = report.Unknown
			}
			m.tally(want, report.Updated)
			if got := n.held("e1").Role; got != "administrator" {
				t.Errorf("e1 was overwritten: %s", got)
			}
			if m.lines[0].Attempts != 1 {
				t.Errorf("%d attempts are reported", m.lines[0].Attempts)
			}
		})
	}
}

// Where nobody has, the row is sent again, though it may have been carried out the
// first time, and can be put back.
func TestARowThatWaitsIsSentAgain(t *testing.T) {
	for _, fault := range []string{"503", "429", "reset", "lost", "cut"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			n := newSchool(t, "sourcedId,endDate,role\ne1,2027-06-30,teacher\ne1,,proctor\n", sandbox.Options{Merge: "top", PrimaryDefault: true}, enrolled("e1"))
			as := n.rows.Snapshot()
			plan := n.plan()
			failed := 0
			n.fails(func(q sandbox.Request) string {
				if q.Method != "PATCH" || failed == 2 {
					return ""
				}
				failed++
				return fault
			})
			m := n.apply(plan)
			m.tally(report.Updated, report.Updated)
			if m.lines[0].Attempts != 3 {
				t.Errorf("%d attempts are reported", m.lines[0].Attempts)
			}
			n.undo(m).tally(report.Updated, report.Updated)
			n.same(as, "after the undo")
		})
	}
}
