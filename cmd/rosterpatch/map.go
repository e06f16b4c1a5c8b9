package main

import "rosterpatch/importer"

// mapCommand is `rosterpatch map`.
type mapCommand struct {
	File string `arg:"" name:"FILE" help:"A .csv, .csv.gz or OneRoster .zip, or - for standard input."`
	encoded
}

// Example is the end of the command's help.
func (*mapCommand) Example() string { return `rosterpatch map samples/skyline.csv > skyline.yaml` }

// ExitCodes are those the command can end with.
func (*mapCommand) ExitCodes() []int {
	return []int{exitDone, exitUnexpected, exitUsage, exitRefused, exitInterrupted}
}

// Run is called by kong.
func (c *mapCommand) Run(p *process) error {
	o := importer.Options{Sources: []string{c.File}, Stdin: p.in}
	if err := c.encoded.into(&o); err != nil {
		return err
	}
	text, err := importer.Guess(p, o)
	if err != nil {
		return err
	}
	_, err = p.out.Write(text)
	return err
}
