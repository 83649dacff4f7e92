package virtualserverdata

import (
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

func textOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
