package importer

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
)

// spill sorts any number of pairs of numbers in little memory: sorted runs go
// to a temporary file and are merged when read. Not safe for concurrent use.
type spill struct {
	buffer []pair
	file   *os.File // of runs, each runLength pairs but the last
	runs   []int    // length of each
}

type pair struct{ key, value uint64 }

// append adds the pair to what a file is to hold.
func (p pair) append(out []byte) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(out, p.key), p.value)
}

// pairOf is the reverse of append.
func pairOf(raw []byte) pair {
	return pair{binary.LittleEndian.Uint64(raw), binary.LittleEndian.Uint64(raw[8:])}
}

const (
	runLength = 1 << 17
	pairSize  = 16
)

func byKey(a, b pair) int {
	if a.key != b.key {
		return cmp.Compare(a.key, b.key)
	}
	return cmp.Compare(a.value, b.value)
}

func (s *spill) add(key, value uint64) error {
	s.buffer = append(s.buffer, pair{key, value})
	if len(s.buffer) < runLength {
		return nil
	}
	return s.flush()
}

// flush writes the buffer out as a run.
func (s *spill) flush() error {
	if s.file == nil {
		f, err := temporary()
		if err != nil {
			return err
		}
		s.file = f
	}
	slices.SortFunc(s.buffer, byKey)
	out := make([]byte, 0, len(s.buffer)*pairSize)
	for _, p := range s.buffer {
		out = p.append(out)
	}
	if _, err := s.file.Write(out); err != nil {
		return fmt.Errorf("keep an index: %w", err)
	}
	s.runs = append(s.runs, len(s.buffer))
	s.buffer = s.buffer[:0]
	return nil
}

// sorted yields all pairs by key, and by value where keys are the same. It may
// be called again.
func (s *spill) sorted() iter.Seq2[pair, error] {
	return func(yield func(pair, error) bool) {
		slices.SortFunc(s.buffer, byKey)
		heads := []head{{rest: s.buffer}}
		at := int64(0)
		for _, n := range s.runs {
			size := int64(n * pairSize)
			heads = append(heads, head{file: bufio.NewReaderSize(io.NewSectionReader(s.file, at, size), 32<<10)})
			at += size
		}
		for i := range heads {
			heads[i].advance()
		}
		for {
			least := -1
			for i, h := range heads {
				if !h.ended && (least < 0 || byKey(h.pair, heads[least].pair) < 0) {
					least = i
				}
			}
			if least < 0 {
				return
			}
			if err := heads[least].err; err != nil {
				yield(pair{}, fmt.Errorf("read an index back: %w", err))
				return
			}
			if !yield(heads[least].pair, nil) {
				return
			}
			heads[least].advance()
		}
	}
}

// temporary is a file that lives as long as it is open.
func temporary() (*os.File, error) {
	f, err := os.CreateTemp("", "rosterpatch-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	os.Remove(f.Name()) // where the system lets an open file go; elsewhere it stays
	return f, nil
}

func (s *spill) close() {
	if s.file != nil {
		s.file.Close()
	}
}

// head is the next pair of a run, in memory or in the file.
type head struct {
	pair
	rest  []pair
	file  *bufio.Reader
	ended bool
	err   error
}

func (h *head) advance() {
	if h.file == nil {
		if h.ended = len(h.rest) == 0; !h.ended {
			h.pair, h.rest = h.rest[0], h.rest[1:]
		}
		return
	}
	var raw [pairSize]byte
	_, err := io.ReadFull(h.file, raw[:])
	if h.ended = errors.Is(err, io.EOF); !h.ended {
		h.err = err
		h.pair = pairOf(raw[:])
	}
}
