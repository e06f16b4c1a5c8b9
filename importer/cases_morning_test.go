package importer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// morning is what a run has left behind.
type morning struct {
	*night
	began    time.Time
	summary  importer.Summary
	err      error
	report   string                 // its path
	lines    []report.Line          // of it, by line of the source
	outcomes map[report.Outcome]int // of them
	facts    report.Facts           // report.json
	requests []sandbox.Request      // of this run
}

func (n *night) run() *morning { n.Helper(); return n.perform(n.Context(), importer.Run) }

// perform does a run and holds everything that it left behind against the
// promises.
func (n *night) perform(ctx context.Context, act func(context.Context, importer.Options) (importer.Summary, error)) *morning {
	n.Helper()
	m := &morning{night: n, outcomes: make(map[report.Outcome]int)}
	standing := n.files()
	m.began = time.Now()
	m.summary, m.err = act(ctx, n.options)
	m.requests = slices.DeleteFunc(n.requests(), func(q sandbox.Request) bool { return q.Time.Before(m.began) })
	if m.report = m.summary.Report; m.report != "" {
		m.lines = readReport(n.T, m.report)
		m.checkFacts()
	}
	lines := m.lines
	var unwritten *importer.ReportError
	if errors.As(m.err, &unwritten) {
		lines = slices.Concat(lines, unwritten.Lost)
	}
	checkPromises(n.T, n.requests(), m.requests, m.began, lines, n.options)
	if nothingSent(m.err) {
		if len(m.requests) > 0 {
			n.Errorf("refused with %v after %d requests", m.err, len(m.requests))
		}
		if after := n.files(); !maps.Equal(standing, after) {
			n.Errorf("a refused run changed files: %q, were %q", slices.Sorted(maps.Keys(after)), slices.Sorted(maps.Keys(standing)))
		}
	}
	m.checkSecrets()
	return m
}

// nothingSent reports whether an error says that the run did not begin.
func nothingSent(err error) bool {
	return is[*importer.UsageError](err) || is[*importer.RefusedError](err) || is[*importer.LockedError](err)
}

// files are the contents of all files in the directory, but for the lock, which
// stays.
func (n *night) files() map[string]string {
	n.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(n.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) == ".lock" {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		n.Fatal(err)
	}
	return all
}

// checkFacts compares report.json with the report's lines.
func (m *morning) checkFacts() {
	m.Helper()
	for _, l := range m.lines {
		m.outcomes[l.Outcome]++
	}
	var err error
	if m.facts, err = report.ReadFacts(report.FactsPath(m.report)); err != nil {
		m.Fatal(err)
	}
	if !is[*importer.ReportError](m.err) && (!maps.Equal(m.outcomes, m.facts.Outcomes) || m.facts.Rows != len(m.lines)) {
		m.Errorf("report.json counts %d rows, %v; the report has %d, %v", m.facts.Rows, m.facts.Outcomes, len(m.lines), m.outcomes)
	}
	if stopped := m.facts.State == report.Stopped; stopped != (m.err != nil) || stopped != (m.facts.StopReason != "") {
		m.Errorf("report.json says %s (%q) of a run that ended with %v", m.facts.State, m.facts.StopReason, m.err)
	}
	if seen := len(m.patches()) + len(m.reads()); m.facts.Requests < seen {
		m.Errorf("report.json counts %d requests; the server saw %d", m.facts.Requests, seen)
	}
}

// checkSecrets looks for secret and tokens in all that a person or a program
// may read of the run.
func (m *morning) checkSecrets() {
	m.Helper()
	outputs := m.files()
	outputs["log"] = string(m.talk.Bytes())
	outputs["error"] = fmt.Sprintf("%v %+v", m.err, m.err)
	outputs["summary"] = fmt.Sprintf("%+v", m.summary)
	quoted, _ := json.Marshal(secret)
	for name, text := range outputs {
		for _, s := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`), tokenPrefix} {
			if strings.Contains(text, s) {
				m.Errorf("%s holds %q: %.300s", name, s, text)
			}
		}
	}
}

// patches and reads are the requests of the run without those for tokens.
func (m *morning) patches() []sandbox.Request { return ofMethod(m.requests, "PATCH") }
func (m *morning) reads() []sandbox.Request   { return ofMethod(m.requests, "GET") }
func (m *morning) tokens() int                { return len(ofMethod(m.requests, "POST")) }

func ofMethod(all []sandbox.Request, method string) []sandbox.Request {
	return slices.DeleteFunc(slices.Clone(all), func(q sandbox.Request) bool { return q.Method != method })
}

// reports compares the report with what is wanted of each line: its number,
// outcome, HTTP status and attempts, and behind each " … " a part of the rest.
func (m *morning) reports(want ...string) {
	m.Helper()
	for i := range max(len(want), len(m.lines)) {
		switch {
		case i >= len(m.lines):
			m.Errorf("the report lacks %q", want[i])
		case i >= len(want):
			m.Errorf("the report has besides %q", said(m.lines[i]))
		case !matches(said(m.lines[i]), want[i]):
			m.Errorf("the report says  %q\nand is wanted to %q", said(m.lines[i]), want[i])
		}
	}
}

func said(l report.Line) string {
	return fmt.Sprintf("%d %s %d %d %s | %s, %s, %s, %s, %s", l.Line, l.Outcome, l.HTTPStatus, l.Attempts, l.Message,
		l.CodeMajor, l.Severity, l.CodeMinor, l.Description, l.ErrorDetails)
}

func matches(text, want string) bool {
	parts := strings.Split(want, " … ")
	rest, ok := strings.CutPrefix(text, parts[0]+" ")
	for _, part := range parts[1:] {
		if ok {
			_, rest, ok = strings.Cut(rest, part)
		}
	}
	return ok
}

// all is what a report says that has the same to say of n rows from line 2 on.
func all(n int, want string) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("%d %s", i+2, want)
	}
	return lines
}

// sawPatches compares how many PATCHes came.
func (m *morning) sawPatches(want int) {
	m.Helper()
	if got := len(m.patches()); got != want {
		m.Errorf("the server saw %d PATCHes, want %d", got, want)
	}
}

// sawTokens compares how many tokens were asked for.
func (m *morning) sawTokens(want int) {
	m.Helper()
	if got := m.tokens(); got != want {
		m.Errorf("the server was asked for %d tokens, want %d", got, want)
	}
}

// finished sees that the run came to its end.
func (m *morning) finished() {
	m.Helper()
	if m.err != nil {
		m.Errorf("the run ended with: %v", m.err)
	}
}

// ended is the error with which the run ended, which must say each of the words.
func ended[E error](m *morning, words ...string) E {
	m.Helper()
	var e E
	if !errors.As(m.err, &e) {
		m.Fatalf("the run ended with %T: %v, want a %T", m.err, m.err, e)
	}
	contains(m.T, m.err.Error(), words...)
	return e
}

func is[E error](err error) bool { return errors.As(err, new(E)) }

func contains(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q does not say %q", text, w)
		}
	}
}
