package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// State is how far a run got.
type State string

// The states of a run. A run that says Running and is not was killed.
const (
	Running  State = "running"
	Finished State = "finished" // every row was taken
	Stopped  State = "stopped"  // it ended early; the rest is unsent
)

// The commands that write a report.
const (
	CommandImport = "import"
	CommandPlan   = "plan"
	CommandApply  = "apply"
	CommandRerun  = "rerun"
	CommandUndo   = "undo"
)

// Facts is what the lines of a report do not say of its run: NAME.report.json.
// It holds no secret.
type Facts struct {
	State      State           `json:"state"`
	StopReason string          `json:"stopReason,omitempty"`
	Command    string          `json:"command"` // import, plan, apply, rerun or undo
	Version    string          `json:"version"` // of the program
	Start      time.Time       `json:"start"`
	End        time.Time       `json:"end,omitzero"`
	Sources    []Source        `json:"sources,omitempty"`
	Shard      string          `json:"shard,omitempty"`   // which rows of the sources it takes, such as 0/2; "" for all
	Options    json.RawMessage `json:"options,omitempty"` // as the command records them
	Rows       int             `json:"rows"`              // source rows the report is to hold
	Skipped    int             `json:"skipped,omitempty"` // lines of the sources that hold no row
	LeftOut    int             `json:"leftOut,omitempty"` // rows that were not to be taken
	Outcomes   map[Outcome]int `json:"outcomes,omitempty"`
	Requests   int             `json:"requests"` // reads and repeats included
	Retries    int             `json:"retries"`
	Throttles  int             `json:"throttles"` // 429 answers
	Latency    *Latency        `json:"latencyMs,omitempty"`
	Failures   []Reason        `json:"failures,omitempty"` // some of the reasons why rows are not done, the worst first
}

// Source is a file that a run read.
type Source struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"` // hex, of the stored bytes
}

// Latency is how long the server took to answer, in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// FactsPath returns where the [Facts] of a report stand: x.report.json beside
// x.report.csv.
func FactsPath(report string) string {
	if ext := filepath.Ext(report); strings.EqualFold(ext, ".csv") {
		report = strings.TrimSuffix(report, ext)
	}
	return report + ".json"
}

// WriteFacts writes facts to path (see [FactsPath]), mode 0600, in place of what is
// there. Whoever reads the path, and whenever the power goes, finds the old
// file or the new one, whole.
func WriteFacts(path string, facts Facts) error {
	text, err := json.MarshalIndent(facts, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	dir := filepath.Dir(path)
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // the same each time, so that a kill leaves no more than one
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = f.Write(append(text, '\n'))
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	if err := syncDir(dir); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// ReadFacts reads what WriteFacts wrote. Where nothing stands, its error is
// [io/fs.ErrNotExist].
func ReadFacts(path string) (Facts, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Facts{}, fmt.Errorf("reading the facts of the run: %w", err)
	}
	var facts Facts
	if err := json.Unmarshal(text, &facts); err != nil {
		return Facts{}, fmt.Errorf("reading the facts of the run: %s: %w", path, err)
	}
	return facts, nil
}
