package endpointsdata

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// model is the data source in a configuration or a state.
type model struct {
	Cluster     types.String             `tfsdk:"cluster"`
	Namespace   types.String             `tfsdk:"namespace"`
	Service     types.String             `tfsdk:"service"`
	Selector    types.Map                `tfsdk:"selector"`
	Port        types.String             `tfsdk:"port"`
	Family      types.String             `tfsdk:"family"`
	NodePort    types.Bool               `tfsdk:"node_port"`
	RouteDomain types.Int64              `tfsdk:"route_domain"`
	Members     map[string]memberModel   `tfsdk:"members"`
	Endpoints   map[string]endpointModel `tfsdk:"endpoints"`
	LeftOut     []leftOutModel           `tfsdk:"left_out"`
	Ready       types.Int64              `tfsdk:"ready"`
	Draining    types.Int64              `tfsdk:"draining"`
	NotReady    types.Int64              `tfsdk:"not_ready"`
	Total       types.Int64              `tfsdk:"total"`
}

// memberModel has just the attributes that a member of bigipkube_pool takes in
// a configuration, so that the map fits there as it is.
type memberModel struct {
	Ratio           types.Int64  `tfsdk:"ratio"`
	PriorityGroup   types.Int64  `tfsdk:"priority_group"`
	ConnectionLimit types.Int64  `tfsdk:"connection_limit"`
	Session         types.String `tfsdk:"session"`
	Description     types.String `tfsdk:"description"`
}

type endpointModel struct {
	State types.String `tfsdk:"state"`
	Pod   types.String `tfsdk:"pod"`
	Node  types.String `tfsdk:"node"`
	Zone  types.String `tfsdk:"zone"`
}

type leftOutModel struct {
	Address types.String `tfsdk:"address"`
	Pod     types.String `tfsdk:"pod"`
	Node    types.String `tfsdk:"node"`
	Reason  types.String `tfsdk:"reason"`
}

func (m model) ref() endpoints.Ref {
	labels := map[string]string{}
	for key, value := range m.Selector.Elements() {
		if text, ok := value.(types.String); ok {
			labels[key] = text.ValueString()
		}
	}
	return endpoints.Ref{
		Cluster: m.Cluster.ValueString(), Namespace: m.Namespace.ValueString(), Service: m.Service.ValueString(),
		Selector: endpoints.NewSelector(labels), Port: m.Port.ValueString(), Family: endpoints.Family(m.Family.ValueString()),
		NodePort: m.NodePort.ValueBool(), RouteDomain: uint16(m.RouteDomain.ValueInt64()),
	}
}

// validate wants one source, and what goes with it. What is not known yet passes.
func (m model) validate() diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case !m.Service.IsNull() && !m.Selector.IsNull():
		if !m.Service.IsUnknown() && !m.Selector.IsUnknown() {
			diags.Append(diagnostics.BackendWithSeveralSources(path.Empty(), []string{"service", "selector"}))
		}
	case m.Service.IsNull() && m.Selector.IsNull():
		diags.Append(diagnostics.BackendWithoutSource(path.Empty(), []string{"service", "selector"}))
	case m.Service.IsNull() && !m.Selector.IsUnknown():
		if !m.Port.IsUnknown() && m.Port.ValueString() == "" {
			diags.Append(diagnostics.BackendNeeds(path.Empty(), "port", "selector"))
		}
		if m.NodePort.ValueBool() {
			diags.Append(diagnostics.BackendCannotHave(path.Empty(), "node_port", "selector"))
		}
	}
	return diags
}

// resolved is m with what the cluster has.
func (m model) resolved(result endpoints.Result) model {
	m.Members, m.Endpoints, m.LeftOut = map[string]memberModel{}, map[string]endpointModel{}, []leftOutModel{}
	counts := map[endpoints.State]int64{}
	for _, endpoint := range result.Endpoints {
		key := endpoint.Key.String()
		counts[endpoint.State]++
		m.Members[key] = memberModel{
			Ratio: types.Int64Value(ltm.MinRatio), PriorityGroup: types.Int64Value(0), ConnectionLimit: types.Int64Value(0),
			Session: types.StringValue(string(session(endpoint.State))), Description: types.StringNull(),
		}
		m.Endpoints[key] = endpointModel{
			State: types.StringValue(string(endpoint.State)),
			Pod:   stringOrNull(endpoint.Pod), Node: stringOrNull(endpoint.Node), Zone: stringOrNull(endpoint.Zone),
		}
	}
	for _, left := range result.LeftOut {
		m.LeftOut = append(m.LeftOut, leftOutModel{
			Address: types.StringValue(left.Address), Pod: stringOrNull(left.Pod), Node: stringOrNull(left.Node), Reason: types.StringValue(left.Reason),
		})
	}
	m.Ready = types.Int64Value(counts[endpoints.Ready])
	m.Draining = types.Int64Value(counts[endpoints.Draining])
	m.NotReady = types.Int64Value(counts[endpoints.NotReady])
	m.Total = types.Int64Value(int64(len(result.Endpoints)))
	return m
}

// session is what a member of that state lets in (design 6.3).
func session(state endpoints.State) ltm.Session {
	switch state {
	case endpoints.Ready:
		return ltm.Enabled
	case endpoints.Draining:
		return ltm.Disabled
	default:
		return ltm.ForcedOffline
	}
}

func stringOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
