package conformance

import (
	"net/http"
)

func poolCases() []Case {
	return []Case{
		{
			Name:   "POST of a pool makes its members and their nodes",
			Must:   "Take `members` in the body, as objects or strings; the nodes come by themselves, named by address.",
			Source: "3.1", Confidence: Recorded, Test: testCreatePool,
		},
		{
			Name:   "A new pool has the documented defaults",
			Must:   "Show `round-robin`, `slowRampTime` 10, `minActiveMembers` 0, `serviceDownAction` none, and no description or monitor.",
			Source: "3.1", Confidence: Recorded, Test: func(c *Check) {
				c.Fields("pool", c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`), Object{
					"loadBalancingMode": "round-robin", "slowRampTime": asNumber(10), "minActiveMembers": asNumber(0), "serviceDownAction": "none",
					"allowNat": "yes", "allowSnat": "yes", "reselectTries": asNumber(0), "description": nil, "monitor": nil, "members": nil,
				})
			},
		},
		{
			Name:   "A list of members replaces the list",
			Must:   "Delete the members that `members` in a PATCH leaves out, and leave the pool's other settings alone.",
			Source: "4.3", Confidence: UserReport, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","slowRampTime":3,"members":["192.0.2.1:80","192.0.2.2:80"]}`)
				pool := c.Patch("/ltm/pool/~$P~bkc-p", `{"members":["192.0.2.2:80","192.0.2.3:80"]}`)
				c.Equal("slowRampTime", pool["slowRampTime"], 3)
				c.Names(c.Get("/ltm/pool/~$P~bkc-p/members"), "192.0.2.2:80", "192.0.2.3:80")
				c.Patch("/ltm/pool/~$P~bkc-p", `{"members":[]}`)
				c.Names(c.Get("/ltm/pool/~$P~bkc-p/members"))
			},
		},
		{
			Name:   "Deleting a pool leaves its nodes",
			Must:   "Delete pool and members, not the nodes that came with them.",
			Source: "4.4", Confidence: UserReport, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","members":["192.0.2.1:80"]}`)
				c.Delete("/ltm/pool/~$P~bkc-p")
				c.Gone("/ltm/pool/~$P~bkc-p")
				c.Get("/ltm/node/~$P~192.0.2.1")
			},
		},
		{
			Name:   "A description keeps brackets, colons and quotes",
			Must:   "Give the text back as it was written: the binding of a pool stands in it.",
			Source: "3.1", Confidence: Inferred, Test: func(c *Check) {
				text := `Checkout [bigipkube/1 east/shop/web:http=90 shop/web-canary:http=10] "quoted" it's 100% ; {x}`
				c.Equal("POST", c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","description":`+quote(text)+`}`)["description"], text)
				c.Equal("GET", c.Get("/ltm/pool/~$P~bkc-p")["description"], text)
			},
		},
		{
			Name:   "Monitors are one string",
			Must:   "Take and show several monitors as `a and b`; without a trailing blank from 14.1 on.",
			Source: "3.1", Confidence: Recorded, Versions: from("14.1"), Test: func(c *Check) { testMonitorRule(c, "") },
		},
		{
			Name:   "Monitors are one string with a trailing blank",
			Must:   "Show a blank behind the monitors before 14.",
			Source: "3.1", Confidence: Recorded, Versions: before("14.0"), Test: func(c *Check) { testMonitorRule(c, " ") },
		},
		{
			Name:   "At least so many monitors is written without braces, and read with them",
			Must:   "Take `min 1 of a b`, show `min 1 of { a b }`, and refuse the braces in a write (ID645289).",
			Source: "3.1", Confidence: Client, Test: func(c *Check) {
				pool := c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","monitor":"min 1 of /Common/http /Common/tcp"}`)
				c.Equal("monitor", trimmed(pool["monitor"]), "min 1 of { /Common/http /Common/tcp }")
				a := c.Ask(http.MethodPatch, "/ltm/pool/~$P~bkc-p", `{"monitor":"min 1 of { /Common/http /Common/tcp }"}`)
				c.Equal("status of "+a.String(), a.Status, http.StatusBadRequest)
			},
		},
		{
			Name:   "An empty text clears the monitor",
			Must:   "Show no `monitor` after `\"monitor\":\"\"`.",
			Source: "3.1", Confidence: Client, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","monitor":"/Common/tcp"}`)
				c.Fields("pool", c.Patch("/ltm/pool/~$P~bkc-p", `{"monitor":""}`), Object{"name": "bkc-p", "monitor": nil})
			},
		},
		{
			Name:   "One member may go without the pool's monitor",
			Must:   "Take `/Common/none` for a member: it is `user-enabled` and `unchecked`, the others are watched.",
			Source: "3.2", Confidence: Client, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","monitor":"/Common/tcp","members":[{"name":"192.0.2.1:80","partition":"$P","monitor":"/Common/none"},"192.0.2.2:80"]}`)
				free := c.Get(oneMember)
				c.Equal("monitor", trimmed(free["monitor"]), "/Common/none")
				c.Fields("member", free, Object{"session": "user-enabled", "state": "unchecked"})
				c.Equal("session of the other", c.Get(members + "/~$P~192.0.2.2:80")["session"], "monitor-enabled")
			},
		},
		{
			Name:   "Metadata comes back with persist as a string",
			Must:   "Show `metadata` as `[{\"name\",\"persist\":\"true\",\"value\"}]`, sorted by name.",
			Source: "3.22", Confidence: Recorded, Test: func(c *Check) {
				pool := c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","metadata":[{"name":"owner","value":"x"},{"name":"cost","value":"1"}]}`)
				c.Equal("metadata", pool["metadata"], []any{Object{"name": "cost", "persist": "true", "value": "1"}, Object{"name": "owner", "persist": "true", "value": "x"}})
			},
		},
	}
}

func testCreatePool(c *Check) {
	c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","loadBalancingMode":"ratio-member","members":[
		{"name":"192.0.2.1:80","partition":"$P","ratio":5,"priorityGroup":2,"connectionLimit":9,"description":"x","session":"user-disabled"},"192.0.2.2:80"]}`)
	pool := c.Get("/ltm/pool/~$P~bkc-p?expandSubcollections=true")
	c.Equal("loadBalancingMode", pool["loadBalancingMode"], "ratio-member")
	first, _ := at(pool, "membersReference", "items", 0).(Object)
	c.Fields("first member", first, Object{
		"name": "192.0.2.1:80", "partition": Partition, "address": "192.0.2.1", "ratio": asNumber(5), "priorityGroup": asNumber(2),
		"connectionLimit": asNumber(9), "description": "x", "session": "user-disabled",
	})
	second, _ := at(pool, "membersReference", "items", 1).(Object)
	c.Fields("second member", second, Object{"name": "192.0.2.2:80", "ratio": asNumber(1), "session": "user-enabled", "state": "unchecked"})
	c.Equal("address of the node", c.Get("/ltm/node/~$P~192.0.2.1")["address"], "192.0.2.1")
}

func testMonitorRule(c *Check, end string) {
	c.Equal("one", c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","monitor":"/Common/tcp"}`)["monitor"], "/Common/tcp"+end)
	pool := c.Patch("/ltm/pool/~$P~bkc-p", `{"monitor":"/Common/tcp and /Common/http"}`)
	c.Equal("two", pool["monitor"], "/Common/tcp and /Common/http"+end)
}
