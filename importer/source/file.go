// Package source reads the rows of an enrollments file: a CSV, a gzip'd CSV or
// the enrollments.csv of a OneRoster package, in any encoding that has a name.
//
// What makes one row unreadable is a property of that [Row]; what puts the whole
// file in doubt (its header, encoding, an unclosed quote, an end that is missing)
// is an [*Error]. Memory does not grow with the file.
package source

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// Options say how to read a file. The zero value reads UTF-8, or what a
// byte-order mark declares, with commas.
type Options struct {
	// Name stands for the path in messages, for input that was spooled.
	Name string
	// Encoding is a name of the WHATWG Encoding Standard. "" is UTF-8. A
	// byte-order mark in the file wins over it, with a warning.
	Encoding string
	// Delimiter stands between cells. 0 is a comma. A line such as sep=; above
	// the header wins over it, with a warning.
	Delimiter rune
}

// Validate says what is wrong with the options, without a file at hand.
func (o Options) Validate() error {
	if _, _, err := lookup(o.Encoding); err != nil {
		return err
	}
	d := o.Delimiter
	if strings.ContainsRune("\"\r\n", d) || unicode.IsLetter(d) || unicode.IsDigit(d) || d == utf8.RuneError || !utf8.ValidRune(d) {
		return fmt.Errorf("delimiter %q cannot stand between cells; allowed are a comma, a semicolon, a tab, a pipe and the like", d)
	}
	return nil
}

// File is an enrollments file that has been opened and whose header has been
// read. Its methods are safe for concurrent use until Close.
type File struct {
	name     string
	options  Options
	file     *os.File
	size     int64
	modified time.Time
	// open starts a pass over the CSV inside, past any compression.
	open     func() (io.ReadCloser, error)
	warnings []string
}

// Open opens the file at path, which must be a regular file, finds out what kind
// it is from its first bytes, and checks its header. What is wrong with the file
// is an [*Error].
func Open(path string, o Options) (*File, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Name == "" {
		o.Name = path
	}
	refuse := func(err error) error {
		if cause := (*fs.PathError)(nil); errors.As(err, &cause) {
			err = cause.Err
		}
		return &Error{File: o.Name, Msg: fmt.Sprintf("cannot be opened: %v", err)}
	}
	// Stat comes first: opening a FIFO would wait for its writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, refuse(err)
	}
	if !info.Mode().IsRegular() {
		return nil, &Error{File: o.Name, Msg: "is not a regular file", Fix: "name a .csv, a .csv.gz or a OneRoster .zip, or feed it to standard input as -"}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, refuse(err)
	}
	f := &File{name: o.Name, options: o, file: file, size: info.Size(), modified: info.ModTime()}
	if err := f.inspect(path); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return f, nil
}

// inspect settles how the bytes are packed, and reads the header once so that a
// file with a wrong one is never opened.
func (f *File) inspect(path string) error {
	magic := make([]byte, 4)
	n, err := f.file.ReadAt(magic, 0)
	if err != nil && err != io.EOF {
		return fmt.Errorf("reading %s: %w", f.name, err)
	}
	lower := strings.ToLower(path)
	switch magic := string(magic[:n]); {
	case n == 0:
		return &Error{File: f.name, Msg: "is empty", Fix: "export it again"}
	case strings.HasPrefix(magic, "PK\x03\x04"), strings.HasPrefix(magic, "PK\x05\x06"):
		if err := f.openPackage(); err != nil {
			return err
		}
	case strings.HasPrefix(magic, "\x1f\x8b"):
		f.open = f.openGzip
	case magic == "\xd0\xcf\x11\xe0":
		return f.workbook()
	case strings.HasSuffix(lower, ".zip"), strings.HasSuffix(lower, ".gz"):
		return &Error{File: f.name, Msg: fmt.Sprintf("is named %s and does not hold that", lower[strings.LastIndexByte(lower, '.'):]), Fix: "copy it again, or name it .csv if it is plain text"}
	default:
		f.open = func() (io.ReadCloser, error) { return io.NopCloser(f.stored()), nil }
	}
	rows, err := f.Rows()
	if err != nil {
		return err
	}
	f.warnings = append(f.warnings, rows.warnings...)
	return rows.Close()
}

// Warnings are oddities that do not stop the file from being read, each a
// sentence for the person who runs the import.
func (f *File) Warnings() []string { return f.warnings }

// SHA256 is the hex digest of the bytes as stored: of the package or the gzip
// itself, where the file is one.
func (f *File) SHA256() (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, f.stored()); err != nil {
		return "", fmt.Errorf("reading %s: %w", f.name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Close closes the file. Passes over it must have been closed before.
func (f *File) Close() error { return f.file.Close() }

// Rows starts a new pass over the file, and returns it with the header read.
// Passes may follow each other or run at once.
func (f *File) Rows() (*Rows, error) {
	in, err := f.open()
	if err != nil {
		return nil, err
	}
	r := &Rows{file: f, in: in}
	text, err := r.decode(bufio.NewReaderSize(in, bufferSize))
	if err == nil {
		err = r.readHeader(text)
	}
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return r, nil
}

// decode returns in as UTF-8, read by the file's byte-order mark or else by the
// encoding that was asked for.
func (r *Rows) decode(in *bufio.Reader) (*bufio.Reader, error) {
	// A file of fewer bytes has no mark; a failing disk shows at the first line.
	head, _ := in.Peek(512)
	if err := r.file.checkUnpacked(head); err != nil {
		return nil, err
	}
	marked := markedEncoding(head)
	enc, name, err := lookup(r.file.options.Encoding)
	if err == nil && marked != "" && marked != name {
		if r.file.options.Encoding != "" {
			r.warn("starts with the byte-order mark of %s: it is read so, and not as %s", marked, name)
		}
		enc, name, err = lookup(marked)
	}
	if err != nil || name == utf8Name {
		return in, err
	}
	r.encoding = name
	var raw io.Reader = in
	if singleByte(enc) {
		r.witness = &witness{Reader: in}
		raw = r.witness
	}
	return bufio.NewReaderSize(transform.NewReader(raw, enc.NewDecoder()), bufferSize), nil
}

// stored reads the bytes as they lie on the disk.
func (f *File) stored() io.Reader { return io.NewSectionReader(f.file, 0, f.size) }

func (f *File) openGzip() (io.ReadCloser, error) {
	z, err := gzip.NewReader(f.stored())
	if err != nil {
		return nil, f.damaged(err)
	}
	return &inflated{ReadCloser: z, file: f, packed: f.size}, nil
}

// unchanged refuses a file that was written to since it was opened: it is still
// being copied here, and its end is not yet known.
func (f *File) unchanged() error {
	info, err := f.file.Stat()
	if err != nil {
		return fmt.Errorf("reading %s: %w", f.name, err)
	}
	if info.Size() != f.size || !info.ModTime().Equal(f.modified) {
		return &Error{File: f.name, Msg: "changed while it was being read", Fix: "wait until it has been copied whole"}
	}
	return nil
}

func (f *File) workbook() error {
	return &Error{File: f.name, Msg: "is a spreadsheet workbook; allowed are .csv, .csv.gz and OneRoster .zip", Fix: "save it as CSV UTF-8"}
}

// Spool copies r into a new file at path, readable by its owner only, so that
// standard input can be opened. The caller removes it. After an error there is
// none, unless it was there before.
func Spool(r io.Reader, path string) error {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("spooling: %w", err)
	}
	_, err = io.Copy(out, r)
	if err = errors.Join(err, out.Close()); err != nil {
		return errors.Join(fmt.Errorf("spooling: %w", err), os.Remove(path))
	}
	return nil
}
