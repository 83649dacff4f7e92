package conformance

import (
	"net/http"
	"net/url"
	"strings"
)

// forwardRule sends what has a header to a pool.
const forwardRule = `{"name":"bkc-canary","ordinal":1,
	"conditions":[{"name":"0","httpHeader":true,"all":true,"tmName":"X-Canary","values":["yes"],"equals":true,"request":true}],
	"actions":[{"name":"0","forward":true,"select":true,"request":true,"pool":"/$P/bkc-p"}]}`

const draft, published = "/ltm/policy/~$P~Drafts~bkc-x", "/ltm/policy/~$P~bkc-x"

// draftPolicy makes a draft; the folder for drafts is made by hand everywhere but
// in Common (icontrol-rest 3.6).
func draftPolicy(c *Check) {
	onePool(c)
	c.Post("/sys/folder", `{"name":"Drafts","partition":"$P"}`)
	c.Post("/ltm/policy", `{"name":"bkc-x","partition":"$P","subPath":"Drafts","controls":["forwarding"],"requires":["http"],
		"strategy":"/Common/first-match","rules":[`+forwardRule+`]}`)
}

func publish(c *Check) {
	c.Post("/ltm/policy", `{"command":"publish","name":"/$P/Drafts/bkc-x"}`)
}

func policyCases() []Case {
	return []Case{
		{
			Name:   "A policy is made as a draft",
			Must:   "Create `/P/Drafts/name` with status `draft`, strategy, controls and requires.",
			Source: "3.6", Confidence: Client, Test: func(c *Check) {
				draftPolicy(c)
				policy := c.Get(draft)
				c.Fields("draft", policy, Object{
					"kind": "tm:ltm:policy:policystate", "status": "draft", "strategy": "/Common/first-match",
					"controls": []any{"forwarding"}, "requires": []any{"http"}, "rules": nil,
				})
				c.Equal("isSubcollection", at(policy, "rulesReference", "isSubcollection"), true)
			},
		},
		{
			Name:   "Publishing moves a draft",
			Must:   "Take `{\"command\":\"publish\",\"name\":\"/P/Drafts/name\"}` on the collection; then `/P/name` is published and the draft is gone.",
			Source: "3.6", Confidence: Client, Test: func(c *Check) {
				draftPolicy(c)
				publish(c)
				c.Equal("status", c.Get(published)["status"], "published")
				c.Gone(draft)
			},
		},
		{
			Name:   "A published policy is changed in a draft of it",
			Must:   "Make the draft by `createDraft` or `?options=create-draft`; the published one stays until the draft is published.",
			Source: "3.6", Confidence: Client, Test: func(c *Check) {
				draftPolicy(c)
				publish(c)
				for _, how := range []struct{ path, body, text string }{{published, `{"createDraft":true}`, "one"}, {published + "?options=create-draft", `{}`, "two"}} {
					before := c.Get(published)["description"]
					c.Patch(how.path, how.body)
					c.Patch(draft, `{"description":"`+how.text+`"}`)
					c.Equal("description before publishing", c.Get(published)["description"], before)
					publish(c)
					c.Equal("description after publishing", c.Get(published)["description"], how.text)
				}
			},
		},
		{
			Name:   "A published policy cannot be changed directly",
			Must:   "Refuse a PATCH with 400, 01071abb.",
			Source: "3.6", Confidence: UserReport, Test: func(c *Check) {
				draftPolicy(c)
				publish(c)
				c.Refused(http.MethodPatch, published, `{"description":"x"}`, 400, mcpd, "01071abb:3: Cannot create/modify published policy '/$P/bkc-x' directly")
			},
		},
		{
			Name:   "A draft is not made where a policy is published",
			Must:   "Refuse a POST of `/P/Drafts/name` with 400, 01070734, when `/P/name` is published.",
			Source: "3.6", Confidence: UserReport, Test: func(c *Check) {
				draftPolicy(c)
				publish(c)
				c.Refused(http.MethodPost, "/ltm/policy", `{"name":"bkc-x","partition":"$P","subPath":"Drafts"}`, 400, mcpd, `01070734:3: Configuration error: Published policy "/$P/bkc-x" exists`)
			},
		},
		{
			Name:   "A policy about HTTP needs an HTTP profile",
			Must:   "Refuse it on a virtual server without one with 400.",
			Source: "3.6", Confidence: Inferred, Test: func(c *Check) {
				draftPolicy(c)
				publish(c)
				a := c.Ask(http.MethodPost, "/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80","ipProtocol":"tcp","profiles":["/Common/tcp"],
					"policies":[{"name":"bkc-x","partition":"$P"}]}`)
				c.Equal("status of "+a.String(), a.Status, http.StatusBadRequest)
				c.Gone(oneVirtual)
			},
		},
		{
			Name:   "A policy about the TLS hello needs who reads it",
			Must:   "Refuse it with 400 on a virtual server that has neither a client-ssl profile nor the generic SSL persistence, and take it with that one.",
			Source: "3.6", Confidence: Inferred, Test: func(c *Check) {
				onePool(c)
				c.Post("/ltm/policy", `{"name":"bkc-x","partition":"$P","legacy":true,"controls":["forwarding"],"requires":["ssl-persistence"],"strategy":"/Common/first-match","rules":[
					{"name":"bkc-db","ordinal":0,
					 "conditions":[{"name":"0","sslExtension":true,"serverName":true,"equals":true,"sslClientHello":true,"values":["db.example.com"]}],
					 "actions":[{"name":"0","forward":true,"select":true,"sslClientHello":true,"pool":"/$P/bkc-p"}]}]}`)
				server := func(more string) string {
					return `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:443","ipProtocol":"tcp","profiles":["/Common/tcp"],` + more + `"policies":[{"name":"bkc-x","partition":"$P"}]}`
				}
				a := c.Ask(http.MethodPost, "/ltm/virtual", server(""))
				c.Equal("status of "+a.String(), a.Status, http.StatusBadRequest)
				c.Gone(oneVirtual)
				c.Post("/ltm/virtual", server(`"persist":["/Common/ssl"],`))
				c.Names(c.Get(oneVirtual+"/policies"), "bkc-x")
			},
		},
		{
			Name:   "The rules of a policy show what was left out",
			Must:   "Show an action with its flags, its pool and zeros for codes and times; a condition with `caseInsensitive`, `external`, `present` and `index` 0.",
			Source: "3.6", Confidence: Recorded, Test: func(c *Check) {
				draftPolicy(c)
				rules := c.Get(draft + "/rules")
				c.Names(rules, "bkc-canary")
				rule := c.Get(draft + "/rules/bkc-canary?expandSubcollections=true")
				c.Equal("ordinal", rule["ordinal"], 1)
				action, _ := at(rule, "actionsReference", "items", 0).(Object)
				c.Fields("action", action, Object{
					"name": "0", "forward": true, "select": true, "request": true, "pool": "/" + Partition + "/bkc-p",
					"code": asNumber(0), "expirySecs": asNumber(0), "length": asNumber(0), "offset": asNumber(0), "port": asNumber(0),
					"status": asNumber(0), "timeout": asNumber(0), "vlanId": asNumber(0),
				})
				condition, _ := at(rule, "conditionsReference", "items", 0).(Object)
				c.Fields("condition", condition, Object{
					"name": "0", "httpHeader": true, "all": true, "tmName": "X-Canary", "values": []any{"yes"}, "equals": true, "request": true,
					"caseInsensitive": true, "external": true, "present": true, "index": asNumber(0),
				})
			},
		},
		{
			Name:   "A policy is attached by name",
			Must:   "Take `policies` as a list of names and partitions, show them below the virtual server, and clear them with `[]`.",
			Source: "3.4", Confidence: Client, Test: func(c *Check) {
				draftPolicy(c)
				publish(c)
				c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80","ipProtocol":"tcp","profiles":["/Common/tcp","/Common/http"],
					"policies":[{"name":"bkc-x","partition":"$P"}]}`)
				c.Names(c.Get(oneVirtual+"/policies"), "bkc-x")
				c.Patch(oneVirtual, `{"policies":[]}`)
				c.Names(c.Get(oneVirtual + "/policies"))
			},
		},
	}
}

const dataGroup = "/ltm/data-group/internal/~$P~bkc-d"

func entry(name, data string) any { return Object{"name": name, "data": data} }

func dataGroupCases() []Case {
	return []Case{
		{
			Name:   "A data group has records with a name and data",
			Must:   "Show `data` also when it is empty, and no `records` when there is none.",
			Source: "3.7", Confidence: Recorded, Test: func(c *Check) {
				got := c.Post("/ltm/data-group/internal", `{"name":"bkc-d","partition":"$P","type":"string","records":[{"name":"a","data":"1"},{"name":"b"}]}`)
				c.Fields("data group", got, Object{"kind": "tm:ltm:data-group:internal:internalstate", "type": "string", "records": []any{entry("a", "1"), entry("b", "")}})
				c.Equal("records", c.Patch(dataGroup, `{"records":[]}`)["records"], nil)
			},
		},
		{
			Name:   "Addresses in a data group become networks",
			Must:   "Show `10.0.0.1` as `10.0.0.1/32`.",
			Source: "3.7", Confidence: Recorded, Test: func(c *Check) {
				got := c.Post("/ltm/data-group/internal", `{"name":"bkc-d","partition":"$P","type":"ip","records":[{"name":"192.0.2.1"},{"name":"198.51.100.0/24","data":"x"}]}`)
				c.Equal("records", got["records"], []any{entry("192.0.2.1/32", ""), entry("198.51.100.0/24", "x")})
			},
		},
		{
			Name:   "One record is changed by words of tmsh",
			Must:   "Take `?options=records add|modify|delete { … }` and leave the other records.",
			Source: "3.7", Confidence: Recorded, Test: func(c *Check) {
				c.Post("/ltm/data-group/internal", `{"name":"bkc-d","partition":"$P","type":"string","records":[{"name":"a","data":"1"}]}`)
				for _, step := range []struct {
					words string
					want  []any
				}{
					{"records add { b { data 2 } }", []any{entry("a", "1"), entry("b", "2")}},
					{"records modify { a { data 3 } }", []any{entry("a", "3"), entry("b", "2")}},
					{"records delete { b }", []any{entry("a", "3")}},
				} {
					c.Patch(dataGroup+"?options="+url.QueryEscape(step.words), `{}`)
					c.Equal(step.words, c.Get(dataGroup)["records"], step.want)
				}
			},
		},
		{
			Name:   "A record holds 65520 bytes",
			Must:   "Refuse longer data with 400, 01070712.",
			Source: "3.7", Confidence: Documented, Test: func(c *Check) {
				body := func(n int) string {
					return `{"name":"bkc-d","partition":"$P","type":"string","records":[{"name":"a","data":"` + strings.Repeat("x", n) + `"}]}`
				}
				c.Refused(http.MethodPost, "/ltm/data-group/internal", body(65529), 400, mcpd, "01070712:3: Max string size exceeded")
				c.Post("/ltm/data-group/internal", body(65520))
			},
		},
		{
			Name:   "A data group that is there already is 409, 01020066",
			Must:   "Call it `value list`.",
			Source: "6.2", Confidence: Recorded, Test: func(c *Check) {
				body := `{"name":"bkc-d","partition":"$P","type":"string"}`
				c.Post("/ltm/data-group/internal", body)
				c.Refused(http.MethodPost, "/ltm/data-group/internal", body, 409, mcpd, "01020066:3: The requested value list (/$P/bkc-d) already exists in partition $P.")
			},
		},
	}
}
