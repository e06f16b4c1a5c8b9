package importer

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// Shard is one of several parts into which the rows of a file fall by the hash
// of their sourcedId, so that each part can be sent by a process of its own and
// all rows of one id by the same. The zero value is the whole.
type Shard struct{ Index, Of int }

// ParseShard reads "I/N", as --shard has it, 0-based.
func ParseShard(s string) (Shard, error) {
	index, of, _ := strings.Cut(s, "/")
	i, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	if err1 != nil || err2 != nil || n < 1 {
		return Shard{}, &UsageError{"--shard", s, "must be I/N, such as 0/4 for the first of four"}
	}
	shard := Shard{Index: i, Of: n}
	return shard, shard.check()
}

func (s Shard) check() error {
	if s.Of < 0 || s.Index < 0 || s.Of > 0 && s.Index >= s.Of {
		return &UsageError{"--shard", s.String(), fmt.Sprintf("counts from 0: allowed are 0/%d to %d/%d", s.Of, s.Of-1, s.Of)}
	}
	return nil
}

// String is "I/N", "" for the whole.
func (s Shard) String() string {
	if s.Of < 1 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Of)
}

// has reports whether rows of this id fall into the shard.
func (s Shard) has(sourcedID string) bool {
	return s.Of <= 1 || hashOf(sourcedID)%uint64(s.Of) == uint64(s.Index)
}

// excludes reports whether rows of the other shard, as String has it, cannot be
// the shard's.
func (s Shard) excludes(other string) bool {
	o, err := ParseShard(other)
	return err == nil && o.Of == s.Of && o.Index != s.Index
}

// name tells the files of shards apart: "" for the whole.
func (s Shard) name() string {
	if s.Of <= 1 {
		return ""
	}
	return fmt.Sprintf(".shard-%d-of-%d", s.Index, s.Of)
}

// hashOf is the same on every machine and in every version: shards of one night
// may run on several.
func hashOf(sourcedID string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(sourcedID))
	return h.Sum64()
}
