package main

import (
	"fmt"
	"io"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
)

// printSummary says at a glance what a run has done, why rows are not done, and
// what to type next.
func printSummary(w io.Writer, s importer.Summary, again string) {
	took := s.End.Sub(s.Start)
	rate := ""
	if took > time.Second {
		rate = fmt.Sprintf(", %s requests/s", count(int(float64(s.Requests)/took.Seconds())))
	}
	fmt.Fprintf(w, "\n%s %s: %s rows in %s (%s requests%s)\n", s.Command, s.State, count(s.Rows), rounded(took), count(s.Requests), rate)
	for _, o := range report.Outcomes() {
		if n := s.Outcomes[o]; n > 0 {
			fmt.Fprintf(w, "%12s  %s\n", count(n), o)
		}
	}
	if s.StopReason != "" {
		fmt.Fprintf(w, "\nStopped early: %s\n", s.StopReason)
	}
	if len(s.Failures) > 0 {
		fmt.Fprintln(w, "\nWhy rows are not done, most frequent first:")
		for _, f := range s.Failures {
			fmt.Fprintf(w, "%12s  %s\n", count(f.Count), f.Reason)
		}
	}
	fmt.Fprintf(w, "\nReport: %s\n", s.Report)
	if s.NotDone() > 0 {
		if again != "" {
			again = " " + again
		}
		fmt.Fprintf(w, "Next:   rosterpatch rerun %s%s\n", quote(s.Report), again)
	}
}
