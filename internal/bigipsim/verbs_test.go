package bigipsim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPutTakesWhatIsOmittedBackToItsDefault(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.patch("/ltm/pool/~shop~web", `{"loadBalancingMode":"ratio-member","slowRampTime":0,"description":"kept by PATCH"}`)

	got := d.must(http.MethodPut, "/ltm/pool/~shop~web", `{"description":"new"}`)
	for field, want := range map[string]any{"loadBalancingMode": "round-robin", "slowRampTime": json.Number("10"), "monitor": nil, "description": "new"} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	if n := len(at(d.get("/ltm/pool/~shop~web/members"), "items").([]any)); n != 2 {
		t.Errorf("PUT without members left %d of 2", n)
	}
	member := d.must(http.MethodPut, "/ltm/pool/~shop~web/members/~shop~10.0.0.1:80", `{"session":"user-disabled"}`)
	if member["ratio"] != json.Number("1") || member["session"] != "user-disabled" || member["address"] != "10.0.0.1" {
		t.Errorf("member after PUT: %v", member)
	}
}

func TestPatchMergesAndASentListReplacesTheWholeList(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.patch("/ltm/pool/~shop~web", `{"description":"first","metadata":[{"name":"b","value":"2"},{"name":"a"}]}`)
	got := d.patch("/ltm/pool/~shop~web", `{"members":[{"name":"/shop/10.0.0.2:80"},"10.0.0.3:8080"]}`)
	if got["description"] != "first" || got["monitor"] != "/shop/m" {
		t.Errorf("PATCH of members changed something else: %v", got)
	}
	want := []any{map[string]any{"name": "a", "persist": "true"}, map[string]any{"name": "b", "persist": "true", "value": "2"}}
	if diff := cmp.Diff(want, got["metadata"]); diff != "" {
		t.Errorf("metadata is sorted by name and persists:\n%s", diff)
	}
	var names []any
	for _, item := range at(d.get("/ltm/pool/~shop~web/members"), "items").([]any) {
		names = append(names, at(item, "fullPath"), at(item, "ratio"))
	}
	if diff := cmp.Diff([]any{"/shop/10.0.0.2:80", json.Number("1"), "/shop/10.0.0.3:8080", json.Number("1")}, names); diff != "" {
		t.Errorf("members:\n%s", diff)
	}
	d.patch("/ltm/pool/~shop~web", `{"members":[]}`)
	if items := at(d.get("/ltm/pool/~shop~web/members"), "items").([]any); len(items) != 0 {
		t.Errorf("[] left %d members", len(items))
	}
}

func TestFlagsArePresentOrAbsentButNeverFalse(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	path := "/ltm/virtual/~shop~web"
	d.post("/net/vlan", `{"name":"v1","partition":"shop"}`)
	for _, step := range []struct {
		body            string
		present, absent string
	}{
		{`{"disabled":true}`, "disabled", "enabled"},
		{`{"enabled":true}`, "enabled", "disabled"},
		{`{"vlansEnabled":true,"vlans":["/shop/v1"]}`, "vlansEnabled", "vlansDisabled"},
		{`{"vlansDisabled":true,"enabled":false,"disabled":true}`, "vlansDisabled", "vlansEnabled"},
	} {
		got := d.patch(path, step.body)
		if _, there := got[step.absent]; there || got[step.present] != true {
			t.Errorf("%s: %s is %v, %s is %v", step.body, step.present, got[step.present], step.absent, got[step.absent])
		}
	}
}

func TestValuesAreClearedByEmptyTextNoneOrAnEmptyList(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.patch("/ltm/virtual/~shop~web", `{"persist":[{"name":"cookie","partition":"Common"}],"description":"x"}`)
	for _, test := range []struct{ path, body, field string }{
		{"/ltm/pool/~shop~web", `{"monitor":""}`, "monitor"},
		{"/ltm/virtual/~shop~web", `{"pool":"none"}`, "pool"},
		{"/ltm/virtual/~shop~web", `{"persist":[]}`, "persist"},
		{"/ltm/virtual/~shop~web", `{"description":""}`, "description"},
		{"/ltm/monitor/http/~shop~m", `{"recv":""}`, "recv"},
	} {
		if got := d.patch(test.path, test.body); got[test.field] != nil {
			t.Errorf("%s %s: %s is still %v", test.path, test.body, test.field, got[test.field])
		}
	}
}

func TestWhatAGetReturnsCanBePatchedBackExceptStateAndAddressOfMembers(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.patch("/ltm/virtual/~shop~web", `{"persist":["/Common/source_addr"],"sourceAddressTranslation":{"type":"automap"}}`)
	for _, path := range []string{"/ltm/pool/~shop~web", "/ltm/virtual/~shop~web", "/ltm/monitor/http/~shop~m", "/ltm/virtual-address/~shop~203.0.113.10", "/ltm/profile/http/~Common~http"} {
		before := d.get(path)
		body, err := json.Marshal(before)
		if err != nil {
			t.Fatal(err)
		}
		after := d.patch(path, string(body))
		for _, changing := range []string{"generation", "lastModifiedTime"} {
			delete(before, changing)
			delete(after, changing)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s:\n%s", path, diff)
		}
	}
}

// What PATCH says is set, GET says too, whatever the order of the patches.
func TestPatchThenGetProperty(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	random := rand.New(rand.NewPCG(1, 2))
	values := map[string][]any{
		"description":       {"one", "two <3", "drei \" \\ \u00fc"},
		"loadBalancingMode": {"round-robin", "ratio-member", "least-connections-member"},
		"minActiveMembers":  {json.Number("0"), json.Number("7")},
		"serviceDownAction": {"none", "reset", "reselect"},
		"slowRampTime":      {json.Number("0"), json.Number("900")},
		"monitor":           {"/Common/http", "/Common/http and /shop/m", "/Common/tcp"},
	}
	want := map[string]any{}
	for range 60 {
		change := map[string]any{}
		for field, choices := range values {
			if random.IntN(3) == 0 {
				change[field] = choices[random.IntN(len(choices))]
			}
		}
		if len(change) == 0 {
			continue
		}
		body, err := json.Marshal(change)
		if err != nil {
			t.Fatal(err)
		}
		answered := d.patch("/ltm/pool/~shop~web", string(body))
		maps.Copy(want, change)
		read := d.get("/ltm/pool/~shop~web")
		if diff := cmp.Diff(answered, read); diff != "" {
			t.Fatalf("answer and GET differ after %s:\n%s", body, diff)
		}
		for field, value := range want {
			if read[field] != value {
				t.Fatalf("%s is %v, want %v", field, read[field], value)
			}
		}
	}
}

func TestAChildInheritsUntilPutWritesEverythingIntoIt(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.post("/ltm/profile/tcp", `{"name":"parent","partition":"Common","defaultsFrom":"/Common/f5-tcp-lan","idleTimeout":600}`)
	child := d.post("/ltm/profile/tcp", `{"name":"child","partition":"Common","defaultsFrom":"/Common/parent"}`)
	if child["idleTimeout"] != json.Number("600") || child["nagle"] != "auto" || child["timeWaitTimeout"] != "2000" {
		t.Errorf("child does not inherit: %v", child)
	}
	d.patch("/ltm/profile/tcp/~Common~parent", `{"idleTimeout":700}`)
	if got := d.get("/ltm/profile/tcp/~Common~child")["idleTimeout"]; got != json.Number("700") {
		t.Errorf("idleTimeout %v after the parent changed", got)
	}
	d.must(http.MethodPut, "/ltm/profile/tcp/~Common~child", `{"nagle":"disabled"}`)
	d.patch("/ltm/profile/tcp/~Common~parent", `{"idleTimeout":800}`)
	if got := d.get("/ltm/profile/tcp/~Common~child")["defaultsFrom"]; got != "/Common/parent" {
		t.Errorf("defaultsFrom %v after PUT", got)
	}
	if got := d.get("/ltm/profile/tcp/~Common~child")["idleTimeout"]; got != json.Number("700") {
		t.Errorf("idleTimeout %v: PUT should have broken the inheritance", got)
	}
	if got := d.post("/ltm/monitor/https", `{"name":"h","partition":"Common"}`)["defaultsFrom"]; got != "/Common/https" {
		t.Errorf("a new monitor's parent is %v", got)
	}
}

func TestVersionsDifferAsTheDevicesDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		version string
		monitor string
		items   any // of an empty collection
		unset   any // of a profile's text
		created bool
	}{
		{"11.6.0", "/Common/http ", nil, nil, false},
		{"12.1.2", "/Common/http ", nil, nil, false},
		{"13.1.0", "/Common/http ", nil, "none", false},
		{"14.1.2.1", "/Common/http", []any{}, "none", true},
		{"17.1.1", "/Common/http", []any{}, "none", true},
	} {
		t.Run(test.version, func(t *testing.T) {
			t.Parallel()
			d := plain(t, test.version)
			pool := d.post("/ltm/pool", `{"name":"p","partition":"Common","monitor":"http","members":["10.0.0.1:80"]}`)
			if pool["monitor"] != test.monitor {
				t.Errorf("monitor %q", pool["monitor"])
			}
			if want := "https://localhost/mgmt/tm/ltm/pool/~Common~p?ver=" + test.version; pool["selfLink"] != want {
				t.Errorf("selfLink %v", pool["selfLink"])
			}
			if diff := cmp.Diff(test.items, d.get("/ltm/virtual")["items"]); diff != "" {
				t.Errorf("items of an empty collection:\n%s", diff)
			}
			if got := d.get("/ltm/profile/http/~Common~http")["description"]; got != test.unset {
				t.Errorf("unset description %v", got)
			}
			virtual := d.post("/ltm/virtual", `{"name":"v","partition":"Common","destination":"/Common/10.1.1.1:80"}`)
			if _, ok := virtual["creationTime"]; ok != test.created {
				t.Errorf("creationTime present: %v", ok)
			}
			missing := d.do(http.MethodGet, "/mgmt/tm/ltm/pool/~Common~p/members/~Common~10.0.0.2:80", "")
			if want := map[bool]int{true: 404, false: 200}[test.unset == "none"]; missing.status != want || missing.body["address"] != nil {
				t.Errorf("missing member: %d %s", missing.status, missing.text)
			}
			bare := d.do(http.MethodPost, "/mgmt/tm/ltm/pool/~Common~p/members", `{"name":"10.0.0.3:80"}`)
			if want := map[bool]int{true: 200, false: 404}[test.unset == "none"]; bare.status != want {
				t.Errorf("member without partition: %d %s", bare.status, bare.text)
			}
			if n := len(at(d.get("/ltm/pool/~Common~p/members"), "items").([]any)); n != 2 {
				t.Errorf("%d members: it should have been added in any case", n)
			}
			if got := fmt.Sprint(at(d.get("/sys/version"), "entries", "https://localhost/mgmt/tm/sys/version/0", "nestedStats", "entries", "Version", "description")); got != test.version {
				t.Errorf("sys/version %s", got)
			}
		})
	}
}
