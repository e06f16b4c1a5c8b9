package importer_test

import (
	"bytes"
	"fmt"
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
		Version: "1.2.3", Sources: []string{n.put("rows.csv", source)},
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
