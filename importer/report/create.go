package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CreateOptions say how [Create] makes a report.
type CreateOptions struct {
	Force bool // replace a report that is in the way
	Files bool // the report has several sources: write the result.file column
}

// Create makes the report at path, mode 0600, with the header on the disk when
// it returns. header is the source's, as it was; result.* columns in it (the
// source is itself a report) are left out, of each line too.
//
// A file that is in the way is an error that is [fs.ErrExist], unless Force. It
// is then unlinked, not emptied, so that who reads the old report goes on
// reading it.
func Create(path string, header []string, o CreateOptions) (*Writer, error) {
	if o.Force {
		if err := makeWay(path); err != nil {
			return nil, fmt.Errorf("creating the report: %w", err)
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s: %w, and a report is never overwritten; choose another with --report, or allow it with --force", path, fs.ErrExist)
	}
	if err != nil {
		return nil, fmt.Errorf("creating the report: %w", err)
	}
	w, err := newWriter(f, header, o.Files)
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		if w != nil {
			err = errors.Join(err, w.Close())
		}
		return nil, errors.Join(fmt.Errorf("creating the report: %w", err), os.Remove(path))
	}
	return w, nil
}

// makeWay removes an old report, and nothing that is not a file: --force on
// /dev/null must not cost the machine its /dev/null.
func makeWay(path string) error {
	old, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !old.Mode().IsRegular() && old.Mode()&fs.ModeSymlink == 0 {
		return &fs.PathError{Op: "replace", Path: path, Err: errors.New("not a regular file; a report can only take the place of one")}
	}
	return os.Remove(path)
}

// syncDir makes a new name in a directory outlive a power cut.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
