package conformance

import (
	"fmt"
	"net/http"
	"strings"
)

const commit = `{"state":"VALIDATING"}`

// begin starts a transaction: the case inside it, and its path. It is removed
// by the device itself if it is never committed (icontrol-rest 5.1).
func begin(c *Check) (*Check, string) {
	id := fmt.Sprint(c.Post("/transaction", `{}`)["transId"])
	return c.in(c.with(transactionHeader, id)), "/transaction/" + id
}

func transactionCases() []Case {
	return []Case{
		{
			Name:   "A transaction begins STARTED, with a timeout of 120 s",
			Must:   "Answer `POST /mgmt/tm/transaction` with `transId` as a number, `STARTED`, 120 s idle time, 300 s to execute.",
			Source: "5.1", Confidence: Recorded, Versions: from("12.0"), Test: func(c *Check) {
				_, path := begin(c)
				state := c.Get(path)
				c.Fields("transaction", state, Object{
					"state": "STARTED", "timeoutSeconds": asNumber(120), "executionTimeout": asNumber(300), "asyncExecution": false, "validateOnly": false,
					"failureReason": "", "kind": "tm:transactionstate",
				})
				c.True(number(state["transId"]) > 0, "transId is %v", state["transId"])
				c.Ask(http.MethodDelete, path, "")
			},
		},
		{
			Name:   "A command is queued, not done",
			Must:   "Answer with the command, its `commandId` and `evalOrder`, and change nothing.",
			Source: "5.2", Confidence: Recorded, Versions: from("12.0"), Test: testQueue,
		},
		{
			Name:   "A commit does all commands",
			Must:   "Answer `COMPLETED`; then all changes are there.",
			Source: "5.3", Confidence: Client, Test: testCommit,
		},
		{
			Name:   "A pool changes its monitor in the transaction that makes the new one and deletes the old",
			Must:   "Answer `COMPLETED`; then the pool has the new one, and the old one is gone.",
			Source: "5.4", Confidence: Inferred, Test: func(c *Check) {
				onePool(c)
				c.Post("/ltm/monitor/http", `{"name":"bkc-m","partition":"$P"}`)
				c.Patch("/ltm/pool/~$P~bkc-p", `{"monitor":"/$P/bkc-m"}`)
				inside, path := begin(c)
				inside.Post("/ltm/monitor/tcp", `{"name":"bkc-t","partition":"$P"}`)
				inside.Patch("/ltm/pool/~$P~bkc-p", `{"monitor":"/$P/bkc-t"}`)
				inside.Must(http.MethodDelete, "/ltm/monitor/http/~$P~bkc-m", "")
				c.Equal("state", c.Patch(path, commit)["state"], "COMPLETED")
				monitor, _ := c.Get("/ltm/pool/~$P~bkc-p")["monitor"].(string)
				c.Equal("monitor", strings.TrimSpace(monitor), "/"+Partition+"/bkc-t")
				c.Gone("/ltm/monitor/http/~$P~bkc-m")
			},
		},
		{
			Name:   "A GET inside a transaction sees what is committed",
			Must:   "Answer at once, with the object as it is outside.",
			Source: "5.2", Confidence: Client, Test: func(c *Check) {
				onePool(c)
				inside, path := begin(c)
				inside.Patch("/ltm/pool/~$P~bkc-p", `{"description":"inside"}`)
				c.Fields("GET inside", inside.Get("/ltm/pool/~$P~bkc-p"), Object{"fullPath": "/" + Partition + "/bkc-p", "description": nil})
				c.Ask(http.MethodDelete, path, "")
			},
		},
		{
			Name:   "A commit that fails changes nothing",
			Must:   "Answer 400, apiError 2, `transaction failed:` and mcpd's words; leave no trace of any command.",
			Source: "5.3", Confidence: UserReport, Test: testRollback,
		},
		{
			Name:   "validateOnly checks and changes nothing",
			Must:   "Answer `COMPLETED` for what could be done, 400 for what could not; change nothing.",
			Source: "5.3", Confidence: Client, Versions: from("12.0"), Test: testValidateOnly,
		},
		{
			Name:   "A transaction tells its end afterwards",
			Must:   "Answer a GET after the commit with `COMPLETED`: a client whose commit got no answer asks so.",
			Source: "5.3", Confidence: Documented, Test: func(c *Check) {
				onePool(c)
				inside, path := begin(c)
				inside.Patch("/ltm/pool/~$P~bkc-p", `{"description":"x"}`)
				c.Patch(path, commit)
				c.Equal("state", c.Get(path)["state"], "COMPLETED")
			},
		},
		{
			Name:   "A transaction tells its failure afterwards",
			Must:   "Answer a GET after a commit that failed with `FAILED` and mcpd's words in `failureReason`.",
			Source: "5.3", Confidence: Inferred, Versions: from("12.0"), Test: func(c *Check) {
				onePool(c)
				inside, path := begin(c)
				inside.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
				c.Ask(http.MethodPatch, path, commit)
				state := c.Get(path)
				c.Equal("state", state["state"], "FAILED")
				reason, _ := state["failureReason"].(string)
				c.True(strings.Contains(reason, "01020066:3:"), "failureReason is %q", reason)
			},
		},
		{
			Name:   "A member that is gone fails the removal of others",
			Must:   "Refuse a commit that removes a missing member with 400, 01020036, and remove none.",
			Source: "5.3", Confidence: Inferred, Test: func(c *Check) {
				onePool(c)
				inside, path := begin(c)
				inside.Must(http.MethodDelete, oneMember, "")
				inside.Must(http.MethodDelete, members+"/~$P~192.0.2.9:80", "")
				c.Refused(http.MethodPatch, path, commit, 400, transaction, "transaction failed:01020036:3: The requested Pool Member")
				c.Names(c.Get(members), "192.0.2.1:80", "192.0.2.2:80")
			},
		},
		{
			Name:   "Commands are moved and removed without the header",
			Must:   "Take `{\"evalOrder\":1}` and DELETE below `commands`; the last command wins.",
			Source: "5.2", Confidence: Documented, Test: func(c *Check) {
				onePool(c)
				inside, path := begin(c)
				for _, text := range []string{"one", "two", "three"} {
					inside.Patch("/ltm/pool/~$P~bkc-p", `{"description":"`+text+`"}`)
				}
				c.Patch(path+"/commands/2", `{"evalOrder":1}`)
				c.Equal("status of DELETE", c.Ask(http.MethodDelete, path+"/commands/3", "").Status, http.StatusOK)
				c.Equal("commands", len(list(c.Get(path + "/commands")["items"])), 2)
				c.Patch(path, commit)
				c.Equal("description", c.Get("/ltm/pool/~$P~bkc-p")["description"], "one")
			},
		},
		{
			Name:   "A commit names its transaction",
			Must:   "Refuse a commit without an id with 404, `Missing transaction ID for this call.`",
			Source: "5.3", Confidence: UserReport, Test: func(c *Check) {
				c.Refused(http.MethodPatch, "/transaction", commit, 404, icrd, "Missing transaction ID for this call.")
			},
		},
		{
			Name:   "A command's number is no path",
			Must:   "Refuse a POST below a queued command with 400, `Found invalid command id`.",
			Source: "5.2", Confidence: UserReport, Test: func(c *Check) {
				inside, path := begin(c)
				inside.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
				c.Refused(http.MethodPost, path+"/commands/1/members/", `{"name":"192.0.2.1:80","partition":"$P"}`, 400, icrd, "Found invalid command id 1/members/")
				c.Ask(http.MethodDelete, path, "")
			},
		},
		{
			Name:   "An empty transaction cannot be committed",
			Must:   "Answer 404, `there is no command to commit in the transaction.`",
			Source: "5.3", Confidence: Client, Test: func(c *Check) {
				_, path := begin(c)
				c.Refused(http.MethodPatch, path, commit, 404, icrd, "there is no command to commit in the transaction.")
				c.Ask(http.MethodDelete, path, "")
			},
		},
		{
			Name:   "An unknown transaction is 404",
			Must:   "Answer 404 for its state, its commit, and a command for it.",
			Source: "5.3", Confidence: UserReport, Test: func(c *Check) {
				onePool(c)
				for _, a := range []Answer{
					c.Ask(http.MethodGet, "/transaction/1234567890123456", ""),
					c.Ask(http.MethodPatch, "/transaction/1234567890123456", commit),
					c.AskAs(c.with(transactionHeader, "1234567890123456"), http.MethodPatch, "/ltm/pool/~$P~bkc-p", `{"description":"x"}`),
				} {
					c.Equal("status of "+a.String(), a.Status, http.StatusNotFound)
					c.Equal("code", a.Body["code"], http.StatusNotFound)
				}
				c.Equal("description", c.Get("/ltm/pool/~$P~bkc-p")["description"], nil)
			},
		},
		{
			Name:   "An open transaction can be dropped",
			Must:   "Take a DELETE, and not know it afterwards.",
			Source: "5.3", Confidence: Inferred, Test: func(c *Check) {
				_, path := begin(c)
				c.Equal("status of DELETE", c.Ask(http.MethodDelete, path, "").Status, http.StatusOK)
				c.Gone(path)
			},
		},
		{
			Name:   "The commit carries no header",
			Must:   "Refuse a commit inside the transaction with 400, `is not allowed to be added to transaction`.",
			Source: "5.2", Confidence: Documented, Test: func(c *Check) {
				inside, path := begin(c)
				inside.Patch("/ltm/pool/~$P~bkc-p", `{"description":"x"}`)
				inside.Refused(http.MethodPatch, path, commit, 400, icrd, "is not allowed to be added to transaction")
				c.Ask(http.MethodDelete, path, "")
			},
		},
		{
			Name:   "Adding a member and changing another do not go together",
			Must:   "Refuse a commit that does both in one pool (AS3 met it); an adapter keeps them apart.",
			Source: "5.4", Confidence: UserReport, Test: testMixed,
		},
		{
			Name:   "Several members change together",
			Must:   "Change ratio and session of two members, and remove a third, in one commit.",
			Source: "5.4", Confidence: Inferred, Test: func(c *Check) {
				c.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P","members":["192.0.2.1:80","192.0.2.2:80","192.0.2.3:80"]}`)
				inside, path := begin(c)
				inside.Patch(oneMember, `{"ratio":9}`)
				inside.Patch(members+"/~$P~192.0.2.2:80", `{"session":"user-disabled"}`)
				inside.Must(http.MethodDelete, members+"/~$P~192.0.2.3:80", "")
				c.Equal("state", c.Patch(path, commit)["state"], "COMPLETED")
				c.Names(c.Get(members), "192.0.2.1:80", "192.0.2.2:80")
				c.Equal("ratio", c.Get(oneMember)["ratio"], 9)
				c.Equal("session", c.Get(members + "/~$P~192.0.2.2:80")["session"], "user-disabled")
			},
		},
		{
			Name:   "Two virtual servers swap their destinations",
			Must:   "Refuse it call by call (01070333), and do it in a transaction.",
			Source: "8.6", Confidence: Inferred, Test: testSwap,
		},
		{
			Name:   "A save is not part of a transaction",
			Must:   "Refuse `sys/config` with the header, with 400.",
			Source: "3.15", Confidence: Inferred, Test: func(c *Check) {
				inside, path := begin(c)
				a := inside.Ask(http.MethodPost, "/sys/config", `{"command":"save"}`)
				c.Equal("status of "+a.String(), a.Status, http.StatusBadRequest)
				c.Ask(http.MethodDelete, path, "")
			},
		},
	}
}

func testQueue(c *Check) {
	onePool(c)
	inside, path := begin(c)
	command := inside.Patch("/ltm/pool/~$P~bkc-p", `{"description":"x"}`)
	c.Fields("command", command, Object{
		"method": "PATCH", "uri": "https://localhost/mgmt/tm" + inPartition("/ltm/pool/~$P~bkc-p"), "body": Object{"description": "x"},
		"evalOrder": asNumber(1), "commandId": asNumber(1), "kind": "tm:transaction:commandsstate",
	})
	c.Equal("second commandId", inside.Patch("/ltm/pool/~$P~bkc-p", `{"slowRampTime":3}`)["commandId"], 2)
	c.Equal("description", c.Get("/ltm/pool/~$P~bkc-p")["description"], nil)
	c.Equal("commands", len(list(c.Get(path + "/commands")["items"])), 2)
	c.Ask(http.MethodDelete, path, "")
}

func testCommit(c *Check) {
	onePool(c)
	inside, path := begin(c)
	inside.Patch("/ltm/pool/~$P~bkc-p", `{"description":"x"}`)
	inside.Post("/ltm/pool", `{"name":"bkc-q","partition":"$P","members":["192.0.2.3:80"]}`)
	inside.Must(http.MethodDelete, oneMember, "")
	c.Equal("state", c.Patch(path, commit)["state"], "COMPLETED")
	c.Equal("description", c.Get("/ltm/pool/~$P~bkc-p")["description"], "x")
	c.Names(c.Get(members), "192.0.2.2:80")
	c.Names(c.Get("/ltm/pool/~$P~bkc-q/members"), "192.0.2.3:80")
}

func testRollback(c *Check) {
	onePool(c)
	inside, path := begin(c)
	inside.Patch("/ltm/pool/~$P~bkc-p", `{"description":"x"}`)
	inside.Post("/ltm/pool", `{"name":"bkc-q","partition":"$P","members":["192.0.2.3:80"]}`)
	inside.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
	c.Refused(http.MethodPatch, path, commit, 400, transaction, "transaction failed:01020066:3: The requested Pool (/$P/bkc-p) already exists in partition $P.")
	c.Equal("description", c.Get("/ltm/pool/~$P~bkc-p")["description"], nil)
	c.Gone("/ltm/pool/~$P~bkc-q")
	c.Gone("/ltm/node/~$P~192.0.2.3")
}

func testValidateOnly(c *Check) {
	onePool(c)
	const validate = `{"state":"VALIDATING","validateOnly":true}`
	inside, path := begin(c)
	inside.Patch("/ltm/pool/~$P~bkc-p", `{"description":"x"}`)
	c.Fields("valid", c.Patch(path, validate), Object{"state": "COMPLETED", "validateOnly": true})
	c.Equal("description", c.Get("/ltm/pool/~$P~bkc-p")["description"], nil)
	inside, path = begin(c)
	inside.Post("/ltm/pool", `{"name":"bkc-p","partition":"$P"}`)
	c.Refused(http.MethodPatch, path, validate, 400, transaction, "transaction failed:01020066:3:")
}

func testMixed(c *Check) {
	onePool(c)
	inside, path := begin(c)
	inside.Post(members, `{"name":"192.0.2.3:80","partition":"$P"}`)
	inside.Patch(oneMember, `{"session":"user-disabled"}`)
	c.Refused(http.MethodPatch, path, commit, 400, transaction, "transaction failed:01020036:3: The requested Pool Member")
	c.Names(c.Get(members), "192.0.2.1:80", "192.0.2.2:80")
}

func testSwap(c *Check) {
	for i, name := range []string{"bkc-v", "bkc-w"} {
		c.Post("/ltm/virtual", fmt.Sprintf(`{"name":"%s","partition":"$P","destination":"/$P/203.0.113.%d:80"}`, name, i+1))
	}
	c.Refused(http.MethodPatch, oneVirtual, `{"destination":"/$P/203.0.113.2:80"}`, 400, mcpd, "01070333:3:")
	inside, path := begin(c)
	inside.Patch(oneVirtual, `{"destination":"/$P/203.0.113.2:80"}`)
	inside.Patch("/ltm/virtual/~$P~bkc-w", `{"destination":"/$P/203.0.113.1:80"}`)
	c.Equal("state", c.Patch(path, commit)["state"], "COMPLETED")
	c.Equal("destination", c.Get(oneVirtual)["destination"], "/"+Partition+"/203.0.113.2:80")
}
