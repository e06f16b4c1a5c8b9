package main

import (
	"fmt"
	"slices"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
)

// rerunCommand is `rosterpatch rerun`.
type rerunCommand struct {
	Of string `arg:"" name:"REPORT" help:"The report of an earlier run; cells mended in it are what is sent."`
	redoing
	mapped
	verifying
	reporting
	running
}

// redoing narrows which rows go again.
type redoing struct {
	Only []string `group:"rows" placeholder:"OUTCOME" help:"Send rows of these outcomes alone, comma-separated, such as failed,unknown; the others are carried over."`
	IMSX string   `group:"rows" name:"imsx" placeholder:"CODE" help:"Send rows alone that the server answered with this imsx code, such as server_busy."`
}

func (f *redoing) into(o *importer.Options) error {
	o.Redo.CodeMinor = f.IMSX
	for _, name := range f.Only {
		outcome := report.Outcome(name)
		if !slices.Contains(report.Outcomes(), outcome) {
			return &importer.UsageError{Flag: "--only", Value: name, Problem: fmt.Sprintf("is not an outcome; allowed: %v", report.Outcomes())}
		}
		o.Redo.Outcomes = append(o.Redo.Outcomes, outcome)
	}
	return nil
}

// Example is the end of the command's help.
func (*rerunCommand) Example() string {
	return `rosterpatch rerun samples/rollover.report.csv --sandbox`
}

// Run is called by kong.
func (c *rerunCommand) Run(p *process) error {
	return p.carryOut(importer.Rerun, []string{c.Of}, &c.running, &c.redoing, &c.mapped, &c.verifying, &c.reporting)
}
