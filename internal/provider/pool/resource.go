package pool

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/cutoverattr"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/identity"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/structs"
)

// quick is how long a create or a delete may take, and an update beyond the
// waits that `cutover` asks for, when `timeouts` does not say.
const quick = 5 * time.Minute

// poolResource is bigipkube_pool. Its data is nil until the provider is
// configured, and stays so when a setting of the provider is unknown.
type poolResource struct{ providerdata.Resource }

// NewResource returns the resource.
func NewResource() resource.Resource { return &poolResource{} }

var (
	_ resource.ResourceWithConfigure      = (*poolResource)(nil)
	_ resource.ResourceWithIdentity       = (*poolResource)(nil)
	_ resource.ResourceWithImportState    = (*poolResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*poolResource)(nil)
	_ resource.ResourceWithMoveState      = (*poolResource)(nil)
	_ resource.ResourceWithValidateConfig = (*poolResource)(nil)
)

// Metadata names the type.
func (r *poolResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_pool"
	resp.ResourceBehavior.MutableIdentity = true // the name that a user gives to a device may change
}

// Schema returns the attributes.
func (r *poolResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema(ctx)
}

// ValidateConfig refuses combinations that no plan can be made of.
func (r *poolResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(structs.Get(ctx, req.Config, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(validate(ctx, config)...)
	resp.Diagnostics.Append(cutoverattr.Validate(ctx, config.Cutover, cutoverattr.Use{Steps: !config.Backends.IsNull()})...)
}

// ModifyPlan completes the plan, from the configuration and the state alone.
func (r *poolResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return // a destroy
	}
	in := planInput{Partition: types.StringUnknown()}
	if r.Data != nil {
		in.Partition = types.StringValue(r.Data.Partition)
	}
	resp.Diagnostics.Append(structs.Get(ctx, req.Config, &in.Config)...)
	resp.Diagnostics.Append(structs.Get(ctx, req.Plan, &in.Plan)...)
	if !req.State.Raw.IsNull() {
		in.State = &model{}
		resp.Diagnostics.Append(structs.Get(ctx, req.State, in.State)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	plan, diags := planned(ctx, in)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(structs.Set(ctx, &resp.Plan, plan)...)
	if in.State != nil && !plan.Partition.Equal(in.State.Partition) {
		resp.RequiresReplace.Append(path.Root("partition")) // a pool cannot move
	}
	if in.State != nil && len(resp.RequiresReplace) == 0 && !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.trafficWarning(ctx, *in.State, plan)...)
	}
}

// Create makes the pool with its members in one request.
func (r *poolResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(structs.Get(ctx, req.Plan, &plan)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	timeout, diags := plan.Timeouts.Create(ctx, quick)
	resp.Diagnostics.Append(diags...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	target, diags := r.target(ctx, plan, nil)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	defer r.Commit(ctx, &resp.Diagnostics)
	if err := engine.CreatePool(ctx, r.Data.Device, target.goal); err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	state, diags := target.result(ctx, plan, target.goal.Pool)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(identity.Set(ctx, resp.Identity, r.Data, target.goal.Pool.Path)...)
	resp.Diagnostics.Append(structs.Set(ctx, &resp.State, state)...)
}

// Read is the one place that looks at the device and at the cluster for what a
// plan is made of.
func (r *poolResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(structs.Get(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(identity.Set(ctx, resp.Identity, r.Data, state.path())...)
	live, err := r.Data.Reads.Pool(ctx, state.path())
	if errors.Is(err, engine.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	r.Data.Observe(kind, state.path())
	state, diags := state.observed(ctx, live)
	resp.Diagnostics.Append(diags...)
	if state.bound() && !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.readEndpoints(ctx, &state)...)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(structs.Set(ctx, &resp.State, state)...)
	}
}

// Update brings the pool to exactly what was planned.
func (r *poolResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(structs.Get(ctx, req.Plan, &plan)...)
	resp.Diagnostics.Append(structs.Get(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(identity.Set(ctx, resp.Identity, r.Data, plan.path())...)
	target, diags := r.target(ctx, plan, &state)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, diags := plan.Timeouts.Update(ctx, target.cutover.Longest()+quick)
	resp.Diagnostics.Append(diags...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	defer r.Commit(ctx, &resp.Diagnostics)
	target.goal.Checker = r.Data.Checker
	live, err := engine.RunPool(ctx, r.Data.Device, target.goal, report(ctx, plan.path()))
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		if !live.Path.IsZero() { // the state is what the device has: the next plan is the rest
			state, diags = state.observed(ctx, live)
			resp.Diagnostics.Append(diags...)
			resp.Diagnostics.Append(structs.Set(ctx, &resp.State, state)...)
		}
		return
	}
	state, diags = target.result(ctx, plan, live)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(structs.Set(ctx, &resp.State, state)...)
}

// Delete deletes the pool. One that is gone already is deleted. One that a virtual
// server uses is left to the switch that takes the virtual server from it, which
// Terraform makes after this.
func (r *poolResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(structs.Get(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	timeout, diags := state.Timeouts.Delete(ctx, quick)
	resp.Diagnostics.Append(diags...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer r.CommitDelete(ctx, &resp.Diagnostics)
	users, err := engine.RetirePool(ctx, r.Data.Device, state.path())
	switch {
	case errors.Is(err, engine.ErrNotFound):
	case err != nil:
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
	case len(users) > 0:
		resp.Diagnostics.Append(diagnostics.Retired(state.path(), r.Data.Device.Name(), users))
	}
}

// ImportState takes the full path; Read does the rest.
func (r *poolResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	at, diags := identity.Imported(ctx, kind, req, resp, r.Data)
	resp.Diagnostics.Append(diags...)
	if !diags.HasError() {
		resp.Diagnostics.Append(identity.Begin(ctx, &resp.State, at)...)
	}
}
