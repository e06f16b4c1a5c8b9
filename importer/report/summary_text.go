package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
)

// shownSchools is how many schools the text names; the page names more.
const shownSchools = 10

// Text writes the summary for a person at a terminal. The commands it names as
// the next to run get flags behind them.
func (s *Summary) Text(w io.Writer, flags string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\n", s.headline())
	all := s.Rows + s.Unreached
	for _, o := range Outcomes() {
		if n := s.Outcomes[o]; n > 0 {
			fmt.Fprintf(&b, "%12s  %-9s  %8s\n", Grouped(n), o, percent(n, all))
		}
	}
	if s.Unreached > 0 {
		fmt.Fprintf(&b, "%12s  %-9s  %8s  the run ended before they had one\n", Grouped(s.Unreached), "no line", percent(s.Unreached, all))
	}
	if len(s.Reasons) > 0 {
		b.WriteString("\nWhy rows are not done\n")
	}
	for _, r := range s.Reasons {
		fmt.Fprintf(&b, "%12s  %-9s  %s\n", Grouped(r.Rows), r.Outcome, strings.TrimSpace(r.code()+"  "+r.text()))
		fmt.Fprintf(&b, "%25s%s\n", "", r.where())
	}
	if troubled := s.troubled(); len(s.Schools) > 1 && len(troubled) > 0 {
		b.WriteString("\nBy school\n")
		for i, school := range troubled {
			if i == shownSchools {
				fmt.Fprintf(&b, "%14sand %s more\n", "", Counted(len(troubled)-i, "school"))
				break
			}
			fmt.Fprintf(&b, "%12s  of %s not done  %s\n", Grouped(school.Undone), Counted(school.Rows, "row"), school.name())
		}
	}
	b.WriteString("\n")
	for _, f := range s.Reports {
		fmt.Fprintf(&b, "%s: %s\n", f.Path, f.story())
	}
	if advice, commands := s.next(); len(commands) > 0 {
		if advice == "" {
			advice = "Next"
		}
		fmt.Fprintf(&b, "\n%s:\n", advice)
		for _, c := range commands {
			fmt.Fprintf(&b, "  %s\n", strings.TrimSpace(c+" "+flags))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// troubled are the schools with rows that are not done, the worst first.
func (s *Summary) troubled() []School {
	done := slices.IndexFunc(s.Schools, func(school School) bool { return school.Undone == 0 })
	if done < 0 {
		return s.Schools
	}
	return s.Schools[:done]
}

func (s *School) name() string {
	if s.SourcedID == "" {
		return "(no school)"
	}
	return s.SourcedID
}
