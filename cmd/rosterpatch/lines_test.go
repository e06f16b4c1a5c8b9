package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"testing"

	"rosterpatch/importer/report"
)

// reportLine is a line of a report, read by encoding/csv alone.
type reportLine struct {
	row       int // where it stands in the source
	outcome   report.Outcome
	requestID string
	message   string
	cells     []string
}

// readLines reads a report. A torn last line is left out.
func readLines(t *testing.T, path string) []reportLine {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	torn := !bytes.HasSuffix(text, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	header, err := r.Read()
	at := func(name string) int { return slices.Index(header, "result."+name) }
	width := at("after") + 1
	var lines []reportLine
	for err == nil {
		var cells []string
		if cells, err = r.Read(); err != nil || len(cells) <= width {
			continue
		}
		row, wrong := strconv.Atoi(cells[at("line")])
		if wrong != nil {
			t.Fatalf("%s: %v", path, wrong)
		}
		lines = append(lines, reportLine{row, report.Outcome(cells[at("outcome")]), cells[at("requestId")], cells[at("message")], cells[width:]})
	}
	switch {
	case errors.Is(err, io.EOF) && torn && len(lines) > 0:
		lines = lines[:len(lines)-1]
	case !errors.Is(err, io.EOF) && !torn:
		t.Fatalf("%s: %v", path, err)
	}
	return lines
}
