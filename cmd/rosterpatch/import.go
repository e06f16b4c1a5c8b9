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
	reporting
	talking
}

// Example is the end of the command's help.
func (*importCommand) Example() string {
	return `rosterpatch import samples/school.csv --sandbox --rate 0`
}

// ExitCodes are those the command can end with.
func (*importCommand) ExitCodes() []int {
	return []int{exitDone, exitUnexpected, exitUsage, exitNotUpdated, exitStopped, exitRefused, exitPermission, exitLocked, exitInterrupted}
}

// Run is called by kong.
func (c *importCommand) Run(p *process) error {
	o := importer.Options{Command: "import", Sources: c.Files}
	return p.carryOut(importer.Run, o, &c.connection, &c.talking, &c.reading, &c.sharing, &c.limiting, &c.pace, &c.reporting)
}
