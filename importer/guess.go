package importer

import (
	"os"
	"path/filepath"

	"rosterpatch/mapping"
)

// Guess returns a mapping file for the source, guessed from its header and the
// values of its rows. It is valid as it stands; what it is unsure of is
// commented out, with the reason.
func Guess(o Options) ([]byte, error) {
	if err := o.checkReading(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "rosterpatch-map-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if _, err := o.spool(filepath.Join(dir, "source")); err != nil {
		return nil, err
	}
	s, err := openSource(o.Sources[0], o)
	if err != nil {
		return nil, &RefusedError{Cause: err}
	}
	defer s.file.Close()
	rows, err := s.file.Rows()
	if err != nil {
		return nil, &RefusedError{Cause: err}
	}
	defer rows.Close()
	var failed error
	text := mapping.Guess(rows.Header, func(yield func([]string) bool) {
		for row, err := range all(rows) {
			if failed = err; err != nil {
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
	return text, nil
}
