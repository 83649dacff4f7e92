package pinned

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// endpointModel is one element; its key is the member's.
type endpointModel struct {
	Backend types.String `tfsdk:"backend"`
	State   types.String `tfsdk:"state"`
	Pod     types.String `tfsdk:"pod"`
	Node    types.String `tfsdk:"node"`
	AlsoIn  []string     `tfsdk:"also_in"`
}

// Type is that of an element: what is known of an endpoint.
func Type() types.ObjectType {
	return types.ObjectType{AttrTypes: map[string]attr.Type{
		"backend": types.StringType, "state": types.StringType, "pod": types.StringType, "node": types.StringType,
		"also_in": types.ListType{ElemType: types.StringType},
	}}
}

// Value is what the cluster has, by member key. An address that several
// backends have stands with the first by name and tells the others: which of
// them gets the member depends on the traffic.
func Value(ctx context.Context, observed engine.BackendEndpoints) (types.Map, diag.Diagnostics) {
	rows := map[string]endpointModel{}
	for _, backend := range slices.Sorted(maps.Keys(observed)) {
		for _, endpoint := range observed[backend].Endpoints {
			key := endpoint.Key.String()
			if row, taken := rows[key]; taken {
				row.AlsoIn = append(row.AlsoIn, backend)
				rows[key] = row
				continue
			}
			rows[key] = endpointModel{
				Backend: types.StringValue(backend), State: types.StringValue(string(endpoint.State)),
				Pod: textOrNull(endpoint.Pod), Node: textOrNull(endpoint.Node),
			}
		}
	}
	return types.MapValueFrom(ctx, Type(), rows)
}

// Read is the inverse of Value: the endpoints that a state or a plan holds at an
// attribute.
func Read(ctx context.Context, at path.Path, value types.Map) (engine.BackendEndpoints, diag.Diagnostics) {
	rows := map[string]endpointModel{}
	diags := value.ElementsAs(ctx, &rows, false)
	observed := engine.BackendEndpoints{}
	for text, row := range rows {
		key, err := ltm.ParseMemberKey(text)
		if err != nil {
			diags.Append(diagnostics.Invalid(at.AtMapKey(text), "Not an address and a port", err.Error()))
			continue
		}
		for _, backend := range append([]string{row.Backend.ValueString()}, row.AlsoIn...) {
			result := observed[backend]
			result.Endpoints = append(result.Endpoints, endpoints.Endpoint{
				Key: key, State: endpoints.State(row.State.ValueString()), Pod: row.Pod.ValueString(), Node: row.Node.ValueString(),
			})
			observed[backend] = result
		}
	}
	for name := range observed {
		slices.SortFunc(observed[name].Endpoints, func(a, b endpoints.Endpoint) int { return a.Key.Compare(b.Key) })
	}
	return observed, diags
}

func textOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
