package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rosterpatch/importer/sandbox"
)

// shell is a directory with a server, in which commands are run as a person
// does.
type shell struct {
	*testing.T
	dir    string
	served *served
	env    []string // arguments that name the server
}

// served is a sandbox's log.
type served struct {
	mu  sync.Mutex
	log bytes.Buffer
}

func (s *served) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

// patches are the PATCHes that came.
func (s *shell) patches() (all []sandbox.Request) {
	s.Helper()
	s.served.mu.Lock()
	defer s.served.mu.Unlock()
	log, err := sandbox.ReadLog(bytes.NewReader(s.served.log.Bytes()))
	if err != nil {
		s.Fatal(err)
	}
	for _, q := range log {
		if q.Method == "PATCH" {
			all = append(all, q)
		}
	}
	return all
}

const shellSecret = "a-secret-of-the-shell"

func newShell(t *testing.T, o sandbox.Options) *shell {
	t.Helper()
	s := &shell{T: t, dir: t.TempDir(), served: &served{}}
	o.Open, o.ClientSecret, o.Log = true, shellSecret, s.served
	live, err := sandbox.New(o).Start("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { live.Close() })
	s.put("server.env", fmt.Sprintf("ROSTERPATCH_BASE_URL=%s\nROSTERPATCH_TOKEN_URL=%s\nROSTERPATCH_CLIENT_ID=sandbox\nROSTERPATCH_CLIENT_SECRET=%s\n",
		live.URL, live.TokenURL, shellSecret))
	s.env = []string{"--env-file", s.path("server.env"), "--progress", "none"}
	return s
}

func (s *shell) path(name string) string { return filepath.Join(s.dir, name) }

func (s *shell) put(name, text string) {
	s.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

// args are a command's arguments, in which a word that begins with "./" is a file
// of the shell's directory.
func (s *shell) args(words []string) []string {
	args := append([]string{words[0]}, s.env...)
	for _, w := range words[1:] {
		if name, ok := strings.CutPrefix(w, "./"); ok {
			w = s.path(name)
		}
		args = append(args, w)
	}
	return args
}

// noSecret looks for secrets in what a command said and left behind.
func (s *shell) noSecret(said string) {
	s.Helper()
	paths, err := filepath.Glob(s.path("*.report.*"))
	if err != nil {
		s.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			s.Fatal(err)
		}
		said += string(text)
	}
	for _, word := range []string{shellSecret, "sandbox-token-"} {
		if strings.Contains(said, word) {
			s.Errorf("%q is in an output", word)
		}
	}
}

// fileOf is a file of n rows.
func fileOf(n int) string {
	var b strings.Builder
	b.WriteString("sourcedId,role\n")
	for i := range n {
		fmt.Fprintf(&b, "e%d,teacher\n", i+1)
	}
	return b.String()
}
