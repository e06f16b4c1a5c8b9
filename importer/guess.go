package importer

import (
	"context"

	"rosterpatch/mapping"
)

// Guess returns a mapping file for the source, guessed from its header and the
// values of its rows. It is valid as it stands; what it is unsure of is
// commented out, with the reason.
func Guess(ctx context.Context, o Options) ([]byte, error) {
	if err := o.checkReading(); err != nil {
		return nil, err
	}
	s, err := setUp(o, "")
	if err != nil {
		return nil, err
	}
	remove, err := s.spoolAside(ctx)
	if err != nil {
		return nil, err
	}
	defer remove()
	f, err := s.openSource(0)
	if err != nil {
		return nil, &RefusedError{Cause: err}
	}
	defer f.file.Close()
	rows, err := f.file.Rows()
	if err != nil {
		return nil, &RefusedError{Cause: err}
	}
	defer rows.Close()
	var failed, stopped error
	text := mapping.Guess(rows.Header, func(yield func([]string) bool) {
		for row, err := range all(rows) {
			if failed = err; err != nil {
				return
			}
			if stopped = context.Cause(ctx); stopped != nil {
				return
			}
			if row.Ragged == "" && !yield(row.Cells) {
				return
			}
		}
	})
	if failed != nil {
		return nil, &RefusedError{Cause: failed}
	}
	return text, stopped
}
