package engine

import (
	"context"
	"errors"
	"slices"
	"sync"

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

// eachPool runs those of the goals whose pools are there and that of says to run, at
// the same time: each may have to wait for its own gates and its own drain.
func (r *siteRun) eachPool(ctx context.Context, of func(goal PoolGoal, live ltm.Pool) (PoolGoal, bool)) error {
	runs := map[int]PoolGoal{} // by the pool's place in what is live
	for _, goal := range r.goal.Pools {
		at := slices.IndexFunc(r.live.Pools, func(pool ltm.Pool) bool { return pool.Path == goal.Pool.Path })
		if at < 0 {
			continue
		}
		if now, needed := of(goal, r.live.Pools[at]); needed {
			runs[at] = now
		}
	}
	pools := slices.Clone(r.live.Pools)
	failures, report := make([]error, len(pools)), inTurn(r.report)
	var running sync.WaitGroup
	for at, goal := range runs {
		running.Go(func() { pools[at], failures[at] = RunPool(ctx, r.device, goal, report) })
	}
	running.Wait()
	r.live.Pools = pools
	failures = slices.DeleteFunc(failures, func(err error) bool { return err == nil })
	if len(failures) == 1 {
		return failures[0]
	}
	return errors.Join(failures...)
}

// inTurn lets several runs tell one report.
func inTurn(report Report) Report {
	if report == nil {
		return nil
	}
	var mu sync.Mutex
	return func(step cutover.Step) {
		mu.Lock()
		defer mu.Unlock()
		report(step)
	}
}
