package importer

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"rosterpatch/importer/oneroster"
	"rosterpatch/importer/source"
	"rosterpatch/mapping"
)

// Server says which API to talk to, and as whom.
type Server = oneroster.Config

// Reading says how the bytes of a source become rows.
type Reading = source.Options

// Options is everything a run is told. Durations and counts are as the flags
// of the same names have them; the help of each command says which it
// heeds. The zero value of a field is useful where its comment says so.
type Options struct {
	Version string // of the program, recorded likewise

	Sources []string      // files to read, in order; "-" is Stdin
	Stdin   io.Reader     // read only if a source says so
	Reading Reading       // encoding and delimiter; zero: by the bytes, and a comma
	Mapping *mapping.Spec // nil: OneRoster headers; of a rerun, as the run before had it
	Shard   Shard         // zero: all rows

	Server     Server        // where to send
	ServerName string        // what reports call it; "": its base URL
	Workers    int           // requests in flight at once, at least 1
	Rate       float64       // requests a second; 0: no ceiling
	Retries    int           // attempts a row after the first
	GiveUp     time.Duration // stop when no request has succeeded for this long
	// FinishBy stops the run cleanly then; zero: never.
	FinishBy time.Time

	Limits  Limits // what is not set is as DefaultLimits, or as the run before had it
	Redo    Redo   // which rows a rerun takes
	Verify  bool   // read each record back
	Against string // "", "none", "server", a report, or a directory of reports

	Report string // where the report goes; "": beside the first source
	Force  bool   // replace a report that stands there
	Lock   string // path of the lock file; "": beside the report

	Log      zerolog.Logger // zerolog.Nop() for none
	Progress func(Progress) // called about five times a second; nil for none
}

// againstServer is the Against of a run that compares with the live server.
const againstServer = "server"

// serverName is what reports call the server, spelled the same from run to run.
func (o *Options) serverName() string {
	if o.ServerName != "" {
		return o.ServerName
	}
	u, err := url.Parse(o.Server.BaseURL)
	if err != nil {
		return o.Server.BaseURL
	}
	u.Host = strings.ToLower(u.Host)
	return strings.TrimRight(u.String(), "/")
}

// spec is how columns become fields.
func (o *Options) spec() mapping.Spec {
	if o.Mapping == nil {
		return mapping.Spec{}
	}
	return *o.Mapping
}

// checkReading is the first *UsageError of what o says of the rows.
func (o *Options) checkReading() error {
	if len(o.Sources) == 0 {
		return &UsageError{Flag: "FILE", Problem: "is missing: name the file to read, or - for standard input"}
	}
	if err := o.Reading.Validate(); err != nil {
		return &UsageError{Flag: "--encoding or --delimiter:", Problem: err.Error()}
	}
	return o.Shard.check()
}

// check is the first *UsageError of o.
func (o *Options) check() error {
	switch {
	case o.Workers < 1 || o.Workers > 1000:
		return &UsageError{"--workers", fmt.Sprint(o.Workers), "must be from 1 to 1000"}
	case !(o.Rate >= 0) || math.IsInf(o.Rate, 1):
		return &UsageError{"--rate", fmt.Sprint(o.Rate), "must be 0 (no ceiling) or more requests a second"}
	case o.Retries < 0:
		return &UsageError{"--retries", fmt.Sprint(o.Retries), "must be 0 or more"}
	case o.GiveUp <= 0:
		return &UsageError{"--give-up", o.GiveUp.String(), "must be more than 0, such as 5m"}
	}
	if err := o.checkTimeout(); err != nil {
		return err
	}
	return o.checkReading()
}

func (o *Options) checkTimeout() error {
	if o.Server.Timeout <= 0 {
		return &UsageError{"--timeout", o.Server.Timeout.String(), "must be more than 0, such as 30s"}
	}
	return nil
}

// usage names the flags and variables behind a connection setting that cannot
// work.
func usage(err error) error {
	var wrong *oneroster.ConfigError
	if !errors.As(err, &wrong) {
		return err
	}
	return &UsageError{Value: wrong.Value, Problem: wrong.Problem, Flag: map[string]string{
		"BaseURL":      "--base-url (ROSTERPATCH_BASE_URL)",
		"TokenURL":     "--token-url (ROSTERPATCH_TOKEN_URL)",
		"ClientID":     "ROSTERPATCH_CLIENT_ID",
		"ClientSecret": "ROSTERPATCH_CLIENT_SECRET (or ROSTERPATCH_CLIENT_SECRET_FILE)",
	}[wrong.Field]}
}
