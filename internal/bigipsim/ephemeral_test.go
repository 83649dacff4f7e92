package bigipsim_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

const (
	named       = "/ltm/pool/~shop~idle/members"
	namedMember = `{"name":"www.example.com:80","partition":"shop","fqdn":{"tmName":"www.example.com","autopopulate":"enabled"}}`
)

// names are the names of a collection's items.
func (d *device) names(path string) []string {
	d.t.Helper()
	items, _ := d.get(path)["items"].([]any)
	all := make([]string, 0, len(items))
	for _, item := range items {
		all = append(all, fmt.Sprint(at(item, "name")))
	}
	return all
}

func (d *device) resolve(name string, addresses ...string) {
	d.t.Helper()
	if err := d.SetNames(map[string][]string{name: addresses}); err != nil {
		d.t.Fatal(err)
	}
}

// expect compares the ephemeral members of the pool, and the ephemeral nodes.
func (d *device) expect(addresses ...string) {
	d.t.Helper()
	var members, nodes []string
	for _, address := range addresses {
		nodes = append(nodes, "_auto_"+address)
		separator := ":"
		if strings.Contains(address, ":") {
			separator = "."
		}
		members = append(members, "_auto_"+address+separator+"80")
	}
	auto := func(names []string) []string {
		return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, "_auto_") })
	}
	if got := auto(d.names(named)); !slices.Equal(got, members) {
		d.t.Errorf("ephemeral members %q, want %q", got, members)
	}
	if got := auto(d.names("/ltm/node")); !slices.Equal(got, nodes) {
		d.t.Errorf("ephemeral nodes %q, want %q", got, nodes)
	}
}

func TestEphemeralMembersFollowTheirName(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.post(named, namedMember)
	d.expect()
	d.resolve("www.example.com", "192.0.2.1", "2001:db8::1", "192.0.2.2")
	d.expect("192.0.2.1", "192.0.2.2")
	d.resolve("WWW.example.com.", "192.0.2.2", "192.0.2.3")
	d.expect("192.0.2.2", "192.0.2.3")
	d.patch("/ltm/node/~shop~www.example.com", `{"fqdn":{"addressFamily":"all"}}`)
	d.resolve("www.example.com", "192.0.2.1", "2001:db8::1")
	d.expect("192.0.2.1", "2001:db8::1")
	d.patch("/ltm/node/~shop~www.example.com", `{"fqdn":{"autopopulate":"disabled"}}`)
	d.expect("192.0.2.1")
	d.must(http.MethodDelete, named+"/~shop~www.example.com:80", "")
	if got := d.names(named); len(got) != 0 {
		t.Errorf("members of a name that is gone: %q", got)
	}
	d.must(http.MethodDelete, "/ltm/node/~shop~www.example.com", "")
	d.expect()
}

func TestAnEphemeralMemberHasTheSettingsOfItsTemplate(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.resolve("www.example.com", "192.0.2.1")
	d.post(named, strings.Replace(namedMember, `"partition"`, `"ratio":4,"description":"x","partition"`, 1))
	d.patch(named+"/~shop~www.example.com:80", `{"priorityGroup":7}`)
	member := d.get(named + "/~shop~_auto_192.0.2.1:80")
	want := map[string]any{"autopopulate": "enabled", "tmName": "www.example.com"}
	if diff := cmp.Diff(any(want), member["fqdn"]); diff != "" || member["ephemeral"] != "true" || member["address"] != "192.0.2.1" || member["description"] != nil {
		t.Errorf("member %v:\n%s", member, diff)
	}
	if fmt.Sprint(member["ratio"], member["priorityGroup"]) != "47" {
		t.Errorf("ratio and priority group: %v %v", member["ratio"], member["priorityGroup"])
	}
	node := d.get("/ltm/node/~shop~_auto_192.0.2.1")
	if node["ephemeral"] != "true" || node["address"] != "192.0.2.1" || at(node, "fqdn", "tmName") != "www.example.com" || node["state"] != "unchecked" {
		t.Errorf("node %v", node)
	}
}

func TestATemplateTellsWhatDNSAnswers(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.post(named, namedMember)
	stats := "https://localhost/mgmt/tm" + named + "/~shop~www.example.com:80/stats"
	for _, test := range []struct {
		addresses                     []string
		state, availability, poolSays string
	}{
		{nil, "fqdn-down", "offline", "unknown"},
		{[]string{}, "fqdn-up-no-addr", "unknown", "unknown"},
		{[]string{"2001:db8::1"}, "fqdn-up-no-addr", "unknown", "unknown"},
		{[]string{"192.0.2.1"}, "fqdn-up", "available", "unknown"},
	} {
		if err := d.SetNames(map[string][]string{"www.example.com": test.addresses}); err != nil {
			t.Fatal(err)
		}
		entries := at(d.get(named+"/stats"), "entries", stats, "nestedStats", "entries")
		member, node := d.get(named + "/~shop~www.example.com:80")["state"], d.get("/ltm/node/~shop~www.example.com")["state"]
		if member != test.state || node != test.state || at(entries, "monitorStatus", "description") != test.state {
			t.Errorf("%q: %v, node %v, monitorStatus %v; want %s", test.addresses, member, node, at(entries, "monitorStatus", "description"), test.state)
		}
		if got := at(entries, "status.availabilityState", "description"); got != test.availability || at(entries, "addr", "description") != "::" {
			t.Errorf("%q: availability %v, addr %v", test.addresses, got, at(entries, "addr", "description"))
		}
		pool := at(d.get("/ltm/pool/~shop~idle/stats"), "entries", "https://localhost/mgmt/tm/ltm/pool/~shop~idle/stats", "nestedStats", "entries")
		if got := at(pool, "status.availabilityState", "description"); got != test.poolSays {
			t.Errorf("%q: pool %v", test.addresses, got)
		}
	}
}

func TestNobodyChangesWhatTheDeviceMadeForAName(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.resolve("www.example.com", "192.0.2.1")
	d.post(named, namedMember)
	const member, node = named + "/~shop~_auto_192.0.2.1:80", "/ltm/node/~shop~_auto_192.0.2.1"
	d.refused("PATCH", member, `{"session":"user-disabled"}`, 400, "3", "0107189b:3: Cannot modify ephemeral object: /shop/idle: /shop/_auto_192.0.2.1.")
	d.refused("PUT", member, `{"ratio":2}`, 400, "3", "0107189b:3:")
	d.refused("DELETE", member, "", 400, "3", "0107189b:3: Cannot delete ephemeral object: /shop/idle: /shop/_auto_192.0.2.1.")
	d.refused("PATCH", node, `{"session":"user-disabled"}`, 400, "3", "0107189b:3: Cannot modify ephemeral object: /shop/_auto_192.0.2.1.")
	d.refused("DELETE", node, "", 400, "3", "0107189b:3: Cannot delete ephemeral object: /shop/_auto_192.0.2.1.")
	d.refused("POST", named, `{"name":"_auto_192.0.2.9:80","partition":"shop"}`, 400, "3", "0107189b:3: Cannot create ephemeral object")
	d.refused("POST", "/ltm/node", `{"name":"_auto_192.0.2.9","partition":"shop","address":"192.0.2.9"}`, 400, "3", "0107189b:3: Cannot create ephemeral object")
	d.refused("POST", named, `{"name":"192.0.2.1:8080","partition":"shop"}`, 400, "3", "0107176c:3: Invalid Node, the IP address 192.0.2.1 already exists.")
	d.patch("/ltm/pool/~shop~idle", `{"members":[`+namedMember+`,"10.0.0.7:80"]}`)
	d.expect("192.0.2.1")
	d.patch("/ltm/pool/~shop~idle", `{"members":[]}`)
	if got := d.names(named); len(got) != 0 {
		t.Errorf("members %q", got)
	}
}

func TestAnAddressThatHasANodeGetsNoOther(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.resolve("www.example.com", "10.0.0.1", "192.0.2.1")
	d.post(named, namedMember)
	d.expect("192.0.2.1")
}

func TestAMemberOfANamedNodeIsATemplate(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.resolve("www.example.com", "192.0.2.1", "192.0.2.2")
	d.post("/ltm/node", `{"name":"www","partition":"shop","fqdn":{"tmName":"www.example.com","autopopulate":"enabled"}}`)
	member := d.post(named, `{"name":"www:80","partition":"shop"}`)
	if at(member, "fqdn", "tmName") != "www.example.com" || at(member, "fqdn", "autopopulate") != "disabled" {
		t.Errorf("fqdn %v", member["fqdn"])
	}
	if got := d.names(named); !slices.Equal(got, []string{"_auto_192.0.2.1:80", "www:80"}) {
		t.Errorf("members %q: one address without autopopulate", got)
	}
	if got := len(d.names("/ltm/node?$filter=partition+eq+shop")); got != 5 { // two of furnish, www, and two addresses
		t.Errorf("%d nodes", got)
	}
}

func TestTrafficGoesToTheAddressesOfAName(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.pod("one", "192.0.2.1:80")
	d.pod("two", "192.0.2.2:80")
	d.resolve("www.example.com", "192.0.2.1")
	d.post(named, namedMember)
	d.patch("/ltm/virtual/~shop~web", `{"pool":"/shop/idle"}`)
	v := d.visit("/shop/web", "127.0.0.1", nil)
	if _, text := v.get("shop.example.com", "/"); !strings.HasPrefix(text, "one ") {
		t.Errorf("before: %q", text)
	}
	d.resolve("www.example.com", "192.0.2.2")
	if _, text := v.get("shop.example.com", "/"); !strings.HasPrefix(text, "two ") {
		t.Errorf("after: %q", text)
	}
	d.patch(named+"/~shop~www.example.com:80", `{"session":"user-disabled"}`)
	if got := d.get(named + "/~shop~_auto_192.0.2.2:80")["session"]; got != "user-disabled" {
		t.Errorf("session %v", got)
	}
}

func TestEphemeralMembersAreNeitherSavedNorSynced(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "device.json")
	d := furnish(keeping(t, file))
	d.resolve("www.example.com", "192.0.2.1")
	d.post(named, namedMember)
	d.post("/sys/config", `{"command":"save"}`)
	later := keeping(t, file)
	later.expect()
	later.resolve("www.example.com", "192.0.2.5")
	later.expect("192.0.2.5")
	later.post("/sys/config", loadConfig)
	later.expect("192.0.2.5")

	p := startPair(t, bigipsim.Options{DNS: map[string][]string{"www.example.com": {"192.0.2.1"}}})
	furnish(p.first).post(named, namedMember)
	p.first.post("/cm", `{"command":"run","utilCmdArgs":"config-sync to-group `+bigipsim.DeviceGroup+`"}`)
	p.waitFor("In Sync green")
	p.peer.expect("192.0.2.1")
	if err := p.SetNames(map[string][]string{"www.example.com": {"192.0.2.1", "192.0.2.2"}}); err != nil {
		t.Fatal(err)
	}
	p.waitFor("In Sync green")
	p.first.expect("192.0.2.1", "192.0.2.2")
	p.peer.expect("192.0.2.1", "192.0.2.2")
}

func TestNamesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	for name, addresses := range map[string][]string{"": {"192.0.2.1"}, "a/b": {"192.0.2.1"}, "www.example.com": {"www.example.org"}, "x.example.com": {"fe80::1%eth0"}} {
		if err := d.SetNames(map[string][]string{name: addresses}); err == nil {
			t.Errorf("%q %q is taken", name, addresses)
		}
	}
	if _, err := bigipsim.New(bigipsim.Options{DNS: map[string][]string{"x": {"nonsense"}}}); err == nil {
		t.Error("an option that is nonsense is taken")
	}
}

func TestTheControlAPISaysWhatNamesResolveTo(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.post(named, namedMember)
	for _, step := range []struct {
		body  string
		state string
	}{
		{`{"www.example.com":["192.0.2.1"],"other.example.com":[]}`, "fqdn-up"},
		{`{"other.example.com":null}`, "fqdn-up"},
		{`{"www.example.com":[]}`, "fqdn-up-no-addr"},
		{`{"www.example.com":null}`, "fqdn-down"},
	} {
		if status, text := d.steer(http.MethodPut, "/dns", step.body); status != http.StatusNoContent {
			t.Fatalf("%s: %d %s", step.body, status, text)
		}
		if got := d.get(named + "/~shop~www.example.com:80")["state"]; got != step.state {
			t.Errorf("%s: %v", step.body, got)
		}
	}
	for _, wrong := range []string{`[]`, `{"www.example.com":"192.0.2.1"}`, `{"www.example.com":["x"]}`, `{`} {
		if status, text := d.steer(http.MethodPut, "/dns", wrong); status != http.StatusBadRequest || !strings.Contains(text, "error") {
			t.Errorf("%s: %d %s", wrong, status, text)
		}
	}
}
