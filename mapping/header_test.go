package mapping_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rosterpatch/mapping"
)

func TestHeaderErrors(t *testing.T) {
	const noID = "the header has no column sourcedId, the id of the enrollment, but %s; name the column that holds it in a mapping file (`columns: {sourcedId: …}`), or compute it; rosterpatch map drafts one"
	tests := []struct{ name, spec, header, want string }{
		{"no sourcedId", "", "status|role", fmt.Sprintf(noID, `"status", "role"`)},
		{"no sourcedId among many", "", "A|B|C|D|E|F|G|H|I|J", fmt.Sprintf(noID, `"A", "B", "C", "D", "E", "F", "G", "H" and 2 more`)},
		{"no columns but a report's", "", "result.line|", fmt.Sprintf(noID, "no other either")},
		{"mapped column in another letter case", "columns: {role: Role}", "sourcedId|role", `m.yaml:1:17: role: the header has no column "Role"; did you mean "role"?`},
		{"no sourcedId, one near", "", "SourcedID|status", "column \"SourcedID\" is not of OneRoster; did you mean \"sourcedId\"? If so, rename it or put `columns: {sourcedId: SourcedID}` in a mapping file"},
		{"letter case", "", "sourcedId|enddate", "column \"enddate\" is not of OneRoster; did you mean \"endDate\"? If so, rename it or put `columns: {endDate: enddate}` in a mapping file; if not, put `columns: {endDate: \"\"}` there to leave the column out"},
		{"spaces", "", "sourcedId|User SourcedId", "column \"User SourcedId\" is not of OneRoster; did you mean \"userSourcedId\"? If so, rename it or put `columns: {userSourcedId: User SourcedId}` in a mapping file; if not, put `columns: {userSourcedId: \"\"}` there to leave the column out"},
		{"a letter short", "", "sourcedId|status|datLastModified", "column \"datLastModified\" is not of OneRoster; did you mean \"dateLastModified\"? If so, rename it or put `columns: {dateLastModified: datLastModified}` in a mapping file; if not, put `columns: {dateLastModified: \"\"}` there to leave the column out"},
		{"the name in a body", "", "sourcedId|user", "column \"user\" is not of OneRoster; did you mean \"userSourcedId\"? If so, rename it or put `columns: {userSourcedId: user}` in a mapping file; if not, put `columns: {userSourcedId: \"\"}` there to leave the column out"},
		{"twice", "", "sourcedId|status| status ", `the header names "status" twice, as columns 2 and 3; rename one`},
		{"bare metadata", "", "sourcedId|metadata", "a column metadata has to say which key it holds: metadata.key, or `types: {metadata: json}` in a mapping file if its cells are JSON objects, or `columns: {metadata: \"\"}` to leave it out"},
		{"metadata otherwise", "", "sourcedId|status|Metadata_x", "column \"Metadata_x\" is not of OneRoster; metadata columns are named metadata.key; put `columns: {metadata.key: Metadata_x}` in a mapping file, or `columns: {metadata: \"\"}` to leave it out"},
		{"unknown goal", "", "sourcedId|metadata.goals.dailyXP", "\"metadata.goals.dailyXP\" is not a field; did you mean \"metadata.goals.dailyXp\"? (`columns: {metadata.goals.dailyXP: \"\"}` leaves it out)"},
		{"unknown metric", "", "sourcedId|metadata.metrics.iq", "\"metadata.metrics.iq\" is not a field; allowed: metadata.metrics.courseType, metadata.metrics.isSupplemental, metadata.metrics.totalGrades, metadata.metrics.totalLessons, metadata.metrics.totalXp (`columns: {metadata.metrics.iq: \"\"}` leaves it out)"},
		{"empty part", "", "sourcedId|metadata.", "\"metadata.\" has an empty or unreadable part; write metadata.key or metadata.key.key (`columns: {metadata.: \"\"}` leaves it out)"},
		{"value and object", "", "sourcedId|metadata.a|metadata.a.b", "metadata.a cannot be a value and hold metadata.a.b at once; leave one out, such as with `columns: {metadata.a: \"\"}`"},
		{"value and object from set", "set: {metadata.a.b: x}", "sourcedId|metadata.a", "metadata.a cannot be a value and hold metadata.a.b at once; leave one out, such as with `columns: {metadata.a: \"\"}`"},
		{"all metadata and one key", "types: {metadata: json}", "sourcedId|metadata|metadata.a", "metadata cannot be a value and hold metadata.a at once; leave one out, such as with `columns: {metadata: \"\"}`"},
		{"mapped column missing", "columns:\n  endDate: Exit Dat", "sourcedId|Exit Date", `m.yaml:2:12: endDate: the header has no column "Exit Dat"; did you mean "Exit Date"?`},
		{"id's column missing", "columns: {sourcedId: ID}", "id-no|status", `m.yaml:1:22: sourcedId: the header has no column "ID"`},
		{"computed column missing", "compute:\n  sourcedId: '\"x\" + row[\"Studnt ID\"]'", "Student ID|status", `m.yaml:2:14: sourcedId: character 10: the header has no column "Studnt ID"; did you mean "Student ID"?`},
		{"only what nothing feeds", "only: [endDate, metadata.goals]", "sourcedId|status|endDate|metadata.x", "m.yaml:1:17: no column and no rule feeds metadata.goals"},
		{"nothing to send", "", "sourcedId|dateLastModified|Grade", "no column says anything about an enrollment but its sourcedId; name columns in a mapping file, or --set field=value"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := mapping.Parse("m.yaml", []byte(test.spec))
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Compile(strings.Split(test.header, "|"))
			var wrong *mapping.HeaderError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want a *HeaderError", err)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHeaderErrorNamesAll(t *testing.T) {
	_, err := mapping.Spec{}.Compile([]string{"enddate", "Begin_Date", "metadata", "metadata.goals.x"})
	var wrong *mapping.HeaderError
	if !errors.As(err, &wrong) || len(wrong.Problems) != 5 {
		t.Errorf("got %v, want five problems", err)
	}
}

// A mapping can say that no column holds a field. Then a column that looks like it
// is only named in a warning, as it is where the field is not to be sent.
func TestColumnsLeftOut(t *testing.T) {
	tests := []struct{ name, spec, only, column string }{
		{"near the field", `columns: {endDate: ""}`, "", "enddate"},
		{"as a body calls it", `columns: {school: ""}`, "", "school"},
		{"under the header's name", `columns: {userSourcedId: ""}`, "", "User SourcedId"},
		{"the field itself", `columns: {endDate: ""}`, "", "endDate"},
		{"bare metadata", `columns: {metadata: ""}`, "only: [role]", "metadata"},
		{"metadata by another name", `columns: {metadata: ""}`, "only: [role]", "Metadata_x"},
		{"a goal that is none", `columns: {metadata.goals.weeklyXp: ""}`, "only: [role]", "metadata.goals.weeklyXp"},
		{"a goal miscased", `columns: {metadata.Goals.dailyXp: ""}`, "only: [role]", "metadata.Goals.dailyXp"},
		{"a name without an end", `columns: {metadata.: ""}`, "only: [role]", "metadata."},
		{"a value that is an object too", `columns: {metadata.a.b: ""}`, "", "metadata.a.b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, spec := range []string{test.spec, test.only} {
				if spec == "" {
					continue
				}
				m := compile(t, spec, "sourcedId|role|metadata.a|"+test.column)
				if got, want := say(m, "e1", "student", "", "x"), `{"enrollment":{"role":"student"}}`; got != want {
					t.Errorf("%s: got %s, want %s", spec, got, want)
				}
				if want := []string{fmt.Sprintf("nothing maps the column %q; it is not sent", test.column)}; !slices.Equal(m.Warnings(), want) {
					t.Errorf("%s: got %q, want %q", spec, m.Warnings(), want)
				}
			}
		})
	}
}

// What is said of a field in other ways is heard, column or not.
func TestFieldWithoutColumn(t *testing.T) {
	for _, spec := range []string{"set: {role: teacher}", "compute: {role: '\"teacher\"'}"} {
		m := compile(t, "columns: {role: \"\"}\n"+spec, "sourcedId|role")
		if got, want := say(m, "e1", "x"), `{"enrollment":{"role":"teacher"}}`; got != want {
			t.Errorf("%s: got %s, want %s", spec, got, want)
		}
	}
}

func TestHeaderTaken(t *testing.T) {
	tests := []struct {
		name, spec, header, row, want string
		warnings                      []string
	}{
		{"a mapping names the near miss", "columns: {endDate: enddate}", "sourcedId|enddate", "e1|2027-06-10", `{"enrollment":{"endDate":"2027-06-10"}}`, nil},
		{"a mapping feeds the field otherwise", "set: {endDate: 2027-06-10}", "sourcedId|enddate", "e1|x", `{"enrollment":{"endDate":"2027-06-10"}}`, []string{`nothing maps the column "enddate"; it is not sent`}},
		{"the field is not to be sent", "only: [status]", "sourcedId|status|enddate", "e1|active|x", `{"enrollment":{"status":"active"}}`, []string{`nothing maps the column "enddate"; it is not sent`}},
		{"an expression reads it", "where: 'row.Grade == \"7\"'", "sourcedId|status|Grade", "e1|active|7", `{"enrollment":{"status":"active"}}`, nil},
		{"short words are no near misses", "", "sourcedId|status|rule", "e1|active|x", `{"enrollment":{"status":"active"}}`, []string{`nothing maps the column "rule"; it is not sent`}},
		{"a name that fits a body only loosely", "", "sourcedId|status|School", "e1|active|North Middle", `{"enrollment":{"status":"active"}}`, []string{`nothing maps the column "School"; it is not sent`}},
		{"a column without a name", "", "sourcedId||status", "e1|x|active", `{"enrollment":{"status":"active"}}`, nil},
		{"a column that is named serves one field only", "columns: {metadata.was: status}\nset: {status: active}", "sourcedId|status", "e1|old", `{"enrollment":{"status":"active","metadata":{"was":"old"}}}`, nil},
		{"one column for two fields", "columns: {user: U, metadata.u: U}", "sourcedId|U", "e1|u1", `{"enrollment":{"user":{"sourcedId":"u1"},"metadata":{"u":"u1"}}}`, nil},
		{"a mapping wins over the header", "columns: {endDate: Exit}", "sourcedId|endDate|Exit", "e1|2026-01-01|2027-06-10", `{"enrollment":{"endDate":"2027-06-10"}}`, []string{`nothing maps the column "endDate"; it is not sent`}},
		{"a miscased goal that is named", "columns: {metadata.goals.dailyXp: metadata.goals.dailyxp}", "sourcedId|metadata.goals.dailyxp", "e1|5", `{"enrollment":{"metadata":{"goals":{"dailyXp":5}}}}`, nil},
		{"rules without a column", "values: {role: {S: student}}\ndates: {endDate: D.M.YYYY}\ntypes: {metadata.seet: number}", "sourcedId|status", "e1|active", `{"enrollment":{"status":"active"}}`,
			[]string{"no column feeds role, which the mapping names under values", "no column feeds endDate, which the mapping names under dates", "no column feeds metadata.seet, which the mapping names under types"}},
		{"computed metadata comes last", "compute: {metadata.a: '1 + 1'}", "sourcedId|metadata.z", "e1|x", `{"enrollment":{"metadata":{"z":"x","a":"2"}}}`, nil},
		{"only some metadata", "only: [metadata.goals]", "sourcedId|status|metadata.goals.dailyXp|metadata.x", "e1|active|5|y", `{"enrollment":{"metadata":{"goals":{"dailyXp":5}}}}`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := compile(t, test.spec, test.header)
			if diff := cmp.Diff(test.want, say(m, strings.Split(test.row, "|")...)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.warnings, m.Warnings()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
