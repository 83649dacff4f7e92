package virtualserverdata

import (
	"cmp"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// model is a data.bigipkube_virtual_server.
type model struct {
	ID                       types.String `tfsdk:"id"`
	Partition                types.String `tfsdk:"partition"`
	Name                     types.String `tfsdk:"name"`
	Description              types.String `tfsdk:"description"`
	Destination              types.String `tfsdk:"destination"`
	IPProtocol               types.String `tfsdk:"ip_protocol"`
	Pool                     types.String `tfsdk:"pool"`
	Profiles                 types.Map    `tfsdk:"profiles"`
	SourceAddressTranslation types.Object `tfsdk:"source_address_translation"`
	Persistence              types.String `tfsdk:"persistence"`
	FallbackPersistence      types.String `tfsdk:"fallback_persistence"`
	Enabled                  types.Bool   `tfsdk:"enabled"`
	Availability             types.String `tfsdk:"availability"`
	Reason                   types.String `tfsdk:"reason"`
	CurrentConnections       types.Int64  `tfsdk:"current_connections"`
	TotalConnections         types.Int64  `tfsdk:"total_connections"`
	TotalRequests            types.Int64  `tfsdk:"total_requests"`
	PoolStatus               *poolModel   `tfsdk:"pool_status"`
}

// poolModel is a pool in short.
type poolModel struct {
	Availability       types.String `tfsdk:"availability"`
	Reason             types.String `tfsdk:"reason"`
	Total              types.Int64  `tfsdk:"total"`
	Enabled            types.Int64  `tfsdk:"enabled"`
	Available          types.Int64  `tfsdk:"available"`
	Serving            types.Int64  `tfsdk:"serving"`
	CurrentConnections types.Int64  `tfsdk:"current_connections"`
}

var translationTypes = map[string]attr.Type{"type": types.StringType, "pool": types.StringType}

// newModel puts configuration and status of a virtual server into a model.
func newModel(vs ltm.VirtualServer, status ltm.VirtualServerStatus) model {
	profiles := make(map[string]attr.Value, len(vs.Profiles))
	for _, profile := range vs.Profiles {
		profiles[profile.Path.String()] = types.StringValue(string(profile.Context))
	}
	return model{
		ID:          types.StringValue(vs.Path.String()),
		Partition:   types.StringValue(vs.Path.Partition),
		Name:        types.StringValue(vs.Path.Name),
		Description: textOrNull(vs.Description),
		Destination: types.StringValue(vs.Destination.String()),
		IPProtocol:  types.StringValue(vs.IPProtocol),
		Pool:        textOrNull(vs.Pool.String()),
		Profiles:    types.MapValueMust(types.StringType, profiles),
		SourceAddressTranslation: types.ObjectValueMust(translationTypes, map[string]attr.Value{
			"type": types.StringValue(vs.SourceAddressTranslation.Type),
			"pool": textOrNull(vs.SourceAddressTranslation.Pool.String()),
		}),
		Persistence:         textOrNull(vs.Persistence.String()),
		FallbackPersistence: textOrNull(vs.FallbackPersistence.String()),
		Enabled:             types.BoolValue(vs.Enabled),
		Availability:        types.StringValue(status.Availability),
		Reason:              types.StringValue(status.Reason),
		CurrentConnections:  types.Int64Value(status.CurrentConnections),
		TotalConnections:    types.Int64Value(status.TotalConnections),
		TotalRequests:       types.Int64Value(status.TotalRequests),
	}
}

// newPoolModel joins a pool with its status. What the device says of a member's
// health is the later answer: it is the one to count.
func newPoolModel(pool ltm.Pool, status ltm.PoolStatus, members []ltm.MemberStatus) *poolModel {
	health, connections := map[ltm.MemberKey]ltm.Health{}, int64(0)
	for _, s := range members {
		health[s.Key] = s.Health
		connections += s.CurrentConnections
	}
	var enabled, available, serving int64
	for _, m := range pool.Members {
		m.Health = cmp.Or(health[m.Key], m.Health)
		if m.Session == ltm.Enabled {
			enabled++
		}
		if m.Available() {
			available++
		}
		if m.Serving() {
			serving++
		}
	}
	return &poolModel{
		Availability: types.StringValue(status.Availability), Reason: types.StringValue(status.Reason),
		Total: types.Int64Value(int64(len(pool.Members))), Enabled: types.Int64Value(enabled),
		Available: types.Int64Value(available), Serving: types.Int64Value(serving),
		CurrentConnections: types.Int64Value(connections),
	}
}

func textOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
