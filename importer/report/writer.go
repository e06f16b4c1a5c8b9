package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"sync"
	"time"
)

const (
	// syncEvery leaves a slow disk half of the second in which a line must be on it.
	syncEvery = 500 * time.Millisecond
	// queueLimit bounds the lines that [Writer.Add] holds back, in bytes.
	queueLimit = 256 << 10
	// lostLimit bounds what [Writer.Lost] returns, in lines.
	lostLimit = 10_000
)

// file is what a report is written to.
type file interface {
	Write(p []byte) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Writer writes a report. It is safe for concurrent use.
//
// Lines that wait while others are written go out together in one write(2), so
// that many workers, each held until its line is in the file, cost few calls.
// In the background the file is synced to the disk within a second. The first
// error is kept: no line is written after it, and each later call returns it.
type Writer struct {
	file  file
	shape shape
	stop  chan struct{} // closed by Close, to end the background sync
	done  chan struct{} // closed when it has ended

	mu      sync.Mutex
	changed *sync.Cond // a write has ended
	err     error
	writing bool    // a write is under way, with mu free
	size    int64   // bytes of whole lines in the file
	next    pending // lines that wait
	busy    pending // lines that are being written
	enc     *csv.Writer

	// Lines are numbered from 1 in the order in which they were queued.
	queued, written, synced int64

	doubt  []sent // lines of rows that were sent, not known to be on the disk
	unsure bool   // a sync failed; no other is made, since the kernel may report success for pages that it has lost
}

// pending is encoded lines, and where each of them ends.
type pending struct {
	bytes.Buffer
	ends []int
}

type sent struct {
	number int64
	line   Line
}

// newWriter writes the header, and returns a Writer even when that failed, for
// the caller to close.
func newWriter(f file, header []string, files bool) (*Writer, error) {
	w := &Writer{file: f, shape: newShape(header, files), stop: make(chan struct{}), done: make(chan struct{})}
	w.changed = sync.NewCond(&w.mu)
	w.enc = csv.NewWriter(&w.next)
	go w.syncLoop()

	w.mu.Lock()
	defer w.mu.Unlock()
	w.encode(w.shape.header())
	if w.commit(); w.err == nil {
		w.fail(f.Sync())
	}
	return w, w.err
}

// Write returns when the line is in the file, or with the error that kept it out.
func (w *Writer) Write(l Line) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.queue(l); err != nil {
		return err
	}
	return w.flush()
}

// Add queues the line and does not wait for it, unless much is queued already.
// It is for rows that were not sent: were the line lost in a kill, nothing would
// have to be done twice.
func (w *Writer) Add(l Line) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.queue(l); err != nil {
		return err
	}
	if w.next.Len() < queueLimit {
		return nil
	}
	return w.flush()
}

// Close writes what is queued, syncs and closes the file. It returns the first
// error the Writer met; the lines that were in the file before it stay there.
// A second Close does nothing.
func (w *Writer) Close() error {
	w.mu.Lock()
	select {
	case <-w.stop:
		w.mu.Unlock()
		return nil
	default:
		close(w.stop)
	}
	w.mu.Unlock()
	<-w.done
	w.sync()

	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail(w.file.Close())
	err := w.err
	w.fail(os.ErrClosed)
	return err
}

// Lost returns, once Close has returned, the lines of rows that were sent
// (Attempts is not 0) but are not known to be on the disk, in the order in which
// they were written: at most 10,000. Without an error there are none.
func (w *Writer) Lost() []Line {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines := make([]Line, len(w.doubt))
	for i, d := range w.doubt {
		lines[i] = d.line
	}
	return lines
}

func (w *Writer) queue(l Line) error {
	w.queued++
	if l.Attempts > 0 && len(w.doubt) < lostLimit {
		w.doubt = append(w.doubt, sent{w.queued, l})
	}
	if w.err != nil {
		return w.err
	}
	w.encode(w.shape.row(&l))
	w.next.ends = append(w.next.ends, w.next.Len())
	return nil
}

func (w *Writer) encode(cells []string) {
	// Neither can fail: they write to memory.
	_ = w.enc.Write(cells)
	w.enc.Flush()
}

// flush returns when every line queued so far is in the file. Who comes while
// a write is under way waits for it; the first to wake then writes for all.
func (w *Writer) flush() error {
	for mine := w.queued; w.written < mine; {
		switch {
		case w.err != nil:
			return w.err
		case w.writing:
			w.changed.Wait()
		default:
			w.commit()
		}
	}
	return nil
}

// commit writes what is queued in one call. A line that went in by half is cut
// off again: whatever the disk allows, the file ends in a whole line.
func (w *Writer) commit() {
	w.next, w.busy = w.busy, w.next
	w.writing = true
	w.mu.Unlock()
	n, err := w.file.Write(w.busy.Bytes())
	w.mu.Lock()
	w.writing = false

	lines := len(w.busy.ends)
	if err != nil {
		w.fail(err)
		for lines > 0 && w.busy.ends[lines-1] > n {
			lines--
		}
		n = 0
		if lines > 0 {
			n = w.busy.ends[lines-1]
		}
		// Should this fail too, the reader knows a torn line when it sees one.
		_ = w.file.Truncate(w.size + int64(n))
	}
	w.size += int64(n)
	w.written += int64(lines)
	w.busy.Reset()
	w.busy.ends = w.busy.ends[:0]
	w.changed.Broadcast()
}

func (w *Writer) syncLoop() {
	defer close(w.done)
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.sync()
		case <-w.stop:
			return
		}
	}
}

// sync brings all that is queued to the disk; writers go on meanwhile.
func (w *Writer) sync() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.flush() // its error is kept in w.err; what did get in is worth syncing
	upTo := w.written
	if upTo == w.synced || w.unsure {
		return
	}
	w.mu.Unlock()
	err := w.file.Sync()
	w.mu.Lock()
	if err != nil {
		w.fail(err)
		w.unsure = true
		return
	}
	w.synced = upTo
	rest := 0
	for rest < len(w.doubt) && w.doubt[rest].number <= upTo {
		rest++
	}
	w.doubt = append(w.doubt[:0], w.doubt[rest:]...)
}

// fail keeps the first error.
func (w *Writer) fail(err error) {
	if w.err == nil && err != nil {
		w.err = fmt.Errorf("writing the report: %w", err)
	}
}
