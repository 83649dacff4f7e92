package bigipsim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAVirtualServerBringsItsVirtualAddressAndTakesItAway(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	address := d.get("/ltm/virtual-address/~shop~203.0.113.10")
	if virtual := d.get("/ltm/virtual/~shop~web"); address["generation"] != virtual["generation"] || address["autoDelete"] != "true" {
		t.Errorf("address %v, virtual server %v", address, virtual)
	}
	d.post("/ltm/virtual", `{"name":"tls","partition":"shop","destination":"/shop/203.0.113.10:443"}`)
	d.must(http.MethodDelete, "/ltm/virtual/~shop~web", "")
	d.get("/ltm/virtual-address/~shop~203.0.113.10")
	d.patch("/ltm/virtual/~shop~tls", `{"destination":"/shop/203.0.113.11:443"}`)
	d.get("/ltm/virtual-address/~shop~203.0.113.11")
	d.refused("GET", "/ltm/virtual-address/~shop~203.0.113.10", "", 404, "3", "01020036:3: The requested Virtual Address (/shop/203.0.113.10) was not found.")

	d.post("/ltm/virtual-address", `{"name":"front","partition":"shop","address":"203.0.113.20","autoDelete":"false"}`)
	if got := d.post("/ltm/virtual", `{"name":"b","partition":"shop","destination":"/shop/203.0.113.20:80"}`)["destination"]; got != "/shop/front:80" {
		t.Errorf("destination %v does not reuse the address that is there", got)
	}
	d.must(http.MethodDelete, "/ltm/virtual/~shop~b", "")
	d.get("/ltm/virtual-address/~shop~front")
}

func TestDestinationsComeBackInTheirNormalForm(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	for i, test := range []struct{ written, destination, mask, source string }{
		{"/Common/10.0.0.1:http", "/Common/10.0.0.1:80", "255.255.255.255", "0.0.0.0/0"},
		{"10.1.20.120:80", "/Common/10.1.20.120:80", "255.255.255.255", "0.0.0.0/0"},
		{"/Common/2001:DB8:0::1.443", "/Common/2001:db8::1.443", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"},
		{"/Common/10.0.0.1%2:80", "/Common/10.0.0.1%2:80", "255.255.255.255", "0.0.0.0/0"},
		{"/Common/0.0.0.0:any", "/Common/0.0.0.0:0", "any", "0.0.0.0/0"},
	} {
		got := d.post("/ltm/virtual", `{"name":"v`+string(rune('a'+i))+`","partition":"Common","destination":"`+test.written+`"}`)
		if got["destination"] != test.destination || got["mask"] != test.mask || got["source"] != test.source {
			t.Errorf("%s: %v %v %v", test.written, got["destination"], got["mask"], got["source"])
		}
	}
	for _, wrong := range []string{"/Common/10.0.0.1", "/Common/nonsense:80", "/Common/10.0.0.1:70000", "/Common/300.0.0.1:80", "//:80"} {
		d.refused("POST", "/ltm/virtual", `{"name":"wrong","partition":"Common","destination":"`+wrong+`"}`, 400, "26214401", `invalid property value "destination"`)
	}
}

func TestProfilesAreWrittenAsAListAndReadAsASubcollection(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	bare := d.post("/ltm/virtual", `{"name":"bare","partition":"Common","destination":"/Common/10.0.0.1:80"}`)
	if bare["ipProtocol"] != "any" {
		t.Errorf("protocol without profiles: %v", bare["ipProtocol"])
	}
	if got := at(d.get("/ltm/virtual/~Common~bare/profiles"), "items", 0, "fullPath"); got != "/Common/fastL4" {
		t.Errorf("without profiles it has %v", got)
	}
	v := d.post("/ltm/virtual", `{"name":"v","partition":"Common","destination":"/Common/10.0.0.2:443",
		"profiles":[{"name":"f5-tcp-wan","partition":"Common","context":"clientside"},{"name":"/Common/f5-tcp-lan","context":"serverside"},"http","/Common/clientssl","/Common/serverssl"]}`)
	if v["profiles"] != nil || v["ipProtocol"] != "tcp" {
		t.Errorf("profiles %v, protocol %v", v["profiles"], v["ipProtocol"])
	}
	contexts := map[string]any{}
	for _, item := range at(d.get("/ltm/virtual/~Common~v?expandSubcollections=true"), "profilesReference", "items").([]any) {
		contexts[at(item, "fullPath").(string)] = at(item, "context")
	}
	want := map[string]any{"/Common/f5-tcp-wan": "clientside", "/Common/f5-tcp-lan": "serverside", "/Common/http": "all", "/Common/clientssl": "clientside", "/Common/serverssl": "serverside"}
	if diff := cmp.Diff(want, contexts); diff != "" {
		t.Errorf("profiles:\n%s", diff)
	}
	item := d.post("/ltm/virtual/~Common~v/profiles", `{"name":"oneconnect","partition":"Common"}`)
	if got := at(item, "nameReference", "link"); got != "https://localhost/mgmt/tm/ltm/profile/one-connect/~Common~oneconnect?ver=17.1.1" {
		t.Errorf("nameReference %v", got)
	}
	d.must(http.MethodDelete, "/ltm/virtual/~Common~v/profiles/~Common~oneconnect", "")
	d.refused("POST", "/ltm/virtual/~Common~v/profiles", `{"name":"udp","partition":"Common"}`, 400, "3", "01070096:3:")
}

func TestRulesKeepTheirOrderAndPersistenceHasItsForm(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	for _, name := range []string{"a", "b"} {
		d.post("/ltm/rule", `{"name":"`+name+`","partition":"Common","apiAnonymous":"when HTTP_REQUEST { }\n"}`)
	}
	v := d.post("/ltm/virtual", `{"name":"v","partition":"Common","destination":"/Common/10.0.0.2:80","profiles":["tcp","http"],"rules":["/Common/b","/Common/a"],"persist":"cookie","fallbackPersistence":"/Common/source_addr"}`)
	if diff := cmp.Diff([]any{"/Common/b", "/Common/a"}, v["rules"]); diff != "" {
		t.Errorf("rules:\n%s", diff)
	}
	want := []any{map[string]any{"name": "cookie", "partition": "Common", "tmDefault": "yes", "nameReference": map[string]any{"link": "https://localhost/mgmt/tm/ltm/persistence/cookie/~Common~cookie?ver=17.1.1"}}}
	if diff := cmp.Diff(any(want), v["persist"]); diff != "" {
		t.Errorf("persist:\n%s", diff)
	}
	d.refused("DELETE", "/ltm/rule/~Common~a", "", 400, "3", "01070265:3: The iRule (/Common/a) cannot be deleted because it is in use by a Virtual Server (/Common/v).")
}

func TestASnatPoolStaysWhenTheTypeChanges(t *testing.T) {
	t.Parallel()
	d := plain(t, "17.1.1")
	d.post("/ltm/snatpool", `{"name":"s","partition":"Common","members":["/Common/10.5.5.5"]}`)
	d.post("/ltm/virtual", `{"name":"v","partition":"Common","destination":"/Common/10.0.0.2:80","sourceAddressTranslation":{"type":"snat","pool":"/Common/s"}}`)
	got := d.patch("/ltm/virtual/~Common~v", `{"sourceAddressTranslation":{"type":"automap"}}`)
	if at(got, "sourceAddressTranslation", "pool") != "/Common/s" || at(got, "sourceAddressTranslation", "type") != "automap" {
		t.Errorf("sourceAddressTranslation %v", got["sourceAddressTranslation"])
	}
	d.refused("DELETE", "/ltm/snatpool/~Common~s", "", 400, "3", "01070320:3: Snatpool /Common/s is still referenced by a virtual server.")
}

func TestAVirtualServerServesTrafficFromItsPool(t *testing.T) {
	t.Parallel()
	d := furnish(plain(t, "17.1.1"))
	d.SetMembers(map[string]string{"10.0.0.1:80": backend(t), "10.0.0.2:80": backend(t)})
	listener := d.Listener("/shop/web")
	if !strings.HasPrefix(listener, "127.0.0.1:") {
		t.Fatalf("listener %q", listener)
	}
	ask := func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	}
	eventually(t, "an answer through the virtual server", ask)
	key := "https://localhost/mgmt/tm/ltm/virtual/~shop~web/stats"
	eventually(t, "the request in the counters", func() bool {
		n := at(d.get("/ltm/virtual/~shop~web/stats"), "entries", key, "nestedStats", "entries", "totRequests", "value")
		return n != nil && n.(interface{ String() string }).String() != "0"
	})
	d.patch("/ltm/virtual/~shop~web", `{"disabled":true}`)
	if ask() {
		t.Error("a disabled virtual server answers")
	}
	d.patch("/ltm/virtual/~shop~web", `{"enabled":true}`)
	if d.Listener("/shop/web") != listener {
		t.Error("the listener moved")
	}
	if !ask() {
		t.Error("an enabled virtual server does not answer")
	}
}

func TestUpTo11OnlySubcollectionsHaveLinks(t *testing.T) {
	t.Parallel()
	body := `{"name":"v","partition":"Common","destination":"192.0.2.1:80","ipProtocol":"tcp","pool":"p","rules":["r"],"profiles":["http","tcp"],"persist":["cookie"],"fallbackPersistence":"source_addr"}`
	links := func(version string) int {
		d := plain(t, version)
		d.post("/ltm/pool", `{"name":"p","partition":"Common"}`)
		d.post("/ltm/rule", `{"name":"r","partition":"Common","apiAnonymous":"when HTTP_REQUEST { }"}`)
		d.post("/ltm/virtual", body)
		return strings.Count(d.do(http.MethodGet, "/mgmt/tm/ltm/virtual/~Common~v?expandSubcollections=true", "").text, `{"link":`)
	}
	// policies and profiles; and pool, fallback, rule, persistence, and two profiles by name.
	if old, now := links("11.6.0"), links("12.0.0"); old != 2 || now != 8 {
		t.Errorf("%d links in 11.6, %d in 12.0", old, now)
	}
}
