package bigip_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func (l *lab) virtualServer() ltm.VirtualServer {
	l.t.Helper()
	destination, err := ltm.ParseDestination("shop", "203.0.113.10:80")
	if err != nil {
		l.t.Fatal(err)
	}
	vs := ltm.NewVirtualServer(web)
	vs.Description, vs.Destination, vs.IPProtocol, vs.Pool = "shop front", destination, "tcp", web
	vs.Profiles = []ltm.Profile{
		{Path: ltm.NewPath("Common", "http"), Context: ltm.ContextAll},
		{Path: ltm.NewPath("Common", "tcp"), Context: ltm.ContextAll},
	}
	vs.SourceAddressTranslation.Type = "automap"
	vs.Persistence, vs.FallbackPersistence = ltm.NewPath("Common", "cookie"), ltm.NewPath("Common", "source_addr")
	return vs
}

// full is a virtual server with something in every field. What it refers to is
// made on the device, the objects of AFM apart, which are names to it.
func (l *lab) full() ltm.VirtualServer {
	l.t.Helper()
	l.post("net/vlan", `{"name":"outside"}`)
	l.post("sys/folder", `{"name":"Drafts","partition":"shop"}`)
	l.post("ltm/policy", `{"name":"routes","partition":"shop","subPath":"Drafts","strategy":"first-match","requires":["http"],"controls":["forwarding"]}`)
	l.post("ltm/rule", `{"name":"a","partition":"shop","apiAnonymous":"when CLIENT_ACCEPTED { }"}`)
	l.post("ltm/rule", `{"name":"b","partition":"shop","apiAnonymous":"when CLIENT_ACCEPTED { }"}`)
	l.post("ltm/policy", `{"command":"publish","name":"/shop/Drafts/routes"}`)
	vs := l.virtualServer()
	vs.Mask, vs.Source = "255.255.255.0", "198.51.100.0/24"
	vs.Destination, _ = ltm.ParseDestination("shop", "203.0.113.0:80")
	vs.VLANs = ltm.VLANs{Only: true, List: []ltm.Path{ltm.NewPath("Common", "outside")}}
	vs.Policies = []ltm.Path{ltm.NewPath("shop", "routes")}
	vs.IRules = []ltm.Path{ltm.NewPath("shop", "b"), ltm.NewPath("shop", "a")}
	vs.FirewallEnforcedPolicy, vs.FirewallStagedPolicy = ltm.NewPath("Common", "fw"), ltm.NewPath("Common", "next")
	vs.SecurityLogProfiles = []string{"/Common/Log all requests", "/Common/quiet"}
	vs.ConnectionLimit, vs.RateLimit, vs.RateLimitMode = 100, 200, "object-source-destination"
	vs.RateLimitSourceMask, vs.RateLimitDestinationMask = 24, 16
	vs.SourcePort, vs.TranslateAddress, vs.TranslatePort, vs.Mirror = "change", false, false, true
	vs.AutoLasthop, vs.LastHopPool, vs.ServiceDownImmediateAction = "disabled", web, "reset"
	return vs
}

func (l *lab) wantVirtualServer(want ltm.VirtualServer) {
	l.t.Helper()
	got, err := l.VirtualServer(l.t.Context(), want.Path)
	if err != nil {
		l.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b ltm.Destination) bool { return a == b })); diff != "" {
		l.t.Errorf("virtual server (-want +got):\n%s", diff)
	}
	l.sim.ClearRequests()
}

func TestAVirtualServerIsOneRequestToCreateReadUpdateAndDelete(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx := t.Context()
	l.create(pool(t))
	green := ltm.NewPool(ltm.NewPath("shop", "green"))
	l.create(green)

	vs := l.virtualServer()
	if err := l.CreateVirtualServer(ctx, vs); err != nil {
		t.Fatal(err)
	}
	l.wantCalls("POST ltm/virtual")
	l.wantVirtualServer(vs)

	if err := l.UpdateVirtualServer(ctx, changeset.ComputeVirtualServer(vs, vs)); err != nil {
		t.Fatal(err)
	}
	l.wantCalls()
	switched := vs
	switched.Pool = green.Path
	if err := l.UpdateVirtualServer(ctx, changeset.ComputeVirtualServer(switched, vs)); err != nil {
		t.Fatal(err)
	}
	if requests := l.sim.Requests(); len(requests) != 1 || requests[0].BytesIn > 100 {
		t.Errorf("requests %+v, want one of at most 100 bytes", requests)
	}
	l.wantVirtualServer(switched)

	if err := l.DeleteVirtualServer(ctx, web); err != nil {
		t.Fatal(err)
	}
	l.wantCalls("DELETE ltm/virtual/~shop~web")
	if _, err := l.VirtualServer(ctx, web); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("read of a deleted virtual server: %v", err)
	}
}

func TestEveryFieldOfAVirtualServerIsChangedAndUnset(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.create(pool(t))
	bare := ltm.NewVirtualServer(web)
	bare.Destination, bare.IPProtocol = l.virtualServer().Destination, "tcp"
	bare.Profiles = []ltm.Profile{{Path: ltm.NewPath("Common", "tcp"), Context: ltm.ContextAll}}
	full, inDomain := l.full(), bare
	inDomain.Destination, _ = ltm.ParseDestination("shop", "10.0.0.1%2:80")
	inDomain.Source = "198.51.100.0/24"
	allBut := bare
	allBut.VLANs = ltm.VLANs{List: full.VLANs.List}
	moved := l.virtualServer()
	moved.Enabled = false
	moved.Destination, _ = ltm.ParseDestination("shop", "[2001:db8::10]:443")
	live := bare
	if err := l.CreateVirtualServer(t.Context(), live); err != nil {
		t.Fatal(err)
	}
	l.wantVirtualServer(live)
	for _, next := range []ltm.VirtualServer{l.virtualServer(), moved, bare, full, moved, bare, allBut, full, inDomain, bare} {
		if err := l.UpdateVirtualServer(t.Context(), changeset.ComputeVirtualServer(next, live)); err != nil {
			t.Fatal(err)
		}
		l.wantVirtualServer(next)
		live = next
	}
}

func TestAVirtualServerIsCreatedWithEveryFieldAndInAFolder(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.create(pool(t))
	l.post("sys/folder", `{"name":"app","partition":"shop"}`)
	vs := l.full()
	vs.Path = ltm.Path{Partition: "shop", Folder: "app", Name: "web"}
	if err := l.CreateVirtualServer(t.Context(), vs); err != nil {
		t.Fatal(err)
	}
	l.wantVirtualServer(vs)
	if err := l.DeleteVirtualServer(t.Context(), vs.Path); err != nil {
		t.Error(err)
	}
}

func TestAVirtualServerBearsItsStatus(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.create(pool(t, member(t, "10.0.0.1:80")))
	if err := l.CreateVirtualServer(t.Context(), l.virtualServer()); err != nil {
		t.Fatal(err)
	}
	status, err := l.VirtualServerStatus(t.Context(), web)
	if err != nil || status.Availability == "" || status.Reason == "" || status.CurrentConnections != 0 {
		t.Errorf("status %+v, error %v", status, err)
	}
	all, err := l.VirtualServersIn(t.Context(), "shop")
	if err != nil || len(all) != 1 || !all[0].Equal(l.virtualServer()) {
		t.Errorf("virtual servers %+v, error %v", all, err)
	}
}

func TestFrontendsAreOneSmallRequestForAPartition(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx := t.Context()
	l.create(pool(t))
	vs := l.virtualServer()
	bare := ltm.NewVirtualServer(ltm.NewPath("shop", "bare"))
	bare.Destination, _ = ltm.ParseDestination("shop", "[2001:db8::1]:0")
	bare.IPProtocol = "tcp"
	for _, one := range []ltm.VirtualServer{vs, bare} {
		if err := l.CreateVirtualServer(ctx, one); err != nil {
			t.Fatal(err)
		}
	}
	l.sim.ClearRequests()
	got, err := l.Frontends(ctx, "shop")
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b engine.Frontend) int { return a.VirtualServer.Compare(b.VirtualServer) })
	want := []engine.Frontend{
		{VirtualServer: bare.Path, Destination: bare.Destination}, {VirtualServer: vs.Path, Destination: vs.Destination, Pool: vs.Pool},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b ltm.Destination) bool { return a == b })); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if requests := l.sim.Requests(); len(requests) != 1 || requests[0].BytesOut > 1500 {
		t.Errorf("it took %+v", requests)
	}
	if none, err := l.Frontends(ctx, "Common"); err != nil || len(none) > 0 {
		t.Errorf("in Common: %v, %v", none, err)
	}
}
