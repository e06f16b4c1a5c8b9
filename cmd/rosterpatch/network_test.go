package main

import (
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// TestBadNetwork runs an import through a network that misbehaves, on some of
// its connections or on all, and finishes it on a good one.
func TestBadNetwork(t *testing.T) {
	for name, toxics := range map[string][]string{
		"slow":         {`{"type":"latency","attributes":{"latency":20,"jitter":15}}`},
		"crumbs":       {`{"type":"slicer","attributes":{"average_size":40,"size_variation":20,"delay":200}}`, `{"type":"slicer","stream":"upstream","attributes":{"average_size":40,"size_variation":20,"delay":200}}`},
		"resets":       {`{"type":"reset_peer","toxicity":0.5,"attributes":{"timeout":30}}`},
		"black hole":   {`{"type":"timeout","toxicity":0.2,"attributes":{"timeout":300}}`},
		"deaf":         {`{"type":"timeout","stream":"upstream","toxicity":0.2,"attributes":{"timeout":300}}`},
		"cut answers":  {`{"type":"limit_data","attributes":{"bytes":2500}}`},
		"cut requests": {`{"type":"limit_data","stream":"upstream","attributes":{"bytes":2500}}`},
		"narrow":       {`{"type":"bandwidth","attributes":{"rate":40}}`, `{"type":"slow_close","attributes":{"delay":50}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := quietNight(t, 5, 60, 6)
			n.server.network = func(address string) (string, func()) {
				network := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), name, "127.0.0.1:0", strings.TrimPrefix(address, "http://"))
				if err := network.Start(); err != nil {
					t.Fatal(err)
				}
				for _, toxic := range toxics {
					if _, err := network.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
						t.Fatal(err)
					}
				}
				return "http://" + network.Listen, network.Stop
			}
			n.run(weather{}, ending{})
			n.server.network = nil
			n.finish()
		})
	}
}
