package main

import "rosterpatch/importer"

// applyCommand is `rosterpatch apply`.
type applyCommand struct {
	Plan string `arg:"" name:"PLAN" help:"A plan made by rosterpatch plan; its cells may have been mended since."`
	verifying
	reporting
	running
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

// Run is called by kong.
func (c *applyCommand) Run(p *process) error {
	return p.carryOut(importer.Apply, []string{c.Plan}, &c.running, &c.verifying, &c.reporting)
}
