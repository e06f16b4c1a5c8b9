package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
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
	if len(c.log) == 0 {
		allowed = append(allowed, -1) // it may have been too early to listen for signals
	}
	if !slices.Contains(allowed, c.code) {
		c.Errorf("exit code %d; allowed %v", c.code, allowed)
	}
	// A second signal, like a kill, leaves the report as it is.
	if len(c.log) > 0 && !c.finished() && c.code != -1 && len(c.ending.signals) < 2 {
		c.Errorf("exit code %d after %d requests, but there is no complete report", c.code, len(c.log))
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
	cut := c.code == -1 || len(c.ending.signals) > 1 // perhaps between the facts and its end
	if (f.State == report.Stopped) == (c.code == exitDone || c.code == exitNotUpdated) && !cut {
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
			// In time is well within the timeout, for the client is not always at work.
			accepted[rowOf(q)] = accepted[rowOf(q)] || wellAnswered(q) && !q.GaveUp && q.Took < 500
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
	if repeats > 2*c.workers {
		c.Errorf("the kill costs %d requests, with %d workers", repeats, c.workers)
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
		if c.options.PrimaryDefault && want.Primary == "" {
			want.Primary = got.Primary // no PATCH can keep it null there
		}
		if held, wanted := record(got), record(want); !reflect.DeepEqual(held, wanted) {
			c.Errorf("%s: the server holds %v, want %v", id, held, wanted)
			return // one tells enough
		}
	}
}

// record is what can be seen of a record.
func record(r sandbox.Record) map[string]any {
	text, err := json.Marshal(r)
	if err != nil {
		return nil
	}
	return decode(text)
}
