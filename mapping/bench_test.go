package mapping_test

import (
	"testing"

	"rosterpatch/mapping"
)

// BenchmarkChange sets the default mapping beside one that uses compute,
// where, values and dates. The second may cost at most 2.5 times the first.
func BenchmarkChange(b *testing.B) {
	b.Run("default", func(b *testing.B) {
		benchmarkRow(b, "",
			[]string{"sourcedId", "status", "dateLastModified", "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate", "metadata.goals.dailyXp", "metadata.note"},
			[]string{"enr-000123", "active", "2026-08-01T00:00:00.000Z", "cls-04410", "sch-101", "usr-88211", "student", "true", "2026-08-24", "2027-06-10", "120", "moved up"})
	})
	b.Run("mapped", func(b *testing.B) {
		benchmarkRow(b, `
columns: {role: Role, primary: Primary, beginDate: Entry Date, endDate: Exit Date, class: Section ID, school: School, user: Student ID, metadata.goals.dailyXp: XP Goal, metadata.note: Note}
compute: {sourcedId: 'row["Student ID"] + "-" + row["Section ID"]'}
values: {role: {S: student, T: teacher}, status: {A: active, I: tobedeleted}, primary: {Y: true, N: false}}
dates: {beginDate: MM/DD/YYYY, endDate: MM/DD/YYYY}
where: 'row["School"] in ["sch-101", "sch-102"]'
`,
			[]string{"Student ID", "Section ID", "status", "Modified", "School", "Role", "Primary", "Entry Date", "Exit Date", "XP Goal", "Note", "Grade"},
			[]string{"usr-88211", "cls-04410", "A", "2026-08-01", "sch-101", "S", "Y", "08/24/2026", "06/10/2027", "120", "moved up", "7"})
	})
}

func benchmarkRow(b *testing.B, spec string, header, row []string) {
	s, err := mapping.Parse("map.yaml", []byte(spec))
	if err != nil {
		b.Fatal(err)
	}
	m, err := s.Compile(header)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		takes, err := m.Takes(row)
		if err != nil || !takes {
			b.Fatal(takes, err)
		}
		if c, problems := m.Change(row); problems != nil || len(c.Fields) != 10 {
			b.Fatal(c, problems)
		}
	}
}

func BenchmarkBody(b *testing.B) {
	m, err := mapping.Spec{}.Compile([]string{"sourcedId", "status", "role", "endDate", "metadata.goals.dailyXp", "metadata.note"})
	if err != nil {
		b.Fatal(err)
	}
	c, problems := m.Change([]string{"enr-000123", "active", "student", "2027-06-10", "120", "moved up"})
	if problems != nil {
		b.Fatal(problems)
	}
	b.Run("body", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Body()
		}
	})
	b.Run("fingerprint", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Fingerprint()
		}
	})
}
