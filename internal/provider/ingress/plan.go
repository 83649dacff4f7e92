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
	if servers, _ := wanted["virtual_servers"].(types.Map); !servers.Equal(state.VirtualServers) {
		plan.VirtualServers = types.MapUnknown(types.StringType) // others at the address have a say in their names
	}
	plan.Routes, _ = wanted["routes"].(types.Map)
	plan.TLS, _ = wanted["tls"].(types.Map)
	var diags diag.Diagnostics
	plan.Pools, diags = plannedPools(ctx, state)
	if plan.retold(state) {
		plan.Problems = types.ListUnknown(types.StringType)
	} else if plan.Strict.ValueBool() && len(state.Problems.Elements()) > 0 {
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
		_, backends, err := engine.Unmark(pool.binding)
		if err != nil {
			diags.Append(diagnostics.Invalid(path.Root("wanted"), "Not a binding", err.Error()))
			continue
		}
		before, _ := state.Pools.Elements()[at.String()].(types.Object)
		members := engine.PlannedMembers(backends, pool.endpoints, stateMembers(before, backends))
		elements[at.String()] = poolValue(pool.binding, members.Members)
	}
	return types.MapValueMust(poolType, elements), diags
}

// stateMembers are the members of a pool as a state has them; those without a backend are
// somebody else's.
func stateMembers(pool types.Object, backends []engine.Backend) []ltm.Member {
	byName := map[string]engine.Backend{}
	for _, b := range backends {
		byName[b.Name] = b
	}
	var members []ltm.Member
	values, _ := pool.Attributes()["members"].(types.Map)
	for text, element := range values.Elements() {
		object, _ := element.(types.Object)
		key, err := ltm.ParseMemberKey(text)
		if err != nil {
			continue // the state has what poolValue wrote
		}
		member := ltm.NewMember(key)
		member.Session = ltm.Session(attribute(object, "session"))
		if ratio, ok := object.Attributes()["ratio"].(types.Int64); ok {
			member.Ratio = int(ratio.ValueInt64())
		}
		if name := attribute(object, "backend"); name != "" {
			backend, known := byName[name]
			if !known {
				continue // it leaves with its backend
			}
			member.Description = engine.MemberMark(backend, attribute(object, "pod"))
		}
		members = append(members, member)
	}
	ltm.SortMembers(members)
	return members
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
