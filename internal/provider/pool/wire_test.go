package pool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/shortcut"
)

// onlyPools is a provider with no resource but the pool.
type onlyPools struct{ data *providerdata.Data }

func (p onlyPools) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "bigipkube"
}

func (p onlyPools) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (p onlyPools) Configure(_ context.Context, _ provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	resp.ResourceData = p.data
}

func (p onlyPools) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{NewResource}
}

func (p onlyPools) DataSources(context.Context) []func() datasource.DataSource { return nil }

// promptDevice answers at once, with a pool or an error.
type promptDevice struct {
	fakeDevice
	err error
}

func (promptDevice) Name() string { return "192.0.2.1:443" }

func (d promptDevice) Pool(context.Context, ltm.Path) (ltm.Pool, error) { return d.pool, d.err }

// wire speaks to the framework's server and to the one in front of it.
type wire struct {
	tb        testing.TB
	kind      tftypes.Type
	identity  tftypes.Type
	framework shortcut.Framework
	shortcut  *shortcut.Server
}

const typeName = "bigipkube_pool"

func newWire(tb testing.TB, device promptDevice) *wire {
	tb.Helper()
	data := &providerdata.Data{
		Device: device, Reads: device, DeviceName: "east", Partition: "shop",
		Source: fakeSource{"web": {"10.0.0.1"}, "web-2": {"10.0.0.3"}},
	}
	framework, ok := providerserver.NewProtocol6(onlyPools{data})().(shortcut.Framework)
	if !ok {
		tb.Fatal("the framework has no list resources or no actions")
	}
	w := &wire{tb: tb, framework: framework}
	var err error
	w.shortcut, err = shortcut.New(tb.Context(), shortcut.Config{
		Framework: framework, Provider: "bigipkube", Data: func() any { return data }, Resources: []func() resource.Resource{NewResource},
	})
	w.must(err, nil)
	schemas, err := framework.GetProviderSchema(tb.Context(), &tfprotov6.GetProviderSchemaRequest{})
	w.must(err, nil)
	w.kind = schemas.ResourceSchemas[typeName].ValueType()
	identities, err := framework.GetResourceIdentitySchemas(tb.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	w.must(err, nil)
	w.identity = identities.IdentitySchemas[typeName].ValueType()
	configured, err := framework.ConfigureProvider(tb.Context(), &tfprotov6.ConfigureProviderRequest{
		Config: w.dynamic(schemas.Provider.ValueType(), map[string]any{}),
	})
	w.must(err, configured.Diagnostics)
	return w
}

func (w *wire) must(err error, diags []*tfprotov6.Diagnostic) {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatal(err)
	}
	for _, d := range diags {
		w.tb.Fatal(d.Summary, d.Detail)
	}
}

// dynamic is an object as a CLI sends it.
func (w *wire) dynamic(kind tftypes.Type, value any) *tfprotov6.DynamicValue {
	w.tb.Helper()
	text, err := json.Marshal(value)
	w.must(err, nil)
	decoded, err := tfprotov6.RawState{JSON: text}.Unmarshal(kind)
	w.must(err, nil)
	packed, err := tfprotov6.NewDynamicValue(kind, decoded)
	w.must(err, nil)
	return &packed
}

// decoded compares objects by what they say: a map has no order.
func (w *wire) decoded() cmp.Option {
	return cmp.Transformer("decoded", func(packed *tfprotov6.DynamicValue) string {
		if packed == nil {
			return "none"
		}
		for _, kind := range []tftypes.Type{w.kind, w.identity} {
			if value, err := packed.Unmarshal(kind); err == nil {
				return value.String()
			}
		}
		return "neither a pool nor its identity"
	})
}

// fiveMembers is a pool with five members, and members of a configuration of it.
func fiveMembers(tb testing.TB) (ltm.Pool, map[string]any) {
	tb.Helper()
	pool, members := ltm.NewPool(ltm.NewPath("shop", "web")), map[string]any{}
	for i := range 5 {
		text := fmt.Sprintf("10.0.0.%d:8080", i+1)
		key, err := ltm.ParseMemberKey(text)
		if err != nil {
			tb.Fatal(err)
		}
		pool.Members = append(pool.Members, ltm.Member{Key: key, Ratio: 1, Session: ltm.Enabled})
		members[text] = map[string]any{}
	}
	return pool, members
}

// stateOf is a pool with those members, as a state has it.
func stateOf(members map[string]any) map[string]any {
	all := map[string]any{}
	for key := range members {
		all[key] = map[string]any{
			"ratio": 1, "priority_group": 0, "connection_limit": 0, "rate_limit": 0, "session": string(ltm.Enabled),
		}
	}
	return map[string]any{
		"id": "/shop/web", "partition": "shop", "name": "web", "monitors": []string{}, "monitors_required": 0,
		"load_balancing_mode": ltm.DefaultLoadBalancingMode, "min_active_members": 0, "slow_ramp_time": ltm.DefaultSlowRampTime,
		"service_down_action": ltm.DefaultServiceDownAction, "reselect_tries": 0, "allow_nat": true, "allow_snat": true,
		"ignore_persisted_weight": false, "queue_on_connection_limit": false, "queue_depth_limit": 0, "queue_time_limit": 0,
		"min_up_members": 0, "min_up_members_checking": false, "min_up_members_action": ltm.DefaultMinUpAction,
		"ip_tos_to_client": ltm.PassThrough, "ip_tos_to_server": ltm.PassThrough,
		"link_qos_to_client": ltm.PassThrough, "link_qos_to_server": ltm.PassThrough,
		"members": all,
	}
}

func with(object map[string]any, name string, value any) map[string]any {
	object[name] = value
	return object
}

func TestARefreshIsAnsweredAsTheFrameworkWould(t *testing.T) {
	t.Parallel()
	pool, members := fiveMembers(t)
	_, bound := bound(t, 90, 10, cutover.Spec{})
	drifted, _ := fiveMembers(t)
	drifted.Description, drifted.Members[1].Ratio, drifted.Members = "by hand", 7, drifted.Members[:3]
	imported := map[string]any{"partition": "shop", "name": "web"}
	for name, test := range map[string]struct {
		device promptDevice
		state  map[string]any
	}{
		"nothing happened":                 {promptDevice{fakeDevice{pool: pool}, nil}, stateOf(members)},
		"somebody changed it":              {promptDevice{fakeDevice{pool: drifted}, nil}, stateOf(members)},
		"it is gone":                       {promptDevice{err: engine.ErrNotFound}, stateOf(members)},
		"the device refuses":               {promptDevice{err: errors.New("no")}, stateOf(members)},
		"an import":                        {promptDevice{fakeDevice{pool: pool}, nil}, imported},
		"an import of a bound one":         {promptDevice{fakeDevice{pool: bound}, nil}, imported},
		"with timeouts and a cutover":      {promptDevice{fakeDevice{pool: pool}, nil}, with(with(stateOf(members), "timeouts", map[string]any{"create": "1m"}), "cutover", map[string]any{"drain": "1m"})},
		"in a folder, with a text of \"\"": {promptDevice{fakeDevice{pool: pool}, nil}, with(with(stateOf(members), "folder", "app"), "description", "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, test.device)
			req := &tfprotov6.ReadResourceRequest{TypeName: typeName, CurrentState: w.dynamic(w.kind, test.state)}
			want, err := w.framework.ReadResource(t.Context(), req)
			w.must(err, nil)
			got, err := w.shortcut.ReadResource(t.Context(), req)
			w.must(err, nil)
			if diff := cmp.Diff(want, got, w.decoded()); diff != "" {
				t.Errorf("(-framework +shortcut):\n%s", diff)
			}
			if test.device.err == nil && len(got.Diagnostics) > 0 {
				t.Errorf("%s", got.Diagnostics[0].Detail)
			}
		})
	}
}

func TestAPlanIsAnsweredAsTheFrameworkWould(t *testing.T) {
	t.Parallel()
	pool, members := fiveMembers(t)
	text := func() map[string]any { return map[string]any{"name": "web", "members": members} }
	weighted := stateOf(members)
	weighted["members"].(map[string]any)["10.0.0.1:8080"].(map[string]any)["ratio"] = 9
	for name, test := range map[string]struct {
		config, state, proposed map[string]any // what the CLI proposes; nil is the state
		own                     bool           // the framework is not asked
	}{
		"nothing changes":                  {text(), stateOf(members), nil, true},
		"another partition is the default": {text(), with(with(stateOf(members), "partition", "other"), "id", "/other/web"), nil, true},
		"the CLI sees a change":            {with(text(), "description", "new"), stateOf(members), with(stateOf(members), "description", "new"), false},
		"it is to be replaced":             {with(text(), "folder", "app"), stateOf(members), with(stateOf(members), "folder", "app"), false},
		"a default that the state has not": {text(), with(stateOf(members), "slow_ramp_time", 30), nil, false},
		"a default of a member":            {text(), weighted, nil, false},
		"only this provider sees a change": {text(), with(stateOf(members), "id", "/shop/other"), nil, false},
		"no members":                       {map[string]any{"name": "web"}, with(stateOf(members), "members", map[string]any{}), nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, promptDevice{fakeDevice{pool: pool}, nil})
			state := w.dynamic(w.kind, test.state)
			proposed := state
			if test.proposed != nil {
				proposed = w.dynamic(w.kind, test.proposed)
			}
			req := &tfprotov6.PlanResourceChangeRequest{
				TypeName: typeName, Config: w.dynamic(w.kind, test.config), PriorState: state, ProposedNewState: proposed,
			}
			if own := w.shortcut.Unchanged(t.Context(), req) != nil; own != test.own {
				t.Errorf("answered without the framework: %t, want %t", own, test.own)
			}
			want, err := w.framework.PlanResourceChange(t.Context(), req)
			w.must(err, nil)
			got, err := w.shortcut.PlanResourceChange(t.Context(), req)
			w.must(err, nil)
			if diff := cmp.Diff(want, got, w.decoded()); diff != "" {
				t.Errorf("(-framework +shortcut):\n%s", diff)
			}
		})
	}
}

func TestAStateIsTakenOverAsTheFrameworkWould(t *testing.T) {
	t.Parallel()
	pool, members := fiveMembers(t)
	for name, state := range map[string]map[string]any{
		"as it is written":           stateOf(members),
		"of a version that had more": with(stateOf(members), "more", "text"),
		"of a version that had less": {"name": "web"},
		"that fits nothing":          {"name": []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, promptDevice{fakeDevice{pool: pool}, nil})
			raw, err := json.Marshal(state)
			w.must(err, nil)
			req := &tfprotov6.UpgradeResourceStateRequest{TypeName: typeName, RawState: &tfprotov6.RawState{JSON: raw}}
			want, err := w.framework.UpgradeResourceState(t.Context(), req)
			w.must(err, nil)
			got, err := w.shortcut.UpgradeResourceState(t.Context(), req)
			w.must(err, nil)
			if diff := cmp.Diff(want, got, w.decoded()); diff != "" {
				t.Errorf("(-framework +shortcut):\n%s", diff)
			}
		})
	}
}
