package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"rosterpatch/importer/sandbox"
)

// A command that waits for more of a pipe ends at the first signal, and leaves
// nothing behind.
func TestSignalsWhileAPipeIsSilent(t *testing.T) {
	for _, command := range []string{"import", "plan", "check", "map"} {
		for name, pipe := range map[string]func(*shell, *exec.Cmd) io.WriteCloser{"standard input": standardInput, "named": namedPipe} {
			t.Run(command+" "+name, func(t *testing.T) {
				t.Parallel()
				s := newShell(t, sandbox.Options{})
				args := []string{command}
				if command == "import" || command == "plan" {
					args = s.args(args)
				}
				c := exec.CommandContext(t.Context(), "rosterpatch", args...)
				c.Env = append(c.Environ(), "TMPDIR="+s.dir)
				in := pipe(s, c)
				defer in.Close()
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				if _, err := io.WriteString(in, "sourcedId,role\ne1,teacher\n"); err != nil {
					t.Fatal(err)
				}
				ended := make(chan struct{})
				go func() { defer close(ended); c.Wait() }()
				for kept := false; !kept; time.Sleep(time.Millisecond) { // until it has read that
					select {
					case <-ended:
						t.Fatalf("it ended by itself: %v", c.ProcessState)
					default:
					}
					for _, glob := range []string{"*.source", "rosterpatch-*/source"} {
						found, _ := filepath.Glob(s.path(glob))
						for _, path := range found {
							info, err := os.Stat(path)
							kept = kept || err == nil && info.Size() > 0
						}
					}
				}
				if err := c.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
				<-ended
				if code := c.ProcessState.ExitCode(); code != 143 {
					t.Errorf("exit code %d", code)
				}
				for _, glob := range []string{"*.source", "*.csv", "*.json", "rosterpatch-*"} {
					if left, _ := filepath.Glob(s.path(glob)); len(left) > 0 {
						t.Errorf("%q is left behind", left)
					}
				}
			})
		}
	}
}

func standardInput(s *shell, c *exec.Cmd) io.WriteCloser {
	s.Helper()
	c.Args, c.Dir = append(c.Args, "-"), s.dir
	in, err := c.StdinPipe()
	if err != nil {
		s.Fatal(err)
	}
	return in
}

func namedPipe(s *shell, c *exec.Cmd) io.WriteCloser {
	s.Helper()
	c.Args, c.Dir = append(c.Args, "pipe"), s.dir
	if err := syscall.Mkfifo(s.path("pipe"), 0o600); err != nil {
		s.Fatal(err)
	}
	in, err := os.OpenFile(s.path("pipe"), os.O_RDWR, 0) // which does not wait for a reader
	if err != nil {
		s.Fatal(err)
	}
	return in
}
