package pool

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/cutoverattr"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/pinned"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// imported is the model right after an import: nothing but a path.
func imported() model {
	return model{
		ID: types.StringValue("/shop/web"), Partition: types.StringValue("shop"), Name: types.StringValue("web"),
		Monitors: types.SetNull(types.StringType), Members: types.MapNull(memberType()), Backends: nullBackends(),
		Traffic: nullTraffic(), Endpoints: nullEndpoints(), Cutover: cutoverattr.Null(),
		Timeouts: timeouts.Value{Object: types.ObjectNull(map[string]attr.Type{})},
	}
}

func ok[T any](t *testing.T) func(T, diag.Diagnostics) T {
	return func(value T, diags diag.Diagnostics) T {
		t.Helper()
		if diags.HasError() {
			t.Fatal(diags)
		}
		return value
	}
}

func memberKey(t *testing.T, text string) ltm.MemberKey {
	t.Helper()
	key, err := ltm.ParseMemberKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func fullPool(t *testing.T) ltm.Pool {
	t.Helper()
	return ltm.Pool{
		Path: ltm.Path{Partition: "shop", Folder: "app", Name: "web"}, Description: "Checkout", LoadBalancingMode: "ratio-member",
		Monitors:         ltm.MonitorRule{Monitors: []ltm.Path{ltm.NewPath("Common", "http"), ltm.NewPath("Common", "tcp")}, AtLeast: 1},
		MinActiveMembers: 2, SlowRampTime: 30, ServiceDownAction: "reselect",
		ReselectTries: 1, AllowNAT: true, AllowSNAT: true, IgnorePersistedWeight: true, QueueOnConnectionLimit: true, QueueDepthLimit: 2,
		QueueTimeLimit: 3, MinUpMembers: 4, MinUpMembersAction: "reboot", MinUpMembersChecking: true,
		IPToSToClient: "16", IPToSToServer: "mimic", LinkQoSToClient: "3", LinkQoSToServer: "4",
		Members: []ltm.Member{
			{Key: memberKey(t, "10.0.0.1:80"), Description: "first", Ratio: 5, PriorityGroup: 3, ConnectionLimit: 100, RateLimit: 50, Monitors: "min 1 of /Common/http /Common/tcp", Session: ltm.Disabled},
			{Key: memberKey(t, "10.0.0.2:80"), Ratio: 1, Monitors: "/Common/http and /Common/tcp", Session: ltm.Enabled},
			{Key: memberKey(t, "10.0.0.3:80"), Ratio: 1, Monitors: ltm.NoMonitors, Session: ltm.Enabled},
			{Key: memberKey(t, "[2001:db8::1]:80"), Ratio: 1, Session: ltm.ForcedOffline},
		},
	}
}

func TestAWholeStaticPoolGoesRoundFromTheDeviceToAStateAndBack(t *testing.T) {
	t.Parallel()
	ctx, want := t.Context(), fullPool(t)
	state := ok[model](t)(imported().observed(ctx, want))
	r := &poolResource{}
	target := ok[target](t)(r.target(ctx, state, nil))
	if diff := cmp.Diff(want, target.goal.Pool, cmpopts.EquateComparable(ltm.MemberKey{})); diff != "" {
		t.Errorf("(-device +goal):\n%s", diff)
	}
	for value, i := reflect.ValueOf(want), 0; i < value.NumField(); i++ {
		if value.Field(i).IsZero() {
			t.Errorf("the test has nothing in %s", value.Type().Field(i).Name)
		}
	}
	if target.goal.Backend != nil {
		t.Error("a static pool has groups of members")
	}
}

// bound is a state with the backends blue and green, and their endpoints.
func bound(t *testing.T, blue, green int, spec cutover.Spec) (model, ltm.Pool) {
	t.Helper()
	ctx := t.Context()
	backends := []engine.Backend{
		{Name: "blue", Ref: endpoints.Ref{Namespace: "shop", Service: "web", Port: "http"}, Share: blue},
		{Name: "green", Ref: endpoints.Ref{Cluster: "east", Namespace: "shop", Service: "web-2", Family: endpoints.IPv4}, Share: green},
	}
	observed := engine.BackendEndpoints{
		"blue": {Endpoints: []endpoints.Endpoint{
			{Key: memberKey(t, "10.0.0.1:80"), State: endpoints.Ready, Pod: "web-1", Node: "n1"},
			{Key: memberKey(t, "10.0.0.2:80"), State: endpoints.Draining, Pod: "web-2"},
		}},
		"green": {Endpoints: []endpoints.Endpoint{{Key: memberKey(t, "10.0.0.3:80"), State: endpoints.Ready, Pod: "web-3"}}},
	}
	pool := fullPool(t)
	pool.Description = engine.Mark("Checkout", backends, spec)
	pool.Members = engine.Members(backends, observed, []ltm.Member{{Key: memberKey(t, "192.0.2.9:80"), Ratio: 7, Session: ltm.Enabled, Description: "by hand"}}).Members
	state := ok[model](t)(imported().observed(ctx, pool))
	state.Endpoints = ok[types.Map](t)(pinned.Value(ctx, observed))
	return state, pool
}

func TestABoundPoolIsRebuiltFromItsMarkAfterAnImport(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	state, pool := bound(t, 90, 10, cutover.Spec{Require: cutover.Requirement{Count: 2}, Drain: 60e9})
	if got := state.Description.ValueString(); got != "Checkout" {
		t.Errorf("the description is %q, want the user's words alone", got)
	}
	if got, _ := decodeTraffic(state.Traffic); !cmp.Equal(got, map[string]int{"blue": 90, "green": 10}) {
		t.Errorf("the traffic is %v", got)
	}
	backends := ok[[]engine.Backend](t)(state.backends(ctx))
	if got := engine.Mark("Checkout", backends, cutover.Spec{Require: cutover.Requirement{Count: 2}, Drain: 60e9}); got != pool.Description {
		t.Errorf("the backends make the mark\n%s\nwant\n%s", got, pool.Description)
	}
	if want := cutoverattr.Value(cutover.Spec{Require: cutover.Requirement{Count: 2}, Drain: 60e9}); !state.Cutover.Equal(want) {
		t.Errorf("cutover is %s, want %s", state.Cutover, want)
	}
	members, _ := decodeMembers(ctx, state.Members)
	if m := members["10.0.0.1:80"]; m.Backend.ValueString() != "blue" || m.Pod.ValueString() != "web-1" || !m.Description.IsNull() {
		t.Errorf("the member of blue is %+v", m)
	}
	if m := members["192.0.2.9:80"]; !m.Backend.IsNull() || m.Description.ValueString() != "by hand" {
		t.Errorf("the member of somebody else is %+v", m)
	}
}

func TestTheEndpointsOfAStateAreTheOnesThatWereRead(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	shared := endpoints.Endpoint{Key: memberKey(t, "10.0.0.1:80"), State: endpoints.Ready, Pod: "web-1", Node: "n"}
	other := endpoints.Endpoint{Key: memberKey(t, "10.0.0.2:80"), State: endpoints.NotReady}
	read := engine.BackendEndpoints{"a": {Endpoints: []endpoints.Endpoint{shared, other}}, "b": {Endpoints: []endpoints.Endpoint{shared}}}
	got := ok[engine.BackendEndpoints](t)(pinned.Read(ctx, path.Root("endpoints"), ok[types.Map](t)(pinned.Value(ctx, read))))
	if diff := cmp.Diff(read, got, cmpopts.EquateComparable(ltm.MemberKey{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
