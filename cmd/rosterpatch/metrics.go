package main

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rosterpatch/importer/report"
)

// measuring says where the figures of a run go.
type measuring struct {
	Metrics string `group:"report" placeholder:"PATH" help:"Write a Prometheus text file at the end, for the node exporter's textfile collector."`
}

// write puts the figures of a run into the file, in one step; s is nil for one
// that was refused.
func (f *measuring) write(s *report.Summary, exit int) error {
	if f.Metrics == "" {
		return nil
	}
	facts := &report.Facts{End: time.Now()}
	facts.Start = facts.End
	if s == nil {
		s = &report.Summary{}
	} else {
		facts = s.Reports[0].Facts
	}
	registry := prometheus.NewRegistry()
	gauge := func(name, help string, value float64) {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "rosterpatch", Name: name, Help: help})
		g.Set(value)
		registry.MustRegister(g)
	}
	rows := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "rosterpatch", Name: "rows", Help: "Rows of the last facts, by outcome."}, []string{"outcome"})
	for _, o := range report.Outcomes() {
		rows.WithLabelValues(string(o)).Set(float64(s.Outcomes[o]))
	}
	registry.MustRegister(rows)
	gauge("requests", "Requests of the last facts, reads and repeats included.", float64(facts.Requests))
	gauge("retries", "Requests of the last run that repeated one.", float64(facts.Retries))
	gauge("throttles", "Answers of 429 in the last facts.", float64(facts.Throttles))
	gauge("duration_seconds", "How long the last run took.", facts.End.Sub(facts.Start).Seconds())
	gauge("end_timestamp_seconds", "When the last run ended, in seconds since 1970.", float64(facts.End.UnixMilli())/1000)
	gauge("exit_code", "The exit code of the last facts.", float64(exit))
	if l := facts.Latency; l != nil {
		latency := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "rosterpatch", Name: "latency_seconds", Help: "How long the server took to answer, by quantile."}, []string{"quantile"})
		for quantile, ms := range map[string]float64{"0.5": l.P50, "0.95": l.P95, "0.99": l.P99, "1": l.Max} {
			latency.WithLabelValues(quantile).Set(ms / 1000)
		}
		registry.MustRegister(latency)
	}
	if err := prometheus.WriteToTextfile(f.Metrics, registry); err != nil {
		return fmt.Errorf("write the metrics: %w", err)
	}
	return nil
}
