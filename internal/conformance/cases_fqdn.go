package conformance

import (
	"fmt"
	"net/http"
	"strings"
)

// fqdnCases are about members and nodes that have a name instead of an address; the
// adapter leaves out what the device makes for them.
func fqdnCases() []Case {
	return []Case{
		{
			Name:   "A member may have a name instead of an address",
			Must:   "Take `fqdn.tmName`; show `address` `any6`, `ephemeral` `\"false\"`, and a state that begins with `fqdn-`; make a node of the name.",
			Source: "3.2", Confidence: Client, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
				member := c.Post(members, `{"name":"bkc-n:80","partition":"$P","fqdn":{"tmName":"bkc.invalid","autopopulate":"disabled"}}`)
				c.Fields("member", member, Object{"address": "any6", "ephemeral": "false", "fqdn": Object{"tmName": "bkc.invalid", "autopopulate": "disabled"}})
				state := fmt.Sprint(member["state"])
				c.True(strings.HasPrefix(state, "fqdn-") || state == "checking", "state is %s", state)
				c.Equal("tmName of the node", at(c.Get("/ltm/node/~$P~bkc-n"), "fqdn", "tmName"), "bkc.invalid")
			},
		},
		{
			Name:   "What a name resolves to becomes ephemeral members",
			Must:   "Make members `_auto_<address>:port` with `ephemeral` `\"true\"`, and their nodes; show the name's member as `fqdn-up`; remove them with it.",
			Source: "4.1", Confidence: Recorded, With: Hostname, Test: func(c *Check) {
				item := ephemeralMember(c)
				name, address := fmt.Sprint(item["name"]), fmt.Sprint(item["address"])
				c.True(strings.HasPrefix(name, "_auto_"+address) && strings.HasSuffix(name, "80"), "name %s, address %s", name, address)
				c.Equal("tmName", at(item, "fqdn", "tmName"), c.device.target.Hostname)
				c.Equal("state of the template", c.Get(template)["state"], "fqdn-up")
				c.Equal("ephemeral", c.Get("/ltm/node/~$P~_auto_" + address)["ephemeral"], "true")
				c.Delete(template)
				c.Eventually("no member is left", c.session, members, func(a Answer) bool { return len(list(a.Body["items"])) == 0 })
			},
		},
		{
			Name:   "An ephemeral member cannot be changed or removed",
			Must:   mustRefuse(400, mcpd, "0107189b:3: Cannot delete ephemeral object"),
			Source: "4.4", Confidence: UserReport, With: Hostname, Test: func(c *Check) {
				path := members + "/~$P~" + fmt.Sprint(ephemeralMember(c)["name"])
				c.Refused(http.MethodDelete, path, "", 400, mcpd, "0107189b:3: Cannot delete ephemeral object")
				c.Equal("status of a PATCH", c.Ask(http.MethodPatch, path, `{"session":"user-disabled"}`).Status, http.StatusBadRequest)
			},
		},
	}
}

const template = members + "/~$P~bkc-n:80"

// ephemeralMember makes a member of the name, and waits for one of its addresses.
func ephemeralMember(c *Check) Object {
	c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
	c.Post(members, `{"name":"bkc-n:80","partition":"$P","fqdn":{"tmName":`+quote(c.device.target.Hostname)+`,"autopopulate":"enabled"}}`)
	var found Object
	c.Eventually("an ephemeral member", c.session, members, func(a Answer) bool {
		for _, item := range list(a.Body["items"]) {
			if at(item, "ephemeral") == "true" {
				found, _ = item.(Object)
			}
		}
		return found != nil
	})
	return found
}
