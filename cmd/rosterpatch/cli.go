package main

import (
	"context"
	"io"

	"github.com/alecthomas/kong"
)

// version of the program, as --version and the User-Agent have it.
const version = "0.1.0"

// commandLine is every command, with its flags.
type commandLine struct {
	Import  importCommand  `cmd:"" help:"Send every row of FILE as a PATCH and write a report."`
	Check   checkCommand   `cmd:"" help:"Read the whole FILE, send nothing, say what is wrong and where."`
	Plan    planCommand    `cmd:"" help:"Compare FILE with the live server, send nothing, write a plan."`
	Apply   applyCommand   `cmd:"" help:"Send a plan, only where the server still holds what the plan saw."`
	Rerun   rerunCommand   `cmd:"" help:"Finish what a report left undone."`
	Undo    undoCommand    `cmd:"" help:"Put back what a run changed."`
	Report  reportCommand  `cmd:"" help:"Summarise reports, merge shards: text, JSON, HTML."`
	Map     mapCommand     `cmd:"" help:"Print a mapping file guessed from FILE."`
	Ping    pingCommand    `cmd:"" help:"Prove URL, credentials and permissions with one token and one read."`
	Sandbox sandboxCommand `cmd:"" help:"Serve a local OneRoster API that behaves like the real one."`

	Version kong.VersionFlag `help:"Print the version and exit."`
}

// process is what a command runs in. Results go to out; all talk goes to err.
type process struct {
	context.Context
	in       io.Reader
	out, err io.Writer
}

// run is the program: it parses the arguments, runs the command they name, and
// returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, err io.Writer) int {
	p := &process{ctx, in, out, err}
	exit := -1 // what --help and --version ask for
	parser, problem := kong.New(&commandLine{},
		kong.Name("rosterpatch"),
		kong.Description("Patch the enrollments of a OneRoster server from a CSV, with one report line a row."),
		kong.Vars{"version": version},
		kong.Writers(out, err),
		kong.Exit(func(code int) { exit = code }),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.Bind(p),
	)
	if problem != nil {
		return p.fail(problem)
	}
	command, problem := parser.Parse(args)
	switch {
	case exit >= 0:
		return exit
	case problem != nil:
		return p.fail(&usageError{problem})
	}
	return p.fail(command.Run())
}
