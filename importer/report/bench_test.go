package report

import (
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// benchHeader and benchLine are a OneRoster row of twelve columns, updated.
var benchHeader = []string{"sourcedId", "status", "dateLastModified", "classSourcedId", "schoolSourcedId", "userSourcedId",
	"role", "primary", "beginDate", "endDate", "metadata.seat", "metadata.note"}

func benchLine(i int) Line {
	return Line{Line: i + 2, Outcome: Updated, HTTPStatus: 200, Attempts: 1, RequestID: "6f1c2a9e-0d53-4b7e-9a41-0c2b7d8e1f30",
		CodeMajor: "success", FinishedAt: time.Date(2026, 8, 31, 2, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Millisecond),
		Duration: 85 * time.Millisecond, Fingerprint: "0123456789abcdef0123456789abcdef",
		Cells: []string{fmt.Sprintf("enr-%07d", i), "active", "2026-06-01T00:00:00.000Z", "class-12", "school-101", "user-123456",
			"student", "false", "2026-08-31", "2027-06-10", "14", "sits in front"}}
}

func BenchmarkWrite(b *testing.B) {
	line := benchLine(0)
	report := func(b *testing.B) *Writer {
		w, err := Create(filepath.Join(b.TempDir(), "bench.report.csv"), benchHeader, CreateOptions{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			if err := w.Close(); err != nil {
				b.Error(err)
			}
		})
		return w
	}
	b.Run("add", func(b *testing.B) {
		w := report(b)
		b.ReportAllocs()
		for b.Loop() {
			if err := w.Add(line); err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b)
	})
	for _, workers := range []int{2, 10, 100} {
		b.Run(fmt.Sprintf("write/workers=%d", workers), func(b *testing.B) {
			w := report(b)
			b.ReportAllocs()
			b.SetParallelism(max(1, workers/runtime.GOMAXPROCS(0)))
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := w.Write(line); err != nil {
						b.Error(err)
					}
				}
			})
			perSecond(b)
		})
	}
}

func BenchmarkRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "bench.report.csv")
	w, err := Create(path, benchHeader, CreateOptions{})
	if err != nil {
		b.Fatal(err)
	}
	const lines = 20_000
	for i := range lines {
		if err := w.Add(benchLine(i)); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	r, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	start := r.layout.start
	b.Run("next", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.Next(); err != nil {
				r.cut, r.scan = r.records(start, nil)
				r.err = nil
			}
		}
		perSecond(b)
	})
	b.Run("at", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.At(start); err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b)
	})
}

func perSecond(b *testing.B) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
