package importer

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

func TestSpillSorts(t *testing.T) {
	for _, n := range []int{0, 1, 2, runLength - 1, runLength, runLength + 1, 3*runLength + 5} {
		dir := t.TempDir()
		t.Setenv("TMPDIR", dir)
		random := rand.New(rand.NewPCG(uint64(n), 1))
		var s spill
		want := make([]pair, n)
		for i := range want {
			want[i] = pair{uint64(random.IntN(n)), random.Uint64()} // with keys that occur again
			if err := s.add(want[i].key, want[i].value); err != nil {
				t.Fatal(err)
			}
			if len(s.buffer) >= runLength {
				t.Fatalf("%d pairs in memory", len(s.buffer))
			}
		}
		slices.SortFunc(want, byKey)
		for range 2 { // it may be read again
			got := make([]pair, 0, n)
			for p, err := range s.sorted() {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, p)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d pairs are not sorted, or not the same", n)
			}
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("files are left behind: %v, %v", left, err)
		}
		s.close()
	}
}

func TestSpillGoesOnAfterReading(t *testing.T) {
	var s spill
	defer s.close()
	add := func(keys ...uint64) {
		for _, k := range keys {
			if err := s.add(k, k); err != nil {
				t.Fatal(err)
			}
		}
	}
	expect := func(want ...uint64) {
		t.Helper()
		var got []uint64
		for p, err := range s.sorted() {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, p.key); len(got) == len(want) {
				break // a reader may have enough
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	add(3, math.MaxUint64, 0)
	expect(0, 3)
	add(1)
	expect(0, 1, 3, math.MaxUint64)
	for k := range uint64(2 * runLength) {
		add(k + 10)
	}
	expect(0, 1, 3, 10, 11, 12)
}

func TestSpillErrors(t *testing.T) {
	fill := func(s *spill) (err error) {
		for k := uint64(0); k < runLength && err == nil; k++ {
			err = s.add(k, k)
		}
		return err
	}
	t.Run("no place for a file", func(t *testing.T) {
		t.Setenv("TMPDIR", t.TempDir()+"/none")
		var s spill
		defer s.close()
		if err := fill(&s); err == nil {
			t.Error("no error")
		}
	})
	t.Run("a file that does not take it", func(t *testing.T) {
		var s spill
		if err := fill(&s); err != nil {
			t.Fatal(err)
		}
		s.close()
		if err := fill(&s); err == nil {
			t.Error("no error")
		}
	})
	t.Run("a file that does not give it back", func(t *testing.T) {
		var s spill
		if err := fill(&s); err != nil {
			t.Fatal(err)
		}
		s.close()
		pairs, failed := 0, false
		for _, err := range s.sorted() {
			if err != nil {
				failed = true
			} else {
				pairs++
			}
		}
		if !failed || pairs != 0 {
			t.Errorf("failed: %v, after %d pairs", failed, pairs)
		}
	})
}
