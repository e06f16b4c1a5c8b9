package main

import (
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"rosterpatch/importer"
	"rosterpatch/mapping"
)

// mapped says which mapping file to use.
type mapped struct {
	Mapping string `group:"rows" placeholder:"FILE" help:"Mapping file: which column is which field, and what its values mean. Default: OneRoster headers; for the rows of a report or plan, as its run had it."`
}

func (f *mapped) into(o *importer.Options) error {
	if f.Mapping == "" {
		return nil
	}
	text, err := os.ReadFile(f.Mapping)
	if err != nil {
		return &importer.UsageError{Flag: "--mapping", Value: f.Mapping, Problem: "cannot be read: " + err.Error()}
	}
	spec, err := mapping.Parse(f.Mapping, text)
	o.Mapping = &spec
	return err
}

// reading says how the rows of a file are read.
type reading struct {
	mapped
	Set   []string `group:"rows" sep:"none" placeholder:"FIELD=VALUE" help:"A constant for every row; repeatable."`
	Only  []string `group:"rows" placeholder:"FIELD" help:"Send these fields alone, comma-separated."`
	Where string   `group:"rows" placeholder:"EXPR" help:"Rows to take, such as 'row[\"schoolSourcedId\"] == \"101\"'; the others are left out and counted."`
	encoded
}

// encoded says how the bytes of a file become cells.
type encoded struct {
	Encoding  string `group:"rows" placeholder:"NAME" help:"Encoding of the file, such as windows-1252. Default: UTF-8, or UTF-16 with a byte order mark."`
	Delimiter string `group:"rows" placeholder:"CHAR" help:"What separates cells: a character, or 'tab'. Default: a comma, or what a first line sep=; says."`
}

// into fills in what the options say of reading.
func (f *reading) into(o *importer.Options) error {
	if err := f.mapped.into(o); err != nil {
		return err
	}
	spec := mapping.Spec{}
	if o.Mapping != nil {
		spec = *o.Mapping
	}
	spec, err := spec.Override(f.Set, f.Only, f.Where)
	if err != nil {
		return err
	}
	o.Mapping = &spec
	return f.encoded.into(o)
}

func (f *encoded) into(o *importer.Options) (err error) {
	o.Reading.Encoding = f.Encoding
	o.Reading.Delimiter, err = f.delimiter()
	return err
}

func (f *encoded) delimiter() (rune, error) {
	switch d, size := utf8.DecodeRuneInString(f.Delimiter); {
	case f.Delimiter == "":
		return 0, nil
	case f.Delimiter == "tab", f.Delimiter == `\t`:
		return '\t', nil
	case size == len(f.Delimiter) && !strings.ContainsRune("\"\r\n", d) && d != utf8.RuneError:
		return d, nil
	}
	return 0, &importer.UsageError{Flag: "--delimiter", Value: f.Delimiter, Problem: "must be one character, such as ';', or 'tab'"}
}

// sharing says which part of the rows this process takes.
type sharing struct {
	Shard string `group:"rows" placeholder:"I/N" help:"Take the rows whose sourcedId falls into shard I of N, counted from 0; --rate is divided by N. JOB_COMPLETION_INDEX and ROSTERPATCH_SHARDS say the same."`
}

func (f *sharing) into(o *importer.Options) (err error) {
	text := f.Shard
	if text == "" {
		index, of := os.Getenv("JOB_COMPLETION_INDEX"), os.Getenv("ROSTERPATCH_SHARDS")
		switch {
		case index == "" && of == "":
			return nil
		case index == "":
			return &importer.UsageError{Flag: "JOB_COMPLETION_INDEX", Problem: "is not set, though ROSTERPATCH_SHARDS is; give --shard, or run in an indexed job"}
		case of == "":
			return &importer.UsageError{Flag: "ROSTERPATCH_SHARDS", Problem: "is not set, though JOB_COMPLETION_INDEX is: every pod of the job would send all rows"}
		}
		text = index + "/" + of
	}
	o.Shard, err = importer.ParseShard(text)
	return err
}

// pace says how fast to send, and when to stop.
type pace struct {
	Workers  int           `group:"pace" default:"10" help:"Requests in flight at once."`
	Rate     float64       `group:"pace" default:"50" help:"Ceiling in requests a second, reads included; 0 is none."`
	Timeout  time.Duration `group:"pace" default:"30s" help:"Time limit for one attempt."`
	Retries  int           `group:"pace" default:"5" help:"Attempts a row after the first; a 429 does not count."`
	GiveUp   time.Duration `group:"pace" default:"5m" help:"Stop when no request has succeeded for this long."`
	FinishBy string        `group:"pace" placeholder:"TIME|D" help:"Stop cleanly at this time of day (06:00) or after this long (90m)."`
}

func (f *pace) into(o *importer.Options) (err error) {
	o.Workers, o.Rate, o.Retries, o.GiveUp = f.Workers, f.Rate, f.Retries, f.GiveUp
	o.Server.Timeout = f.Timeout
	o.FinishBy, err = finishBy(f.FinishBy, time.Now())
	return err
}

// finishBy reads a time of day, which is the next such time after now, an RFC
// 3339 time, or a span from now. "" is the zero time.
func finishBy(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return now.Add(d), nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil && t.After(now) {
		return t, nil
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		clock, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		t := time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, now.Location())
		if !t.After(now) {
			t = t.AddDate(0, 0, 1)
		}
		return t, nil
	}
	return time.Time{}, &importer.UsageError{Flag: "--finish-by", Value: s, Problem: "must be a time to come, such as 06:00 or 2027-06-10T06:00:00Z, or a span, such as 90m"}
}

// limiting holds a run back that would do more than expected.
type limiting struct {
	MaxTobedeleted string `group:"limits" placeholder:"N|P%" help:"Refuse a run that would set more rows than this to tobedeleted. Default: 20%, once over 50 rows."`
	MaxChanges     string `group:"limits" placeholder:"N|P%" help:"Refuse a run that would send more rows than this. Default: none."`
	MaxInvalid     string `group:"limits" placeholder:"N|P%" help:"Refuse a run with more invalid rows than this. Default: 20%, once over 50 rows."`
	LimitBy        string `group:"limits" placeholder:"COLUMN" help:"Hold each limit for every value of a column too, such as schoolSourcedId."`
}

func (f *limiting) into(o *importer.Options) error {
	o.Limits.By = f.LimitBy
	for _, l := range []struct {
		flag, value string
		limit       *importer.Limit
	}{
		{"--max-tobedeleted", f.MaxTobedeleted, &o.Limits.ToBeDeleted},
		{"--max-changes", f.MaxChanges, &o.Limits.Changes},
		{"--max-invalid", f.MaxInvalid, &o.Limits.Invalid},
	} {
		if l.value == "" {
			continue
		}
		limit, err := importer.ParseLimit(l.flag, l.value)
		if err != nil {
			return err
		}
		*l.limit = limit
	}
	return nil
}

// reporting says where the report goes.
type reporting struct {
	Report string `group:"report" placeholder:"PATH" help:"Where the report goes. Default: beside what is read, as NAME.report.csv; of a rerun or an undo, as NAME.rerun-1.report.csv, NAME.undo-1.report.csv, and so on."`
	Force  bool   `group:"report" help:"Replace a report that is there."`
	Lock   string `group:"report" placeholder:"PATH" help:"One run at a time holds this lock. Default: .rosterpatch.lock beside the report."`
}

func (f *reporting) into(o *importer.Options) error {
	o.Report, o.Force, o.Lock = f.Report, f.Force, f.Lock
	return nil
}

// rounded is d with no more digits than a person reads.
func rounded(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprint(d.Round(time.Millisecond))
	case d < time.Minute:
		return fmt.Sprint(d.Round(100 * time.Millisecond))
	}
	return fmt.Sprint(d.Round(time.Second))
}
