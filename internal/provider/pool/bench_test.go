package pool

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

// onlyPools is a provider with no resource but the pool, and a device that answers at once.
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

// quickDevice is the device of those pools.
type quickDevice struct{ fakeDevice }

func (quickDevice) Name() string { return "192.0.2.1:443" }

// BenchmarkAnEmptyPlanOfAPool is what one pool with five members costs this process in a
// plan that finds nothing to do, by the requests that a CLI makes of it. How long a device
// takes to answer is not in it.
func BenchmarkAnEmptyPlanOfAPool(b *testing.B) {
	const typeName = "bigipkube_pool"
	ctx := b.Context()
	pool := ltm.NewPool(ltm.NewPath("shop", "web"))
	configured := map[string]any{}
	for i := range 5 {
		key := fmt.Sprintf("10.0.0.%d:8080", i+1)
		parsed, err := ltm.ParseMemberKey(key)
		if err != nil {
			b.Fatal(err)
		}
		pool.Members = append(pool.Members, ltm.Member{Key: parsed, Ratio: 1, Session: ltm.Enabled})
		configured[key] = map[string]any{}
	}
	device := quickDevice{fakeDevice{pool: pool}}
	server := providerserver.NewProtocol6(onlyPools{&providerdata.Data{Device: device, Reads: device, DeviceName: "east", Partition: "shop"}})()
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		b.Fatal(err)
	}
	kind := schemas.ResourceSchemas[typeName].ValueType()
	dynamic := func(t tftypes.Type, value any) *tfprotov6.DynamicValue {
		text, err := json.Marshal(value)
		if err != nil {
			b.Fatal(err)
		}
		decoded, err := tfprotov6.RawState{JSON: text}.Unmarshal(t)
		if err != nil {
			b.Fatal(err)
		}
		packed, err := tfprotov6.NewDynamicValue(t, decoded)
		if err != nil {
			b.Fatal(err)
		}
		return &packed
	}
	if _, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: dynamic(schemas.Provider.ValueType(), map[string]any{})}); err != nil {
		b.Fatal(err)
	}
	config := dynamic(kind, map[string]any{"name": "web", "members": configured})
	imported := dynamic(kind, map[string]any{"partition": "shop", "name": "web"})
	read := func(state *tfprotov6.DynamicValue) *tfprotov6.ReadResourceResponse {
		resp, err := server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: typeName, CurrentState: state})
		if err != nil || len(resp.Diagnostics) > 0 {
			b.Fatal(err, resp.Diagnostics)
		}
		return resp
	}
	first := read(imported)
	text, err := json.Marshal(stateOf(configured))
	if err != nil {
		b.Fatal(err)
	}
	raw := &tfprotov6.RawState{JSON: text}
	for _, phase := range []struct {
		name string
		work func(b *testing.B)
	}{
		{"validate", func(b *testing.B) {
			resp, err := server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: typeName, Config: config})
			if err != nil || len(resp.Diagnostics) > 0 {
				b.Fatal(err, resp.Diagnostics)
			}
		}},
		{"upgrade", func(b *testing.B) {
			resp, err := server.UpgradeResourceState(ctx, &tfprotov6.UpgradeResourceStateRequest{TypeName: typeName, RawState: raw})
			if err != nil || len(resp.Diagnostics) > 0 {
				b.Fatal(err, resp.Diagnostics)
			}
		}},
		{"read", func(*testing.B) { read(first.NewState) }},
		{"plan", func(b *testing.B) {
			resp, err := server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
				TypeName: typeName, Config: config, PriorState: first.NewState, ProposedNewState: first.NewState, PriorIdentity: first.NewIdentity,
			})
			if err != nil || len(resp.Diagnostics) > 0 {
				b.Fatal(err, resp.Diagnostics)
			}
		}},
	} {
		b.Run(phase.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				phase.work(b)
			}
		})
	}
}

// stateOf is the pool as a state file has it.
func stateOf(members map[string]any) map[string]any {
	state := map[string]any{
		"id": "/shop/web", "partition": "shop", "name": "web", "monitors": []string{}, "monitors_required": 0,
		"load_balancing_mode": ltm.DefaultLoadBalancingMode, "min_active_members": 0, "slow_ramp_time": ltm.DefaultSlowRampTime,
		"service_down_action": "none", "reselect_tries": 0, "allow_nat": true, "allow_snat": true, "ignore_persisted_weight": false,
		"queue_on_connection_limit": false, "queue_depth_limit": 0, "queue_time_limit": 0,
		"min_up_members": 0, "min_up_members_checking": false, "min_up_members_action": ltm.DefaultMinUpAction,
		"ip_tos_to_client": ltm.PassThrough, "ip_tos_to_server": ltm.PassThrough,
		"link_qos_to_client": ltm.PassThrough, "link_qos_to_server": ltm.PassThrough,
	}
	all := map[string]any{}
	for key := range members {
		all[key] = map[string]any{
			"ratio": 1, "priority_group": 0, "connection_limit": 0, "rate_limit": 0, "session": string(ltm.Enabled),
		}
	}
	state["members"] = all
	return state
}
