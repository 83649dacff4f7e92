package bigipsim_test

import (
	"encoding/json"
	"net"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

func TestAnFQDNMemberMakesATemplateNode(t *testing.T) {
	t.Parallel()
	d := furnish(start(t, bigipsim.Options{PlainHTTP: true, DNS: map[string][]string{"www.example.com": {"192.0.2.1"}}}))
	member := d.post("/ltm/pool/~shop~idle/members", `{"name":"www.example.com:80","partition":"shop","fqdn":{"autopopulate":"enabled","tmName":"www.example.com"}}`)
	if member["address"] != "any6" || member["state"] != "fqdn-up" || member["ephemeral"] != "false" {
		t.Errorf("member %v", member)
	}
	if diff := cmp.Diff(any(map[string]any{"autopopulate": "enabled", "tmName": "www.example.com"}), member["fqdn"]); diff != "" {
		t.Errorf("member's fqdn:\n%s", diff)
	}
	node := d.get("/ltm/node/~shop~www.example.com")
	want := map[string]any{"addressFamily": "ipv4", "autopopulate": "enabled", "downInterval": json.Number("5"), "interval": "3600", "tmName": "www.example.com"}
	if diff := cmp.Diff(any(want), node["fqdn"]); diff != "" || node["address"] != "any6" || node["state"] != "fqdn-up" {
		t.Errorf("node %v:\n%s", node, diff)
	}
	d.refused("PATCH", "/ltm/pool/~shop~idle/members/~shop~www.example.com:80", `{"fqdn":{"autopopulate":"disabled"}}`, 400, "26214401", `"autopopulate" may not be specified`)
	d.patch("/ltm/pool/~shop~idle/members/~shop~www.example.com:80", `{"ratio":3,"fqdn":{"autopopulate":"enabled"}}`)
	d.post("/ltm/node", `{"name":"api","partition":"shop","fqdn":{"tmName":"api.example.com","addressFamily":"ipv6"}}`)
	d.post("/ltm/pool/~shop~idle/members", `{"name":"api:443","partition":"shop"}`)
	d.patch("/ltm/node/~shop~api", `{"fqdn":{"interval":"60"}}`)
	d.refused("DELETE", "/ltm/node/~shop~api", "", 400, "3", "01070110:3:")
	d.must(http.MethodDelete, "/ltm/pool/~shop~idle/members/~shop~api:443", "")
	d.must(http.MethodDelete, "/ltm/node/~shop~api", "")
}

func TestMasksHaveTheFormOfAnAddress(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	for i, test := range []struct{ destination, mask, want string }{
		{"10.1.0.0:0", "255.255.0.0", "255.255.0.0"},
		{"10.2.0.0:0", "16", "255.255.0.0"},
		{"2001:db8::.0", "ffff:ffff::", "ffff:ffff::"},
		{"0.0.0.0:0", "0.0.0.0", "any"},
		{"any6.80", "", "any6"},
	} {
		name := "v" + string(rune('a'+i))
		got := d.post("/ltm/virtual", `{"name":"`+name+`","partition":"Common","destination":"/Common/`+test.destination+`","mask":"`+test.mask+`"}`)
		if got["mask"] != test.want {
			t.Errorf("%s mask %q: %v", test.destination, test.mask, got["mask"])
		}
	}
	for _, wrong := range []string{"255.0.255.0", "33", "nonsense", "ffff::"} {
		d.refused("POST", "/ltm/virtual", `{"name":"wrong","destination":"/Common/10.9.0.0:0","mask":"`+wrong+`"}`, 400, "26214401", `invalid property value "mask"`)
	}
}

func TestOneProfileAtMostIsTheDefaultForSNI(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	for _, name := range []string{"a", "b"} {
		d.post("/ltm/profile/client-ssl", `{"name":"`+name+`","sniDefault":"true","serverName":"`+name+`.example.com"}`)
	}
	body := `{"name":"v","partition":"Common","destination":"/Common/10.0.0.1:443","profiles":["tcp","a","b"]}`
	d.refused("POST", "/ltm/virtual", body, 400, "3", "01071809:3: Virtual Server /Common/v has more than one clientssl/serverssl profile that is default for SNI.")
	d.patch("/ltm/profile/client-ssl/~Common~b", `{"sniDefault":"false"}`)
	d.post("/ltm/virtual", body)
}

func TestMonitorsOfAllKindsAreStored(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	for _, kind := range []string{"dns", "external", "ftp", "imap", "ldap", "mssql", "mysql", "oracle", "postgresql", "pop3", "radius", "sip", "smtp", "tcp-half-open", "udp", "inband", "gateway-icmp", "icmp", "https"} {
		got := d.post("/ltm/monitor/"+kind, `{"name":"m","partition":"Common"}`)
		if got["defaultsFrom"] == nil || got["generation"] != json.Number("0") {
			t.Errorf("%s: %v", kind, got)
		}
		d.must(http.MethodDelete, "/ltm/monitor/"+kind+"/~Common~m", "")
	}
}

func TestOldReleasesHaveTheirOddities(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "12.1.1"))
	template := at(d.get("/ltm/pool/example"), "items", 0)
	if at(template, "loadBalancingMode") != "round-robin" || at(template, "slowRampTime") != json.Number("10") {
		t.Errorf("template %v", template)
	}
	d.post("/ltm/policy", `{"name":"x","partition":"shop","legacy":true}`)
	d.refused("POST", "/ltm/virtual/~shop~web/policies", `{"name":"x","partition":"shop"}`, 404, "1", "Object not found - /shop/x")
	if got := at(d.get("/ltm/virtual/~shop~web/policies"), "items", 0, "fullPath"); got != "/shop/x" {
		t.Errorf("attached nevertheless: %v", got)
	}
	plain(t, "17.1.1").refused("GET", "/ltm/pool/example", "", 404, "3", "01020036:3:")
}

func TestAHalfOpenMonitorNeedsAListener(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.SetMembers(map[string]string{"10.0.0.1:80": backend(t), "10.0.0.2:80": closedPort(t)})
	d.post("/ltm/monitor/tcp-half-open", `{"name":"m","partition":"Common","interval":1,"timeout":2}`)
	d.post("/ltm/pool", `{"name":"p","partition":"Common","monitor":"/Common/m","members":["10.0.0.1:80","10.0.0.2:80"]}`)
	for member, want := range map[string]string{"10.0.0.1:80": "up", "10.0.0.2:80": "down"} {
		eventually(t, member+" is "+want, func() bool {
			return d.get("/ltm/pool/~Common~p/members/~Common~" + member)["state"] == want
		})
	}
}

// closedPort is an address on which nobody listens. Its port is taken by the client
// of a connection: a port that is only free may become that of the next listener.
func closedPort(t *testing.T) string {
	t.Helper()
	conn, err := net.Dial("tcp", silentBackend(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().String()
}
