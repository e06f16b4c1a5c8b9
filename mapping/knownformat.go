package mapping

import (
	"slices"
	"strings"
	"sync"
)

// commonFormats are the formats of real exports, in the order in which they
// are tried: month first comes before day first, and that before year first.
// Each that is of numbers alone stands there in every order that is in use, so
// that none is taken for another.
var commonFormats = []string{
	"YYYY-MM-DD", "M/D/YYYY", "D/M/YYYY", "M-D-YYYY", "D-M-YYYY", "M.D.YYYY", "D.M.YYYY", "M / D / YYYY", "D / M / YYYY",
	"YYYY-M-D", "YYYY/M/D", "YYYY.M.D", "YYYYMMDD", "MMDDYYYY", "DDMMYYYY",
	"D-MMM-YYYY", "D-MMM-YY", "MMM-D-YYYY", "D/MMM/YYYY", "D MMM YYYY", "D MMMM YYYY", "D. MMMM YYYY", "MMM D, YYYY", "MMMM D, YYYY", "MMM D YYYY",
	"dddd, MMMM D, YYYY", "ddd, MMM D, YYYY", "dddd, D MMMM YYYY", "ddd, D MMM YYYY", "ddd MMM D YYYY",
	"M/D/YY", "D/M/YY", "YY/M/D", "M-D-YY", "D-M-YY", "YY-M-D", "M.D.YY", "D.M.YY", "YY.M.D", "MMDDYY", "DDMMYY", "YYMMDD",
}

var commonTimes = []string{
	" HH:mm:ss", " HH:mm", "THH:mm:ssZ", "THH:mm:ssZZ", "THH:mm:ss", "THH:mmZ", "THH:mm", " HH:mm:ssZ", " HH:mm:ssZZ", " HH:mm:ss Z", " HH:mm:ss ZZ",
	" h:mm:ss A", " h:mm A", " h:mm:ss a", " h:mm a", " hh.mm.ss A",
}

// knownFormats are commonFormats without and with a time of day.
var knownFormats = sync.OnceValues(func() (days, times []dateFormat) {
	known := func(text string) dateFormat {
		f, err := parseDateFormat(text)
		if err != nil {
			panic(err) // a slip in the tables above, which a test would find
		}
		return f
	}
	for _, day := range commonFormats {
		days = append(days, known(day))
	}
	for _, clock := range commonTimes {
		for _, day := range commonFormats {
			times = append(times, known(day+clock))
		}
	}
	return days, times
})

// fittingFormats are those known formats that read text.
func fittingFormats(text string) []dateFormat {
	days, times := knownFormats()
	if fit := fitting(days, text); fit != nil {
		return fit
	}
	return fitting(times, text)
}

func fitting(formats []dateFormat, text string) (fit []dateFormat) {
	// Package time takes long to say no: most are ruled out by their first separator.
	separator := firstSeparator(text)
	for _, f := range formats {
		if firstSeparator(f.text) != separator {
			continue
		}
		// Before 1900, it is a date in another order: 20240814 is no day of the year 814.
		if day, ok := f.parse(text); ok && day.Year() >= 1900 {
			fit = append(fit, f)
		}
	}
	return fit
}

// firstSeparator is the first of the characters that part a date, or "".
func firstSeparator(text string) string {
	if i := strings.IndexAny(text, " -/.,:"); i >= 0 {
		return text[i : i+1]
	}
	return ""
}

// readings are what formats that fit the same dates can be taken for: the first
// of them, and one for each other order of day, month and year.
func readings(fit []dateFormat) (readings []dateFormat) {
	for _, f := range fit {
		if !slices.ContainsFunc(readings, func(other dateFormat) bool { return other.order == f.order }) {
			readings = append(readings, f)
		}
	}
	return readings
}

// looksSerial reports whether text is a day number of 1954 to 2118.
func looksSerial(text string) bool {
	_, ok := parseSerial(text)
	return ok && text >= "20000" && text < "80000" && strings.IndexByte(text+".", '.') == 5
}
