package importer_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"rosterpatch/importer"
	"rosterpatch/importer/sandbox"
)

// A file that is refused sends nothing, not even for a token, and leaves nothing
// behind; perform checks that.
func TestFilesThatAreRefused(t *testing.T) {
	const head = "sourcedId,status\n"
	deleted := func(n int) string { return head + strings.Repeat("e,tobedeleted\n", n) }
	tests := []struct {
		name   string
		file   string // its name
		source string
		words  []string
	}{
		{"empty", "rows.csv", "", []string{"rows.csv", "empty"}},
		{"a header only", "rows.csv", head, []string{"rows.csv", "no rows"}},
		{"a header and blank lines", "rows.csv", head + "\n,\n", []string{"rows.csv", "no rows"}},
		{"most rows tobedeleted", "rows.csv", deleted(60), []string{"60 of 60 rows (100%)", "tobedeleted", "20%", "line 2 (e)", "--max-tobedeleted 60"}},
		{"many mangled ids", "rows.csv", head + strings.Repeat("1.2E+15,active\n", 11) + strings.Repeat("e,active\n", 40), []string{"11 of 51 rows (21.6%)", "invalid", "1.2E+15", "--max-invalid 11"}},
		{"Windows-1252", "rows.csv", head + "e1,active\nZo\xeb,active\n", []string{"rows.csv:3", "UTF-8", "--encoding windows-1252"}},
		{"a duplicate header", "rows.csv", "sourcedId,role,role\ne1,student,student\n", []string{"rows.csv:1", "role", "column 2", "column 3"}},
		{"a header close to a field", "rows.csv", "sourcedId,enddate\ne1,2027-06-10\n", []string{"enddate", "endDate"}},
		{"a header close to another", "rows.csv", "sourcedId,User SourcedId\ne1,u1\n", []string{"User SourcedId", "userSourcedId"}},
		{"no sourcedId", "rows.csv", "SourcedID,role\ne1,student\n", []string{"SourcedID", "sourcedId"}},
		{"unknown goals", "rows.csv", "sourcedId,metadata.goals.dailyXP\ne1,1\n", []string{"dailyXP", "dailyXp"}},
		{"half uploaded", "rows.csv", "sourcedId,status,role\ne1,active,student\ne2,acti", []string{"rows.csv:3", "cut"}},
		{"a gzip that is cut", "rows.csv.gz", zipped(head + strings.Repeat("e1,active\n", 1000))[:40], []string{"rows.csv.gz"}},
		{"a zip that is cut", "rows.zip", archive(t, member{name: "enrollments.csv", text: head + "e1,active\n"})[:60], []string{"rows.zip"}},
		{"an unclosed quote", "rows.csv", head + "e1,active\n\"e2,active\ne3,active\n", []string{"rows.csv:3", "sourcedId", "quote"}},
		{"zip-slip", "rows.zip", archive(t, member{name: "../../enrollments.csv", text: head + "e1,active\n"}), []string{"rows.zip", "../../enrollments.csv"}},
		{"zip-slip beside the rows", "rows.zip", archive(t, member{name: "enrollments.csv", text: head + "e1,active\n"}, member{name: "/etc/cron.d/x", text: "x"}), []string{"rows.zip", "/etc/cron.d/x"}},
		{"a symlink", "rows.zip", archive(t, member{name: "enrollments.csv", text: "/etc/passwd", mode: fs.ModeSymlink | 0o777}), []string{"rows.zip", "enrollments.csv"}},
		{"a zip bomb", "rows.zip", archive(t, member{name: "enrollments.csv", text: head + strings.Repeat("e1,"+strings.Repeat("x", 1<<16)+"\n", 500)}), []string{"rows.zip", "unpacks to more than 200 times its size"}},
		{"no enrollments in it", "rows.zip", archive(t, member{name: "users.csv", text: "sourcedId\nu1\n"}), []string{"rows.zip", "users.csv"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, "", sandbox.Options{})
			os.Remove(n.path("rows.csv"))
			n.options.Sources = []string{n.put(tt.file, tt.source)}
			outside := listing(t, filepath.Dir(n.dir))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			m := n.run()
			runtime.ReadMemStats(&after)
			ended[*importer.RefusedError](m, tt.words...)
			if now := listing(t, filepath.Dir(n.dir)); now != outside {
				t.Errorf("outside of the directory: %s, was %s", now, outside)
			}
			if held := int64(after.HeapInuse) - int64(before.HeapInuse); held > 64<<20 {
				t.Errorf("holds %d MiB more than before", held>>20)
			}
		})
	}
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(entries)
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

// member is a file in a zip.
type member struct {
	name, text string
	mode       fs.FileMode
}

func archive(t *testing.T, members ...member) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
		if m.mode != 0 {
			h.SetMode(m.mode)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(m.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
