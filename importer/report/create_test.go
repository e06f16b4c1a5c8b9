package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestCreateShowsWholeHeader watches a report come into being: a kill must not
// be able to leave one without its header, which no rerun could read.
func TestCreateShowsWholeHeader(t *testing.T) {
	for range 100 {
		path := filepath.Join(t.TempDir(), "x.report.csv")
		seen := make(chan []byte)
		go func() {
			for {
				if text, err := os.ReadFile(path); err == nil {
					seen <- text
					return
				}
			}
		}()
		w, err := Create(path, []string{"sourcedId", "role"}, CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		first := <-seen
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasSuffix(first, []byte(",role\n")) {
			t.Fatalf("at first the report held %q", first)
		}
	}
}
