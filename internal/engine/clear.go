package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// clear looks up what the gates ask before anything is written.
func (r *poolRun) clear(ctx context.Context, observation *cutover.Observation) error {
	observation.Foreign = foreign(r.live)
	if observation.Foreign != "" || !r.moves || r.goal.Planned == nil {
		return nil
	}
	observation.Changed = changedSince(*r.goal.Planned, r.live, r.goal)
	return standby(ctx, r.device, observation)
}

// foreign tells why a pool is not ours to change, "" if it is.
func foreign(pool ltm.Pool) string {
	if _, _, err := Unmark(pool.Description); err != nil {
		return "the pool's description has a mark that this release does not understand: " + err.Error()
	}
	return ""
}

// standby asks whether the device is the one that serves.
func standby(ctx context.Context, device Device, observation *cutover.Observation) error {
	status, err := device.Status(ctx)
	if err != nil {
		return err
	}
	if !status.Active || !status.InSync {
		observation.Standby = "the device does not serve, or is not in sync with its pair: " + status.Text
	}
	return nil
}

// changedSince tells what somebody else has changed on a pool since it was
// planned, other than into what the goal wants. On a pool with backends members
// are not compared: they follow the cluster.
func changedSince(planned, live ltm.Pool, goal PoolGoal) string {
	wanted := goal.Pool
	if goal.Backend != nil {
		planned, live, wanted = withoutMembers(planned), withoutMembers(live), withoutMembers(wanted)
	}
	left := map[string]bool{}
	for _, change := range changeset.Compute(wanted, live).Changes() {
		left[change.Of] = true
	}
	var changes []string
	for _, change := range changeset.Compute(live, planned).Changes() {
		if left[change.Of] {
			changes = append(changes, change.Text)
		}
	}
	return strings.Join(changes, "; ")
}

// withoutMembers is a pool with backends as others can change it: settings, and
// in the description what it is bound to.
func withoutMembers(pool ltm.Pool) ltm.Pool {
	pool.Members, pool.Description = nil, bindingOf(pool.Description)
	return pool
}

// bindingOf is what a description says of backends and shares. How long a drain
// takes, and the user's words, are nobody's loss.
func bindingOf(description string) string {
	_, backends, err := Unmark(description)
	if err != nil {
		return err.Error()
	}
	var text strings.Builder
	for _, backend := range backends {
		fmt.Fprintf(&text, "%s=%d ", backend.Name, backend.Share)
	}
	return text.String()
}
