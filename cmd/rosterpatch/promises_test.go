package main

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// checked holds what a run of a night left behind to the promises: its lines
// against the server's log and store.
type checked struct {
	*testing.T
	*night
	*program
	lines []reportLine
}

// reportLine is a line of a report, read by encoding/csv alone.
type reportLine struct {
	row       int // where it stands in the source
	outcome   report.Outcome
	status    string
	requestID string
	message   string
	cells     []string
}

// readLines reads a report. A torn last line is left out.
func readLines(t *testing.T, path string) []reportLine {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(string(text)))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil && !errors.Is(err, csv.ErrQuote) {
		t.Fatalf("%s: %v", path, err)
	}
	if len(records) == 0 {
		return nil
	}
	at := func(name string) int { return slices.Index(records[0], "result."+name) }
	width := at("after") + 1
	var lines []reportLine
	for _, cells := range records[1:] {
		if len(cells) <= width {
			continue
		}
		row, err := strconv.Atoi(cells[at("line")])
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		lines = append(lines, reportLine{row, report.Outcome(cells[at("outcome")]), cells[at("httpStatus")],
			cells[at("requestId")], cells[at("message")], cells[width:]})
	}
	if !strings.HasSuffix(string(text), "\n") && len(lines) > 0 {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// secrets: no file and no output holds the secret or a token.
func (c *checked) secrets() {
	c.Helper()
	leaks := func(text string) bool {
		return strings.Contains(text, clientSecret) || strings.Contains(text, tokenMark)
	}
	if leaks(c.output) {
		c.Errorf("a secret in the output:\n%s", c.output)
	}
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if leaks(string(text)) {
			c.Errorf("a secret in %s", path)
		}
		return err
	})
	if err != nil {
		c.Error(err)
	}
}

// codes: the exit code says how the run ended.
func (c *checked) codes() {
	c.Helper()
	allowed := []int{exitDone, exitNotUpdated, exitStopped, exitPermission}
	for _, s := range c.ending.signals {
		switch s {
		case os.Kill:
			allowed = append(allowed, -1)
		case os.Interrupt:
			allowed = append(allowed, exitInterrupted+2)
		default:
			allowed = append(allowed, exitInterrupted+15)
		}
	}
	if c.ending.after > 0 && c.ending.after < 200*time.Millisecond {
		allowed = append(allowed, -1) // the program may not have heard yet of signals
	}
	if !slices.Contains(allowed, c.code) {
		c.Errorf("exit code %d; allowed %v", c.code, allowed)
	}
	if c.finished() != (c.report != "") && !slices.Contains([]int{-1, 130, 143}, c.code) {
		c.Errorf("exit code %d, but the report is not complete", c.code)
	}
}

// traffic: requests for one id go in file order and never two at once, the rate
// is held, one caller asks for tokens, and an outage costs probes.
func (c *checked) traffic(w weather) {
	c.Helper()
	bySeq := make(map[int64]sandbox.Request)
	last := make(map[string]int)
	var calls, tokens []sandbox.Request
	for _, q := range slices.SortedFunc(slices.Values(c.log), func(a, b sandbox.Request) int { return cmp.Compare(a.Seq, b.Seq) }) {
		bySeq[q.Seq] = q
		switch {
		case q.Path == sandbox.TokenPath:
			tokens = append(tokens, q)
			continue
		case q.Method == "PATCH":
			number := rowOf(q)
			if !q.Applied && c.server.network != nil && q.Body[0] == '"' {
				continue // cut on its way
			}
			if number < 0 || c.roster.rows[number].id != q.SourcedID || c.roster.rows[number].kind > toMiss {
				c.Errorf("PATCH %s %s is of no row that is to be sent", q.SourcedID, q.Body)
				continue
			}
			if number < last[q.SourcedID] {
				c.Errorf("%s: row %d was sent after row %d", q.SourcedID, number, last[q.SourcedID])
			}
			last[q.SourcedID] = number
		}
		calls = append(calls, q)
	}
	for _, q := range calls {
		if other, ok := bySeq[q.Overlaps]; q.Overlaps != 0 && (!ok || !other.GaveUp) {
			c.Errorf("%s: two requests at once: %d and %d", q.SourcedID, q.Overlaps, q.Seq)
		}
	}
	c.pace(calls)
	c.tokens(tokens, calls)
	if w.outage != "" && len(calls) >= w.from && w.from > 0 {
		begun := calls[w.from-1].Time
		met := 0
		for _, q := range calls {
			if !q.Time.Before(begun) && q.Time.Before(begun.Add(w.lasts)) {
				met++
			}
		}
		// Those in flight, ten that look for an end, and then pauses of 150 ms at least.
		if most := 2*c.program.workers + 12 + int(w.lasts/(150*time.Millisecond)); met > most {
			c.Errorf("an outage of %v met %d requests, more than %d", w.lasts, met, most)
		}
	}
}

// rowOf is the number of the row whose body a PATCH carries, -1 if it is of none.
func rowOf(q sandbox.Request) int {
	body, _ := decode(q.Body)["enrollment"].(map[string]any)
	metadata, _ := body["metadata"].(map[string]any)
	text, _ := metadata["row"].(string)
	number, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return number
}

// pace: of the requests to the API no span holds more than the rate allows. A
// request may take slack from where it is counted to where it is logged.
func (c *checked) pace(calls []sandbox.Request) {
	c.Helper()
	const slack = 300 * time.Millisecond
	burst := 1 + int(c.program.rate/100)
	if c.program.rate == 0 {
		return
	}
	for i := range calls {
		span := calls[i].Time.Sub(c.began)
		for _, from := range []int{0, i / 2} {
			if from > 0 {
				span = calls[i].Time.Sub(calls[from].Time) + slack
			}
			if n := i - from + 1; float64(n) > float64(burst)+c.program.rate*span.Seconds() {
				c.Errorf("%d requests in %v, with a rate of %v", n, span, c.program.rate)
				return
			}
		}
	}
}

// tokens: they are asked for by one caller at a time, and a new one only for
// cause.
func (c *checked) tokens(tokens, calls []sandbox.Request) {
	c.Helper()
	revoked := make(map[int]bool)
	for _, q := range calls {
		if q.Status == 401 {
			revoked[q.Token] = true
		}
	}
	issued := 0
	for i, q := range tokens {
		if i > 0 && q.Time.Before(tokens[i-1].Time.Add(time.Duration(tokens[i-1].Took*float64(time.Millisecond)))) {
			c.Error("two requests for a token at once")
		}
		if q.Status == 200 && q.Fault != "html" {
			issued++
		}
	}
	most := 1 + len(revoked)
	if c.lasts > 0 {
		most += 1 + int(c.took.Seconds()/(0.8*c.lasts.Seconds()))
	}
	if issued > most && c.server.network == nil {
		c.Errorf("%d tokens in %v, more than %d (revoked: %d, lifetime %v)", issued, c.took, most, len(revoked), c.lasts)
	}
}

// once: each row has one line in a complete report, and at most one in that of
// a killed run; its cells are the source's.
func (c *checked) once() {
	c.Helper()
	expected := make(map[int]rosterRow)
	for _, row := range c.roster.rows {
		expected[row.line] = row
	}
	for _, l := range c.lines {
		row, ok := expected[l.row]
		if !ok {
			c.Errorf("line %d of the source is reported twice, or is no row", l.row)
		}
		delete(expected, l.row)
		want := make([]string, len(row.cells))
		for i, cell := range row.cells {
			want[i] = strings.ReplaceAll(cell, "\r\n", "\n") // as encoding/csv has it
		}
		if ok && !slices.Equal(l.cells, want) {
			c.Errorf("line %d of the source: the report holds %q, want %q", l.row, l.cells, want)
		}
	}
	if c.finished() && len(expected) > 0 {
		c.Errorf("a complete report lacks %d rows, such as line %d of the source", len(expected), slices.Sorted(maps.Keys(expected))[0])
	}
}

// updated: each such line has a request in the log that was carried out, with
// the body of the row, and answered so.
func (c *checked) updated() {
	c.Helper()
	byID := make(map[string]sandbox.Request)
	for _, q := range c.server.since(0) {
		byID[q.RequestID] = q
	}
	for _, l := range c.lines {
		if l.outcome != report.Updated {
			continue
		}
		q := byID[l.requestID]
		row := c.rowAt(l.row)
		if !wellAnswered(q) || q.SourcedID != row.id || !c.says(q, row) {
			c.Errorf("line %d of the source (%s) is updated, but its request is %s, body %s", l.row, row.id, shownRequest(q), q.Body)
		}
	}
}

// rowAt is the row that starts on a line of the source.
func (c *checked) rowAt(line int) rosterRow {
	at := slices.IndexFunc(c.roster.rows, func(r rosterRow) bool { return r.line == line })
	return c.roster.rows[max(at, 0)]
}

// wellAnswered reports whether a PATCH was carried out and the client was told.
func wellAnswered(q sandbox.Request) bool {
	return q.Method == "PATCH" && q.Applied && q.Status == 200 && !slices.Contains([]string{"lost", "cut", "html", "failure"}, q.Fault)
}

// shownRequest is a request of the log for a message.
func shownRequest(q sandbox.Request) string {
	q.Body = nil
	return fmt.Sprintf("%+v", q)
}

// says reports whether a PATCH carries what the row says: all of it, or after a
// comparison what differs, and what must not be left out beside that.
func (c *checked) says(q sandbox.Request, row rosterRow) bool {
	body, _ := decode(q.Body)["enrollment"].(map[string]any)
	if !c.against {
		return reflect.DeepEqual(body, row.body)
	}
	for key, value := range body {
		if key != "primary" && key != "metadata" && !reflect.DeepEqual(value, row.body[key]) {
			return false
		}
	}
	return len(body) > 0
}

// facts: the side file agrees with the report and with the log.
func (c *checked) facts() {
	c.Helper()
	outcomes := make(map[report.Outcome]int)
	for _, l := range c.lines {
		outcomes[l.outcome]++
	}
	f := c.program.facts
	if f.Rows != len(c.roster.rows) || !maps.Equal(f.Outcomes, outcomes) {
		c.Errorf("facts: %d rows, %v; the report has %d, %v", f.Rows, f.Outcomes, len(c.roster.rows), outcomes)
	}
	calls := 0
	for _, q := range c.log {
		if q.Path != sandbox.TokenPath {
			calls++
		}
	}
	if f.Requests < calls {
		c.Errorf("facts: %d requests; the server had %d", f.Requests, calls)
	}
	if f.Start.After(f.End) || f.Start.Before(c.began.Add(-time.Second)) || (f.State == report.Stopped) != (f.StopReason != "") {
		c.Errorf("facts: %+v", f)
	}
	if (f.State == report.Stopped) == (c.code == exitDone || c.code == exitNotUpdated) {
		c.Errorf("facts: %s, but exit code %d", f.State, c.code)
	}
}

// accepted: what the server accepted, and said so in time, is reported as
// updated; and what was not sent is reported as nothing else.
func (c *checked) accepted() {
	c.Helper()
	accepted, sent := make(map[int]bool), make(map[int]bool)
	for _, q := range c.log {
		if q.Method == "PATCH" {
			sent[rowOf(q)] = true
			accepted[rowOf(q)] = accepted[rowOf(q)] || wellAnswered(q) && !q.GaveUp && q.Took < 1000
		}
	}
	for number, row := range c.roster.rows {
		at := slices.IndexFunc(c.lines, func(l reportLine) bool { return l.row == row.line })
		if at < 0 {
			continue // which once has told
		}
		switch o := c.lines[at].outcome; {
		case accepted[number] && o != report.Updated && !c.verify:
			c.Errorf("line %d of the source was accepted and is %s", row.line, o)
		case o == report.Unknown && !sent[number] && c.args[0] == "import":
			c.Errorf("line %d of the source was never sent and is unknown", row.line)
		}
	}
}

// repeats counts the requests of a killed run that have to be made again only
// because of the kill: those that were answered for good or in flight, of rows
// that have no line. There are at most two a worker. It is -1 for a run that
// sent nothing.
func (c *checked) repeats() int {
	c.Helper()
	recorded := make(map[int]bool)
	for _, l := range c.lines {
		recorded[l.row] = true
	}
	repeats, sent := 0, false
	for i, q := range c.log {
		if q.Path == sandbox.TokenPath {
			continue
		}
		sent = true
		if q.Method != "PATCH" || recorded[c.roster.rows[max(rowOf(q), 0)].line] {
			continue
		}
		settled := wellAnswered(q) || q.Status >= 300 && q.Status < 500 && q.Status != 401 && q.Status != 429
		if settled || i >= c.struck {
			repeats++
		}
	}
	if !sent {
		return -1
	}
	if repeats > 2*c.program.workers {
		c.Errorf("the kill costs %d requests, with %d workers", repeats, c.program.workers)
	}
	return repeats
}

// outcomes: after the last run, every row is what it is to be.
func (c *checked) outcomes() {
	c.Helper()
	for _, l := range c.lines {
		allowed := []report.Outcome{report.Updated, report.Unchanged}
		switch c.rowAt(l.row).kind {
		case toMiss:
			if allowed = []report.Outcome{report.Failed}; c.against {
				allowed = []report.Outcome{report.Missing}
			}
		case nothing:
			allowed = allowed[1:]
		case wrong:
			allowed = []report.Outcome{report.Invalid}
		}
		if !slices.Contains(allowed, l.outcome) {
			c.Errorf("line %d of the source is %s (%s) in the end; want %v", l.row, l.outcome, l.message, allowed)
		}
	}
}

// store: after the last run, each record holds what its rows say, the last of
// them last.
func (c *checked) store() {
	c.Helper()
	for id, want := range c.roster.want {
		got, _ := c.server.Get(id)
		same := reflect.DeepEqual(decode(got.Metadata), decode(want.Metadata)) &&
			(got.Primary == want.Primary || c.options.PrimaryDefault && want.Primary == "" && got.Primary == "false")
		got.Metadata, want.Metadata, got.Primary, want.Primary = nil, nil, "", ""
		if full, _ := c.server.Get(id); !same || !sameRecord(got, want) {
			c.Errorf("%s: the server holds %+v (metadata %s), want %+v (metadata %s)", id, got, full.Metadata, want, c.roster.want[id].Metadata)
		}
	}
}

// sameRecord compares what can be seen of two records.
func sameRecord(a, b sandbox.Record) bool {
	return [7]string{a.SourcedID, a.Status, a.Role, a.BeginDate, a.EndDate, a.User + a.School, a.Class} ==
		[7]string{b.SourcedID, b.Status, b.Role, b.BeginDate, b.EndDate, b.User + b.School, b.Class}
}
