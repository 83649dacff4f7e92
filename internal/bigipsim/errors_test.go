package bigipsim_test

import (
	"net/http"
	"testing"
)

// furnish makes the objects that the tables of this package refer to. Nobody answers
// the monitor, and its timeout is beyond the slowest run: the members stay checking.
func furnish(d *device) *device {
	d.t.Helper()
	d.post("/auth/partition", `{"name":"shop"}`)
	d.post("/auth/partition", `{"name":"bank"}`)
	d.post("/ltm/monitor/http", `{"name":"m","partition":"shop","timeout":3600,"send":"GET /health HTTP/1.0\\r\\n\\r\\n","recv":"ok"}`)
	d.post("/ltm/pool", `{"name":"web","partition":"shop","monitor":"/shop/m","members":[{"name":"10.0.0.1:80","partition":"shop","ratio":5},{"name":"10.0.0.2:80","partition":"shop"}]}`)
	d.post("/ltm/pool", `{"name":"idle","partition":"shop"}`)
	d.post("/ltm/virtual", `{"name":"web","partition":"shop","destination":"/shop/203.0.113.10:80","pool":"/shop/web","ipProtocol":"tcp","profiles":["/Common/tcp","/Common/http"]}`)
	return d
}

func TestRefusalsHaveTheWordsOfTheDevice(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		api, message             string
	}{
		{"missing pool", "GET", "/ltm/pool/~shop~nope", "", 404, "3", "01020036:3: The requested Pool (/shop/nope) was not found."},
		{"patching a missing virtual server", "PATCH", "/ltm/virtual/~shop~nope", `{"description":"x"}`, 404, "3", "01020036:3: The requested Virtual Server (/shop/nope) was not found."},
		{"deleting a missing node", "DELETE", "/ltm/node/~shop~nope", "", 404, "3", "01020036:3: The requested Node (/shop/nope) was not found."},
		{"missing monitor speaks icrd's words", "GET", "/ltm/monitor/http/~shop~nope", "", 404, "1", "Object not found - /shop/nope"},
		{"missing member on GET", "GET", "/ltm/pool/~shop~web/members/~shop~192.0.2.0:80", "", 404, "1", "Object not found - /shop/192.0.2.0:80"},
		{"missing member on DELETE", "DELETE", "/ltm/pool/~shop~web/members/~shop~1.1.1.1:80", "", 404, "3", "01020036:3: The requested Pool Member (/shop/web /shop/1.1.1.1 80) was not found."},
		{"member of a missing pool", "POST", "/ltm/pool/~shop~nope/members", `{"name":"10.0.0.9:80","partition":"shop"}`, 404, "3", "01020036:3: The requested Pool (/shop/nope) was not found."},
		{"member of a pool in a missing partition", "POST", "/ltm/pool/~wrong~p/members", `{"name":"10.200.1.137:80","partition":"wrong"}`, 400, "3", "01070734:3: Configuration error: Can't associate Pool Member (/wrong/p /wrong/10.200.1.137 80) folder does not exist"},
		{"member with a node name that does not exist", "POST", "/ltm/pool/~shop~web/members", `{"name":"m1:80","partition":"shop"}`, 404, "3", "01020036:3: The requested node (/shop/m1) was not found."},
		{"member that is there", "POST", "/ltm/pool/~shop~web/members", `{"name":"10.0.0.1:80","partition":"shop"}`, 409, "3", "01020066:3: The requested Pool Member (/shop/web /shop/10.0.0.1 80) already exists in partition shop."},
		{"pool that is there", "POST", "/ltm/pool", `{"name":"web","partition":"shop"}`, 409, "3", "01020066:3: The requested Pool (/shop/web) already exists in partition shop."},
		{"duplicate destination", "POST", "/ltm/virtual", `{"name":"b","partition":"shop","destination":"/shop/203.0.113.10:80","ipProtocol":"tcp"}`, 400, "3", "01070333:3: Virtual Server /shop/b illegally shares destination address, source address, service port, ip-protocol, and vlan with Virtual Server /shop/web."},
		{"deleting a pool in use", "DELETE", "/ltm/pool/~shop~web", "", 400, "3", "01070265:3: The Pool (/shop/web) cannot be deleted because it is in use by a Virtual Server (/shop/web)."},
		{"deleting a monitor in use", "DELETE", "/ltm/monitor/http/~shop~m", "", 400, "3", "01070083:3: Monitor /shop/m is in use."},
		{"deleting a node in use", "DELETE", "/ltm/node/~shop~10.0.0.1", "", 400, "3", "01070110:3: Node address '/shop/10.0.0.1' is referenced by a member of pool '/shop/web'."},
		{"deleting a virtual address in use", "DELETE", "/ltm/virtual-address/~shop~203.0.113.10", "", 400, "3", "01070265:3: The Virtual Address (/shop/203.0.113.10) cannot be deleted because it is in use by a Virtual Server (/shop/web)."},
		{"deleting a partition that is not empty", "DELETE", "/auth/partition/shop", "", 400, "3", "0107082a:3: You must remove all objects from a partition before removing the partition (shop), type ID (4032)"},
		{"second node of an address", "POST", "/ltm/node", `{"name":"twin","partition":"shop","address":"10.0.0.1"}`, 400, "3", "0107176c:3: Invalid Node, the IP address 10.0.0.1 already exists."},
		{"second virtual address", "POST", "/ltm/virtual-address", `{"name":"twin","partition":"shop","address":"203.0.113.10"}`, 400, "3", "0107176c:3: Invalid Virtual Address, the IP address 203.0.113.10 already exists."},
		{"missing pool in a virtual server", "PATCH", "/ltm/virtual/~shop~web", `{"pool":"/shop/typo"}`, 400, "3", "01070277:3: The requested Pool (/shop/typo) was not found."},
		{"missing monitor in a pool", "PATCH", "/ltm/pool/~shop~web", `{"monitor":"/Common/typo"}`, 400, "3", "01070277:3: The requested monitor (/Common/typo) was not found."},
		{"missing profile", "PATCH", "/ltm/virtual/~shop~web", `{"profiles":["/Common/typo"]}`, 400, "3", "(/Common/typo) was not found."},
		{"pool of another partition", "POST", "/ltm/virtual", `{"name":"b","partition":"bank","destination":"/bank/203.0.113.9:80","pool":"/shop/web"}`, 400, "3", "01070726:3: Virtual Server /bank/b in partition bank cannot reference Pool /shop/web in partition shop"},
		{"unknown parent of a monitor", "POST", "/ltm/monitor/http", `{"name":"x","partition":"shop","defaultsFrom":"/Common/typo"}`, 400, "3", "01070022:3: The monitor template /Common/typo was not found"},
		{"a monitor that is its own parent", "POST", "/ltm/monitor/http", `{"name":"x","partition":"shop","defaultsFrom":"/shop/x"}`, 400, "3", "01070734:3: Configuration error: A monitor may not default from itself"},
		{"all ones", "POST", "/ltm/node", `{"name":"x","partition":"shop","address":"255.255.255.255"}`, 400, "3", "01020060:3: IP Address 255.255.255.255 is invalid, must not be all ones."},
		{"http without tcp", "PATCH", "/ltm/virtual/~shop~web", `{"profiles":["/Common/http"]}`, 400, "3", "01070096:3: Virtual server /shop/web lists profiles incompatible with its protocol."},
		{"missing partition", "POST", "/ltm/pool", `{"name":"x","partition":"nope"}`, 400, "26214401", "The requested folder (/nope) was not found."},
		{"missing partition in a filter", "GET", "/ltm/pool?$filter=partition+eq+nope", "", 400, "26214401", "The requested folder (/nope) was not found."},
		{"word out of the vocabulary", "POST", "/ltm/pool", `{"name":"x","partition":"shop","loadBalancingMode":"leastconnection"}`, 400, "26214401", `invalid property value "load-balancing-mode":"leastconnection"`},
		{"a state that can only be read", "PATCH", "/ltm/pool/~shop~web/members/~shop~10.0.0.1:80", `{"state":"up"}`, 400, "26214401", `invalid property value "state":"up"`},
		{"a session that can only be read", "PATCH", "/ltm/pool/~shop~web/members/~shop~10.0.0.1:80", `{"session":"monitor-enabled"}`, 400, "26214401", `invalid property value "session":"monitor-enabled"`},
		{"number out of range", "PATCH", "/ltm/pool/~shop~web/members/~shop~10.0.0.1:80", `{"ratio":100000}`, 400, "26214401", `invalid property value "ratio":"100000"`},
		{"address of a member cannot be changed", "PATCH", "/ltm/pool/~shop~web/members/~shop~10.0.0.1:80", `{"address":"10.0.0.1"}`, 400, "26214401", `"address" may not be specified in the context of the "modify" command`},
		{"address of a node cannot be changed", "PATCH", "/ltm/node/~shop~10.0.0.1", `{"address":"10.0.0.7"}`, 400, "26214401", `"address" may not be specified`},
		{"unknown property", "PATCH", "/ltm/pool/~shop~web", `{"fooBar":1}`, 400, "26214401", `"foo-bar" unknown property`},
		{"nothing to change", "PATCH", "/ltm/pool/~shop~web", `{}`, 400, "26214401", "one or more properties must be specified"},
		{"only identifiers", "PATCH", "/ltm/pool/~shop~web", `{"name":"web","partition":"shop"}`, 400, "26214401", "one or more properties must be specified"},
		{"no name", "POST", "/ltm/pool", `{"partition":"shop"}`, 400, "26214401", "one or more configuration identifiers must be provided"},
		{"numeric name", "POST", "/ltm/pool", `{"name":5,"partition":"shop"}`, 400, "26214401", "one or more configuration identifiers must be provided"},
		{"tags in a name", "POST", "/ltm/pool", `{"name":"<b>x</b>","partition":"shop"}`, 400, "26214401", "HTML Tag-like Content in the Request URL/Body"},
		{"braces in a monitor rule (ID645289)", "PATCH", "/ltm/pool/~shop~web", `{"monitor":"min 1 of { /Common/http /shop/m }"}`, 400, "26214401", "invalid property value"},
		{"no JSON", "POST", "/ltm/pool", `{"name":`, 400, "1", "Found invalid JSON body in the request."},
		{"an array", "POST", "/ltm/pool", `[]`, 400, "1", "Found invalid JSON body in the request."},
		{"unknown URI", "GET", "/ltm/nothing", "", 404, "", "Public URI path not registered: /tm/ltm/nothing"},
		{"a shipped monitor", "DELETE", "/ltm/monitor/tcp/~Common~tcp", "", 400, "3", "cannot be deleted"},
		{"sync to an unknown group", "POST", "/cm", `{"command":"run","utilCmdArgs":"config-sync to-group X"}`, 400, "3", "01070734:3: Configuration error: Device group (X) not found in device group sync"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := d.do(http.MethodGet, "/mgmt/tm/ltm/pool?expandSubcollections=true", "").text
			c := *d
			c.t = t
			c.refused(test.method, test.path, test.body, test.status, test.api, test.message)
			if after := d.do(http.MethodGet, "/mgmt/tm/ltm/pool?expandSubcollections=true", "").text; after != before {
				t.Errorf("a refused request changed something:\n%s\n%s", before, after)
			}
		})
	}
}
