package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"rosterpatch/importer"
)

// The exit codes, as every command's help prints them.
const (
	exitDone        = 0
	exitUnexpected  = 1
	exitUsage       = 2
	exitNotUpdated  = 3
	exitStopped     = 4
	exitRefused     = 5
	exitPermission  = 6
	exitLocked      = 7
	exitInterrupted = 128 // plus the number of the signal
)

// usageError is a mistake on the command line.
type usageError struct{ error }

// notUpdated says that a run came to its end, and some rows were not updated.
type notUpdated struct{ rows int }

func (e *notUpdated) Error() string { return fmt.Sprintf("%d rows were not updated", e.rows) }

// interrupted is the signal that ended a run.
type interrupted struct{ signal syscall.Signal }

func (e *interrupted) Error() string { return fmt.Sprintf("interrupted (%v)", e.signal) }

// interruptible returns a context that ends at the first SIGINT or SIGTERM,
// with the signal as its cause. A second one ends the process at once.
func interruptible(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		cancel(&interrupted{(<-signals).(syscall.Signal)})
		os.Exit(exitInterrupted + int((<-signals).(syscall.Signal)))
	}()
	return ctx
}

// fail says what went wrong, if anything did, and returns the exit code for it.
func (p *process) fail(err error) int {
	var rows *notUpdated
	if err == nil || errors.As(err, &rows) {
		return exitCode(err) // the summary has said it
	}
	fmt.Fprintf(p.err, "rosterpatch: %s\n", strings.ReplaceAll(err.Error(), "\n", "\n  "))
	var lost *importer.ReportError
	if errors.As(err, &lost) {
		for _, l := range lost.Lost {
			fmt.Fprintf(p.err, "rosterpatch: sent but not in the report: line %d: sourcedId %s: %s (HTTP %d)\n",
				l.Line, l.SourcedID, l.Outcome, l.HTTPStatus)
		}
	}
	return exitCode(err)
}

// exitCode is the one place where errors become exit codes.
func exitCode(err error) int {
	switch {
	case err == nil:
		return exitDone
	case is[*importer.ReportError](err):
		return exitUnexpected
	case is[*usageError](err), is[*importer.UsageError](err), is[*importer.SpecError](err):
		return exitUsage
	case is[*importer.RefusedError](err):
		return exitRefused
	case is[*importer.LockedError](err):
		return exitLocked
	case is[*interrupted](err):
		return exitInterrupted + int(cause[*interrupted](err).signal)
	case is[*importer.PermissionError](err), is[*importer.TokenError](err):
		return exitPermission
	case is[*importer.ReachError](err), is[*importer.GiveUpError](err), errors.Is(err, importer.ErrFinishBy):
		return exitStopped
	case is[*notUpdated](err):
		return exitNotUpdated
	}
	return exitUnexpected
}

func is[E error](err error) bool { return errors.As(err, new(E)) }

func cause[E error](err error) (e E) {
	errors.As(err, &e)
	return e
}
