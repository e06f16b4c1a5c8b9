package source

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// FuzzRead holds for any bytes at all: nothing panics, the rows agree with those
// a bare csv.Reader finds, lines go up, and rows written out again read the same.
// The text it starts from is in testdata.
func FuzzRead(f *testing.F) {
	f.Add([]byte(squeeze(f, export)), "", ',')
	f.Add([]byte(pack(f, member{name: "enrollments.csv", content: export})), "utf-8", ',')
	f.Fuzz(func(t *testing.T, content []byte, encoding string, delimiter rune) {
		o := Options{Encoding: encoding, Delimiter: delimiter}
		if o.Validate() != nil {
			t.Skip()
		}
		path := filepath.Join(t.TempDir(), "f.csv")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := read(t, path, o)
		if err != nil && !errors.As(err, new(*Error)) {
			t.Fatalf("an error of no type: %v", err)
		}
		line, whole := 0, [][]string(nil)
		for _, row := range got.Rows {
			if row.Line <= line {
				t.Fatalf("line %d after line %d", row.Line, line)
			}
			line = row.Line
			switch {
			case row.Ragged == "" && len(row.Cells) != len(got.Header):
				t.Fatalf("line %d: %d cells in step with %d columns", line, len(row.Cells), len(got.Header))
			case row.Ragged == "":
				whole = append(whole, row.Cells)
			case len(row.Cells) == 0:
				t.Fatalf("line %d: a ragged row of no cells", line)
			}
		}
		if err == nil && encoding == "" && len(content) > 1 && content[0] < 0xfe && content[0] != 0x1f && string(content[:2]) != "PK" {
			if want := bareRows(content, delimiter, got.Header); !slices.EqualFunc(whole, want, sameCells) {
				t.Fatalf("rows %q, encoding/csv has %q", whole, want)
			}
		}
		if len(whole) > 0 {
			again, err := read(t, rewritten(t, whole), Options{})
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range again.Rows {
				if !slices.Equal(row.Cells, whole[i]) {
					t.Fatalf("cells %q, written and read again %q", whole[i], row.Cells)
				}
			}
		}
	})
}

// bareRows are the rows that fit the header, without blank cells behind it, and do
// not repeat it, by encoding/csv alone.
func bareRows(content []byte, delimiter rune, columns []string) (rows [][]string) {
	text := strings.TrimRight(strings.TrimPrefix(string(content), "\ufeff"), "\x1a")
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	if delimiter != 0 {
		r.Comma = delimiter
	}
	for header := true; ; {
		cells, err := r.Read()
		if err == io.EOF {
			return rows
		}
		if blankCells(cells) {
			continue
		}
		if n := len(columns); len(cells) > n && blankCells(cells[n:]) {
			cells = cells[:n]
		}
		if err == nil && !header && len(cells) == len(columns) && !slices.Equal(cells, columns) {
			rows = append(rows, cells)
		}
		header = false
	}
}

// sameCells compares cells but for the \r in front of a \n, one of which
// encoding/csv loses.
func sameCells(got, bare []string) bool {
	return slices.EqualFunc(got, bare, func(a, b string) bool {
		return strings.ReplaceAll(a, "\r\n", "\n") == b
	})
}

// rewritten is a file of rows under a header of its own.
func rewritten(t *testing.T, rows [][]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	var header []string
	for i := range rows[0] {
		header = append(header, fmt.Sprintf("c%d", i))
	}
	if err := w.WriteAll(append([][]string{header}, rows...)); err != nil {
		t.Fatal(err)
	}
	return store(t, "again.csv", b.String())
}
