package source

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// An export shrinks ten- to fortyfold. What grows back more than maxRatio times
// was made to fill a disk; small files are let through whatever they are made of.
const (
	maxRatio    = 200
	smallEnough = 16 << 20
	maxInflated = 64 << 30
)

// inflated is a compressed stream that watches how much comes out of it.
type inflated struct {
	io.ReadCloser
	file   *File
	packed int64 // compressed bytes there are
	out    int64 // bytes read so far
}

// Read refuses a stream that is damaged, cut short, or grows beyond all measure.
func (i *inflated) Read(p []byte) (int, error) {
	n, err := i.ReadCloser.Read(p)
	i.out += int64(n)
	if i.out > maxInflated || i.out > smallEnough && i.out/maxRatio > i.packed {
		return 0, &Error{File: i.file.name, Msg: fmt.Sprintf("unpacks to more than %d times its size, or to more than %d GiB; an export does neither", maxRatio, maxInflated>>30)}
	}
	if err != nil && err != io.EOF {
		return n, i.file.damaged(err)
	}
	return n, err
}

// Close never fails: what a decompressor says here, Read has said or would say.
func (i *inflated) Close() error {
	_ = i.ReadCloser.Close()
	return nil
}

// archives are the kinds of file that are no text, told by some of their bytes.
var archives = []struct {
	at          int
	bytes, name string
}{
	{0, "\x1f\x8b", "a gzip file"},
	{0, "PK\x03\x04", "a zip archive"},
	{4, "1AY&SY", "a bzip2 file"},
	{0, "\xfd7zXZ", "an xz file"},
	{0, "\x28\xb5\x2f\xfd", "a zstandard file"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7-zip archive"},
	{0, "Rar!\x1a", "a rar archive"},
	{257, "ustar", "a tar archive"},
}

// checkUnpacked refuses text that is none, for it is packed once more or in a way
// that is not read. head are its first bytes.
func (f *File) checkUnpacked(head []byte) error {
	for _, a := range archives {
		if len(head) >= a.at && bytes.HasPrefix(head[a.at:], []byte(a.bytes)) {
			return &Error{File: f.name, Msg: "is or holds " + a.name + " where CSV should be; allowed are .csv, .csv.gz and OneRoster .zip", Fix: "unpack it first"}
		}
	}
	return nil
}

// damaged tells a broken archive, which refuses the file, from a failing disk.
func (f *File) damaged(err error) error {
	if disk := (*fs.PathError)(nil); errors.As(err, &disk) {
		return fmt.Errorf("reading %s: %w", f.name, err)
	}
	msg := fmt.Sprintf("cannot be unpacked: it is damaged, or something follows its end (%v)", err)
	if errors.Is(err, zip.ErrAlgorithm) {
		return &Error{File: f.name, Msg: "is packed in a way that few programs read; allowed in a .zip is deflate", Fix: "pack it again with deflate, or name the .csv itself"}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		msg = "cannot be unpacked: its end is missing, it was cut while it was copied"
	}
	return &Error{File: f.name, Msg: msg, Fix: "copy it again"}
}
