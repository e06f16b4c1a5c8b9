package importer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
)

// The benchmarks set the program beside something else, by turns in one run,
// for a machine's speed changes from minute to minute and a ratio does not. A
// metric "x/other" is how many times as fast as the other thing the program is.

// benchRows is how many rows the benchmarks of large files have. For a million:
//
//	ROSTERPATCH_BENCH_ROWS=1000000 go test -run '^$' -bench 'Check|Against' -timeout 1h ./importer
func benchRows() int {
	if n, err := strconv.Atoi(os.Getenv("ROSTERPATCH_BENCH_ROWS")); err == nil {
		return n
	}
	return 200_000
}

// BenchmarkImport sets an import, with its report, beside a loop that sends the
// same requests and keeps nothing, and beside curl. "%ideal" is the pace that
// the latency allows at the most.
func BenchmarkImport(b *testing.B) {
	for _, c := range []struct {
		latency       time.Duration
		workers, rows int
	}{
		{20 * time.Millisecond, 16, 3_000},
		{20 * time.Millisecond, 64, 9_000},
		{0, 16, 20_000},
		{0, 64, 20_000},
	} {
		b.Run(fmt.Sprintf("latency=%v/workers=%d", c.latency, c.workers), func(b *testing.B) {
			o := benchOptions(b, roster(b, c.rows), benchServer{Latency: c.latency}.start(b))
			o.Workers = c.workers
			_, requests := readPatches(b, o.Sources[0], o.Server.BaseURL)
			config := curlConfig(b, requests)
			var ours, bare, curl time.Duration
			for b.Loop() {
				ours += took(func() { finish(b, o, report.Updated, c.rows) })
				bare += took(func() { sendBare(b, requests, c.workers) })
				if config != "" {
					curl += took(func() { sendCurl(b, config, c.rows, c.workers) })
				}
			}
			perSecond := float64(c.rows*b.N) / ours.Seconds()
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(perSecond, "rows/s")
			b.ReportMetric(bare.Seconds()/ours.Seconds(), "x/bare")
			if curl > 0 {
				b.ReportMetric(curl.Seconds()/ours.Seconds(), "x/curl")
			}
			if c.latency > 0 {
				b.ReportMetric(100*perSecond/(float64(c.workers)/c.latency.Seconds()), "%ideal")
			}
		})
	}
}

// BenchmarkThrottled is an import from a server that answers every tenth request
// with 429 and asks to wait a second, which the program does with all workers.
func BenchmarkThrottled(b *testing.B) {
	const rows = 200
	o := benchOptions(b, roster(b, rows), benchServer{Latency: 5 * time.Millisecond, Throttled: true}.start(b))
	lost := 0
	for b.Loop() {
		s := perform(b, o)
		lost += rows - s.Outcomes[report.Updated]
	}
	b.ReportMetric(float64(lost)/float64(b.N), "lost")
}

// BenchmarkCheck sets check beside a loop of encoding/csv over the same file. At
// least 0.25 x/csv is wanted.
func BenchmarkCheck(b *testing.B) {
	rows := benchRows()
	o := benchOptions(b, roster(b, rows), importer.Server{})
	var ours, bare time.Duration
	for b.Loop() {
		ours += took(func() { check(b, o, rows) })
		bare += took(func() { readBare(b, o.Sources[0]) })
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(rows*b.N)/ours.Seconds(), "rows/s")
	b.ReportMetric(bare.Seconds()/ours.Seconds(), "x/csv")
}

// BenchmarkAgainstServer imports a file of which every hundredth row differs from
// what the server holds, comparing, beside an import that sends every row at the
// same rate. Of 200,000 rows at most 4,100 requests are wanted, in at most 1/15 of
// the time, and 150 MiB of a million.
func BenchmarkAgainstServer(b *testing.B) {
	const rate = 1_000 // at 50, the program's own, the ratio would be more than twice as large
	rows := benchRows()
	path := roster(b, rows)
	whole := benchOptions(b, path, benchServer{}.start(b))
	whole.Workers, whole.Rate = 64, rate
	all := took(func() { finish(b, whole, report.Updated, rows) })

	for _, c := range []struct {
		reading string
		server  benchServer
	}{
		{"pages", benchServer{Records: rows}},
		{"batches", benchServer{Records: rows, Crowded: true}},
	} {
		b.Run(c.reading, func(b *testing.B) {
			o := benchOptions(b, path, c.server.start(b))
			o.Workers, o.Rate, o.Against = whole.Workers, rate, "server"
			// The first run brings the server to what the file says, so there is one.
			peak := peakMemory(b)
			began := time.Now()
			s := perform(b, o)
			ours := time.Since(began)
			if s.Outcomes[report.Updated] != rows/100 || s.Undone > 0 {
				b.Fatal(s.Outcomes)
			}
			requests := s.Reports[0].Facts.Requests
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(peak(), "peak-MiB")
			b.ReportMetric(all.Seconds()/ours.Seconds(), "x/none")
			b.ReportMetric(float64(requests), "requests")
			b.ReportMetric(100*float64(requests)/float64(rows), "%requests")
		})
	}
}

// BenchmarkAgainstReport imports a file that has not changed since its last
// report, beside a check of it. No request and at most 40 bytes of index a row
// are wanted.
func BenchmarkAgainstReport(b *testing.B) {
	rows := benchRows()
	path := roster(b, rows)

	blind := benchOptions(b, path, benchServer{Latency: 3 * time.Second}.start(b))
	known := blind
	known.Against = writeReport(b, path, func(row int) bool { return row < 1000 })
	index := float64(heldAtSend(b, known)-heldAtSend(b, blind)) / float64(rows)

	o := benchOptions(b, path, benchServer{}.start(b))
	o.Against = writeReport(b, path, func(int) bool { return false })
	var ours, checks time.Duration
	requests := 0
	for b.Loop() {
		ours += took(func() { requests += finish(b, o, report.Unchanged, rows).Reports[0].Facts.Requests })
		checks += took(func() { check(b, o, rows) })
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(index, "index-B/row")
	b.ReportMetric(float64(requests), "requests")
	b.ReportMetric(checks.Seconds()/ours.Seconds(), "x/check")
}

// BenchmarkRerun finishes a report of which every hundredth row failed, beside a
// check of the file.
func BenchmarkRerun(b *testing.B) {
	rows := benchRows()
	o := benchOptions(b, roster(b, rows), benchServer{}.start(b))
	again := o
	again.Sources = []string{writeReport(b, o.Sources[0], func(row int) bool { return row%100 == 0 })}
	var ours, checks time.Duration
	for b.Loop() {
		ours += took(func() {
			s, err := importer.Rerun(b.Context(), again)
			if err != nil || s.Undone > 0 || s.Reports[0].Facts.Requests != rows/100 {
				b.Fatal(s.Outcomes, err)
			}
		})
		checks += took(func() { check(b, o, rows) })
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(rows*b.N)/ours.Seconds(), "rows/s")
	b.ReportMetric(checks.Seconds()/ours.Seconds(), "x/check")
}

// benchOptions are those of an import without a ceiling.
func benchOptions(b *testing.B, path string, server importer.Server) importer.Options {
	return importer.Options{
		Version: "1.2.3", Sources: []string{path}, Server: server,
		Workers: 16, Retries: 5, GiveUp: 5 * time.Minute,
		Report: filepath.Join(b.TempDir(), "rows.report.csv"), Force: true,
	}
}

func took(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}

func perform(b *testing.B, o importer.Options) importer.Summary {
	b.Helper()
	s, err := importer.Run(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// finish does a run that brings so many rows to an outcome.
func finish(b *testing.B, o importer.Options, outcome report.Outcome, rows int) importer.Summary {
	b.Helper()
	s := perform(b, o)
	if s.Undone > 0 || s.Outcomes[outcome] != rows {
		b.Fatalf("outcomes %v, want %d %s", s.Outcomes, rows, outcome)
	}
	return s
}

func check(b *testing.B, o importer.Options, rows int) {
	b.Helper()
	c, err := importer.Check(b.Context(), o, func(f importer.Finding) { b.Fatal(f) })
	if err != nil || c.Send != rows {
		b.Fatal(c, err)
	}
}
