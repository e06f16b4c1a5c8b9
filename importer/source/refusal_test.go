package source

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"
)

// refused reads a whole file and returns the words it is refused with.
func refused(t *testing.T, path string, o Options) string {
	t.Helper()
	o.Name = "f"
	_, err := read(t, path, o)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	return e.Error()
}

func TestRefusals(t *testing.T) {
	const unclosed = `a quote is opened on this line and not closed; close it, or double it where it belongs to the text (""); if the file was cut while it was copied, copy it again`
	const head = "sourcedId,role\n"
	rows := strings.Repeat("e1,student\n", 10)
	mib := strings.Repeat("x", 1<<20)
	tests := map[string]struct {
		content string
		options Options
		want    string
	}{
		"empty":              {"", Options{}, "f: is empty; export it again"},
		"a BOM alone":        {"\ufeff", Options{}, "f: holds no rows, not even a header; export it again"},
		"blank lines":        {"\n\r\n,,,\n", Options{}, "f: holds no rows, not even a header; export it again"},
		"header only":        {head, Options{}, "f: holds a header and no rows; export it again"},
		"header and blanks":  {head + "\n,\n\x1a", Options{}, "f: holds a header and no rows; export it again"},
		"header without end": {"sourcedId", Options{}, "f: holds a header and no rows; export it again"},

		"windows-1252":       {head + "e1,Zo\xeb \xe9\n", Options{}, `f:2: holds bytes that are not UTF-8 (0xEB after "e1,Zo"); name the encoding it was written in, such as --encoding windows-1252`},
		"behind U+FFFD":      {head + rows + "\ufffd\xff,x\n", Options{}, `f:12: holds bytes that are not UTF-8 (0xFF after "�"); name the encoding it was written in, such as --encoding windows-1252`},
		"wrong name":         {head + "e1,\x80\xff\n", Options{Encoding: "shift_jis"}, `f:2: holds bytes that are not shift_jis; name the encoding it was written in with --encoding`},
		"UTF-8 by a name":    {head + "e1,stüdent\n" + rows, Options{Encoding: "latin1"}, `f: is UTF-8, not windows-1252; leave --encoding out`},
		"much UTF-8":         {head + strings.Repeat("e1,€\n", 50_000), Options{Encoding: "windows-1252"}, `f: is UTF-8, not windows-1252; leave --encoding out`},
		"UTF-16, odd":        {utf16(t, unicode.LittleEndian, unicode.UseBOM, head+"e1,student\n") + "e", Options{}, "f:3: holds bytes that are not utf-16le; name the encoding it was written in with --encoding"},
		"UTF-16LE, no BOM":   {utf16(t, unicode.LittleEndian, unicode.IgnoreBOM, head+rows), Options{}, "f:1: holds NUL bytes, as UTF-16 without a byte-order mark does; try --encoding utf-16le"},
		"UTF-16BE, no BOM":   {utf16(t, unicode.BigEndian, unicode.IgnoreBOM, head+rows), Options{}, "f:1: holds NUL bytes, as UTF-16 without a byte-order mark does; try --encoding utf-16be"},
		"cut in a character": {head + rows + "e1,Zo\xc3", Options{}, "f:12: ends in the middle of a character: the file was cut while it was copied; copy it again"},

		"cut in a row":         {head + rows + "e2", Options{}, "f:12: the last line has 1 cell where the header has 2, and no line end: the file was cut while it was copied; copy it again"},
		"cut, or a total":      {"sourcedId,role,status\n" + "Total: 12", Options{}, "f:2: the last line has 1 cell where the header has 3, and no line end: the file was cut while it was copied; copy it again, or take the line out if it is a total or a remark"},
		"cut in a quoted cell": {head + rows + `e2,"stu`, Options{}, "f:12: role: " + unclosed},
		"NULs of a crash":      {head + rows + strings.Repeat("\x00", 500), Options{}, "f:12: the last line has 1 cell where the header has 2, and no line end: the file was cut while it was copied; copy it again"},

		"unclosed to the end":       {head + rows + "\"e2,student\n" + rows, Options{}, "f:12: sourcedId: " + unclosed},
		"unclosed behind a closed":  {head + "\"e\n1\",\"student\n" + rows, Options{}, "f:3: role: " + unclosed},
		"unclosed, last line ended": {head + "e1,\"student\n", Options{}, "f:2: role: " + unclosed},
		"unclosed, then quotes":     {head + "\"e1\",\"student\n\"e2\",\"student\"\n", Options{}, "f:2: role: " + unclosed},
		"unclosed, then bare":       {head + "\"e1,student\ne2\",5\" desk\n", Options{}, "f:2: sourcedId: " + unclosed},
		"unclosed header":           {"sourcedId,\"role\n" + rows, Options{}, "f:1: " + unclosed},
		"misquoted header":          {"sourcedId,ro\"le\n" + rows, Options{}, `f:1: the header has a quote inside a cell that is not quoted; a cell that holds quotes is quoted whole, and they are doubled: "5"" desk"`},

		"cell over 1 MiB":               {head + "e1," + mib + "x\n", Options{}, "f:2: role: cell 2 has more than 1 MiB; look for a quote that is not closed, or shorten it"},
		"quoted cell over 1 MiB":        {head + "e1,\"" + mib + "\"\"\n\"\n", Options{}, "f:2: role: cell 2 has more than 1 MiB; look for a quote that is not closed, or shorten it"},
		"header cell over 1 MiB":        {"sourcedId," + mib + "x\n", Options{}, "f:1: cell 2 has more than 1 MiB; look for a quote that is not closed, or shorten it"},
		"surplus cell over 1 MiB":       {head + "e1,s," + mib + "x\n", Options{}, "f:2: cell 3 has more than 1 MiB; look for a quote that is not closed, or shorten it"},
		"row over 4 MiB":                {head + rows + strings.Repeat(",", 5<<20), Options{}, "f:12: a row of more than 4 MiB"},
		"quote over 4 MiB":              {head + rows + "e1,\"x\n" + strings.Repeat("e1,student\n", 1<<19), Options{}, "f:12: role: a row of more than 4 MiB follows the quote that is opened on this line; close it"},
		"quote over 4 MiB, on one line": {head + rows + "e1,\"x" + strings.Repeat(",", 5<<20), Options{}, "f:12: role: a row of more than 4 MiB follows the quote that is opened on this line; close it"},

		"lone CRs":        {"sourcedId,role\re1,student\r", Options{}, "f:1: ends its lines with a lone carriage return; allowed are LF and CRLF; save it with the line ends of Windows or Unix"},
		"lone CRs, large": {"sourcedId,role\r" + strings.Repeat("e1,student\r", 1<<19), Options{}, "f:1: ends its lines with a lone carriage return; allowed are LF and CRLF; save it with the line ends of Windows or Unix"},

		"semicolons":            {"sourcedId;role\ne1;student\n", Options{}, "f:1: separates its columns with semicolons; use --delimiter ';'"},
		"semicolons and quotes": {"\"sourcedId\";\"ro,le\"\ne1;student\n", Options{}, "f:1: separates its columns with semicolons; use --delimiter ';'"},
		"tabs":                  {"sourcedId\trole\ne1\tstudent\n", Options{}, "f:1: separates its columns with tabs; use --delimiter tab"},
		"pipes":                 {"sourcedId|role|a,b\ne1|student\n", Options{}, "f:1: separates its columns with pipes; use --delimiter '|'"},
		"commas":                {head + rows, Options{Delimiter: ';'}, "f:1: separates its columns with commas; use --delimiter ','"},

		"carets": {"sourcedId^role\ne1^student\n", Options{}, "f:1: separates its columns with carets; use --delimiter '^'"},
		"tildes": {"sourcedId~role\ne1~student\n", Options{}, "f:1: separates its columns with tildes; use --delimiter '~'"},

		"a title of one word":       {"Enrollments\n" + head + rows, Options{}, `f:1: "Enrollments" is a title; the header seems to be line 2; take out what stands above it`},
		"a title with a comma":      {"North School, Springfield\nsourcedId,status,role,primary\ne1,active,student,true\n", Options{}, `f:1: "North School Springfield" is a title; the header seems to be line 2; take out what stands above it`},
		"titles of names":           {"Report:,Enrollments\nSchool:,North\nDate:,08/01/2026\n\nsourcedId,status,role,primary\ne1,active,student,true\n", Options{}, `f:1: "Report: Enrollments" is a title; the header seems to be line 5; take out what stands above it`},
		"a title above semicolons":  {"Class List 2026/27\nsourcedId;role\ne1;student\n", Options{}, `f:1: "Class List 2026/27" is a title; the header seems to be line 2, which separates its columns with semicolons; use --delimiter ';'`},
		"no header, dates of a day": {"9000,A,8/1/2026\n9001,A,8/2/2026\n", Options{}, `f:1: the first row holds data ("8/1/2026"), and no column names; put a header above it, such as sourcedId,status,classSourcedId, or remove what stands above the header`},

		"sep= and commas":  {"sep=;\nsourcedId,role\ne1,student\n", Options{}, "f:2: separates its columns with commas; use --delimiter ','"},
		"lines of a title": {"Fall 2026\nexported,2026-08-15\nsourcedId,role\n", Options{}, `f:2: the first row holds data ("2026-08-15"), and no column names; put a header above it, such as sourcedId,status,classSourcedId, or remove what stands above the header`},
		"duplicate header": {"sourcedId,role, role\ne1,x,y\n", Options{}, "f:1: role: names both column 2 and column 3; rename or remove one of them"},
		"no header":        {"e1,active,2026-08-15T00:00:00Z\ne2,active,2026-08-15\n", Options{}, `f:1: the first row holds data ("2026-08-15T00:00:00Z"), and no column names; put a header above it, such as sourcedId,status,classSourcedId, or remove what stands above the header`},
		"too many columns": {strings.Repeat("a,", 10_000) + "b\n", Options{}, "f:1: has 10001 columns; 10000 are allowed"},
		"a login page":     {"\n <!DOCTYPE html>\n<html>", Options{}, "f:2: is a web page or XML, not CSV; look at it in an editor: a download may have answered with a login page"},
		"bzip2":            {"BZh91AY&SY\x00", Options{}, "f: is or holds a bzip2 file where CSV should be; allowed are .csv, .csv.gz and OneRoster .zip; unpack it first"},
		"xz":               {"\xfd7zXZ\x00", Options{}, "f: is or holds an xz file where CSV should be; allowed are .csv, .csv.gz and OneRoster .zip; unpack it first"},
		"7-zip":            {"7z\xbc\xaf\x27\x1c\x00", Options{}, "f: is or holds a 7-zip archive where CSV should be; allowed are .csv, .csv.gz and OneRoster .zip; unpack it first"},
		"an old workbook":  {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Options{}, "f: is a spreadsheet workbook; allowed are .csv, .csv.gz and OneRoster .zip; save it as CSV UTF-8"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := refused(t, store(t, "f.csv", tt.content), tt.options); got != tt.want {
				t.Errorf("got  %.500s\nwant %s", got, tt.want)
			}
		})
	}
}

// A file at either limit is still read.
func TestLimitsAreAllowed(t *testing.T) {
	cell := strings.Repeat("x", maxCell)
	got, err := read(t, store(t, "f.csv", "a,b,c\n"+cell+",\""+cell+"\",\n"), Options{})
	if err != nil || len(got.Rows) != 1 || got.Rows[0].Cells[1] != cell {
		t.Errorf("%d rows, %v", len(got.Rows), err)
	}
}

// An unclosed quote must not pull the rest of a large file into memory.
func TestUnclosedQuoteMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.csv")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	block := []byte(strings.Repeat("e1,student\n", 100_000))
	if _, err := out.WriteString("sourcedId,role\n\"e1,student\n"); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := out.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := refused(t, path, Options{})
	runtime.ReadMemStats(&after)
	if want := "f:2: sourcedId: a row of more than 4 MiB follows"; !strings.HasPrefix(got, want) {
		t.Errorf("got %s, want %s…", got, want)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 192<<20 {
		t.Errorf("took %d MiB of memory, one allocation on another, for a file of 110 MB", used>>20)
	}
}

func TestOpenRefusals(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.csv")
	tests := map[string]struct{ path, want string }{
		"missing":     {missing, "f: cannot be opened: no such file or directory"},
		"a directory": {dir, "f: is not a regular file; name a .csv, a .csv.gz or a OneRoster .zip, or feed it to standard input as -"},
		"text as zip": {store(t, "f.ZIP", "sourcedId\ne1\n"), "f: is named .zip and does not hold that; copy it again, or name it .csv if it is plain text"},
		"text as gz":  {store(t, "f.csv.gz", "sourcedId\ne1\n"), "f: is named .gz and does not hold that; copy it again, or name it .csv if it is plain text"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := refused(t, tt.path, Options{}); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestOptionsValidate(t *testing.T) {
	for _, o := range []Options{{}, {Encoding: "latin1", Delimiter: '\t'}, {Delimiter: '§'}} {
		if err := o.Validate(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, o := range []Options{{Encoding: "latin-99"}, {Encoding: "replacement"}, {Delimiter: '"'}, {Delimiter: '\n'}, {Delimiter: 'a'}, {Delimiter: 0xfffd}, {Delimiter: -1}} {
		if err := o.Validate(); err == nil {
			t.Errorf("%+v is taken", o)
		}
		if _, err := Open("never.csv", o); err == nil || errors.As(err, new(*Error)) {
			t.Errorf("%+v: Open: %v, want the error of Validate", o, err)
		}
	}
}

// A file that is still being copied has an end that means nothing.
func TestChangedWhileRead(t *testing.T) {
	path := store(t, "f.csv", "sourcedId\ne1\n")
	f, err := Open(path, Options{Name: "f"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.Rows()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rows.Next(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("sourcedId\ne1\ne2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := "f: changed while it was being read; wait until it has been copied whole"
	if _, err := rows.Next(); err == io.EOF || err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
