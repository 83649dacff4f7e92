package bigip_test

import (
	"errors"
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
	return ltm.VirtualServer{
		Path: web, Description: "shop front", Destination: destination, IPProtocol: "tcp", Pool: web, Enabled: true,
		Profiles: []ltm.Profile{
			{Path: ltm.NewPath("Common", "http"), Context: ltm.ContextAll},
			{Path: ltm.NewPath("Common", "tcp"), Context: ltm.ContextAll},
		},
		SourceAddressTranslation: ltm.SourceAddressTranslation{Type: "automap"},
		Persistence:              ltm.NewPath("Common", "cookie"),
		FallbackPersistence:      ltm.NewPath("Common", "source_addr"),
	}
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
	bare := ltm.VirtualServer{
		Path: web, Destination: l.virtualServer().Destination, IPProtocol: "tcp", Enabled: true,
		Profiles:                 []ltm.Profile{{Path: ltm.NewPath("Common", "tcp"), Context: ltm.ContextAll}},
		SourceAddressTranslation: ltm.SourceAddressTranslation{Type: "none"},
	}
	moved := l.virtualServer()
	moved.Enabled = false
	moved.Destination, _ = ltm.ParseDestination("shop", "[2001:db8::10]:443")
	live := bare
	if err := l.CreateVirtualServer(t.Context(), live); err != nil {
		t.Fatal(err)
	}
	l.wantVirtualServer(live)
	for _, next := range []ltm.VirtualServer{l.virtualServer(), moved, bare, moved} {
		if err := l.UpdateVirtualServer(t.Context(), changeset.ComputeVirtualServer(next, live)); err != nil {
			t.Fatal(err)
		}
		l.wantVirtualServer(next)
		live = next
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
