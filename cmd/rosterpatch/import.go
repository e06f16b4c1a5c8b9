package main

import "rosterpatch/importer"

// importCommand is `rosterpatch import`.
type importCommand struct {
	Files []string `arg:"" name:"FILE" help:"A .csv, .csv.gz or OneRoster .zip, or - for standard input."`
	connection
	reading
	sharing
	limiting
	pace
	against
	verifying
	reporting
	measuring
	talking
}

// Example is the end of the command's help.
func (*importCommand) Example() string {
	return `rosterpatch import samples/rollover.csv --sandbox`
}

// ExitCodes are those the command can end with.
func (*importCommand) ExitCodes() []int {
	return []int{exitDone, exitUnexpected, exitUsage, exitNotUpdated, exitStopped, exitRefused, exitPermission, exitLocked, exitInterrupted}
}

// Run is called by kong.
func (c *importCommand) Run(p *process) error {
	o := importer.Options{Sources: c.Files}
	return p.carryOut(importer.Run, o, &c.connection, &c.talking, &c.measuring, &c.reading, &c.sharing, &c.limiting, &c.pace, &c.against, &c.verifying, &c.reporting)
}

// against says what to compare with first.
type against struct {
	Against string `group:"rows" default:"none" placeholder:"none|server|REPORT|DIR" help:"Skip what is already so: according to the live server (and send only the fields that differ), to an earlier report, or to the newest finished report in DIR."`
}

func (f *against) into(o *importer.Options) error {
	if f.Against != "none" {
		o.Against = f.Against
	}
	return nil
}
