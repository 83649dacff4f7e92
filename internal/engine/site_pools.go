package engine

import (
	"context"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// grow adds to the pools that stay the members that they are to have, before routes
// move to them. Nobody leaves, and nothing else changes.
func (r *siteRun) grow(ctx context.Context) error {
	return r.eachPool(ctx, func(goal PoolGoal, live ltm.Pool) (PoolGoal, bool) {
		added := changeset.Compute(goal.Pool, live).Add
		goal.Pool = changeset.ChangeSet{Add: added}.Apply(live)
		goal.Spec = cutover.Spec{Require: goal.Spec.Require, Timeout: goal.Spec.Timeout}
		goal.Via, goal.Planned, goal.Checker = nil, nil, nil
		return goal, len(added) > 0
	})
}

// members brings the pools to their goals, once the routes are what they are to be.
func (r *siteRun) members(ctx context.Context) error {
	return r.eachPool(ctx, func(goal PoolGoal, live ltm.Pool) (PoolGoal, bool) {
		return goal, !changeset.Compute(goal.Pool, live).Empty()
	})
}

// eachPool runs those of the goals whose pools are there and that of says to run.
func (r *siteRun) eachPool(ctx context.Context, of func(goal PoolGoal, live ltm.Pool) (PoolGoal, bool)) error {
	for _, goal := range r.goal.Pools {
		at := slices.IndexFunc(r.live.Pools, func(pool ltm.Pool) bool { return pool.Path == goal.Pool.Path })
		if at < 0 {
			continue
		}
		now, needed := of(goal, r.live.Pools[at])
		if !needed {
			continue
		}
		live, err := RunPool(ctx, r.device, now, r.report)
		if err != nil {
			return err
		}
		r.live.Pools[at] = live
	}
	return nil
}
