package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"rosterpatch/importer/sandbox"
)

// roster is an invented source file, and what is to become of its rows.
type roster struct {
	text []byte
	rows []rosterRow
	held []sandbox.Record // what the server holds before
	want map[string]sandbox.Record
}

// rosterRow is a row of it.
type rosterRow struct {
	line  int
	cells []string
	id    string
	kind  rowKind
	body  map[string]any // of the enrollment, if the row is to be sent
}

type rowKind int

const (
	toSend  rowKind = iota
	toMiss          // to be sent, but the server has no such enrollment
	nothing         // every cell but the id is blank
	wrong           // invalid
)

var rosterHeader = []string{"sourcedId", "status", "role", "primary", "beginDate", "endDate", "classSourcedId",
	"metadata.row", "metadata.note", "metadata.jp.seatNumber", "metadata.jp.bus", "metadata.goals.dailyXp"}

// mistakes make a row invalid.
var mistakes = []struct{ column, value string }{
	{"sourcedId", ""}, {"sourcedId", "."}, {"sourcedId", "1.2E+15"}, {"status", "inactive"}, {"role", "Student"},
	{"primary", "yes"}, {"beginDate", "06/10/2027"}, {"endDate", "2027-02-30"}, {"metadata.goals.dailyXp", "many"},
}

// newRoster draws a file of so many rows, and some lines that are none.
func newRoster(r *rand.Rand, rows int) *roster {
	f := &roster{want: map[string]sandbox.Record{}}
	var b strings.Builder
	end := []string{"\n", "\r\n"}[r.IntN(2)]
	line := 1
	write := func(text string) {
		b.WriteString(text + end)
		line += strings.Count(text, "\n") + 1
	}
	if r.IntN(3) == 0 {
		b.WriteString("\ufeff")
	}
	write(strings.Join(rosterHeader, ","))
	for i := range rows {
		row := f.draw(r, i)
		row.line = line
		f.rows = append(f.rows, row)
		write(quoteCells(r, row.cells))
		for r.IntN(20) == 0 {
			write([]string{"", strings.Repeat(",", len(rosterHeader)-1), "  "}[r.IntN(3)])
		}
	}
	f.text = []byte(b.String())
	if last := f.rows[len(f.rows)-1]; last.kind != wrong && r.IntN(3) == 0 { // else the file is taken for cut
		f.text = bytes.TrimRight(f.text, "\r\n") // which leaves no blank line behind the last row either
	}
	f.foresee(r)
	return f
}

// draw is the next row.
func (f *roster) draw(r *rand.Rand, number int) rosterRow {
	cell := map[string]string{"metadata.row": fmt.Sprint(number)}
	maybe := func(column string, values ...string) {
		if r.IntN(2) == 0 {
			cell[column] = values[r.IntN(len(values))]
		}
	}
	cell["sourcedId"] = fmt.Sprintf([]string{"e-%d", "e/%d", "é %d", "100%%-%d", "a,b'%d", "e?%d#x"}[r.IntN(6)], number)
	if number > 0 && r.IntN(5) == 0 {
		if id := f.rows[r.IntN(number)].id; id != "" {
			cell["sourcedId"] = id
		}
	}
	maybe("status", "active", "active", "tobedeleted")
	maybe("role", "student", "teacher", "proctor", "administrator")
	maybe("primary", "true", "FALSE", "True")
	maybe("beginDate", "2027-06-10", "2026-08-31")
	maybe("endDate", "2027-06-11", "2028-02-29")
	maybe("classSourcedId", "class-1", "class-2")
	maybe("metadata.note", "plain", `says "hi", twice`, "two\nlines", "three\r\nmore\nlines", "=SUM(A1)", "  spaced  ", "ünïcode")
	maybe("metadata.jp.seatNumber", "4A", "12")
	maybe("metadata.jp.bus", "north", "south")
	maybe("metadata.goals.dailyXp", "25", "1.50")

	row := rosterRow{id: cell["sourcedId"]}
	switch r.IntN(20) {
	case 0:
		row.kind = wrong
		m := mistakes[r.IntN(len(mistakes))]
		if cell[m.column] = m.value; m.column == "sourcedId" {
			row.id = ""
		}
	case 1:
		row.kind = nothing
		cell = map[string]string{"sourcedId": row.id}
	default:
		row.body = enrollment(cell)
	}
	for _, column := range rosterHeader {
		row.cells = append(row.cells, cell[column])
	}
	if row.kind == toSend && r.IntN(30) == 0 { // ragged
		row.kind, row.body = wrong, nil
		row.cells = append(row.cells, "one too many")[:len(row.cells)+1-2*r.IntN(2)]
	}
	return row
}

// enrollment is the body that says what the cells say.
func enrollment(cell map[string]string) map[string]any {
	body, metadata := map[string]any{}, map[string]any{}
	for column, text := range cell {
		text = strings.TrimSpace(text)
		switch {
		case text == "", column == "sourcedId":
		case column == "primary":
			body[column] = strings.EqualFold(text, "true")
		case column == "classSourcedId":
			body["class"] = map[string]any{"sourcedId": text}
		case column == "metadata.goals.dailyXp":
			metadata["goals"] = map[string]any{"dailyXp": json.Number(text)}
		case strings.HasPrefix(column, "metadata.jp."):
			jp, _ := metadata["jp"].(map[string]any)
			if jp == nil {
				jp = map[string]any{}
				metadata["jp"] = jp
			}
			jp[strings.TrimPrefix(column, "metadata.jp.")] = text
		case strings.HasPrefix(column, "metadata."):
			metadata[strings.TrimPrefix(column, "metadata.")] = text
		default:
			body[column] = text
		}
	}
	if len(metadata) > 0 {
		body["metadata"] = metadata
	}
	return body
}

// foresee draws what the server holds before, and works out what it is to hold
// once every row is sent, the last row of an id last.
func (f *roster) foresee(r *rand.Rand) {
	absent := map[string]bool{}
	for i := range f.rows {
		row := &f.rows[i]
		if row.kind != toSend {
			continue
		}
		record, known := f.want[row.id]
		if !known && !absent[row.id] {
			if absent[row.id] = r.IntN(15) == 0; !absent[row.id] {
				record = sandbox.Record{SourcedID: row.id, Status: "active", Role: "student", User: "user-1", Class: "class-9", School: "school-1",
					Primary:  []string{"", "true", "false"}[r.IntN(3)],
					Metadata: json.RawMessage(`{"jp":{"bus":"west","stop":"7"},"pctCompleteApp":3}`)}
				if r.IntN(4) == 0 {
					record = with(record, row.body)
				}
				f.held = append(f.held, record)
			}
		}
		if absent[row.id] {
			row.kind = toMiss
			continue
		}
		f.want[row.id] = with(record, row.body)
	}
}

// with is what a record holds after a body.
func with(record sandbox.Record, body map[string]any) sandbox.Record {
	for key, to := range map[string]*string{"status": &record.Status, "role": &record.Role, "beginDate": &record.BeginDate, "endDate": &record.EndDate} {
		if value, ok := body[key].(string); ok {
			*to = value
		}
	}
	if primary, ok := body["primary"]; ok {
		record.Primary = fmt.Sprint(primary)
	}
	if class, ok := body["class"].(map[string]any); ok {
		record.Class = class["sourcedId"].(string)
	}
	if metadata, ok := body["metadata"].(map[string]any); ok {
		record.Metadata, _ = json.Marshal(merged(decode(record.Metadata), metadata))
	}
	return record
}

// merged is held with what is in from, deeply.
func merged(held, from map[string]any) map[string]any {
	all := maps.Clone(held)
	for key, value := range from {
		old, both := all[key].(map[string]any)
		if inner, ok := value.(map[string]any); ok && both {
			value = merged(old, inner)
		}
		all[key] = value
	}
	return all
}

// decode is a JSON object with its numbers as they are written.
func decode(raw []byte) map[string]any {
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&object) != nil {
		return nil
	}
	return object
}

// quoteCells is a line of CSV. Some cells are quoted that need not be.
func quoteCells(r *rand.Rand, cells []string) string {
	cells = slices.Clone(cells)
	for i, c := range cells {
		if strings.ContainsAny(c, "\",\r\n") || r.IntN(10) == 0 {
			cells[i] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
	}
	return strings.Join(cells, ",")
}

// gzipped is text in a .gz.
func gzipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	z.Close()
	return b.Bytes()
}
