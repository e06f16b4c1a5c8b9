package mapping_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rosterpatch/mapping"
)

var update = flag.Bool("update", false, "write the golden files")

// Each export is drafted a mapping, which is compared with a golden file and
// carries every row, or stops at what only a person can decide.
func TestGuess(t *testing.T) {
	tests := []struct {
		name   string
		export string // cells parted by |
		want   string // the first row, or what is in doubt
	}{
		{"oneroster", `sourcedId|status|role|primary|beginDate|endDate|userSourcedId
e1|active|student|TRUE|2026-08-24|2027-06-10|u1`,
			`{"enrollment":{"status":"active","role":"student","primary":true,"beginDate":"2026-08-24","endDate":"2027-06-10","user":{"sourcedId":"u1"}}}`},
		{"own headers and codes", `Enrollment ID|Student ID|Section ID|School Code|Role|Primary Teacher|Entry Date|Exit Date|XP Goal|Homeroom
901|u1|c1|101|S|N|08/24/2026|06/10/2027|40|7B
902|u2|c1|101|T|Y|08/09/2026|06/10/2027|12.5|7B`,
			`{"enrollment":{"role":"student","primary":false,"beginDate":"2026-08-24","endDate":"2027-06-10","user":{"sourcedId":"u1"},"class":{"sourcedId":"c1"},"school":{"sourcedId":"101"},"metadata":{"goals":{"dailyXp":40}}}}`},
		{"loose headers", `ID|Student|Section|School|Type|Start|End
1|u1|c1|North Middle School|Student|24.08.2026|10.06.2027
2|u2|c1|North Middle School|Teacher|01.09.2026|10.06.2027`,
			`{"enrollment":{"role":"student","beginDate":"2026-08-24","endDate":"2027-06-10","user":{"sourcedId":"u1"},"class":{"sourcedId":"c1"}}}`},
		{"near misses", `sourcedID|Status|enddate|User SourcedId|datLastModified|metadata.goals.dailyxp|metadata.seat|metadata.vip|metadata.sisId
e1|Active|2027-06-10 00:00:00.000|u1|x|5|4|True|00012345`,
			`{"enrollment":{"status":"active","endDate":"2027-06-10","user":{"sourcedId":"u1"},"metadata":{"goals":{"dailyXp":5},"seat":4,"vip":true,"sisId":"00012345"}}}`},
		{"day numbers and JSON", `sourcedId|beginDate|endDate|metadata
e1|46258|46548|{"a": 1}`,
			`{"enrollment":{"beginDate":"2026-08-24","endDate":"2027-06-10","metadata":{"a":1}}}`},
		{"day and month in doubt", `sourcedId|status|beginDate|endDate|role
e1|A|8/9/2026|10/6/2027|student
e2|I|8/9/2026|10/6/2027|aide`,
			"status: \"A\" is taken; beginDate and endDate are not"},
		{"day and month settled by the other date", `sourcedId|beginDate|endDate
e1|8/9/2026|30/6/2027`,
			`{"enrollment":{"beginDate":"2026-09-08","endDate":"2027-06-30"}}`},
		{"tables in front", `[CC]ID|[CC]StudentID|[CC]SectionID|[CC]SchoolID|[CC]DateEnrolled|[CC]DateLeft|student.gradeLevel
100231|4011|20557|101|8/24/2026|6/12/2027|7`,
			`{"enrollment":{"beginDate":"2026-08-24","endDate":"2027-06-12","user":{"sourcedId":"4011"},"class":{"sourcedId":"20557"},"school":{"sourcedId":"101"}}}`},
		{"in German", `Einschreibungs-ID|Schüler-ID|Klasse|Rolle|Beginn|Ende
E1|S1|K1|Schüler|24.08.2026|30.06.2027
E2|L1|K1|Lehrer|24.08.2026|30.06.2027`,
			`{"enrollment":{"role":"student","beginDate":"2026-08-24","endDate":"2027-06-30","user":{"sourcedId":"S1"},"class":{"sourcedId":"K1"}}}`},
		{"no value", `Roster ID|status|role|Exit Date|userSourcedId|primary
E1|NULL|S|0/0/0|(null)|NULL
E2|A|S|6/30/2027|u2|NULL`,
			`{"enrollment":{"role":"student"}}`},
		{"blank columns", `sourcedId|status|role|primary|metadata.metrics.isSupplemental
E1||student||`,
			`{"enrollment":{"role":"student"}}`},
		{"ids alone", `Enrollment ID
E1`,
			"no column says anything about an enrollment but its sourcedId"},
		{"an id that cannot be told", `Class|Arbor ID|UPN|Class Role|Stu Enroll Date
10X/En1|7001|A8201|Pupil|2026-09-01
10X/En1|7002|A8202|Pupil|2026-09-01`,
			"the header has no column sourcedId"},
		{"no id", `Student ID|Section ID|Exit Date
u1|c1|2027-06-10`,
			"the header has no column sourcedId"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var rows [][]string
			for line := range strings.Lines(test.export) {
				rows = append(rows, strings.Split(strings.TrimSpace(line), "|"))
			}
			got := mapping.Guess(rows[0], slices.Values(rows[1:]))
			golden := filepath.Join("testdata", "guess", strings.ReplaceAll(test.name, " ", "-")+".yaml")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Error(diff)
			}
			s, err := mapping.Parse("guess.yaml", got)
			if err != nil {
				t.Fatalf("%v\n%s", err, got)
			}
			m, err := s.Compile(rows[0])
			switch {
			case err != nil:
				if !strings.HasPrefix(err.Error(), test.want) {
					t.Errorf("Compile: %v", err)
				}
			case strings.HasPrefix(test.want, "{"):
				if diff := cmp.Diff(test.want, say(m, rows[1]...)); diff != "" {
					t.Error(diff)
				}
			default:
				_, first := m.Change(rows[1])
				_, second := m.Change(rows[2])
				if len(first) != 2 || len(second) != 4 {
					t.Errorf("problems %v and %v", first, second)
				}
			}
		})
	}
}

// What is in doubt stands behind a #, with the reason.
func TestGuessDoubts(t *testing.T) {
	tests := []struct{ name, export, want string }{
		{"two columns for a field", "Enrollment ID|Student ID|Person ID\n1|u1|u2", "  # user: Person ID  # Student ID holds it too\n"},
		{"an id that repeats", "ID|Student ID\n1|u1\n1|u2", "  # sourcedId: ID  # its values repeat, so it may be the id of something else\n"},
		{"an id that may be the user's", "ID|Exit Date\n1|2027-06-10", "  # sourcedId: ID  # no column was found for the user, so it may be the id of something else\n"},
		{"an id of rows that have no class", "ID|Student ID\n1|u1\n2|u2", "  # sourcedId: ID  # no column was found for the class, so it may be the id of something else\n"},
		{"an id by a sure name that repeats", "Enrollment Number|Section ID\n1|c1\n1|c2\n2|c1", "  # sourcedId: Enrollment Number  # its values repeat, so it may be the id of something else\n"},
		{"an id by a sure name that is blank", "sis_enrollment_id|enrollment_id|user_id\n1| |u1\n2| |u2", "  # sourcedId: sis_enrollment_id  # by the end of its name; is it right?\n  # sourcedId: enrollment_id  # the column is blank\n"},
		{"an id by a sure name that is seldom there", "Enrollment ID\n1\n \n ", "  # sourcedId: Enrollment ID  # it is blank in some rows\n"},
		{"an id not to be found", "Grade|Exit Date\n7|2027-06-10\n7|2027-06-10", "  # sourcedId: …  # no column was found for the id of the enrollment; which one holds it?\n"},
		{"rows that cannot be read", "sourcedId|status", "\n# No row could be read; rosterpatch check says why.\n"},
		{"an id that is not always there", "ID|Student ID\n1|u1\n|u2", "  # sourcedId: ID  # it is blank in some rows\n"},
		{"ids that cannot be", "Student ID\n#N/A\n..\nu1", "  # user: Student ID  # most of its values cannot be ids\n"},
		{"a loose name without codes", "Student\nAda\nBen", "  # user: Student  # its values may be names, not ids\n"},
		{"a loose name without values", "Type\n \n", "  # role: Type  # the column is blank\n"},
		{"the bare name of a field without codes", "School|Class|User\nLincoln|Algebra|ada", "  # school: School  # its values may be names, not ids\n  # class: Class  # its values may be names, not ids\n  # user: User  # its values may be names, not ids\n"},
		{"the bare name of a field with codes", "Class\n7A", "  class: Class  # taken for ids, since they have digits\n"},
		{"numbers beside a course", "Course Number|Section Number\nALG|4101\nBIO|4102", "  # class: Section Number  # it may only count the sections of a course\n"},
		{"small numbers", "Class No\n1\n2", "  # class: Class No  # it may only count the sections of a course\n"},
		{"small numbers of sections", "Section\n01\n02", "  # class: Section  # it may only count the sections of a course\n"},
		{"numbers that are ids", "Section Number\n4101\n4102", "  class: Section Number  # taken for ids, since they have digits\n"},
		{"codes of something else", "Type\nVirtual\nOnline\nStudent", "  # role: Type  # not all of its values are words for this field\n"},
		{"letters under a loose name", "Type\nS\nT", "  # role: Type  # not all of its values are words for this field\n"},
		{"letters under a sure name", "Role\nS\nT", "  role: Role\nvalues:\n  role:\n    S: student\n    T: teacher\n"},
		{"a few odd rows under a sure name", "Role\nStudent\nStudent\nStudent\nAide\nTutor", "  role: Role\n"},
		{"a role that few rows have", "Role\nStudent\nOwner\nOwner\nOwner", "  role: \"\"  # not Role: few of its values are known for this field; if it is, write role: Role\n"},
		{"codes of a status", "Status\nA\nT\n1", "  status: Status\nvalues:\n  status:\n  #   1: …  # in 1 of the rows; what does it mean? Allowed: active, tobedeleted\n    A: active\n  #   T: …  # in 1 of the rows; what does it mean? Allowed: active, tobedeleted\n"},
		{"yes in a status", "Enrollment Status\nY", "  #   Y: …  # in 1 of the rows; what does it mean? Allowed: active, tobedeleted\n"},
		{"yes and no in a flag", "Active\nY\nN", "  status: Active\nvalues:\n  status:\n  #   N: tobedeleted  # in 1 of the rows; does it mean that the enrollment is to be deleted?\n    Y: active\n"},
		{"a status of something else", "Status\nFree\nPaid", "few of its values are known for this field"},
		{"another table's status", "Class: Status|Enrollment: Status\nActive|Active", "  # status: 'Class: Status'  # it stands under Class; does it say this of the enrollment?\n  status: 'Enrollment: Status'\n"},
		{"another table's date alone", "[Course]StartDate\n2026-08-24", "  # beginDate: '[Course]StartDate'  # it stands under Course; does it say this of the enrollment?\n"},
		{"the table of a user", "Student.Person ID|Teacher.Person ID\n4011|4012", "  user: Student.Person ID\n  # user: Teacher.Person ID  # it stands under Teacher; does it say this of the enrollment?\n"},
		{"the end of another day in UTC", "endDate\n2027-06-10T22:00:00.000Z", "  # endDate: 'YYYY-MM-DDTHH:mm:ssZ'  # \"2027-06-10T22:00:00.000Z\" is a time in UTC; is it the same day at the school?\n"},
		{"midnight in UTC", "endDate\n2027-06-10T00:00:00Z\n2027-06-11T23:59:59+00:00", "  endDate: 'YYYY-MM-DDTHH:mm:ssZ'\n"},
		{"midnight at the school", "endDate\n2027-06-10T22:00:00-05:00", "  endDate: 'YYYY-MM-DDTHH:mm:ssZ'\n"},
		{"dates in two formats", "endDate\n6/13/2027\n6/14/2027\n2027-06-15", "  # endDate: M/D/YYYY  # \"2027-06-15\" is a date in another format\n"},
		{"one slip among dates", "endDate\n6/13/2027\n6/14/2027\nsoon", "  endDate: M/D/YYYY\n"},
		{"years of two digits that only one order keeps together", "endDate\n13-06-27\n25-06-27\n09-06-27", "  endDate: D-M-YY\n"},
		{"no dates", "Start Date\nsoon\nlater", "  # beginDate: Start Date  # its values are not dates in a known format\n"},
		{"OneRoster's column without dates", "beginDate\nsoon\nlater", "  # beginDate: …  # its values are not dates in a known format\n"},
		{"no numbers", "XP Goal\nhigh\nlow\n5", "  # metadata.goals.dailyXp: XP Goal  # most of its values are not numbers\n"},
		{"numbers that may be ids", "metadata.a\n12345\n67890", "  # metadata.a: number  # its values are numbers, but may be ids; without a type they are sent as text\n"},
		{"short numbers to count with", "metadata.seat\n4\n12", "types:\n  metadata.seat: number\n"},
		{"short numbers that are ids", "metadata.sisId|metadata.student_no|metadata.Phone2|metadata.room\n4000|12|555|7", "types:\n  # metadata.sisId: number  # its values are numbers, but may be ids; without a type they are sent as text\n  # metadata.student_no: number"},
		{"rooms and phones", "metadata.Phone2|metadata.room\n555|7", "  # metadata.Phone2: number  # its values are numbers, but may be ids; without a type they are sent as text\n  # metadata.room: number"},
		{"metadata without a value", "metadata.note|metadata.count\nNULL|7\nlate|NULL", "compute:\n  metadata.note: 'row[\"metadata.note\"] in [\"NULL\"] ? \"\" : row[\"metadata.note\"]'\n  metadata.count: 'row[\"metadata.count\"] in [\"NULL\"] ? \"\" : row[\"metadata.count\"]'\ntypes:\n  metadata.count: number\n"},
		{"metadata that is no object", "metadata\nx", "  metadata: \"\"  # its cells are not JSON objects; which key do they belong to?\n  # metadata.note: metadata\n"},
		{"metadata that is a value and an object", "metadata.a|metadata.a.b\nx|y", "  metadata.a: \"\"  # it cannot stand beside metadata.a.b\n"},
		{"all metadata beside a key of it", "metadata|metadata.b\n{}|y", "  metadata: \"\"  # it cannot stand beside metadata.b\n"},
		{"metadata that no PATCH can hold", "metadata.goals.weeklyXp\n5", "  metadata.goals.weeklyXp: \"\"  # the API takes no such key\n"},
		{"one goal twice", "metadata.goals.dailyXp|metadata.Goals.dailyXP\n5|6", "  metadata.Goals.dailyXP: \"\"  # metadata.goals.dailyXp holds it too\n"},
		{"metadata by another name", "Metadata_x|Metadata_y\nx|y", "  metadata: \"\"  # not Metadata_x: which key does it belong to?\n"},
		{"a school's name in the field's own words", "school\nNorth Middle School", "  school: \"\"  # its values look like names, not ids; if it is, write school: school\n"},
	}
	for _, test := range tests {
		var rows [][]string
		for _, line := range strings.Split(test.export, "\n") {
			rows = append(rows, strings.Split(line, "|"))
		}
		if got := string(mapping.Guess(rows[0], slices.Values(rows[1:]))); !strings.Contains(got, test.want) {
			t.Errorf("%s: the draft lacks %q:\n%s", test.name, test.want, got)
		}
	}
}

// A date that can be read in more than one order is never read by a guess.
func TestGuessOrder(t *testing.T) {
	for _, date := range []string{
		"01/02/2027", "1/2/2027", "01-02-2027", "01.02.2027", "01 / 02 / 2027", "01022027",
		"01/02/27", "1/2/27", "01-02-27", "01.02.27", "010227", "01/01/2027",
	} {
		for _, clock := range []string{"", " 00:00:00", " 12:00 AM", " 12:00 am"} {
			got := string(mapping.Guess([]string{"sourcedId", "endDate"}, slices.Values([][]string{{"e1", date + clock}})))
			if strings.Contains(got, "\n  endDate:") || strings.Count(got, "\n  # endDate:") < 2 {
				t.Errorf("%s is read by a guess:\n%s", date+clock, got)
			}
		}
	}
}

// A column of more values than are kept is still an id, and a few slips among
// them do not put it in doubt.
func TestGuessManyRows(t *testing.T) {
	rows := func(yield func([]string) bool) {
		for i := range 5000 {
			id := strconv.Itoa(i)
			if i%100 == 0 {
				id = fmt.Sprintf("1.%dE+15", i)
			}
			if !yield([]string{id, "u" + id, "c" + id, "North School", "r" + id}) {
				return
			}
		}
	}
	got := string(mapping.Guess([]string{"ID", "Student ID", "Class ID", "School ID", "role"}, rows))
	for _, want := range []string{"\n  sourcedId: ID\n", "\n  user: Student ID\n", "\n  # school: School ID  # its values look like names, not ids\n", "\n  # role: {…}  # too many different values to be codes\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("the draft lacks %q:\n%s", want, got)
		}
	}
}

// undraftable is what only a person can mend: a name that stands twice, an id that
// was not found, and rows that say nothing.
var undraftable = []string{"twice", "sourcedId", "no column says anything"}

// Whatever a file holds, its draft is a mapping file that fits its header, but for
// what only a person can mend.
func FuzzGuess(f *testing.F) {
	f.Add("Enrollment ID|Role|Exit Date\n1|S|06/10/2027\n2|T|1/2/3")
	f.Add("id|status|metadata|metadata.a: b|'\n#|: x|{|\"|- ")
	f.Fuzz(func(t *testing.T, export string) {
		if !utf8.ValidString(export) {
			t.Skip() // such a file is refused
		}
		var rows [][]string
		for _, line := range strings.Split(export, "\n") {
			rows = append(rows, strings.Split(line, "|"))
		}
		got := mapping.Guess(rows[0], slices.Values(rows[1:]))
		s, err := mapping.Parse("guess.yaml", got)
		if err != nil {
			t.Fatalf("%v\n%s", err, got)
		}
		m, err := s.Compile(rows[0])
		var wrong *mapping.HeaderError
		switch {
		case err == nil:
			for _, row := range rows[1:] {
				checkChange(t, m, row)
			}
		case !errors.As(err, &wrong):
			t.Fatalf("%v\n%s", err, got)
		default:
			for _, problem := range wrong.Problems {
				if !slices.ContainsFunc(undraftable, func(part string) bool { return strings.Contains(problem, part) }) {
					t.Fatalf("%s\n%s", problem, got)
				}
			}
		}
	})
}
