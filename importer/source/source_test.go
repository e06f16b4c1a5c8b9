package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/encoding/unicode"
)

// store puts content into a file called name and returns its path.
func store(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// pass is all that one reading of a file gives.
type pass struct {
	Header   []string
	Rows     []Row
	Skipped  int
	Warnings []string
}

// read takes one whole pass over the file at path.
func read(t testing.TB, path string, o Options) (pass, error) {
	t.Helper()
	f, err := Open(path, o)
	if err != nil {
		return pass{}, err
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	rows, err := f.Rows()
	if err != nil {
		return pass{}, err
	}
	p := pass{Header: rows.Header, Warnings: f.Warnings()}
	for {
		row, err := rows.Next()
		if err != nil {
			if _, again := rows.Next(); again != err {
				t.Errorf("Next after the end: %v, want %v again", again, err)
			}
			p.Skipped = rows.Skipped()
			if err == io.EOF {
				err = nil
			}
			return p, errors.Join(err, rows.Close())
		}
		p.Rows = append(p.Rows, row)
	}
}

// utf16 encodes text with a byte-order mark.
func utf16(t testing.TB, endian unicode.Endianness, bom unicode.BOMPolicy, text string) string {
	t.Helper()
	s, err := unicode.UTF16(endian, bom).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRows(t *testing.T) {
	const bareQuote = `a quote inside a cell that is not quoted; a cell that holds quotes is quoted whole, and they are doubled: "5"" desk"`
	const afterQuote = `text after the closing quote of a cell; a cell that holds quotes is quoted whole, and they are doubled: "5"" desk"`
	ids := func(lines ...int) (rows []Row) {
		for i, line := range lines {
			rows = append(rows, Row{Line: line, Cells: []string{fmt.Sprintf("e%d", i+1), "student"}})
		}
		return rows
	}
	tests := map[string]struct {
		content string
		options Options
		header  []string // {"sourcedId", "role"} unless said otherwise
		rows    []Row
		skipped int
	}{
		"plain":                  {content: "sourcedId,role\ne1,student\ne2,student\n", rows: ids(2, 3)},
		"BOM":                    {content: "\ufeffsourcedId,role\ne1,student\n", rows: ids(2)},
		"BOM and quoted header":  {content: "\ufeff\"sourcedId\",\"role\"\ne1,student\n", rows: ids(2)},
		"BOM, CRLF, no last end": {content: "\ufeffsourcedId,role\r\ne1,student\r\ne2,student", rows: ids(2, 3)},
		"all quoted":             {content: "sourcedId,role\n\"e1\",\"student\"\n", rows: ids(2)},
		"cut inside CRLF":        {content: "sourcedId,role\r\ne1,student\r", rows: ids(2)},
		"padded": {
			content: " sourcedId ,\trole\n e1 , student\n",
			header:  []string{" sourcedId ", "\trole"},
			rows:    []Row{{Line: 2, Cells: []string{" e1 ", " student"}}},
		},
		"lines out of step": {
			content: "\n\nsourcedId,role\n\n \ne1,student\n,,,\n\ne2,student\n\x1a",
			rows:    ids(6, 9),
			skipped: 7,
		},
		"rows of nothing": {
			content: ",,,\nsourcedId,role\n,\n\"\",\" \"\ne1,student\n,,,,\n\u00a0,",
			rows:    ids(5),
			skipped: 5,
		},
		"Ctrl-Z behind the last cell":   {content: "sourcedId,role\ne1,student\x1a\x1a", rows: ids(2), skipped: 1},
		"Ctrl-Z and a line end":         {content: "sourcedId,role\ne1,student\r\n\x1a\r\n", rows: ids(2), skipped: 1},
		"UTF-16LE":                      {content: utf16(t, unicode.LittleEndian, unicode.UseBOM, "sourcedId,role\r\ne1,student\r\n"), rows: ids(2)},
		"UTF-16BE":                      {content: utf16(t, unicode.BigEndian, unicode.UseBOM, "sourcedId,role\r\ne1,student\r\n"), rows: ids(2)},
		"UTF-16LE by name, without BOM": {content: utf16(t, unicode.LittleEndian, unicode.IgnoreBOM, "sourcedId,role\ne1,student"), options: Options{Encoding: "UTF-16LE"}, rows: ids(2)},
		"windows-1252": {
			content: "sourcedId,role\nZo\xeb,\x80\n",
			options: Options{Encoding: "windows-1252"},
			rows:    []Row{{Line: 2, Cells: []string{"Zoë", "€"}}},
		},
		"windows-1252 after what could be UTF-8": {
			content: "sourcedId,role\n\xc3\xa9,\xe9\n",
			options: Options{Encoding: "windows-1252"},
			rows:    []Row{{Line: 2, Cells: []string{"Ã©", "é"}}},
		},
		"ASCII by the name of an encoding": {content: "sourcedId,role\ne1,student\n", options: Options{Encoding: "windows-1252"}, rows: ids(2)},
		"delimiter": {
			content: "sourcedId;role\n\"e;1\";a,b\n",
			options: Options{Delimiter: ';'},
			rows:    []Row{{Line: 2, Cells: []string{"e;1", "a,b"}}},
		},
		"tabs": {
			content: "sourcedId\trole\ne1\tstudent\n\t\n",
			options: Options{Delimiter: '\t'},
			rows:    ids(2),
			skipped: 1,
		},
		"sep= of a spreadsheet":        {content: "\ufeffsep=;\r\nsourcedId;role\r\ne1;student\r\n", rows: ids(3)},
		"sep= in quotes":               {content: "\"sep=,\"\nsourcedId,role\ne1,student\n", rows: ids(3)},
		"sep= tab":                     {content: "SEP=\t\nsourcedId\trole\ne1\tstudent\n", rows: ids(3)},
		"delimiters behind the header": {content: "sourcedId,role,,\ne1,student\n", rows: ids(2)},
		"delimiters behind some rows": {
			content: "sourcedId,role\ne1,student,\ne2,student\n",
			rows: []Row{
				{Line: 2, Cells: []string{"e1", "student"}},
				{Line: 3, Cells: []string{"e2", "student"}},
			},
		},
		"spaces in front of quotes": {
			content: "sourcedId,role\ne1, \"student\"\n",
			rows:    []Row{{Line: 2, Cells: []string{`e1, "student"`}, Ragged: `a space between , and the quote of a cell; take the space out, as in ,"active"`}},
		},
		"joined files": {
			content: "sourcedId,role\ne1,student\nsourcedId,role\n",
			rows:    append(ids(2), Row{Line: 3, Cells: []string{"sourcedId", "role"}, Ragged: "repeats the header: were several files joined into this one?"}),
		},
		"a remark at the end": {
			content: "sourcedId,role,status\ne1,student,\n\n(1 rows affected)\n",
			header:  []string{"sourcedId", "role", "status"},
			rows: []Row{
				{Line: 2, Cells: []string{"e1", "student", ""}},
				{Line: 4, Cells: []string{"(1 rows affected)"}, Ragged: "1 cell where the header has 3; is it a total or a remark, to be taken out of the file?"},
			},
			skipped: 1,
		},
		"ids as formulas": {
			content: "sourcedId,role\n=\"01\",student\n",
			rows:    []Row{{Line: 2, Cells: []string{`="01",student`}, Ragged: `a formula of a spreadsheet where its value should be; export ="0123" as 0123`}},
		},
		"one word is no title":    {content: "sourcedId\ne1,student\n", header: []string{"sourcedId"}, rows: []Row{{Line: 2, Cells: []string{"e1", "student"}, Ragged: "2 cells where the header has 1"}}},
		"one column of two words": {content: "Enrollment ID\ne1\n", header: []string{"Enrollment ID"}, rows: []Row{{Line: 2, Cells: []string{"e1"}}}},
		"line ends inside quotes": {
			content: "sourcedId,role\r\n\"e\r\n1\",\"a\nb\"\r\ne2,\"\r\n\r\n\"\"\r\n\"\r\ne3,x\r\n",
			rows: []Row{
				{Line: 2, Cells: []string{"e\r\n1", "a\nb"}},
				{Line: 5, Cells: []string{"e2", "\r\n\r\n\"\r\n"}},
				{Line: 9, Cells: []string{"e3", "x"}},
			},
		},
		"lone CR and NUL inside cells": {
			content: "sourcedId,role\ne\r1,stu\x00dent\n\"e\r2\",\"\r\"\n",
			rows:    []Row{{Line: 2, Cells: []string{"e\r1", "stu\x00dent"}}, {Line: 3, Cells: []string{"e\r2", "\r"}}},
		},
		"one column": {content: "sourcedId\ne1\n\ne2\n", header: []string{"sourcedId"}, rows: []Row{{Line: 2, Cells: []string{"e1"}}, {Line: 4, Cells: []string{"e2"}}}, skipped: 1},
		"columns of a report": {
			content: "result.line,result.outcome,sourcedId\n2,failed,e1\n",
			header:  []string{"result.line", "result.outcome", "sourcedId"},
			rows:    []Row{{Line: 2, Cells: []string{"2", "failed", "e1"}}},
		},
		"ragged": {
			content: "sourcedId,role\ne1\ne2,student,x\ne3,student\n\"e\n4\",student,x\n",
			rows: []Row{
				{Line: 2, Cells: []string{"e1"}, Ragged: "1 cell where the header has 2"},
				{Line: 3, Cells: []string{"e2", "student", "x"}, Ragged: "3 cells where the header has 2"},
				{Line: 4, Cells: []string{"e3", "student"}},
				{Line: 5, Cells: []string{"e\n4", "student", "x"}, Ragged: "3 cells where the header has 2; the row runs on to line 6: is there a quote that is not closed?"},
			},
		},
		"too many cells on the last line": {
			content: "sourcedId,role\ne1,student,x",
			rows:    []Row{{Line: 2, Cells: []string{"e1", "student", "x"}, Ragged: "3 cells where the header has 2"}},
		},
		"misquoted": {
			content: "sourcedId,role\ne1,5\" desk\r\ne0,student\r\n\"e\"2,student\r\ne3,stu\"dent\"\n\"e4\"x,\"y\ne5,student",
			rows: []Row{
				{Line: 2, Cells: []string{`e1,5" desk`}, Ragged: bareQuote},
				{Line: 3, Cells: []string{"e0", "student"}},
				{Line: 4, Cells: []string{`"e"2,student`}, Ragged: afterQuote},
				{Line: 5, Cells: []string{`e3,stu"dent"`}, Ragged: bareQuote},
				{Line: 6, Cells: []string{`"e4"x,"y`}, Ragged: afterQuote},
				{Line: 7, Cells: []string{"e5", "student"}},
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, store(t, "f.csv", tt.content), tt.options)
			if err != nil {
				t.Fatal(err)
			}
			want := pass{Header: tt.header, Rows: tt.rows, Skipped: tt.skipped}
			if want.Header == nil {
				want.Header = []string{"sourcedId", "role"}
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Row{}, "Unended")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Only the last row can lack its line end.
func TestUnended(t *testing.T) {
	for content, want := range map[string]bool{"sourcedId,role\ne1,x\ne2,y": true, "sourcedId,role\ne1,x\ne2,y\n": false, "sourcedId,role\ne1,x\ne2,y\n\x1a": false} {
		got, err := read(t, store(t, "f.csv", content), Options{})
		if err != nil || len(got.Rows) != 2 || got.Rows[0].Unended || got.Rows[1].Unended != want {
			t.Errorf("%q: %+v, %v", content, got.Rows, err)
		}
	}
}

// A row may be wider than what is set aside for one.
func TestManyColumns(t *testing.T) {
	var header, cells []string
	for i := range 300 {
		header, cells = append(header, fmt.Sprintf("c%d", i)), append(cells, fmt.Sprintf("%d", i))
	}
	got, err := read(t, store(t, "wide.csv", strings.Join(header, ",")+"\n"+strings.Join(cells, ",")+"\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pass{Header: header, Rows: []Row{{Line: 2, Cells: cells}}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Rows keep what they hold while the pass goes on.
func TestRowsAreTheCallers(t *testing.T) {
	got, err := read(t, store(t, "f.csv", sample(5000)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range got.Rows {
		if want := fmt.Sprintf("enr-%07d", i); row.Cells[0] != want || row.Line != i+2 {
			t.Fatalf("row %d: line %d, id %s; want line %d, id %s", i, row.Line, row.Cells[0], i+2, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	got, err := read(t, store(t, "f.csv", "\ufeffsourcedId,,role,\ne1,x,student,\n"), Options{Name: "standard input", Encoding: "windows-1252"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"standard input starts with the byte-order mark of utf-8: it is read so, and not as windows-1252",
		"standard input has no name for column 2: it is ignored",
		"standard input has no name for column 4: it is ignored",
	}
	if diff := cmp.Diff(want, got.Warnings); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
