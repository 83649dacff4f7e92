package conformance

import (
	"crypto/sha1" //nolint:gosec // it is what the device shows of a file
	"fmt"
	"net/http"
)

// respondRule is the iRule with which routes answer what no pool is for.
const respondRule = `{"name":"bkc-r","partition":"$P","apiAnonymous":"when HTTP_REQUEST {\n    if { [info exists route_status] } {\n        set status $route_status\n        unset route_status\n        HTTP::respond $status content \"no route\" noserver\n    }\n}"}`

// hostRule sends one host to a pool, and restRule sets a variable for the iRule.
const (
	hostRule = `{"name":"bkc-host","description":"mark","ordinal":0,
		"conditions":[{"name":"0","httpHost":true,"host":true,"equals":true,"values":["shop.example.com"],"request":true},
			{"name":"1","httpUri":true,"path":true,"startsWith":true,"caseSensitive":true,"values":["/a/"],"request":true}],
		"actions":[{"name":"0","forward":true,"select":true,"request":true,"pool":"/$P/bkc-p"},
			{"name":"1","httpHeader":true,"replace":true,"request":true,"tmName":"X-A","value":"1"}]}`
	restRule = `{"name":"bkc-rest","ordinal":1,"actions":[{"name":"0","tcl":true,"setVariable":true,"request":true,"tmName":"route_status","expression":"404"}]}`

	legacyPolicy = `{"name":"bkc-x","partition":"$P","legacy":true,"controls":["forwarding"],"requires":["http"],"strategy":"/Common/first-match","rules":[` + hostRule + `,` + restRule + `]}`
	routeVirtual = `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:80","ipProtocol":"tcp","profiles":["/Common/tcp","/Common/http"],
		"policies":[{"name":"bkc-x","partition":"$P"}],"rules":["/$P/bkc-r"]}`
)

// postRoutes makes all that one route needs, in the order in which it refers to what.
func postRoutes(c *Check) {
	c.Post("/ltm/rule", respondRule)
	c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","members":[{"name":"10.0.0.1:80","partition":"$P"}]}`)
	c.Post("/ltm/policy", legacyPolicy)
	c.Post("/ltm/virtual", routeVirtual)
}

func routeCases() []Case {
	return []Case{
		{
			Name:   "A legacy policy is made without a draft and comes back whole",
			Must:   "Take `legacy` true outside of the folder for drafts, and show rules, conditions and actions in one answer to `expandSubcollections`.",
			Source: "3.6", Confidence: Client, Versions: from("12.1"), Test: testLegacyPolicy,
		},
		{
			Name:   "The rules of a legacy policy are replaced in a transaction",
			Must:   "Take a PATCH with `legacy` and a whole list of `rules`; show the old ones until the commit and the new ones after it, and no draft.",
			Source: "3.6", Confidence: Inferred, Versions: from("12.1"), Test: testReplaceRules,
		},
		{
			Name:   "What a route needs is made in one transaction, and deleted in one",
			Must:   "Take iRule, pool, policy and virtual server in that order, and the deletions in the reverse order.",
			Source: "5.4", Confidence: Client, Versions: from("12.1"), Test: testRoutesTogether,
		},
		{
			Name:   "Of a refused route nothing is there",
			Must:   "Refuse the commit for a rule that leads to a pool which is not there, and leave no object of the transaction.",
			Source: "5.3", Confidence: Client, Versions: from("12.1"), Test: testRefusedRoute,
		},
		{
			Name:   "A certificate and its key have one name, and their checksums are those of the files",
			Must:   "Take `ssl-cert` and `ssl-key` of one name without an ending, in one transaction with the profile that uses both; show `SHA1:<size>:<hex>`.",
			Source: "3.12", Confidence: Inferred, Test: testOneName,
		},
		{
			Name:   "Profiles with server names stand side by side, one of them the default",
			Must:   "Take two client-ssl profiles on a virtual server; refuse two defaults with 400, 01071809.",
			Source: "3.11", Confidence: Client, Test: testServerNames,
		},
		{
			Name:   "An http profile adds the client's address",
			Must:   "Take `insertXforwardedFor` `enabled` in a child of `/Common/http` and show what it inherits beside it.",
			Source: "3.11", Confidence: Recorded, Test: func(c *Check) {
				got := c.Post("/ltm/profile/http", `{"name":"bkc-h","partition":"$P","defaultsFrom":"/Common/http","insertXforwardedFor":"enabled"}`)
				c.Fields("profile", got, Object{"insertXforwardedFor": "enabled", "defaultsFrom": "/Common/http", "proxyType": "reverse"})
				c.Delete("/ltm/profile/http/~$P~bkc-h")
			},
		},
	}
}

func testLegacyPolicy(c *Check) {
	onePool(c)
	c.Post("/ltm/policy", legacyPolicy)
	policy := c.Get(published + "?expandSubcollections=true")
	c.Fields("policy", policy, Object{"status": "legacy", "controls": []any{"forwarding"}, "requires": []any{"http"}})
	for i, want := range []string{"bkc-host", "bkc-rest"} {
		rule, _ := at(policy, "rulesReference", "items", i).(Object)
		c.Fields("rule", rule, Object{"name": want, "ordinal": asNumber(i)})
	}
	first := at(policy, "rulesReference", "items", 0)
	condition, _ := at(first, "conditionsReference", "items", 1).(Object)
	c.Fields("condition", condition, Object{"httpUri": true, "path": true, "startsWith": true, "caseSensitive": true, "values": []any{"/a/"}})
	action, _ := at(first, "actionsReference", "items", 1).(Object)
	c.Fields("action", action, Object{"httpHeader": true, "replace": true, "tmName": "X-A", "value": "1"})
	variable, _ := at(policy, "rulesReference", "items", 1, "actionsReference", "items", 0).(Object)
	c.Fields("action that sets a variable", variable, Object{"tcl": true, "setVariable": true, "tmName": "route_status", "expression": "404"})
}

func testReplaceRules(c *Check) {
	onePool(c)
	c.Post("/ltm/policy", legacyPolicy)
	inside, path := begin(c)
	inside.Patch(published, `{"legacy":true,"rules":[{"name":"bkc-new","ordinal":0,"actions":[{"name":"0","forward":true,"reset":true,"request":true}]},{"name":"bkc-rest","ordinal":1,
		"actions":[{"name":"0","tcl":true,"setVariable":true,"request":true,"tmName":"route_status","expression":"503"}]}]}`)
	c.Names(c.Get(published+"/rules"), "bkc-host", "bkc-rest")
	c.Patch(path, commit)
	c.Names(c.Get(published+"/rules"), "bkc-new", "bkc-rest")
	c.Equal("expression", c.Get(published + "/rules/bkc-rest/actions/0")["expression"], "503")
	c.Equal("status", c.Get(published)["status"], "legacy")
	c.Gone(draft)
}

func testRoutesTogether(c *Check) {
	inside, path := begin(c)
	postRoutes(inside)
	c.Patch(path, commit)
	c.Names(c.Get(oneVirtual+"/policies"), "bkc-x")
	c.Equal("rules", c.Get(oneVirtual)["rules"], []any{"/" + Partition + "/bkc-r"})
	inside, path = begin(c)
	for _, object := range []string{oneVirtual, published, "/ltm/pool/~$P~bkc-p", "/ltm/rule/~$P~bkc-r"} {
		inside.Must(http.MethodDelete, object, "")
	}
	c.Patch(path, commit)
	for _, object := range []string{oneVirtual, published, "/ltm/pool/~$P~bkc-p", "/ltm/rule/~$P~bkc-r"} {
		c.Gone(object)
	}
}

func testRefusedRoute(c *Check) {
	inside, path := begin(c)
	inside.Post("/ltm/rule", respondRule)
	inside.Post("/ltm/policy", legacyPolicy)
	inside.Post("/ltm/virtual", routeVirtual)
	a := c.Ask(http.MethodPatch, path, commit)
	c.Equal("status of "+a.String(), a.Status, http.StatusBadRequest)
	for _, object := range []string{oneVirtual, published, "/ltm/rule/~$P~bkc-r"} {
		c.Gone(object)
	}
}

func testOneName(c *Check) {
	pair := twoKeyPairs(c)[0]
	uploadPair(c, 0)
	inside, path := begin(c)
	inside.Post("/sys/file/ssl-key", `{"name":"bkc-c","partition":"$P","sourcePath":"`+downloads+`bkc-c.key"}`)
	inside.Post("/sys/file/ssl-cert", `{"name":"bkc-c","partition":"$P","sourcePath":"`+downloads+`bkc-c.crt"}`)
	inside.Post("/ltm/profile/client-ssl", `{"name":"bkc-s","partition":"$P","defaultsFrom":"/Common/clientssl","serverName":"shop.example.com","sniDefault":"true",
		"certKeyChain":[{"name":"default","cert":"/$P/bkc-c","key":"/$P/bkc-c"}]}`)
	c.Patch(path, commit)
	for object, content := range map[string]string{"/sys/file/ssl-cert/~$P~bkc-c": pair.certificate, "/sys/file/ssl-key/~$P~bkc-c": pair.key} {
		c.Equal("checksum of "+object, c.Get(object)["checksum"], fmt.Sprintf("SHA1:%d:%x", len(content), sha1.Sum([]byte(content)))) //nolint:gosec // as above
	}
	profile := c.Get("/ltm/profile/client-ssl/~$P~bkc-s")
	c.Fields("profile", profile, Object{"serverName": "shop.example.com", "sniDefault": "true", "defaultsFrom": "/Common/clientssl"})
	chain, _ := at(profile, "certKeyChain", 0).(Object)
	c.Fields("certKeyChain", chain, Object{"cert": "/" + Partition + "/bkc-c", "key": "/" + Partition + "/bkc-c"})
}

func testServerNames(c *Check) {
	for name, isDefault := range map[string]string{"a": "true", "b": "false"} {
		c.Post("/ltm/profile/client-ssl", `{"name":"bkc-`+name+`","partition":"$P","serverName":"`+name+`.example.com","sniDefault":"`+isDefault+`"}`)
	}
	c.Post("/ltm/virtual", `{"name":"bkc-v","partition":"$P","destination":"/$P/203.0.113.1:443","ipProtocol":"tcp","profiles":["/Common/tcp",
		{"name":"/$P/bkc-a","context":"clientside"},{"name":"/$P/bkc-b","context":"clientside"}]}`)
	c.Refused(http.MethodPatch, "/ltm/profile/client-ssl/~$P~bkc-b", `{"sniDefault":"true"}`, 400, mcpd, "01071809:3: Virtual Server /$P/bkc-v has more than one clientssl/serverssl profile that is default for SNI.")
}
