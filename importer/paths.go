package importer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"rosterpatch/importer/report"
)

// reportFlag is the flag that says where the report goes.
func (s *setup) reportFlag() string {
	if s.command == report.CommandPlan {
		return "--out"
	}
	return "--report"
}

// reportPath is where the report goes: beside the first source unless it is
// said.
func (s *setup) reportPath() string {
	if s.Report != "" {
		return s.Report
	}
	path := s.Sources[0]
	if path == "-" {
		path = "stdin"
	}
	for _, ext := range []string{".gz", ".csv", ".zip"} {
		if strings.EqualFold(filepath.Ext(path), ext) {
			path = path[:len(path)-len(ext)]
		}
	}
	switch s.command {
	case report.CommandPlan:
		return path + s.Shard.name() + ".plan.csv"
	case report.CommandApply: // the plan's name has the shard
		return path + ".report.csv"
	case report.CommandRerun, report.CommandUndo:
		return s.numbered(strings.TrimSuffix(path, ".report"))
	}
	return path + s.Shard.name() + ".report.csv"
}

// numbered is the first name for a rerun or an undo of a report that is not
// taken yet.
func (s *setup) numbered(path string) string {
	path, _, _ = strings.Cut(path, "."+s.command+"-")
	for i := 1; ; i++ {
		numbered := fmt.Sprintf("%s.%s-%d.report.csv", path, s.command, i)
		if _, err := os.Stat(numbered); err != nil {
			return numbered
		}
	}
}

func (r *run) lockPath() string {
	if r.Lock != "" {
		return r.Lock + r.Shard.name()
	}
	return filepath.Join(filepath.Dir(r.path), ".rosterpatch"+r.Shard.name()+".lock")
}
