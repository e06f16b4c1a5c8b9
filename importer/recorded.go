package importer

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"time"
	"unicode/utf8"

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

func (s *setup) recorded(of *report.Source) (json.RawMessage, error) {
	r := recorded{
		Encoding: s.Reading.Encoding, Against: s.Against, Verify: s.Verify,
		BaseURL: s.serverName(), Workers: s.Workers, Rate: s.Rate, Retries: s.Retries,
		Timeout: s.Server.Timeout.String(), GiveUp: s.GiveUp.String(), Limits: s.Limits, Files: s.files, Mode: s.mode, Of: of,
	}
	r.Mapping = string(s.spec().YAML())
	if s.Reading.Delimiter != 0 {
		r.Delimiter = string(s.Reading.Delimiter)
	}
	if !s.FinishBy.IsZero() {
		r.FinishBy = s.FinishBy.Format(time.RFC3339)
	}
	return json.Marshal(r)
}

// recall takes over how the run of the report read its rows, and whether it read
// them back, where the options do not say otherwise.
func (s *setup) recall() error {
	path := report.FactsPath(s.Sources[0])
	var r recorded
	if err := json.Unmarshal(s.facts.Options, &r); err != nil {
		return fmt.Errorf("read the options in %s: %w", path, err)
	}
	spec, err := mapping.Parse(path, []byte(r.Mapping))
	if err != nil {
		return err
	}
	if !s.sameServer(r.BaseURL) {
		return fmt.Errorf("%s %s", s.Sources[0], otherServer(s.Sources[0], r.BaseURL, s.serverName()))
	}
	if s.Mapping == nil {
		s.Mapping = &spec
	}
	s.Limits = s.Limits.or(r.Limits)
	s.Verify = s.Verify || r.Verify
	s.files, s.mode, s.of = r.Files, r.Mode, r.Of
	s.Reading.Encoding = r.Encoding
	if r.Delimiter != "" {
		s.Reading.Delimiter, _ = utf8.DecodeRuneInString(r.Delimiter)
	}
	if s.facts.Shard != "" {
		s.Shard, err = ParseShard(s.facts.Shard)
	}
	return err
}

// sameServer reports whether what was done to a server of this name says anything
// of the one that the options name.
func (o *Options) sameServer(other string) bool {
	return other == o.serverName() || local(other) && local(o.serverName())
}

// otherServer is what is wrong with the report of a run against another server.
func otherServer(path, other, this string) string {
	return fmt.Sprintf("is of a run against %s, and this one is against %s; if that is the same server under another name, put the name as options.baseUrl into %s",
		other, this, report.FactsPath(path))
}

// local reports whether a server is one for trying things out, on this machine:
// such a one comes back at another port.
func local(server string) bool {
	if server == "sandbox" {
		return true
	}
	u, err := url.Parse(server)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// recordedIn is what the facts of an earlier run keep of its options, as far as
// they do.
func recordedIn(facts report.Facts) (r recorded) {
	if json.Unmarshal(facts.Options, &r) != nil {
		return recorded{}
	}
	return r
}
