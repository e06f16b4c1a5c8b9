package importer

import (
	"errors"
	"fmt"

	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/report"
	"rosterpatch/mapping"
)

// UsageError is a flag or setting whose value is not allowed. It names the flag as
// the command line has it.
type UsageError struct {
	Flag    string
	Value   string
	Problem string // what is wrong with it, what is allowed, and the fix
}

func (e *UsageError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("%s %s", e.Flag, e.Problem)
	}
	return fmt.Sprintf("%s %q %s", e.Flag, e.Value, e.Problem)
}

// RefusedError says that a run was refused before its first request, because of
// what it was given to read.
type RefusedError struct {
	Cause error
	File  string // the source whose header it is about, "" if it is not
	Line  int    // on which that header stands
}

func (e *RefusedError) Error() string {
	if e.File != "" {
		return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Cause)
	}
	return e.Cause.Error()
}
func (e *RefusedError) Unwrap() error { return e.Cause }

// ReportError says that the report could not be written to its end.
type ReportError struct {
	Cause error
	Lost  []report.Line // of rows that were sent, but whose lines are not in the report
}

func (e *ReportError) Error() string { return fmt.Sprintf("the report is not complete: %v", e.Cause) }
func (e *ReportError) Unwrap() error { return e.Cause }

// TokenError says that no token was to be had.
type TokenError = oneroster.TokenError

// PermissionError says that the server refuses this client as such.
type PermissionError = oneroster.PermissionError

// ReachError says that a server cannot be reached as configured.
type ReachError = oneroster.ReachError

// GiveUpError says that the server showed no life for too long.
type GiveUpError = oneroster.GiveUpError

// SpecError is a mistake in a mapping file, or in a flag that means the same.
type SpecError = mapping.SpecError

// ErrFinishBy stops a run whose time is up.
var ErrFinishBy = errors.New("the time to finish by has come")
