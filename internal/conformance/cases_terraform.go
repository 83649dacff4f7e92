package conformance

import (
	"net/http"
	"slices"
)

// terraformCases are the requests of F5's own provider, in its order: what else
// is not answered would show there.
func terraformCases() []Case {
	cases := []Case{
		{
			Name:   "F5's provider: session",
			Must:   "Take the login, the PATCH of the token to its timeout with the echo that is checked, and reads with it.",
			Source: "1.3", Confidence: Client, Test: func(c *Check) {
				token, own := login(c)
				c.Equal("timeout", c.AskAs(own, http.MethodPatch, tokensPath+token, `{"timeout":1200}`).Body["timeout"], 1200)
				c.Equal("status", c.AskAs(own, http.MethodGet, "/ltm/node", "").Status, http.StatusOK)
			},
		},
		{
			Name:   "F5's provider: bigip_ltm_node",
			Must:   "Take a POST with a full path as name, and a PUT of the whole node.",
			Source: "2.5", Confidence: Client, Test: testTerraformNode,
		},
		{
			Name:   "F5's provider: bigip_ltm_pool",
			Must:   "Take a POST of the name alone, and a PUT of the whole pool, which leaves the members.",
			Source: "2.5", Confidence: Client, Test: testTerraformPool,
		},
		{
			Name:   "F5's provider: bigip_ltm_pool_attachment",
			Must:   "Add a member by name and partition, change it by PATCH without name and address, list the members, and remove it.",
			Source: "4.2", Confidence: Client, Test: testTerraformAttachment,
		},
		{
			Name:   "F5's provider: bigip_ltm_pool_attachment of a node",
			Must:   "Take a member named by the full path of a node, without a partition of its own.",
			Source: "4.1", Confidence: Client, Versions: from("13.0"), Test: func(c *Check) {
				c.Post("/ltm/node", `{"name":"/$P/bkc-n","address":"192.0.2.7"}`)
				c.Post("/ltm/pool", `{"name":"/$P/bkc-p"}`)
				c.Post(members, `{"name":"/$P/bkc-n:443"}`)
				c.Fields("member", c.Get(members+"/~$P~bkc-n:443"), Object{"name": "bkc-n:443", "partition": Partition, "address": "192.0.2.7"})
			},
		},
		{
			Name:   "F5's provider: PUT of a member",
			Must:   "Reset what a PUT of a member leaves out.",
			Source: "4.2", Confidence: Inferred, Test: func(c *Check) {
				onePool(c)
				c.Patch(oneMember, `{"ratio":7,"description":"x"}`)
				c.Fields("member", c.Put(oneMember, `{"session":"user-disabled"}`), Object{"session": "user-disabled", "ratio": asNumber(1), "description": nil})
			},
		},
		{
			Name:   "F5's provider: bigip_ltm_virtual_server",
			Must:   "Take a POST with a full path as name, reads of profiles and policies, a PATCH of the whole virtual server.",
			Source: "3.4", Confidence: Client, Test: testTerraformVirtual,
		},
		{
			Name:   "F5's provider: bigip_ltm_irule",
			Must:   "Take the text in `apiAnonymous`, blanks and all, and a PUT with another.",
			Source: "3.8", Confidence: Recorded, Test: func(c *Check) {
				text := "when HTTP_REQUEST {\n\tset x 1\n}\n"
				c.Post("/ltm/rule", `{"name":"/$P/bkc-r","apiAnonymous":`+quote(text)+`}`)
				c.Equal("apiAnonymous", trimmed(c.Get("/ltm/rule/~$P~bkc-r")["apiAnonymous"]), trimmed(text))
				c.Put("/ltm/rule/~$P~bkc-r", `{"apiAnonymous":"when CLIENT_ACCEPTED { }"}`)
				c.Equal("apiAnonymous", trimmed(c.Get("/ltm/rule/~$P~bkc-r")["apiAnonymous"]), "when CLIENT_ACCEPTED { }")
				c.Delete("/ltm/rule/~$P~bkc-r")
			},
		},
		{
			Name:   "F5's provider: bigip_ltm_datagroup",
			Must:   "Take a POST with a full path as name, and a PUT of the whole data group, its type included.",
			Source: "3.7", Confidence: Recorded, Test: func(c *Check) {
				c.Post("/ltm/data-group/internal", `{"name":"/$P/bkc-d","type":"string","records":[{"name":"a","data":"1"}]}`)
				c.Put(dataGroup, `{"name":"bkc-d","type":"string","records":[{"name":"a","data":"2"},{"name":"b","data":"3"}]}`)
				c.Equal("records", c.Get(dataGroup)["records"], []any{entry("a", "2"), entry("b", "3")})
				c.Delete(dataGroup)
				c.Gone(dataGroup)
			},
		},
		{
			Name:   "F5's provider: bigip_ltm_policy",
			Must:   "Make a draft named `Drafts/name`, publish it, make a draft of it, replace that by PUT, and publish again.",
			Source: "3.6", Confidence: Client, Test: func(c *Check) {
				onePool(c)
				c.Post("/sys/folder", `{"name":"Drafts","partition":"$P"}`)
				body := `"controls":["forwarding"],"requires":["http"],"strategy":"/Common/first-match","rules":[` + forwardRule + `]`
				c.Post("/ltm/policy", `{"name":"Drafts/bkc-x","partition":"$P",`+body+`}`)
				publish(c)
				c.Names(c.Get(published+"/rules"), "bkc-canary")
				c.Patch("/ltm/policy/$P~bkc-x?options=create-draft", `{}`)
				c.Put(draft, `{"name":"Drafts/bkc-x","partition":"$P","description":"x",`+body+`}`)
				publish(c)
				c.Fields("policy", c.Get(published), Object{"status": "published", "description": "x"})
				c.Delete(published)
				c.Gone(published)
			},
		},
		{
			Name:   "F5's provider: bigip_ltm_snatpool",
			Must:   "Take members as full paths, replace them by PUT, and refuse deletion while a virtual server uses it (01070320).",
			Source: "3.21", Confidence: UserReport, Test: func(c *Check) {
				c.Post("/ltm/snatpool", `{"name":"/$P/bkc-s","members":["/$P/198.51.100.1"]}`)
				c.Equal("members", c.Put("/ltm/snatpool/~$P~bkc-s", `{"members":["/$P/198.51.100.2"]}`)["members"], []any{"/" + Partition + "/198.51.100.2"})
				c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80","sourceAddressTranslation":{"type":"snat","pool":"/$P/bkc-s"}}`)
				c.Refused(http.MethodDelete, "/ltm/snatpool/~$P~bkc-s", "", 400, mcpd, "01070320:3: Snatpool /$P/bkc-s is still referenced by a virtual server.")
			},
		},
		{
			Name:   "F5's provider: bigip_ltm_profile_*",
			Must:   "Take each kind of profile with its parent, give it the parent's values, take a PATCH, and delete it.",
			Source: "3.11", Confidence: Client, Test: testTerraformProfiles,
		},
		{
			Name:   "F5's provider: bigip_ltm_virtual_address",
			Must:   "Take a POST with a full path as name, and a PUT of the whole virtual address without its address.",
			Source: "3.5", Confidence: Client, Test: func(c *Check) {
				const address = "/ltm/virtual-address/~$P~203.0.113.7"
				c.Post("/ltm/virtual-address", `{"name":"/$P/203.0.113.7","arp":"enabled","autoDelete":"true","enabled":"yes","icmpEcho":"enabled","trafficGroup":"/Common/traffic-group-1"}`)
				c.Fields("virtual address", c.Get(address), Object{"address": "203.0.113.7", "arp": "enabled", "enabled": "yes"})
				c.Put(address, `{"arp":"disabled","autoDelete":"false","icmpEcho":"disabled","trafficGroup":"/Common/traffic-group-1"}`)
				c.Fields("after PUT", c.Get(address), Object{"address": "203.0.113.7", "arp": "disabled", "autoDelete": "false", "icmpEcho": "disabled", "enabled": "yes"})
				c.Delete(address)
				c.Gone(address)
			},
		},
		{
			Name:   "F5's provider: bigip_ltm_persistence_profile",
			Must:   "Take profiles for cookies and source addresses with a parent, and show timeouts as strings.",
			Source: "3.10", Confidence: Recorded, Test: func(c *Check) {
				c.Fields("cookie", c.Post("/ltm/persistence/cookie", `{"name":"/$P/bkc-c","defaultsFrom":"/Common/cookie","cookieName":"shop","method":"insert","expiration":"1:0:0"}`),
					Object{"cookieName": "shop", "method": "insert", "expiration": "1:0:0", "timeout": "180", "defaultsFrom": "/Common/cookie"})
				c.Fields("source address", c.Post("/ltm/persistence/source-addr", `{"name":"/$P/bkc-a","defaultsFrom":"/Common/source_addr","timeout":"3600"}`),
					Object{"timeout": "3600", "defaultsFrom": "/Common/source_addr"})
			},
		},
	}
	return slices.Concat(cases, terraformMonitorCases(), terraformFileCases())
}

func testTerraformNode(c *Check) {
	const node = "/ltm/node/~$P~bkc-n"
	c.Post("/ltm/node", `{"name":"/$P/bkc-n","address":"192.0.2.7","connectionLimit":0,"dynamicRatio":1,"monitor":"default","rateLimit":"disabled","description":"x"}`)
	got := c.Get(node)
	c.Fields("node", got, Object{"name": "bkc-n", "address": "192.0.2.7", "rateLimit": "disabled", "description": "x"})
	c.Put(node, `{"connectionLimit":9,"dynamicRatio":2,"monitor":"default","rateLimit":"disabled","ratio":3,"session":"user-disabled","state":"user-up"}`)
	c.Fields("node after PUT", c.Get(node), Object{
		"address": "192.0.2.7", "connectionLimit": asNumber(9), "dynamicRatio": asNumber(2), "ratio": asNumber(3), "session": "user-disabled", "description": nil,
	})
	c.Delete(node)
	c.Gone(node)
}

func testTerraformPool(c *Check) {
	const pool = "/ltm/pool/~$P~bkc-p"
	c.Post("/ltm/pool", `{"name":"/$P/bkc-p"}`)
	c.Get(pool)
	c.Put(pool, `{"allowNat":"yes","allowSnat":"yes","description":"x","loadBalancingMode":"least-connections-member","minActiveMembers":1,
		"monitor":"/Common/http and /Common/tcp","reselectTries":2,"serviceDownAction":"reselect","slowRampTime":20}`)
	got := c.Get(pool)
	c.Fields("pool", got, Object{
		"loadBalancingMode": "least-connections-member", "minActiveMembers": asNumber(1), "reselectTries": asNumber(2),
		"serviceDownAction": "reselect", "slowRampTime": asNumber(20), "description": "x",
	})
	c.Equal("monitor", trimmed(got["monitor"]), "/Common/http and /Common/tcp")
	c.Post(pool+"/members", `{"name":"192.0.2.1:80","partition":"$P"}`)
	c.Put(pool, `{"allowNat":"no"}`)
	c.Fields("after another PUT", c.Get(pool), Object{"allowNat": "no", "loadBalancingMode": "round-robin", "monitor": nil})
	c.Names(c.Get(pool+"/members"), "192.0.2.1:80")
	c.Delete(pool)
	c.Refused(http.MethodGet, pool, "", 404, mcpd, "01020036:3:")
}

func testTerraformAttachment(c *Check) {
	c.Post("/ltm/pool", `{"name":"/$P/bkc-p"}`)
	c.Post(members, `{"name":"192.0.2.1:80","partition":"$P","fqdn":{}}`)
	c.Patch(oneMember, `{"connectionLimit":2,"dynamicRatio":3,"priorityGroup":4,"rateLimit":"5","ratio":6,"fqdn":{}}`)
	all := c.Get(members)
	c.Names(all, "192.0.2.1:80")
	item, _ := at(all, "items", 0).(Object)
	c.Fields("member", item, Object{
		"fullPath": "/" + Partition + "/192.0.2.1:80", "connectionLimit": asNumber(2), "dynamicRatio": asNumber(3),
		"priorityGroup": asNumber(4), "rateLimit": "5", "ratio": asNumber(6),
	})
	c.Delete(oneMember)
	c.Names(c.Get(members))
}

func testTerraformVirtual(c *Check) {
	c.Post("/ltm/pool", `{"name":"/$P/bkc-p"}`)
	whole := func(mask string) string {
		return `"destination":"/$P/203.0.113.1:80","source":"0.0.0.0/0","pool":"/$P/bkc-p","mask":"` + mask + `","ipProtocol":"tcp","enabled":true,
			"translateAddress":"enabled","translatePort":"enabled","sourceAddressTranslation":{"type":"automap"},"sourcePort":"preserve",
			"profiles":[{"name":"/Common/tcp","context":"all"},{"name":"/Common/http","context":"all"}],"persist":[{"name":"/Common/cookie","tmDefault":"yes"}],
			"fallbackPersistence":"/Common/source_addr","vlansDisabled":true}`
	}
	c.Post("/ltm/virtual", `{"name":"/$P/bkc-v",`+whole("255.255.255.255"))
	c.Fields("virtual server", c.Get(oneVirtual), Object{"name": "bkc-v", "partition": Partition, "pool": "/" + Partition + "/bkc-p", "mask": "255.255.255.255", "fallbackPersistence": "/Common/source_addr"})
	profiles := c.Get(oneVirtual + "/profiles")
	c.Equal("profiles", len(list(profiles["items"])), 2)
	c.Equal("kind", profiles["kind"], "tm:ltm:virtual:profiles:profilescollectionstate")
	c.Equal("kind", c.Get(oneVirtual + "/policies")["kind"], "tm:ltm:virtual:policies:policiescollectionstate")
	c.Fields("after PATCH", c.Patch(oneVirtual, `{"description":"x",`+whole("255.255.255.255")), Object{"description": "x", "pool": "/" + Partition + "/bkc-p"})
	c.Delete(oneVirtual)
	c.Gone(oneVirtual)
}

func testTerraformProfiles(c *Check) {
	for _, p := range []struct {
		kind, parent, change, field string
		want                        any
	}{
		{"http", "http", `{"insertXforwardedFor":"enabled"}`, "insertXforwardedFor", "enabled"},
		{"tcp", "tcp", `{"nagle":"disabled"}`, "nagle", "disabled"},
		{"udp", "udp", `{"idleTimeout":"120"}`, "idleTimeout", "120"},
		{"fastl4", "fastL4", `{"idleTimeout":"600"}`, "idleTimeout", "600"},
		{"one-connect", "oneconnect", `{"sourceMask":"255.255.255.255"}`, "sourceMask", "255.255.255.255"},
		{"client-ssl", "clientssl", `{"serverName":"shop.example.com"}`, "serverName", "shop.example.com"},
		{"server-ssl", "serverssl", `{"serverName":"shop.example.com"}`, "serverName", "shop.example.com"},
		{"http2", "http2", `{"concurrentStreamsPerConnection":20}`, "concurrentStreamsPerConnection", asNumber(20)},
	} {
		collection := "/ltm/profile/" + p.kind
		c.Post(collection, `{"name":"/$P/bkc-x","defaultsFrom":"/Common/`+p.parent+`"}`)
		profile := c.Get(collection + "/~$P~bkc-x")
		c.Equal(p.kind+": defaultsFrom", profile["defaultsFrom"], "/Common/"+p.parent)
		c.Equal(p.kind+": inherited "+p.field, profile[p.field], c.Get(collection + "/~Common~" + p.parent)[p.field])
		c.Equal(p.kind+": "+p.field, c.Patch(collection+"/~$P~bkc-x", p.change)[p.field], p.want)
		c.Delete(collection + "/~$P~bkc-x")
	}
}
