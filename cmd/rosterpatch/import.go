package main

import (
	"errors"

	"rosterpatch/importer"
)

// importCommand is `rosterpatch import`.
type importCommand struct {
	Files []string `arg:"" name:"FILE" help:"A .csv, .csv.gz or OneRoster .zip, or - for standard input."`
	connection
	reading
	sharing
	limiting
	pace
	reporting
	talking
}

// Example is the end of the command's help.
func (*importCommand) Example() string {
	return `rosterpatch import samples/enrollments.csv --sandbox --rate 0`
}

// ExitCodes are those the command can end with.
func (*importCommand) ExitCodes() []int {
	return []int{exitDone, exitUnexpected, exitUsage, exitNotUpdated, exitStopped, exitRefused, exitPermission, exitLocked, exitInterrupted}
}

func (c *importCommand) Run(p *process) (err error) {
	o := importer.Options{Command: "import", Version: version, Sources: c.Files, Stdin: p.in}
	server, closeServer, err := c.server()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeServer()) }()
	o.Server = server
	c.reporting.into(&o)
	err = errors.Join(c.reading.into(&o), c.sharing.into(&o), c.limiting.into(&o), c.pace.into(&o))
	if err != nil {
		return err
	}
	talked, err := c.talking.into(&o, p.err)
	if err != nil {
		return err
	}
	s, err := importer.Run(p, o)
	talked()
	return p.conclude(s, err, c.again())
}

// conclude prints what a run has done, if it came to do anything.
func (p *process) conclude(s importer.Summary, err error, again string) error {
	if s.Report == "" {
		return err
	}
	printSummary(p.out, s, again)
	if err == nil && s.NotDone() > 0 {
		err = &notUpdated{s.NotDone()}
	}
	return err
}
