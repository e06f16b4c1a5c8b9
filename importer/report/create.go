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

// Create makes the report at path, mode 0600: it appears with its header on the
// disk, or not at all. header is the source's, as it was; result.* columns in it
// (the source is itself a report) are left out, of each line too.
//
// A file that is in the way is an error that is [fs.ErrExist], unless Force.
func Create(path string, header []string, o CreateOptions) (*Writer, error) {
	if o.Force {
		if err := MakeWay(path); err != nil {
			return nil, fmt.Errorf("creating the report: %w", err)
		}
	}
	w, err := create(path, header, o.Files)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s: %w, and a report is never overwritten; choose another with --report, or allow it with --force", path, fs.ErrExist)
	}
	if err != nil {
		return nil, fmt.Errorf("creating the report: %w", err)
	}
	return w, nil
}

// create begins the report under another name, and gives it its own once its
// header is on the disk.
func create(path string, header []string, files bool) (*Writer, error) {
	begun := path + ".begun"
	if err := MakeWay(begun); err != nil { // of a run that was killed here
		return nil, err
	}
	f, err := os.OpenFile(begun, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	w, err := newWriter(f, header, files)
	if err == nil {
		err = name(begun, path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		err = errors.Join(err, w.Close())
		os.Remove(begun)
		return nil, err
	}
	return w, nil
}

// name gives a file the name path, which nothing may have. Where the file
// system has no links, a rename has to do, which could replace what appears at
// path in that instant.
func name(begun, path string) error {
	err := os.Link(begun, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return errors.Join(err, os.Remove(begun))
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	return os.Rename(begun, path)
}

// MakeWay removes an old report, and nothing that is not a file: --force on
// /dev/null must not cost the machine its /dev/null. The report is unlinked, not
// emptied, so that who reads it goes on reading it.
func MakeWay(path string) error {
	if err := replaceable(path); err != nil {
		return err
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// replaceable is an error where something stands at path that is not a file.
func replaceable(path string) error {
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
	return nil
}

// syncDir makes a new name in a directory outlive a power cut.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
