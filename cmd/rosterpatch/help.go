package main

import (
	"fmt"
	"maps"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"
)

// helped is a command whose help ends with its exit codes and one worked
// example.
type helped interface {
	Example() string
	ExitCodes() map[int]string // with what they mean
}

// runCodes are those of the commands that bring rows to the server.
func runCodes() map[int]string {
	return map[int]string{
		exitDone:        "every row is updated or unchanged",
		exitUnexpected:  "an unexpected error of the program or the disk",
		exitUsage:       "wrong usage or configuration",
		exitNotUpdated:  "the run finished; some rows were not updated",
		exitStopped:     "the run stopped early; the rest is unsent",
		exitRefused:     "refused before the first request: the input, or a limit",
		exitPermission:  "authentication or permission refused",
		exitLocked:      "another run holds the lock",
		exitInterrupted: "interrupted by SIGINT, SIGTERM, once the rows in flight were answered",
	}
}

// otherCodes are those of a command that brings no rows anywhere: what it ends with
// when all is well, and what else it can end with.
func otherCodes(done string, others map[int]string) map[int]string {
	codes := map[int]string{
		exitDone:        done,
		exitUnexpected:  runCodes()[exitUnexpected],
		exitUsage:       runCodes()[exitUsage],
		exitInterrupted: "interrupted by SIGINT, SIGTERM",
	}
	maps.Copy(codes, others)
	return codes
}

// printHelp is kong's own help, and what every command's ends with.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	node := ctx.Selected()
	if node == nil {
		return nil
	}
	command, ok := node.Target.Addr().Interface().(helped)
	if !ok {
		return nil
	}
	if detailed, ok := command.(interface{ Detail() string }); ok {
		fmt.Fprint(ctx.Stdout, "\n", detailed.Detail())
	}
	fmt.Fprintln(ctx.Stdout, "\nExit codes:")
	codes := command.ExitCodes()
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		name := fmt.Sprint(code)
		if code == exitInterrupted {
			name = fmt.Sprintf("%d, %d", code+int(syscall.SIGINT), code+int(syscall.SIGTERM))
		}
		fmt.Fprintf(ctx.Stdout, "  %-8s  %s\n", name, codes[code])
	}
	fmt.Fprintf(ctx.Stdout, "\nExample:\n  %s\n", command.Example())
	return nil
}
