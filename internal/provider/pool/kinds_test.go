package pool

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

func addressList(t *testing.T, texts ...string) endpoints.Addresses {
	t.Helper()
	var keys []ltm.MemberKey
	for _, text := range texts {
		keys = append(keys, memberKey(t, text))
	}
	return endpoints.NewAddresses(keys)
}

// everyKind are backends of every kind, with all that can be said of them.
func everyKind(t *testing.T) []engine.Backend {
	t.Helper()
	return []engine.Backend{
		{Name: "api", Ref: endpoints.Ref{Cluster: "east", Nodes: true, Role: "control-plane", Selector: "pool=a,zone=b", NodeAddress: endpoints.ExternalIP, Port: "6443", Family: endpoints.IPv6}, Share: 0},
		{Name: "canary", Ref: endpoints.Ref{Cluster: "east", Namespace: "shop", Selector: "app=shop,track=canary", Port: "http", Family: endpoints.Dual}, Share: 10, Remove: true},
		{Name: "edge", Ref: endpoints.Ref{Nodes: true, Port: "443"}, Share: 0},
		{Name: "nodes", Ref: endpoints.Ref{Namespace: "shop", Service: "web", Port: "http", NodePort: true, RouteDomain: 2}, Share: 30},
		{Name: "vms", Ref: endpoints.Ref{Addresses: addressList(t, "192.0.2.10:8080", "[2001:db8::1]:8080", "192.0.2.11%3:8080")}, Share: 60},
	}
}

func TestBackendsOfEveryKindAreRebuiltFromTheirMarkAfterAnImport(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	want := everyKind(t)
	pool := fullPool(t)
	pool.Description = engine.Mark("Checkout", want, cutover.Spec{})
	pool.Members = nil
	state := ok[model](t)(imported().observed(ctx, pool))
	if diff := cmp.Diff(want, ok[[]engine.Backend](t)(state.backends(ctx))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	object, _ := state.Backends.Elements()["vms"].(types.Object)
	for _, unsaid := range []string{"cluster", "namespace", "service", "selector", "nodes", "port", "family", "node_port", "route_domain", "standby"} {
		if !object.Attributes()[unsaid].IsNull() {
			t.Errorf("%s of plain addresses is %s, want null", unsaid, object.Attributes()[unsaid])
		}
	}
	// Read again, the user's spelling stays: what is the default may be written.
	respelled := state.Backends.Elements()
	fields := object.Attributes()
	fields["standby"], fields["node_port"], fields["route_domain"] = types.StringValue("disabled"), types.BoolValue(false), types.Int64Value(0)
	respelled["vms"] = types.ObjectValueMust(backendType().AttrTypes, fields)
	state.Backends = types.MapValueMust(backendType(), respelled)
	if again := ok[model](t)(state.observed(ctx, pool)); !again.Backends.Equal(state.Backends) {
		t.Errorf("read again they are\n%s\nwant\n%s", again.Backends, state.Backends)
	}
}

// static is a configuration with two backends of plain addresses.
func static(t *testing.T, vms, more string) model {
	t.Helper()
	backend := func(address string) attr.Value {
		fields := map[string]attr.Value{}
		for name, kind := range backendType().AttrTypes {
			fields[name] = null(t, kind)
		}
		fields["addresses"] = types.SetValueMust(types.StringType, []attr.Value{types.StringValue(address)})
		return types.ObjectValueMust(backendType().AttrTypes, fields)
	}
	state, _ := bound(t, 90, 10, cutover.Spec{})
	config := configured(state)
	config.Backends = types.MapValueMust(backendType(), map[string]attr.Value{"blue": backend(vms), "green": backend(more)})
	return config
}

func null(t *testing.T, kind attr.Type) attr.Value {
	t.Helper()
	value, err := kind.ValueFromTerraform(t.Context(), tftypes.NewValue(kind.TerraformType(t.Context()), nil))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestPlainAddressesAreKnownInTheFirstPlanAndNeedNoKubernetes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	config := static(t, "192.0.2.1:80", "192.0.2.2:80")
	got := plan(t, config, nil)
	members, _ := decodeMembers(ctx, got.Members)
	if len(members) != 2 || members["192.0.2.1:80"].Ratio.ValueInt64() != 9 || members["192.0.2.2:80"].Backend.ValueString() != "green" {
		t.Fatalf("the first plan has %v", members)
	}
	if got.SplitError.String() != "0" || len(got.Endpoints.Elements()) != 2 {
		t.Errorf("split_error %s, endpoints %s", got.SplitError, got.Endpoints)
	}
	r := &poolResource{}
	r.Data = &providerdata.Data{}
	target, diags := r.target(ctx, got, nil)
	if len(diags) > 0 || len(target.goal.Pool.Members) != 2 {
		t.Errorf("the goal is %v, %v", target.goal.Pool.Members, diags)
	}
	// A change of addresses is exact too; a pod in between is not.
	state := got
	changed := plan(t, static(t, "192.0.2.1:80", "192.0.2.3:80"), &state)
	members, _ = decodeMembers(ctx, changed.Members)
	if _, there := members["192.0.2.3:80"]; len(members) != 2 || !there {
		t.Errorf("the changed plan has %v", members)
	}
	bare := state
	bare.Backends, bare.Endpoints = nullBackends(), nullEndpoints()
	if fromMembers := plan(t, config, &bare); !fromMembers.Members.IsUnknown() {
		t.Errorf("what stays of a pool's own members is planned as %s", fromMembers.Members)
	}
}

func TestAChangedSelectorOrPlaceIsAnotherReferenceAndAStandbyIsNot(t *testing.T) {
	t.Parallel()
	state, _ := bound(t, 100, 0, cutover.Spec{})
	for name, test := range map[string]struct {
		value   attr.Value
		unknown bool
	}{
		"selector":     {types.MapValueMust(types.StringType, map[string]attr.Value{"app": types.StringValue("x")}), true},
		"namespace":    {types.StringValue("other"), true},
		"route_domain": {types.Int64Value(2), true},
		"node_port":    {types.BoolValue(true), true},
		"family":       {types.StringValue("dual"), true},
		"standby":      {types.StringValue("removed"), false},
	} {
		config := configured(state)
		backends := state.Backends.Elements()
		object, _ := backends["green"].(types.Object)
		fields := object.Attributes()
		fields[name] = test.value
		backends["green"] = types.ObjectValueMust(backendType().AttrTypes, fields)
		config.Backends = types.MapValueMust(backendType(), backends)
		got := plan(t, config, &state)
		if got.Members.IsUnknown() != test.unknown || got.SplitError.IsUnknown() != test.unknown {
			t.Errorf("another %s: members unknown: %t, split_error: %s", name, got.Members.IsUnknown(), got.SplitError)
		}
		if members, _ := decodeMembers(t.Context(), got.Members); name == "standby" && len(members) != 3 {
			t.Errorf("with a removed standby there are %d members, want blue's 2 and somebody else's", len(members))
		}
	}
}

func TestEachBackendHasOneSourceAndWhatGoesWithIt(t *testing.T) {
	t.Parallel()
	labels := types.MapValueMust(types.StringType, map[string]attr.Value{"app": types.StringValue("shop")})
	list := types.SetValueMust(types.StringType, []attr.Value{types.StringValue("192.0.2.1:80")})
	everyNode := types.ObjectValueMust(nodesType().AttrTypes, map[string]attr.Value{
		nodesRole: types.StringNull(), nodesSelector: types.MapNull(types.StringType), nodesAddress: types.StringNull(),
	})
	text := types.StringValue
	for name, test := range map[string]struct {
		fields map[string]attr.Value
		want   []string // summaries
	}{
		"a Service":                    {map[string]attr.Value{"service": text("web"), "namespace": text("shop")}, nil},
		"a node port":                  {map[string]attr.Value{"service": text("web"), "namespace": text("shop"), "node_port": types.BoolValue(true)}, nil},
		"a selector":                   {map[string]attr.Value{"selector": labels, "namespace": text("shop"), "port": text("http")}, nil},
		"addresses":                    {map[string]attr.Value{"addresses": list, "node_port": types.BoolValue(false)}, nil},
		"nothing":                      {nil, []string{"Endpoints without a source"}},
		"a namespace alone":            {map[string]attr.Value{"namespace": text("shop")}, []string{"Endpoints without a source"}},
		"two":                          {map[string]attr.Value{"service": text("web"), "selector": labels}, []string{"Endpoints from several sources"}},
		"three":                        {map[string]attr.Value{"service": text("web"), "selector": labels, "addresses": list}, []string{"Endpoints from several sources"}},
		"no namespace":                 {map[string]attr.Value{"service": text("web")}, []string{"`service` without `namespace`"}},
		"a selector and nothing else":  {map[string]attr.Value{"selector": labels}, []string{"`selector` without `namespace`", "`selector` without `port`"}},
		"all nodes":                    {map[string]attr.Value{"nodes": everyNode, "port": text("443")}, nil},
		"nodes and nothing else":       {map[string]attr.Value{"nodes": everyNode}, []string{"`nodes` without `port`"}},
		"nodes by the name of a port":  {map[string]attr.Value{"nodes": everyNode, "port": text("https")}, []string{"Not the number of a port"}},
		"nodes of a namespace":         {map[string]attr.Value{"nodes": everyNode, "port": text("443"), "namespace": text("shop"), "node_port": types.BoolValue(true)}, []string{"`namespace` beside `nodes`", "`node_port` beside `nodes`"}},
		"nodes beside a Service":       {map[string]attr.Value{"nodes": everyNode, "port": text("443"), "service": text("web")}, []string{"Endpoints from several sources"}},
		"a node port of pods":          {map[string]attr.Value{"selector": labels, "namespace": text("shop"), "port": text("80"), "node_port": types.BoolValue(true)}, []string{"`node_port` beside `selector`"}},
		"addresses of a cluster":       {map[string]attr.Value{"addresses": list, "cluster": text("east"), "namespace": text("shop"), "port": text("80"), "family": text("IPv4")}, []string{"`cluster` beside `addresses`", "`namespace` beside `addresses`", "`port` beside `addresses`", "`family` beside `addresses`"}},
		"a Service that is unknown":    {map[string]attr.Value{"service": types.StringUnknown(), "selector": labels}, nil},
		"a selector that is unknown":   {map[string]attr.Value{"selector": types.MapUnknown(types.StringType)}, nil},
		"a port that is unknown":       {map[string]attr.Value{"selector": labels, "namespace": types.StringUnknown(), "port": types.StringUnknown()}, nil},
		"addresses, something unknown": {map[string]attr.Value{"addresses": list, "port": types.StringUnknown()}, nil},
		"a label of unknown value":     {map[string]attr.Value{"selector": types.MapValueMust(types.StringType, map[string]attr.Value{"app": types.StringUnknown()}), "namespace": text("shop"), "port": text("80")}, nil},
	} {
		fields := map[string]attr.Value{}
		for attribute, kind := range backendType().AttrTypes {
			fields[attribute] = null(t, kind)
		}
		for attribute, value := range test.fields {
			fields[attribute] = value
		}
		diags := validateBackends(t.Context(), types.MapValueMust(backendType(), map[string]attr.Value{"blue": types.ObjectValueMust(backendType().AttrTypes, fields)}))
		var got []string
		for _, d := range diags {
			got = append(got, d.Summary())
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
	unknown := types.MapValueMust(backendType(), map[string]attr.Value{"blue": types.ObjectUnknown(backendType().AttrTypes)})
	if diags := validateBackends(t.Context(), unknown); len(diags) > 0 {
		t.Errorf("a backend that is not known yet: %v", diags)
	}
}

// A pool that begins with addresses and goes on with nodes chooses by a variable,
// which "terraform validate" does not know.
func TestWhetherAPoolHasMembersOrBackendsMayBeUnknown(t *testing.T) {
	t.Parallel()
	both := static(t, "192.0.2.1:80", "192.0.2.2:80")
	both.Traffic = types.MapUnknown(types.Int64Type)
	both.Members = types.MapValueMust(memberType(), map[string]attr.Value{})
	if diags := validate(t.Context(), both); len(diags) != 1 || diags[0].Summary() != "Pool with both members and backends" {
		t.Errorf("both: %v", diags)
	}
	for name, change := range map[string]func(*model){
		"members":  func(m *model) { m.Members = types.MapUnknown(memberType()) },
		"backends": func(m *model) { m.Backends = types.MapUnknown(backendType()) },
		"either": func(m *model) {
			m.Members, m.Backends = types.MapUnknown(memberType()), types.MapUnknown(backendType())
		},
	} {
		config := both
		change(&config)
		if diags := validate(t.Context(), config); len(diags) > 0 {
			t.Errorf("%s: %v", name, diags)
		}
	}
}
