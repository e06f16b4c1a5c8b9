package main

import "rosterpatch/importer"

// importCommand is `rosterpatch import`.
type importCommand struct {
	Files []string `arg:"" name:"FILE" help:"A .csv, .csv.gz or OneRoster .zip, or - for standard input."`
	reading
	sharing
	against
	verifying
	reporting
	running
}

// Example is the end of the command's help.
func (*importCommand) Example() string {
	return `rosterpatch import samples/rollover.csv --sandbox`
}

// Run is called by kong.
func (c *importCommand) Run(p *process) error {
	return p.carryOut(importer.Run, c.Files, &c.running, &c.reading, &c.sharing, &c.against, &c.verifying, &c.reporting)
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
