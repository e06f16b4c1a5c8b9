package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"rosterpatch/importer/sandbox"
)

// exports are files as systems in the field write them. Each goes to the server
// with the mapping that rosterpatch map drafts for it.
var exports = map[string]struct {
	file  string // its name, "export.csv" unless said otherwise
	text  string
	flags []string
	edit  []string // lines of the draft that a person has to agree to begin so
	want  []string // what the server got: id and enrollment
}{
	"tables in front of the columns, and no quotes around them": {
		text: "[CC]ID,[CC]StudentID,[CC]SectionID,[CC]DateEnrolled,[CC]DateLeft\n" +
			"\"100231\",\"4011\",\"20557\",\"8/24/2026\",\"6/12/2027\"\n\"100232\",\"4012\",\"20557\",\"8/24/2026\",\"0/0/0\"\n",
		want: []string{
			`100231 {"beginDate":"2026-08-24","endDate":"2027-06-12","user":{"sourcedId":"4011"},"class":{"sourcedId":"20557"}}`,
			`100232 {"beginDate":"2026-08-24","user":{"sourcedId":"4012"},"class":{"sourcedId":"20557"}}`,
		},
	},
	"dates of a database": {
		text: "rosterID,personID,sectionID,startDate,endDate\n88001,51001,9001,2026-08-24 00:00:00.000,NULL\n88002,51002,9001,2026-08-24 00:00:00.000,2027-06-10 00:00:00.000\n",
		want: []string{
			`88001 {"beginDate":"2026-08-24","user":{"sourcedId":"51001"},"class":{"sourcedId":"9001"}}`,
			`88002 {"beginDate":"2026-08-24","endDate":"2027-06-10","user":{"sourcedId":"51002"},"class":{"sourcedId":"9001"}}`,
		},
	},
	"ids put together": {
		text: "School_id,Section_id,Student_id\n1001,S-200,STU-1\n1001,S-200,STU-2\n1001,S-201,STU-1\n",
		edit: []string{"sourcedId: 'row"},
		want: []string{
			`STU-1-S-200 {"user":{"sourcedId":"STU-1"},"class":{"sourcedId":"S-200"},"school":{"sourcedId":"1001"}}`,
			`STU-2-S-200 {"user":{"sourcedId":"STU-2"},"class":{"sourcedId":"S-200"},"school":{"sourcedId":"1001"}}`,
			`STU-1-S-201 {"user":{"sourcedId":"STU-1"},"class":{"sourcedId":"S-201"},"school":{"sourcedId":"1001"}}`,
		},
	},
	"OneRoster in bulk, all quoted, after a BOM, without a last line end": {
		text: "\ufeff\"sourcedId\",\"status\",\"dateLastModified\",\"userSourcedId\",\"role\",\"primary\"\r\n\"E-1\",\"\",\"\",\"U-1\",\"student\",\"\"\r\n\"E-2\",\"\",\"\",\"U-2\",\"teacher\",\"TRUE\"",
		want: []string{`E-1 {"role":"student","user":{"sourcedId":"U-1"}}`, `E-2 {"role":"teacher","primary":true,"user":{"sourcedId":"U-2"}}`},
	},
	"a 1.0 package": {
		file: "export.zip",
		text: zipped("enrollments.csv", "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,status,dateLastModified,primary\nE-1,C-1,S-1,U-1,student,inactive,2026-08-01,false\n"),
		edit: []string{"  inactive: tobedeleted"},
		want: []string{`E-1 {"status":"tobedeleted","role":"student","primary":false,"user":{"sourcedId":"U-1"},"class":{"sourcedId":"C-1"},"school":{"sourcedId":"S-1"}}`},
	},
	"a package with a folder, odd letter case and a manifest that is wrong": {
		file: "export.zip",
		text: zipped("Fall/Manifest.csv", "propertyName,value\nfile.enrollments,absent\n", "Fall/Enrollments.CSV", "sourcedId,status\nE-1,active\nE-2,tobedeleted\n"),
		want: []string{`E-1 {"status":"active"}`, `E-2 {"status":"tobedeleted"}`},
	},
	"semicolons and windows-1252": {
		text:  inEncoding(charmap.Windows1252, "Einschreibungs-ID;Schüler-ID;Klasse;Rolle;Ende\nE1;S1;K1;Schüler;30.06.2027\nE2;L1;K1;Lehrer;30.06.2027\n"),
		flags: []string{"--delimiter", ";", "--encoding", "windows-1252"},
		want: []string{
			`E1 {"role":"student","endDate":"2027-06-30","user":{"sourcedId":"S1"},"class":{"sourcedId":"K1"}}`,
			`E2 {"role":"teacher","endDate":"2027-06-30","user":{"sourcedId":"L1"},"class":{"sourcedId":"K1"}}`,
		},
	},
	"tabs and UTF-16, of a spreadsheet": {
		file:  "export.txt",
		text:  inEncoding(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "Identifiant inscription\tÉlève\tRôle\tDate de fin\r\nI1\tA1\télève\t30/06/2027\r\n"),
		flags: []string{"--delimiter", "tab"},
		want:  []string{`I1 {"role":"student","endDate":"2027-06-30","user":{"sourcedId":"A1"}}`},
	},
	"sep=, a title and delimiters behind the rows": {
		text: "sep=;\r\nEnrollment Export: Fall 2026\r\n\r\nsourcedId;role\r\nE1;student;\r\n",
		want: []string{`E1 {"role":"student"}`},
	},
	"codes, and times with a zone": {
		text: "EnrollmentSourcedId,UserSourcedId,EndDate,IsPrimary,RoleType\nE1,U1,2027-06-10T23:59:59-05:00,N,S\nE2,U2,2027-06-10T23:59:59.000-05:00,Y,T\n",
		want: []string{
			`E1 {"role":"student","primary":false,"endDate":"2027-06-10","user":{"sourcedId":"U1"}}`,
			`E2 {"role":"teacher","primary":true,"endDate":"2027-06-10","user":{"sourcedId":"U2"}}`,
		},
	},
	"datLastModified, a bare metadata column, a professor, 0 and 1": {
		text: "sourcedId,datLastModified,role,primary,metadata\nE1,x,professor,1,\nE2,x,student,0,\"{\"\"seat\"\":4}\"\n",
		want: []string{`E1 {"role":"teacher","primary":true}`, `E2 {"role":"student","primary":false,"metadata":{"seat":4}}`},
	},
	"days that tell which number is the month": {
		text: "sourcedId,beginDate,endDate\nE1,01/09/2026,21/07/2027\nE2,03/09/2026,20/07/2027\n",
		want: []string{`E1 {"beginDate":"2026-09-01","endDate":"2027-07-21"}`, `E2 {"beginDate":"2026-09-03","endDate":"2027-07-20"}`},
	},
	"days that do not": {
		text: "sourcedId,endDate\nE1,01/09/2026\n",
		edit: []string{"endDate: D/M/YYYY"},
		want: []string{`E1 {"endDate":"2026-09-01"}`},
	},
	"labels of a report writer": {
		text: "Enrollment: ID,Student: Person ID,Currently Enrolled?,Enrollment: Date Withdrawn\n330011,88123,Yes,\"Jun 10, 2027\"\n",
		want: []string{`330011 {"status":"active","endDate":"2027-06-10","user":{"sourcedId":"88123"}}`},
	},
	"columns of other tables beside those of the enrollment": {
		text: "Enrollment: ID,Class: ID,Person: ID,Class: Status,Class: Start Date,Enrollment: Start Date,Status\n7001,C1,U1,Closed,2026-08-24,2026-10-05,A\n7002,C1,U2,Closed,2026-08-24,2026-10-06,Active\n",
		want: []string{
			`7001 {"status":"active","beginDate":"2026-10-05","user":{"sourcedId":"U1"},"class":{"sourcedId":"C1"}}`,
			`7002 {"status":"active","beginDate":"2026-10-06","user":{"sourcedId":"U2"},"class":{"sourcedId":"C1"}}`,
		},
	},
	"short names of tables and columns, and dates of eight digits": {
		text: "STU.ID,STU.SC,SEC.SE,SEC.DE,SEC.DD\n9001,3,410,08142026,06122027\n9002,3,410,08142026,06122027\n",
		edit: []string{"sourcedId: 'row"},
		want: []string{
			`9001-410 {"beginDate":"2026-08-14","endDate":"2027-06-12","user":{"sourcedId":"9001"},"class":{"sourcedId":"410"},"school":{"sourcedId":"3"}}`,
			`9002-410 {"beginDate":"2026-08-14","endDate":"2027-06-12","user":{"sourcedId":"9002"},"class":{"sourcedId":"410"},"school":{"sourcedId":"3"}}`,
		},
	},
	"GUIDs, a number of the SIS and months in capitals": {
		text: "Enrollment GUID,Sis Number,Organization GUID,Section GUID,Enter Date,Leave Date,Role,Enroll Status\nE-1,009001,2F3A-0,6E1B-0,14-AUG-26,12-JUN-27,STU,A\n",
		want: []string{`E-1 {"status":"active","role":"student","beginDate":"2026-08-14","endDate":"2027-06-12","user":{"sourcedId":"009001"},"class":{"sourcedId":"6E1B-0"},"school":{"sourcedId":"2F3A-0"}}`},
	},
	"columns that only look like OneRoster's": {
		text: "sourcedId,userSourcedId,Status,role,school,metadata.goals.weeklyXp,metadata.room,metadata.room.no\nE1,U1,Free,student,North Middle School,5,7,7\nE2,U2,Paid,student,North Middle School,5,7,8\n",
		want: []string{
			`E1 {"role":"student","user":{"sourcedId":"U1"},"metadata":{"room":{"no":"7"}}}`,
			`E2 {"role":"student","user":{"sourcedId":"U2"},"metadata":{"room":{"no":"8"}}}`,
		},
	},
	"ids alone": {
		text: "Enrollment ID\nE1\n",
		edit: []string{"status: tobedeleted"},
		want: []string{`E1 {"status":"tobedeleted"}`},
	},
}

// A person who knows the system that wrote an export, and not this program, gets
// it through: map, check, import.
func TestExports(t *testing.T) {
	for name, x := range exports {
		t.Run(name, func(t *testing.T) {
			server := newWatched(sandbox.Options{Open: true})
			env, end := server.serve(t)
			dir := t.TempDir()
			file, mapping := filepath.Join(dir, "export.csv"), filepath.Join(dir, "mapping.yaml")
			if x.file != "" {
				file = filepath.Join(dir, x.file)
			}
			write := func(path, text string) {
				t.Helper()
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			succeed := func(args ...string) string {
				t.Helper()
				code, output := runInProcess(t, env, slices.Concat(args, x.flags)...)
				if code != exitDone {
					t.Fatalf("%s ends with %d:\n%s", args[0], code, output)
				}
				return output
			}
			write(file, x.text)
			draft := succeed("map", file)
			for _, line := range x.edit {
				if strings.Count(draft, "# "+line) != 1 {
					t.Fatalf("the draft has not one line %q to agree to:\n%s", line, draft)
				}
				draft = strings.Replace(draft, "# "+line, line, 1)
			}
			write(mapping, draft)
			succeed("check", file, "--mapping", mapping, "--max-tobedeleted", "100%")
			succeed("import", file, "--mapping", mapping, "--workers", "1", "--progress", "none")
			end()
			var got []string
			for _, q := range server.since(0) {
				if q.Method == "PATCH" {
					body := strings.TrimSuffix(strings.TrimPrefix(string(q.Body), `{"enrollment":`), "}")
					got = append(got, q.SourcedID+" "+body)
				}
			}
			if diff := cmp.Diff(x.want, got); diff != "" {
				t.Errorf("-want +got:\n%s\nof the mapping\n%s", diff, draft)
			}
		})
	}
}

// inEncoding is text in an encoding that has a place for all of it.
func inEncoding(e encoding.Encoding, text string) string {
	s, err := e.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return s
}

// zipped is a package of members, each a name and what it holds.
func zipped(members ...string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i])
		if err != nil {
			panic(err)
		}
		if _, err := w.Write([]byte(members[i+1])); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.String()
}
