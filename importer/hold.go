package importer

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// hold takes the lock, and keeps what can be read only once.
func (r *run) hold(ctx context.Context) error {
	if r.path == "-" {
		return &UsageError{r.reportFlag(), "-", "must be a file: a report is read again"}
	}
	if dir, err := os.Stat(filepath.Dir(r.path)); err != nil || !dir.IsDir() {
		return &UsageError{r.reportFlag(), r.path, "cannot be there: there is no such directory; make it, or name another place"}
	}
	if slices.ContainsFunc(r.Sources, func(source string) bool { return sameFile(source, r.path) }) {
		return &UsageError{r.reportFlag(), r.path, "is what is read; name another place"}
	}
	if _, err := os.Stat(r.path); err == nil && !r.Force {
		return &UsageError{r.reportFlag(), r.path, "is there already; name another, or replace it with --force"}
	}
	release, err := lock(r.lockPath())
	if err != nil {
		return err
	}
	r.release = append(r.release, release)
	if r.facts.State != "" || r.lost {
		if _, err := os.Stat(r.Sources[0]); err == nil {
			if release, err = lockReport(r.Sources[0]); err != nil {
				return err
			}
			r.release = append(r.release, release)
		}
	}
	remove, err := r.spool(ctx, strings.TrimSuffix(r.path, ".csv")+".source")
	if err != nil {
		return err
	}
	r.release = append(r.release, remove)
	return nil
}
