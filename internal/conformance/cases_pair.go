package conformance

import (
	"fmt"
	"net/http"
	"strings"
)

// pairCases are about two devices in a device group with manual sync.
func pairCases() []Case {
	cases := []Case{
		{
			Name:   "Of a pair one is active and one is standby",
			Must:   "Say `ACTIVE` on one device and `STANDBY` on the other in `cm/failover-status`; list both in `cm/device`, each marking itself.",
			Source: "3.16", Confidence: Recorded, Test: testFailoverStates,
		},
		{
			Name:   "A change is pending until it is synchronised",
			Must:   "Say `Changes Pending` on both devices, with `Recommended action: Synchronize` in a line of the details; after `config-sync to-group` `In Sync`, and the object is on the other.",
			Source: "3.16", Confidence: Recorded, Test: testConfigSync,
		},
		{
			Name:   "A config sync is answered with what was asked",
			Must:   "Answer `{\"command\":\"run\",\"utilCmdArgs\":…}` with the same and kind `tm:cm:runstate`.",
			Source: "3.16", Confidence: Recorded, Test: func(c *Check) {
				arguments := "config-sync to-group " + c.syncGroup()
				c.Fields("answer", c.Post("/cm", `{"command":"run","utilCmdArgs":"`+arguments+`"}`),
					Object{"kind": "tm:cm:runstate", "command": "run", "utilCmdArgs": arguments})
				c.inStatus("In Sync")
			},
		},
		{
			Name:   "A token belongs to one device",
			Must:   "Answer 401 of restjavad to a token of the other device, without `verb=`.",
			Source: "9", Confidence: Documented, Test: func(c *Check) {
				_, own := login(c)
				c.in(own).Get(anyObject)
				own.url = c.device.target.Peer
				c.tokenGone(c.AskAs(own, http.MethodGet, "/sys/version", ""))
			},
		},
		{
			Name:   "A failover by command makes the other device active",
			Must:   "Answer `POST sys/failover` with `standby` on the active device, which is then `STANDBY` and the other `ACTIVE`.",
			Source: "3.16", Confidence: Client, Test: testFailover,
		},
	}
	for i := range cases {
		cases[i].With = Peer
	}
	return cases
}

// peer is the administrator's session with the other device.
func (c *Check) peer() *Check {
	other := session{url: c.device.target.Peer, client: c.client}
	d := Device{session: other, target: c.device.target}
	token, err := d.login(c.ctx, c.device.target.Administrator)
	if err != nil {
		c.Fatalf("%v", err)
	}
	return c.in(other.withToken(token))
}

const (
	syncPath     = "/cm/sync-status"
	failoverPath = "/cm/failover-status"
)

// statusWord is "status" in one of the two pages of package cm.
func statusWord(body Object, path string) string {
	return fmt.Sprint(at(body, "entries", "https://localhost/mgmt/tm"+path+"/0", "nestedStats", "entries", "status", "description"))
}

// inStatus waits until config sync has a status.
func (c *Check) inStatus(want string) Answer {
	return c.Eventually("sync status "+want, c.session, syncPath, func(a Answer) bool { return statusWord(a.Body, syncPath) == want })
}

// syncGroup is the name of the device group in which the two fail over.
func (c *Check) syncGroup() string {
	for _, item := range list(c.Get("/cm/device-group")["items"]) {
		if at(item, "type") == "sync-failover" {
			c.Equal("autoSync of the device group", at(item, "autoSync"), "disabled")
			return fmt.Sprint(at(item, "name"))
		}
	}
	c.Fatalf("there is no device group of type sync-failover")
	return ""
}

func (c *Check) sync() {
	c.Post("/cm", `{"command":"run","utilCmdArgs":"config-sync to-group `+c.syncGroup()+`"}`)
	c.inStatus("In Sync")
}

func testConfigSync(c *Check) {
	peer := c.peer()
	c.sync()
	onePool(c)
	for _, side := range []*Check{c, peer} {
		text := side.inStatus("Changes Pending").Text
		side.True(strings.Contains(text, "Recommended action: Synchronize "), "no line recommends what to do: %s", text)
	}
	peer.Gone("/ltm/pool/~$P~bkc-p")
	c.sync()
	peer.inStatus("In Sync")
	peer.Get("/ltm/pool/~$P~bkc-p")
	c.Delete("/ltm/pool/~$P~bkc-p")
	c.Delete("/ltm/node/~$P~192.0.2.1")
	c.Delete("/ltm/node/~$P~192.0.2.2")
	c.sync()
	peer.Gone("/ltm/pool/~$P~bkc-p")
}

func testFailoverStates(c *Check) {
	peer := c.peer()
	states := []string{statusWord(c.Get(failoverPath), failoverPath), statusWord(peer.Get(failoverPath), failoverPath)}
	both := strings.Join(states, " ")
	c.True(both == "ACTIVE STANDBY" || both == "STANDBY ACTIVE", "the devices are %s", both)
	for i, side := range []*Check{c, peer} {
		devices := list(side.Get("/cm/device")["items"])
		c.Equal("number of devices", len(devices), 2)
		var own []any
		for _, item := range devices {
			if at(item, "selfDevice") == "true" {
				own = append(own, at(item, "failoverState"))
			}
		}
		c.Equal("failoverState of itself", own, []any{strings.ToLower(states[i])})
		c.Equal("failoverState", side.Get("/mgmt/shared/bigip-failover-state")["failoverState"], strings.ToLower(states[i]))
	}
}

// testFailover hands over and back.
func testFailover(c *Check) {
	active, standby := c, c.peer()
	if statusWord(c.Get(failoverPath), failoverPath) != "ACTIVE" {
		active, standby = standby, active
	}
	for range 2 {
		active.Post("/sys/failover", `{"command":"run","standby":true,"trafficGroup":"traffic-group-1"}`)
		for side, want := range map[*Check]string{active: "STANDBY", standby: "ACTIVE"} {
			side.Eventually("failover status "+want, side.session, failoverPath, func(a Answer) bool { return statusWord(a.Body, failoverPath) == want })
		}
		active, standby = standby, active
	}
}
