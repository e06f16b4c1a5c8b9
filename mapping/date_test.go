package mapping_test

import (
	"slices"
	"strings"
	"testing"

	"rosterpatch/mapping"
)

func TestDates(t *testing.T) {
	const bad = "" // not read
	tests := []struct{ format, text, want string }{
		{"MM/DD/YYYY", "06/10/2027", "2027-06-10"},
		{"MM/DD/YYYY", "6/10/2027", bad},
		{"MM/DD/YYYY", "13/10/2027", bad},
		{"MM/DD/YYYY", "06/10/2027 ", "2027-06-10"},
		{"M/D/YYYY", "6/1/2027", "2027-06-01"},
		{"M/D/YYYY", "06/01/2027", "2027-06-01"},
		{"D.M.YYYY", "1.6.2027", "2027-06-01"},
		{"DD.MM.YYYY", "01.06.2027", "2027-06-01"},
		{"D/M/YY", "1/6/27", "2027-06-01"},
		{"D-MMM-YYYY", "1-JUN-2027", "2027-06-01"},
		{"MMMM D, YYYY", "June 1, 2027", "2027-06-01"},
		{"ddd D MMM YYYY", "Tue 1 Jun 2027", "2027-06-01"},
		{"dddd, MMMM D, YYYY", "Tuesday, June 1, 2027", "2027-06-01"},
		{"YYYYMMDD", "20270601", "2027-06-01"},
		{"YYYY-MM-DD HH:mm:ss", "2027-06-01 23:59:59", "2027-06-01"},
		{"YYYY-MM-DD HH:mm:ss", "2027-06-01 00:00:00.000", "2027-06-01"},
		{"YYYY-MM-DD HH:mm:ss", "2027-06-01 24:00:00", bad},
		{"YYYY-MM-DDTHH:mm:ssZ", "2027-06-01T23:30:00-11:00", "2027-06-01"},
		{"YYYY-MM-DDTHH:mm:ssZ", "2027-06-01T00:30:00+14:00", "2027-06-01"},
		{"YYYY-MM-DDTHH:mm:ssZ", "2027-06-01T00:30:00Z", "2027-06-01"},
		{"YYYY-MM-DDTHH:mm:ssZZ", "2027-06-01T00:30:00.000+0000", "2027-06-01"},
		{"M/D/YYYY h:mm A", "6/1/2027 11:30 PM", "2027-06-01"},
		{"YYYY-MM-DD", "2027-02-29", bad},
		{"serial", "45505", "2024-08-01"},
		{"serial", "45505.75", "2024-08-01"},
		{"serial", "61", "1900-03-01"},
		{"serial", "60", bad},
		{"serial", "-45505", bad},
		{"serial", "45505.x", bad},
		{"serial", "99999999999999999999", bad},
		{"serial", ".5", bad},
	}
	for _, test := range tests {
		m := compile(t, "dates: {endDate: '"+test.format+"'}", "sourcedId|endDate")
		c, problems := m.Change([]string{"e1", test.text})
		switch {
		case test.want == bad && len(problems) != 1:
			t.Errorf("%s reads %q as %s", test.format, test.text, c.Fields[0].Value)
		case test.want != bad && (problems != nil || string(c.Fields[0].Value) != `"`+test.want+`"`):
			t.Errorf("%s, %q: %v %v, want %s", test.format, test.text, c, problems, test.want)
		}
	}
}

// The formats of real exports are known by their dates.
func TestKnownFormats(t *testing.T) {
	for text, format := range map[string]string{
		"06132027": "MMDDYYYY", "13062027": "DDMMYYYY", "20270613": "YYYYMMDD", "990613": "YYMMDD", "99-06-13": "YY-M-D",
		"2027-06-13T00:00": "YYYY-MM-DDTHH:mm", "2027-06-13T00:00:00.000+0000": "YYYY-MM-DDTHH:mm:ssZZ", "2027-06-13 00:00:00 +00:00": "YYYY-MM-DD HH:mm:ss Z",
		"Sunday, June 13, 2027": "dddd, MMMM D, YYYY", "Jun-13-2027": "MMM-D-YYYY", "13. June 2027": "D. MMMM YYYY", "6 / 13 / 2027": "M / D / YYYY",
		"6/13/2027 12:00:00 am": "M/D/YYYY h:mm:ss a", "13-JUN-27 12.00.00.000000 AM": "D-MMM-YY hh.mm.ss A",
	} {
		draft := string(mapping.Guess([]string{"sourcedId", "endDate"}, slices.Values([][]string{{"e1", text}})))
		_, got, _ := strings.Cut(draft, "\n  endDate: ")
		if got = strings.Trim(got, "'\n"); got != format {
			t.Errorf("%s is drafted as %q, want %s:\n%s", text, got, format, draft)
		}
		m := compile(t, "dates: {endDate: '"+format+"'}", "sourcedId|endDate")
		if got := say(m, "e1", text); !strings.Contains(got, "06-13") {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// A date in free metadata can be given a format too.
func TestMetadataDate(t *testing.T) {
	m := compile(t, "dates: {metadata.since: D.M.YYYY}", "sourcedId|metadata.since")
	if got, want := say(m, "e1", "1.6.2027"), `{"enrollment":{"metadata":{"since":"2027-06-01"}}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
