package importer

import (
	"errors"

	"rosterpatch/importer/oneroster"
	"rosterpatch/mapping"
)

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
