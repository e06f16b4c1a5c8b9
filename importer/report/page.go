package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"
)

// pageSchools is how many schools a page names.
const pageSchools = 100

//go:embed page.html.tmpl
var pageText string

// HTML writes the summary as one self-contained page: no network, no file beside
// it. It lists up to 2,000 of the rows that are not done, unsent ones last; they
// can be sorted and filtered.
func (s *Summary) HTML(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{"grouped": Grouped, "plus": func(a, b int) int { return a + b }}).Parse(pageText)
	if err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	var b bytes.Buffer // so that an error leaves no half a page behind
	if err := t.Execute(&b, s.page()); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// page is the summary in the words of the page.
type page struct {
	Title    string
	Several  bool // reports
	Headline string
	Tone     string // good, wait or bad: the colour of the headline
	Advice   string
	Commands []string
	Shares   []share
	Reasons  []reasonRow
	Schools  []schoolRow
	More     int // schools that are not named
	Rows     []pageRow
	Files    bool // rows have a file
	Omitted  int
	Undone   []share // outcomes the rows can be filtered by
	Runs     []runRow
}

// share is an outcome's part of the whole.
type share struct {
	Name    string
	Rows    int
	Percent string
	Width   float64 // percent of the bar
}

type reasonRow struct {
	*Reason
	Code, Text, Where string
	Width             float64 // percent of the most rows
}

type schoolRow struct {
	Name         string
	Rows, Undone int
	Width        float64 // percent that is not done
}

type pageRow struct {
	*row
	Code, Text string
	Fields     []field
}

// field is a cell of the source row, under its column's name.
type field struct{ Name, Value string }

type runRow struct {
	Path, Story, Version string
	Sources              []Source
}

func (s *Summary) page() page {
	p := page{Headline: s.headline(), Tone: "good", Several: len(s.Reports) > 1, Omitted: s.omitted(), Files: s.sources}
	p.Advice, p.Commands = s.next()
	switch {
	case s.Undone+s.Unreached > 0:
		p.Tone = "bad"
	case s.Outcomes[Planned] > 0:
		p.Tone = "wait"
	}
	var names []string
	for _, r := range s.Reports {
		names = append(names, filepath.Base(r.Path))
		run := runRow{Path: r.Path, Story: r.story()}
		if r.Facts != nil {
			run.Version, run.Sources = r.Facts.Version, r.Facts.Sources
		}
		p.Runs = append(p.Runs, run)
	}
	p.Title = strings.Join(names, ", ")

	all := s.Rows + s.Unreached
	for _, o := range Outcomes() {
		if n := s.Outcomes[o]; n > 0 {
			one := newShare(string(o), n, all)
			p.Shares = append(p.Shares, one)
			if !o.Done() && o != Planned {
				p.Undone = append(p.Undone, one)
			}
		}
	}
	if s.Unreached > 0 {
		p.Shares = append(p.Shares, newShare("no line", s.Unreached, all))
	}
	most := 0
	for i := range s.Reasons {
		most = max(most, s.Reasons[i].Rows)
	}
	for i := range s.Reasons {
		r := &s.Reasons[i]
		p.Reasons = append(p.Reasons, reasonRow{r, r.code(), r.text(), r.where(), 100 * float64(r.Rows) / float64(most)})
	}
	if len(s.Schools) > 1 {
		for _, school := range s.Schools[:min(len(s.Schools), pageSchools)] {
			p.Schools = append(p.Schools, schoolRow{school.name(), school.Rows, school.Undone, 100 * float64(school.Undone) / float64(school.Rows)})
		}
		p.More = len(s.Schools) - len(p.Schools)
	}
	for i := range s.rows {
		p.Rows = append(p.Rows, s.rows[i].page())
	}
	return p
}

func newShare(name string, n, all int) share {
	return share{name, n, percent(n, all), 100 * float64(n) / float64(all)}
}

func (r *row) page() pageRow {
	why := Reason{HTTPStatus: r.HTTPStatus, CodeMinor: r.CodeMinor, Message: r.Message, Description: r.Description}
	p := pageRow{row: r, Code: why.code(), Text: why.text()}
	for i, value := range r.Cells {
		name := "(beyond the header)"
		if i < len(r.header) {
			name = strings.TrimSpace(r.header[i])
		}
		if strings.TrimSpace(value) != "" {
			p.Fields = append(p.Fields, field{name, value})
		}
	}
	return p
}
