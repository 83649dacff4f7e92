package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/traffic"
)

// group is the group of a member for the gates: its backend, or "" on a static
// pool. ours is false for a member of a bound pool that no backend has.
func (g PoolGoal) group(key ltm.MemberKey) (group string, ours bool) {
	if g.Backend == nil {
		return "", true
	}
	group, ours = g.Backend[key]
	return group, ours
}

// groupNow is the group of a member that the goal may not have any more: then its
// mark says which backend it was of.
func (g PoolGoal) groupNow(member ltm.Member) (group string, ours bool) {
	if group, ours = g.group(member.Key); ours {
		return group, true
	}
	_, mark, found, err := binding.ParseMember(member.Description)
	return mark.FullName(), found && err == nil
}

// has tells that the goal has members of a group.
func (g PoolGoal) has(group string) bool {
	for _, name := range g.Backend {
		if name == group {
			return true
		}
	}
	return false
}

// gaining tells which groups get more traffic in the goal, or the stage on the way,
// than they have live.
func (r *poolRun) gaining() map[string]bool {
	gains := growing(r.goal, r.planned, r.live)
	for _, member := range r.target.Members {
		now, found := r.live.Member(member.Key)
		if group, ours := r.goal.group(member.Key); ours && member.Session == ltm.Enabled && (!found || now.Session != ltm.Enabled) {
			gains[group] = true
		}
	}
	return gains
}

// growing are the groups whose part of all the traffic grows.
func growing(goal PoolGoal, target, live ltm.Pool) map[string]bool {
	gains := map[string]bool{}
	was, will := goal.parts(live.Members), goal.parts(target.Members)
	for group, part := range will {
		if part > was[group]+roundingError {
			gains[group] = true
		}
	}
	return gains
}

// ahead are the stages that a pool has not passed yet: in each of them somebody who
// gains in the end has more than now.
func (g PoolGoal) ahead(live ltm.Pool) []ltm.Pool {
	gains, now := growing(g, g.Pool, live), g.parts(live.Members)
	for i, stage := range g.Via {
		parts := g.parts(stage.Members)
		for group := range gains {
			if parts[group] > now[group]+roundingError {
				return g.Via[i:]
			}
		}
	}
	return nil
}

// moves tells that the goal moves traffic: from one backend to another, not
// between the pods of one; and on a static pool from any member to another.
func (g PoolGoal) moves(live ltm.Pool) bool {
	if g.Backend != nil {
		return len(growing(g, g.Pool, live)) > 0
	}
	change := changeset.Compute(g.Pool, live)
	return change.Moves() || len(change.Add)+len(change.Remove) > 0
}

// roundingError is by how many percent points the parts of two splits of the same
// shares may differ, because ratios are integers: that is no gain.
const roundingError = 2 * traffic.Tolerance

// parts are the percentages that the groups have of the ratios of all enabled
// members, those of others among them.
func (g PoolGoal) parts(members []ltm.Member) map[string]float64 {
	parts, all := map[string]float64{}, 0
	for _, member := range members {
		if member.Session != ltm.Enabled {
			continue
		}
		all += member.Ratio
		if group, ours := g.groupNow(member); ours {
			parts[group] += float64(member.Ratio)
		}
	}
	for group := range parts {
		parts[group] *= 100 / float64(all)
	}
	return parts
}

// bare tells that none of the members that serve now would go on to: then the
// shift must wait until another one can. A member that served at the start of the
// run still counts while a new monitor is checking it.
//
// A goal that enables nothing is taken at its word where a user wrote it, and
// where the cluster has no ready endpoint. Where ready members become a standby
// because the traffic was meant for a backend that has none, it is bare; and so it is
// where the last one of nodes would go that is enabled (keepsOne), whether it serves
// or not: what would be read next may be read through it.
func (r *poolRun) bare() bool {
	serves, standby, enables, enabled := false, false, false, false
	for _, member := range r.target.Members {
		enables = enables || member.Session == ltm.Enabled
	}
	for _, member := range r.live.Members {
		enabled = enabled || member.Session == ltm.Enabled
		if member.Serving() {
			r.served[member.Key] = true
		}
		checking := member.Session == ltm.Enabled && member.Health == ltm.HealthChecking && r.served[member.Key]
		if !member.Serving() && !checking {
			continue
		}
		wanted, stays := r.target.Member(member.Key)
		if stays && wanted.Session == ltm.Enabled {
			return false
		}
		serves = true
		standby = standby || stays && wanted.Session == ltm.Disabled
	}
	if !enables {
		return r.goal.Backend != nil && (standby || enabled && r.goal.keepsOne())
	}
	return serves
}

// keepsOne tells that the goal's pool keeps its last member whatever the cluster says.
func (g PoolGoal) keepsOne() bool {
	_, backends, err := Unmark(g.Pool.Description)
	return err == nil && keepsOne(backends)
}

// memberStatus reads the status of a pool's members, by key.
func memberStatus(ctx context.Context, device Device, path ltm.Path) (map[ltm.MemberKey]ltm.MemberStatus, error) {
	list, err := device.MemberStatus(ctx, path)
	if err != nil {
		return nil, err
	}
	status := make(map[ltm.MemberKey]ltm.MemberStatus, len(list))
	for _, s := range list {
		status[s.Key] = s
	}
	return status, nil
}

// judged fills in what the device says of the candidates, and sorts them.
func judged(candidates []cutover.Candidate, status map[ltm.MemberKey]ltm.MemberStatus) []cutover.Candidate {
	for i, candidate := range candidates {
		s := status[candidate.Key]
		candidates[i].Health, candidates[i].Reason = s.Health, s.Reason
	}
	slices.SortFunc(candidates, func(a, b cutover.Candidate) int {
		return cmp.Or(cmp.Compare(a.Backend, b.Backend), a.Key.Compare(b.Key))
	})
	return candidates
}
