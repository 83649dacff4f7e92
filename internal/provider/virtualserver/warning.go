package virtualserver

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// trafficWarning tells, in a plan, that a live virtual server gets another pool.
// It asks the device how many of its members are available, for its words alone:
// no planned value depends on the answer. The second plan, that of an apply, is
// silent.
func (r *virtualServer) trafficWarning(ctx context.Context, state, plan model) diag.Diagnostics {
	at, err := ltm.ParsePath(state.ID.ValueString())
	if err != nil || r.Data == nil || !r.Data.TrafficWarnings || !plan.ID.Equal(state.ID) || !r.Data.Observed(kind, at) {
		return nil
	}
	from, to := state.Pool.ValueString(), plan.Pool.ValueString()
	live := state.Enabled.ValueBool() && from != ""
	if !live || plan.Pool.IsUnknown() || from == to {
		return nil
	}
	return diag.Diagnostics{diagnostics.PoolMoves(plan.Name.ValueString(), from, to, r.readiness(ctx, to))}
}

// readiness counts, of the members of a pool that are enabled, those that are
// available; nil where the device does not answer, or the pool is made by the same
// apply.
func (r *virtualServer) readiness(ctx context.Context, text string) []diagnostics.Readiness {
	at, err := ltm.ParsePath(text)
	if err != nil {
		return nil
	}
	pool, err := r.Data.Device.Pool(ctx, at)
	if err != nil {
		return nil
	}
	ready := diagnostics.Readiness{Available: pool.Serving()}
	for _, m := range pool.Members {
		if m.Session == ltm.Enabled {
			ready.Of++
		}
	}
	return []diagnostics.Readiness{ready}
}
