// Command rosterpatch turns the rows of a OneRoster enrollments export into
// PATCH requests, and reports on each row.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // a reader of our output that leaves must not end the run
	os.Exit(run(interruptible(context.Background()), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
