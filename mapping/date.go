package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// serialFormat reads the day numbers that a spreadsheet shows where a cell
// has lost its date format: 45505 is 2024-08-01.
const serialFormat = "serial"

// dateTokens are what a date format is made of, the longest first, each with
// the layout package time reads it by. Those of the time of day and of the
// zone are there to be dropped.
var dateTokens = []struct{ token, layout string }{
	{"YYYY", "2006"}, {"MMMM", "January"}, {"dddd", "Monday"},
	{"MMM", "Jan"}, {"ddd", "Mon"}, {"ZZ", "Z0700"},
	{"YY", "06"}, {"MM", "01"}, {"DD", "02"}, {"HH", "15"}, {"hh", "03"}, {"mm", "04"}, {"ss", "05"},
	{"M", "1"}, {"D", "2"}, {"H", "15"}, {"h", "3"}, {"A", "PM"}, {"a", "pm"}, {"Z", "Z07:00"},
	{"T", "T"}, {" ", " "}, {"-", "-"}, {"/", "/"}, {".", "."}, {",", ","}, {":", ":"},
}

// allowedTokens says the same to a person.
const allowedTokens = "YYYY YY MMMM MMM MM M DD D; dddd ddd HH H hh h mm ss A a Z ZZ T, which are read and dropped; space - / . , : between them; or the word serial"

// dateFormat is a format of the source; the zero value is YYYY-MM-DD.
type dateFormat struct {
	text   string // as a mapping file says it
	layout string // as package time says it
	order  string // of its day, month and year, such as MDY
}

func (f dateFormat) String() string {
	if f.text == "" {
		return "YYYY-MM-DD"
	}
	return f.text
}

// parseDateFormat reads a format such as MM/DD/YYYY.
func parseDateFormat(text string) (dateFormat, error) {
	if text == serialFormat {
		return dateFormat{text: text}, nil
	}
	var layout, order strings.Builder
	var years, months, days int
	for rest := text; rest != ""; {
		found := false
		for _, t := range dateTokens {
			if !strings.HasPrefix(rest, t.token) {
				continue
			}
			switch t.token[0] {
			case 'Y':
				years++
			case 'M':
				months++
			case 'D':
				days++
			}
			if strings.Contains("YMD", t.token[:1]) {
				order.WriteByte(t.token[0])
			}
			layout.WriteString(t.layout)
			rest, found = rest[len(t.token):], true
			break
		}
		if !found {
			return dateFormat{}, fmt.Errorf("%q is not a date format: it stops making sense at %q; allowed: %s", text, rest, allowedTokens)
		}
	}
	if years != 1 || months != 1 || days != 1 {
		return dateFormat{}, fmt.Errorf("%q is not a date format: it needs one year (YYYY or YY), one month (MMMM, MMM, MM or M) and one day (DD or D)", text)
	}
	return dateFormat{text: text, layout: layout.String(), order: order.String()}, nil
}

// parse reads a date as the calendar day that is written, whatever time and
// zone stand beside it.
func (f dateFormat) parse(text string) (time.Time, bool) {
	if f.text == serialFormat {
		return parseSerial(text)
	}
	layout := f.layout
	if layout == "" {
		layout = time.DateOnly
	}
	day, err := time.Parse(layout, text)
	return day, err == nil
}

// isDay reports whether text is a day of the calendar as time.DateOnly has it. Most
// rows hold two, and package time takes several times as long over each.
func isDay(text string) bool {
	if len(text) != len(time.DateOnly) || text[4] != '-' || text[7] != '-' {
		return false
	}
	number := func(digits string) (n int) {
		for _, c := range []byte(digits) {
			if c < '0' || c > '9' {
				return -1
			}
			n = 10*n + int(c-'0')
		}
		return n
	}
	year, month, day := number(text[:4]), number(text[5:7]), number(text[8:])
	return year >= 0 && 1 <= month && month <= 12 && 1 <= day &&
		(day <= 28 || time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day)
}

// parseSerial reads a day number counted the way spreadsheets do, where 1 is
// 1900-01-01 and 60 is a 29 February 1900 that never was; hence only later
// days. A fraction is the time of day.
func parseSerial(text string) (time.Time, bool) {
	whole, fraction, _ := strings.Cut(text, ".")
	if strings.Trim(fraction, "0123456789") != "" || len(whole) > 7 || strings.Trim(whole, "0123456789") != "" {
		return time.Time{}, false
	}
	n, err := strconv.Atoi(whole)
	day := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n)
	return day, err == nil && n > 60 && day.Year() <= 9999
}

// runs are the numbers of a date, and what stands for them in a format.
var runs = regexp.MustCompile(`[0-9]+|[YMDHhms]+`)

// resembles reports whether text is written as f says, and just is no day.
func (f dateFormat) resembles(text string) bool {
	return runs.ReplaceAllString(f.String(), "0") == runs.ReplaceAllString(text, "0")
}

// foreignWord is the first word of text that no format reads: a month in another
// language, a time zone; "" if there is none.
func foreignWord(text string) string {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		english := func(layout string) bool { _, err := time.Parse(layout, word); return err == nil }
		if len(word) > 2 && !slices.ContainsFunc([]string{"Jan", "January", "Mon", "Monday"}, english) {
			return word
		}
	}
	return ""
}

// problem says why f cannot read text and which mapping line would.
func (f dateFormat) problem(name, text string) *Problem {
	p := &Problem{Kind: KindDate, Message: "is not a date", Allowed: "a day of the calendar as " + f.String()}
	if looksSerial(text) {
		p.Message = "is a spreadsheet's day number, not a date"
		p.Hint = "format the column as YYYY-MM-DD, or put " + flow("dates", name, serialFormat) + " in a mapping file"
		return p
	}
	for i, reading := range readings(fittingFormats(text)) {
		if i == 0 {
			p.Hint = "put " + flow("dates", name, reading.text) + " in a mapping file"
			continue
		}
		first := map[byte]string{'D': "day", 'M': "month", 'Y': "year"}[reading.order[0]]
		p.Hint += ", or " + reading.text + " if the " + first + " comes first"
	}
	return p
}
