package importer

import (
	"fmt"
	"os"

	"github.com/gofrs/flock"
)

// LockedError says that another run is at work.
type LockedError struct{ Path string }

func (e *LockedError) Error() string {
	return fmt.Sprintf("another run holds the lock %s; wait for it to end, or give this one another --lock", e.Path)
}

// lock keeps other runs out until it is released. The system releases it when
// the process ends, however it ends; the file stays.
func lock(path string) (release func(), err error) {
	l := flock.New(path, flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDWR))
	held, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("take the lock %s: %w", path, err)
	}
	if !held {
		return nil, &LockedError{path}
	}
	return func() { l.Close() }, nil
}
