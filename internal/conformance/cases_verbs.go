package conformance

import "net/http"

func verbCases() []Case {
	return []Case{
		{
			Name:   "PATCH changes what it names",
			Must:   "Leave everything else as it was, the members too.",
			Source: "2.5", Confidence: UserReport, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","description":"x","slowRampTime":3,"monitor":"/Common/tcp","members":["192.0.2.1:80"]}`)
				pool := c.Patch("/ltm/pool/~$P~bkc-p", `{"minActiveMembers":1}`)
				c.Fields("pool", pool, Object{"description": "x", "slowRampTime": asNumber(3), "minActiveMembers": asNumber(1)})
				c.Equal("monitor", trimmed(pool["monitor"]), "/Common/tcp")
				c.Names(c.Get("/ltm/pool/~$P~bkc-p/members"), "192.0.2.1:80")
			},
		},
		{
			Name:   "PUT resets what it leaves out",
			Must:   "Set each omitted property to its default: the monitor goes, the mode is round-robin again.",
			Source: "2.5", Confidence: UserReport, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","description":"x","slowRampTime":3,"monitor":"/Common/tcp","loadBalancingMode":"ratio-member"}`)
				c.Fields("pool", c.Put("/ltm/pool/~$P~bkc-p", `{"minActiveMembers":1}`), Object{
					"minActiveMembers": asNumber(1), "description": nil, "slowRampTime": asNumber(10), "monitor": nil, "loadBalancingMode": "round-robin",
				})
			},
		},
		{
			Name:   "A PATCH that names nothing is refused",
			Must:   "Answer 400, 26214401, `one or more properties must be specified`, also when it holds identifiers only.",
			Source: "2.5", Confidence: UserReport, Test: func(c *Check) {
				onePool(c)
				for _, body := range []string{`{}`, `{"name":"bkc-p","partition":"$P"}`} {
					c.Refused(http.MethodPatch, "/ltm/pool/~$P~bkc-p", body, 400, tmsh, "one or more properties must be specified")
				}
			},
		},
		{
			Name:   "What GET shows may be sent back",
			Must:   "Take kind, selfLink, generation and references in a PATCH of a pool, and change nothing by them.",
			Source: "2.4", Confidence: Client, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","slowRampTime":3}`)
				before := c.Ask(http.MethodGet, "/ltm/pool/~$P~bkc-p", "")
				after := c.Patch("/ltm/pool/~$P~bkc-p", before.Text)
				c.Fields("pool", after, Object{"slowRampTime": asNumber(3), "fullPath": "/" + Partition + "/bkc-p", "selfLink": before.Body["selfLink"]})
			},
		},
		{
			Name:   "Numbers may be written as strings",
			Must:   "Take `\"slowRampTime\":\"3\"` and show a number.",
			Source: "2.5", Confidence: Documented, Test: func(c *Check) {
				c.Equal("slowRampTime", c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","slowRampTime":"3"}`)["slowRampTime"], 3)
			},
		},
		{
			Name:   "An unknown property is refused",
			Must:   "Answer 400 with `unknown property`.",
			Source: "2.4", Confidence: UserReport, Test: func(c *Check) {
				onePool(c)
				c.Refused(http.MethodPatch, "/ltm/pool/~$P~bkc-p", `{"bkcNoSuchProperty":1}`, 400, tmsh, "unknown property")
			},
		},
		{
			Name:   "A flag is true or absent",
			Must:   "Show `enabled` or `disabled`, never false; setting one removes the other.",
			Source: "2.6", Confidence: Recorded, Test: func(c *Check) {
				c.Fields("new", c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80"}`), Object{"enabled": true, "disabled": nil})
				c.Fields("disabled", c.Patch("/ltm/virtual/~$P~bkc-v", `{"disabled":true}`), Object{"enabled": nil, "disabled": true})
				c.Fields("enabled", c.Patch("/ltm/virtual/~$P~bkc-v", `{"enabled":true}`), Object{"enabled": true, "disabled": nil})
			},
		},
		{
			Name:   "Numbers and texts are cleared by 0, an empty text or none",
			Must:   "Clear a description with `\"\"`, a reference with `none`, a list with `[]`.",
			Source: "2.5", Confidence: Client, Test: func(c *Check) {
				onePool(c)
				c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80","ipProtocol":"tcp","description":"x","pool":"/$P/bkc-p",
					"profiles":["/Common/tcp","/Common/http"],"persist":["/Common/cookie"],"fallbackPersistence":"/Common/source_addr"}`)
				c.Fields("cleared", c.Patch("/ltm/virtual/~$P~bkc-v", `{"description":"","pool":"none","fallbackPersistence":"none","persist":[]}`),
					Object{"name": "bkc-v", "description": nil, "pool": nil, "poolReference": nil, "fallbackPersistence": nil, "persist": nil})
			},
		},
		{
			Name:   "A body that is no JSON is refused",
			Must:   "Answer 400, icrd, `Found invalid JSON body in the request.`",
			Source: "6.2", Confidence: UserReport, Test: func(c *Check) {
				c.Refused(http.MethodPost, "/ltm/pool", `{"name":`, 400, icrd, "Found invalid JSON body in the request.")
			},
		},
	}
}
