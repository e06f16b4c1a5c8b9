package importer

import (
	"fmt"
	"os"

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
	return take(path, "wait for it to end, or give this one another --lock", flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDWR))
}

// lockReport likewise keeps other runs from finishing a report that is being
// written or read, wherever their own reports and locks are.
func lockReport(path string) (release func(), err error) {
	return take(path, "wait for it to end", flock.SetFlag(os.O_RDONLY))
}

func take(path, fix string, how ...flock.Option) (release func(), err error) {
	l := flock.New(path, how...)
	held, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("take the lock %s: %w", path, err)
	}
	if !held {
		return nil, &LockedError{path, fix}
	}
	return func() { l.Close() }, nil
}
