package pool

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/cutoverattr"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/pinned"
)

// target is what an apply brings a pool to.
type target struct {
	goal      engine.PoolGoal
	cutover   cutoverattr.Cutover
	endpoints types.Map // what goes to state: the planned ones, or those just read
}

// target works out what a plan means for the device. State is nil for a new
// pool. It writes nothing, and refuses here what must not be begun.
func (r *poolResource) target(ctx context.Context, plan model, state *model) (target, diag.Diagnostics) {
	pool, diags := plan.settings(ctx)
	read, d := cutoverattr.Read(ctx, plan.Cutover)
	diags.Append(d...)
	if diags.HasError() {
		return target{}, diags
	}
	t := target{goal: engine.PoolGoal{Pool: pool, Spec: read.Spec}, cutover: read, endpoints: nullEndpoints()}
	if state != nil && !plan.Cutover.IsNull() {
		t.goal.Planned, d = state.known(ctx)
		diags.Append(d...)
	}
	if plan.bound() {
		diags.Append(r.bind(ctx, plan, state, &t)...)
		return t, diags
	}
	t.goal.Pool.Description = plan.Description.ValueString()
	models, d := decodeMembers(ctx, plan.Members)
	diags.Append(d...)
	t.goal.Pool.Members, d = ltmMembers(models)
	diags.Append(d...)
	return t, diags
}

// bind adds description and members of a pool with backends.
func (r *poolResource) bind(ctx context.Context, plan model, state *model, t *target) diag.Diagnostics {
	backends, diags := plan.backends(ctx)
	if r.Data.Source == nil && needKubernetes(backends) {
		diags.Append(diagnostics.NoKubernetes(path.Root("backends")))
	}
	if diags.HasError() {
		return diags
	}
	if state != nil {
		diags.Append(r.loop(ctx, plan, backends)...)
	}
	if diags.HasError() {
		return diags
	}
	before, d := r.before(ctx, plan, state, backends)
	diags.Append(d...)
	t.goal.Known, d = state.sessions(ctx)
	diags.Append(d...)
	pins, d := r.pins(ctx, plan, backends, before, t)
	diags.Append(d...)
	if diags.HasError() {
		return diags
	}
	members := engine.PlannedMembers(backends, pins, before)
	if state == nil { // a plan has warned already
		diags.Append(overlaps(members)...)
	}
	describe := func(backends []engine.Backend) string {
		return engine.Mark(plan.Description.ValueString(), backends, t.goal.Spec)
	}
	t.goal.Pool.Members, t.goal.Backend = members.Members, members.Backend
	t.goal.Ask = func(ctx context.Context) (map[ltm.MemberKey]bool, error) {
		now, err := engine.ObserveBackends(ctx, r.Data.Source, backends)
		return pinned.Compare(members, pins, now).Keys, err
	}
	t.goal.Pool.Description = describe(backends)
	if state != nil && state.bound() && len(t.cutover.Steps) > 0 {
		from, d := state.stage(ctx)
		diags.Append(d...)
		t.goal.Via = engine.Stages(from, engine.Stage{Backends: backends, Observed: pins}, t.cutover.Steps, t.goal.Pool, before, describe)
	}
	return diags
}

// loop refuses a pool through which Kubernetes itself is reached.
func (r *poolResource) loop(ctx context.Context, plan model, backends []engine.Backend) diag.Diagnostics {
	if plan.AllowLoop.ValueBool() || !needKubernetes(backends) {
		return nil
	}
	loops, err := engine.LoopsIn(ctx, r.Data.Device, r.Data.Source, plan.path().Partition)
	if loop := loops[plan.path()]; err == nil && loop != nil {
		err = loop
	}
	return diagnostics.FromError(err)
}

// stage is what the pool's backends were when the state was written.
func (m model) stage(ctx context.Context) (engine.Stage, diag.Diagnostics) {
	backends, diags := m.backends(ctx)
	observed, d := pinned.Read(ctx, path.Root("endpoints"), m.Endpoints)
	diags.Append(d...)
	return engine.Stage{Backends: backends, Observed: observed}, diags
}

// known is the pool as the state has it: what the plan was made against. Where
// the state has no traffic, somebody took the mark away, and nothing is known.
func (m model) known(ctx context.Context) (*ltm.Pool, diag.Diagnostics) {
	pool, diags := m.settings(ctx)
	if m.bound() {
		if m.Traffic.IsNull() {
			return nil, diags
		}
		backends, d := m.backends(ctx)
		diags.Append(d...)
		pool.Description = engine.Mark(m.Description.ValueString(), backends, cutover.Spec{})
		return &pool, diags
	}
	pool.Description = m.Description.ValueString()
	models, d := decodeMembers(ctx, m.Members)
	diags.Append(d...)
	pool.Members, d = ltmMembers(models)
	diags.Append(d...)
	return &pool, diags
}

// sessions are those of the members that a plan was made against; nil for a new pool.
func (m *model) sessions(ctx context.Context) (map[ltm.MemberKey]ltm.Session, diag.Diagnostics) {
	if m == nil || m.Members.IsNull() {
		return nil, nil
	}
	models, diags := decodeMembers(ctx, m.Members)
	members, d := ltmMembers(models)
	diags.Append(d...)
	sessions := make(map[ltm.MemberKey]ltm.Session, len(members))
	for _, member := range members {
		sessions[member.Key] = member.Session
	}
	return sessions, diags
}

// before are the members that a pool of ours has: those that somebody else keeps there
// as the device has them now, for one that was added since the plan stays; and those of
// backends as the state has them, which is what the plan was made of. The members of a
// pool that was static until now were all the configuration's.
func (r *poolResource) before(ctx context.Context, plan model, state *model, backends []engine.Backend) ([]ltm.Member, diag.Diagnostics) {
	if state == nil || !state.bound() {
		return nil, nil
	}
	live, err := r.Data.Device.Pool(ctx, plan.path())
	if err != nil {
		return nil, diagnostics.FromError(err)
	}
	models, diags := decodeMembers(ctx, state.Members)
	ours, d := owned(models, backends)
	diags.Append(d...)
	return append(slices.DeleteFunc(slices.Clone(live.Members), engine.Owned), ours...), diags
}

// pins are the endpoints to write: those of the plan. The cluster is read to
// compare only. Where the plan could not know them, it is read to use.
func (r *poolResource) pins(ctx context.Context, plan model, backends []engine.Backend, before []ltm.Member, t *target) (engine.BackendEndpoints, diag.Diagnostics) {
	if plan.Endpoints.IsUnknown() {
		observed, err := engine.ObserveBackends(ctx, r.Data.Source, backends)
		if err != nil {
			return nil, diagnostics.FromError(err)
		}
		var diags diag.Diagnostics
		t.endpoints, diags = pinned.Value(ctx, observed)
		pins, d := pinned.Read(ctx, path.Root("endpoints"), t.endpoints) // an address that two backends have is in one only
		diags.Append(d...)
		return pins, diags
	}
	observed, _, diags := r.observe(ctx, backends)
	t.endpoints = plan.Endpoints
	planned, d := pinned.Read(ctx, path.Root("endpoints"), plan.Endpoints)
	diags.Append(d...)
	if !diags.HasError() {
		moved := pinned.Compare(engine.PlannedMembers(backends, planned, before), planned, observed)
		t.goal.Gone = moved.Keys
		diags.Append(moved.Diagnostics(path.Root("backends"), "pool "+plan.path().String())...)
	}
	return planned, diags
}

// result is the state after an apply: the plan, with what it could not know
// taken from the pool that the device has.
func (t target) result(ctx context.Context, plan model, live ltm.Pool) (model, diag.Diagnostics) {
	seen, diags := plan.observed(ctx, live)
	if plan.Members.IsUnknown() {
		plan.Members, plan.SplitError = seen.Members, seen.SplitError
	}
	plan.Endpoints = t.endpoints
	return plan, diags
}

// readEndpoints fills a bound pool's endpoints from the cluster.
func (r *poolResource) readEndpoints(ctx context.Context, state *model) diag.Diagnostics {
	backends, diags := state.backends(ctx)
	if r.Data.Source == nil && needKubernetes(backends) {
		diags.Append(diagnostics.NoKubernetes(path.Root("backends")))
		return diags
	}
	observed, missing, d := r.observe(ctx, backends)
	diags.Append(d...)
	if diags.HasError() {
		return diags
	}
	if len(missing) > 0 {
		before, d := pinned.Read(ctx, path.Root("endpoints"), state.Endpoints)
		diags.Append(d...)
		maps.Copy(observed, only(before, missing))
	}
	state.Endpoints, d = pinned.Value(ctx, observed)
	diags.Append(d...)
	return diags
}

// observe reads the endpoints of backends that are on the device already. A
// Service or a port that is gone is a warning, and its backend is in missing: an
// empty answer must not empty a pool, and a destroy must not need the Service.
// Anything else is an error.
func (r *poolResource) observe(ctx context.Context, backends []engine.Backend) (engine.BackendEndpoints, map[string]error, diag.Diagnostics) {
	observed, err := engine.ObserveBackends(ctx, r.Data.Source, backends)
	if err == nil {
		return observed, nil, nil
	}
	missing, diags := settle(err)
	if diags.HasError() {
		return nil, nil, diags
	}
	rest := slices.DeleteFunc(slices.Clone(backends), func(b engine.Backend) bool { return missing[b.Name] != nil })
	observed, err = engine.ObserveBackends(ctx, r.Data.Source, rest)
	diags.Append(diagnostics.FromError(err)...)
	return observed, missing, diags
}

// settle sorts the errors of ObserveBackends into warnings and errors.
func settle(err error) (map[string]error, diag.Diagnostics) {
	var diags diag.Diagnostics
	missing := map[string]error{}
	for _, one := range diagnostics.Split(err) {
		said := diagnostics.FromError(one)
		backend, isBackend := errors.AsType[*engine.BackendError](one)
		if !isBackend || errors.Is(one, engine.ErrSource) {
			diags.Append(said...)
			continue
		}
		missing[backend.Backend] = backend.Err
		for _, d := range said {
			diags.Append(diagnostics.Kept(d))
		}
	}
	return missing, diags
}

// report tells Terraform's log of each step.
func report(ctx context.Context, pool ltm.Path) engine.Report {
	return func(step cutover.Step) {
		gates := make([]string, 0, len(step.Gates))
		for _, gate := range step.Gates {
			gates = append(gates, gate.String())
		}
		tflog.Info(ctx, "cutover step", map[string]any{
			"pool": pool.String(), "phase": string(step.Phase), "waiting": step.Wait, "gates": gates, "connections": step.Open,
		})
	}
}
