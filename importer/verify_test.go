package importer_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

func verified(o *importer.Options) { o.Verify = true }

func TestVerifyReadsEveryRecordBack(t *testing.T) {
	readings(t, func(t *testing.T, o sandbox.Options) {
		n := newSchool(t, "sourcedId,role,primary,endDate,userSourcedId,metadata.goals.dailyXp,metadata.jp.seatNumber\n"+
			"e1,teacher,TRUE,2027-06-30,u9,25.0,7\ne2,,FALSE,,,,\n", o, enrolled("e1"), enrolled("e2"))
		m := n.sync("", "night.report.csv", verified)
		m.finished()
		m.tally(report.Updated, report.Updated)
		if len(m.reads()) != 2 || m.lines[0].Attempts != 1 {
			t.Errorf("%d reads, %d attempts", len(m.reads()), m.lines[0].Attempts)
		}
	})
}

// A server may say yes and do something else.
func TestVerifyFindsWhatWasNotTaken(t *testing.T) {
	cases := []struct {
		name    string
		held    string // what a GET answers, as far as it is not the record of the test
		status  int
		outcome report.Outcome
		says    []string
	}{
		{"all of it taken", `"role":"teacher","endDate":"2027-06-30"`, 200, report.Updated, nil},
		{"in another form", `"role":"teacher","endDate":"2027-06-30T00:00:00.000Z"`, 200, report.Updated, nil},
		{"a field not taken", `"role":"teacher","endDate":"2027-06-11"`, 200, report.Failed, []string{"endDate", "2027-06-11", "2027-06-30"}},
		{"a field gone", `"role":"teacher","endDate":null`, 200, report.Failed, []string{"endDate", "nothing"}},
		{"no record", ``, 404, report.Failed, []string{"there is no such record"}},
		{"no answer", ``, 503, report.Unknown, []string{"could not be read back"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, "sourcedId,role,endDate\ne1,teacher,2027-06-30\n", sandbox.Options{})
			n.answering(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet {
					return false
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(c.status)
				w.Write([]byte(`{"enrollment":{"sourcedId":"e1",` + c.held + `}}`))
				return true
			})
			n.options.Retries = 0
			m := n.sync("", "night.report.csv", verified)
			m.tally(c.outcome)
			contains(t, m.lines[0].Message, c.says...)
			if m.lines[0].HTTPStatus != 200 {
				t.Errorf("the line says %d", m.lines[0].HTTPStatus)
			}
		})
	}
}

// answering puts a server before the sandbox that answers what f answers, and
// leaves the rest to it.
func (n *night) answering(f func(http.ResponseWriter, *http.Request) bool) {
	behind := n.rows
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !f(w, r) {
			behind.ServeHTTP(w, r)
		}
	}))
	n.Cleanup(server.Close)
	n.options.Server.BaseURL, n.options.Server.TokenURL = server.URL, server.URL+sandbox.TokenPath
}

// What others keep in the objects that a row touches is not the row's to verify.
func TestVerifyAsksForTheRowsFieldsAlone(t *testing.T) {
	readings(t, func(t *testing.T, o sandbox.Options) {
		r := enrolled("e1")
		r.Metadata = json.RawMessage(`{"goals":{"dailyXp":10,"legacy":true,"dailyLessons":"many"}}`)
		n := newSchool(t, "sourcedId,metadata.goals.dailyXp\ne1,20\n", o, r)
		m := n.sync("server", "night.report.csv", verified)
		m.tally(report.Updated)
		if o.Merge == "deep" && !strings.Contains(string(n.held("e1").Metadata), `"legacy":true`) {
			t.Errorf("metadata is %s", n.held("e1").Metadata)
		}
	})
}

func TestVerifyOfApplyAndUndo(t *testing.T) {
	readings(t, func(t *testing.T, o sandbox.Options) {
		n := newSchool(t, "sourcedId,endDate,metadata.jp.seatNumber\ne1,2027-06-30,7\n", o, enrolled("e1"))
		as := n.rows.Snapshot()
		applied := n.apply(n.plan(), verified)
		applied.tally(report.Updated)
		n.undo(applied, verified).tally(report.Updated)
		n.same(as, "after the undo")
	})
}
