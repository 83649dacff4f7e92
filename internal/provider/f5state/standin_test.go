package f5state_test

import (
	"context"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// standIn is F5's provider as far as a state goes: its types and their
// attributes, as of v1.28. It talks to no device: what it would have made, the
// tests make. deletes counts what it would have deleted.
type standIn struct{ deletes atomic.Int32 }

func (p *standIn) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "bigip"
}

func (p *standIn) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (p *standIn) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}

func (p *standIn) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (p *standIn) Resources(context.Context) []func() resource.Resource {
	var all []func() resource.Resource
	for name, attributes := range f5Types {
		all = append(all, func() resource.Resource { return &f5Resource{provider: p, name: name, attributes: attributes} })
	}
	return all
}

// attributes of a type, by what they hold. All are optional here.
type attributes struct{ texts, numbers, sets, lists []string }

var f5Types = map[string]attributes{
	"bigip_ltm_pool": {
		texts:   []string{"name", "allow_nat", "allow_snat", "description", "load_balancing_mode", "service_down_action"},
		numbers: []string{"minimum_active_members", "slow_ramp_time", "reselect_tries"},
		sets:    []string{"monitors"},
	},
	"bigip_ltm_monitor": {
		texts: []string{
			"name", "parent", "custom_parent", "defaults_from", "send", "receive", "receive_disable", "reverse", "transparent", "manual_resume",
			"destination", "filename", "compatibility", "mode", "adaptive", "username", "password", "database", "ssl_profile", "cipherlist",
		},
		numbers: []string{"interval", "timeout", "time_until_up", "up_interval", "ip_dscp", "adaptive_limit"},
	},
	"bigip_ltm_pool_attachment": {
		texts:   []string{"pool", "node", "monitor", "state", "fqdn_autopopulate"},
		numbers: []string{"ratio", "priority_group", "connection_limit", "dynamic_ratio"},
	},
	"bigip_ltm_virtual_server": {
		texts: []string{
			"name", "destination", "source", "mask", "pool", "description", "state", "ip_protocol", "default_persistence_profile",
			"fallback_persistence_profile", "source_address_translation", "snatpool", "source_port", "translate_address", "translate_port",
			"trafficmatching_criteria", "firewall_enforced_policy", "per_flow_request_access_policy",
		},
		numbers: []string{"port", "connection_limit"},
		sets:    []string{"profiles", "client_profiles", "server_profiles", "persistence_profiles", "policies", "security_log_profiles", "vlans"},
		lists:   []string{"irules"},
	},
}

type f5Resource struct {
	provider   *standIn
	name       string
	attributes attributes
}

func (r *f5Resource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.name
}

func (r *f5Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema.Attributes = map[string]schema.Attribute{"id": schema.StringAttribute{Computed: true}}
	for _, name := range r.attributes.texts {
		resp.Schema.Attributes[name] = schema.StringAttribute{Optional: true}
	}
	for _, name := range r.attributes.numbers {
		resp.Schema.Attributes[name] = schema.Int64Attribute{Optional: true}
	}
	for _, name := range r.attributes.sets {
		resp.Schema.Attributes[name] = schema.SetAttribute{Optional: true, ElementType: types.StringType}
	}
	for _, name := range r.attributes.lists {
		resp.Schema.Attributes[name] = schema.ListAttribute{Optional: true, ElementType: types.StringType}
	}
}

// Create gives the id that F5's provider gives: the name, and for a member its
// pool's.
func (r *f5Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	key := "name"
	if r.name == "bigip_ltm_pool_attachment" {
		key = "pool"
	}
	var id types.String
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root(key), &id)...)
	resp.State.Raw = req.Plan.Raw
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
}

func (r *f5Resource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (r *f5Resource) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}

func (r *f5Resource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
	r.provider.deletes.Add(1)
}
