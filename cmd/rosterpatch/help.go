package main

import (
	"fmt"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"
)

// helped is a command whose help ends with its exit codes and one worked
// example.
type helped interface {
	Example() string
	ExitCodes() []int
}

// meanings of the exit codes, as help prints them.
func meanings() map[int]string {
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
	slices.Sort(codes)
	for _, code := range codes {
		name := fmt.Sprint(code)
		if code == exitInterrupted {
			name = fmt.Sprintf("%d, %d", code+int(syscall.SIGINT), code+int(syscall.SIGTERM))
		}
		meaning := meanings()[code]
		if code == exitDone && !slices.Contains(codes, exitNotUpdated) { // it is not about rows
			meaning = "it is done"
		}
		fmt.Fprintf(ctx.Stdout, "  %-8s  %s\n", name, meaning)
	}
	fmt.Fprintf(ctx.Stdout, "\nExample:\n  %s\n", command.Example())
	return nil
}
