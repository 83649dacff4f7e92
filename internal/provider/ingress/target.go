package ingress

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/pinned"
)

// target is what an apply brings a site to.
type target struct {
	sought
	goal     engine.SiteGoal
	wish     wish
	problems []string
}

// target works out what a plan means for the device. State is nil for a new resource. It
// writes nothing, and refuses here what must not be begun.
func (r *ingressResource) target(ctx context.Context, plan model, state *model) (target, diag.Diagnostics) {
	s, diags := r.seek(ctx, plan)
	if diags.HasError() {
		return target{}, diags
	}
	if s.nothing() {
		diags.Append(diagnostics.NothingToServe(s.at, s.owner.String(), problemTexts(s.problems)))
		return target{}, diags
	}
	live, built, err := survey(ctx, r.Data.Device, s)
	if err != nil {
		diags.Append(fromError(err)...)
		return target{}, diags
	}
	t := target{sought: s, wish: wish{view: routes.ViewOf(built.Site, s.owner, s.options.Address)}, problems: problemTexts(s.problems, built.Problems)}
	diags.Append(t.refuse(plan)...)
	if diags.HasError() {
		return target{}, diags
	}
	now, d := r.observe(ctx, t.at, built, live.Pools)
	diags.Append(d...)
	diags.Append(t.pins(ctx, plan, now)...)
	t.goal = engine.SiteGoal{
		Paths: live.Paths().Union(built.Site.Paths()), Desired: t.desired, KeyPairs: s.files(built.Site), Pools: t.poolGoals(built, live, state),
	}
	if !diags.HasError() {
		diags.Append(t.moved(now)...)
	}
	return t, diags
}

// refuse compares with the plan, and asks `strict`.
func (t target) refuse(plan model) diag.Diagnostics {
	var diags diag.Diagnostics
	object := t.owner.String()
	if plan.Strict.ValueBool() && len(t.problems) > 0 {
		diags.Append(diagnostics.StrictProblems(path.Root("strict"), object, t.problems))
	} else if len(t.problems) > 0 && plan.Problems.IsUnknown() { // else the refresh has warned
		diags.Append(diagnostics.RouteProblems(t.at, object, t.problems))
	}
	if plan.Routes.IsUnknown() {
		return diags
	}
	moved := slices.Concat(
		moves("", plan.Routes.Elements(), textsValue(t.wish.view.Routes).Elements()),
		moves("certificate of ", plan.TLS.Elements(), tlsValue(t.wish.view.TLS).Elements()),
	)
	if len(moved) > 0 {
		diags.Append(diagnostics.RoutesMoved(t.at, object, moved))
	}
	return diags
}

// moves tells what two maps do not have in common.
func moves[V interface{ String() string }](what string, plan, now map[string]V) []string {
	keys := maps.Clone(plan)
	maps.Copy(keys, now)
	var lines []string
	text := func(values map[string]V, key string) string {
		value, there := values[key]
		switch text, isText := any(value).(types.String); {
		case !there:
			return "none"
		case isText:
			return text.ValueString()
		default:
			return value.String()
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if before, after := text(plan, key), text(now, key); before != after {
			lines = append(lines, fmt.Sprintf("%s%s: planned %s, now %s", what, key, before, after))
		}
	}
	return lines
}

// pins takes the endpoints of the plan; where the plan could not know them, those that the
// cluster has now.
func (t *target) pins(ctx context.Context, plan model, now map[ltm.Path]wishedPool) diag.Diagnostics {
	t.wish.pools = maps.Clone(now)
	if plan.Pools.IsUnknown() || plan.Wanted.IsUnknown() {
		return nil
	}
	pinned, diags := readPools(ctx, plan.Wanted)
	for at, before := range pinned {
		if _, still := now[at]; still {
			t.wish.pools[at] = before
		}
	}
	return diags
}

// desired is what the objects must be, given what they are: all of Build, with members.
func (t target) desired(live ltm.Site) (ltm.Site, error) {
	built, err := routes.Build(t.set, t.options, live)
	if err != nil {
		return ltm.Site{}, err
	}
	existing := map[ltm.Path]ltm.Pool{}
	for _, pool := range live.Pools {
		existing[pool.Path] = pool
	}
	for i, pool := range built.Site.Pools {
		if wished, ours := t.wish.pools[pool.Path]; ours {
			built.Site.Pools[i].Members = wished.members(existing[pool.Path].Members).Members
		}
	}
	return built.Site, nil
}

// poolGoals are those of the pools that are there already.
func (t target) poolGoals(built routes.Built, live ltm.Site, state *model) []engine.PoolGoal {
	existing := map[ltm.Path]ltm.Pool{}
	for _, pool := range live.Pools {
		existing[pool.Path] = pool
	}
	var goals []engine.PoolGoal
	for _, pool := range built.Site.Pools {
		wished, ours := t.wish.pools[pool.Path]
		now, there := existing[pool.Path]
		if !ours || !there {
			continue
		}
		before, known := planBase(now, state, wished)
		members := wished.members(before)
		pool.Members = members.Members
		goals = append(goals, engine.PoolGoal{Pool: pool, Spec: cutover.Spec{Drain: t.options.Pool.Drain}, Backend: members.Backend, Known: known})
	}
	return goals
}

// planBase are the members that a plan was made against: ours as the state has them, and
// those of others as the device has them now. known is nil for a pool that the state
// does not have.
func planBase(now ltm.Pool, state *model, wished wishedPool) (before []ltm.Member, known map[ltm.MemberKey]ltm.Session) {
	if state == nil {
		return now.Members, nil
	}
	object, there := state.Pools.Elements()[now.Path.String()].(types.Object)
	if !there {
		return now.Members, nil
	}
	_, backends, _ := engine.Unmark(wished.binding)
	known = map[ltm.MemberKey]ltm.Session{}
	before = slices.DeleteFunc(slices.Clone(now.Members), engine.Owned)
	for _, member := range stateMembers(object, backends) {
		known[member.Key] = member.Session
		if engine.Owned(member) {
			before = append(before, member)
		}
	}
	return before, known
}

// members are what a pool's members must be for pinned endpoints, given those that it
// has.
func (p wishedPool) members(before []ltm.Member) engine.BackendMembers {
	_, backends, err := engine.Unmark(p.binding)
	if err != nil {
		return engine.BackendMembers{Members: before} // cannot be: we wrote it
	}
	return engine.PlannedMembers(backends, p.endpoints, before)
}

// moved warns of endpoints that came or went since the plan, and says which of them no
// gate is to count.
func (t *target) moved(now map[ltm.Path]wishedPool) diag.Diagnostics {
	var diags diag.Diagnostics
	for i, goal := range t.goal.Pools {
		at := goal.Pool.Path
		moved := pinned.Compare(engine.BackendMembers{Members: goal.Pool.Members, Backend: goal.Backend}, t.wish.pools[at].endpoints, now[at].endpoints)
		t.goal.Pools[i].Gone = moved.Keys
		diags.Append(moved.Diagnostics(path.Root("pools"), "pool "+at.String())...)
	}
	return diags
}

// result is the state after an apply: the plan, with what it could not know taken from
// what the device has.
func (t target) result(ctx context.Context, plan model, live ltm.Site) (model, diag.Diagnostics) {
	seen := plan
	seen.see(live, routes.ViewOf(live, t.owner, t.options.Address))
	if plan.Routes.IsUnknown() {
		plan.Routes, plan.TLS, plan.Pools = seen.Routes, seen.TLS, seen.Pools
	}
	if plan.VirtualServers.IsUnknown() {
		plan.VirtualServers = seen.VirtualServers
	}
	if plan.Problems.IsUnknown() {
		plan.Problems = linesValue(t.problems)
	}
	plan.Differences = linesValue(nil)
	var diags diag.Diagnostics
	if plan.Wanted.IsUnknown() {
		plan.Wanted, diags = t.wish.value(ctx)
	}
	return plan, diags
}

// report tells Terraform's log of each step.
func report(ctx context.Context, id string) engine.Report {
	return func(step cutover.Step) {
		gates := make([]string, 0, len(step.Gates))
		for _, gate := range step.Gates {
			gates = append(gates, gate.String())
		}
		tflog.Info(ctx, "step of routes", map[string]any{"ingress": id, "phase": string(step.Phase), "waiting": step.Wait, "gates": strings.Join(gates, "; ")})
	}
}
