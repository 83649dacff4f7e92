package bigipsim_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// until asks again and again until a condition holds.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for !condition() {
		select {
		case <-poll.C:
		case <-ctx.Done():
			t.Fatalf("never happened: %s", what)
		}
	}
}

// set are the statistics of one object, by their names.
func (d *device) set(path string) map[string]any {
	d.t.Helper()
	entries, _ := d.get(path + "/stats")["entries"].(map[string]any)
	flat := map[string]any{}
	for _, nested := range entries {
		counters, _ := at(nested, "nestedStats", "entries").(map[string]any)
		for name, value := range counters {
			if text := at(value, "description"); text != nil {
				flat[name] = text
				continue
			}
			flat[name] = at(value, "value")
		}
	}
	return flat
}

// shows compares some statistics of an object: "name=value".
func (d *device) shows(path string, want ...string) {
	d.t.Helper()
	got := d.set(path)
	for _, pair := range want {
		name, value, _ := strings.Cut(pair, "=")
		if text := asText(got[name]); text != value {
			d.t.Errorf("%s: %s is %q, want %q", path, name, text, value)
		}
	}
}

func asText(value any) string {
	if n, ok := value.(interface{ String() string }); ok {
		return n.String()
	}
	text, _ := value.(string)
	return text
}

const (
	bluePool   = "/ltm/pool/~shop~blue"
	blueMember = bluePool + "/members/~shop~10.0.0.1:80"
	blueNode   = "/ltm/node/~shop~10.0.0.1"
)

func TestANodeMonitorMarksTheNodeAndItsMembersDown(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.virtual(`"profiles":["/Common/tcp","/Common/http"]`)
	d.post("/ltm/monitor/icmp", `{"name":"ping","partition":"Common","interval":1,"timeout":3600}`)
	d.shows(blueNode, "monitorRule=none", "monitorStatus=unchecked", "status.availabilityState=unknown")
	d.patch(blueNode, `{"monitor":"/Common/ping"}`)
	until(t, "the node is up", func() bool { return d.get(blueNode)["state"] == "up" })
	if got := d.get(blueNode)["session"]; got != "monitor-enabled" {
		t.Errorf("session %v", got)
	}
	d.shows(blueNode, "monitorRule=/Common/ping", "monitorStatus=up", "status.availabilityState=available", "addr=10.0.0.1")
	if got := d.get(blueMember)["state"]; got != "unchecked" {
		t.Errorf("the member's state is %v: it has no monitor of its own", got)
	}

	d.SetMembers(map[string]string{"10.0.0.1:80": ""}) // the host is gone
	// Only now: a probe that is late by two seconds would mark the node down before.
	d.patch("/ltm/monitor/icmp/~Common~ping", `{"timeout":2}`)
	until(t, "the node is down", func() bool { return d.get(blueNode)["state"] == "down" })
	d.shows(blueNode, "monitorStatus=down", "status.availabilityState=offline")
	d.shows(blueMember, "monitorStatus=address-down", "status.availabilityState=offline", "status.enabledState=enabled", "status.statusReason=Parent down")
	d.shows(bluePool, "status.availabilityState=offline", "activeMemberCnt=0")
	d.shows("/ltm/virtual/~shop~web", "status.availabilityState=offline")
	if got := d.get(blueMember)["state"]; got != "down" {
		t.Errorf("the member's state is %v", got)
	}

	d.patch(blueNode, `{"monitor":"/Common/none"}`)
	if got := d.get(blueNode)["state"]; got != "unchecked" {
		t.Errorf("without a monitor the node is %v", got)
	}
	d.shows(blueMember, "monitorStatus=unchecked", "status.availabilityState=unknown")
}

func TestNodesHaveTheDefaultMonitorUnlessTheyHaveTheirOwn(t *testing.T) {
	t.Parallel()
	d := shop(t)
	if got := d.get("/ltm/default-node-monitor")["rule"]; got != "none" {
		t.Errorf("rule %v", got)
	}
	d.patch("/ltm/node/~shop~10.0.0.2", `{"monitor":"/Common/none"}`)
	d.patch("/ltm/default-node-monitor", `{"rule":"/Common/icmp"}`)
	until(t, "the node is up", func() bool { return d.get(blueNode)["state"] == "up" })
	d.shows(blueNode, "monitorRule=/Common/icmp (default node monitor)", "monitorStatus=up")
	d.shows("/ltm/node/~shop~10.0.0.2", "monitorRule=none", "monitorStatus=unchecked")
	d.refused(http.MethodPatch, "/ltm/default-node-monitor", `{"rule":"/Common/missing"}`, 400, "3", "The requested monitor (/Common/missing) was not found.")
	d.patch("/ltm/default-node-monitor", `{"rule":"none"}`)
	if got := d.get(blueNode)["state"]; got != "unchecked" {
		t.Errorf("without a default the node is %v", got)
	}
}

func TestANodeThatIsDisabledOrOfflineShowsInItsMembers(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.virtual(`"profiles":["/Common/tcp","/Common/http"]`)
	d.patch(blueNode, `{"session":"user-disabled"}`)
	d.shows(blueNode, "sessionStatus=disabled", "status.enabledState=disabled")
	d.shows(blueMember, "sessionStatus=addr-disabled", "status.enabledState=disabled-by-parent", "monitorStatus=unchecked")
	d.patch(blueNode, `{"session":"user-disabled","state":"user-down"}`)
	d.shows(blueNode, "monitorStatus=forced-down", "status.availabilityState=offline", "status.statusReason=Forced down")
	d.shows(blueMember, "monitorStatus=address-down", "status.availabilityState=offline", "status.enabledState=disabled-by-parent")
	d.shows(bluePool, "activeMemberCnt=0", "status.availabilityState=offline")
	d.patch(blueNode, `{"session":"user-enabled","state":"user-up"}`)
	if _, body := d.visit("/shop/web", "127.0.0.1", nil).get("shop", "/"); !strings.HasPrefix(body, "blue ") {
		t.Errorf("answered %q", body)
	}
}

func TestALimitThatIsReachedIsUnavailable(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.virtual(`"profiles":["/Common/tcp"]`)
	held := d.hold("/shop/web")
	d.patch(blueMember, `{"connectionLimit":1}`)
	until(t, "the member has a connection", func() bool { return asText(d.set(blueMember)["serverside.curConns"]) == "1" })
	for _, path := range []string{blueMember, bluePool, "/ltm/virtual/~shop~web"} {
		d.shows(path, "status.availabilityState=unavailable", "status.enabledState=enabled")
	}
	d.shows(blueNode, "status.availabilityState=unknown", "serverside.curConns=1")
	_ = held.Close()
	until(t, "the limit is free", func() bool { return d.set(blueMember)["status.availabilityState"] == "unknown" })
	d.patch("/ltm/virtual-address/~shop~203.0.113.10", `{"enabled":"no"}`)
	if _, err := d.visit("/shop/web", "127.0.0.1", nil).try("shop", "/"); err == nil {
		t.Error("a virtual server answers on an address that is disabled")
	}
}

func TestStatisticsAreResetByCommand(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.virtual(`"profiles":["/Common/tcp","/Common/http"]`)
	const virtual = "/ltm/virtual/~shop~web"
	d.visit("/shop/web", "127.0.0.1", nil).get("shop", "/")
	for _, path := range []string{virtual, bluePool, blueMember, blueNode} {
		d.shows(path, "totRequests=1")
	}
	if got := d.post("/ltm/pool", `{"command":"reset-stats","name":"/shop/blue"}`); got["kind"] != "tm:ltm:pool:reset-statsstate" || got["name"] != "/shop/blue" {
		t.Errorf("answered %v", got)
	}
	d.shows(bluePool, "totRequests=0", "serverside.totConns=0", "serverside.bitsIn=0")
	d.shows(blueMember, "totRequests=0")
	d.shows(blueNode, "totRequests=1")
	d.post("/ltm/node", `{"command":"reset-stats"}`)
	d.post("/ltm/virtual", `{"command":"reset-stats","name":"web","partition":"shop"}`)
	d.shows(blueNode, "totRequests=0")
	d.shows(virtual, "totRequests=0", "clientside.totConns=0")
	d.visit("/shop/web", "127.0.0.1", nil).get("shop", "/")
	d.post("/ltm/pool/~shop~blue/members", `{"command":"reset-stats","name":"10.0.0.1:80"}`)
	d.shows(blueMember, "totRequests=0")
	d.shows(bluePool, "totRequests=1")
	d.refused(http.MethodPost, "/ltm/pool", `{"command":"reset-stats","name":"/shop/none"}`, 404, "3", "The requested Pool (/shop/none) was not found.")
	d.refused(http.MethodPost, "/ltm/monitor/http", `{"command":"reset-stats"}`, 405, "1", "")
}

func TestAPublishedPolicyForwardsToNodesMembersAndVirtualServers(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.post("/ltm/virtual", `{"name":"inner","partition":"shop","destination":"/shop/203.0.113.11:80","pool":"/shop/green","ipProtocol":"tcp","profiles":["/Common/tcp","/Common/http"]}`)
	d.pod("node", "10.0.0.1:443") // the outer virtual server's port
	rule := func(name, action string) string {
		return `{"name":"` + name + `","conditions":[{"name":"0","httpUri":true,"path":true,"startsWith":true,"request":true,"values":["/` + name + `"]}],"actions":[{"name":"0","forward":true,"select":true,"request":true,` + action + `}]}`
	}
	d.post("/ltm/policy", `{"name":"routes","partition":"shop","subPath":"Drafts","controls":["forwarding"],"requires":["http"],"strategy":"first-match","rules":[`+strings.Join([]string{
		rule("virtual", `"virtual":"/shop/inner"`), rule("node", `"node":"10.0.0.1"`), rule("member", `"pool":"/shop/green","member":"10.0.0.2:80"`),
	}, ",")+`]}`)
	d.publish("/shop/Drafts/routes")
	d.virtual(`"profiles":["/Common/tcp","/Common/http"],"policies":[{"name":"routes","partition":"shop"}]`)
	v := d.visit("/shop/web", "127.0.0.1", nil)
	for path, want := range map[string]string{"/": "blue", "/virtual": "green", "/node": "node", "/member": "green"} {
		if _, body := v.get("shop", path); !strings.HasPrefix(body, want+" ") {
			t.Errorf("%s is answered %q, want %s", path, body, want)
		}
	}
	d.shows("/ltm/virtual/~shop~web", "totRequests=4")
	d.shows("/ltm/virtual/~shop~inner", "totRequests=1", "clientside.totConns=1")
	d.shows("/ltm/pool/~shop~green", "totRequests=2")
	d.shows(bluePool, "totRequests=1")
	d.shows(blueNode, "totRequests=2")
}
