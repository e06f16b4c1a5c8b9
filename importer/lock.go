package importer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// LockedError says that another run is at work.
type LockedError struct {
	Path string // of the lock, or of the report that the other run writes or reads
	Fix  string
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("another run holds %s; %s", e.Path, e.Fix)
}

// lock keeps other runs out until it is released. The system releases it when
// the process ends, however it ends; the file stays.
func lock(path string) (release func(), err error) {
	return tryLock(path, "wait for it to end, or give this one another --lock", flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDWR))
}

// lockReport likewise keeps other runs from finishing a report that is being
// written or read, wherever their own reports and locks are.
func lockReport(path string) (release func(), err error) {
	return tryLock(path, "wait for it to end", flock.SetFlag(os.O_RDONLY))
}

func tryLock(path, fix string, how ...flock.Option) (release func(), err error) {
	l := flock.New(path, how...)
	held, err := l.TryLock()
	release = func() { l.Close() }
	if err != nil {
		return release, fmt.Errorf("take the lock %s: %w", path, err)
	}
	if !held {
		return release, &LockedError{path, fix}
	}
	return release, nil
}

// claim takes the locks, and keeps what can be read only once.
func (r *run) claim(ctx context.Context) error {
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
	if r.Force { // what another run still writes is not replaced
		old, err := lockReport(r.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		old()
	}
	if r.readsReport() {
		release, err := lockReport(r.Sources[0])
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // which is told when it is opened
			return err
		}
		r.release = append(r.release, release)
	}
	dir, name := filepath.Split(r.path)
	remove, err := r.spool(ctx, dir+"."+strings.TrimSuffix(name, ".csv")+".source") // a name that no one else gives
	if err != nil {
		return err
	}
	r.release = append(r.release, remove)
	return nil
}
