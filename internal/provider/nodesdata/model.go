package nodesdata

import (
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// model is the data source in a configuration or a state.
type model struct {
	Cluster     types.String           `tfsdk:"cluster"`
	Role        types.String           `tfsdk:"role"`
	Selector    types.Map              `tfsdk:"selector"`
	AddressType types.String           `tfsdk:"address_type"`
	Family      types.String           `tfsdk:"family"`
	Port        types.Int64            `tfsdk:"port"`
	RouteDomain types.Int64            `tfsdk:"route_domain"`
	Nodes       map[string]nodeModel   `tfsdk:"nodes"`
	Members     map[string]memberModel `tfsdk:"members"`
	LeftOut     []leftOutModel         `tfsdk:"left_out"`
	Ready       types.Int64            `tfsdk:"ready"`
	Total       types.Int64            `tfsdk:"total"`
}

type nodeModel struct {
	Addresses   []string     `tfsdk:"addresses"`
	Ready       types.Bool   `tfsdk:"ready"`
	Schedulable types.Bool   `tfsdk:"schedulable"`
	Deleting    types.Bool   `tfsdk:"deleting"`
	Roles       []string     `tfsdk:"roles"`
	Zone        types.String `tfsdk:"zone"`
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

type leftOutModel struct {
	Node    types.String `tfsdk:"node"`
	Address types.String `tfsdk:"address"`
	Reason  types.String `tfsdk:"reason"`
}

// anyPort stands in a Ref for the port that nobody asks for.
const anyPort = 1

// ref is what is asked for.
func (m model) ref() endpoints.Ref {
	labels := map[string]string{}
	for key, value := range m.Selector.Elements() {
		if text, ok := value.(types.String); ok {
			labels[key] = text.ValueString()
		}
	}
	port := m.Port.ValueInt64()
	if m.Port.IsNull() {
		port = anyPort
	}
	return endpoints.Ref{
		Cluster: m.Cluster.ValueString(), Nodes: true, Role: m.Role.ValueString(), Selector: endpoints.NewSelector(labels),
		NodeAddress: endpoints.NodeAddressType(m.AddressType.ValueString()), Port: strconv.FormatInt(port, 10),
		Family: endpoints.Family(m.Family.ValueString()), RouteDomain: uint16(m.RouteDomain.ValueInt64()),
	}
}

// resolved is m with what the cluster has.
func (m model) resolved(nodes []endpoints.Node, result endpoints.Result) model {
	m.Nodes, m.LeftOut = map[string]nodeModel{}, []leftOutModel{}
	ready := 0
	for _, node := range nodes {
		m.Nodes[node.Name] = nodeModel{
			Addresses: orEmpty(node.AddressesOf(m.ref().NodeAddress)), Ready: types.BoolValue(node.Ready), Schedulable: types.BoolValue(!node.Unschedulable),
			Deleting: types.BoolValue(node.Terminating), Roles: orEmpty(node.Roles), Zone: stringOrNull(node.Zone),
		}
		if node.Ready && !node.Terminating {
			ready++
		}
	}
	m.Ready, m.Total = types.Int64Value(int64(ready)), types.Int64Value(int64(len(nodes)))
	for _, left := range result.LeftOut {
		m.LeftOut = append(m.LeftOut, leftOutModel{Node: types.StringValue(left.Node), Address: types.StringValue(left.Address), Reason: types.StringValue(left.Reason)})
	}
	if m.Port.IsNull() {
		return m
	}
	m.Members = map[string]memberModel{}
	for _, endpoint := range result.Endpoints {
		m.Members[endpoint.Key.String()] = memberModel{
			Ratio: types.Int64Value(ltm.MinRatio), PriorityGroup: types.Int64Value(0), ConnectionLimit: types.Int64Value(0),
			Session: types.StringValue(string(session(endpoint.State))), Description: types.StringNull(),
		}
	}
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

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func stringOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
