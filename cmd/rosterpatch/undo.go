package main

import "rosterpatch/importer"

// undoCommand is `rosterpatch undo`.
type undoCommand struct {
	Of string `arg:"" name:"REPORT" help:"The report of a run that compared: import --against server, apply, or undo."`
	connection
	limiting
	pace
	verifying
	reporting
	measuring
	talking
}

// Example is the end of the command's help.
func (*undoCommand) Example() string {
	return `rosterpatch undo enrollments.plan.report.csv --env-file rosterpatch.env`
}

// ExitCodes are those the command can end with.
func (*undoCommand) ExitCodes() []int { return (*importCommand).ExitCodes(nil) }

// Run is called by kong.
func (c *undoCommand) Run(p *process) error {
	o := importer.Options{Sources: []string{c.Of}}
	return p.carryOut(importer.Undo, o, &c.connection, &c.talking, &c.measuring, &c.limiting, &c.pace, &c.verifying, &c.reporting)
}
