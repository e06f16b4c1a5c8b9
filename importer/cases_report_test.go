package importer_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// On the wire.
func TestRequest(t *testing.T) {
	t.Parallel()
	n := newNight(t, "sourcedId,dateLastModified,metadata.jp.seat,metadata.goals.dailyXp,endDate,userSourcedId,classSourcedId,schoolSourcedId,beginDate,primary,role,status,metadata.jp.row,metadata.A.b.c\n"+
		"a/ü?,2027-01-01T00:00:00Z,7,0.10, 2027-06-10 ,u1,c1,s1,2026-08-15,FALSE,student,active,B,x\n", sandbox.Options{})
	var mu sync.Mutex
	var got *http.Request
	s := n.faces(func(w http.ResponseWriter, r *http.Request, q sandbox.Request) {
		mu.Lock()
		got = r.Clone(t.Context())
		mu.Unlock()
		body := make([]byte, 4096)
		size, _ := r.Body.Read(body)
		const want = `{"enrollment":{"status":"active","role":"student","primary":false,"beginDate":"2026-08-15","endDate":"2027-06-10","user":{"sourcedId":"u1"},"class":{"sourcedId":"c1"},"school":{"sourcedId":"s1"},"metadata":{"jp":{"seat":"7","row":"B"},"goals":{"dailyXp":0.10},"A":{"b":{"c":"x"}}}}}`
		if string(body[:size]) != want {
			t.Errorf("the body is  %s\nand is wanted %s", body[:size], want)
		}
		accept(w, r, q)
	})
	n.options.Server.BaseURL = s.URL + "/a/prefix/"
	m := n.run()
	m.finished()
	if got == nil {
		t.Fatal("nothing came")
	}
	if want := "/a/prefix/ims/oneroster/rostering/v1p2/enrollments/a%2F%C3%BC%3F"; got.Method != "PATCH" || got.RequestURI != want {
		t.Errorf("%s %s, want PATCH %s", got.Method, got.RequestURI, want)
	}
	for name, want := range map[string]string{
		"Authorization": "^Bearer " + tokenPrefix, "Content-Type": "^application/json$", "Accept": "^application/json$", "User-Agent": "^rosterpatch/1\\.2\\.3$",
	} {
		if value := got.Header.Get(name); !regexp.MustCompile(want).MatchString(value) {
			t.Errorf("%s: %s", name, value)
		}
	}
}

// What the report is made of.
func TestReportFile(t *testing.T) {
	t.Parallel()
	const source = "\ufeff sourcedId ,role,\"metadata.a \"\"b\"\"\",\r\n" +
		"e1, teacher ,\"x, \"\"y\"\"\r\nz\",=1+1\r\n" +
		"\r\n" +
		"e2,aide,,\r\n"
	n := newNight(t, source, sandbox.Options{})
	m := n.run()
	m.finished()
	text, err := os.ReadFile(m.report)
	if err != nil {
		t.Fatal(err)
	}
	header, rest, _ := strings.Cut(string(text), "\n")
	const want = `result.line,result.outcome,result.httpStatus,result.attempts,result.message,result.imsx_codeMajor,result.imsx_severity,result.imsx_codeMinor,result.imsx_description,result.imsx_error_details,result.requestId,result.finishedAt,result.durationMs,result.fingerprint,result.before,result.after`
	if header != want+`," sourcedId ",role,"metadata.a ""b""",` {
		t.Errorf("the header is %s", header)
	}
	for _, line := range []string{
		`2,updated,200,1,,,,,,,sandbox-\d+,\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z,\d+,[0-9a-f]{32},,,e1," teacher ","x, ""y""\r\nz",=1\+1`,
		`5,invalid,,0,"role: ""aide"" [^\n]*",,,,,,,,,,,,e2,aide,,`,
	} {
		if !regexp.MustCompile("(^|\n)" + line + "\n").MatchString(rest) {
			t.Errorf("the lines are %q, without %s", rest, line)
		}
	}
	for _, path := range []string{m.report, report.FactsPath(m.report)} {
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	f := m.facts
	if f.State != report.Finished || f.Command != "import" || f.Version != "1.2.3" || f.Start.IsZero() || f.End.Before(f.Start) || f.Requests != 1 || f.Retries != 0 || f.Throttles != 0 || f.Latency == nil || f.Latency.Max < f.Latency.P50 {
		t.Errorf("%+v", f)
	}
	if s := f.Sources; len(s) != 1 || s[0].Path != n.options.Sources[0] || s[0].SHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte(source))) {
		t.Errorf("%+v", s)
	}
}

// A fingerprint stands for the id and the whole change.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	m := newNight(t, "sourcedId,role,metadata.a,metadata.b\ne1,teacher,1,2\ne1,teacher,1,2\ne2,teacher,1,2\ne1,teacher,2,1\ne1,teacher,1,\n", sandbox.Options{}).run()
	m.finished()
	seen := make(map[string]int)
	for _, l := range m.lines {
		seen[l.Fingerprint]++
	}
	if len(seen) != 4 || seen[m.lines[0].Fingerprint] != 2 {
		t.Errorf("%v", seen)
	}
}

// A row's line is in the file before its worker takes the
// next row, and until the end the facts say that the run is under way.
func TestLinesComeBeforeTheNextRow(t *testing.T) {
	for _, workers := range []int{1, 8} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			t.Parallel()
			var n *night
			arrived := 0
			var mu sync.Mutex
			n = newNight(t, rows(200), sandbox.Options{Fault: func(q sandbox.Request) string {
				if q.Method != "PATCH" {
					return ""
				}
				mu.Lock()
				defer mu.Unlock()
				text, err := os.ReadFile(n.path("rows.report.csv"))
				if lines := strings.Count(string(text), "\n") - 1; err != nil || lines < arrived-workers+1 {
					t.Errorf("%d lines when request %d came: %v", lines, arrived+1, err)
				}
				arrived++
				if facts, err := report.ReadFacts(n.path("rows.report.json")); err != nil || facts.State != report.Running || facts.Rows != 200 {
					t.Errorf("%+v, %v", facts, err)
				}
				return ""
			}})
			n.options.Workers = workers
			n.run().finished()
		})
	}
}

// A row that waits to be sent again holds no worker, and of its id no
// other row goes before it.
func TestWaitingRowsHoldNoWorker(t *testing.T) {
	t.Parallel()
	n := newNight(t, "sourcedId,role\nslow,teacher\nslow,student\n"+strings.Join(strings.SplitAfter(rows(20), "\n")[1:], ""), sandbox.Options{Fault: func(q sandbox.Request) string {
		if q.SourcedID == "slow" && q.Nth <= 2 {
			return "500"
		}
		return ""
	}})
	n.options.Workers = 1
	m := n.run()
	m.finished()
	m.reports(append([]string{"2 updated 200 3", "3 updated 200 1"}, all(22, "updated 200 1")[2:]...)...)
	if order := m.patches(); order[0].SourcedID != "slow" || order[1].SourcedID == "slow" && order[2].SourcedID == "slow" {
		t.Errorf("the others waited: %+v", order)
	}
	if got, _ := n.rows.Get("slow"); got.Role != "student" {
		t.Errorf("%+v", got)
	}
}

// --verify reads each record back.
func TestVerify(t *testing.T) {
	t.Run("what is stored", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(3), sandbox.Options{Answer: "none"})
		n.options.Verify = true
		m := n.run()
		m.finished()
		m.reports(all(3, "updated 200 1")...)
		if len(m.reads()) != 3 {
			t.Errorf("%d reads", len(m.reads()))
		}
	})
	t.Run("what is not", func(t *testing.T) {
		t.Parallel()
		n := newNight(t, rows(1), sandbox.Options{})
		n.options.Verify = true
		n.faces(func(w http.ResponseWriter, r *http.Request, q sandbox.Request) {
			answer(w, 200, asJSON, `{"enrollment":{"sourcedId":"e1","role":"student"}}`)
		})
		m := n.run()
		m.finished()
		m.reports("2 failed 200 1 … accepted with 200 … student in role instead of teacher")
	})
}

// A shard takes the rows of its ids and its part of the rate.
func TestShards(t *testing.T) {
	t.Parallel()
	n := newNight(t, rows(60), sandbox.Options{})
	n.options.Rate = 100
	seen := make(map[string]int)
	for i := range 2 {
		n.options.Shard.Index, n.options.Shard.Of = i, 2
		m := n.run()
		m.finished()
		for _, l := range m.lines {
			seen[l.Cells[0]]++
		}
		checkRate(t, m.requests, m.began, 50, n.options.Workers) // half of 100
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%s is in %d shards", id, times)
		}
	}
	if len(seen) != 60 {
		t.Errorf("%d rows are in a shard", len(seen))
	}
}
