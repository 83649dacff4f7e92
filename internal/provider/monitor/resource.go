package monitor

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/identity"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/structs"
)

// parentKey is where the private state keeps the values of the parent.
const parentKey = "parent"

// monitorResource is bigipkube_monitor.
type monitorResource struct{ providerdata.Resource }

// NewResource returns the resource.
func NewResource() resource.Resource { return &monitorResource{} }

var (
	_ resource.ResourceWithConfigure      = (*monitorResource)(nil)
	_ resource.ResourceWithIdentity       = (*monitorResource)(nil)
	_ resource.ResourceWithImportState    = (*monitorResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*monitorResource)(nil)
	_ resource.ResourceWithMoveState      = (*monitorResource)(nil)
	_ resource.ResourceWithValidateConfig = (*monitorResource)(nil)
)

// Metadata names the type.
func (r *monitorResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_monitor"
	resp.ResourceBehavior.MutableIdentity = true
}

// Schema returns the attributes.
func (r *monitorResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema()
}

// ValidateConfig refuses combinations that no plan can be made of.
func (r *monitorResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(structs.Get(ctx, req.Config, &config)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(validate(config)...)
	}
}

// ModifyPlan completes the plan from the configuration and the state alone, the
// private one with it.
func (r *monitorResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
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
	kept, diags := req.Private.GetKey(ctx, parentKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	standard := types.StringUnknown()
	if r.Data != nil {
		standard = types.StringValue(r.Data.Partition)
	}
	plan.complete(config, standard, state, kept)
	resp.Diagnostics.Append(plan.late()...)
	resp.Diagnostics.Append(structs.Set(ctx, &resp.Plan, plan)...)
	if state == nil {
		return
	}
	for name, changed := range map[string]bool{
		"partition": !plan.Partition.Equal(state.Partition), "defaults_from": !plan.DefaultsFrom.Equal(state.DefaultsFrom),
	} {
		if changed {
			resp.RequiresReplace.Append(path.Root(name))
		}
	}
}

// Create makes the monitor.
func (r *monitorResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var config, plan model
	resp.Diagnostics.Append(structs.Get(ctx, req.Config, &config)...)
	resp.Diagnostics.Append(structs.Get(ctx, req.Plan, &plan)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	if plan.Partition.IsUnknown() { // the provider's configuration was unknown at plan
		plan.Partition = types.StringValue(r.Data.Partition)
	}
	parent, diags := parentOf(ctx, r.Data.Device, plan, resp.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.fill(parent)
	desired, diags := plan.desired()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	defer r.Commit(ctx, &resp.Diagnostics)
	if err := r.Data.Device.CreateMonitor(ctx, desired, parent, ltm.Secret(config.PasswordWO.ValueString())); err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	// From here on the device has it: state must know it, whatever follows.
	live, err := r.Data.Device.Monitor(ctx, desired.Type, desired.Path)
	if err != nil {
		live = desired
		resp.Diagnostics.Append(diagnostics.NotReadBack(err))
	}
	plan.observe(live)
	resp.Diagnostics.Append(structs.Set(ctx, &resp.State, plan)...)
	resp.Diagnostics.Append(identity.Set(ctx, resp.Identity, r.Data, plan.path())...)
}

// Read reads the monitor, and its parent unless that is built in.
func (r *monitorResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(structs.Get(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(identity.Set(ctx, resp.Identity, r.Data, state.path())...)
	live, err := r.Data.Reads.Monitor(ctx, state.kind(), state.path())
	if errors.Is(err, engine.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	state.observe(live)
	_, diags := parentOf(ctx, r.Data.Reads, state, resp.Private)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(structs.Set(ctx, &resp.State, state)...)
}

// Update writes what differs, and the password when its version does.
func (r *monitorResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var config, plan, state model
	resp.Diagnostics.Append(structs.Get(ctx, req.Config, &config)...)
	resp.Diagnostics.Append(structs.Get(ctx, req.Plan, &plan)...)
	resp.Diagnostics.Append(structs.Get(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	parent, diags := parentOf(ctx, r.Data.Device, plan, resp.Private)
	resp.Diagnostics.Append(diags...)
	plan.fill(parent)
	desired, diags := plan.desired()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	defer r.Commit(ctx, &resp.Diagnostics)
	live, err := r.Data.Device.Monitor(ctx, desired.Type, desired.Path)
	if err == nil {
		change := changeset.ComputeMonitor(desired, live)
		if !plan.PasswordWOVersion.Equal(state.PasswordWOVersion) {
			change.Password = new(ltm.Secret(config.PasswordWO.ValueString()))
		}
		if err = r.Data.Device.UpdateMonitor(ctx, change); err == nil {
			live, err = r.Data.Device.Monitor(ctx, desired.Type, desired.Path)
		}
	}
	if err != nil {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
		return
	}
	plan.observe(live)
	resp.Diagnostics.Append(structs.Set(ctx, &resp.State, plan)...)
	resp.Diagnostics.Append(identity.Set(ctx, resp.Identity, r.Data, plan.path())...)
}

// Delete deletes the monitor. One that is gone already is deleted.
func (r *monitorResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(structs.Get(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	defer r.CommitDelete(ctx, &resp.Diagnostics)
	if err := r.Data.Device.DeleteMonitor(ctx, state.kind(), state.path()); err != nil && !errors.Is(err, engine.ErrNotFound) {
		resp.Diagnostics.Append(diagnostics.FromError(err)...)
	}
}

// ImportState takes the full path, or the identity, and asks the collections of all types: a path is
// that of one monitor, whatever its type.
func (r *monitorResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	at, diags := identity.Imported(ctx, kind, req, resp, r.Data)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	for _, monitorType := range ltm.MonitorTypes() {
		live, err := r.Data.Device.Monitor(ctx, monitorType, at)
		if errors.Is(err, engine.ErrNotFound) {
			continue
		}
		if err != nil {
			resp.Diagnostics.Append(diagnostics.FromError(err)...)
			return
		}
		var state model
		state.observe(live)
		resp.Diagnostics.Append(structs.Set(ctx, &resp.State, state)...)
		return
	}
	resp.Diagnostics.Append(diagnostics.NoSuchMonitor(at.String(), r.Data.Device.Name()))
}

// private is the part of the private state that a response has.
type private interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// reader is a device, or a refresh of it.
type reader interface {
	Monitor(ctx context.Context, kind ltm.MonitorType, path ltm.Path) (ltm.Monitor, error)
}

// parentOf is what a monitor inherits from. One that is not built in is read, and kept
// for the next plan.
func parentOf(ctx context.Context, from reader, m model, keep private) (ltm.Monitor, diag.Diagnostics) {
	at, err := ltm.ParsePath(m.DefaultsFrom.ValueString())
	if err != nil {
		return ltm.Monitor{}, diag.Diagnostics{diagnostics.Invalid(path.Root("defaults_from"), "Invalid value", err.Error())}
	}
	if m.root() {
		return ltm.NewMonitor(m.kind(), at), nil
	}
	parent, err := from.Monitor(ctx, m.kind(), at)
	if err != nil {
		return ltm.Monitor{}, diagnostics.FromError(err)
	}
	text, err := json.Marshal(parent)
	if err != nil {
		return ltm.Monitor{}, diagnostics.FromError(err)
	}
	return parent, keep.SetKey(ctx, parentKey, text)
}
