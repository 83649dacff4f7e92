package pooldata

import (
	"cmp"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// model is the data source in a configuration or a state.
type model struct {
	ID                types.String           `tfsdk:"id"`
	Partition         types.String           `tfsdk:"partition"`
	Name              types.String           `tfsdk:"name"`
	Description       types.String           `tfsdk:"description"`
	Monitors          []string               `tfsdk:"monitors"`
	MonitorsRequired  types.Int64            `tfsdk:"monitors_required"`
	LoadBalancingMode types.String           `tfsdk:"load_balancing_mode"`
	MinActiveMembers  types.Int64            `tfsdk:"min_active_members"`
	SlowRampTime      types.Int64            `tfsdk:"slow_ramp_time"`
	ServiceDownAction types.String           `tfsdk:"service_down_action"`
	Traffic           map[string]int64       `tfsdk:"traffic"`
	Members           map[string]memberModel `tfsdk:"members"`
	Total             types.Int64            `tfsdk:"total"`
	Enabled           types.Int64            `tfsdk:"enabled"`
	Available         types.Int64            `tfsdk:"available"`
	Serving           types.Int64            `tfsdk:"serving"`

	Availability       types.String `tfsdk:"availability"`
	Reason             types.String `tfsdk:"reason"`
	CurrentConnections types.Int64  `tfsdk:"current_connections"`
	TotalConnections   types.Int64  `tfsdk:"total_connections"`
	TotalRequests      types.Int64  `tfsdk:"total_requests"`
}

type memberModel struct {
	Ratio              types.Int64  `tfsdk:"ratio"`
	PriorityGroup      types.Int64  `tfsdk:"priority_group"`
	ConnectionLimit    types.Int64  `tfsdk:"connection_limit"`
	Session            types.String `tfsdk:"session"`
	Description        types.String `tfsdk:"description"`
	Backend            types.String `tfsdk:"backend"`
	Pod                types.String `tfsdk:"pod"`
	Health             types.String `tfsdk:"health"`
	Reason             types.String `tfsdk:"reason"`
	CurrentConnections types.Int64  `tfsdk:"current_connections"`
	TotalConnections   types.Int64  `tfsdk:"total_connections"`
	TotalRequests      types.Int64  `tfsdk:"total_requests"`
}

// observed is a pool as the device has it.
func observed(pool ltm.Pool, status ltm.PoolStatus, statuses []ltm.MemberStatus) model {
	words, backends, err := engine.Unmark(pool.Description)
	if err != nil { // a mark that cannot be read is shown as it stands
		words = pool.Description
	}
	m := model{
		ID: types.StringValue(pool.Path.String()), Partition: types.StringValue(pool.Path.Partition), Name: types.StringValue(pool.Path.Name),
		Description: types.StringValue(words), Monitors: []string{}, MonitorsRequired: types.Int64Value(int64(pool.Monitors.AtLeast)),
		LoadBalancingMode: types.StringValue(pool.LoadBalancingMode), MinActiveMembers: types.Int64Value(int64(pool.MinActiveMembers)),
		SlowRampTime: types.Int64Value(int64(pool.SlowRampTime)), ServiceDownAction: types.StringValue(pool.ServiceDownAction),
		Members: map[string]memberModel{}, Availability: types.StringValue(status.Availability), Reason: types.StringValue(status.Reason),
	}
	for _, monitor := range pool.Monitors.Monitors {
		m.Monitors = append(m.Monitors, monitor.String())
	}
	if len(backends) > 0 {
		m.Traffic = map[string]int64{}
	}
	for _, backend := range backends {
		m.Traffic[backend.Name] = int64(backend.Share)
	}
	m.addMembers(pool.Members, statuses)
	return m
}

// addMembers joins members with their status. The status is the later answer:
// its health is the one to show.
func (m *model) addMembers(members []ltm.Member, statuses []ltm.MemberStatus) {
	status := make(map[ltm.MemberKey]ltm.MemberStatus, len(statuses))
	for _, s := range statuses {
		status[s.Key] = s
	}
	var enabled, available, serving int64
	var current, connections, requests int64 // the sums of what is shown of the members
	for _, member := range members {
		s := status[member.Key]
		member.Health = cmp.Or(s.Health, member.Health)
		if member.Session == ltm.Enabled {
			enabled++
		}
		if member.Available() {
			available++
		}
		if member.Serving() {
			serving++
		}
		current, connections, requests = current+s.CurrentConnections, connections+s.TotalConnections, requests+s.TotalRequests
		m.Members[member.Key.String()] = newMember(member, s)
	}
	m.CurrentConnections, m.TotalConnections, m.TotalRequests = types.Int64Value(current), types.Int64Value(connections), types.Int64Value(requests)
	m.Total, m.Enabled = types.Int64Value(int64(len(members))), types.Int64Value(enabled)
	m.Available, m.Serving = types.Int64Value(available), types.Int64Value(serving)
}

func newMember(member ltm.Member, status ltm.MemberStatus) memberModel {
	words, backend, pod := member.Description, types.StringNull(), types.StringNull()
	if text, mark, found, err := binding.ParseMember(member.Description); found && err == nil {
		words, backend = text, types.StringValue(cmp.Or(mark.Backend, mark.Service))
		if mark.Pod != "" {
			pod = types.StringValue(mark.Pod)
		}
	}
	return memberModel{
		Ratio: types.Int64Value(int64(member.Ratio)), PriorityGroup: types.Int64Value(int64(member.PriorityGroup)),
		ConnectionLimit: types.Int64Value(int64(member.ConnectionLimit)), Session: types.StringValue(string(member.Session)),
		Description: types.StringValue(words), Backend: backend, Pod: pod,
		Health: types.StringValue(string(member.Health)), Reason: types.StringValue(status.Reason),
		CurrentConnections: types.Int64Value(status.CurrentConnections), TotalConnections: types.Int64Value(status.TotalConnections),
		TotalRequests: types.Int64Value(status.TotalRequests),
	}
}
