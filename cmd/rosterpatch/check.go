package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
)

// checkCommand is `rosterpatch check`.
type checkCommand struct {
	Files []string `arg:"" name:"FILE" help:"A .csv, .csv.gz or OneRoster .zip, or - for standard input."`
	JSON  bool     `name:"json" help:"Print one JSON document instead."`
	reading
	sharing
	limiting
}

// Example is the end of the command's help.
func (*checkCommand) Example() string { return `rosterpatch check samples/rollover.csv` }

// ExitCodes are those the command can end with.
func (*checkCommand) ExitCodes() map[int]string {
	return otherCodes("nothing is wrong", map[int]string{
		exitNotUpdated: "some rows are invalid",
		exitRefused:    "a run would be refused: for what the file is, or a limit",
	})
}

// Run is called by kong.
func (c *checkCommand) Run(p *process) error {
	o := importer.Options{Sources: c.Files, Stdin: p.in}
	for _, s := range []setting{&c.reading, &c.sharing, &c.limiting} {
		if err := s.into(&o); err != nil {
			return err
		}
	}
	out := bufio.NewWriter(p.out)
	found, finish := lines(out)
	if c.JSON {
		found, finish = document(out)
	}
	checked, err := importer.Check(p, o, found)
	var refused *importer.RefusedError
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	if err := errors.Join(finish(checked), out.Flush()); err != nil {
		return err
	}
	if err == nil && checked.Invalid > 0 {
		err = &notUpdated{checked.Invalid}
	}
	return err
}

// lines prints findings as compilers do, and then what a run would do.
func lines(w io.Writer) (found func(importer.Finding), finish func(importer.Checked) error) {
	found = func(f importer.Finding) { fmt.Fprintln(w, f) }
	finish = func(c importer.Checked) error {
		if c.Invalid > 0 {
			fmt.Fprintln(w)
		}
		for _, warning := range c.Warnings {
			fmt.Fprintf(w, "warning: %s\n", warning)
		}
		fmt.Fprintf(w, "%s: %s to send (%s of them to tobedeleted), %s with nothing to send, %s invalid\n",
			report.Counted(c.Rows, "row"), report.Grouped(c.Send), report.Grouped(c.ToBeDeleted), report.Grouped(c.Unchanged), report.Grouped(c.Invalid))
		for _, kind := range slices.Sorted(maps.Keys(c.Problems)) {
			fmt.Fprintf(w, "%12s  problems of kind %s\n", report.Grouped(c.Problems[kind]), kind)
		}
		if c.LeftOut > 0 {
			fmt.Fprintf(w, "%12s  rows left out by --where or --shard\n", report.Grouped(c.LeftOut))
		}
		if c.Skipped > 0 {
			fmt.Fprintf(w, "%12s  blank lines skipped\n", report.Grouped(c.Skipped))
		}
		return nil
	}
	return found, finish
}

// document prints one JSON document, a finding at a time.
func document(w io.Writer) (found func(importer.Finding), finish func(importer.Checked) error) {
	between := `{"findings":[` + "\n"
	found = func(f importer.Finding) {
		text, _ := json.Marshal(f) // texts and numbers always marshal
		fmt.Fprintf(w, "%s%s", between, text)
		between = ",\n"
	}
	finish = func(c importer.Checked) error {
		if between != ",\n" {
			fmt.Fprint(w, between)
		}
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "],\n\"summary\":%s}\n", text)
		return err
	}
	return found, finish
}
