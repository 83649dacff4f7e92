package icontrol

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCountersAreFoundUnderTheKeysOfAnyRelease(t *testing.T) {
	t.Parallel()
	const counters = `{"serverside.curConns":{"value":3},"status.statusReason":{"description":"Pool member is available"}}`
	want := []Stats{{
		"serverside.curConns": {Value: 3},
		"status.statusReason": {Description: "Pool member is available"},
	}}
	for name, body := range map[string]string{
		"before 12":   `{"entries":` + counters + `}`,
		"12 and 13":   `{"entries":{"https://localhost/mgmt/tm/ltm/virtual/~Common~test/~Common~test/stats":{"nestedStats":{"entries":` + counters + `}}}}`,
		"14 and up":   `{"entries":{"https://localhost/mgmt/tm/ltm/pool/~Common~p/stats":{"nestedStats":{"kind":"x","selfLink":"y","entries":` + counters + `}}}}`,
		"nested once": `{"entries":{"a":{"nestedStats":{"entries":{"b":{"nestedStats":{"entries":` + counters + `}}}}}}}`,
	} {
		var tree statsTree
		if err := json.Unmarshal([]byte(body), &tree); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, tree.objects()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestVersionAndReadinessAreReadFromStatistics(t *testing.T) {
	t.Parallel()
	version := `{"entries":{"https://localhost/mgmt/tm/sys/version/0":{"nestedStats":{"entries":{
		"Build":{"description":"0.0.4"},"Edition":{"description":"Point Release 1"},"Product":{"description":"BIG-IP"},"Version":{"description":"14.1.2.1"}}}}}}`
	ready := func(configReady string) string {
		return `{"entries":{"https://localhost/mgmt/tm/sys/ready/0":{"nestedStats":{"entries":{
		"configReady":{"description":"` + configReady + `"},"licenseReady":{"description":"yes"},"provisionReady":{"description":"yes"}}}}}}`
	}
	c := newFakeDevice(t, script(t, ok(version), ok(ready("yes")), ok(ready("no")), ok(`{}`))).client()
	got, err := c.Version(t.Context())
	if diff := cmp.Diff(Version{Product: "BIG-IP", Version: "14.1.2.1", Build: "0.0.4", Edition: "Point Release 1"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, want := range []bool{true, false} {
		if got, err := c.Ready(t.Context()); err != nil || got != want {
			t.Errorf("ready %t, error %v; want %t", got, err, want)
		}
	}
	if _, err := c.Version(t.Context()); err == nil {
		t.Error("an answer without entries is no error")
	}
}

func FuzzStatistics(f *testing.F) {
	f.Add([]byte(`{"entries":{"a":{"value":1.5},"b":{"nestedStats":{"entries":{"c":{"description":"x","value":"y"}}}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var tree statsTree
		if json.Unmarshal(data, &tree) == nil {
			for _, stats := range tree.objects() {
				if len(stats) == 0 {
					t.Error("a set of counters is empty")
				}
			}
		}
	})
}
