package main

import "rosterpatch/importer"

// undoCommand is `rosterpatch undo`.
type undoCommand struct {
	Of string `arg:"" name:"REPORT" help:"The report of a run that compared: import --against server, apply, or undo."`
	verifying
	reporting
	running
}

// Example is the end of the command's help.
func (*undoCommand) Example() string {
	return `rosterpatch undo enrollments.plan.report.csv --env-file rosterpatch.env`
}

// Run is called by kong.
func (c *undoCommand) Run(p *process) error {
	return p.carryOut(importer.Undo, []string{c.Of}, &c.running, &c.verifying, &c.reporting)
}
