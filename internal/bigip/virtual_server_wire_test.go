package bigip

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/icontrol"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestAVirtualServerIsReadWhole(t *testing.T) {
	t.Parallel()
	const body = `{"name":"web","partition":"shop","fullPath":"/shop/web","description":"d","destination":"/shop/2001:db8::1.443","disabled":true,
		"fallbackPersistence":"/Common/source_addr","ipProtocol":"tcp","mask":"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff","pool":"/shop/web",
		"persist":[{"name":"hash","partition":"Common","tmDefault":"no"},{"name":"mine","partition":"shop","subPath":"sub","tmDefault":"yes"}],
		"sourceAddressTranslation":{"type":"snat","pool":"/Common/snat","poolReference":{"link":"x"}},
		"profilesReference":{"link":"x","isSubcollection":true,"items":[
			{"name":"tcp","partition":"Common","fullPath":"/Common/tcp","context":"all"},
			{"name":"http","partition":"Common","fullPath":"/Common/http","context":"all"},
			{"name":"clientssl","partition":"Common","fullPath":"/Common/clientssl","context":"clientside"}]}}`
	var wire icontrol.VirtualServer
	if err := json.Unmarshal([]byte(body), &wire); err != nil {
		t.Fatal(err)
	}
	got, err := virtualServerFromWire(wire)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wholeVirtualServer(t), got, asValues()); diff != "" {
		t.Error(diff)
	}
}

func wholeVirtualServer(t *testing.T) ltm.VirtualServer {
	t.Helper()
	destination, err := ltm.ParseDestination("shop", "[2001:db8::1]:443")
	if err != nil {
		t.Fatal(err)
	}
	return defaults(ltm.VirtualServer{
		Path: path(t, "/shop/web"), Description: "d", Destination: destination, IPProtocol: "tcp", Pool: path(t, "/shop/web"),
		Profiles: []ltm.Profile{
			{Path: path(t, "/Common/clientssl"), Context: ltm.ContextClientSide},
			{Path: path(t, "/Common/http"), Context: ltm.ContextAll},
			{Path: path(t, "/Common/tcp"), Context: ltm.ContextAll},
		},
		SourceAddressTranslation: ltm.SourceAddressTranslation{Type: "snat", Pool: path(t, "/Common/snat")},
		Persistence:              path(t, "/shop/sub/mine"),
		FallbackPersistence:      path(t, "/Common/source_addr"),
	})
}

// defaults gives a virtual server the device's own values where it says none.
func defaults(vs ltm.VirtualServer) ltm.VirtualServer {
	fresh := ltm.NewVirtualServer(vs.Path)
	vs.RateLimitMode, vs.SourcePort, vs.AutoLasthop = fresh.RateLimitMode, fresh.SourcePort, fresh.AutoLasthop
	vs.TranslateAddress, vs.TranslatePort = fresh.TranslateAddress, fresh.TranslatePort
	vs.ServiceDownImmediateAction = fresh.ServiceDownImmediateAction
	return vs
}

func TestABareVirtualServerIsReadAsSuch(t *testing.T) {
	t.Parallel()
	got, err := virtualServerFromWire(icontrol.VirtualServer{
		Object: icontrol.Object{Name: "web", Partition: "Common", FullPath: "/Common/web"}, Enabled: true, IPProtocol: "any", Pool: "none",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := ltm.VirtualServer{
		Path: path(t, "/Common/web"), IPProtocol: "any", Enabled: true,
		SourceAddressTranslation: ltm.SourceAddressTranslation{Type: "none"},
	}
	want = defaults(want)
	if diff := cmp.Diff(want, got, asValues()); diff != "" {
		t.Error(diff)
	}
}

func TestANewVirtualServerIsWrittenWhole(t *testing.T) {
	t.Parallel()
	assertJSON(t, virtualServerToWire(wholeVirtualServer(t)), `{"name":"web","partition":"shop","description":"d",`+
		`"destination":"/shop/2001:db8::1.443","disabled":true,"fallbackPersistence":"/Common/source_addr","ipProtocol":"tcp",`+
		`"persist":[{"name":"mine","partition":"shop","subPath":"sub","tmDefault":"yes"}],"pool":"/shop/web",`+
		`"profiles":[{"name":"/Common/clientssl","context":"clientside"},{"name":"/Common/http","context":"all"},{"name":"/Common/tcp","context":"all"}],`+
		`"sourceAddressTranslation":{"type":"snat","pool":"/Common/snat"}}`)
}

func TestAnUpdateOfAVirtualServerWritesTheChangedFieldsAlone(t *testing.T) {
	t.Parallel()
	whole := wholeVirtualServer(t)
	tests := []struct {
		name   string
		change func(*ltm.VirtualServer)
		want   string
	}{
		{"pool", func(v *ltm.VirtualServer) { v.Pool = path(t, "/shop/green") }, `{"pool":"/shop/green"}`},
		{"no pool", func(v *ltm.VirtualServer) { v.Pool = ltm.Path{} }, `{"pool":"none"}`},
		{"enabled", func(v *ltm.VirtualServer) { v.Enabled = true }, `{"enabled":true}`},
		{"no description", func(v *ltm.VirtualServer) { v.Description = "" }, `{"description":""}`},
		{"no persistence", func(v *ltm.VirtualServer) { v.Persistence, v.FallbackPersistence = ltm.Path{}, ltm.Path{} }, `{"fallbackPersistence":"none","persist":[]}`},
		{"no SNAT pool", func(v *ltm.VirtualServer) {
			v.SourceAddressTranslation = ltm.SourceAddressTranslation{Type: "automap"}
		}, `{"sourceAddressTranslation":{"type":"automap","pool":"none"}}`},
		{"another family", func(v *ltm.VirtualServer) {
			v.Destination, _ = ltm.ParseDestination("shop", "192.0.2.1:80")
		}, `{"destination":"/shop/192.0.2.1:80","mask":"255.255.255.255","source":"0.0.0.0/0"}`},
		{"another port", func(v *ltm.VirtualServer) { v.Destination.Port = 80 }, `{"destination":"/shop/2001:db8::1.80"}`},
		{"all addresses", func(v *ltm.VirtualServer) {
			v.Destination, _ = ltm.ParseDestination("shop", "0.0.0.0:0")
		}, `{"destination":"/shop/0.0.0.0:0","mask":"any","source":"0.0.0.0/0"}`},
		{"fewer profiles", func(v *ltm.VirtualServer) { v.Profiles = v.Profiles[2:] }, `{"profiles":[{"name":"/Common/tcp","context":"all"}]}`},
		{"another protocol", func(v *ltm.VirtualServer) { v.IPProtocol = "udp" }, `{"ipProtocol":"udp"}`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			desired := whole
			tc.change(&desired)
			body, err := virtualServerChangeToWire(changeset.ComputeVirtualServer(desired, whole))
			if err != nil {
				t.Fatal(err)
			}
			assertJSON(t, body, tc.want)
		})
	}
}

func TestAnAnswerThatIsNoObjectIsAnError(t *testing.T) {
	t.Parallel()
	good := icontrol.Object{Name: "web", Partition: "shop", FullPath: "/shop/web"}
	for name, wire := range map[string]icontrol.VirtualServer{
		"name":        {},
		"destination": {Object: good, Destination: "/shop/here:80"},
		"pool":        {Object: good, Pool: "/shop"},
		"fallback":    {Object: good, FallbackPersistence: "/shop"},
		"persistence": {Object: good, Persist: []icontrol.Persistence{{}}},
		"profiles":    {Object: good, ProfilesReference: icontrol.Subcollection[icontrol.VirtualProfile]{Items: []icontrol.VirtualProfile{{}}}},
		"translation": {Object: good, SourceAddressTranslation: icontrol.SourceAddressTranslation{Type: "snat", Pool: "/shop"}},
	} {
		if got, err := virtualServerFromWire(wire); err == nil {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
	for name, wire := range map[string]icontrol.Pool{
		"name":     {},
		"monitors": {Object: good, Monitor: "/Common/http or /Common/tcp"},
		"member":   {Object: good, MembersReference: icontrol.Subcollection[icontrol.Member]{Items: []icontrol.Member{member("web-1", "shop", "10.0.0.1")}}},
		"address":  {Object: good, MembersReference: icontrol.Subcollection[icontrol.Member]{Items: []icontrol.Member{member("web-1:80", "shop", "here")}}},
	} {
		if got, err := poolFromWire(wire); err == nil {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
}
