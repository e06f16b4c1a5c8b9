package main

import (
	"context"
	"fmt"
	"io"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
)

// planCommand is `rosterpatch plan`.
type planCommand struct {
	Files []string `arg:"" name:"FILE" help:"A .csv, .csv.gz or OneRoster .zip, or - for standard input."`
	reading
	sharing
	planning
	running
}

// planning says where a plan goes.
type planning struct {
	Out   string `group:"report" placeholder:"PATH" help:"Where the plan goes. Default: beside FILE, as NAME.plan.csv."`
	Force bool   `group:"report" help:"Replace a plan that is there."`
	Lock  string `group:"report" placeholder:"PATH" help:"One run at a time holds this lock. Default: .rosterpatch.lock beside the plan."`
}

func (f *planning) into(o *importer.Options) error {
	o.Report, o.Force, o.Lock = f.Out, f.Force, f.Lock
	return nil
}

// Example is the end of the command's help.
func (*planCommand) Example() string { return `rosterpatch plan samples/rollover.csv --sandbox` }

// Run is called by kong.
func (c *planCommand) Run(p *process) error {
	act := func(ctx context.Context, o importer.Options) (importer.Summary, error) {
		s, err := importer.Plan(ctx, o)
		if s.Digest != nil {
			printDigest(p.out, s.Digest)
		}
		return s, err
	}
	return p.carryOut(act, c.Files, &c.running, &c.reading, &c.sharing, &c.planning)
}

// printDigest says what a plan would change.
func printDigest(w io.Writer, d *importer.Digest) {
	counts := func(title string, list []importer.Count) {
		if len(list) == 0 {
			return
		}
		fmt.Fprintf(w, "\n%s\n", title)
		for _, c := range list {
			fmt.Fprintf(w, "%12s  %s\n", report.Grouped(c.Rows), c.What)
		}
	}
	counts("Rows that would change, by field:", d.Fields)
	counts("By school:", d.Schools)
	counts("By kind:", d.Kinds)
	if len(d.First) > 0 {
		fmt.Fprintf(w, "\nThe first changes:\n")
		for _, line := range d.First {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
}
