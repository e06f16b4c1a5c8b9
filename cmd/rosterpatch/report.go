package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
)

// reportCommand is `rosterpatch report`.
type reportCommand struct {
	Reports []string `arg:"" name:"REPORT" help:"Reports; several are read as one, such as the shards of a run, or a run and its reruns."`
	JSON    bool     `name:"json" xor:"form" help:"Print the summary as JSON."`
	HTML    string   `name:"html" xor:"form" placeholder:"PATH" help:"Write the summary as a page to open in a browser."`
	Merge   string   `placeholder:"PATH" help:"Write one report of all, in the order of the source; where a row is in several, the latest run's line counts."`
	Force   bool     `help:"Replace what is at PATH."`
}

// Example is the end of the command's help.
func (*reportCommand) Example() string { return `rosterpatch report samples/rollover.report.csv` }

// ExitCodes are those the command can end with.
func (*reportCommand) ExitCodes() map[int]string {
	return otherCodes("the reports are read", map[int]string{exitRefused: "what is named cannot be read as it should"})
}

// Run is called by kong.
func (c *reportCommand) Run(p *process) error {
	s, err := report.Summarise(p, c.Reports...)
	if err != nil {
		return refused(err)
	}
	if c.Merge != "" {
		err := report.Merge(p, c.Merge, report.CreateOptions{Force: c.Force}, c.Reports...)
		if errors.Is(err, os.ErrExist) {
			return &importer.UsageError{Flag: "--merge", Value: c.Merge, Problem: "is there already; name another, or replace it with --force"}
		}
		if err != nil {
			return refused(err)
		}
	}
	switch {
	case c.JSON:
		return s.JSON(p.out)
	case c.HTML != "":
		return c.page(s, p.out)
	}
	return s.Text(p.out, "")
}

// refused is err, as a refusal where it is about what a report holds.
func refused(err error) error {
	if is[*report.Error](err) || errors.Is(err, os.ErrNotExist) {
		return &importer.RefusedError{Cause: err}
	}
	return err
}

// page writes the summary as HTML.
func (c *reportCommand) page(s *report.Summary, out io.Writer) error {
	mode := os.O_CREATE | os.O_WRONLY | os.O_EXCL
	if c.Force {
		mode = os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	}
	f, err := os.OpenFile(c.HTML, mode, 0o600)
	if errors.Is(err, os.ErrExist) {
		return &importer.UsageError{Flag: "--html", Value: c.HTML, Problem: "is there already; name another, or replace it with --force"}
	}
	if err != nil {
		return err
	}
	if err := errors.Join(s.HTML(f), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", c.HTML, err)
	}
	_, err = fmt.Fprintf(out, "Page: %s\n", c.HTML)
	return err
}
