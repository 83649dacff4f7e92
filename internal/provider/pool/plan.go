package pool

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/pinned"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// planInput is all that a plan depends on. Neither the device nor the cluster
// is in it: Terraform asks twice and compares the answers.
type planInput struct {
	Config model
	Plan   model  // the configuration with the schema's defaults
	State  *model // nil for a new pool
	// Partition is the provider's; unknown while the provider's settings are.
	Partition types.String
}

// planned completes a plan with everything that is computed, and keeps known
// what can be known.
func planned(ctx context.Context, in planInput) (model, diag.Diagnostics) {
	plan := in.Plan
	if in.Config.Partition.IsNull() {
		plan.Partition = in.Partition
		if in.State != nil { // another default of the provider does not move a pool
			plan.Partition = in.State.Partition
		}
	}
	plan.ID = types.StringUnknown()
	if !plan.Partition.IsUnknown() && !plan.Folder.IsUnknown() && !plan.Name.IsUnknown() {
		plan.ID = types.StringValue(plan.path().String())
	}
	if in.Config.bound() {
		diags := planBackends(ctx, in, &plan)
		return plan, diags
	}
	plan.Traffic, plan.Endpoints, plan.SplitError = nullTraffic(), nullEndpoints(), types.NumberNull()
	if in.Config.Members.IsNull() {
		plan.Members = types.MapValueMust(memberType(), map[string]attr.Value{})
	}
	var diags diag.Diagnostics
	plan.Members, diags = withoutOrigin(plan.Members)
	return plan, diags
}

func planBackends(ctx context.Context, in planInput, plan *model) diag.Diagnostics {
	plan.Members, plan.Endpoints, plan.SplitError = types.MapUnknown(memberType()), types.MapUnknown(pinned.Type()), types.NumberUnknown()
	if in.Config.Backends.IsUnknown() || unknownElement(in.Config.Backends) {
		if in.Config.Traffic.IsNull() {
			plan.Traffic = types.MapUnknown(types.Int64Type)
		}
		return nil
	}
	backends, diags := decodeBackends(ctx, in.Config.Backends)
	if diags.HasError() {
		return diags
	}
	var d diag.Diagnostics
	if in.Config.Traffic.IsNull() {
		plan.Traffic, d = wholeTraffic(ctx, backends)
		diags.Append(d...)
	}
	pins, known, d := knownEndpoints(ctx, in.State, backends)
	diags.Append(d...)
	if !known || diags.HasError() {
		return diags
	}
	plan.Endpoints, d = pinned.Value(ctx, pins)
	diags.Append(d...)
	if _, known := decodeTraffic(plan.Traffic); !known {
		return diags
	}
	diags.Append(planMembers(ctx, in.State, plan, pins)...)
	return diags
}

// planMembers shares the pinned endpoints out. Members that are not ours stay
// as they are.
func planMembers(ctx context.Context, state, plan *model, pins engine.BackendEndpoints) diag.Diagnostics {
	before := types.MapNull(memberType())
	if state != nil {
		before = state.Members
	}
	models, diags := decodeMembers(ctx, before)
	others, d := ltmMembers(foreign(models))
	diags.Append(d...)
	backends, d := plan.backends(ctx)
	diags.Append(d...)
	ours, d := owned(models, backends)
	diags.Append(d...)
	if diags.HasError() {
		return diags
	}
	goal := engine.PlannedMembers(backends, pins, append(others, ours...))
	diags.Append(overlaps(goal)...)
	members := memberModels(goal.Members, true, before)
	plan.SplitError = plan.splitError(members)
	plan.Members, d = membersValue(members)
	diags.Append(d...)
	return diags
}

// wholeTraffic is the split of a pool that says none: everything to its one
// backend. Several backends without a split are an error that ValidateConfig
// has told.
func wholeTraffic(ctx context.Context, backends map[string]backendModel) (types.Map, diag.Diagnostics) {
	shares := map[string]int64{}
	for _, name := range slices.Sorted(maps.Keys(backends)) {
		shares[name] = 100
	}
	return types.MapValueFrom(ctx, types.Int64Type, shares)
}

// knownEndpoints are the endpoints of every backend, if a plan can know them:
// those of plain addresses from the configuration, all others from the state, if
// it has seen them. A pool that was static until now has members that nobody's
// mark tells of: what stays of them is known after the apply.
func knownEndpoints(ctx context.Context, state *model, backends map[string]backendModel) (engine.BackendEndpoints, bool, diag.Diagnostics) {
	before, pins := map[string]backendModel{}, engine.BackendEndpoints{}
	var diags diag.Diagnostics
	switch {
	case state == nil:
	case !state.bound() || state.Endpoints.IsNull():
		return nil, false, nil
	default:
		var d diag.Diagnostics
		before, diags = decodeBackends(ctx, state.Backends)
		pins, d = pinned.Read(ctx, path.Root("endpoints"), state.Endpoints)
		diags.Append(d...)
	}
	pins = only(pins, backends)
	for name, backend := range backends {
		ref := backend.ref()
		old, seen := before[name]
		switch {
		case !backend.known():
			return nil, false, diags
		case ref.Kind() == endpoints.KindAddresses:
			pins[name], _ = endpoints.Resolve(ref, endpoints.Snapshot{}) // plain addresses have no errors
		case !seen || old.ref() != ref:
			return nil, false, diags
		}
	}
	return pins, true, diags
}

// overlaps warns of endpoints that several backends select: whoever gets them,
// somebody's share is not what it seems.
func overlaps(goal engine.BackendMembers) diag.Diagnostics {
	var diags diag.Diagnostics
	if len(goal.Traffic.Overlaps) > 0 {
		diags.Append(diagnostics.Overlaps(goal.Traffic.Overlaps))
	}
	return diags
}
