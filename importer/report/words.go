package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// headline says in one sentence whether there is anything to do.
func (s *Summary) headline() string {
	left := s.Undone + s.Unreached
	switch {
	case left > 0:
		return fmt.Sprintf("%s of %s not done", Grouped(left), Counted(s.Rows+s.Unreached, "row"))
	case s.Outcomes[Planned] > 0:
		return fmt.Sprintf("%s of %s would be sent", Grouped(s.Outcomes[Planned]), Counted(s.Rows, "row"))
	case s.Rows == 0:
		return "No rows"
	case s.Rows == 1:
		return "The row is done"
	}
	return fmt.Sprintf("All %s are done", Counted(s.Rows, "row"))
}

// next returns the commands that finish the work, and what to do before.
func (s *Summary) next() (advice string, commands []string) {
	for _, r := range s.Reports {
		switch {
		case r.Facts != nil && r.Facts.Command == CommandPlan:
			if s.Outcomes[Planned] > 0 {
				commands = append(commands, "rosterpatch apply "+ShellQuoted(r.Path))
			}
		case r.Left > 0:
			commands = append(commands, "rosterpatch rerun "+ShellQuoted(r.Path))
		}
	}
	switch {
	case s.Outcomes[Invalid] == 0:
	case s.Outcomes[Planned] > 0:
		advice = "Mend the invalid rows in the plan itself, or leave them out, then"
	default:
		advice = "Mend the invalid rows in the report itself, then"
	}
	return advice, commands
}

// story says what is known of the run behind a report.
func (r *Report) story() string {
	var parts []string
	switch f := r.Facts; {
	case f == nil:
		parts = append(parts, "its .json is missing")
	default:
		parts = append(parts, f.Command+" "+f.ended(), clock(f.Start, f.End))
		if f.Requests > 0 {
			parts = append(parts, Counted(f.Requests, "request"))
		}
		if f.Retries > 0 {
			parts = append(parts, Grouped(f.Retries)+" repeated")
		}
		if f.Throttles > 0 {
			parts = append(parts, Counted(f.Throttles, "throttle"))
		}
		if f.LeftOut > 0 {
			parts = append(parts, Counted(f.LeftOut, "row")+" left out")
		}
		if f.Skipped > 0 {
			parts = append(parts, Counted(f.Skipped, "blank line")+" skipped")
		}
		if l := f.Latency; l != nil {
			parts = append(parts, fmt.Sprintf("half answered within %s ms, 99 %% within %s ms", brief(l.P50), brief(l.P99)))
		}
	}
	if r.Torn > 0 {
		parts = append(parts, Counted(r.Torn, "torn line")+" left out")
	}
	return strings.Join(parts, " · ")
}

func (f *Facts) ended() string {
	switch f.State {
	case Running:
		return "was killed, or still runs"
	case Stopped:
		if f.StopReason != "" {
			return "stopped: " + f.StopReason
		}
	}
	return string(f.State)
}

// clock is when a run was, in UTC: a reader may be anywhere.
func clock(start, end time.Time) string {
	start, end = start.UTC(), end.UTC()
	s := start.Format("2 Jan 2006 15:04")
	switch {
	case end.IsZero():
		return "since " + s + " UTC"
	case start.YearDay() == end.YearDay() && start.Year() == end.Year():
		s += end.Format("–15:04")
	default:
		s += end.Format(" – 2 Jan 15:04")
	}
	return s + " UTC (" + end.Sub(start).Round(time.Second).String() + ")"
}

// code is what the server said of a reason, in short: "404 unknownobject".
func (r *Reason) code() string {
	return strings.TrimSpace(number(r.HTTPStatus) + " " + r.CodeMinor)
}

// text is the reason in a sentence, the server's words included.
func (r *Reason) text() string {
	switch {
	case r.Message == "":
		return r.Description
	case r.Description == "" || strings.Contains(r.Message, r.Description):
		return r.Message
	}
	return r.Message + " — “" + r.Description + "”"
}

// where names the rows that stand for a reason.
func (r *Reason) where() string {
	var places []string
	for _, e := range r.Examples {
		places = append(places, e.String())
	}
	if more := r.Rows - len(r.Examples); more > 0 {
		places = append(places, Grouped(more)+" more")
	}
	return strings.Join(places, ", ")
}

// String is the place of the row and its id: "line 17 (enr-1)".
func (e Example) String() string {
	s := "line " + strconv.Itoa(e.Line)
	if e.File != "" {
		s = e.File + ":" + strconv.Itoa(e.Line)
	}
	if e.SourcedID != "" {
		s += " (" + e.SourcedID + ")"
	}
	return s
}

// Counted writes a number of things: 1 row, 2 rows.
func Counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Grouped(n) + " " + noun
}

// Grouped writes 1234567 as 1,234,567.
func Grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// percent is n's part of all: never 100 % while one is missing, nor 0 % while
// there is one.
func percent(n, all int) string {
	switch p := 100 * float64(n) / float64(max(all, 1)); {
	case n == all || n == 0:
		return brief(p) + " %"
	case p < 0.1:
		return "< 0.1 %"
	default:
		return fmt.Sprintf("%.1f %%", min(p, 99.9))
	}
}

// brief writes a figure with one decimal at most.
func brief(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

var shellSafe = regexp.MustCompile(`^[\w./@%+:,][\w./@%+:,-]*$`)

// ShellQuoted makes a word safe to be typed into a shell.
func ShellQuoted(path string) string {
	if shellSafe.MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
