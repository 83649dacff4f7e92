package bigipsim_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// staffed is a device with the partitions shop and stock, a pool and a virtual
// server in each of them and in Common, and a user for every role.
func staffed(t *testing.T) *device {
	t.Helper()
	d := start(t, bigipsim.Options{PlainHTTP: true, Users: []bigipsim.User{
		{Name: "chief", Password: "p", Role: bigipsim.RoleAdmin},
		{Name: "shopkeeper", Password: "p", Role: bigipsim.RoleManager, Partition: "shop"},
		{Name: "everywhere", Password: "p", Role: bigipsim.RoleManager, Partition: "all-partitions"},
		{Name: "operator", Password: "p", Role: bigipsim.RoleOperator},
		{Name: "shophand", Password: "p", Role: bigipsim.RoleOperator, Partition: "shop"},
		{Name: "guest", Password: "p", Role: bigipsim.RoleGuest},
	}})
	for i, partition := range []string{"shop", "stock"} {
		d.post("/auth/partition", `{"name":"`+partition+`"}`)
		address := []string{"10.0.1.", "10.0.2."}[i]
		d.post("/ltm/pool", `{"name":"web","partition":"`+partition+`","members":["`+address+`1:80"]}`)
		d.post("/ltm/virtual", `{"name":"web","partition":"`+partition+`","destination":"`+address+`100:80","profiles":["/Common/tcp"]}`)
	}
	return d
}

// Who denies what: restjavad a URL, mcpd an object.
const (
	allowed   = 200
	byURL     = 401
	byObject  = 400
	shopPool  = "/ltm/pool/~shop~web"
	stockPool = "/ltm/pool/~stock~web"
	oneMember = "/members/~shop~10.0.1.1:80"
	describe  = `{"description":"x"}`
)

type roleCase struct {
	user, method, path, body string
	status                   int
	message                  string
}

var roleCases = []roleCase{
	{"chief", "PATCH", stockPool, `{"metadata":[{"name":"a","value":"b"}]}`, allowed, ""},
	{"chief", "POST", "/auth/partition", `{"name":"more"}`, allowed, ""},

	{"shopkeeper", "PATCH", shopPool, describe, allowed, ""},
	{"shopkeeper", "POST", "/ltm/pool", `{"name":"new","partition":"shop","monitor":"/Common/http","members":["10.0.1.2:80"]}`, allowed, ""},
	{"shopkeeper", "POST", "/ltm/virtual/~shop~web/profiles", `{"name":"http","partition":"Common"}`, allowed, ""},
	{"shopkeeper", "DELETE", "/ltm/virtual/~shop~web", ``, allowed, ""},
	{"shopkeeper", "POST", "/sys/config", `{"command":"save"}`, allowed, ""},
	{"shopkeeper", "PATCH", stockPool, describe, byObject, "01070822:3: Access Denied: user (shopkeeper) does not have modify access to object (pool)"},
	{"shopkeeper", "DELETE", stockPool, ``, byObject, "01070822:3: Access Denied: user (shopkeeper) does not have delete access to object (pool)"},
	{"shopkeeper", "POST", "/ltm/pool", `{"name":"x","partition":"Common"}`, byObject, "01070822:3: Access Denied: user (shopkeeper) does not have create access to object (pool)"},
	{"shopkeeper", "POST", stockPool + "/members", `{"name":"10.0.2.9:80","partition":"stock"}`, byObject, "01070822:3: Access Denied: user (shopkeeper)"},
	{"shopkeeper", "PATCH", shopPool, `{"metadata":[{"name":"a","value":"b"}]}`, byObject, "does not have create access to object (pool_metadata)"},
	{"shopkeeper", "PATCH", shopPool + oneMember, `{"metadata":[{"name":"a","value":"b"}]}`, byObject, "does not have create access to object (pool_member_metadata)"},
	{"shopkeeper", "POST", "/ltm/virtual", `{"name":"x","partition":"shop","destination":"10.0.1.101:80","metadata":[{"name":"a","value":"b"}]}`, byObject, "01070822:3: Access Denied: user (shopkeeper) does not have create access to object (virtual_server_metadata)"},
	{"shopkeeper", "POST", "/auth/partition", `{"name":"mine"}`, byURL, "Authorization failed: user=https://localhost/mgmt/shared/authz/users/shopkeeper resource=/mgmt/tm/auth/partition verb=POST uri:http://localhost:8100/mgmt/tm/auth/partition referrer:127.0.0.1 sender:127.0.0.1"},
	{"shopkeeper", "POST", "/auth/user", `{"name":"me","password":"p","partitionAccess":[{"name":"all-partitions","role":"admin"}]}`, byURL, "Authorization failed: user="},
	{"shopkeeper", "POST", "/net/vlan", `{"name":"x","partition":"shop"}`, byURL, "Authorization failed: user="},

	{"everywhere", "PATCH", stockPool, describe, allowed, ""},
	{"everywhere", "PATCH", stockPool, `{"metadata":[{"name":"a","value":"b"}]}`, byObject, "(pool_metadata)"},

	{"operator", "PATCH", shopPool + oneMember, `{"session":"user-disabled","state":"user-down"}`, allowed, ""},
	{"operator", "PATCH", "/ltm/node/~stock~10.0.2.1", `{"session":"user-disabled"}`, allowed, ""},
	{"operator", "PATCH", shopPool + oneMember, `{"ratio":3}`, byObject, "01070822:3: Access Denied: user (operator) does not have modify access to object (pool_member)"},
	{"operator", "PATCH", shopPool + oneMember, `{"session":"user-disabled","ratio":3}`, byObject, "01070822:3:"},
	{"operator", "PUT", shopPool + oneMember, `{"session":"user-disabled"}`, byObject, "01070822:3: Access Denied: user (operator) does not have modify access to object (pool_member)"},
	{"operator", "PUT", "/ltm/node/~stock~10.0.2.1", `{"session":"user-disabled"}`, byObject, "01070822:3: Access Denied: user (operator) does not have modify access to object (node_address)"},
	{"operator", "PATCH", shopPool, describe, byURL, "Authorization failed: user="},
	{"operator", "POST", shopPool + "/members", `{"name":"10.0.1.3:80"}`, byURL, "Authorization failed: user="},
	{"operator", "POST", "/transaction", `{}`, byURL, "Authorization failed: user="},
	{"shophand", "PATCH", shopPool + oneMember, `{"session":"user-disabled"}`, allowed, ""},
	{"shophand", "PATCH", stockPool + "/members/~stock~10.0.2.1:80", `{"session":"user-disabled"}`, byObject, "01070822:3: Access Denied: user (shophand) does not have modify access to object (pool_member)"},

	{"guest", "GET", shopPool, "", allowed, ""},
	{"guest", "GET", "/sys/version", "", allowed, ""},
	{"guest", "PATCH", shopPool, describe, byURL, "verb=PATCH"},
	{"guest", "POST", "/sys/config", `{"command":"save"}`, byURL, "resource=/mgmt/tm/sys/config verb=POST"},
}

// What restjavad denies is 401 and names the URL; what mcpd denies is 400,
// 01070822, and names the object (icontrol-rest 1.4).
func TestRolesDecideWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	for _, test := range roleCases {
		t.Run(test.user+" "+test.method+" "+test.path, func(t *testing.T) {
			t.Parallel()
			d := staffed(t)
			a := d.as(test.user, "p").do(test.method, "/mgmt/tm"+test.path, test.body)
			message, _ := a.body["message"].(string)
			if a.status != test.status || !strings.Contains(message, test.message) {
				t.Errorf("%s: got %d %s", test.body, a.status, a.text)
			}
		})
	}
}

func TestATransactionIsCarriedOutWithTheRightsOfItsUser(t *testing.T) {
	t.Parallel()
	d := staffed(t).as("shopkeeper", "p")
	inside, path := d.begin()
	inside.patch("/ltm/pool/~shop~web", `{"description":"x"}`)
	inside.patch("/ltm/pool/~stock~web", `{"description":"x"}`)
	d.refused("PATCH", path, `{"state":"VALIDATING"}`, 400, "2", "transaction failed:01070822:3: Access Denied: user (shopkeeper)")
	if got := d.get("/ltm/pool/~shop~web")["description"]; got != nil {
		t.Errorf("half of it happened: %v", got)
	}
}

func TestUsersAreObjectsThatAnAdministratorMakesAndRemoves(t *testing.T) {
	t.Parallel()
	d := staffed(t)
	made := d.post("/auth/user", `{"name":"robot","password":"first","partitionAccess":[{"name":"shop","role":"manager"}]}`)
	if made["password"] != nil || made["kind"] != "tm:auth:user:userstate" || strings.Contains(made["encryptedPassword"].(string), "first") {
		t.Errorf("answer: %v", made)
	}
	robot := d.as("robot", "first")
	robot.patch("/ltm/pool/~shop~web", `{"description":"by robot"}`)
	holder, _ := d.login(`{"username":"robot","password":"first"}`)
	holder.patch("/ltm/pool/~shop~web", `{"description":"by token"}`)

	d.patch("/auth/user/robot", `{"password":"second"}`)
	robot.refused("GET", "/ltm/pool", "", 401, "", "")
	d.patch("/auth/user/robot", `{"partitionAccess":[{"name":"all-partitions","role":"guest"}]}`)
	robot = d.as("robot", "second")
	robot.get("/ltm/pool")
	robot.refused("PATCH", "/ltm/pool/~shop~web", `{"description":"x"}`, 401, "", "Authorization failed")

	d.must("DELETE", "/auth/user/robot", "")
	holder.refused("GET", "/ltm/pool", "", 401, "", "X-F5-Auth-Token does not exist.")
	d.refused("DELETE", "/auth/user/admin", "", 400, "3", "01070734:3:")
	d.refused("POST", "/auth/user", `{"name":"x","password":"p","partitionAccess":[{"name":"shop","role":"king"}]}`, 400, "26214401", `invalid property value "role":"king"`)
	d.refused("POST", "/auth/user", `{"name":"x","password":"p","partitionAccess":[{"name":"nowhere","role":"guest"}]}`, 400, "3", "01070277:3:")
	d.refused("POST", "/auth/user", `{"name":"x"}`, 400, "3", "a password is needed")
}

func TestTheLogExplainsEachRefusalInOneLine(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
			return slog.Attr{}
		}
		return a
	}}))
	d := start(t, bigipsim.Options{PlainHTTP: true, Logger: logger, Users: []bigipsim.User{{Name: "guest", Password: "p", Role: bigipsim.RoleGuest}}})
	d.get("/ltm/pool")
	d.do(http.MethodGet, "/mgmt/tm/ltm/pool/~Common~p?expandSubcollections=true", "")
	d.as("guest", "secret").do(http.MethodGet, "/mgmt/tm/ltm/pool", "")
	d.as("guest", "p").do(http.MethodDelete, "/mgmt/tm/ltm/pool/~Common~p", "")
	inside, path := d.begin()
	inside.post("/ltm/pool", `{"name":"p","partition":"nowhere"}`)
	d.do(http.MethodPatch, "/mgmt/tm"+path, `{"state":"VALIDATING"}`)
	d.ClearFaults()
	d.spoil(`{"preset":"busy"}`)
	d.do(http.MethodGet, "/mgmt/tm/ltm/pool", "")

	want := []map[string]any{
		{"msg": "refused", "method": "GET", "path": "/mgmt/tm/ltm/pool/~Common~p?expandSubcollections=true", "code": 404.0, "api_error": 3.0, "user": "admin", "message": "01020036:3: The requested Pool (/Common/p) was not found."},
		{"msg": "refused", "method": "GET", "path": "/mgmt/tm/ltm/pool", "code": 401.0, "user": "guest", "message": "F5 Authorization Required"},
		{"msg": "refused", "method": "DELETE", "path": "/mgmt/tm/ltm/pool/~Common~p", "code": 401.0, "user": "guest", "message": "Authorization failed: user=https://localhost/mgmt/shared/authz/users/guest resource=/mgmt/tm/ltm/pool/~Common~p verb=DELETE uri:http://localhost:8100/mgmt/tm/ltm/pool/~Common~p referrer:127.0.0.1 sender:127.0.0.1"},
		{"msg": "refused", "method": "PATCH", "path": "/mgmt/tm" + path, "code": 400.0, "api_error": 2.0, "user": "admin", "message": "transaction failed:The requested folder (/nowhere) was not found."},
		{"msg": "spoiled by a fault", "method": "GET", "path": "/mgmt/tm/ltm/pool", "code": 503.0, "preset": "busy"},
	}
	var got []map[string]any
	for decoder := json.NewDecoder(&log); decoder.More(); {
		var line map[string]any
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
