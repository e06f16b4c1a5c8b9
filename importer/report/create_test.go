package report

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestHeaderIsOnTheDisk holds that a report which is there outlives a power cut with
// its header, and that none is there if the disk will not take it.
func TestHeaderIsOnTheDisk(t *testing.T) {
	d := &disk{}
	w, err := newWriter(d, []string{"sourcedId", "role"}, false)
	if err != nil || d.synced == 0 || d.synced != len(d.data) {
		t.Errorf("of %d bytes %d are on the disk, %v", len(d.data), d.synced, err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	w, err = newWriter(&disk{syncErr: syscall.EIO}, []string{"sourcedId", "role"}, false)
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("a disk that fails: %v", err)
	}
	if err := w.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("and at the end: %v", err)
	}
}

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
