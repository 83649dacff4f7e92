package pool

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/cutoverattr"
)

// model is the resource in a configuration, a plan or a state.
type model struct {
	ID                types.String `tfsdk:"id"`
	Partition         types.String `tfsdk:"partition"`
	Folder            types.String `tfsdk:"folder"`
	Name              types.String `tfsdk:"name"`
	Description       types.String `tfsdk:"description"`
	Monitors          types.Set    `tfsdk:"monitors"`
	MonitorsRequired  types.Int64  `tfsdk:"monitors_required"`
	LoadBalancingMode types.String `tfsdk:"load_balancing_mode"`
	MinActiveMembers  types.Int64  `tfsdk:"min_active_members"`
	SlowRampTime      types.Int64  `tfsdk:"slow_ramp_time"`
	ServiceDownAction types.String `tfsdk:"service_down_action"`
	Further
	Members    types.Map      `tfsdk:"members"`
	Backends   types.Map      `tfsdk:"backends"`
	Traffic    types.Map      `tfsdk:"traffic"`
	SplitError types.Number   `tfsdk:"split_error"`
	Endpoints  types.Map      `tfsdk:"endpoints"`
	AllowLoop  types.Bool     `tfsdk:"allow_loop"` // not on the device
	Cutover    types.Object   `tfsdk:"cutover"`
	Timeouts   timeouts.Value `tfsdk:"timeouts"`
}

// path is where the pool is on the device.
func (m model) path() ltm.Path {
	return ltm.Path{Partition: m.Partition.ValueString(), Folder: m.Folder.ValueString(), Name: m.Name.ValueString()}
}

// bound tells that the members come from backends.
func (m model) bound() bool { return !m.Backends.IsNull() }

// settings is the pool without its description and members.
func (m model) settings(ctx context.Context) (ltm.Pool, diag.Diagnostics) {
	var monitors []string
	diags := m.Monitors.ElementsAs(ctx, &monitors, false)
	pool := ltm.NewPool(m.path())
	pool.LoadBalancingMode = m.LoadBalancingMode.ValueString()
	pool.MinActiveMembers = int(m.MinActiveMembers.ValueInt64())
	pool.SlowRampTime = int(m.SlowRampTime.ValueInt64())
	pool.ServiceDownAction = m.ServiceDownAction.ValueString()
	m.apply(&pool)
	pool.Monitors.AtLeast = int(m.MonitorsRequired.ValueInt64())
	for _, text := range monitors {
		monitor, err := ltm.ParsePath(text)
		if err != nil { // the schema's validator has seen it
			diags.AddError("Invalid monitor", err.Error())
			continue
		}
		pool.Monitors.Monitors = append(pool.Monitors.Monitors, monitor)
	}
	return pool, diags
}

// observed is m as the device has it now. What the device does not keep, such
// as timeouts, stays as it is in m. After an import m holds nothing but a path:
// then a mark on the description says that the pool is bound.
func (m model) observed(ctx context.Context, pool ltm.Pool) (model, diag.Diagnostics) {
	var diags diag.Diagnostics
	imported := m.LoadBalancingMode.IsNull()
	words, mark, found, err := binding.Parse(pool.Description)
	found = found && err == nil
	bound := m.bound() || imported && found

	m.ID = types.StringValue(pool.Path.String())
	m.Partition = types.StringValue(pool.Path.Partition)
	m.Folder = stringOrNull(pool.Path.Folder)
	m.Name = types.StringValue(pool.Path.Name)
	m.Further = observedFurther(pool)
	m.LoadBalancingMode = types.StringValue(pool.LoadBalancingMode)
	m.MinActiveMembers = types.Int64Value(int64(pool.MinActiveMembers))
	m.SlowRampTime = types.Int64Value(int64(pool.SlowRampTime))
	m.ServiceDownAction = types.StringValue(pool.ServiceDownAction)
	m.MonitorsRequired = types.Int64Value(int64(pool.Monitors.AtLeast))
	monitors := make([]attr.Value, 0, len(pool.Monitors.Monitors))
	for _, monitor := range pool.Monitors.Monitors {
		monitors = append(monitors, types.StringValue(monitor.String()))
	}
	var d diag.Diagnostics
	m.Monitors, d = types.SetValue(types.StringType, monitors)
	diags.Append(d...)

	switch {
	case !bound:
		m.Description = textValue(pool.Description, m.Description)
		m.Traffic, m.Endpoints = nullTraffic(), nullEndpoints()
		m.Backends = nullBackends()
	case found:
		m.Description = textValue(words, m.Description)
		diags.Append(m.setBinding(ctx, mark)...)
		if imported {
			m.Cutover = cutoverattr.Value(cutover.Spec{Require: cutover.Requirement{Count: mark.Min}, Drain: mark.Drain})
		}
	default: // somebody took the mark away: without traffic the next plan writes it again
		m.Description = textValue(pool.Description, m.Description)
		m.Traffic = nullTraffic()
	}
	members := memberModels(pool.Members, bound, m.Members)
	m.SplitError = m.splitError(members)
	m.Members, d = membersValue(members)
	diags.Append(d...)
	return m, diags
}

// textValue is a text that the device has; where it has none it is null, or ""
// if that is what the configuration says.
func textValue(text string, before types.String) types.String {
	if text == "" && (before.IsNull() || before.IsUnknown() || before.ValueString() != "") {
		return types.StringNull()
	}
	return types.StringValue(text)
}
