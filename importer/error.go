package importer

import (
	"errors"

	"rosterpatch/importer/oneroster"
	"rosterpatch/mapping"
)

// Errors of the packages below, under the names by which the command line knows
// them.
type (
	TokenError      = oneroster.TokenError      // no token was to be had
	PermissionError = oneroster.PermissionError // the server refuses this client
	ReachError      = oneroster.ReachError      // the server cannot be reached as configured
	GiveUpError     = oneroster.GiveUpError     // the server showed no life for too long
	SpecError       = mapping.SpecError         // a mistake in a mapping file
)

// ErrFinishBy stops a run whose time is up.
var ErrFinishBy = errors.New("the time to finish by has come")
