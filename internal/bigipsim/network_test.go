package bigipsim_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestASnatpoolMakesItsTranslations(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	got := d.post("/ltm/snatpool", `{"name":"s","partition":"shop","members":["10.5.5.5","/Common/10.5.5.6"]}`)
	if diff := cmp.Diff(any([]any{"/shop/10.5.5.5", "/Common/10.5.5.6"}), got["members"]); diff != "" {
		t.Errorf("members:\n%s", diff)
	}
	if link := at(got, "membersReference", 0, "link"); link != "https://localhost/mgmt/tm/ltm/snat-translation/~shop~10.5.5.5?ver=17.1.1" {
		t.Errorf("membersReference %v", link)
	}
	translation := d.get("/ltm/snat-translation/~shop~10.5.5.5")
	if translation["address"] != "10.5.5.5" || translation["enabled"] != true || translation["arp"] != "enabled" {
		t.Errorf("translation %v", translation)
	}
	if got := d.patch("/ltm/snatpool/~shop~s", `{"members":["/shop/10.5.5.7"]}`)["members"]; !cmp.Equal(any([]any{"/shop/10.5.5.7"}), got) {
		t.Errorf("PATCH did not replace the list: %v", got)
	}
	d.refused("PATCH", "/ltm/snatpool/~shop~s", `{"members":["/shop/typo"]}`, 400, "3", "(/shop/typo) was not found.")
	d.refused("PATCH", "/ltm/snatpool/~shop~s", `{"members":[]}`, 400, "3", "at least one member")
	d.refused("DELETE", "/ltm/snat-translation/~shop~10.5.5.7", "", 400, "3", "01070265:3:")
	d.refused("POST", "/ltm/snat-translation", `{"name":"twin","partition":"shop","address":"10.5.5.7"}`, 400, "3", "0107176c:3:")
}

func TestAnInterfaceHasItsOwnNumberForGood(t *testing.T) {
	t.Parallel()
	d := plain(t, "14.1.2.1")
	seen := map[any]bool{}
	for _, path := range []string{"/net/tunnels/tunnel/~Common~http-tunnel", "/net/tunnels/tunnel/~Common~socks-tunnel"} {
		seen[d.get(path)["ifIndex"]] = true
	}
	seen[d.post("/net/vlan", `{"name":"a","partition":"Common"}`)["ifIndex"]] = true
	last := d.post("/net/vlan", `{"name":"b","partition":"Common"}`)["ifIndex"]
	if seen[last] = true; len(seen) != 4 || seen[nil] {
		t.Errorf("numbers %v", seen)
	}
	if got := d.must(http.MethodPut, "/net/vlan/~Common~b", `{"ifIndex":1}`)["ifIndex"]; got != last {
		t.Errorf("PUT made %v of %v", got, last)
	}
}

func TestATunnelHasAForwardingTable(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	profile := d.post("/net/tunnels/vxlan", `{"name":"flannel","partition":"Common","port":8472,"floodingType":"none"}`)
	if profile["defaultsFrom"] != "/Common/vxlan" || profile["encapsulationType"] != "vxlan" {
		t.Errorf("profile %v", profile)
	}
	tunnel := d.post("/net/tunnels/tunnel", `{"name":"fl-vxlan","partition":"Common","key":1,"localAddress":"10.1.1.1","profile":"/Common/flannel"}`)
	if tunnel["remoteAddress"] != "any6" || tunnel["key"] != json.Number("1") || at(tunnel, "profileReference", "link") != "https://localhost/mgmt/tm/net/tunnels/vxlan/~Common~flannel?ver=17.1.1" {
		t.Errorf("tunnel %v", tunnel)
	}
	path := "/net/fdb/tunnel/~Common~fl-vxlan"
	d.patch(path, `{"records":[{"name":"0a:0a:ac:10:01:01","endpoint":"198.51.100.1"}]}`)
	d.post(path+"/records", `{"name":"0a:0a:ac:10:01:02","endpoint":"198.51.100.2"}`)
	items := at(d.get(path+"?expandSubcollections=true"), "recordsReference", "items").([]any)
	if len(items) != 2 || at(items, 1, "fullPath") != "0a:0a:ac:10:01:02" || at(items, 1, "partition") != nil || at(items, 1, "endpoint") != "198.51.100.2" {
		t.Errorf("records %v", items)
	}
	d.refused("POST", path+"/records", `{"name":"no mac","endpoint":"198.51.100.2"}`, 400, "26214401", `invalid property value "name":"no mac"`)
	d.refused("DELETE", path, "", 400, "26214401", "can be modified only")
	d.refused("DELETE", "/net/tunnels/vxlan/~Common~flannel", "", 400, "3", "01070265:3:")
	d.must(http.MethodDelete, "/net/tunnels/tunnel/~Common~fl-vxlan", "")
	d.refused("GET", path, "", 404, "3", "01020036:3:")

	old := plain(t, "11.6.1")
	old.post("/net/tunnels/tunnel", `{"name":"t","partition":"Common","profile":"/Common/vxlan"}`)
	list := old.patch("/net/fdb/tunnel/~Common~t", `{"records":[{"name":"0a:0a:ac:10:01:01","endpoint":"198.51.100.1"}]}`)
	if at(list, "records", 0, "endpoint") != "198.51.100.1" || list["recordsReference"] != nil {
		t.Errorf("11.6: %v", list)
	}
}

func TestNetworkObjectsAreStored(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	for _, test := range []struct {
		path, body string
		want       map[string]any
	}{
		{"/net/vlan", `{"name":"inside","tag":100,"interfaces":[{"name":"1.1","tagged":true}]}`, map[string]any{"tag": json.Number("100"), "mtu": json.Number("1500")}},
		{"/net/self", `{"name":"s","partition":"Common","address":"10.1.1.1/24","vlan":"/Common/inside","allowService":"default"}`, map[string]any{"trafficGroup": "/Common/traffic-group-local-only", "vlan": "/Common/inside", "floating": "disabled"}},
		{"/net/route", `{"name":"k8s-a-10.0.0.1","partition":"Common","network":"10.244.1.5/24","gw":"10.0.0.1"}`, map[string]any{"network": "10.244.1.0/24", "gw": "10.0.0.1", "mtu": json.Number("0")}},
		{"/net/route", `{"name":"void","partition":"Common","network":"default","blackhole":true}`, map[string]any{"network": "default", "blackhole": true}},
		{"/net/route", `{"name":"if","partition":"Common","network":"192.0.2.0/24","tmInterface":"/Common/inside"}`, map[string]any{"tmInterface": "/Common/inside"}},
		{"/net/route-domain", `{"name":"blue","id":7,"vlans":["/Common/inside"]}`, map[string]any{"name": "blue", "id": json.Number("7"), "partition": nil, "fullPath": "blue"}},
		{"/net/route-domain", `{"name":"8","partition":"Common"}`, map[string]any{"id": json.Number("8")}},
		{"/net/arp", `{"name":"k8s-1","partition":"Common","ipAddress":"10.244.1.1","macAddress":"0a:0a:ac:10:01:01"}`, map[string]any{"ipAddress": "10.244.1.1"}},
		{"/cm/traffic-group", `{"name":"traffic-group-2","partition":"Common"}`, map[string]any{"failoverMethod": "ha-order"}},
	} {
		got := d.post(test.path, test.body)
		for field, want := range test.want {
			if got[field] != want {
				t.Errorf("%s %s: %s is %v, want %v", test.path, test.body, field, got[field], want)
			}
		}
	}
	for _, test := range []struct{ path, body, api, message string }{
		{"/net/route", `{"name":"two","network":"10.9.0.0/16","gw":"10.0.0.1","blackhole":true}`, "3", "exactly one of"},
		{"/net/route", `{"name":"none","network":"10.9.0.0/16"}`, "3", "exactly one of"},
		{"/net/route", `{"name":"bad","network":"10.9/16","gw":"10.0.0.1"}`, "26214401", `invalid property value "network":"10.9/16"`},
		{"/net/self", `{"name":"x","address":"10.1.1.1","vlan":"/Common/inside"}`, "26214401", `invalid property value "address":"10.1.1.1"`},
		{"/net/arp", `{"name":"x","ipAddress":"10.1.1.1","macAddress":"mac"}`, "26214401", `invalid property value "mac-address":"mac"`},
		{"/net/route-domain", `{"name":"twin","id":7}`, "3", "id 7 is the one of route domain /Common/blue"},
		{"/net/tunnels/tunnel", `{"name":"x"}`, "3", "must have a profile"},
	} {
		d.refused("POST", test.path, test.body, 400, test.api, test.message)
	}
	d.refused("PATCH", "/net/route/~Common~void", `{"network":"10.0.0.0/8"}`, 400, "26214401", `"network" may not be specified`)
	d.refused("DELETE", "/net/vlan/~Common~inside", "", 400, "3", "01070265:3:")
	d.refused("DELETE", "/net/route-domain/~Common~0", "", 400, "3", "cannot be deleted")
}

func TestTheBoxHasSettingsWithoutAName(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	got := d.patch("/sys/global-settings", `{"hostname":"lab.example.com","guiSetup":"disabled"}`)
	want := map[string]any{"kind": "tm:sys:global-settings:global-settingsstate", "selfLink": "https://localhost/mgmt/tm/sys/global-settings?ver=17.1.1", "hostname": "lab.example.com", "name": nil, "fullPath": nil, "generation": nil}
	for field, value := range want {
		if got[field] != value {
			t.Errorf("%s is %v, want %v", field, got[field], value)
		}
	}
	if got := d.must(http.MethodPut, "/sys/dns", `{"nameServers":["192.0.2.53"]}`)["nameServers"]; !cmp.Equal(any([]any{"192.0.2.53"}), got) {
		t.Errorf("name servers %v", got)
	}
	if got := d.patch("/sys/provision/asm", `{"level":"nominal"}`); got["level"] != "nominal" || got["fullPath"] != "asm" {
		t.Errorf("provision %v", got)
	}
	d.refused("POST", "/sys/provision", `{"name":"new"}`, 400, "26214401", "can be modified only")
	d.refused("DELETE", "/sys/provision/ltm", "", 400, "26214401", "can be modified only")
	if a := d.do(http.MethodPost, "/mgmt/tm/sys/global-settings", `{"hostname":"x"}`); a.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d %s", a.status, a.text)
	}
	d.refused("GET", "/ltm/virtual/fw-enforced-policy", "", 400, "1", "One of the following features must be licensed/provisioned for the URI ltm/virtual/fw-enforced-policy : afm")
}

func TestBashKnowsTheCommandsOfKnownClientsOnly(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.upload("x.txt", "0123456789")
	for _, test := range []struct {
		tool, arguments string
		result          any
	}{
		{"bash", "-c 'echo hello'", "hello\n"},
		{"bash", "-c hostname", "bigip.example.com\n"},
		{"bash", "-c 'cat /var/config/rest/downloads/x.txt'", "0123456789"},
		{"unix-ls", "/var/config/rest/downloads/x.txt", "/var/config/rest/downloads/x.txt\n"},
		{"unix-ls", "/var/config/rest/downloads", "x.txt\n"},
		{"unix-rm", "/var/config/rest/downloads/x.txt", nil},
		{"bash", "-c 'tmsh show sys clock'", "Syntax Error: unexpected argument \"show sys clock\"\n"},
		{"unix-ls", "/var/config/rest/downloads/x.txt", "ls: cannot access /var/config/rest/downloads/x.txt: No such file or directory\n"},
		{"bash", "-c 'reboot'", "bash: reboot: command not found\n"},
		{"bash", "-c ''", nil},
	} {
		body, err := json.Marshal(map[string]string{"command": "run", "utilCmdArgs": test.arguments})
		if err != nil {
			t.Fatal(err)
		}
		got := d.post("/util/"+test.tool, string(body))
		if got["commandResult"] != test.result || got["kind"] != "tm:util:"+test.tool+":runstate" {
			t.Errorf("%s %s: %v", test.tool, test.arguments, got)
		}
	}
	d.refused("POST", "/util/bash", `{"command":"run","utilCmdArgs":"ls"}`, 400, "26214401", "invalid property value")
	d.refused("POST", "/util/bash", `{"command":"halt"}`, 400, "26214401", "invalid property value")
}

func TestOrganisingCollectionsNameWhatIsBelowThem(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	for path, child := range map[string]string{
		"/ltm": "ltm/policy", "/ltm/monitor": "ltm/monitor/snmp-dca", "/ltm/data-group": "ltm/data-group/internal", "/net/fdb": "net/fdb/tunnel",
		"/net/tunnels": "net/tunnels/vxlan", "/sys": "sys/file", "/sys/file": "sys/file/ssl-cert", "/cm": "cm/device",
	} {
		found := false
		for _, item := range d.get(path)["items"].([]any) {
			found = found || at(item, "reference", "link") == "https://localhost/mgmt/tm/"+child+"?ver=17.1.1"
		}
		if !found {
			t.Errorf("%s does not name %s", path, child)
		}
	}
}
