package report

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

const (
	// groupLimit bounds the reasons and the schools that are counted apart; a
	// column that holds something else entirely must not fill the memory.
	groupLimit = 10_000
	// undoneLimit bounds the rows that a page lists.
	undoneLimit = 2_000
	// examples is how many rows stand for a reason.
	examples = 3
)

// Summary is what one report says, or several together: shards of a run, a run
// and its reruns. Where a row has several lines, the latest run's counts.
type Summary struct {
	Reports   []Report        `json:"reports"`
	Rows      int             `json:"rows"`
	Outcomes  map[Outcome]int `json:"outcomes"`
	Done      int             `json:"done"`
	Undone    int             `json:"undone"`            // rows that are neither done nor planned
	Unreached int             `json:"unreached"`         // rows that a killed run never came to: they have no line
	Reasons   []Reason        `json:"reasons"`           // why rows are not done, the worst first
	Schools   []School        `json:"schools,omitempty"` // by schoolSourcedId, the worst first

	rows    []row // some of the rows that are not done
	sources bool  // rows come of several files
}

// Report is what one report says as a whole.
type Report struct {
	Path  string `json:"path"`
	Lines int    `json:"lines"`
	Torn  int    `json:"torn"`          // lines that a kill cut, and that count as not there
	Left  int    `json:"left"`          // rows that a rerun of it would take, as far as they are known
	Facts *Facts `json:"run,omitempty"` // nil when its side file is gone
}

// Reason is why rows are not done.
type Reason struct {
	Outcome     Outcome   `json:"outcome"`
	HTTPStatus  int       `json:"httpStatus,omitempty"`
	CodeMinor   string    `json:"codeMinor,omitempty"`
	Message     string    `json:"message"`               // what differs from row to row is "…"
	Description string    `json:"description,omitempty"` // the server's words, for the first row
	Rows        int       `json:"rows"`
	Examples    []Example `json:"examples"`
}

// Example is a row that a reason holds for.
type Example struct {
	File      string `json:"file,omitempty"`
	Line      int    `json:"line"`
	SourcedID string `json:"sourcedId,omitempty"`
}

// School is the rows of one school.
type School struct {
	SourcedID string          `json:"sourcedId"`
	Rows      int             `json:"rows"`
	Undone    int             `json:"undone"`
	Outcomes  map[Outcome]int `json:"outcomes"`
}

// row is a row that is not done, for a page.
type row struct {
	Line
	header []string
}

// Summarise reads reports and what stands beside them, until ctx ends. It is an
// [Error] when one of them is no report. Memory grows by 24 bytes a row, and with
// the reasons and the schools.
func Summarise(ctx context.Context, paths ...string) (*Summary, error) {
	set, err := openSet(ctx, paths)
	if err != nil {
		return nil, err
	}
	defer set.Close()

	c := newCount(len(set.files) > 1)
	columns := make(map[*part]columnsOf, len(set.parts))
	for i, p := range set.parts {
		c.Unreached += p.left
		columns[p] = findColumns(p.Header(), i)
		c.Reports = append(c.Reports, Report{Path: p.path, Lines: p.lines, Torn: p.Torn(), Left: p.left, Facts: p.facts})
	}
	err = set.each(ctx, func(p *part, l Line) error {
		if undone, id := c.line(columns[p], &l); undone {
			l.SourcedID = id
			c.keep(row{l, p.Header()})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c.summary(), nil
}

// JSON writes the summary for a program to read.
func (s *Summary) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(s)
}

// omitted is how many rows that are not done a page leaves out.
func (s *Summary) omitted() int { return s.Undone - len(s.rows) }

// count makes a Summary, a line at a time.
type count struct {
	Summary
	reasons map[reasonKey]*Reason
	schools map[string]*School
	unsent  []row // kept apart, so that they do not crowd the others out
}

func newCount(sources bool) *count {
	return &count{
		Summary: Summary{Outcomes: map[Outcome]int{}, Reasons: []Reason{}, sources: sources},
		reasons: map[reasonKey]*Reason{},
		schools: map[string]*School{},
	}
}

// columnsOf is where a report has the columns that a summary names, -1 for
// nowhere, and which of the Reports it is.
type columnsOf struct{ id, school, report int }

func findColumns(header []string, report int) columnsOf {
	named := func(name string) int {
		return slices.IndexFunc(header, func(h string) bool { return strings.TrimSpace(h) == name })
	}
	return columnsOf{id: named("sourcedId"), school: named("schoolSourcedId"), report: report}
}

// line counts a line, and tells whether its row is still to be done.
func (c *count) line(at columnsOf, l *Line) (undone bool, id string) {
	id = cmp.Or(l.SourcedID, cell(l.Cells, at.id))
	c.Rows++
	c.Outcomes[l.Outcome]++
	undone = !l.Outcome.Done() && l.Outcome != Planned
	if l.Outcome.Done() {
		c.Done++
	}
	if at.school >= 0 {
		c.school(cell(l.Cells, at.school), l.Outcome, undone)
	}
	if undone {
		c.Undone++
		c.Reports[at.report].Left++
		c.reason(l, id)
	}
	return undone, id
}

// keep remembers some of the rows that are not done.
func (c *count) keep(r row) {
	kept := &c.rows
	if r.Outcome == Unsent {
		kept = &c.unsent
	}
	if len(*kept) < undoneLimit {
		*kept = append(*kept, r)
	}
}

func (c *count) school(id string, o Outcome, undone bool) {
	s := c.schools[id]
	if s == nil {
		if len(c.schools) >= groupLimit {
			id = "(others)"
		}
		if s = c.schools[id]; s == nil {
			s = &School{SourcedID: strings.Clone(id), Outcomes: map[Outcome]int{}}
			c.schools[s.SourcedID] = s
		}
	}
	s.Rows++
	s.Outcomes[o]++
	if undone {
		s.Undone++
	}
}

func (c *count) summary() *Summary {
	for _, r := range c.reasons {
		c.Reasons = append(c.Reasons, *r)
	}
	slices.SortFunc(c.Reasons, worse)
	for _, s := range c.schools {
		c.Schools = append(c.Schools, *s)
	}
	slices.SortFunc(c.Schools, func(a, b School) int {
		return cmp.Or(cmp.Compare(b.Undone, a.Undone), strings.Compare(a.SourcedID, b.SourcedID))
	})
	c.rows = append(c.rows, c.unsent[:min(len(c.unsent), undoneLimit-len(c.rows))]...)
	return &c.Summary
}

func cell(cells []string, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return strings.TrimSpace(cells[i])
}
