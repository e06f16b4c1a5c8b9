package importer

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"rosterpatch/importer/report"
)

// setup is what a run goes by: its options, and what the report or plan that it
// reads adds to them.
type setup struct {
	Options
	command string       // that writes the report, "" if none is written
	facts   report.Facts // of the report that is read
	lost    bool         // there is such a report, and its facts are not beside it
	files   []string     // names of the sources, where there are several
	mode    mode
	of      *report.Source // what the run of that report took its rows from, if that was a report or plan
	spooled string         // where a source is kept that can be read only once

	spooledAs string // its name
}

// mode is whether a run looks at a record before it sends a row.
type mode string

const (
	blind     mode = ""          // it does not
	comparing mode = "comparing" // what differs is sent, if the record holds what an earlier look saw
	restoring mode = "restoring" // likewise, and the change is what the record held before
)

// setUp completes the options of a command: with what the report that it reads
// has recorded, and with the limits that hold where nothing else is said.
func setUp(o Options, command string) (*setup, error) {
	s := &setup{Options: o, command: command}
	if s.readsReport() {
		if err := s.readFacts(); err != nil {
			return nil, &RefusedError{Cause: err}
		}
	} else if len(o.Sources) > 1 {
		for _, path := range o.Sources {
			s.files = append(s.files, sourceName(path))
		}
	}
	switch command {
	case report.CommandApply:
		s.mode, s.Redo = comparing, redoPlan()
	case report.CommandUndo:
		s.mode = restoring
	}
	s.Limits = s.Limits.or(DefaultLimits())
	return s, nil
}

// name is what the first source is called.
func (s *setup) name() string {
	if s.Sources[0] == s.spooled {
		return s.spooledAs
	}
	return s.Sources[0]
}

// sourceName is what reports and messages call a source.
func sourceName(path string) string {
	if path == "-" {
		return "stdin"
	}
	return path
}

// readsReport reports whether the run takes its rows from a report or plan.
func (s *setup) readsReport() bool {
	return slices.Contains([]string{report.CommandRerun, report.CommandApply, report.CommandUndo}, s.command)
}

// file is the number of the source that a line of the report names. Where the
// facts are lost, those that are named are all that is known of them.
func (s *setup) file(name string) (int, error) {
	if name == "" {
		return 0, nil
	}
	at := slices.Index(s.files, name)
	switch {
	case at >= 0:
		return at, nil
	case s.lost:
		s.files = append(s.files, name)
		return len(s.files) - 1, nil
	}
	return 0, fmt.Errorf("%s: result.file: the run read no file %q; it read %s", s.Sources[0], name, strings.Join(s.files, ", "))
}

// readFacts reads what stands beside the report, and takes over how its run read
// the rows.
func (s *setup) readFacts() (err error) {
	path := s.Sources[0]
	s.facts, err = report.ReadFacts(report.FactsPath(path))
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.command == report.CommandUndo:
		return fmt.Errorf("%s is not there, so it is not known how the run of %s read its rows, and nothing is put back; bring it back", report.FactsPath(path), path)
	case errors.Is(err, fs.ErrNotExist):
		s.lost = true
		return nil
	case err != nil:
		return err
	}
	return s.recall()
}
