package mapping

import (
	"fmt"
	"regexp"
	"slices"
)

// guessDates drafts the formats of the date columns. One that can be read in
// several ways follows another that can be read in one.
func (g *guesser) guessDates() {
	settled := map[string]bool{}
	for _, again := range []bool{false, true} {
		for _, name := range []string{"beginDate", "endDate"} {
			s := g.fields[name]
			if s == nil || len(s.values) == 0 {
				continue
			}
			ways := readings(s.formats())
			if (len(ways) > 1) != again {
				continue
			}
			if i := slices.IndexFunc(ways, func(f dateFormat) bool { return settled[f.text] }); i >= 0 {
				ways = ways[i : i+1]
			}
			if f := g.guessDate(s, name, ways); f != "" {
				settled[f] = true
			}
		}
	}
}

// guessDate drafts the format of one column, which is one of ways, and returns
// it if there is no doubt.
func (g *guesser) guessDate(s *sample, name string, ways []dateFormat) string {
	if len(ways) == 0 {
		g.draft.add("dates", false, name+": …", "its values are not dates in a known format")
		return ""
	}
	doubt := ""
	if len(ways) > 1 {
		doubt = "or as below? Every value can be read in each of these ways"
	} else {
		doubt = s.misread(ways[0])
	}
	if doubt == "" {
		if ways[0].text != (dateFormat{}).String() {
			g.draft.add("dates", true, name+": "+scalar(ways[0].text), "")
		}
		return ways[0].text
	}
	for _, f := range ways {
		g.draft.add("dates", false, name+": "+scalar(f.text), doubt)
		doubt = ""
	}
	return ""
}

// lateUTC is the time of day of a date-time in UTC, at the end of its text.
var lateUTC = regexp.MustCompile(`(\d\d:\d\d)(:[\d.]+)? ?(Z|[+-]00:?00)$`)

// misread says why a format may read the column wrongly, or "".
func (s *sample) misread(f dateFormat) string {
	for _, v := range s.distinct() {
		if _, ok := f.parse(v); !ok && fittingFormats(v) != nil {
			return shorten(v) + " is a date in another format"
		}
	}
	for _, v := range s.distinct() {
		// Midnight and the end of a day tell that no clock was set to another zone.
		if m := lateUTC.FindStringSubmatch(v); m != nil && m[1] != "00:00" && m[1] != "23:59" {
			return fmt.Sprintf("%s is a time in UTC; is it the same day at the school?", shorten(v))
		}
	}
	return ""
}

// formats are those that read most of the different values of the column, if they
// read half of them at all; nil otherwise. Of those with years of two digits, one
// that scatters the dates over many more years than another is left out: its year
// is another's day.
func (s *sample) formats() []dateFormat {
	count := map[string]int{}
	best := 0
	for v := range s.values {
		fit := fittingFormats(v)
		if looksSerial(v) {
			fit = append(fit, dateFormat{text: serialFormat})
		}
		for _, f := range fit {
			count[f.text]++
			best = max(best, count[f.text])
		}
	}
	if best == 0 || 2*best < len(s.values) {
		return nil
	}
	days, times := knownFormats()
	var formats []dateFormat
	nearest := 9999
	for _, f := range slices.Concat(days, times, []dateFormat{{text: serialFormat}}) {
		if count[f.text] == best {
			formats = append(formats, f)
			nearest = min(nearest, s.years(f))
		}
	}
	return slices.DeleteFunc(formats, func(f dateFormat) bool { return s.years(f) > nearest+10 })
}

// years is how many years lie between the earliest and the latest date, as f
// reads the column.
func (s *sample) years(f dateFormat) int {
	earliest, latest := 9999, 0
	for v := range s.values {
		if day, ok := f.parse(v); ok {
			earliest, latest = min(earliest, day.Year()), max(latest, day.Year())
		}
	}
	return latest - earliest
}
