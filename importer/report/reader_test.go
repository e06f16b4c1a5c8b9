package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// text is a report in memory.
type text struct{ *bytes.Reader }

func (text) Close() error { return nil }

// readAll reads a report to its end.
func readAll(s string) (lines []Line, r *Reader, err error) {
	if r, err = newReader(text{bytes.NewReader([]byte(s))}, "x.report.csv"); err != nil {
		return nil, nil, err
	}
	for {
		l, err := r.Next()
		if err == io.EOF {
			return lines, r, nil
		}
		if err != nil {
			return lines, r, err
		}
		lines = append(lines, l)
	}
}

func someLines() []Line {
	return []Line{
		{Line: 2, Outcome: Updated, HTTPStatus: 200, Attempts: 1, Cells: []string{"enr-1", "student", "2027-06-10"}},
		{Line: 3, Outcome: Failed, HTTPStatus: 404, Attempts: 2, Message: `no "such"`, Cells: []string{"enr-2", "a\n4,updated,200,1\n5,updated\nb", "2027-06-11"}},
		{Line: 7, Outcome: Invalid, Message: "2 cells", Cells: []string{"enr-3", "x"}},
		{Line: 8, Outcome: Unknown, Attempts: 6, Cells: []string{"enr-4", "", "2027-06-12"}},
	}
}

var someHeader = []string{"sourcedId", "role", "endDate"}

// A kill leaves any number of bytes of the last write: whole lines count, and
// nothing of the torn one does.
func TestATornLastLineIsDropped(t *testing.T) {
	lines := someLines()
	whole := written(t, someHeader, false, lines...)
	ends := []int{len(written(t, someHeader, false))}
	for i := range lines {
		ends = append(ends, len(written(t, someHeader, false, lines[:i+1]...)))
	}
	for cut := range len(whole) + 1 {
		got, r, err := readAll(whole[:cut])
		if cut < ends[0] {
			if e := new(Error); !errors.As(err, &e) {
				t.Fatalf("cut at byte %d, in the header: %v", cut, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at byte %d: %v", cut, err)
		}
		at, clean := slices.BinarySearch(ends, cut)
		want, torn := lines[:at], 0
		if !clean {
			want, torn = lines[:at-1], 1
		}
		if diff := cmp.Diff(want, append([]Line{}, got...)); diff != "" || r.Torn() != torn {
			t.Fatalf("cut at byte %d: %d torn, want %d (-want +got):\n%s", cut, r.Torn(), torn, diff)
		}
	}
}

// What was appended behind a torn line is read; of the torn line nothing is,
// unless it was cut in its last cell: then it cannot be told from a whole one.
func TestATornLineInsideTheFileIsDropped(t *testing.T) {
	header := len(written(t, someHeader, false))
	more := []Line{
		{Line: 20, Outcome: Updated, Attempts: 1, Cells: []string{"enr-20", "student", "2027-06-10"}},
		{Line: 21, Outcome: Failed, Attempts: 1, Message: "a, b", Cells: []string{"enr-21", "x\ny", "2027-06-10"}},
	}
	tail := written(t, someHeader, false, more...)[header:]
	for _, line := range someLines() {
		first := written(t, someHeader, false, line)
		end := strings.LastIndex(first, ",")
		if line.Outcome == Invalid {
			end = strings.Index(first, "enr-") - 1 // it may lack source cells
		}
		for cut := header + 1; cut <= end; cut++ {
			got, r, err := readAll(first[:cut] + "\n" + tail)
			if diff := cmp.Diff(more, got); err != nil || diff != "" || r.Torn() != 1 {
				t.Fatalf("torn behind %q: %d torn, %v (-want +got):\n%s", first[header:cut], r.Torn(), err, diff)
			}
		}
	}
}

func TestTornLinesAreCounted(t *testing.T) {
	whole := written(t, someHeader, false, someLines()[0])
	line := strings.SplitAfter(whole, "\n")[1]
	got, r, err := readAll(whole + "3,fai\n4,\n" + line + "\"\n" + line + "5,failed")
	if err != nil || len(got) != 3 || r.Torn() != 3 {
		t.Errorf("%d lines, %d torn, %v; want 3 and 3", len(got), r.Torn(), err)
	}
}

func TestBlocksThatNeverReachedTheDisk(t *testing.T) {
	whole := written(t, someHeader, false, someLines()...)
	got, r, err := readAll(whole + strings.Repeat("\x00", 8192))
	if err != nil || len(got) != 4 || r.Torn() != 1 {
		t.Errorf("%d lines, %d torn, %v", len(got), r.Torn(), err)
	}
	more := strings.SplitAfter(whole, "\n")[1]
	hole := strings.Index(more, "200") // in the middle of a line that has all its cells
	got, r, err = readAll(whole + more[:hole] + strings.Repeat("\x00", 3) + more[hole+3:] + more)
	if err != nil || len(got) != 5 || r.Torn() != 1 {
		t.Errorf("a hole in a line: %d lines, %d torn, %v", len(got), r.Torn(), err)
	}
	got, r, err = readAll(whole + strings.Repeat("\x00", 4096) + "\n" + more)
	if err != nil || len(got) != 5 || r.Torn() != 1 {
		t.Errorf("%d lines, %d torn, %v", len(got), r.Torn(), err)
	}
}

func TestASpreadsheetSavedIt(t *testing.T) {
	want := []Line{
		{Line: 2, Outcome: Failed, HTTPStatus: 404, Attempts: 1, Message: "no, none", Cells: []string{"enr-1", "student", ""}},
		{Line: 3, Outcome: Unsent, Cells: []string{"enr-2", "a\r\nb", "2027-06-10"}},
	}
	const plain = "result.line,result.outcome,result.httpStatus,result.attempts,result.message,sourcedId,role,endDate\n" +
		"2,failed,404,1,\"no, none\",enr-1,student,\n" +
		"3,unsent,,0,,enr-2,\"a\r\nb\",2027-06-10\n"
	const allQuoted = "\"result.line\",\"result.outcome\",\"result.httpStatus\",\"result.attempts\",\"result.message\",\"sourcedId\",\"role\",\"endDate\"\n" +
		"\"2\",\"failed\",\"404\",\"1\",\"no, none\",\"enr-1\",\"student\",\"\"\n\"3\",\"unsent\",\"\",\"0\",\"\",\"enr-2\",\"a\r\nb\",\"2027-06-10\"\n"
	crlf := func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\x01"), "\n", "\r\n"), "\x01", "\r\n")
	}
	for name, s := range map[string]string{
		"as it was":                           plain,
		"byte order mark":                     "\ufeff" + plain,
		"CRLF":                                crlf(plain),
		"CRLF and no final line end":          strings.TrimSuffix(crlf(plain), "\r\n"),
		"byte order mark and no final end":    "\ufeff" + strings.TrimSuffix(plain, "\n"),
		"semicolons":                          strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(plain, ", ", "\x01"), ",", ";"), "\x01", ", "),
		"tabs":                                strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(plain, ", ", "\x01"), ",", "\t"), "\x01", ", "),
		"the empty cells at the end left out": strings.Replace(crlf(plain), "student,\r", "student\r", 1),
		"blank lines":                         strings.ReplaceAll(crlf(plain), "\r\n3", "\r\n,,,,,,,\r\n\r\n3") + "\r\n,,,,,,,\r\n\x1a",
		"outcomes typed by hand":              strings.NewReplacer("failed", " Failed ", "3,unsent", " 3 ,").Replace(plain),
		"padded names":                        strings.Replace(plain, "result.outcome", " result.outcome ", 1),
		"columns in another order": "sourcedId,result.outcome,role,result.line,endDate,result.httpStatus,result.message,result.attempts\n" +
			"enr-1,failed,student,2,,404,\"no, none\",1\nenr-2,unsent,\"a\r\nb\",3,2027-06-10,,,0\n",
		"every cell quoted":          allQuoted,
		"every cell quoted and CRLF": crlf(allQuoted),
		"empty cells put at the end": strings.NewReplacer("06-10\r", "06-10,,,\r", "student,\r", "student,,,,\r").Replace(crlf(plain)),
		"columns in another order and no final line end": "sourcedId,role,endDate,result.line,result.outcome,result.httpStatus,result.attempts,result.message\n" +
			"enr-1,student,,2,failed,404,1,\"no, none\"\nenr-2,\"a\r\nb\",2027-06-10,3,unsent,,,",
		"columns of a later version": strings.NewReplacer("sourcedId", "result.mood,sourcedId", "enr-", "fair,enr-").Replace(plain),
		"numbers made unreadable":    strings.Replace(plain, "3,unsent,,0", "3,unsent,n/a,#VALUE!", 1),
	} {
		t.Run(name, func(t *testing.T) {
			got, r, err := readAll(s)
			if diff := cmp.Diff(want, got); err != nil || diff != "" || r.Torn() != 0 {
				t.Fatalf("%d torn, %v (-want +got):\n%s", r.Torn(), err, diff)
			}
			if diff := cmp.Diff(someHeader, r.Header()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOnlyTheLineAndTheOutcomeAreNeeded(t *testing.T) {
	got, _, err := readAll("sourcedId,result.line,result.outcome\nenr-1,2,invalid\n")
	if diff := cmp.Diff([]Line{{Line: 2, Outcome: Invalid, Cells: []string{"enr-1"}}}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestRefusals(t *testing.T) {
	const header = "result.line,result.outcome,sourcedId\n"
	for _, test := range []struct{ name, in, want string }{
		{"empty", "", "x.report.csv: the file is empty, and a report has at least a header; start again with import"},
		{"a source", "sourcedId,role\nenr-1,student\n", "x.report.csv: this is not a report: its first line has no column result.line; name a file that import, plan, apply, rerun or undo wrote"},
		{"cut in the header", "result.line,result.out", "x.report.csv: the file ends inside its header, so no row was recorded; start again with import --force"},
		{"no outcome", "result.line,sourcedId\n2,enr-1\n", "x.report.csv: there is no column result.outcome; open the report as it was written"},
		{"a column twice", "result.line,result.outcome,result.line\n", "x.report.csv:1: result.line: the column is there twice; delete one of them"},
		{"UTF-16", "\xff\xfer\x00e\x00", "x.report.csv: the file is UTF-16, and a report is UTF-8; save it from the spreadsheet as “CSV UTF-8”"},
		{"windows-1252", header + "2,updated,enr-1\n3,failed,Jos\xe9\n4,updated,enr-3\n", "x.report.csv:3: the line is not UTF-8, so a spreadsheet saved it in another encoding; save the report as “CSV UTF-8”"},
		{"a line that is no number", header + "2,updated,enr-1\n\"3\n\",failed,enr-2\n1.2E+05,updated,enr-3\n", `x.report.csv:5: result.line: "1.2E+05" is not the number of a line in the source; put the number back, or delete the row from the report: rerun reads it from the source`},
		{"line nought", header + "0,updated,enr-1\n", `x.report.csv:2: result.line: "0" is not the number of a line in the source; put the number back, or delete the row from the report: rerun reads it from the source`},
		{"an outcome that is none", header + "2,done,enr-1\n", `x.report.csv:2: result.outcome: "done" is not an outcome; allowed: updated, unchanged, planned, unsent, invalid, missing, conflict, failed, unknown; clear the cell to have the row sent again`},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines, r, err := readAll(test.in)
			if e := new(Error); !errors.As(err, &e) || err.Error() != test.want {
				t.Fatalf("got  %v\nwant %s", err, test.want)
			}
			if before := strings.Count(test.in, "updated,enr-1"); r != nil && test.name != "line nought" && len(lines) < before {
				t.Errorf("%d lines came before the error, want %d or more", len(lines), before)
			}
			if r != nil {
				if _, again := r.Next(); again == nil || again.Error() != err.Error() {
					t.Errorf("the next call returns %v", again)
				}
			}
		})
	}
}

// An open quote in the first line must not cost the lines behind it, nor time
// that grows with their square.
func TestAnOpenQuoteDoesNotSwallowTheFile(t *testing.T) {
	var b strings.Builder
	b.WriteString("result.line,result.outcome,sourcedId\n2,failed,\"enr")
	for i := range 20_000 {
		fmt.Fprintf(&b, "\n%d,updated,enr-%d", i+3, i+3)
	}
	b.WriteString("\n")
	lines, r, err := readAll(b.String())
	if err != nil || len(lines) != 20_000 || r.Torn() != 1 {
		t.Errorf("%d lines, %d torn, %v", len(lines), r.Torn(), err)
	}
}

func TestAtIsSafeForConcurrentUse(t *testing.T) {
	lines := slices.Repeat(someLines(), 100)
	_, first, err := readAll(written(t, someHeader, false))
	if err != nil {
		t.Fatal(err)
	}
	r, err := newReader(text{bytes.NewReader([]byte(written(t, someHeader, false, lines...)))}, "x.report.csv")
	if err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 100 {
				if l, err := r.At(first.layout.start); err != nil || l[0].Line != 2 {
					t.Errorf("At: %v, %v", l, err)
				}
			}
		})
	}
	for range lines {
		if _, err := r.Next(); err != nil {
			t.Error(err)
		}
	}
	readers.Wait()
}

func FuzzReader(f *testing.F) {
	f.Add(written(f, someHeader, false, someLines()...))
	f.Add(written(f, someHeader, true, someLines()...))
	f.Fuzz(func(t *testing.T, s string) {
		lines, r, err := readAll(s)
		if r == nil {
			if e := new(Error); !errors.As(err, &e) {
				t.Fatalf("refused with %v, which is no *Error", err)
			}
			return
		}
		// Each line is found again where it was.
		again, _ := newReader(text{bytes.NewReader([]byte(s))}, "x.report.csv")
		last := int64(-1)
		for _, want := range lines {
			if _, err := again.Next(); err != nil {
				t.Fatal(err)
			}
			if again.Offset() <= last {
				t.Fatalf("offset %d after %d", again.Offset(), last)
			}
			last = again.Offset()
			got, err := again.At(last)
			if diff := cmp.Diff([]Line{want}, got); err != nil || diff != "" {
				t.Fatalf("At(%d): %v\n%s", last, err, diff)
			}
		}
		// What is written of them reads back: the cells at once, our own columns
		// once they have been through safe.
		for _, l := range lines {
			if slices.ContainsFunc(l.Cells, func(c string) bool { return !strings.Contains(s, strings.ReplaceAll(c, `"`, `""`)) }) {
				t.Fatalf("%q holds a cell that the file does not", l.Cells)
			}
		}
		once, r2, err := readAll(written(t, r.Header(), true, lines...))
		if err != nil || r2.Torn() != 0 || len(once) != len(lines) {
			t.Fatalf("written again: %v, %d torn, %d of %d lines", err, r2.Torn(), len(once), len(lines))
		}
		for i := range once {
			if !slices.Equal(once[i].Cells, lines[i].Cells) || once[i].Line != lines[i].Line || once[i].Outcome != lines[i].Outcome {
				t.Fatalf("written %+v\nread    %+v", lines[i], once[i])
			}
		}
		twice, _, err := readAll(written(t, r.Header(), true, once...))
		if diff := cmp.Diff(once, twice); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}
