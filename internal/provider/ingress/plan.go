package ingress

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// planInput is all that a plan depends on. Neither the device nor the cluster is in
// it: Terraform asks twice and compares the answers.
type planInput struct {
	Config   model
	Plan     model        // the configuration with the schema's defaults
	State    *model       // nil for a new one
	Standard types.String // the provider's partition; unknown while the provider's settings are
}

// planned completes a plan: what is served becomes what is wanted.
func planned(ctx context.Context, in planInput) (model, diag.Diagnostics) {
	plan := in.Plan
	if in.Config.Partition.IsNull() {
		plan.Partition = in.Standard
		if in.State != nil { // another default of the provider moves nothing
			plan.Partition = in.State.Partition
		}
	}
	plan.identify()
	if in.State == nil || plan.redirected(*in.State) {
		plan.forget()
		return plan, nil
	}
	state := *in.State
	plan.Problems, plan.Differences, plan.Wanted = state.Problems, linesValue(nil), state.Wanted
	plan.VirtualServers, plan.Routes, plan.TLS, plan.Pools = state.VirtualServers, state.Routes, state.TLS, state.Pools
	if state.Wanted.IsNull() || state.Wanted.IsUnknown() { // an older state: nothing is known of the cluster
		plan.forget()
		return plan, nil
	}
	wanted := state.Wanted.Attributes()
	plan.VirtualServers, _ = wanted["virtual_servers"].(types.Map)
	plan.Routes, _ = wanted["routes"].(types.Map)
	plan.TLS, _ = wanted["tls"].(types.Map)
	var diags diag.Diagnostics
	plan.Pools, diags = plannedPools(ctx, state)
	if plan.Strict.ValueBool() && len(state.Problems.Elements()) > 0 {
		diags.Append(diagnostics.StrictProblems(path.Root("strict"), plan.ID.ValueString(), texts(state.Problems)))
	}
	return plan, diags
}

// plannedPools shares the pinned endpoints out. Members that are not ours stay as they
// are.
func plannedPools(ctx context.Context, state model) (types.Map, diag.Diagnostics) {
	pools, diags := readPools(ctx, state.Wanted)
	elements := make(map[string]attr.Value, len(pools))
	for at, pool := range pools {
		before, _ := state.Pools.Elements()[at.String()].(types.Object)
		members, others := types.MapNull(memberType), map[string]attr.Value{}
		members, _ = before.Attributes()["members"].(types.Map)
		for key, element := range members.Elements() {
			if object, ok := element.(types.Object); ok && object.Attributes()["backend"].IsNull() {
				others[key] = element
			}
		}
		_, backends, err := engine.Unmark(pool.binding)
		if err != nil {
			diags.Append(diagnostics.Invalid(path.Root("wanted"), "Not a binding", err.Error()))
			continue
		}
		planned := poolValue(pool.binding, engine.Members(backends, pool.endpoints, nil).Members)
		elements[at.String()] = withOthers(planned, others)
	}
	return types.MapValueMust(poolType, elements), diags
}

// withOthers adds members that somebody else keeps. An endpoint with the key of one
// makes it ours.
func withOthers(pool types.Object, others map[string]attr.Value) types.Object {
	attributes := pool.Attributes()
	members, _ := attributes["members"].(types.Map)
	all := members.Elements()
	for key, member := range others {
		if _, ours := all[key]; !ours {
			all[key] = member
		}
	}
	attributes["members"] = types.MapValueMust(memberType, all)
	return types.ObjectValueMust(poolType.AttrTypes, attributes)
}

// members are what a pool's members must be for pinned endpoints, beside those of
// others that a pool has.
func (p wishedPool) members(live ltm.Pool) engine.BackendMembers {
	_, backends, err := engine.Unmark(p.binding)
	if err != nil {
		return engine.BackendMembers{Members: live.Members} // cannot be: we wrote it
	}
	return engine.Members(backends, p.endpoints, live.Members)
}

func texts(list types.List) []string {
	var lines []string
	for _, element := range list.Elements() {
		if text, ok := element.(types.String); ok {
			lines = append(lines, text.ValueString())
		}
	}
	return lines
}
