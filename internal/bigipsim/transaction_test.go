package bigipsim_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// begin starts a transaction: the device inside it, and its path.
func (d *device) begin() (*device, string) {
	d.t.Helper()
	id := d.post("/transaction", `{}`)["transId"].(json.Number).String()
	return d.with("X-F5-REST-Coordination-Id", id), "/transaction/" + id
}

const commit = `{"state":"VALIDATING"}`

func TestATransactionIsQueuedAndCommittedAsAWhole(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	inside, path := d.begin()
	if got := d.get(path); got["state"] != "STARTED" || got["timeoutSeconds"] != json.Number("120") || len(path) != len("/transaction/")+16 {
		t.Errorf("new transaction: %v", got)
	}
	command := inside.patch("/ltm/pool/~shop~idle", `{"description":"inside"}`)
	delete(command, "selfLink")
	want := map[string]any{
		"method": "PATCH", "uri": "https://localhost/mgmt/tm/ltm/pool/~shop~idle", "body": map[string]any{"description": "inside"},
		"evalOrder": json.Number("1"), "commandId": json.Number("1"), "kind": "tm:transaction:commandsstate",
	}
	if diff := cmp.Diff(want, command); diff != "" {
		t.Errorf("queued command:\n%s", diff)
	}
	inside.post("/ltm/pool/~shop~web/members", `{"name":"10.0.0.3:80","partition":"shop"}`)
	inside.must(http.MethodDelete, "/ltm/pool/~shop~web/members/~shop~10.0.0.1:80", "")
	if got := inside.get("/ltm/pool/~shop~idle")["description"]; got != nil {
		t.Errorf("a GET inside sees the queued change: %v", got)
	}
	if got := d.patch(path, commit)["state"]; got != "COMPLETED" {
		t.Errorf("state %v", got)
	}
	if got := d.get("/ltm/pool/~shop~idle")["description"]; got != "inside" {
		t.Errorf("description %v after commit", got)
	}
	if got := d.get(path)["state"]; got != "COMPLETED" {
		t.Errorf("state on GET: %v", got)
	}
	items := at(d.get("/ltm/pool/~shop~web/members"), "items").([]any)
	if len(items) != 2 || at(items, 0, "name") != "10.0.0.2:80" || at(items, 1, "name") != "10.0.0.3:80" {
		t.Errorf("members %v", items)
	}
}

func TestAFailedTransactionLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	snapshot := func() []string {
		var texts []string
		for _, path := range []string{"/ltm/pool?expandSubcollections=true", "/ltm/node", "/ltm/virtual?expandSubcollections=true", "/ltm/virtual-address"} {
			texts = append(texts, d.do(http.MethodGet, "/mgmt/tm"+path, "").text)
		}
		return texts
	}
	before := snapshot()
	inside, path := d.begin()
	inside.post("/ltm/pool", `{"name":"new","partition":"shop","members":["10.1.0.1:80","10.1.0.2:80"]}`)
	inside.patch("/ltm/virtual/~shop~web", `{"pool":"/shop/new","destination":"/shop/203.0.113.77:80"}`)
	inside.must(http.MethodDelete, "/ltm/pool/~shop~idle", "")
	inside.post("/ltm/pool", `{"name":"web","partition":"shop"}`)
	d.refused("PATCH", path, commit, 400, "2", "transaction failed:01020066:3: The requested Pool (/shop/web) already exists in partition shop.")
	if diff := cmp.Diff(before, snapshot()); diff != "" {
		t.Errorf("the rollback is not complete:\n%s", diff)
	}
	if got := d.get(path); got["state"] != "FAILED" || got["failureReason"] == "" {
		t.Errorf("failed transaction: %v", got)
	}
}

func TestAReferenceMayBeMadeLaterInTheSameTransaction(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	inside, path := d.begin()
	inside.patch("/ltm/virtual/~shop~web", `{"pool":"/shop/green"}`)
	inside.must(http.MethodDelete, "/ltm/pool/~shop~web", "")
	inside.post("/ltm/pool", `{"name":"green","partition":"shop"}`)
	d.patch(path, commit)
	if got := d.get("/ltm/virtual/~shop~web")["pool"]; got != "/shop/green" {
		t.Errorf("pool %v", got)
	}
}

func TestTwoVirtualServersSwapDestinationsOnlyInsideATransaction(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.post("/ltm/virtual", `{"name":"b","partition":"shop","destination":"/shop/203.0.113.11:80","ipProtocol":"tcp"}`)
	d.refused("PATCH", "/ltm/virtual/~shop~b", `{"destination":"/shop/203.0.113.10:80"}`, 400, "3", "01070333:3:")
	inside, path := d.begin()
	inside.patch("/ltm/virtual/~shop~b", `{"destination":"/shop/203.0.113.10:80"}`)
	inside.patch("/ltm/virtual/~shop~web", `{"destination":"/shop/203.0.113.11:80"}`)
	d.patch(path, commit)
	if got := d.get("/ltm/virtual/~shop~b")["destination"]; got != "/shop/203.0.113.10:80" {
		t.Errorf("destination %v", got)
	}
}

func TestCommandsAreListedMovedAndRemovedWithoutTheHeader(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	inside, path := d.begin()
	for _, text := range []string{"one", "two", "three", "four"} {
		inside.patch("/ltm/pool/~shop~idle", `{"description":"`+text+`"}`)
	}
	d.patch(path+"/commands/4", `{"evalOrder":1}`)
	if a := d.do(http.MethodDelete, "/mgmt/tm"+path+"/commands/3", ""); a.status != http.StatusOK {
		t.Errorf("remove: %d %s", a.status, a.text)
	}
	var order []any
	for _, item := range at(d.get(path+"/commands"), "items").([]any) {
		order = append(order, at(item, "commandId"), at(item, "evalOrder"))
	}
	want := []any{json.Number("4"), json.Number("1"), json.Number("1"), json.Number("2"), json.Number("2"), json.Number("3")}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("id, order:\n%s", diff)
	}
	inside.refused("GET", path+"/commands", "", 400, "1", "is not allowed to be added to transaction.")
	inside.refused("PATCH", path, commit, 400, "1", "is not allowed to be added to transaction.")
	inside.refused("POST", "/sys/config", `{"command":"save"}`, 400, "1", "is not allowed to be added to transaction.")
	d.refused("POST", path+"/commands/3/members/", `{}`, 400, "1", "Found invalid command id 3/members/")
	d.patch(path, commit)
	if got := d.get("/ltm/pool/~shop~idle")["description"]; got != "two" {
		t.Errorf("description %v: the last in evalOrder wins", got)
	}
}

func TestAnAddedMemberAndAChangedStateOfOnePoolDoNotGoTogether(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"add first", "state first"} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			d := furnish(plain(t, "17.1.1"))
			inside, path := d.begin()
			add := func() { inside.post("/ltm/pool/~shop~web/members", `{"name":"10.0.0.3:80","partition":"shop"}`) }
			state := func() {
				inside.patch("/ltm/pool/~shop~web/members/~shop~10.0.0.1:80", `{"session":"user-disabled"}`)
			}
			if order == "add first" {
				add()
				state()
			} else {
				state()
				add()
			}
			d.refused("PATCH", path, commit, 400, "2", "transaction failed:01020036:3: The requested Pool Member (/shop/web /shop/10.0.0.1 80) was not found.")
		})
	}
	d := furnish(plain(t, "17.1.1"))
	inside, path := d.begin()
	inside.patch("/ltm/pool/~shop~web/members/~shop~10.0.0.1:80", `{"session":"user-disabled"}`)
	inside.patch("/ltm/pool/~shop~web/members/~shop~10.0.0.2:80", `{"ratio":4}`)
	inside.post("/ltm/pool/~shop~idle/members", `{"name":"10.0.0.3:80","partition":"shop"}`)
	d.patch(path, commit)
}

func TestValidateOnlyChangesNothing(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	inside, path := d.begin()
	inside.patch("/ltm/pool/~shop~idle", `{"description":"x"}`)
	if got := d.patch(path, `{"state":"VALIDATING","validateOnly":true}`); got["state"] != "COMPLETED" || got["validateOnly"] != true {
		t.Errorf("answer %v", got)
	}
	if got := d.get("/ltm/pool/~shop~idle")["description"]; got != nil {
		t.Errorf("description %v", got)
	}
}

func TestAnIdleTransactionIsForgotten(t *testing.T) {
	t.Parallel()
	c := newClock()
	d := start(t, bigipsim.Options{PlainHTTP: true, Now: c.time})
	inside, path := d.begin()
	c.advance(119 * time.Second)
	inside.post("/ltm/pool", `{"name":"p","partition":"Common"}`)
	c.advance(119 * time.Second)
	d.get(path)
	c.advance(2 * time.Second)
	if a := d.do(http.MethodGet, "/mgmt/tm"+path, ""); a.status != http.StatusNotFound {
		t.Errorf("after 121 s of idling: %d %s", a.status, a.text)
	}
	inside.refused("POST", "/ltm/pool", `{"name":"q","partition":"Common"}`, 404, "1", "")
}

func TestCommitsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	_, path := d.begin()
	d.refused("PATCH", path, commit, 404, "1", "there is no command to commit in the transaction.")
	d.refused("PATCH", "/transaction", commit, 404, "1", "Missing transaction ID for this call.")
	d.refused("PATCH", "/transaction/99", commit, 404, "1", "")
	inside, path := d.begin()
	inside.post("/ltm/pool", `{"partition":"Common"}`) // not looked at before the commit
	d.refused("PATCH", path, commit, 400, "2", "transaction failed:one or more configuration identifiers must be provided")
}
