package importer_test

import (
	"fmt"
	"strings"
	"testing"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// bySchool is a source with so many rows of each school, of which some are to
// be deleted and some are wrong.
func bySchool(schools ...[3]int) string {
	var b strings.Builder
	b.WriteString("sourcedId,status,schoolSourcedId,endDate\n")
	id := 0
	for s, school := range schools {
		for i := range school[0] {
			id++
			status, end := "active", dayA
			if i < school[1] {
				status = "tobedeleted"
			}
			if i >= school[0]-school[2] {
				end = "never"
			}
			fmt.Fprintf(&b, "e%d,%s,s%d,%s\n", id, status, s+1, end)
		}
	}
	return b.String()
}

func rowsLimit(n int) importer.Limit { return importer.Limit{Rows: n, Set: true} }

func TestLimitsHoldARunBack(t *testing.T) {
	cases := []struct {
		name   string
		source string
		limits importer.Limits
		says   []string // "" is no refusal
	}{
		{"few enough", bySchool([3]int{100, 20, 20}), importer.Limits{}, nil},
		{"one too many to be deleted", bySchool([3]int{100, 21, 0}), importer.Limits{},
			[]string{"21 of 100 rows (21%)", "tobedeleted", "more than --max-tobedeleted 20% allows", "nothing was sent", "line 2 (e1)", "line 3 (e2)", "line 4 (e3)", "--max-tobedeleted 21"}},
		{"one too many invalid", bySchool([3]int{100, 0, 21}), importer.Limits{},
			[]string{"21 of 100 rows", "invalid", "--max-invalid 20%", "line 81", "endDate", "never", "--max-invalid 21"}},
		{"a small file", bySchool([3]int{50, 50, 0}), importer.Limits{}, nil},
		{"not so small a file", bySchool([3]int{51, 51, 0}), importer.Limits{}, []string{"51 of 51 rows (100%)"}},
		{"a number in place of the share", bySchool([3]int{100, 21, 0}), importer.Limits{ToBeDeleted: rowsLimit(21)}, nil},
		{"a number that is lower", bySchool([3]int{30, 2, 0}), importer.Limits{ToBeDeleted: rowsLimit(1)}, []string{"2 of 30 rows", "--max-tobedeleted 1 allows", "--max-tobedeleted 2"}},
		{"none at all", bySchool([3]int{30, 1, 0}), importer.Limits{ToBeDeleted: rowsLimit(0)}, []string{"1 of 30 rows", "--max-tobedeleted 0 allows"}},
		{"changes", bySchool([3]int{30, 0, 5}), importer.Limits{Changes: rowsLimit(24)}, []string{"25 of 30 rows", "would be sent", "--max-changes 24 allows", "--max-changes 25"}},
		{"one school of several", bySchool([3]int{100, 0, 0}, [3]int{60, 13, 0}, [3]int{100, 0, 0}), importer.Limits{By: "schoolSourcedId"},
			[]string{"13 of 60 rows of schoolSourcedId", "s2", "(21.7%)", "line 102 (e101)", "--max-tobedeleted"}},
		{"one small school", bySchool([3]int{200, 0, 0}, [3]int{10, 10, 0}), importer.Limits{By: "schoolSourcedId"}, nil},
		{"one small school, and a share that is said", bySchool([3]int{200, 0, 0}, [3]int{10, 3, 0}),
			importer.Limits{By: "schoolSourcedId", ToBeDeleted: importer.Limit{Percent: 20, Set: true}}, []string{"3 of 10 rows of schoolSourcedId", "s2"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, c.source, sandbox.Options{})
			n.options.Limits = c.limits
			m := n.run()
			if c.says == nil {
				m.finished()
				return
			}
			ended[*importer.LimitError](m, c.says...)
			if !is[*importer.RefusedError](m.err) {
				t.Errorf("%T is no refusal", m.err)
			}
			contains(t, checkOf(n).Refused, c.says...)
		})
	}
}

// The flag that a refusal names is the one that lets the run pass.
func TestTheFlagOfARefusalLetsTheRunPass(t *testing.T) {
	sources := map[string]string{
		"one school":    bySchool([3]int{100, 0, 0}, [3]int{60, 13, 0}),
		"two schools":   bySchool([3]int{60, 13, 0}, [3]int{60, 20, 0}, [3]int{400, 0, 0}),
		"all schools":   bySchool([3]int{60, 20, 0}, [3]int{60, 20, 0}),
		"both kinds":    bySchool([3]int{60, 20, 30}, [3]int{60, 20, 20}),
		"invalid alone": bySchool([3]int{60, 0, 13}, [3]int{600, 0, 5}),
	}
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, source, sandbox.Options{})
			n.options.Limits.By = "schoolSourcedId"
			met := map[string]bool{}
			for {
				m := n.run()
				if m.err == nil {
					return
				}
				flag, limit, _ := strings.Cut(ended[*importer.LimitError](m).Allow, " ")
				if met[flag] {
					t.Fatalf("the run was refused again: %v", m.err)
				}
				met[flag] = true
				parsed, err := importer.ParseLimit(flag, limit)
				if err != nil {
					t.Fatal(err)
				}
				switch flag {
				case "--max-tobedeleted":
					n.options.Limits.ToBeDeleted = parsed
				case "--max-invalid":
					n.options.Limits.Invalid = parsed
				}
			}
		})
	}
}

// A comparison counts what would change, and not what the file says.
func TestLimitsOfAComparisonCountWhatChanges(t *testing.T) {
	source, held := "sourcedId,status,endDate\n", []sandbox.Record(nil)
	for i := range 100 {
		id := fmt.Sprintf("e%d", i+1)
		r := enrolled(id)
		status := "active"
		if i < 60 { // the export goes on naming those that left long ago
			status, r.Status = "tobedeleted", "tobedeleted"
		}
		if i < 30 {
			r.EndDate = dayB // some of which end another day
		} else {
			r.EndDate = dayA
		}
		held = append(held, r)
		source += fmt.Sprintf("%s,%s,%s\n", id, status, dayA)
	}
	for _, limits := range []importer.Limits{{}, {Changes: rowsLimit(30)}, {ToBeDeleted: rowsLimit(0)}} {
		n := newSchool(t, source, sandbox.Options{}, held...)
		n.options.Limits = limits
		m := n.sync("server", "night.report.csv")
		m.finished()
		m.sawPatches(30)
		if m.outcomes[report.Updated] != 30 || m.outcomes[report.Unchanged] != 70 {
			t.Errorf("%v", m.outcomes)
		}
	}
	n := newSchool(t, source, sandbox.Options{}, held...)
	n.options.Limits.Changes = rowsLimit(29)
	m := n.sync("server", "night.report.csv")
	ended[*importer.LimitError](m, "30 of 100 rows", "would be sent", "--max-changes 30")
	m.sawPatches(0)
	plan := n.plan(func(o *importer.Options) { o.Limits = importer.Limits{} })
	plan.finished()
	if plan.outcomes[report.Planned] != 30 {
		t.Errorf("%v", plan.outcomes)
	}
	applied := n.apply(plan)
	ended[*importer.LimitError](applied, "30 of 100 rows", "--max-changes 30")
	applied.sawPatches(0)
	n.apply(plan, func(o *importer.Options) { o.Limits = importer.Limits{} }).finished()
}

// A report to go by settles rows before they are counted.
func TestLimitsOfARunAgainstAReport(t *testing.T) {
	n := newNight(t, rows(100), sandbox.Options{})
	then := n.sync("", "then.report.csv")
	n.put("rows.csv", strings.Replace(rows(100), "e7,teacher", "e7,student", 1))
	n.options.Limits.Changes = rowsLimit(1)
	m := n.sync(then.report, "now.report.csv")
	m.finished()
	m.sawPatches(1)
}

// Files that are not what they should be send nothing.
func TestDefaultLimitsCatchABadFile(t *testing.T) {
	sources := map[string]string{
		"all to be deleted":         bySchool([3]int{500, 450, 0}),
		"columns in another order":  "sourcedId,role,status\n" + strings.Repeat("e1,active,student\n", 60),
		"dates of another country":  "sourcedId,endDate\n" + strings.Repeat("e1,30.06.2027\n", 60),
		"rows shifted by a comma":   "sourcedId,role,endDate\n" + strings.Repeat("e1,Smith, J,teacher\n", 60),
		"cut in the middle of it":   strings.TrimSuffix(bySchool([3]int{100, 0, 0}), "06-30\n")[:2000],
		"a header and nothing else": "sourcedId,role\n",
		"no header":                 strings.TrimPrefix(rows(60), "sourcedId,role\n"),
	}
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNight(t, source, sandbox.Options{})
			m := n.do("import", importer.Run, n.path("rows.csv"))
			if !is[*importer.RefusedError](m.err) || len(m.requests) > 0 {
				t.Errorf("the import ended with %v after %d requests", m.err, len(m.requests))
			}
			m = n.sync("server", "night.report.csv")
			if !is[*importer.RefusedError](m.err) {
				t.Errorf("against the server it ended with %v", m.err)
			}
			m.sawPatches(0)
		})
	}
}

func TestLimitByAColumnThatIsNotThere(t *testing.T) {
	n := newNight(t, rows(3), sandbox.Options{})
	n.options.Limits.By = "school"
	ended[*importer.UsageError](n.run(), "--limit-by", "school", "sourcedId, role")
}

func TestParseLimit(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "100": "100", "20%": "20%", "0%": "0", "12.5%": "12.5%", "100%": "100%",
		"": "!", "-1": "!", "101%": "!", "-1%": "!", "x": "!", "1.5": "!", "NaN%": "!", "Inf%": "!", "1e1": "!",
	} {
		l, err := importer.ParseLimit("--max-changes", text)
		got := l.String()
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("%q is read as %s (%v), want %s", text, got, err, want)
		}
	}
}
