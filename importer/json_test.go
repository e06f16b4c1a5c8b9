package importer_test

import (
	"encoding/json"
	"strings"
	"testing"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
	"rosterpatch/mapping"
)

// Neither a plan nor a report shows a secret that stands in a record.
func TestARecordThatHoldsTheSecret(t *testing.T) {
	r := enrolled("e1")
	r.Metadata, _ = json.Marshal(map[string]string{"note": "it is " + secret})
	n := newSchool(t, "sourcedId,metadata.note,role\ne1,x,teacher\n", sandbox.Options{}, r)
	plan := n.plan()
	plan.tally(report.Planned)
	var before struct{ Metadata struct{ Note string } }
	if err := json.Unmarshal([]byte(plan.lines[0].Before), &before); err != nil {
		t.Fatal(err)
	}
	if note := before.Metadata.Note; !strings.HasPrefix(note, "it is ") || strings.Contains(note, secret) {
		t.Errorf("the plan says %q", note)
	}
	n.apply(plan).tally(report.Updated)
}

// A cell that holds a JSON object says what its keys hold, as columns of those names
// would: keys of others stay, and what it changed can be put back.
func TestAJSONCellIsComparedKeyByKey(t *testing.T) {
	readings(t, func(t *testing.T, o sandbox.Options) {
		n := newSchool(t, "sourcedId,metadata.jp\n"+`e1,"{""seatNumber"":""7"",""house"":{""name"":""elm""},""tags"":[1,2]}"`+"\n", o, enrolled("e1"))
		spec, err := mapping.Parse("m.yaml", []byte("types: {metadata.jp: json}\n"))
		if err != nil {
			t.Fatal(err)
		}
		typed := func(o *importer.Options) { o.Mapping = &spec }
		first := n.apply(n.plan(typed))
		first.tally(report.Updated)
		var now struct {
			JP struct {
				House      map[string]any
				SeatNumber string
			}
		}
		if err := json.Unmarshal(n.held("e1").Metadata, &now); err != nil {
			t.Fatal(err)
		}
		if _, kept := now.JP.House["since"]; !kept || now.JP.House["name"] != "elm" || now.JP.SeatNumber != "7" {
			t.Errorf("e1 holds %s", n.held("e1").Metadata)
		}
		n.sync("server", "again.report.csv", typed).tally(report.Unchanged)
		undone := n.undo(first)
		undone.tally(report.Updated)
		contains(t, undone.lines[0].Message, "metadata.jp.tags")
		if err := json.Unmarshal(n.held("e1").Metadata, &now); err != nil || now.JP.House["name"] != "oak" || now.JP.SeatNumber != "4" {
			t.Errorf("after the undo e1 holds %s", n.held("e1").Metadata)
		}
	})
}
