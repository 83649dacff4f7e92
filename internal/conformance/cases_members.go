package conformance

import (
	"net/http"
	"strings"
)

// onePool makes a pool with two members, and nothing that watches them.
func onePool(c *Check) {
	c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","members":["192.0.2.1:80","192.0.2.2:80"]}`)
}

const (
	members   = "/ltm/pool/~$P~bkc-p/members"
	oneMember = members + "/~$P~192.0.2.1:80"
)

func memberCases() []Case {
	cases := []Case{
		{
			Name:   "A member is added by one call",
			Must:   "Answer a POST of name and partition to `members` with the member, and leave the others alone.",
			Source: "4.2", Confidence: Client, Test: func(c *Check) {
				onePool(c)
				c.Fields("member", c.Post(members, `{"name":"192.0.2.3:80","partition":"$P","ratio":7}`), Object{
					"kind": "tm:ltm:pool:members:membersstate", "name": "192.0.2.3:80", "address": "192.0.2.3", "ratio": asNumber(7), "monitor": "default",
				})
				c.Names(c.Get(members), "192.0.2.1:80", "192.0.2.2:80", "192.0.2.3:80")
			},
		},
		{
			Name:   "A member is changed by one call",
			Must:   "Change what a PATCH names, and nothing else of the member or the pool.",
			Source: "4.2", Confidence: Client, Test: func(c *Check) {
				onePool(c)
				c.Patch(oneMember, `{"ratio":7,"description":"x"}`)
				c.Fields("member", c.Patch(oneMember, `{"session":"user-disabled"}`), Object{"ratio": asNumber(7), "description": "x", "session": "user-disabled"})
				c.Equal("ratio of the other", c.Get(members + "/~$P~192.0.2.2:80")["ratio"], 1)
			},
		},
		{
			Name:   "A member is removed by one call",
			Must:   "Answer 200 without a body; leave its node.",
			Source: "4.2", Confidence: Client, Test: func(c *Check) {
				onePool(c)
				c.Delete(oneMember)
				c.Names(c.Get(members), "192.0.2.2:80")
				c.Get("/ltm/node/~$P~192.0.2.1")
			},
		},
		{
			Name:   "An IPv6 member has a dot before its port",
			Must:   "Name the member `2001:db8::1.80` and its node `2001:db8::1`.",
			Source: "4.1", Confidence: Recorded, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","members":[{"name":"2001:db8::1.80","partition":"$P"}]}`)
				c.Fields("member", c.Get(members+"/~$P~2001:db8::1.80"), Object{"name": "2001:db8::1.80", "address": "2001:db8::1"})
				c.Get("/ltm/node/~$P~2001:db8::1")
			},
		},
		{
			Name:   "A member may bear the name of a node",
			Must:   "Take `node:port` for an existing node, and show the node's address.",
			Source: "4.1", Confidence: Recorded, Test: func(c *Check) {
				c.Post("/ltm/node", `{"name":"bkc-n","partition":"$P","address":"192.0.2.7"}`)
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
				c.Fields("member", c.Post(members, `{"name":"bkc-n:80","partition":"$P"}`), Object{"name": "bkc-n:80", "address": "192.0.2.7"})
			},
		},
		{
			Name:   "A member with an address makes the node that it names",
			Must:   "Create the node `bkc-n` when name and `address` are given.",
			Source: "4.2", Confidence: UserReport, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
				c.Equal("address", c.Post(members, `{"name":"bkc-n:80","partition":"$P","address":"192.0.2.8"}`)["address"], "192.0.2.8")
				c.Equal("address of the node", c.Get("/ltm/node/~$P~bkc-n")["address"], "192.0.2.8")
			},
		},
		{
			Name:   "A member that is missing is 404 from 13 on",
			Must:   "Answer GET with 404, icrd, `Object not found`.",
			Source: "4.2", Confidence: Recorded, Versions: from("13.0"), Test: func(c *Check) {
				onePool(c)
				c.Refused(http.MethodGet, members+"/~$P~192.0.2.9:80", "", 404, icrd, "Object not found - /$P/192.0.2.9:80")
			},
		},
		{
			Name:   "A member that is missing is a skeleton before 13",
			Must:   "Answer GET with 200 and an object without `address`.",
			Source: "4.2", Confidence: Client, Versions: before("13.0"), Test: func(c *Check) {
				onePool(c)
				c.Fields("skeleton", c.Get(members+"/~$P~192.0.2.9:80"), Object{"kind": "tm:ltm:pool:members:membersstate", "address": nil})
			},
		},
		{
			Name:   "A monitored member is read in other words",
			Must:   "Show `monitor-enabled` and `checking`, `up` or `down`; `down` in the end, where nothing answers.",
			Source: "4.5", Confidence: Recorded, Test: testMonitored,
		},
		{
			Name:   "Forced offline keeps its words under a monitor",
			Must:   "Show `user-disabled` and `user-down` whatever the monitor says, and go on with `checking` afterwards.",
			Source: "4.5", Confidence: Recorded, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","monitor":"/Common/tcp","members":["192.0.2.1:80"]}`)
				c.Fields("forced offline", c.Patch(oneMember, `{"session":"user-disabled","state":"user-down"}`), Object{"session": "user-disabled", "state": "user-down"})
				again := c.Patch(oneMember, `{"session":"user-enabled","state":"user-up"}`)
				c.Equal("session", again["session"], "monitor-enabled")
				c.True(again["state"] == "checking" || again["state"] == "down", "state is %v", again["state"])
			},
		},
		{
			Name:   "The words that are only read are refused in a write",
			Must:   "Refuse `up`, `down`, `checking`, `unchecked` and `monitor-enabled` with 400, 26214401, `invalid property value`.",
			Source: "4.5", Confidence: UserReport, Test: func(c *Check) {
				onePool(c)
				for field, words := range map[string][]string{"state": {"up", "down", "checking", "unchecked"}, "session": {"monitor-enabled"}} {
					for _, word := range words {
						c.Refused(http.MethodPatch, oneMember, `{"`+field+`":"`+word+`"}`, 400, tmsh, `invalid property value "`+field+`":"`+word+`"`)
					}
				}
			},
		},
		{
			Name:   "A member's address cannot be changed",
			Must:   "Refuse `address` in a PATCH with 400.",
			Source: "3.2", Confidence: UserReport, Test: func(c *Check) {
				onePool(c)
				c.Refused(http.MethodPatch, oneMember, `{"address":"192.0.2.1"}`, 400, tmsh, `"address" may not be specified`)
			},
		},
		{
			Name:   "A ratio may be 1 to 65535",
			Must:   "Take both ends, and refuse more.",
			Source: "3.2", Confidence: Inferred, Test: func(c *Check) {
				onePool(c)
				c.Equal("ratio", c.Patch(oneMember, `{"ratio":65535}`)["ratio"], 65535)
				c.Equal("ratio", c.Patch(oneMember, `{"ratio":1}`)["ratio"], 1)
				c.Equal("status of 65536", c.Ask(http.MethodPatch, oneMember, `{"ratio":65536}`).Status, http.StatusBadRequest)
			},
		},
	}
	return append(cases, unmonitoredCases()...)
}

// unmonitoredCases are table 4.5 for a member that nothing watches.
func unmonitoredCases() []Case {
	var cases []Case
	for _, row := range []struct{ intent, body, session, state string }{
		{"Enabled", `{"session":"user-enabled","state":"user-up"}`, "user-enabled", "unchecked"},
		{"Disabled", `{"session":"user-disabled","state":"user-up"}`, "user-disabled", "unchecked"},
		{"Forced offline", `{"session":"user-disabled","state":"user-down"}`, "user-disabled", "user-down"},
		{"Down by hand alone", `{"session":"user-enabled","state":"user-down"}`, "user-enabled", "user-down"},
	} {
		cases = append(cases, Case{
			Name:   row.intent + " is read as " + row.session + " and " + row.state + " without a monitor",
			Must:   "Show these words after `" + row.body + "`.",
			Source: "4.5", Confidence: Recorded, Test: func(c *Check) {
				onePool(c)
				if strings.Contains(row.body, "user-enabled") {
					c.Patch(oneMember, `{"session":"user-disabled","state":"user-down"}`)
				}
				c.Patch(oneMember, row.body)
				c.Fields("member", c.Get(oneMember), Object{"session": row.session, "state": row.state})
			},
		})
	}
	return cases
}

// testMonitored uses an address for documentation, where nothing answers.
func testMonitored(c *Check) {
	c.Post("/ltm/monitor/tcp", `{"name":"bkc-m","partition":"$P","interval":1,"timeout":2}`)
	c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","monitor":"/$P/bkc-m","members":["192.0.2.1:80"]}`)
	got := c.Get(oneMember)
	c.Equal("session", got["session"], "monitor-enabled")
	c.True(got["state"] == "checking" || got["state"] == "down", "state is %v", got["state"])
	c.Eventually("state down", c.session, oneMember, func(a Answer) bool { return a.Body["state"] == "down" })
	disabled := c.Patch(oneMember, `{"session":"user-disabled"}`)
	c.Fields("disabled", disabled, Object{"session": "user-disabled", "state": "down"})
}

func nodeCases() []Case {
	return []Case{
		{
			Name:   "A node can be made by itself",
			Must:   "Create a named node with an address, and show state and session in the words of members.",
			Source: "3.3", Confidence: Recorded, Test: func(c *Check) {
				c.Fields("node", c.Post("/ltm/node", `{"name":"bkc-n","partition":"$P","address":"192.0.2.7","description":"x"}`), Object{
					"kind": "tm:ltm:node:nodestate", "address": "192.0.2.7", "description": "x", "session": "user-enabled", "state": "unchecked", "monitor": "default",
				})
			},
		},
		{
			Name:   "A node may have a name instead of an address",
			Must:   "Take `fqdn.tmName`; show `address` `any6` and the times of the name's resolution, interval as a string.",
			Source: "3.3", Confidence: Recorded, Test: func(c *Check) {
				node := c.Post("/ltm/node", `{"name":"bkc-n","partition":"$P","fqdn":{"tmName":"www.example.com","autopopulate":"enabled","interval":"3600"}}`)
				fqdn, _ := node["fqdn"].(Object)
				c.Fields("fqdn", fqdn, Object{"tmName": "www.example.com", "autopopulate": "enabled", "interval": "3600", "addressFamily": "ipv4", "downInterval": asNumber(5)})
				c.Fields("node", node, Object{"address": "any6", "ephemeral": "false"})
			},
		},
		{
			Name:   "A node is taken out by a PATCH, not by its creation",
			Must:   "Create a node enabled whatever the POST says; take `user-down` and `user-disabled` in a PATCH, and `user-up` and `user-enabled` again.",
			Source: "3.3", Confidence: Client, Test: func(c *Check) {
				const node = "/ltm/node/~$P~bkc-n"
				c.Fields("POST", c.Post("/ltm/node", `{"name":"bkc-n","partition":"$P","address":"192.0.2.7","state":"user-down","session":"user-disabled"}`),
					Object{"state": "unchecked", "session": "user-enabled"})
				c.Fields("out", c.Patch(node, `{"state":"user-down","session":"user-disabled"}`), Object{"state": "user-down", "session": "user-disabled"})
				c.Fields("in", c.Patch(node, `{"state":"user-up","session":"user-enabled"}`), Object{"state": "unchecked", "session": "user-enabled"})
				c.Refused(http.MethodPatch, node, `{"state":"up"}`, 400, tmsh, `invalid property value "state":"up"`)
			},
		},
		{
			Name:   "A node that a member needs cannot be deleted",
			Must:   "Refuse with 400, 01070110; delete it once no member needs it.",
			Source: "4.4", Confidence: Recorded, Test: func(c *Check) {
				onePool(c)
				c.Refused(http.MethodDelete, "/ltm/node/~$P~192.0.2.1", "", 400, mcpd, "01070110:3: Node address '/$P/192.0.2.1' is referenced by a member of pool '/$P/bkc-p'")
				c.Delete(oneMember)
				c.Delete("/ltm/node/~$P~192.0.2.1")
			},
		},
		{
			Name:   "Two nodes cannot share an address",
			Must:   "Refuse the second with 400, 0107176c.",
			Source: "4.4", Confidence: UserReport, Test: func(c *Check) {
				c.Post("/ltm/node", `{"name":"bkc-n","partition":"$P","address":"192.0.2.7"}`)
				c.Refused(http.MethodPost, "/ltm/node", `{"name":"bkc-n2","partition":"$P","address":"192.0.2.7"}`, 400, mcpd, "0107176c:3: Invalid Node, the IP address 192.0.2.7 already exists")
			},
		},
		{
			Name:   "Pools share a node",
			Must:   "Use the node that is there for another pool's member of the same address.",
			Source: "4.4", Confidence: Client, Test: func(c *Check) {
				onePool(c)
				c.Post("/ltm/pool", `{"name":"bkc-q","partition":"$P","members":["192.0.2.1:81"]}`)
				c.Names(c.Get("/ltm/node?$filter=partition+eq+$P"), "192.0.2.1", "192.0.2.2")
			},
		},
	}
}
