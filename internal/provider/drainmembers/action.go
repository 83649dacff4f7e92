package drainmembers

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/customtypes"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
)

const (
	// defaultDeadline is how long connections may take to end.
	defaultDeadline = 5 * time.Minute
	// silence is how long a wait in which nothing changes tells nothing.
	silence = 10 * time.Second
)

var _ action.ActionWithConfigure = (*drainMembers)(nil)

// NewAction returns the action.
func NewAction() action.Action { return &drainMembers{} }

type drainMembers struct{ providerdata.Action }

// model is the configuration of the action.
type model struct {
	Pool               types.String `tfsdk:"pool"`
	Backend            types.String `tfsdk:"backend"`
	Deadline           types.String `tfsdk:"deadline"`
	ConnectionsAllowed types.Int64  `tfsdk:"connections_allowed"`
	ForceOffline       types.Bool   `tfsdk:"force_offline"`
	AllowNone          types.Bool   `tfsdk:"allow_none"`
}

// Metadata names the type.
func (a *drainMembers) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_drain_members"
}

// Schema returns the attributes.
func (a *drainMembers) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = actionSchema()
}

// goal turns the configuration into what the engine does.
func (m model) goal() (engine.DrainGoal, diag.Diagnostics) {
	var diags diag.Diagnostics
	at, err := ltm.ParsePath(m.Pool.ValueString())
	if err != nil {
		diags.Append(diagnostics.Invalid(path.Root("pool"), "Not a full path", err.Error()))
	}
	deadline := defaultDeadline
	if !m.Deadline.IsNull() {
		if deadline, err = customtypes.ParseDuration(m.Deadline.ValueString()); err != nil {
			diags.Append(diagnostics.Invalid(path.Root("deadline"), "Not a duration", err.Error()))
		}
	}
	return engine.DrainGoal{
		Pool: at, Backend: m.Backend.ValueString(), Deadline: deadline, Remain: m.ConnectionsAllowed.ValueInt64(),
		ForceOffline: m.ForceOffline.ValueBool(), AllowNone: m.AllowNone.ValueBool(),
	}, diags
}

// Invoke drains, and tells how many connections are left.
func (a *drainMembers) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() || !a.Ready(&resp.Diagnostics) {
		return
	}
	goal, diags := config.goal()
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	progress := progress{object: goal.Pool.String(), say: func(line string) { resp.SendProgress(action.InvokeProgressEvent{Message: line}) }}
	if goal.Backend != "" {
		progress.object += " (" + goal.Backend + ")"
	}
	drained, err := engine.DrainMembers(ctx, a.Data.Device, goal, progress.open)
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromDrain(err)...)
		return
	}
	progress.say(diagnostics.DrainedLine(progress.object, drained, goal.ForceOffline))
	if drained.Open > goal.Remain && !goal.ForceOffline {
		resp.Diagnostics.Append(diagnostics.NotDrained(goal, drained, a.Data.Device.Name()))
	}
}

// progress tells each change of the number of open connections, and now and then
// that there is none.
type progress struct {
	object string
	say    func(line string)
	last   int64
	told   time.Time
}

func (p *progress) open(connections int64) {
	if connections == p.last && time.Since(p.told) < silence {
		return
	}
	p.last, p.told = connections, time.Now()
	p.say(diagnostics.DrainingLine(p.object, connections))
}
