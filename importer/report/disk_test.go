package report

import (
	"bytes"
	"io"
	"sync"
	"syscall"
	"testing"
)

// disk is a file in memory that can be full, slow or broken.
type disk struct {
	mu          sync.Mutex
	data        []byte
	room        int // bytes that fit; 0 is no limit
	writes      int
	syncs       int
	synced      int // bytes that a power cut would leave
	syncErr     error
	truncateErr error
	slowWrite   chan struct{} // when set, each write waits for one value
	slowSync    chan struct{} // and each sync
}

func (d *disk) Write(p []byte) (int, error) {
	if d.slowWrite != nil {
		<-d.slowWrite
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	if d.room > 0 && len(d.data)+len(p) > d.room {
		n := d.room - len(d.data)
		d.data = append(d.data, p[:n]...)
		return n, syscall.ENOSPC
	}
	d.data = append(d.data, p...)
	return len(p), nil
}

func (d *disk) Truncate(size int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.truncateErr == nil {
		d.data = d.data[:size]
	}
	return d.truncateErr
}

func (d *disk) Sync() error {
	d.mu.Lock()
	size, err := len(d.data), d.syncErr
	d.syncs++
	d.mu.Unlock()
	if d.slowSync != nil {
		<-d.slowSync
	}
	if err == nil {
		d.mu.Lock()
		d.synced = size
		d.mu.Unlock()
	}
	return err
}

func (d *disk) Close() error { return nil }

func (d *disk) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(d.data).ReadAt(p, off)
}

func openDisk(t *testing.T, d *disk, header ...string) *Writer {
	t.Helper()
	w, err := newWriter(d, header, false)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// numbers reads the result.line of every line on the disk.
func numbers(t *testing.T, d *disk) (lines []int, torn int) {
	t.Helper()
	r, err := newReader(d, "disk")
	if err != nil {
		t.Fatal(err)
	}
	for {
		l, err := r.Next()
		if err == io.EOF {
			return lines, r.Torn()
		}
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l.Line)
	}
}
