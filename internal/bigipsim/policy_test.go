package bigipsim_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// canary is a rule that sends requests with a header to a pool.
const canary = `{"name":"canary","ordinal":1,
	"conditions":[{"name":"0","httpHeader":true,"all":true,"tmName":"X-Canary","values":["yes"],"equals":true,"request":true}],
	"actions":[{"name":"0","forward":true,"select":true,"request":true,"pool":"/shop/web"}]}`

// policies is furnish with a folder for the drafts of the partition.
func policies(d *device) *device {
	furnish(d)
	d.post("/sys/folder", `{"name":"Drafts","partition":"shop"}`)
	return d
}

func (d *device) publish(path string) {
	d.t.Helper()
	d.post("/ltm/policy", `{"command":"publish","name":"`+path+`"}`)
}

func TestAPolicyIsDraftedPublishedAndEditedInACopy(t *testing.T) {
	t.Parallel()
	d := policies(plain(t, "17.1.1"))
	draft := d.post("/ltm/policy", `{"name":"x","partition":"shop","subPath":"Drafts","controls":["forwarding"],"requires":["http"],"strategy":"first-match","rules":[`+canary+`]}`)
	if draft["status"] != "draft" || draft["fullPath"] != "/shop/Drafts/x" || draft["strategy"] != "/Common/first-match" {
		t.Errorf("draft %v", draft)
	}
	d.publish("/shop/Drafts/x")
	d.refused("GET", "/ltm/policy/~shop~Drafts~x", "", 404, "3", "01020036:3: The requested Policy (/shop/Drafts/x) was not found.")
	published := d.get("/ltm/policy/~shop~x")
	if published["status"] != "published" || published["lastModified"] == nil || published["publishedCopy"] != nil {
		t.Errorf("published %v", published)
	}

	d.patch("/ltm/policy/~shop~x", `{"createDraft":true}`)
	if got := d.get("/ltm/policy/~shop~Drafts~x"); got["status"] != "draft" || got["publishedCopy"] != "/shop/x" {
		t.Errorf("copy %v", got)
	}
	d.patch("/ltm/policy/~shop~Drafts~x/rules/canary/actions/0", `{"pool":"/shop/idle"}`)
	action := func() any { return d.get("/ltm/policy/~shop~x/rules/canary/actions/0")["pool"] }
	if action() != "/shop/web" {
		t.Errorf("a draft changes what is published: %v", action())
	}
	d.publish("/shop/Drafts/x")
	if action() != "/shop/idle" {
		t.Errorf("publishing did not replace the published policy: %v", action())
	}
	d.patch("/ltm/policy/shop~x?options=create-draft", `{}`)
	d.get("/ltm/policy/~shop~Drafts~x")
}

func TestRulesComeBackWithWhatTheDeviceFillsIn(t *testing.T) {
	t.Parallel()
	d := policies(plain(t, "17.1.1"))
	d.post("/ltm/policy", `{"name":"/shop/Drafts/x","rules":[`+canary+`,{"name":"rest of all"}]}`)
	want := map[string]any{
		"kind": "tm:ltm:policy:rules:actions:actionsstate", "name": "0", "fullPath": "0",
		"selfLink": "https://localhost/mgmt/tm/ltm/policy/~shop~Drafts~x/rules/canary/actions/0?ver=17.1.1",
		"code":     json.Number("0"), "expirySecs": json.Number("0"), "length": json.Number("0"), "offset": json.Number("0"),
		"port": json.Number("0"), "status": json.Number("0"), "timeout": json.Number("0"), "vlanId": json.Number("0"),
		"forward": true, "select": true, "request": true, "pool": "/shop/web",
		"poolReference": map[string]any{"link": "https://localhost/mgmt/tm/ltm/pool/~shop~web?ver=17.1.1"},
	}
	expanded := d.get("/ltm/policy/~shop~Drafts~x?expandSubcollections=true")
	action := at(expanded, "rulesReference", "items", 0, "actionsReference", "items", 0).(map[string]any)
	delete(action, "generation")
	if diff := cmp.Diff(want, action); diff != "" {
		t.Errorf("action:\n%s", diff)
	}
	condition := at(d.get("/ltm/policy/~shop~Drafts~x/rules/canary/conditions/0")).(map[string]any)
	for _, flag := range []string{"caseInsensitive", "external", "present", "remote", "request", "equals", "httpHeader", "all"} {
		if condition[flag] != true {
			t.Errorf("condition: %s is %v", flag, condition[flag])
		}
	}
	d.patch("/ltm/policy/~shop~Drafts~x/rules/canary/conditions/0", `{"missing":true}`)
	if got := d.get("/ltm/policy/~shop~Drafts~x/rules/canary/conditions/0"); got["missing"] != true || got["present"] != nil {
		t.Errorf("missing did not take the place of present: %v", got)
	}
	empty := d.get("/ltm/policy/~shop~Drafts~x/rules/rest%20of%20all?expandSubcollections=true")
	if at(empty, "actionsReference", "items") != nil || at(empty, "actionsReference", "isSubcollection") != true || empty["fullPath"] != "rest of all" {
		t.Errorf("rule without anything: %v", empty)
	}
}

func TestRulesAreASubcollectionOfADraft(t *testing.T) {
	t.Parallel()
	d := policies(plain(t, "17.1.1"))
	d.post("/ltm/policy", `{"name":"/shop/Drafts/x"}`)
	d.post("/ltm/policy/~shop~Drafts~x/rules", canary)
	d.post("/ltm/policy/~shop~Drafts~x/rules/canary/actions", `{"name":"1","httpHeader":true,"insert":true,"tmName":"X-A","value":"b"}`)
	d.must(http.MethodDelete, "/ltm/policy/~shop~Drafts~x/rules/canary/actions/0", "")
	items := at(d.get("/ltm/policy/~shop~Drafts~x/rules?expandSubcollections=true"), "items", 0, "actionsReference", "items").([]any)
	if len(items) != 1 || at(items, 0, "name") != "1" {
		t.Errorf("actions %v", items)
	}
	d.patch("/ltm/policy/~shop~Drafts~x", `{"rules":[{"name":"other"}]}`)
	if got := at(d.get("/ltm/policy/~shop~Drafts~x/rules"), "items").([]any); len(got) != 1 || at(got, 0, "name") != "other" {
		t.Errorf("the list did not replace the rules: %v", got)
	}
}

func TestPoliciesAreRefusedInTheWordsOfTheDevice(t *testing.T) {
	t.Parallel()
	d := policies(plain(t, "17.1.1"))
	d.post("/ltm/policy", `{"name":"/shop/Drafts/x","requires":["http"],"rules":[`+canary+`]}`)
	d.publish("/shop/Drafts/x")
	d.post("/ltm/policy", `{"name":"/shop/Drafts/d"}`)
	d.post("/ltm/virtual", `{"name":"tcp","partition":"shop","destination":"/shop/203.0.113.11:80","profiles":["/Common/tcp"]}`)
	const direct = "01071abb:3: Cannot create/modify published policy '/shop/x' directly, try specifying a draft folder like '/shop/Drafts/x'."
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		api, message             string
	}{
		{"created outside of the drafts", "POST", "/ltm/policy", `{"name":"y","partition":"shop"}`, 400, "3", "01071abb:3: Cannot create/modify published policy '/shop/y' directly, try specifying a draft folder like '/shop/Drafts/y'."},
		{"published policy changed", "PATCH", "/ltm/policy/~shop~x", `{"description":"x"}`, 400, "3", direct},
		{"rule of a published policy added", "POST", "/ltm/policy/~shop~x/rules", `{"name":"r"}`, 400, "3", direct},
		{"rule of a published policy deleted", "DELETE", "/ltm/policy/~shop~x/rules/canary", "", 400, "3", direct},
		{"draft of a published one by hand", "POST", "/ltm/policy", `{"name":"/shop/Drafts/x"}`, 400, "3", `01070734:3: Configuration error: Published policy "/shop/x" exists, use create-draft to create a draft copy .`},
		{"draft without a folder for it", "POST", "/ltm/policy", `{"name":"/bank/Drafts/x"}`, 400, "26214401", "The requested folder (/bank/Drafts) was not found."},
		{"publishing nothing", "POST", "/ltm/policy", `{"command":"publish","name":"/shop/Drafts/none"}`, 404, "3", "01020036:3: The requested Policy (/shop/Drafts/none) was not found."},
		{"unknown command", "POST", "/ltm/policy", `{"command":"explode","name":"/shop/Drafts/d"}`, 400, "26214401", `invalid property value "command":"explode"`},
		{"a command of a kind without any", "POST", "/ltm/pool", `{"command":"publish","name":"/shop/web"}`, 400, "26214401", `invalid property value "command":"publish"`},
		{"two verbs", "POST", "/ltm/policy/~shop~Drafts~d/rules", `{"name":"r","actions":[{"name":"0","forward":true,"select":true,"replace":true}]}`, 400, "26214401", `"select" may not be specified with "replace"`},
		{"unknown pool", "POST", "/ltm/policy/~shop~Drafts~d/rules", `{"name":"r","actions":[{"name":"0","forward":true,"select":true,"pool":"/shop/typo"}]}`, 400, "3", "01070277:3: The requested Pool (/shop/typo) was not found."},
		{"unknown word", "POST", "/ltm/policy/~shop~Drafts~d/rules", `{"name":"r","actions":[{"name":"0","teleport":true}]}`, 400, "26214401", `"teleport" unknown property`},
		{"unknown strategy", "PATCH", "/ltm/policy/~shop~Drafts~d", `{"strategy":"/Common/typo"}`, 400, "3", "01070277:3: The requested Policy Strategy (/Common/typo) was not found."},
		{"pool in use by a policy", "DELETE", "/ltm/pool/~shop~web", "", 400, "3", "01070265:3: The Pool (/shop/web) cannot be deleted because it is in use by a"},
		{"without http profile", "PATCH", "/ltm/virtual/~shop~tcp", `{"policies":[{"name":"x","partition":"shop"}]}`, 400, "3", "010716d9:3: Virtual server /shop/tcp requires a profile of type http for ltm policy /shop/x."},
		{"a draft on a virtual server", "PATCH", "/ltm/virtual/~shop~web", `{"policies":["/shop/Drafts/d"]}`, 400, "3", "01070734:3: Configuration error"},
		{"unknown rule", "GET", "/ltm/policy/~shop~x/rules/nope", "", 404, "1", "Object not found - nope"},
		{"actions of an unknown rule", "GET", "/ltm/policy/~shop~x/rules/nope/actions", "", 404, "3", "01020036:3: The requested Policy Rule (nope) was not found."},
		{"below nothing", "GET", "/ltm/policy/~shop~x/rules/canary/actions/0/more", "", 404, "", "Public URI path not registered: /tm/ltm/policy/~shop~x/rules/canary/actions/0/more"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := *d
			c.t = t
			c.refused(test.method, test.path, test.body, test.status, test.api, test.message)
		})
	}
}

func TestAPolicyIsAttachedToAVirtualServerAndThenInUse(t *testing.T) {
	t.Parallel()
	d := policies(plain(t, "17.1.1"))
	d.post("/ltm/policy", `{"name":"/shop/Drafts/x","rules":[`+canary+`]}`)
	d.publish("/shop/Drafts/x")
	d.post("/ltm/virtual/~shop~web/policies", `{"name":"x","partition":"shop"}`)
	item := at(d.get("/ltm/virtual/~shop~web?expandSubcollections=true"), "policiesReference", "items", 0)
	if at(item, "fullPath") != "/shop/x" || at(item, "nameReference", "link") != "https://localhost/mgmt/tm/ltm/policy/~shop~x?ver=17.1.1" {
		t.Errorf("attached %v", item)
	}
	d.refused("DELETE", "/ltm/policy/~shop~x", "", 400, "3", "01070265:3: The Policy (/shop/x) cannot be deleted because it is in use by a Virtual Server (/shop/web).")
	d.refused("PATCH", "/ltm/virtual/~shop~web", `{"profiles":["/Common/tcp"]}`, 400, "3", "010716d9:3:")
	d.patch("/ltm/virtual/~shop~web", `{"policies":[]}`)
	d.must(http.MethodDelete, "/ltm/policy/~shop~x", "")
}

func TestOldReleasesAndLegacyPoliciesAreChangedInPlace(t *testing.T) {
	t.Parallel()
	old := furnish(plain(t, "11.6.1"))
	got := old.post("/ltm/policy", `{"name":"x","partition":"shop","rules":[{"name":"r"}]}`)
	if got["status"] != nil || got["fullPath"] != "/shop/x" {
		t.Errorf("11.6: %v", got)
	}
	old.patch("/ltm/policy/~shop~x", `{"requires":["http"]}`)
	if got := old.get("/ltm/policy/~shop~x/rules/~shop~r"); got["name"] != "r" || got["ordinal"] == nil {
		t.Errorf("11.6: a rule by its path in a link: %v", got)
	}
	if got := old.get("/ltm/policy/~shop~x/rules/nope"); got["name"] != "nope" || got["ordinal"] != nil {
		t.Errorf("11.6: a rule that is not there: %v", got)
	}

	d := furnish(plain(t, "13.1.0"))
	if got := d.post("/ltm/policy", `{"name":"x","partition":"shop","legacy":true}`); got["status"] != "legacy" || got["legacy"] != nil {
		t.Errorf("legacy: %v", got)
	}
	d.post("/ltm/policy/~shop~x/rules", canary)
	d.patch("/ltm/policy/~shop~x", `{"strategy":"/Common/all-match","legacy":true}`)
}

func TestAManagerWritesPoliciesOfTheOwnPartitionOnly(t *testing.T) {
	t.Parallel()
	d := policies(start(t, bigipsim.Options{
		PlainHTTP: true, Users: []bigipsim.User{{Name: "ann", Password: "pw", Role: bigipsim.RoleManager, Partition: "shop"}},
	}))
	d.post("/ltm/policy", `{"name":"/shop/Drafts/x"}`)
	d.post("/ltm/policy", `{"name":"/Common/Drafts/x"}`)
	m := d.as("ann", "pw")
	m.post("/ltm/policy/~shop~Drafts~x/rules", canary)
	m.publish("/shop/Drafts/x")
	m.refused("POST", "/ltm/policy/~Common~Drafts~x/rules", canary, 400, "3", "01070822:3: Access Denied: user (ann) does not have create access to object (policy_rule)")
	m.refused("POST", "/ltm/policy", `{"command":"publish","name":"/Common/Drafts/x"}`, 400, "3", "01070822:3: Access Denied")
	m.post("/ltm/virtual/~shop~web/policies", `{"name":"x","partition":"shop"}`)
}

func TestAPolicyIsDraftedChangedAndPublishedInOneTransaction(t *testing.T) {
	t.Parallel()
	d := policies(plain(t, "17.1.1"))
	d.post("/ltm/policy", `{"name":"/shop/Drafts/x","rules":[`+canary+`]}`)
	d.publish("/shop/Drafts/x")
	begin := func() (*device, string) {
		id := d.post("/transaction", `{}`)["transId"].(json.Number).String()
		return d.with("X-F5-REST-Coordination-Id", id), id
	}
	tx, id := begin()
	tx.patch("/ltm/policy/~shop~x?options=create-draft", `{}`)
	tx.patch("/ltm/policy/~shop~Drafts~x/rules/canary/actions/0", `{"pool":"/shop/idle"}`)
	tx.publish("/shop/Drafts/x")
	if got := d.get("/ltm/policy/~shop~x/rules/canary/actions/0")["pool"]; got != "/shop/web" {
		t.Errorf("before the commit: %v", got)
	}
	d.patch("/transaction/"+id, `{"state":"VALIDATING"}`)
	if got := d.get("/ltm/policy/~shop~x/rules/canary/actions/0")["pool"]; got != "/shop/idle" {
		t.Errorf("after the commit: %v", got)
	}

	tx, id = begin()
	tx.patch("/ltm/policy/~shop~x", `{"createDraft":true}`)
	tx.patch("/ltm/policy/~shop~Drafts~x/rules/canary/actions/0", `{"pool":"/shop/typo"}`)
	tx.publish("/shop/Drafts/x")
	d.refused("PATCH", "/transaction/"+id, `{"state":"VALIDATING"}`, 400, "2", "transaction failed:01070277:3: The requested Pool (/shop/typo) was not found.")
	d.refused("GET", "/ltm/policy/~shop~Drafts~x", "", 404, "3", "01020036:3:")
}
