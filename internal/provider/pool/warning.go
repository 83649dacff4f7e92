package pool

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// trafficWarning tells, in a plan, how the split of a live pool changes. It asks
// the device how many members are available, for its words alone: no planned
// value depends on the answer. The second plan, that of an apply, is silent.
func (r *poolResource) trafficWarning(ctx context.Context, state, plan model) diag.Diagnostics {
	if r.Data == nil || !r.Data.TrafficWarnings || state.path() != plan.path() || !r.Data.Observed(kind, state.path()) {
		return nil
	}
	moves := shareMoves(state, plan)
	if len(moves) == 0 {
		return nil
	}
	return diag.Diagnostics{diagnostics.SharesMove(plan.Name.ValueString(), moves, r.readiness(ctx, moves, state, plan))}
}

// shareMoves are the backends whose share changes, by name. A pool that had no
// backends, or whose shares are not known yet, has none.
func shareMoves(state, plan model) []diagnostics.ShareMove {
	before, _ := decodeTraffic(state.Traffic)
	after, known := decodeTraffic(plan.Traffic)
	if len(before) == 0 || len(after) == 0 || !known {
		return nil
	}
	names := maps.Clone(before)
	maps.Copy(names, after)
	var moves []diagnostics.ShareMove
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if before[name] != after[name] {
			moves = append(moves, diagnostics.ShareMove{Backend: name, From: before[name], To: after[name]})
		}
	}
	return moves
}

// readiness counts, for each backend that gains, the members that are available
// now, of those that it is to have. Where the device does not answer it is nil.
func (r *poolResource) readiness(ctx context.Context, moves []diagnostics.ShareMove, state, plan model) []diagnostics.Readiness {
	members := plan.Members
	if members.IsUnknown() {
		members = state.Members
	}
	models, diags := decodeMembers(ctx, members)
	if diags.HasError() {
		return nil
	}
	statuses, err := r.Data.Device.MemberStatus(ctx, plan.path())
	if err != nil {
		return nil
	}
	available := map[string]bool{}
	for _, s := range statuses {
		available[s.Key.String()] = ltm.Member{Health: s.Health}.Available()
	}
	var ready []diagnostics.Readiness
	for _, move := range moves {
		if move.To <= move.From {
			continue
		}
		one := diagnostics.Readiness{Backend: move.Backend}
		for key, m := range models {
			if m.Backend.ValueString() != move.Backend {
				continue
			}
			one.Of++
			if available[key] {
				one.Available++
			}
		}
		if one.Of > 0 {
			ready = append(ready, one)
		}
	}
	return ready
}
