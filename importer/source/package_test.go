package source

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const export = "sourcedId,role\ne1,student\n"

// member is a file in an archive under test.
type member struct {
	name, content string
	mode          fs.FileMode
	flags         uint16
}

func pack(t testing.TB, members ...member) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate, Flags: m.flags}
		h.SetMode(m.mode | 0o600)
		out, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(m.name, "/") {
			continue
		}
		if _, err := io.WriteString(out, m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func squeeze(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPackages(t *testing.T) {
	enrollments := member{name: "enrollments.csv", content: export}
	manifest := func(says string) member {
		return member{name: "manifest.csv", content: "\ufeffpropertyName,value\r\nmanifest.version,1.0\r\noneroster.version,1.2\r\nfile.enrollments," + says + "\r\n"}
	}
	elsewhere := func(name string) []string {
		return []string{fmt.Sprintf("f %q is read as enrollments.csv, which OneRoster wants in lower case at the root of the package", name)}
	}
	tests := map[string]struct {
		content  string
		warnings []string
	}{
		"1.0, no manifest":    {pack(t, member{name: "orgs.csv"}, enrollments), nil},
		"bulk":                {pack(t, manifest("bulk"), enrollments), nil},
		"delta":               {pack(t, manifest(" Delta "), enrollments), nil},
		"a wrong case":        {pack(t, member{name: "Enrollments.CSV", content: export}), elsewhere("Enrollments.CSV")},
		"a directory":         {pack(t, member{name: "export/", mode: fs.ModeDir}, member{name: "export/enrollments.csv", content: export}), elsewhere("export/enrollments.csv")},
		"nested directories":  {pack(t, member{name: "a/b/enrollments.csv", content: export}), elsewhere("a/b/enrollments.csv")},
		"backslashes":         {pack(t, member{name: `export\enrollments.csv`, content: export}), elsewhere(`export\enrollments.csv`)},
		"of a Mac":            {pack(t, enrollments, member{name: "__MACOSX/._enrollments.csv", content: "\x00\x05\x16\x07"}), nil},
		"manifest: absent":    {pack(t, manifest("absent"), enrollments), []string{`f manifest.csv says file.enrollments is "absent", and yet enrollments.csv is there: it is read`}},
		"manifest: a mess":    {pack(t, member{name: "manifest.csv", content: "a\"b\n"}, enrollments), []string{`f manifest.csv cannot be read and is ignored: parse error on line 1, column 2: bare " in non-quoted-field`}},
		"gzip":                {squeeze(t, export), nil},
		"gzip, two members":   {squeeze(t, export[:20]) + squeeze(t, export[20:]), nil},
		"gzip, member nought": {squeeze(t, "") + squeeze(t, export), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			// The name says nothing: standard input is spooled without one.
			got, err := read(t, store(t, "spooled", tt.content), Options{Name: "f"})
			if err != nil {
				t.Fatal(err)
			}
			want := pass{Header: []string{"sourcedId", "role"}, Rows: []Row{{Line: 2, Cells: []string{"e1", "student"}}}, Warnings: tt.warnings}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestPackageRefusals(t *testing.T) {
	good := pack(t, member{name: "enrollments.csv", content: export})
	many := make([]member, 12)
	for i := range many {
		many[i].name = fmt.Sprintf("%02d.csv", i)
	}
	broken := []byte(good)
	broken[len("PK\x03\x04")+26+len("enrollments.csv")+3] ^= 0xff // in the deflated bytes
	bzip2 := []byte(good)
	bzip2[8], bzip2[strings.Index(good, "PK\x01\x02")+10] = 12, 12 // the method, in both of its headers
	const noCSV = " where CSV should be; allowed are .csv, .csv.gz and OneRoster .zip; unpack it first"
	const damaged = "cannot be unpacked: it is damaged, or something follows its end "
	const cut = "f: cannot be unpacked: its end is missing, it was cut while it was copied; copy it again"
	tests := map[string]struct{ content, want string }{
		"zip-slip":          {pack(t, member{name: "../enrollments.csv", content: export}), `f: holds "../enrollments.csv", a path that leads out of the archive`},
		"zip-slip beside":   {pack(t, member{name: "enrollments.csv", content: export}, member{name: `a\..\..\evil`}), `f: holds "a\\..\\..\\evil", a path that leads out of the archive`},
		"an absolute path":  {pack(t, member{name: "/etc/enrollments.csv", content: export}), `f: holds "/etc/enrollments.csv", a path that leads out of the archive`},
		"a symlink":         {pack(t, member{name: "enrollments.csv", content: "/etc/passwd", mode: fs.ModeSymlink}), `f: holds "enrollments.csv", which is not a plain file (Lrw-------)`},
		"an encrypted file": {pack(t, member{name: "enrollments.csv", content: export, flags: 1}), `f: holds "enrollments.csv", which is encrypted; export it without a password`},
		"two of a name":     {pack(t, member{name: "enrollments.csv", content: export}, member{name: "enrollments.csv", content: export}), `f: holds two enrollments files, "enrollments.csv" and "enrollments.csv"; one is allowed`},
		"two directories":   {pack(t, member{name: "a/enrollments.csv", content: export}, member{name: "b/Enrollments.csv", content: export}), `f: holds two enrollments files, "a/enrollments.csv" and "b/Enrollments.csv"; one is allowed`},
		"no enrollments":    {pack(t, member{name: "users.csv"}, member{name: "orgs.csv"}), `f: holds no enrollments.csv; inside it: "users.csv", "orgs.csv"; export the enrollments too, or name the .csv itself`},
		"many others":       {pack(t, many...), `f: holds no enrollments.csv; inside it: "00.csv", "01.csv", "02.csv", "03.csv", "04.csv", "05.csv", "06.csv", "07.csv", "08.csv", "09.csv", and 2 more; export the enrollments too, or name the .csv itself`},
		"nothing":           {pack(t), `f: holds no enrollments.csv; inside it: nothing; export the enrollments too, or name the .csv itself`},
		"a workbook":        {pack(t, member{name: "[Content_Types].xml"}, member{name: "xl/workbook.xml"}), "f: is a spreadsheet workbook; allowed are .csv, .csv.gz and OneRoster .zip; save it as CSV UTF-8"},
		"zip of bzip2":      {string(bzip2), "f: is packed in a way that few programs read; allowed in a .zip is deflate; pack it again with deflate, or name the .csv itself"},
		"gzip in a zip":     {pack(t, member{name: "enrollments.csv", content: squeeze(t, export)}), "f: is or holds a gzip file" + noCSV},
		"gzip twice":        {squeeze(t, squeeze(t, export)), "f: is or holds a gzip file" + noCSV},
		"zip in a gzip":     {squeeze(t, good), "f: is or holds a zip archive" + noCSV},
		"tar in a gzip":     {squeeze(t, "enrollments.csv"+strings.Repeat("\x00", 242)+"ustar  \x00"+strings.Repeat("\x00", 512)), "f: is or holds a tar archive" + noCSV},
		"zip, cut":          {good[:len(good)-30], "f: " + damaged + "(zip: not a valid zip file); copy it again"},
		"zip, broken":       {string(broken), "f: " + damaged + "(zip: checksum error); copy it again"},
		"an empty member":   {pack(t, member{name: "enrollments.csv"}), "f: holds no rows, not even a header; export it again"},
		"gzip, cut":         {squeeze(t, export)[:30], cut},
		"gzip, header cut":  {squeeze(t, export)[:5], cut},
		"gzip, last byte":   {squeeze(t, export)[:len(squeeze(t, export))-1], cut},
		"gzip and garbage":  {squeeze(t, export) + "more of it", "f: " + damaged + "(gzip: invalid header); copy it again"},
		"gzip, zero padded": {squeeze(t, export) + strings.Repeat("\x00", 512), "f: " + damaged + "(gzip: invalid header); copy it again"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "f.zip")
			if strings.HasPrefix(tt.content, "\x1f") {
				path = filepath.Join(dir, "f.csv.gz")
			}
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := refused(t, path, Options{}); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
				t.Errorf("%d files beside the archive, %v", len(left), err)
			}
		})
	}
}

// A bomb is refused early, and what comes out of it is never held in memory.
func TestBombs(t *testing.T) {
	const tooMuch = "f: unpacks to more than 200 times its size, or to more than 64 GiB; an export does neither"
	row := "e1," + strings.Repeat("x", 64<<10) + "\n"
	text := export + strings.Repeat(row, smallEnough/len(row)+10)
	packed := pack(t, member{name: "enrollments.csv", content: text})
	understated := []byte(packed)
	// The size in the directory of a zip is a claim, and this one is false.
	directory := bytes.LastIndex(understated, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(understated[directory+24:], uint32(len(export)))
	tests := map[string]struct{ content, want string }{
		"zip":                   {packed, tooMuch},
		"zip, size understated": {string(understated), "f: cannot be unpacked: it is damaged, or something follows its end (zip: not a valid zip file); copy it again"},
		"gzip":                  {squeeze(t, text), tooMuch},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := store(t, "f", tt.content)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if got := refused(t, path, Options{}); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 48<<20 {
				t.Errorf("took %d MiB of memory", used>>20)
			}
		})
	}
}

// What small files are made of is nobody's business.
func TestSmallFilesMayShrinkWell(t *testing.T) {
	content := squeeze(t, "sourcedId,role\n"+strings.Repeat("e1,student\n", 100_000))
	got, err := read(t, store(t, "f.csv.gz", content), Options{})
	if err != nil || len(got.Rows) != 100_000 || len(content)*maxRatio > 11*100_000 {
		t.Errorf("%d rows out of %d bytes, %v", len(got.Rows), len(content), err)
	}
}
