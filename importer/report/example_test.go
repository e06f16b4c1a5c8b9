package report_test

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"rosterpatch/importer/report"
)

// A report is written line by line, and read back to see what is left to do.
func Example() {
	dir, err := os.MkdirTemp("", "report")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "term.report.csv")

	w, err := report.Create(path, []string{"sourcedId", "role"}, report.CreateOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range []report.Line{
		{Line: 2, Outcome: report.Updated, HTTPStatus: 200, Attempts: 1, Cells: []string{"enr-1", "student"}},
		{Line: 3, Outcome: report.Failed, HTTPStatus: 404, Attempts: 1, Cells: []string{"enr-2", "teacher"}},
	} {
		if err := w.Write(l); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}

	r, err := report.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	for {
		l, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		if !l.Outcome.Done() {
			fmt.Println(l.Line, l.Outcome, l.HTTPStatus, l.Cells)
		}
	}
	// Output: 3 failed 404 [enr-2 teacher]
}
