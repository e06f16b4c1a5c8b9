package main

import (
	"errors"
	"fmt"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
)

// pingCommand is `rosterpatch ping`.
type pingCommand struct {
	connection
	Timeout time.Duration `default:"30s" help:"Of each of the two requests."`
}

// Example is the end of the command's help.
func (*pingCommand) Example() string { return `rosterpatch ping --sandbox` }

// ExitCodes are those the command can end with.
func (*pingCommand) ExitCodes() map[int]string {
	return otherCodes("token and read succeeded", map[int]string{
		exitStopped:    "the server cannot be reached",
		exitPermission: runCodes()[exitPermission],
	})
}

// Run is called by kong.
func (c *pingCommand) Run(p *process) (err error) {
	server, closeServer, err := c.server()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeServer()) }()
	server.Timeout = c.Timeout
	pong, err := importer.Ping(p, importer.Options{Server: server, Version: version})
	if err != nil {
		return err
	}
	seen := ""
	if pong.Enrollments > 0 {
		seen = fmt.Sprintf("; %s can be seen", report.Counted(pong.Enrollments, "enrollment"))
	}
	fmt.Fprintf(p.out, "%s: token and read succeeded in %s%s\n", pong.BaseURL, rounded(pong.Took), seen)
	fmt.Fprintln(p.out, "Whether this client may change enrollments only a change can show: import a file of one row.")
	return nil
}
