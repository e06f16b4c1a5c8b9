package main

import "rosterpatch/importer"

// applyCommand is `rosterpatch apply`.
type applyCommand struct {
	Plan string `arg:"" name:"PLAN" help:"A plan made by rosterpatch plan; its cells may have been mended since."`
	connection
	limiting
	pace
	verifying
	reporting
	measuring
	talking
}

// verifying says whether to read back what was sent.
type verifying struct {
	Verify bool `group:"report" help:"Read each record back; one that does not hold what was sent is failed."`
}

func (f *verifying) into(o *importer.Options) error {
	o.Verify = f.Verify
	return nil
}

// Example is the end of the command's help.
func (*applyCommand) Example() string { return `rosterpatch apply samples/rollover.plan.csv --sandbox` }

// ExitCodes are those the command can end with.
func (*applyCommand) ExitCodes() []int { return (*importCommand).ExitCodes(nil) }

// Run is called by kong.
func (c *applyCommand) Run(p *process) error {
	o := importer.Options{Sources: []string{c.Plan}}
	return p.carryOut(importer.Apply, o, &c.connection, &c.talking, &c.measuring, &c.limiting, &c.pace, &c.verifying, &c.reporting)
}
