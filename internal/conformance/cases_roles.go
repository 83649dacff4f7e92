package conformance

import (
	"fmt"
	"net/http"
	"strings"
)

// roleCases are about the users that are no administrators (icontrol-rest 1.4). What
// an operator may do, no source tells but F5's description of the role.
func roleCases() []Case {
	return []Case{
		{
			Name:   "What a role may not do is 401 that echoes the verb",
			Must:   "Answer 401 of restjavad with `verb=PATCH` in the message, not 403.",
			Source: "1.4", Confidence: UserReport, Needs: Guest, Test: func(c *Check) {
				c.forbidden(c.AskAs(c.As(Guest), http.MethodPatch, anyObject, `{"description":"x"}`), http.MethodPatch)
			},
		},
		{
			Name:   "A guest may read",
			Must:   "Answer a guest's GET from 13.1 on.",
			Source: "1.1", Confidence: UserReport, Versions: from("13.1"), Needs: Guest, Test: func(c *Check) {
				onePool(c)
				c.Names(c.in(c.As(Guest)).Get("/ltm/pool?$filter=partition+eq+$P"), "bkc-p")
			},
		},
		{
			Name:   "A guest takes no member out of service",
			Must:   "Refuse a guest's PATCH of a session with 401, and leave the member as it was.",
			Source: "1.4", Confidence: Inferred, Versions: from("13.1"), Needs: Guest, Test: func(c *Check) {
				onePool(c)
				c.forbidden(c.AskAs(c.As(Guest), http.MethodPatch, oneMember, `{"session":"user-disabled"}`), http.MethodPatch)
				c.Equal("session", c.Get(oneMember)["session"], "user-enabled")
			},
		},
		{
			Name:   "Before 13.1 only administrators use the REST API",
			Must:   "Refuse a guest's GET with 401.",
			Source: "1.1", Confidence: UserReport, Versions: before("13.1"), Needs: Guest, Test: func(c *Check) {
				c.restjavad(c.AskAs(c.As(Guest), http.MethodGet, "/ltm/pool", ""))
			},
		},
		{
			Name:   "A manager writes in the partition, but no metadata",
			Must:   "Let a Manager create a pool in the partition; refuse `metadata` with 400, 01070822.",
			Source: "1.4", Confidence: UserReport, Versions: from("13.1"), Needs: Manager, Test: func(c *Check) {
				manager := c.in(c.As(Manager))
				manager.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
				manager.Refused(http.MethodPatch, "/ltm/pool/~$P~bkc-p", `{"metadata":[{"name":"a","value":"b"}]}`, 400, mcpd, "01070822:3: Access Denied")
			},
		},
		{
			Name:   "A manager commits transactions",
			Must:   "Let a Manager queue and commit changes in the partition; refuse `metadata` in one with 400, `transaction failed:01070822`.",
			Source: "1.4", Confidence: Inferred, Versions: from("13.1"), Needs: Manager, Test: func(c *Check) {
				manager := c.in(c.As(Manager))
				inside, path := begin(manager)
				inside.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
				manager.Patch(path, commit)
				c.Get("/ltm/pool/~$P~bkc-p")
				inside, path = begin(manager)
				inside.Patch("/ltm/pool/~$P~bkc-p", `{"metadata":[{"name":"a","value":"b"}]}`)
				manager.Refused(http.MethodPatch, path, commit, 400, transaction, "transaction failed:01070822:3: Access Denied")
			},
		},
		{
			Name:   "A manager makes no partition",
			Must:   "Refuse a Manager's PATCH of the partition itself with 401, `verb=PATCH`.",
			Source: "1.4", Confidence: Inferred, Versions: from("13.1"), Needs: Manager, Test: func(c *Check) {
				c.forbidden(c.AskAs(c.As(Manager), http.MethodPatch, anyObject, `{"description":"x"}`), http.MethodPatch)
			},
		},
		{
			Name:   "An operator takes members and nodes in and out of service",
			Must:   "Let an Operator write `session` and `state` of a member and of a node.",
			Source: "1.4", Confidence: Inferred, Versions: from("13.1"), Needs: Operator, Test: func(c *Check) {
				onePool(c)
				operator := c.in(c.As(Operator))
				for _, path := range []string{oneMember, "/ltm/node/~$P~192.0.2.1"} {
					c.Fields(path, operator.Patch(path, `{"session":"user-disabled","state":"user-down"}`), Object{"session": "user-disabled", "state": "user-down"})
					c.Fields(path, operator.Patch(path, `{"session":"user-enabled","state":"user-up"}`), Object{"session": "user-enabled"})
				}
			},
		},
		{
			Name:   "An operator changes nothing else",
			Must:   "Refuse an Operator's PATCH of a ratio, any PUT, a new member and a new pool, with 401 or with 400, 01070822.",
			Source: "1.4", Confidence: Inferred, Versions: from("13.1"), Needs: Operator, Test: testOperatorDenied,
		},
	}
}

func testOperatorDenied(c *Check) {
	onePool(c)
	operator := c.As(Operator)
	for _, r := range []struct{ method, path, body string }{
		{http.MethodPatch, oneMember, `{"ratio":3}`},
		{http.MethodPatch, oneMember, `{"session":"user-disabled","ratio":3}`},
		{http.MethodPut, oneMember, `{"session":"user-disabled"}`},
		{http.MethodPut, "/ltm/node/~$P~192.0.2.1", `{"session":"user-disabled"}`},
		{http.MethodPost, members, `{"name":"192.0.2.9:80","partition":"$P"}`},
		{http.MethodPost, "/ltm/pool", `{"name":"bkc-q","partition":"$P"}`},
		{http.MethodDelete, oneMember, ""},
	} {
		a := c.AskAs(operator, r.method, r.path, r.body)
		message := fmt.Sprint(a.Body["message"])
		byURL := a.Status == http.StatusUnauthorized && strings.Contains(message, "verb="+r.method)
		byObject := a.Status == http.StatusBadRequest && strings.HasPrefix(message, "01070822:3: Access Denied")
		c.True(byURL || byObject, "%s, want 401 of restjavad or 400, 01070822", a)
	}
	c.Names(c.Get(members), "192.0.2.1:80", "192.0.2.2:80")
	c.Fields("member", c.Get(oneMember), Object{"ratio": asNumber(1), "session": "user-enabled"})
}

// forbidden expects a 401 about the role, which names the verb; that about a token
// does not.
func (c *Check) forbidden(a Answer, verb string) {
	c.restjavad(a)
	c.True(strings.Contains(fmt.Sprint(a.Body["message"]), "verb="+verb), "%s: no verb=%s", a, verb)
}
