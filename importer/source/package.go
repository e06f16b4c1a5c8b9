package source

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	"github.com/gocarina/gocsv"
)

// Names of OneRoster 1.2 CSV binding: lower case, at the root.
const (
	enrollmentsName = "enrollments.csv"
	manifestName    = "manifest.csv"
)

// maxListed bounds the names a refusal lists, and maxManifest what is read of a
// manifest, a file of a few dozen short lines.
const (
	maxListed   = 10
	maxManifest = 1 << 20
)

// openPackage finds the enrollments in a OneRoster package. Members are read as
// streams and nothing is unpacked to the disk; yet an archive that tries to
// escape from it is not trusted with its rows either.
func (f *File) openPackage() error {
	// A damaged directory may point in front of the file, which os.File reports as
	// it reports a failing disk; a section answers io.EOF.
	archive, err := zip.NewReader(io.NewSectionReader(f.file, 0, f.size), f.size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return f.damaged(err)
	}
	var names []string
	var enrollments, manifest *zip.File
	for _, member := range archive.File {
		name := memberName(member)
		mode := member.Mode()
		switch {
		case !filepath.IsLocal(name):
			return &Error{File: f.name, Msg: fmt.Sprintf("holds %q, a path that leads out of the archive", member.Name)}
		case !mode.IsRegular() && !mode.IsDir():
			return &Error{File: f.name, Msg: fmt.Sprintf("holds %q, which is not a plain file (%s)", member.Name, mode)}
		case member.Flags&1 != 0:
			return &Error{File: f.name, Msg: fmt.Sprintf("holds %q, which is encrypted", member.Name), Fix: "export it without a password"}
		case mode.IsDir():
			continue
		case name == "[Content_Types].xml":
			return f.workbook()
		}
		names = append(names, fmt.Sprintf("%q", member.Name))
		switch strings.ToLower(path.Base(name)) {
		case enrollmentsName:
			if enrollments != nil {
				return &Error{File: f.name, Msg: fmt.Sprintf("holds two enrollments files, %q and %q; one is allowed", enrollments.Name, member.Name)}
			}
			enrollments = member
		case manifestName:
			manifest = member
		}
	}
	if enrollments == nil {
		return f.noEnrollments(names)
	}
	if enrollments.Name != enrollmentsName {
		f.warn("%q is read as %s, which OneRoster wants in lower case at the root of the package", enrollments.Name, enrollmentsName)
	}
	if manifest != nil {
		f.heed(manifest)
	}
	f.open = func() (io.ReadCloser, error) {
		r, err := enrollments.Open()
		if err != nil {
			return nil, f.damaged(err)
		}
		return &inflated{ReadCloser: r, file: f, packed: int64(enrollments.CompressedSize64)}, nil
	}
	return nil
}

// memberName is a member's path with the slashes of the zip format; archivers
// for Windows have been known to write their own.
func memberName(member *zip.File) string {
	return path.Clean(strings.ReplaceAll(member.Name, `\`, "/"))
}

func (f *File) noEnrollments(names []string) error {
	inside := "nothing"
	if len(names) > maxListed {
		names = append(names[:maxListed], fmt.Sprintf("and %d more", len(names)-maxListed))
	}
	if len(names) > 0 {
		inside = strings.Join(names, ", ")
	}
	return &Error{File: f.name, Msg: fmt.Sprintf("holds no %s; inside it: %s", enrollmentsName, inside), Fix: "export the enrollments too, or name the .csv itself"}
}

// heed compares the manifest with what is there. Where they disagree the data
// file wins (OneRoster 1.2 CSV binding), so this can only warn.
func (f *File) heed(manifest *zip.File) {
	var properties []struct {
		Name  string `csv:"propertyName"`
		Value string `csv:"value"`
	}
	text, err := readManifest(manifest)
	if err == nil {
		err = gocsv.UnmarshalCSV(csv.NewReader(bytes.NewReader(text)), &properties)
	}
	if err != nil {
		f.warn("%s cannot be read and is ignored: %v", manifestName, err)
		return
	}
	for _, p := range properties {
		value := strings.ToLower(strings.TrimSpace(p.Value))
		if strings.TrimSpace(p.Name) == "file.enrollments" && value != "bulk" && value != "delta" {
			f.warn("%s says file.enrollments is %q, and yet %s is there: it is read", manifestName, p.Value, enrollmentsName)
		}
	}
}

func readManifest(manifest *zip.File) ([]byte, error) {
	r, err := manifest.Open()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxManifest))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), nil
}

func (f *File) warn(format string, args ...any) {
	f.warnings = append(f.warnings, f.name+" "+fmt.Sprintf(format, args...))
}
