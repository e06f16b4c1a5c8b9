package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"rosterpatch/importer/sandbox"
)

// For import: each way to end has its code, says why, and
// names the command that comes next where there is anything left to do. However it
// ends, each row is reported.
func TestExitCodes(t *testing.T) {
	always := func(fault string) func(sandbox.Request) string {
		return func(q sandbox.Request) string {
			if q.Method == "PATCH" {
				return fault
			}
			return ""
		}
	}
	const again = "rosterpatch rerun "
	tests := []struct {
		name    string
		source  string
		server  sandbox.Options
		args    []string // after "import"; none: ./rows.csv
		code    int
		out     []string // said on standard output
		err     []string // and on standard error
		patches int      // -1: not compared
	}{
		{name: "all updated", source: fileOf(3), code: 0, out: []string{"3  updated", "rows.report.csv"}, patches: 3},
		{name: "updated and unchanged", source: "sourcedId,role\ne1,\ne2,student\n", code: 0, out: []string{"1  updated", "1  unchanged"}, patches: 1},
		{name: "standard input", args: []string{"-", "--report", "./in.report.csv"}, source: fileOf(2), code: 0, out: []string{"2  updated"}, patches: 2},

		{name: "no such flag", source: fileOf(1), args: []string{"./rows.csv", "--wrkers", "3"}, code: 2, err: []string{"--wrkers"}},
		{name: "no file named", args: []string{}, code: 2, err: []string{"FILE"}},
		{name: "no workers", source: fileOf(1), args: []string{"./rows.csv", "--workers", "0"}, code: 2, err: []string{"--workers", "1 to 1000"}},
		{name: "not a number", source: fileOf(1), args: []string{"./rows.csv", "--retries", "many"}, code: 2, err: []string{"--retries"}},
		{name: "no URL", source: fileOf(1), args: []string{"./rows.csv", "--base-url", "api.example.org"}, code: 2, err: []string{"--base-url", "https://"}},
		{name: "plain http", source: fileOf(1), args: []string{"./rows.csv", "--base-url", "http://api.example.org"}, code: 2, err: []string{"--base-url", "loopback"}},
		{name: "plain http for tokens", source: fileOf(1), args: []string{"./rows.csv", "--token-url", "http://api.example.org"}, code: 2, err: []string{"--token-url", "loopback"}},
		{name: "credentials in the URL", source: fileOf(1), args: []string{"./rows.csv", "--base-url", "https://sandbox:" + shellSecret + "@api.example.org"}, code: 2, err: []string{"--base-url", "credentials"}},
		{name: "a query in the URL", source: fileOf(1), args: []string{"./rows.csv", "--token-url", "https://id.example.org/token?client_secret=" + shellSecret}, code: 2, err: []string{"--token-url", "query"}},
		{name: "no mapping file", source: fileOf(1), args: []string{"./rows.csv", "--mapping", "./none.yaml"}, code: 2, err: []string{"none.yaml"}},
		{name: "a mistake in a mapping file", source: fileOf(1), args: []string{"./rows.csv", "--mapping", "./rows.csv"}, code: 2, err: []string{"rows.csv:1"}},
		{name: "a wrong expression", source: fileOf(1), args: []string{"./rows.csv", "--where", "1 +"}, code: 2, err: []string{"--where"}},
		{name: "a limit that is none", source: fileOf(1), args: []string{"./rows.csv", "--max-changes", "few"}, code: 2, err: []string{"--max-changes"}},
		{name: "a shard that is none", source: fileOf(1), args: []string{"./rows.csv", "--shard", "4/4"}, code: 2, err: []string{"--shard", "3/4"}},
		{name: "an environment file that is not there", source: fileOf(1), args: []string{"./rows.csv", "--env-file", "./none.env"}, code: 2, err: []string{"none.env"}},
		{name: "a report in the way", source: fileOf(1), args: []string{"./rows.csv", "--report", "./server.env"}, code: 2, err: []string{"--report", "--force"}},

		{name: "one refused", source: fileOf(3), server: sandbox.Options{Fault: func(q sandbox.Request) string {
			if q.SourcedID == "e2" {
				return "failure"
			}
			return ""
		}}, code: 3, out: []string{"2  updated", "1  failed", "internal_server_error", again}, patches: 3},
		{name: "one invalid", source: "sourcedId,role\ne1,aide\ne2,aide\ne3,student\n", code: 3, out: []string{"1  updated", "2  invalid", again}, patches: 1},
		{name: "one unknown", source: fileOf(1), server: sandbox.Options{Fault: always("cut")}, args: []string{"./rows.csv", "--retries", "0"}, code: 3, out: []string{"1  unknown", again}, patches: 1},

		{name: "down", source: fileOf(99), server: sandbox.Options{Fault: always("500")}, args: []string{"./rows.csv", "--give-up", "3s"}, code: 4, out: []string{"unsent", again}, err: []string{"--give-up"}, patches: -1},
		{name: "a long wait", source: fileOf(9), server: sandbox.Options{Fault: always("429"), RetryAfter: "3600"}, code: 4, out: []string{"9  unsent", again}, err: []string{"Retry-After", "1h0m0s"}, patches: 1},
		{name: "nowhere", source: fileOf(9), args: []string{"./rows.csv", "--base-url", "https://" + strings.Repeat("x", 64) + ".invalid"}, code: 4, out: []string{"9  unsent", again}, err: []string{"no such host"}},
		{name: "time is up", source: fileOf(90), args: []string{"./rows.csv", "--rate", "20", "--finish-by", "300ms"}, code: 4, out: []string{"unsent", again}, err: []string{"finish by"}, patches: -1},

		{name: "empty", source: "", code: 5, err: []string{"rows.csv", "empty"}},
		{name: "not there", source: "x", args: []string{"./none.csv"}, code: 5, err: []string{"none.csv", "no such file"}},
		{name: "too many tobedeleted", source: "sourcedId,status\n" + strings.Repeat("e,tobedeleted\n", 51), code: 5, err: []string{"51 of 51", "--max-tobedeleted 51"}},
		{name: "too many changes", source: fileOf(3), args: []string{"./rows.csv", "--max-changes", "2"}, code: 5, err: []string{"3 of 3", "--max-changes 3"}},
		{name: "an encoding", source: "sourcedId,role\nZo\xeb,student\n", code: 5, err: []string{"rows.csv:2", "--encoding windows-1252"}},
		{name: "a header", source: "sourcedId,endate\ne1,2027-06-10\n", code: 5, err: []string{"endate", "endDate"}},
		{name: "half uploaded", source: "sourcedId,role\ne1,student\ne2", code: 5, err: []string{"rows.csv:3", "cut"}},
		{name: "an unclosed quote", source: "sourcedId,role\n\"e1,student\n", code: 5, err: []string{"rows.csv:2", "quote"}},

		{name: "a rotated secret", source: fileOf(9), server: sandbox.Options{ClientID: "rotated"}, code: 6, out: []string{"9  unsent", again}, err: []string{"invalid_client", "secret"}},
		{name: "401 twice", source: fileOf(9), server: sandbox.Options{Fault: always("401")}, code: 6, out: []string{"1  failed", "8  unsent", again}, err: []string{"401"}, patches: 2},
		{name: "no scope", source: fileOf(9), server: sandbox.Options{Fault: always("403")}, code: 6, out: []string{"failed", "unsent", again}, err: []string{"403", "scope"}, patches: 5},
		{name: "the token endpoint is down", source: fileOf(9), server: sandbox.Options{Fault: func(q sandbox.Request) string { return "500" }}, args: []string{"./rows.csv", "--retries", "0"}, code: 6, out: []string{"9  unsent", again}, err: []string{"token endpoint", "500"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newShell(t, tt.server)
			s.put("rows.csv", tt.source)
			if tt.args == nil {
				tt.args = []string{"./rows.csv"}
			}
			var out, err bytes.Buffer
			code := run(t.Context(), s.args(append([]string{"import"}, tt.args...)), strings.NewReader(tt.source), &out, &err)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			said(t, "standard output", out.String(), tt.out)
			said(t, "standard error", err.String(), tt.err)
			if got := len(s.patches()); tt.patches >= 0 && got != tt.patches {
				t.Errorf("the server saw %d PATCHes, want %d", got, tt.patches)
			}
			if code == 2 || code == 5 {
				if out.Len() > 0 {
					t.Errorf("standard output of a refused run: %s", &out)
				}
			} else if got, want := s.reported(), strings.Count(tt.source, "\n")-1; got != want {
				t.Errorf("%d rows are reported, want %d", got, want)
			}
			s.noSecret(out.String() + err.String())
			if t.Failed() {
				t.Logf("standard output:\n%s\nstandard error:\n%s", &out, &err)
			}
		})
	}
}

// reported is how many lines there are in the shell's one report.
func (s *shell) reported() int {
	s.Helper()
	paths, err := filepath.Glob(s.path("*.report.csv"))
	if err != nil || len(paths) != 1 {
		s.Fatalf("the reports are %q, %v; want one", paths, err)
	}
	text, err := os.ReadFile(paths[0])
	if err != nil {
		s.Fatal(err)
	}
	return strings.Count(string(text), "\n") - 1
}

func said(t *testing.T, where, text string, words []string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s does not say %q", where, w)
		}
	}
}

// Exit code 7, and nothing sent.
func TestLockIsHeld(t *testing.T) {
	t.Parallel()
	s := newShell(t, sandbox.Options{})
	s.put("rows.csv", fileOf(2))
	lock := flock.New(s.path(".rosterpatch.lock"))
	if held, err := lock.TryLock(); !held || err != nil {
		t.Fatal(held, err)
	}
	defer lock.Close()
	var out, err bytes.Buffer
	if code := run(t.Context(), s.args([]string{"import", "./rows.csv"}), nil, &out, &err); code != 7 {
		t.Errorf("exit code %d: %s", code, &err)
	}
	said(t, "standard error", err.String(), []string{s.path(".rosterpatch.lock"), "--lock"})
	if len(s.patches()) > 0 {
		t.Error("something was sent")
	}
	if code := run(t.Context(), s.args([]string{"import", "./rows.csv", "--lock", s.path("other.lock")}), nil, &out, &err); code != 0 {
		t.Errorf("with another lock: exit code %d: %s", code, &err)
	}
}

// command is the program in a process of its own.
func (s *shell) command(ctx context.Context, words ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "rosterpatch", s.args(words)...)
}

// Exit code 1, and standard error names what was sent and is not in the
// report. A limit on the size of files stands for the full disk.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := newShell(t, sandbox.Options{})
	const rows = 2000
	s.put("rows.csv", fileOf(rows))
	c := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `ulimit -f 64; exec rosterpatch "$@"`, "sh"}, s.args([]string{"import", "./rows.csv", "--rate", "0"})...)...)
	var out, err bytes.Buffer
	c.Stdout, c.Stderr = &out, &err
	c.Run()
	if code := c.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d: %s", code, &err)
	}
	said(t, "standard error", err.String(), []string{"writing the report", "file too large", "sent but not in the report"})
	said(t, "standard output", out.String(), []string{"rosterpatch rerun "})
	recorded, problem := os.ReadFile(s.path("rows.report.csv"))
	if problem != nil {
		t.Fatal(problem)
	}
	sent := s.patches()
	if len(sent) == rows {
		t.Error("everything was sent, although not all of it could be recorded")
	}
	for _, q := range sent {
		if !strings.Contains(string(recorded), ","+q.SourcedID+",") && !strings.Contains(err.String(), "sourcedId "+q.SourcedID+":") {
			t.Errorf("%s was sent, and is neither in the report nor named", q.SourcedID)
		}
	}
	if lines := strings.Count(err.String(), "\n"); lines > 30 {
		t.Errorf("standard error has %d lines: %.2000s", lines, &err)
	}
	s.noSecret(out.String() + err.String())
}
