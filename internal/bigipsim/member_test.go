package bigipsim_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// eventually polls until a condition holds; the test's own deadline ends it.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("never happened: %s", what)
		}
	}
}

// backend is an HTTP server that a member can stand for.
func backend(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// silentBackend takes connections and never says a word: a monitor that wants an
// answer goes on checking until its timeout.
func silentBackend(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

func TestMembersAreNamedByAddressAndPort(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.post("/auth/partition", `{"name":"rd","defaultRouteDomain":6}`)
	d.post("/auth/partition", `{"name":"shop"}`)
	d.post("/ltm/node", `{"name":"web-1","partition":"shop","address":"10.9.9.9"}`)
	d.post("/ltm/node", `{"name":"shared","partition":"Common","address":"10.8.8.8"}`)
	d.post("/ltm/pool", `{"name":"p","partition":"shop"}`)
	d.post("/ltm/pool", `{"name":"p","partition":"rd"}`)
	for _, test := range []struct{ pool, name, path, address, node string }{
		{"~shop~p", "10.0.0.1:80", "/shop/10.0.0.1:80", "10.0.0.1", "/shop/10.0.0.1"},
		{"~shop~p", "10.0.0.1:http", "", "", ""}, // the same again
		{"~shop~p", "/shop/10.0.0.2%2:80", "/shop/10.0.0.2%2:80", "10.0.0.2%2", "/shop/10.0.0.2%2"},
		{"~shop~p", "2001:db8::1.80", "/shop/2001:db8::1.80", "2001:db8::1", "/shop/2001:db8::1"},
		{"~shop~p", "2001:db8::1%2.https", "/shop/2001:db8::1%2.443", "2001:db8::1%2", "/shop/2001:db8::1%2"},
		{"~shop~p", "web-1:443", "/shop/web-1:443", "10.9.9.9", "/shop/web-1"},
		{"~shop~p", "10.9.9.9:80", "/shop/web-1:80", "10.9.9.9", "/shop/web-1"},
		{"~shop~p", "10.8.8.8:80", "/Common/shared:80", "10.8.8.8", "/Common/shared"},
		{"~shop~p", "10.0.0.3:any", "/shop/10.0.0.3:0", "10.0.0.3", "/shop/10.0.0.3"},
		{"~rd~p", "10.0.0.1:80", "/rd/10.0.0.1:80", "10.0.0.1%6", "/rd/10.0.0.1"},
	} {
		partition := strings.Split(test.pool, "~")[1]
		a := d.do(http.MethodPost, "/mgmt/tm/ltm/pool/"+test.pool+"/members", `{"name":"`+test.name+`","partition":"`+partition+`"}`)
		if test.path == "" {
			if a.status != http.StatusConflict {
				t.Errorf("%s: %d, want 409", test.name, a.status)
			}
			continue
		}
		if a.status != http.StatusOK || a.body["fullPath"] != test.path || a.body["address"] != test.address {
			t.Errorf("%s: %d %s", test.name, a.status, a.text)
			continue
		}
		url := "/ltm/pool/" + test.pool + "/members/" + strings.ReplaceAll(strings.ReplaceAll(test.path, "%", "%25"), "/", "~")
		if got := d.get(url); !strings.Contains(got["selfLink"].(string), url) {
			t.Errorf("selfLink %v of %s", got["selfLink"], url)
		}
		d.get("/ltm/node/" + strings.ReplaceAll(strings.ReplaceAll(test.node, "%", "%25"), "/", "~"))
	}
}

func TestANodeComesWithAMemberAndStaysWhenItGoes(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.must(http.MethodDelete, "/ltm/pool/~shop~web/members/~shop~10.0.0.1:80", "")
	d.patch("/ltm/virtual/~shop~web", `{"pool":"none"}`)
	d.must(http.MethodDelete, "/ltm/pool/~shop~web", "")
	if n := len(at(d.get("/ltm/node?$filter=partition+eq+shop"), "items").([]any)); n != 2 {
		t.Errorf("%d nodes left, want 2", n)
	}
	if a := d.do(http.MethodDelete, "/mgmt/tm/ltm/node/~shop~10.0.0.1", ""); a.status != http.StatusOK || a.text != "" {
		t.Errorf("delete: %d %q", a.status, a.text)
	}
}

func TestSessionAndStateAreReadInOtherWordsThanTheyAreWritten(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.SetMembers(map[string]string{"10.0.0.1:80": backend(t)})
	d.post("/ltm/monitor/http", `{"name":"fast","partition":"Common","interval":1,"timeout":4,"send":"GET / HTTP/1.0\\r\\n\\r\\n","recv":"ok"}`)
	d.post("/ltm/pool", `{"name":"bare","partition":"Common","members":["10.0.0.1:80"]}`)
	d.post("/ltm/pool", `{"name":"watched","partition":"Common","monitor":"/Common/fast","members":["10.0.0.1:80"]}`)
	member := func(pool string) string { return "/ltm/pool/~Common~" + pool + "/members/~Common~10.0.0.1:80" }
	for _, step := range []struct{ written, session, state, monitoredSession, monitoredState string }{
		{`{"session":"user-enabled","state":"user-up"}`, "user-enabled", "unchecked", "monitor-enabled", "up"},
		{`{"session":"user-disabled","state":"user-up"}`, "user-disabled", "unchecked", "user-disabled", "up"},
		{`{"session":"user-disabled","state":"user-down"}`, "user-disabled", "user-down", "user-disabled", "user-down"},
		{`{"session":"user-enabled","state":"user-down"}`, "user-enabled", "user-down", "user-enabled", "user-down"},
		{`{"state":"user-up"}`, "user-enabled", "unchecked", "monitor-enabled", "up"},
	} {
		got := d.patch(member("bare"), step.written)
		if got["session"] != step.session || got["state"] != step.state {
			t.Errorf("no monitor, %s: %v / %v", step.written, got["session"], got["state"])
		}
		d.patch(member("watched"), step.written)
		eventually(t, step.written+" on a monitored member", func() bool {
			got = d.get(member("watched"))
			return got["session"] == step.monitoredSession && got["state"] == step.monitoredState
		})
	}
}

func TestResendingAListOfMembersStartsTheirMonitorsOver(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	// The probe of a new member may be quicker than the answer to the request that
	// added it: only a silent one is seen checking.
	d.SetMembers(map[string]string{"10.0.0.1:80": backend(t), "10.0.0.2:80": silentBackend(t)})
	d.post("/ltm/monitor/http", `{"name":"slow","partition":"Common","interval":3600,"timeout":10801}`)
	d.post("/ltm/pool", `{"name":"p","partition":"Common","monitor":"/Common/slow","members":["10.0.0.1:80"]}`)
	state := func() any { return d.get("/ltm/pool/~Common~p/members/~Common~10.0.0.1:80")["state"] }
	eventually(t, "the first probe", func() bool { return state() == "up" })

	if got := d.patch("/ltm/pool/~Common~p/members/~Common~10.0.0.1:80", `{"ratio":7}`)["state"]; got != "up" {
		t.Errorf("a PATCH of one member made it %v", got)
	}
	if got := d.post("/ltm/pool/~Common~p/members", `{"name":"10.0.0.2:80","partition":"Common"}`)["state"]; got != "checking" {
		t.Errorf("a new member is %v", got)
	}
	if got := state(); got != "up" {
		t.Errorf("the old member is %v after another was added", got)
	}
	// The list is answered before any probe can have come back only if the probe
	// cannot succeed: take the address away first.
	d.SetMembers(map[string]string{"10.0.0.1:80": ""})
	d.patch("/ltm/pool/~Common~p", `{"members":["10.0.0.1:80","10.0.0.2:80"]}`)
	eventually(t, "the monitor starting over", func() bool { return state() != "up" })
}

func TestDisablingANodeShowsInTheStatisticsOfItsMembers(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.patch("/ltm/node/~shop~10.0.0.1", `{"session":"user-disabled"}`)
	stats := d.get("/ltm/pool/~shop~web/members/~shop~10.0.0.1:80/stats")
	entries := at(stats, "entries", "https://localhost/mgmt/tm/ltm/pool/~shop~web/members/~shop~10.0.0.1:80/stats", "nestedStats", "entries")
	if at(entries, "sessionStatus", "description") != "addr-disabled" || at(entries, "status.enabledState", "description") != "disabled-by-parent" {
		t.Errorf("member of a disabled node: %v", entries)
	}
	node := d.post("/ltm/node", `{"name":"n","partition":"shop","address":"10.7.7.7","state":"user-down","session":"user-disabled"}`)
	if node["state"] != "unchecked" || node["session"] != "user-enabled" {
		t.Errorf("a node cannot be created offline: %v", node)
	}
}

func TestAPoolIsCreatedWithItsMembersInOneRequest(t *testing.T) {
	t.Parallel()
	d := plain(t, "14.1.2.1")
	d.post("/ltm/pool", `{"name":"p","partition":"Common","members":[
		{"name":"10.0.0.1:80","partition":"Common","ratio":"3","priorityGroup":2,"connectionLimit":9,"description":"x","session":"user-disabled","monitor":"/Common/none"},
		"10.1.10.100:8000"]}`)
	got := d.get("/ltm/pool/~Common~p?expandSubcollections=true")
	first := at(got, "membersReference", "items", 0)
	want := map[string]any{
		"kind": "tm:ltm:pool:members:membersstate", "name": "10.0.0.1:80", "partition": "Common", "fullPath": "/Common/10.0.0.1:80",
		"generation": at(first, "generation"), "selfLink": "https://localhost/mgmt/tm/ltm/pool/~Common~p/members/~Common~10.0.0.1:80?ver=14.1.2.1",
		"address": "10.0.0.1", "connectionLimit": json.Number("9"), "description": "x", "dynamicRatio": json.Number("1"), "ephemeral": "false",
		"fqdn": map[string]any{"autopopulate": "disabled"}, "inheritProfile": "enabled", "logging": "disabled", "monitor": "/Common/none",
		"priorityGroup": json.Number("2"), "rateLimit": "disabled", "ratio": json.Number("3"), "session": "user-disabled", "state": "unchecked",
		"nameReference": map[string]any{"link": "https://localhost/mgmt/tm/ltm/node/~Common~10.0.0.1:80?ver=14.1.2.1"},
	}
	if diff := cmp.Diff(any(want), first); diff != "" {
		t.Errorf("member:\n%s", diff)
	}
	if at(got, "membersReference", "items", 1, "fullPath") != "/Common/10.1.10.100:8000" {
		t.Errorf("second member: %v", at(got, "membersReference", "items", 1))
	}
}
