package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
)

// talking says how a command talks on standard error while it works.
type talking struct {
	Progress  string `group:"talk" enum:"auto,bar,plain,json,none" default:"auto" help:"Progress on standard error: ${enum}. auto is a bar on a terminal, plain lines elsewhere."`
	LogFormat string `group:"talk" enum:",console,json" default:"" placeholder:"console|json" help:"Default: console on a terminal, json elsewhere."`
	LogLevel  string `group:"talk" enum:"debug,info,warn,error" default:"info" help:"Least level that is logged: ${enum}."`
}

// watch sets log and progress; done takes the bar off the terminal.
func (f *talking) watch(o *importer.Options, w io.Writer) (done func(), err error) {
	tty := terminal(w)
	s := &screen{w: w}
	level, err := zerolog.ParseLevel(f.LogLevel)
	if err != nil {
		return nil, err
	}
	var log io.Writer = s
	if f.LogFormat == "console" || f.LogFormat == "" && tty {
		log = zerolog.ConsoleWriter{Out: s, TimeFormat: time.TimeOnly, NoColor: !tty || os.Getenv("NO_COLOR") != ""}
	}
	o.Log = zerolog.New(log).Level(level).With().Timestamp().Logger()
	switch f.Progress {
	case "bar":
		o.Progress = s.drawBar
	case "plain":
		o.Progress = s.every(plainEvery, true, plainLine)
	case "json":
		o.Progress = s.every(time.Second, true, jsonLine)
	case "auto":
		if o.Progress = s.every(plainEvery, false, plainLine); tty {
			o.Progress = s.drawBar
		}
	}
	return s.clear, nil
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// plainEvery is the time between plain lines of progress: a log that someone
// reads in the morning.
const plainEvery = 10 * time.Second

// screen is standard error, shared by the log and the progress. Safe for
// concurrent use.
type screen struct {
	mu  sync.Mutex
	w   io.Writer
	bar *progressbar.ProgressBar
}

// Write puts a log line above the bar.
func (s *screen) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar != nil {
		s.bar.Clear()
		defer s.bar.RenderBlank()
	}
	return s.w.Write(line)
}

func (s *screen) drawBar(p importer.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar == nil {
		s.bar = progressbar.NewOptions(p.Rows,
			progressbar.OptionSetWriter(s.w), progressbar.OptionShowCount(), progressbar.OptionSetWidth(24),
			progressbar.OptionUseANSICodes(true), progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false), progressbar.OptionThrottle(100*time.Millisecond))
	}
	s.bar.ChangeMax(p.Rows)
	s.bar.Describe(describe(p))
	s.bar.Set(p.Done)
}

// clear takes the bar away, so that what comes next starts on a clean line.
func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar != nil {
		s.bar.Clear()
		s.bar = nil
	}
}

// every writes a line of progress now and then, and one at the end of each
// stage if that is asked for.
func (s *screen) every(span time.Duration, atEnd bool, line func(importer.Progress) string) func(importer.Progress) {
	next := time.Now().Add(span)
	return func(p importer.Progress) {
		if now := time.Now(); now.After(next) || atEnd && p.Ended {
			next = now.Add(span)
			fmt.Fprintln(s, line(p))
		}
	}
}

func plainLine(p importer.Progress) string {
	return fmt.Sprintf("%s of %s rows, %s", report.Grouped(p.Done), report.Grouped(p.Rows), describe(p))
}

func jsonLine(p importer.Progress) string {
	text, _ := json.Marshal(map[string]any{ // numbers and a word always marshal
		"progress": p.Stage, "done": p.Done, "rows": p.Rows, "notDone": p.NotDone,
		"rowsPerSecond": int(p.Rate), "secondsLeft": int(p.Left.Seconds()),
	})
	return string(text)
}

// describe says in a few words how it goes.
func describe(p importer.Progress) string {
	s := fmt.Sprintf("%s: %s/s", p.Stage, report.Grouped(int(p.Rate)))
	if p.NotDone > 0 {
		s += fmt.Sprintf(", %s not updated", report.Grouped(p.NotDone))
	}
	if p.Left > 0 {
		s += ", " + rounded(p.Left.Round(time.Second)) + " left"
	}
	return s
}
