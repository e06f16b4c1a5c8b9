package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"rosterpatch/importer/sandbox"
)

// TestMain lets a script run this test binary as the command itself.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"rosterpatch": main})
}

// TestScript runs the scripts of testdata/script. With UPDATE_SCRIPTS set, the
// files that they compare output with are written anew.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Setup:               setUp,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// setUp gives each script a server of its own, on which every sourcedId exists
// and which the environment names. Its log is requests.jsonl.
func setUp(env *testscript.Env) error {
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(env.WorkDir, "requests.jsonl"))
	if err != nil {
		return err
	}
	env.Defer(func() { log.Close() })
	const id, secret = "script", "a-secret-that-no-output-shows"
	live, err := sandbox.New(sandbox.Options{Open: true, Log: log, ClientID: id, ClientSecret: secret}).Start("")
	if err != nil {
		return err
	}
	env.Defer(func() { live.Close() })
	env.Setenv("README", filepath.Join(root, "README.md"))
	env.Setenv("SAMPLES", filepath.Join(root, "samples"))
	env.Setenv("ROSTERPATCH_BASE_URL", live.URL)
	env.Setenv("ROSTERPATCH_TOKEN_URL", live.TokenURL)
	env.Setenv("ROSTERPATCH_CLIENT_ID", id)
	env.Setenv("ROSTERPATCH_CLIENT_SECRET", secret)
	return nil
}

// exits is the script command `exits CODE command [argument...]`: exec, with the
// exit code that is wanted.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command [argument...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	code := 0
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}
