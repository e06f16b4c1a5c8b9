package source

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/sync/errgroup"
)

// Passes run at once, over every kind of file, do not disturb each other.
func TestPassesAtOnce(t *testing.T) {
	text := sample(2000)
	for name, content := range map[string]string{
		"csv":  text,
		"gzip": squeeze(t, text),
		"zip":  pack(t, member{name: "enrollments.csv", content: text}),
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Open(store(t, "f", content), Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}()
			var passes errgroup.Group
			for range 4 {
				passes.Go(func() error {
					rows, err := f.Rows()
					if err != nil {
						return err
					}
					n := 0
					for ; err == nil; n++ {
						_, err = rows.Next()
					}
					if err != io.EOF || n != 2001 {
						t.Errorf("%d rows, %v", n-1, err)
					}
					return rows.Close()
				})
			}
			if err := passes.Wait(); err != nil {
				t.Error(err)
			}
			digest := sha256.Sum256([]byte(content))
			if got, err := f.SHA256(); err != nil || got != hex.EncodeToString(digest[:]) {
				t.Errorf("SHA256: %s, %v; want %x", got, err, digest)
			}
		})
	}
}

// A disk that fails is no fault of the file.
func TestFailingDisk(t *testing.T) {
	for name, content := range map[string]string{"csv": sample(5000), "gzip": squeeze(t, sample(50_000))} {
		t.Run(name, func(t *testing.T) {
			f, err := Open(store(t, "f", content), Options{})
			if err != nil {
				t.Fatal(err)
			}
			rows, err := f.Rows()
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			for err == nil {
				_, err = rows.Next()
			}
			if !errors.Is(err, fs.ErrClosed) || errors.As(err, new(*Error)) {
				t.Errorf("got %v, want the disk's own error", err)
			}
		})
	}
}

func TestSpool(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spooled")
	if err := Spool(strings.NewReader(export), path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("mode %s: others can read it", info.Mode())
	}
	if got, err := read(t, path, Options{}); err != nil || len(got.Rows) != 1 {
		t.Errorf("%d rows, %v", len(got.Rows), err)
	}
	if err := Spool(strings.NewReader("other"), path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: %v, want fs.ErrExist", err)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != export {
		t.Errorf("the file that was there holds %q, %v", content, err)
	}
	torn := filepath.Join(t.TempDir(), "torn")
	if err := Spool(io.MultiReader(strings.NewReader(export), iotest.ErrReader(io.ErrClosedPipe)), torn); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("torn input: %v, want io.ErrClosedPipe", err)
	}
	if _, err := os.Stat(torn); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("torn input left a file: %v", err)
	}
}
