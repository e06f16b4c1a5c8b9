package importer

import (
	"encoding/json"
	"fmt"

	"rosterpatch/importer/report"
	"rosterpatch/mapping"
)

// recorded is what a report's facts keep of the options: all that a rerun needs
// to read the rows as the run did, and what a person may ask about. No secret
// is among it.
type recorded struct {
	Mapping   string         `json:"mapping,omitempty"` // YAML
	Files     []string       `json:"files,omitempty"`   // what result.file may say, in order
	Of        *report.Source `json:"of,omitempty"`      // the report or plan that the rows are taken from
	Encoding  string         `json:"encoding,omitempty"`
	Delimiter string         `json:"delimiter,omitempty"`
	Shard     string         `json:"shard,omitempty"`
	Mode      mode           `json:"mode,omitempty"`
	Against   string         `json:"against,omitempty"`
	Verify    bool           `json:"verify,omitempty"`
	BaseURL   string         `json:"baseUrl"`
	Workers   int            `json:"workers"`
	Rate      float64        `json:"rate"`
	Retries   int            `json:"retries"`
	Timeout   string         `json:"timeout"`
	GiveUp    string         `json:"giveUp"`
	FinishBy  string         `json:"finishBy,omitempty"`
	Limits    Limits         `json:"limits"`
}

func (o *Options) recorded(of *report.Source) (json.RawMessage, error) {
	r := recorded{
		Encoding: o.Reading.Encoding, Shard: o.Shard.String(), Against: o.Against, Verify: o.Verify,
		BaseURL: o.serverName(), Workers: o.Workers, Rate: o.Rate, Retries: o.Retries,
		Timeout: o.Server.Timeout.String(), GiveUp: o.GiveUp.String(), Limits: o.Limits, Files: o.files, Mode: o.mode, Of: of,
	}
	r.Mapping = string(o.spec().YAML())
	if o.Reading.Delimiter != 0 {
		r.Delimiter = string(o.Reading.Delimiter)
	}
	if !o.FinishBy.IsZero() {
		r.FinishBy = o.FinishBy.Format("2006-01-02T15:04:05Z07:00")
	}
	return json.Marshal(r)
}

// recall takes over how an earlier run read its rows.
func (o *Options) recall(facts report.Facts) error {
	var r recorded
	if err := json.Unmarshal(facts.Options, &r); err != nil {
		return fmt.Errorf("read the options of the earlier run: %w", err)
	}
	spec, err := mapping.Parse("the mapping of the earlier run", []byte(r.Mapping))
	if err != nil {
		return err
	}
	if o.Mapping == nil {
		o.Mapping = &spec
	}
	o.Limits = o.Limits.or(r.Limits)
	o.files, o.mode, o.of = r.Files, r.Mode, r.Of
	o.Reading.Encoding = r.Encoding
	for _, d := range r.Delimiter {
		o.Reading.Delimiter = d
	}
	if r.Shard != "" {
		if o.Shard, err = ParseShard(r.Shard); err != nil {
			return err
		}
	}
	return nil
}

// recordedIn is what the facts of an earlier run keep of its options, as far as
// they do.
func recordedIn(facts report.Facts) (r recorded) {
	if json.Unmarshal(facts.Options, &r) != nil {
		return recorded{}
	}
	return r
}
