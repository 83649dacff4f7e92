package pool

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/pinned"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// configured is the configuration that a bound state came from.
func configured(state model) model {
	config := state
	config.ID, config.Partition = types.StringNull(), types.StringNull()
	config.Members, config.Endpoints, config.SplitError = types.MapNull(memberType()), nullEndpoints(), types.NumberNull()
	return config
}

func shares(blue, green int64) types.Map {
	return types.MapValueMust(types.Int64Type, map[string]attr.Value{"blue": types.Int64Value(blue), "green": types.Int64Value(green)})
}

// plan plans a configuration against a state, twice as Terraform does.
func plan(t *testing.T, config model, state *model) model {
	t.Helper()
	input := planInput{Config: config, Plan: config, State: state, Partition: types.StringValue("Common")}
	// What the framework puts in front of ModifyPlan must make no difference.
	input.Plan.Members, input.Plan.Endpoints, input.Plan.SplitError = types.MapUnknown(memberType()), types.MapUnknown(pinned.Type()), types.NumberUnknown()
	if !config.Members.IsNull() {
		input.Plan.Members = config.Members
	}
	first := ok[model](t)(planned(t.Context(), input))
	second := ok[model](t)(planned(t.Context(), input))
	if !equal(first, second) {
		t.Fatal("two plans of the same differ")
	}
	return first
}

func equal(a, b model) bool {
	return a.ID.Equal(b.ID) && a.Partition.Equal(b.Partition) && a.Members.Equal(b.Members) && a.Traffic.Equal(b.Traffic) && a.Endpoints.Equal(b.Endpoints) &&
		a.SplitError.Equal(b.SplitError)
}

func TestAnUnchangedConfigurationPlansTheStateAsItIs(t *testing.T) {
	t.Parallel()
	state, _ := bound(t, 90, 10, cutover.Spec{})
	if got := plan(t, configured(state), &state); !equal(got, state) {
		t.Errorf("the plan is\n%s\nwant\n%s", got.Members, state.Members)
	}
}

// TestWhatTheHelperLeavesOfMembersThatTakeNoClientsIsPlannedAsItIs: their ratios are of
// an earlier moment, and with --pre-warm they are disabled before they are ready.
func TestWhatTheHelperLeavesOfMembersThatTakeNoClientsIsPlannedAsItIs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	state, _ := bound(t, 90, 10, cutover.Spec{})
	members, _ := decodeMembers(ctx, state.Members)
	draining := members["10.0.0.2:80"]
	if draining.Session.ValueString() != "disabled" {
		t.Fatalf("web-2 is %s", draining.Session)
	}
	draining.Ratio = types.Int64Value(17)
	members["10.0.0.2:80"] = draining
	state.Members = ok[types.Map](t)(membersValue(members))
	if got := plan(t, configured(state), &state); !equal(got, state) {
		t.Errorf("terminating: the plan is\n%s\nwant\n%s", got.Members, state.Members)
	}

	observed := ok[engine.BackendEndpoints](t)(pinned.Read(ctx, path.Root("endpoints"), state.Endpoints))
	observed["blue"].Endpoints[1].State = endpoints.NotReady
	state.Endpoints = ok[types.Map](t)(pinned.Value(ctx, observed))
	for _, session := range []ltm.Session{ltm.Disabled, ltm.ForcedOffline} {
		draining.Session = types.StringValue(string(session))
		members["10.0.0.2:80"] = draining
		state.Members = ok[types.Map](t)(membersValue(members))
		if got := plan(t, configured(state), &state); !equal(got, state) {
			t.Errorf("not ready, %s: the plan is\n%s\nwant\n%s", session, got.Members, state.Members)
		}
	}
	draining.Session = types.StringValue("enabled")
	members["10.0.0.2:80"] = draining
	state.Members = ok[types.Map](t)(membersValue(members))
	after, _ := decodeMembers(ctx, plan(t, configured(state), &state).Members)
	if got := after["10.0.0.2:80"]; got.Session.ValueString() != "forced-offline" || got.Ratio.ValueInt64() == 17 {
		t.Errorf("not ready, and enabled: planned as %+v", got)
	}
}

func TestTrafficAloneChangesRatiosAndSessionsOfMembersOfOurs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	state, _ := bound(t, 100, 0, cutover.Spec{})
	config := configured(state)
	config.Traffic = shares(50, 50)
	got := plan(t, config, &state)
	if !got.Endpoints.Equal(state.Endpoints) || !got.ID.Equal(state.ID) {
		t.Error("endpoints or id are not kept")
	}
	before, _ := decodeMembers(ctx, state.Members)
	after, _ := decodeMembers(ctx, got.Members)
	for key, member := range after {
		member.Ratio, member.Session = before[key].Ratio, before[key].Session
		if diff := cmp.Diff(before[key], member); diff != "" {
			t.Errorf("%s changes in more than ratio and session:\n%s", key, diff)
		}
	}
	if after["10.0.0.3:80"].Session.ValueString() != "enabled" || before["10.0.0.3:80"].Session.ValueString() != "disabled" {
		t.Errorf("green goes from %s to %s", before["10.0.0.3:80"].Session, after["10.0.0.3:80"].Session)
	}
	if !cmp.Equal(after["192.0.2.9:80"], before["192.0.2.9:80"]) {
		t.Error("the member of somebody else changes")
	}
}

func TestWhatAPlanCannotKnowIsUnknownAndNothingElse(t *testing.T) {
	t.Parallel()
	state, _ := bound(t, 100, 0, cutover.Spec{})
	edit := func(change func(*model)) model {
		config := configured(state)
		change(&config)
		return config
	}
	moved := func(name string, value attr.Value) types.Map {
		backends := state.Backends.Elements()
		object, _ := backends["green"].(types.Object)
		fields := object.Attributes()
		fields[name] = value
		backends["green"] = types.ObjectValueMust(backendType().AttrTypes, fields)
		return types.MapValueMust(backendType(), backends)
	}
	oneBackend := types.MapValueMust(backendType(), map[string]attr.Value{"blue": state.Backends.Elements()["blue"]})
	for _, test := range []struct {
		name                        string
		config                      model
		state                       *model
		members, endpoints, traffic bool // unknown
	}{
		{name: "a new pool", config: configured(state), members: true, endpoints: true},
		{name: "another Service", config: edit(func(m *model) { m.Backends = moved("service", types.StringValue("x")) }), state: &state, members: true, endpoints: true},
		{name: "a Service that is not known yet", config: edit(func(m *model) { m.Backends = moved("service", types.StringUnknown()) }), state: &state, members: true, endpoints: true},
		{name: "no cluster is the empty cluster", config: edit(func(m *model) { m.Backends = moved("port", types.StringValue("")) }), state: &state},
		{name: "backends that are not known yet", config: edit(func(m *model) { m.Backends, m.Traffic = types.MapUnknown(backendType()), nullTraffic() }), state: &state, members: true, endpoints: true, traffic: true},
		{name: "a backend that is not known yet", config: edit(func(m *model) {
			m.Backends = types.MapValueMust(backendType(), map[string]attr.Value{"blue": state.Backends.Elements()["blue"], "green": types.ObjectUnknown(backendType().AttrTypes)})
		}), state: &state, members: true, endpoints: true},
		{name: "labels that are not known yet", config: edit(func(m *model) {
			m.Backends = moved("selector", types.MapValueMust(types.StringType, map[string]attr.Value{"app": types.StringUnknown()}))
		}), state: &state, members: true, endpoints: true},
		{name: "addresses that are not known yet", config: edit(func(m *model) {
			m.Backends = moved("addresses", types.SetValueMust(types.StringType, []attr.Value{types.StringUnknown()}))
		}), state: &state, members: true, endpoints: true},
		{name: "traffic that is not known yet", config: edit(func(m *model) { m.Traffic = types.MapUnknown(types.Int64Type) }), state: &state, members: true, traffic: true},
		{name: "a backend less", config: edit(func(m *model) { m.Backends, m.Traffic = oneBackend, nullTraffic() }), state: &state},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := plan(t, test.config, test.state)
			if got.Members.IsUnknown() != test.members || got.Endpoints.IsUnknown() != test.endpoints || got.Traffic.IsUnknown() != test.traffic {
				t.Errorf("unknown: members %t, endpoints %t, traffic %t; want %t, %t, %t", got.Members.IsUnknown(), got.Endpoints.IsUnknown(),
					got.Traffic.IsUnknown(), test.members, test.endpoints, test.traffic)
			}
			if got.ID.IsUnknown() {
				t.Error("the id is unknown")
			}
		})
	}
}

func TestAStaticPlanIsTheConfigurationWithNothingComputed(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	state := ok[model](t)(imported().observed(ctx, fullPool(t)))
	config := state
	config.Partition = types.StringNull()
	if got := plan(t, config, &state); !equal(got, state) {
		t.Errorf("the plan is\n%s\nwant\n%s", got.Members, state.Members)
	}
	config.Members = types.MapNull(memberType())
	if got := plan(t, config, &state); got.Members.IsUnknown() || len(got.Members.Elements()) != 0 {
		t.Errorf("without members the plan has %s, want none", got.Members)
	}
	config.Members = types.MapUnknown(memberType())
	if got := plan(t, config, &state); !got.Members.IsUnknown() {
		t.Errorf("members that are not known yet are planned as %s", got.Members)
	}
	if got := plan(t, config, nil); got.ID.ValueString() != "/Common/app/web" {
		t.Errorf("a new pool is planned as %s, want it in the provider's partition", got.ID)
	}
	bare := planInput{Config: config, Plan: config, Partition: types.StringUnknown()}
	if got := ok[model](t)(planned(ctx, bare)); !got.ID.IsUnknown() || !got.Partition.IsUnknown() {
		t.Errorf("with an unknown provider the id is %s and the partition %s", got.ID, got.Partition)
	}
}

func TestAnEndpointOfTwoBackendsIsPlannedOnceForTheOneWithTheShareAndWarnedOf(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	state, _ := bound(t, 100, 0, cutover.Spec{})
	observed := ok[engine.BackendEndpoints](t)(pinned.Read(ctx, path.Root("endpoints"), state.Endpoints))
	both := observed["blue"].Endpoints[0]
	green := observed["green"]
	green.Endpoints = append(green.Endpoints, both)
	observed["green"] = green
	state.Endpoints = ok[types.Map](t)(pinned.Value(ctx, observed))
	if back := ok[engine.BackendEndpoints](t)(pinned.Read(ctx, path.Root("endpoints"), state.Endpoints)); len(back["green"].Endpoints) != 2 || len(back["blue"].Endpoints) != 2 {
		t.Fatalf("the state forgets who has which endpoint: %v", back)
	}

	config := configured(state)
	config.Traffic = shares(0, 100)
	got, diags := planned(ctx, planInput{Config: config, Plan: config, State: &state, Partition: types.StringValue("Common")})
	if diags.HasError() || diags.WarningsCount() != 1 || diags[0].Summary() != "Backends have the same endpoints" {
		t.Errorf("diagnostics %v, want one warning of the overlap", diags)
	}
	members, _ := decodeMembers(ctx, got.Members)
	if m := members[both.Key.String()]; m.Backend.ValueString() != "green" || m.Session.ValueString() != "enabled" {
		t.Errorf("%s is %s in backend %s, want enabled in green, which has the share", both.Key, m.Session, m.Backend)
	}
}
