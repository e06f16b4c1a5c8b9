package main

import (
	"context"
	"errors"

	"rosterpatch/importer"
)

// setting is a group of flags that says something of a run.
type setting interface{ into(*importer.Options) error }

// running are the flags of every command that brings rows to the server, or
// compares them with what it holds.
type running struct {
	connection
	limiting
	pace
	measuring
	talking
}

// ExitCodes are those the commands can end with.
func (*running) ExitCodes() map[int]string { return runCodes() }

// action is what a command does: importer.Run and its like.
type action func(context.Context, importer.Options) (importer.Summary, error)

// carryOut runs act on files with what the flags say, and prints what came of it.
func (p *process) carryOut(act action, files []string, f *running, more ...setting) (err error) {
	server, closeServer, err := f.server()
	if err != nil {
		return err
	}
	defer func() { err = beside(closeServer(), err) }()
	o := importer.Options{Version: version, Sources: files, Server: server, Stdin: p.in}
	if f.Sandbox {
		o.ServerName = "sandbox"
	}
	for _, s := range append(more, &f.limiting, &f.pace) {
		if err := s.into(&o); err != nil {
			return err
		}
	}
	done, err := f.watch(&o, p.err)
	if err != nil {
		return err
	}
	s, err := act(p, o)
	done()
	if s.Summary == nil {
		return errors.Join(err, f.write(nil, exitCode(err)))
	}
	if err == nil && s.Undone > 0 {
		err = &notUpdated{s.Undone}
	}
	return beside(errors.Join(s.Text(p.out, f.again()), f.write(s.Summary, exitCode(err))), err)
}

// beside is how a run ended, and a problem of the program beside it. The problem
// has to be told: that rows were not updated, the summary has said.
func beside(problem, err error) error {
	switch {
	case problem == nil:
		return err
	case is[*notUpdated](err):
		return problem
	}
	return errors.Join(problem, err)
}
