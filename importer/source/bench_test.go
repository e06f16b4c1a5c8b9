package source

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample is an invented export of n rows and 12 columns.
func sample(n int) string {
	var b strings.Builder
	b.WriteString("sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate,metadata.seat,metadata.sisId\n")
	for i := range n {
		fmt.Fprintf(&b, "enr-%07d,active,2026-08-01T00:00:00.000Z,class-%05d,school-%03d,user-%06d,student,false,2026-08-15,2027-06-10,%d,sis-%d\n", i, i%1000, i%20, i%9000, i%40, i)
	}
	return b.String()
}

// BenchmarkRead sets a pass over a file beside a bare encoding/csv loop over the
// same file; "x/bare" is how many times longer the pass takes.
func BenchmarkRead(b *testing.B) {
	const rows = 50_000
	text := sample(rows)
	path := filepath.Join(b.TempDir(), "sample.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	var bare float64
	b.Run("bare", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for r := csv.NewReader(f); ; n++ {
				if _, err := r.Read(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
			if err := f.Close(); err != nil || n != rows+1 {
				b.Fatal(n, err)
			}
		}
		bare = float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	})
	b.Run("source", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			f, err := Open(path, Options{})
			if err != nil {
				b.Fatal(err)
			}
			r, err := f.Rows()
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for ; ; n++ {
				if _, err := r.Next(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
			if err := f.Close(); err != nil || n != rows {
				b.Fatal(n, err)
			}
		}
		if bare > 0 {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/bare, "x/bare")
		}
	})
}
