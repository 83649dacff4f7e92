package ingress

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/providerdata"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/structs"
)

// quick is how long an operation may take when `timeouts` does not say.
const quick = 5 * time.Minute

// ingressResource is bigipkube_ingress. Its data is nil until the provider is configured,
// and stays so when a setting of the provider is unknown.
type ingressResource struct{ providerdata.Resource }

// NewResource returns the resource.
func NewResource() resource.Resource { return &ingressResource{} }

var (
	_ resource.ResourceWithConfigure      = (*ingressResource)(nil)
	_ resource.ResourceWithIdentity       = (*ingressResource)(nil)
	_ resource.ResourceWithImportState    = (*ingressResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*ingressResource)(nil)
	_ resource.ResourceWithValidateConfig = (*ingressResource)(nil)
)

// Metadata names the type.
func (r *ingressResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_ingress"
	resp.ResourceBehavior.MutableIdentity = true // the name that a user gives to a device may change
}

// Schema returns the attributes.
func (r *ingressResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema(ctx)
}

// ValidateConfig refuses combinations that no plan can be made of.
func (r *ingressResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(structs.Get(ctx, req.Config, &config)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(config.validate()...)
	}
}

func (m model) validate() diag.Diagnostics {
	var diags diag.Diagnostics
	if !m.Fallback.IsNull() && !m.Fallback.IsUnknown() {
		answers := 0
		for _, value := range m.Fallback.Attributes() {
			if !value.IsNull() && !value.Equal(types.BoolValue(false)) {
				answers++
			}
		}
		if answers != 1 {
			diags.Append(diagnostics.Invalid(path.Root("fallback"), "Not one answer", "`fallback` needs one of `reset = true`, `redirect` and `pool`"))
		}
	}
	if m.ClientIP.ValueString() == string(routes.Preserve) && !m.SNATPool.IsNull() {
		diags.Append(diagnostics.Invalid(path.Root("snat_pool"), "Unused SNAT pool", "With `client_ip = \"preserve\"` the pods see the client's own address"))
	}
	if m.Probes.ValueBool() && !m.Monitors.IsNull() {
		diags.Append(diagnostics.Invalid(path.Root("monitors_from_probes"), "Monitors twice", "With `monitors` there are none to be made of probes: write one of the two"))
	}
	return diags
}

// ModifyPlan completes the plan, from the configuration and the state alone.
func (r *ingressResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return // a destroy
	}
	in := planInput{Standard: types.StringUnknown()}
	if r.Data != nil {
		in.Standard = types.StringValue(r.Data.Partition)
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
		resp.RequiresReplace.Append(path.Root("partition")) // nothing can move
	}
}

// Create serves what is bound.
func (r *ingressResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(structs.Get(ctx, req.Plan, &plan)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	if plan.Partition.IsUnknown() { // the provider's configuration was unknown at plan
		plan.Partition = types.StringValue(r.Data.Partition)
	}
	timeout, diags := plan.Timeouts.Create(ctx, quick)
	resp.Diagnostics.Append(diags...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	state, diags := r.apply(ctx, plan, nil)
	resp.Diagnostics.Append(diags...)
	if state != nil {
		resp.Diagnostics.Append(r.identify(ctx, resp.Identity, *state)...)
		resp.Diagnostics.Append(structs.Set(ctx, &resp.State, *state)...)
	}
}

// Read is the one place that looks at the device and at the cluster for what a plan is
// made of.
func (r *ingressResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(structs.Get(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	_, named := state.owner()
	if !named { // just imported
		imported, err := parseID(state.ID.ValueString())
		if err != nil {
			resp.Diagnostics.Append(diagnostics.Invalid(path.Root("id"), "Invalid id", err.Error()))
			return
		}
		imported.Timeouts = state.Timeouts
		state = imported
	}
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, state)...)
	gone := false
	if !named {
		bound, diags := r.recallImported(ctx, &state)
		resp.Diagnostics.Append(diags...)
		gone = !bound
	}
	if !gone && !resp.Diagnostics.HasError() {
		var diags diag.Diagnostics
		gone, diags = r.refresh(ctx, &state, !named)
		resp.Diagnostics.Append(diags...)
	}
	switch {
	case resp.Diagnostics.HasError():
	case gone:
		resp.State.RemoveResource(ctx)
	default:
		resp.Diagnostics.Append(structs.Set(ctx, &resp.State, state)...)
	}
}

// Update brings the device to exactly what was planned.
func (r *ingressResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(structs.Get(ctx, req.Plan, &plan)...)
	resp.Diagnostics.Append(structs.Get(ctx, req.State, &state)...)
	if resp.Diagnostics.HasError() || !r.Ready(&resp.Diagnostics) {
		return
	}
	timeout, diags := plan.Timeouts.Update(ctx, quick)
	resp.Diagnostics.Append(diags...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, plan)...)
	after, diags := r.apply(ctx, plan, &state)
	resp.Diagnostics.Append(diags...)
	if after != nil {
		resp.Diagnostics.Append(structs.Set(ctx, &resp.State, *after)...)
	}
}

// apply writes a plan. It returns the new state, or after a failure what the device has
// of it; nil where that is not known, or nothing.
func (r *ingressResource) apply(ctx context.Context, plan model, state *model) (after *model, diags diag.Diagnostics) {
	release, err := r.Data.Device.Hold(ctx, []ltm.Path{turn(plan)})
	if err != nil {
		return nil, fromError(err)
	}
	defer release()
	t, diags := r.target(ctx, plan, state)
	if diags.HasError() {
		return nil, diags
	}
	defer r.Commit(ctx, &diags)
	plan.identify()
	live, err := engine.RunSite(ctx, r.Data.Device, t.goal, report(ctx, plan.ID.ValueString()))
	if err == nil {
		result, d := t.result(ctx, plan, live)
		diags.Append(d...)
		return &result, diags
	}
	diags.Append(fromError(err)...)
	view := routes.ViewOf(live, t.owner, t.options.Address)
	if len(view.VirtualServers) == 0 {
		return nil, diags
	}
	failed := plan
	if state != nil {
		failed = *state
	}
	failed.see(live, view)
	if failed.Wanted.IsUnknown() {
		var d diag.Diagnostics
		failed.Wanted, d = t.wish.value(ctx)
		diags.Append(d...)
		failed.Problems = linesValue(t.problems)
	}
	failed.Differences = linesValue(nil) // the next refresh finds them
	return &failed, diags
}

// turn is what resources of one partition and folder wait for: they share pools and
// certificates, and each must see what the other has made of them.
func turn(m model) ltm.Path {
	return engine.RoutesTurn(m.Partition.ValueString(), m.Folder.ValueString())
}

// Delete takes away what is served for the owner, and what nobody else needs then.
func (r *ingressResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
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
	s, diags := bare(ctx, state)
	resp.Diagnostics.Append(diags...)
	release, err := r.Data.Device.Hold(ctx, []ltm.Path{turn(state)})
	if err != nil {
		resp.Diagnostics.Append(fromError(err)...)
		return
	}
	defer release()
	live, built, err := survey(ctx, r.Data.Device, s)
	if errors.Is(err, engine.ErrNoPartition) {
		return // and so nothing in it
	}
	if err == nil {
		goal := engine.SiteGoal{Paths: live.Paths().Union(built.Site.Paths()), Desired: target{sought: s}.desired}
		_, err = engine.RunSite(ctx, r.Data.Device, goal, report(ctx, state.ID.ValueString()))
	}
	if err != nil {
		resp.Diagnostics.Append(fromError(err)...)
	}
}

// ImportState takes the id, or the identity; Read does the rest.
func (r *ingressResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	m, diags := r.imported(ctx, req)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, m)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), m.ID)...)
}
