package engine_test

import (
	"context"
	"net/netip"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func frontend(t *testing.T, name, destination string, pool ltm.Path) engine.Frontend {
	t.Helper()
	d, err := ltm.ParseDestination("shop", destination)
	if err != nil {
		t.Fatal(err)
	}
	return engine.Frontend{VirtualServer: ltm.NewPath("shop", name), Destination: d, Pool: pool}
}

func TestAPoolIsALoopWhereItsVirtualServerIsTheServerOfACluster(t *testing.T) {
	t.Parallel()
	api, other := ltm.NewPath("shop", "api"), ltm.NewPath("shop", "other")
	east := engine.Entrance{Cluster: "east", Server: "https://api.example.com:6443", At: []netip.AddrPort{
		netip.MustParseAddrPort("203.0.113.20:6443"), netip.MustParseAddrPort("[2001:db8::20]:6443"),
	}}
	west := engine.Entrance{Cluster: "west", Server: "https://192.0.2.10:6443", At: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.10:6443")}}
	for name, test := range map[string]struct {
		at   string
		pool ltm.Path
		loop bool
	}{
		"its address and port":          {"203.0.113.20:6443", api, true},
		"its other address":             {"[2001:db8::20]:6443", api, true},
		"any port of its address":       {"203.0.113.20:0", api, true},
		"its address in a route domain": {"203.0.113.20%2:6443", api, true},
		"another port":                  {"203.0.113.20:443", api, false},
		"another address":               {"203.0.113.21:6443", api, false},
		"no pool":                       {"203.0.113.20:6443", ltm.Path{}, false},
	} {
		loops := engine.Loops("bigip", []engine.Entrance{west, east}, []engine.Frontend{
			frontend(t, "others", "203.0.113.30:6443", other), frontend(t, "api", test.at, test.pool),
		})
		if found := loops[api] != nil; found != test.loop || len(loops) > 1 || found && loops[api].Entrance.Cluster != "east" {
			t.Errorf("%s: %v", name, loops)
		}
	}
	loops := engine.Loops("bigip", []engine.Entrance{east}, []engine.Frontend{frontend(t, "api", "203.0.113.20:6443", api)})
	const want = "cluster east is reached through pool /shop/api on bigip itself: its server https://api.example.com:6443 is the virtual server /shop/api, 203.0.113.20:6443. " +
		"Reach it by another address, such as that of one control-plane node, or allow the loop"
	if got := loops[api].Error(); got != want {
		t.Errorf("got %s", got)
	}
}

// located is a cluster somewhere.
type located struct {
	cluster
	at []netip.AddrPort
}

func (l *located) Entrances(context.Context) []engine.Entrance {
	return []engine.Entrance{{Server: "https://api", At: l.at}}
}

func TestTheDeviceIsAskedForLoopsOnlyWhereOneCouldBe(t *testing.T) {
	t.Parallel()
	d := switchDevice(enabled(1)...)
	if loops, err := engine.LoopsIn(t.Context(), d, &located{}, "shop"); len(loops) > 0 || err != nil || len(d.calls) > 0 {
		t.Errorf("on this machine: %v, %v after %v", loops, err, d.calls)
	}
	if loops, err := engine.LoopsIn(t.Context(), d, &cluster{}, "shop"); len(loops) > 0 || err != nil || len(d.calls) > 0 {
		t.Errorf("nobody knows where: %v, %v after %v", loops, err, d.calls)
	}
	at := d.virtualServers[web].Destination
	loops, err := engine.LoopsIn(t.Context(), d, &located{at: []netip.AddrPort{netip.AddrPortFrom(at.Address.IP, at.Port)}}, "shop")
	if pool := d.virtualServers[web].Pool; err != nil || loops[pool] == nil {
		t.Errorf("through %s: %v, %v", pool, loops, err)
	}
}
