package virtualserver

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/cutoverattr"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/identity"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/structs"
)

// defaultTimeout is what one operation may take where timeouts does not say. An
// update gets it on top of what its cutover may wait.
const defaultTimeout = 5 * time.Minute

var (
	_ resource.ResourceWithConfigure      = (*virtualServer)(nil)
	_ resource.ResourceWithIdentity       = (*virtualServer)(nil)
	_ resource.ResourceWithImportState    = (*virtualServer)(nil)
	_ resource.ResourceWithModifyPlan     = (*virtualServer)(nil)
	_ resource.ResourceWithMoveState      = (*virtualServer)(nil)
	_ resource.ResourceWithValidateConfig = (*virtualServer)(nil)
)

// NewResource returns the resource bigipkube_virtual_server.
func NewResource() resource.Resource { return &virtualServer{} }

type virtualServer struct{ providerdata.Resource }

func (r *virtualServer) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_virtual_server"
	resp.ResourceBehavior.MutableIdentity = true // the name that a user gives to a device may change
}

func (r *virtualServer) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema(ctx)
}

// ValidateConfig refuses what a cutover of a virtual server cannot do, a SNAT pool without the type that uses it, and the
// other way round.
func (r *virtualServer) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var careful types.Object
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("cutover"), &careful)...)
	resp.Diagnostics.Append(cutoverattr.Validate(ctx, careful, cutoverattr.Use{AfterDrain: true})...)
	at := path.Root("source_address_translation")
	var config types.Object
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, at, &config)...)
	if resp.Diagnostics.HasError() || config.IsNull() || config.IsUnknown() {
		return
	}
	var translation translationModel
	resp.Diagnostics.Append(config.As(ctx, &translation, basetypes.ObjectAsOptions{})...)
	if resp.Diagnostics.HasError() || translation.Type.IsUnknown() || translation.Pool.IsUnknown() {
		return
	}
	snat := translation.Type.ValueString() == translationSNAT
	switch {
	case snat && translation.Pool.IsNull():
		resp.Diagnostics.Append(diagnostics.Invalid(at, "Missing SNAT pool", `The type "snat" needs pool: the full path of a SNAT pool`))
	case !snat && !translation.Pool.IsNull():
		resp.Diagnostics.Append(diagnostics.Invalid(at.AtName("pool"), "Unused SNAT pool", `A pool is used by the type "snat" only`))
	}
}

// ModifyPlan completes the plan from the configuration and the state alone.
// Terraform calls it in plan and in apply and expects the same answer: nothing
// here may ask the device.
func (r *virtualServer) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return // a destroy
	}
	var config, plan model
	resp.Diagnostics.Append(structs.Get(ctx, req.Config, &config)...)
	resp.Diagnostics.Append(structs.Get(ctx, req.Plan, &plan)...)
	var state *model
	if !req.State.Raw.IsNull() {
		state = &model{}
		resp.Diagnostics.Append(structs.Get(ctx, req.State, state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	standard := types.StringUnknown()
	if r.Data != nil {
		standard = types.StringValue(r.Data.Partition)
	}
	plan.complete(config.Partition, standard, state)
	resp.Diagnostics.Append(structs.Set(ctx, &resp.Plan, plan)...)
	if state != nil && !plan.Partition.Equal(state.Partition) {
		resp.RequiresReplace.Append(path.Root("partition")) // it cannot move; the provider's default counts too
	}
	if state != nil && len(resp.RequiresReplace) == 0 && !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.trafficWarning(ctx, *state, plan)...)
	}
}

func (r *virtualServer) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(structs.Get(ctx, req.Plan, &plan)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	if plan.Partition.IsUnknown() { // the provider's configuration was unknown at plan
		plan.Partition = types.StringValue(r.Data.Partition)
	}
	desired, diags := plan.desired(ctx)
	resp.Diagnostics.Append(diags...)
	timeout, diags := plan.Timeouts.Create(ctx, defaultTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	defer r.Commit(ctx, &resp.Diagnostics)
	if err := r.Data.Device.CreateVirtualServer(ctx, desired); err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	// From here on the device has it: state must know it, whatever follows.
	resp.Diagnostics.Append(identity.Set(ctx, resp.Identity, r.Data, desired.Path)...)
	live, err := r.Data.Device.VirtualServer(ctx, desired.Path)
	if err != nil {
		live = desired
		// An error would taint it, and the next apply would delete what serves.
		resp.Diagnostics.Append(diagnostics.NotReadBack(err))
	}
	plan.observe(live)
	resp.Diagnostics.Append(structs.Set(ctx, &resp.State, plan)...)
}

func (r *virtualServer) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(structs.Get(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	at, err := ltm.ParsePath(state.ID.ValueString())
	if err != nil {
		resp.Diagnostics.Append(diagnostics.Invalid(path.Root("id"), "Invalid id", err.Error()))
		return
	}
	resp.Diagnostics.Append(identity.Set(ctx, resp.Identity, r.Data, at)...)
	live, err := r.Data.Reads.VirtualServer(ctx, at)
	switch {
	case errors.Is(err, engine.ErrNotFound):
		resp.State.RemoveResource(ctx)
	case err != nil:
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
	default:
		r.Data.Observe(kind, at)
		state.observe(live)
		resp.Diagnostics.Append(structs.Set(ctx, &resp.State, state)...)
	}
}

func (r *virtualServer) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(structs.Get(ctx, req.Plan, &plan)...)
	resp.Diagnostics.Append(structs.Get(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	desired, diags := plan.desired(ctx)
	resp.Diagnostics.Append(diags...)
	careful, diags := cutoverattr.Read(ctx, plan.Cutover)
	resp.Diagnostics.Append(diags...)
	timeout, diags := plan.Timeouts.Update(ctx, careful.Longest()+defaultTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(identity.Set(ctx, resp.Identity, r.Data, desired.Path)...)
	running, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer r.Commit(running, &resp.Diagnostics)
	goal := engine.VirtualServerGoal{VirtualServer: desired, Spec: careful.Spec, Checker: r.Data.Checker}
	if !plan.Cutover.IsNull() {
		known, diags := state.desired(ctx)
		resp.Diagnostics.Append(diags...)
		goal.Planned = &known
	}
	live, err := engine.RunVirtualServer(running, r.Data.Device, goal, logStep(ctx, desired.Path))
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		if live.Path.IsZero() {
			return // nothing is known: the state stays
		}
		// State tells what the device has now, so the next plan shows the rest.
		state.Destination = spellDestination(live, plan.Destination)
		state.observe(live)
		resp.Diagnostics.Append(structs.Set(ctx, &resp.State, state)...)
		return
	}
	plan.observe(live)
	resp.Diagnostics.Append(structs.Set(ctx, &resp.State, plan)...)
}

// logStep tells each step of a run in the log (TF_LOG_PROVIDER=INFO): Terraform
// itself shows only that it is still modifying.
func logStep(ctx context.Context, at ltm.Path) engine.Report {
	return func(step cutover.Step) {
		fields := map[string]any{"virtual_server": at.String(), "phase": string(step.Phase), "open_connections": step.Open}
		gates := make([]string, len(step.Gates))
		for i, gate := range step.Gates {
			gates[i] = gate.String()
		}
		if len(gates) > 0 {
			fields["gates"] = gates
		}
		tflog.Info(ctx, "Cutover of a virtual server", fields)
	}
}

func (r *virtualServer) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(structs.Get(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	timeout, diags := state.Timeouts.Delete(ctx, defaultTimeout)
	resp.Diagnostics.Append(diags...)
	at, err := ltm.ParsePath(state.ID.ValueString())
	if err != nil {
		resp.Diagnostics.Append(diagnostics.Invalid(path.Root("id"), "Invalid id", err.Error()))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer r.CommitDelete(ctx, &resp.Diagnostics)
	err = engine.DeleteVirtualServer(ctx, r.Data.Device, at)
	if err != nil && !errors.Is(err, engine.ErrNotFound) {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
	}
}

// ImportState takes the full path, or the identity; Read does the rest.
func (r *virtualServer) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	at, diags := identity.Imported(ctx, kind, req, resp, r.Data)
	resp.Diagnostics.Append(diags...)
	if !diags.HasError() {
		resp.Diagnostics.Append(identity.Begin(ctx, &resp.State, at)...)
	}
}
