package main

import (
	"context"
	"errors"

	"rosterpatch/importer"
)

// setting is a group of flags that says something of a run.
type setting interface{ into(*importer.Options) error }

// carryOut runs act with what the flags say, on the server that c names, and
// prints what came of it.
func (p *process) carryOut(act func(context.Context, importer.Options) (importer.Summary, error), o importer.Options, c *connection, t *talking, m *measuring, settings ...setting) (err error) {
	server, closeServer, err := c.server()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeServer()) }()
	o.Version, o.Server, o.Stdin = version, server, p.in
	if c.Sandbox {
		o.ServerName = "sandbox"
	}
	for _, s := range settings {
		if err := s.into(&o); err != nil {
			return err
		}
	}
	done, err := t.into(&o, p.err)
	if err != nil {
		return err
	}
	s, err := act(p, o)
	done()
	if s.Summary == nil {
		return err
	}
	if err == nil && s.Undone > 0 {
		err = &notUpdated{s.Undone}
	}
	problem := errors.Join(s.Text(p.out, c.again()), m.write(s.Summary, exitCode(err)))
	if problem != nil {
		err = errors.Join(problem, err)
	}
	return err
}
