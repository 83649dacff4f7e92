package engine

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// RunVirtualServer brings an existing virtual server to its goal in one write. If
// its pool changes, goal.Spec holds: Require is asked of the new pool's enabled
// members before the write, and Drain waits for the old pool's connections after
// it. Results and errors are those of RunPool.
func RunVirtualServer(ctx context.Context, device Device, goal VirtualServerGoal, report Report) (ltm.VirtualServer, error) {
	r := &virtualServerRun{device: device, goal: goal, written: map[string]bool{}}
	err := advance(ctx, r, goal.Spec, report)
	if err != nil {
		readBack(ctx, &r.live, func(ctx context.Context) (ltm.VirtualServer, error) {
			return device.VirtualServer(ctx, goal.VirtualServer.Path)
		})
	}
	return r.live, err
}

// virtualServerRun is a virtual server on its way to its goal.
type virtualServerRun struct {
	device  Device
	goal    VirtualServerGoal
	live    ltm.VirtualServer // as of the last read
	change  changeset.VirtualServerChange
	old     ltm.Path // the pool that this run took the virtual server from
	written map[string]bool
}

func (r *virtualServerRun) object() string {
	return "virtual server " + r.goal.VirtualServer.Path.String()
}

func (r *virtualServerRun) observe(ctx context.Context, progress cutover.Progress) (cutover.Observation, error) {
	live, err := r.device.VirtualServer(ctx, r.goal.VirtualServer.Path)
	if err != nil {
		return cutover.Observation{}, err
	}
	r.live = live
	r.change = changeset.ComputeVirtualServer(r.goal.VirtualServer, live)
	observation := cutover.Observation{Prepared: true, Shifted: r.change.Empty(), Removed: true}
	spec, pool := r.goal.Spec, r.goal.VirtualServer.Pool

	gated := !spec.Require.IsZero() && !progress.Verified && r.change.Has("pool") && !pool.IsZero()
	drains := spec.Drain > 0 && !progress.Drained && observation.Shifted && !r.old.IsZero()
	switch {
	case gated:
		observation.Bare = true // a pool without enabled members is no group that a gate could ask
		observation.Candidates, err = r.candidates(ctx, pool)
	case drains:
		observation.Leavers, err = r.leavers(ctx)
	}
	return observation, err
}

func (r *virtualServerRun) write(ctx context.Context, _ cutover.Phase) error {
	text := r.change.String()
	if r.written[text] {
		return &UnsettledError{Object: r.object(), Device: r.device.Name(), Change: text}
	}
	r.written[text] = true
	if r.change.Has("pool") {
		r.old = r.live.Pool
	}
	return r.device.UpdateVirtualServer(ctx, r.change)
}

func (r *virtualServerRun) aborted(step cutover.Step) error {
	return &AbortedError{Object: r.object(), Device: r.device.Name(), Step: step, Spec: r.goal.Spec}
}

// candidates are the enabled members of the new pool.
func (r *virtualServerRun) candidates(ctx context.Context, path ltm.Path) ([]cutover.Candidate, error) {
	pool, err := r.device.Pool(ctx, path)
	if err != nil {
		return nil, err
	}
	var found []cutover.Candidate
	for _, member := range pool.Members {
		if member.Session == ltm.Enabled {
			found = append(found, cutover.Candidate{Key: member.Key, Backend: path.String()})
		}
	}
	status, err := memberStatus(ctx, r.device, path)
	if err != nil {
		return nil, err
	}
	return judged(found, status), nil
}

// leavers are the old pool's members. A pool that is gone has none.
func (r *virtualServerRun) leavers(ctx context.Context) ([]cutover.Leaver, error) {
	status, err := memberStatus(ctx, r.device, r.old)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	leavers := make([]cutover.Leaver, 0, len(status))
	for _, key := range slices.SortedFunc(maps.Keys(status), ltm.MemberKey.Compare) {
		leavers = append(leavers, cutover.Leaver{Key: key, Connections: status[key].CurrentConnections})
	}
	return leavers, nil
}
