package importer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// What no output may show. Every token of every server here begins alike.
const (
	secret      = `s3cr&t "of/the\night%`
	tokenPrefix = "sandbox-token-"
)

// night is a directory with a source in it, and a server.
type night struct {
	*testing.T
	dir     string
	options importer.Options
	rows    *sandbox.Server // behind options.Server
	talk    *buffer         // the log of the runs
	log     *buffer         // the log of the sandbox
	hostile hostile         // the server in its place, if there is one
}

// newNight puts source into rows.csv and starts a sandbox on which every
// enrollment exists.
func newNight(t *testing.T, source string, o sandbox.Options) *night {
	t.Helper()
	n := &night{T: t, dir: t.TempDir(), talk: &buffer{}, log: &buffer{}}
	o.Open, o.ClientSecret, o.Log = true, secret, n.log
	n.rows = sandbox.New(o)
	live, err := n.rows.Start("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { live.Close() })
	n.options = importer.Options{
		Command: "import", Version: "1.2.3", Sources: []string{n.put("rows.csv", source)},
		Server: importer.Server{
			BaseURL: live.URL, TokenURL: live.TokenURL, ClientID: "sandbox", ClientSecret: secret, Timeout: 5 * time.Second,
		},
		Workers: 4, Retries: 3, GiveUp: 20 * time.Second,
		Log: zerolog.New(n.talk),
	}
	return n
}

func (n *night) path(name string) string { return filepath.Join(n.dir, name) }

// put writes a file into the night's directory.
func (n *night) put(name, content string) string {
	n.Helper()
	if err := os.WriteFile(n.path(name), []byte(content), 0o600); err != nil {
		n.Fatal(err)
	}
	return n.path(name)
}

// requests are what the server has been asked so far.
func (n *night) requests() []sandbox.Request {
	n.Helper()
	all, err := sandbox.ReadLog(bytes.NewReader(n.log.Bytes()))
	if err != nil {
		n.Fatal(err)
	}
	return append(all, n.hostile.log()...)
}

// morning is what a run has left behind.
type morning struct {
	*night
	summary  importer.Summary
	err      error
	report   string                 // its path
	lines    []report.Line          // of it, by line of the source
	outcomes map[report.Outcome]int // of them
	facts    report.Run             // report.json
	requests []sandbox.Request      // of this run
}

func (n *night) run() *morning { n.Helper(); return n.perform(n.Context(), importer.Run) }

// perform does a run and holds everything that it left behind against the
// promises.
func (n *night) perform(ctx context.Context, act func(context.Context, importer.Options) (importer.Summary, error)) *morning {
	n.Helper()
	m := &morning{night: n, outcomes: make(map[report.Outcome]int)}
	began, standing := time.Now(), n.files()
	m.summary, m.err = act(ctx, n.options)
	m.requests = slices.DeleteFunc(n.requests(), func(q sandbox.Request) bool { return q.Time.Before(began) })
	if m.report = m.summary.Report; m.report != "" {
		m.lines = readReport(n.T, m.report)
		m.checkFacts()
	}
	lines := m.lines
	var unwritten *importer.ReportError
	if errors.As(m.err, &unwritten) {
		lines = slices.Concat(lines, unwritten.Lost)
	}
	checkPromises(n.T, n.requests(), m.requests, lines, n.options)
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
	if m.facts, err = report.ReadRun(report.SidePath(m.report)); err != nil {
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

// rows is a source of n rows, e1 to en, that set a role.
func rows(n int) string {
	var b strings.Builder
	b.WriteString("sourcedId,role\n")
	for i := range n {
		fmt.Fprintf(&b, "e%d,teacher\n", i+1)
	}
	return b.String()
}

func readReport(t *testing.T, path string) []report.Line {
	t.Helper()
	r, err := report.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var lines []report.Line
	for {
		l, err := r.Next()
		if err != nil {
			if err.Error() != "EOF" || r.Torn() > 0 {
				t.Errorf("%s: %v, %d torn lines", path, err, r.Torn())
			}
			slices.SortStableFunc(lines, func(a, b report.Line) int { return a.Line - b.Line })
			return lines
		}
		lines = append(lines, l)
	}
}

// alone runs the calling test once more, in a process of its own, and reports
// whether this is that process. What a process does only once, such as reading
// the proxies from its environment, needs that. Meanwhile other tests go on.
func alone(t *testing.T) bool {
	t.Helper()
	const mark = "ROSTERPATCH_TEST_ALONE"
	if os.Getenv(mark) == t.Name() {
		return true
	}
	t.Parallel()
	name := "^" + strings.ReplaceAll(regexp.QuoteMeta(t.Name()), "/", "$/^") + "$"
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+name, "-test.count=1", "-test.v")
	c.Env = append(os.Environ(), mark+"="+t.Name())
	out, err := c.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Errorf("in a process of its own: %v\n%s", err, out)
	}
	return false
}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.b.Bytes())
}
