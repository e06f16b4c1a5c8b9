package importer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// reportFlag is the flag that says where the report goes.
func (o *Options) reportFlag() string {
	if o.Command == "plan" {
		return "--out"
	}
	return "--report"
}

// reportPath is where the report goes: beside the first source unless it is
// said.
func (o *Options) reportPath() string {
	if o.Report != "" {
		return o.Report
	}
	path := o.Sources[0]
	if path == "-" {
		path = "stdin"
	}
	for _, ext := range []string{".gz", ".csv", ".zip"} {
		path = strings.TrimSuffix(path, ext)
	}
	switch o.Command {
	case "plan":
		return path + o.Shard.name() + ".plan.csv"
	case "rerun", "undo":
		return o.numbered(strings.TrimSuffix(path, ".report"))
	}
	return path + o.Shard.name() + ".report.csv"
}

// numbered is the first name for a rerun or an undo of a report that is not
// taken yet.
func (o *Options) numbered(path string) string {
	path, _, _ = strings.Cut(path, "."+o.Command+"-")
	for i := 1; ; i++ {
		report := fmt.Sprintf("%s.%s-%d.report.csv", path, o.Command, i)
		if _, err := os.Stat(report); err != nil {
			return report
		}
	}
}

func (r *run) lockPath() string {
	if r.Lock != "" {
		return r.Lock + r.Shard.name()
	}
	return filepath.Join(filepath.Dir(r.report), ".rosterpatch"+r.Shard.name()+".lock")
}
