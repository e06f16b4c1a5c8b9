package main

import (
	_ "embed"

	"rosterpatch/importer"
)

// mapCommand is `rosterpatch map`.
type mapCommand struct {
	File string `arg:"" name:"FILE" help:"A .csv, .csv.gz or OneRoster .zip, or - for standard input."`
	encoded
}

// Example is the end of the command's help.
func (*mapCommand) Example() string { return `rosterpatch map samples/skyline.csv > skyline.yaml` }

//go:embed mapping.yaml
var mappingExample string

// Detail is what a mapping file can say.
func (*mapCommand) Detail() string {
	return "A mapping file, as --mapping takes one (every part can be left out):\n\n" + mappingExample +
		"\nFields are sourcedId, status, role, primary, beginDate, endDate, userSourcedId,\n" +
		"classSourcedId, schoolSourcedId and metadata.KEY. Expressions are those of\n" +
		"expr-lang.org. A value that no rule covers makes its row invalid.\n"
}

// ExitCodes are those the command can end with.
func (*mapCommand) ExitCodes() map[int]string {
	return otherCodes("the mapping file is printed", map[int]string{exitRefused: "what is named cannot be read as it should"})
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
