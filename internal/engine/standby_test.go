package engine_test

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// everyKind has a backend of each kind.
var everyKind = []engine.Backend{
	{Name: "blue", Ref: endpoints.Ref{Namespace: "shop", Service: "web-blue", NodePort: true}, Share: 50},
	{Name: "canary", Ref: endpoints.Ref{Cluster: "east", Namespace: "shop", Selector: "app=shop,track=canary", Port: "80", Family: endpoints.Dual}, Share: 20, Remove: true},
	{Name: "vms", Ref: endpoints.Ref{Addresses: endpoints.NewAddresses([]ltm.MemberKey{key(21), key(20)}), RouteDomain: 2}, Share: 30},
}

func TestAPoolsMarkTellsBackendsOfEveryKindAgain(t *testing.T) {
	t.Parallel()
	text := engine.Mark("Checkout", everyKind, cutover.Spec{})
	if want := "Checkout [bigipkube/1 blue@shop/web-blue,node=50 canary@east/shop/(app=shop,track=canary):80,dual,remove=20 vms@(10.0.0.20:80,10.0.0.21:80),rd2=30]"; text != want {
		t.Errorf("\n got %s\nwant %s", text, want)
	}
	words, backends, err := engine.Unmark(text)
	if diff := cmp.Diff(everyKind, backends); diff != "" || words != "Checkout" || err != nil {
		t.Errorf("words %q, %v, -want +got\n%s", words, err, diff)
	}
}

func TestMembersTellWhichKindOfBackendTheyAreOf(t *testing.T) {
	t.Parallel()
	nodes := service(1)
	nodes.Ports[0].NodePort = 30080
	nodes.Nodes = []endpoints.Node{{Name: "node-0", Addresses: []string{"10.0.0.100"}, Ready: true}}
	observed, err := engine.ObserveBackends(t.Context(), fakeSource{snapshots: map[string]endpoints.Snapshot{
		"web-blue": nodes, "": {Pods: []endpoints.Pod{{Name: "web-x", Addresses: []string{"10.0.0.5", "2001:db8::5"}, Ready: true}}},
	}}, everyKind)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range engine.Members(everyKind, observed, nil).Members {
		if !engine.Owned(m) {
			t.Errorf("%s is not ours", m.Key)
		}
		got[m.Key.String()] = m.Description
	}
	want := map[string]string{
		"10.0.0.100:30080": "[bigipkube/1 blue@shop/web-blue]",
		"10.0.0.5:80":      "[bigipkube/1 canary@east/shop/(pods) web-x]",
		"[2001:db8::5]:80": "[bigipkube/1 canary@east/shop/(pods) web-x]",
		"10.0.0.20%2:80":   "[bigipkube/1 vms@(addresses)]",
		"10.0.0.21%2:80":   "[bigipkube/1 vms@(addresses)]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestPlainAddressesNeedNoSource(t *testing.T) {
	t.Parallel()
	observed, err := engine.ObserveBackends(t.Context(), nil, everyKind[2:])
	if err != nil || len(observed["vms"].Endpoints) != 2 {
		t.Errorf("%v, %v", observed, err)
	}
}

// removing is blue and green, whose members are off the device without a share.
func removing(blue, green int) []engine.Backend {
	backends := []engine.Backend{blueGreen[0], blueGreen[1]}
	backends[0].Share, backends[1].Share = blue, green
	backends[0].Remove, backends[1].Remove = true, true
	return backends
}

func TestAStandbyThatIsRemovedIsAddedBeforeItTakesTrafficAndTheOtherGoesLast(t *testing.T) {
	t.Parallel()
	observed := observe(t, map[string]endpoints.Snapshot{"web-blue": service(1, 2), "web-green": service(10)})
	synctest.Test(t, func(t *testing.T) {
		before := engine.Members(removing(100, 0), observed, nil)
		if len(before.Members) != 2 {
			t.Fatalf("the standby is on the device: %v", before.Members)
		}
		d := newDevice(pool(before.Members...))
		d.monitored = true
		after := engine.Members(removing(0, 100), observed, before.Members)
		reaches(t, d, engine.PoolGoal{Pool: pool(after.Members...), Spec: careful, Backend: after.Backend})
		wantWrites(t, d, "pool /shop/web\n  + 10.0.0.10:80: ratio 1, disabled, description \"[bigipkube/1 east/shop/web-green pod-10]\"",
			"pool /shop/web\n  ~ 10.0.0.1:80: enabled -> forced-offline\n  ~ 10.0.0.2:80: enabled -> forced-offline\n  ~ 10.0.0.10:80: disabled -> enabled",
			"pool /shop/web\n  - 10.0.0.1:80\n  - 10.0.0.2:80")
		neverBare(t, d.trace)
	})
}

func TestAStandbyThatIsRemovedStaysWhileNobodyElseIsReady(t *testing.T) {
	t.Parallel()
	observed := observe(t, map[string]endpoints.Snapshot{"web-blue": service(1, 2), "web-green": service()})
	got := engine.Members(removing(0, 100), observed, nil)
	want := []ltm.Member{
		described(member(1, 1, ltm.Disabled), "[bigipkube/1 blue@shop/web-blue pod-1]"),
		described(member(2, 1, ltm.Disabled), "[bigipkube/1 blue@shop/web-blue pod-2]"),
	}
	if diff := cmp.Diff(want, got.Members, options); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestAStandbyThatIsRemovedIsThereInEveryStageInWhichItHasAShare(t *testing.T) {
	t.Parallel()
	observed := observe(t, map[string]endpoints.Snapshot{"web-blue": service(1, 2), "web-green": service(10)})
	from, to := engine.Stage{Backends: removing(100, 0), Observed: observed}, engine.Stage{Backends: removing(0, 100), Observed: observed}
	stages := engine.Stages(from, to, []int{10, 50, 100}, pool(), nil, func([]engine.Backend) string { return "" })
	if len(stages) != 2 {
		t.Fatalf("there are %d stages, want those of 10 and 50 %%", len(stages))
	}
	for i, stage := range stages {
		if len(stage.Members) != 3 {
			t.Errorf("stage %d has the members %v, want blue's 2 and green's 1", i, stage.Members)
		}
	}
	if last := engine.Members(to.Backends, observed, nil).Members; len(last) != 1 {
		t.Errorf("in the end there are %v, want green's 1", last)
	}
}
