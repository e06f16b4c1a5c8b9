package importer

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"rosterpatch/importer/source"
)

// spool copies standard input, or a pipe that is named as a source, to a file
// of its own: a run reads its source twice, and a rerun may have to read it
// again. It ends when ctx does, even while the pipe is silent.
func (s *setup) spool(ctx context.Context, path string) (remove func(), err error) {
	remove = func() {}
	for i, name := range s.Sources {
		open := func() (io.ReadCloser, error) { return io.NopCloser(s.Stdin), nil }
		if name != "-" {
			info, err := os.Stat(name)
			if err != nil || info.Mode().IsRegular() || info.IsDir() {
				continue
			}
			open = func() (io.ReadCloser, error) { return os.Open(name) }
		}
		if s.spooled != "" {
			return remove, &UsageError{"FILE", name, "is a second one that can be read only once; name one such"}
		}
		os.Remove(path) // of a run that was killed before it had a report
		in := interruptible(ctx, open)
		err := source.Spool(in, path)
		in.Close() // whoever reads the pipe is not to wait for ever where the copy could not be written
		if err != nil {
			return remove, err
		}
		remove = func() { os.Remove(path) }
		s.Sources = slices.Clone(s.Sources)
		s.Sources[i], s.spooled, s.spooledAs = path, path, sourceName(name)
	}
	return remove, nil
}

// spoolAside is spool for a command that writes no report beside which the copy
// could stand.
func (s *setup) spoolAside(ctx context.Context) (remove func(), err error) {
	dir, err := os.MkdirTemp("", "rosterpatch-*")
	if err != nil {
		return nil, fmt.Errorf("keep standard input: %w", err)
	}
	remove = func() { os.RemoveAll(dir) }
	if _, err := s.spool(ctx, filepath.Join(dir, "source")); err != nil {
		remove()
		return nil, err
	}
	return remove, nil
}

// interruptible reads what open opens, until ctx ends: neither opening a pipe
// nor reading from it ends by itself while its other end is silent.
func interruptible(ctx context.Context, open func() (io.ReadCloser, error)) io.ReadCloser {
	out, in := io.Pipe()
	stop := context.AfterFunc(ctx, func() { in.CloseWithError(context.Cause(ctx)) })
	go func() {
		defer stop()
		from, err := open()
		if err != nil {
			in.CloseWithError(&RefusedError{Cause: err})
			return
		}
		defer from.Close()
		_, err = io.Copy(in, from)
		in.CloseWithError(err)
	}()
	return out
}
