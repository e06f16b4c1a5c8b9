package report

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWriteReturnsWhenTheLineIsInTheFile(t *testing.T) {
	d := &disk{}
	w := openDisk(t, d, "sourcedId")
	defer w.Close()
	for i := range 3 {
		if err := w.Write(Line{Line: i + 2, Outcome: Updated, Cells: []string{"e"}}); err != nil {
			t.Fatal(err)
		}
		if got, _ := numbers(t, d); len(got) != i+1 {
			t.Fatalf("after %d Writes the file holds lines %v", i+1, got)
		}
	}
}

// Create gives the report its name once the header cannot be lost any more.
func TestTheHeaderIsOnTheDiskFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where no time passes in which it is synced anyway
		d := &disk{}
		w := openDisk(t, d, "sourcedId")
		if !bytes.HasSuffix(d.data[:d.synced], []byte(",sourcedId\n")) {
			t.Errorf("the disk holds %q", d.data[:d.synced])
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	w, err := newWriter(&disk{syncErr: syscall.EIO}, []string{"sourcedId"}, false)
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("a disk that cannot sync: %v", err)
	}
	if err := w.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("and at the end: %v", err)
	}
}

func TestLinesThatWaitGoOutTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		w := openDisk(t, d, "sourcedId")
		d.slowWrite = make(chan struct{})
		var workers sync.WaitGroup
		for i := range 50 {
			workers.Go(func() {
				if err := w.Write(Line{Line: i + 2, Outcome: Updated, Cells: []string{"e"}}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait() // one line is being written, 49 wait
		close(d.slowWrite)
		workers.Wait()
		if d.writes > 3 {
			t.Errorf("50 lines of 50 workers took %d writes with the header's, want 3", d.writes)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if got, _ := numbers(t, d); len(got) != 50 {
			t.Errorf("the file holds %d lines, want 50", len(got))
		}
	})
}

func TestALineIsOnTheDiskWithinASecond(t *testing.T) {
	for name, put := range map[string]func(*Writer, Line) error{"Write": (*Writer).Write, "Add": (*Writer).Add} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &disk{}
				w := openDisk(t, d, "sourcedId")
				if err := put(w, Line{Line: 2, Outcome: Unsent, Cells: []string{"e"}}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second) // of the bubble's clock
				synctest.Wait()
				if !bytes.Contains(d.data[:d.synced], []byte("\n2,unsent,")) {
					t.Errorf("after a second the disk holds %q", d.data[:d.synced])
				}
				before := d.syncs
				time.Sleep(time.Hour)
				synctest.Wait()
				if d.syncs != before {
					t.Errorf("%d syncs of a file that did not change", d.syncs-before)
				}
				if err := w.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestASlowSyncHoldsNoWriteUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		w := openDisk(t, d, "sourcedId")
		d.slowSync = make(chan struct{})
		for i := range 3 {
			if err := w.Write(Line{Line: i + 2, Outcome: Updated, Cells: []string{"e"}}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // the sync began, and hangs
			synctest.Wait()
		}
		close(d.slowSync)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if d.synced != len(d.data) {
			t.Errorf("Close left %d bytes unsynced", len(d.data)-d.synced)
		}
	})
}

func TestAddIsBounded(t *testing.T) {
	d := &disk{}
	w := openDisk(t, d, "sourcedId")
	cell := strings.Repeat("x", 1<<10)
	for i := range 2 * queueLimit / len(cell) {
		if err := w.Add(Line{Line: i + 2, Outcome: Unsent, Cells: []string{cell}}); err != nil {
			t.Fatal(err)
		}
		if held := w.next.Len(); held > queueLimit {
			t.Fatalf("%d bytes are held back, want at most %d", held, queueLimit)
		}
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := w.Add(Line{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Add after Close: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestAFullDisk(t *testing.T) {
	full := func(t *testing.T, d *disk) *Writer {
		w := openDisk(t, d, "sourcedId")
		for i := range 2 {
			if err := w.Add(Line{Line: i + 2, Outcome: Updated, Attempts: 1, Cells: []string{"in"}}); err != nil {
				t.Fatal(err)
			}
		}
		d.room = len(d.data) + w.next.Len() + 7 // the third line goes in by half
		if err := w.Add(Line{Line: 4, Outcome: Unsent, Cells: []string{"not sent"}}); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(Line{Line: 5, Outcome: Updated, Attempts: 1, Cells: []string{"out"}}); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("Write on a full disk: %v", err)
		}
		d.room = 0 // room again, and yet no line may follow one that is missing
		if err := w.Write(Line{Line: 6, Outcome: Failed, Attempts: 3, Cells: []string{"late"}}); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("Write after an error: %v", err)
		}
		if err := w.Close(); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("Close after an error: %v", err)
		}
		var lost []int
		for _, l := range w.Lost() {
			lost = append(lost, l.Line)
		}
		if diff := cmp.Diff([]int{5, 6}, lost); diff != "" {
			t.Errorf("sent and not recorded (-want +got):\n%s", diff)
		}
		return w
	}
	t.Run("cut back to the last whole line", func(t *testing.T) {
		d := &disk{}
		full(t, d)
		got, torn := numbers(t, d)
		if diff := cmp.Diff([]int{2, 3}, got); diff != "" || torn != 0 {
			t.Errorf("%d torn; lines in the file (-want +got):\n%s", torn, diff)
		}
	})
	t.Run("a disk that cannot even be cut back", func(t *testing.T) {
		d := &disk{truncateErr: syscall.EIO}
		full(t, d)
		got, torn := numbers(t, d)
		if diff := cmp.Diff([]int{2, 3}, got); diff != "" || torn != 1 {
			t.Errorf("%d torn, want 1; lines in the file (-want +got):\n%s", torn, diff)
		}
	})
	t.Run("no room for the header", func(t *testing.T) {
		d := &disk{room: 10}
		w, err := newWriter(d, []string{"sourcedId"}, false)
		if !errors.Is(err, syscall.ENOSPC) || len(d.data) != 0 {
			t.Errorf("%v, and the file holds %q", err, d.data)
		}
		_ = w.Close()
	})
}

func TestAFailingSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		w := openDisk(t, d, "sourcedId")
		put := func(line int) error {
			return w.Write(Line{Line: line, Outcome: Updated, Attempts: 1, Cells: []string{"e"}})
		}
		if err := put(2); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		d.syncErr = syscall.EIO
		if err := put(3); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if err := put(4); !errors.Is(err, syscall.EIO) {
			t.Errorf("Write after a failed sync: %v", err)
		}
		d.syncErr = nil // a kernel reports the loss once, and then calls the pages clean
		if err := w.Close(); !errors.Is(err, syscall.EIO) {
			t.Errorf("Close after a failed sync: %v", err)
		}
		if lost := w.Lost(); len(lost) != 2 || lost[0].Line != 3 || lost[1].Line != 4 {
			t.Errorf("Lost = %v, want lines 3 and 4", lost)
		}
	})
}

func TestCreateKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.report.csv")
	create := func(path string, o CreateOptions) error {
		w, err := Create(path, []string{"sourcedId"}, o)
		if err != nil {
			return err
		}
		return w.Close()
	}
	if err := create(path, CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	const old = "yesterday's\n"
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	reading, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()

	err = create(path, CreateOptions{})
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "--force") {
		t.Errorf("a report in the way: %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != old {
		t.Errorf("the old report now holds %q", text)
	}
	if err := create(path, CreateOptions{Force: true}); err != nil {
		t.Error(err)
	}
	if text, _ := io.ReadAll(reading); string(text) != old {
		t.Errorf("who was reading the old report now finds %q", text)
	}
	if err := create(dir, CreateOptions{Force: true}); err == nil || !strings.Contains(err.Error(), "regular file") {
		t.Errorf("a directory in the way: %v", err)
	}
	if err := create(filepath.Join(dir, "none", "a.csv"), CreateOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such directory: %v", err)
	}
}
