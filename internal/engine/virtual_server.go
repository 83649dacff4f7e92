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
// members before the write, Bake watches them after it, and Drain waits for the
// old pool's connections. An old pool that is to be deleted (RetirePool) is
// deleted in the end. Results and errors are those of RunPool.
//
// Whatever goal.Spec says, a pool that serves is not left for one of which no
// member is available.
func RunVirtualServer(ctx context.Context, device Device, goal VirtualServerGoal, report Report) (ltm.VirtualServer, error) {
	r := &virtualServerRun{device: device, goal: goal, written: map[string]bool{}}
	err := advance(ctx, r, goal.Spec, goal.Checker, report)
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
	begun   bool
	before  ltm.VirtualServer // as it was when the run began
	moves   bool              // the run changes the pool
	live    ltm.VirtualServer // as of the last read
	change  changeset.VirtualServerChange
	reverse changeset.VirtualServerChange // what would undo the run
	retire  changeset.ChangeSet           // what forces the old pool offline
	delete  bool                          // the old pool is to be deleted
	kept    bool                          // it was, and something else needs it
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
	if !r.begun {
		r.begun, r.before, r.moves = true, live, r.change.Has("pool")
	}
	observation := cutover.Observation{Prepared: true, Shifted: r.change.Empty(), Removed: true, Moves: r.moves}
	if !r.moves {
		return observation, nil
	}
	spec := r.goal.Spec
	switch {
	case progress.Failure != "":
		return observation, r.undo(ctx, &observation)
	case !observation.Shifted && !progress.Verified:
		return observation, r.ask(ctx, progress, &observation)
	case observation.Shifted && !progress.Watched && spec.Bake > 0:
		observation.Candidates, err = r.candidates(ctx, r.goal.VirtualServer.Pool)
	}
	if err != nil || !observation.Shifted || r.before.Pool.IsZero() {
		return observation, err
	}
	if spec.Drain > 0 && !progress.Drained {
		if observation.Leavers, err = r.leavers(ctx); err != nil {
			return observation, err
		}
	}
	return observation, r.old(ctx, &observation)
}

// ask looks up what the gates of a switch ask.
func (r *virtualServerRun) ask(ctx context.Context, progress cutover.Progress, observation *cutover.Observation) error {
	if r.goal.Planned != nil && !progress.Cleared {
		observation.Changed = r.changedSince()
		if err := standby(ctx, r.device, observation); err != nil {
			return err
		}
	}
	to := r.goal.VirtualServer.Pool
	if to.IsZero() {
		return nil // nobody is to serve: the user has said so
	}
	candidates, err := r.candidates(ctx, to)
	if err != nil {
		return err
	}
	// Without a requirement they are asked only where somebody serves now.
	required := !r.goal.Spec.Require.IsZero()
	if required || r.goal.Spec.Bake > 0 {
		observation.Candidates = candidates
	}
	if required { // a pool without enabled members is no group that a gate could ask
		observation.Bare = true
		return nil
	}
	if slices.ContainsFunc(candidates, cutover.Candidate.Available) || r.before.Pool.IsZero() {
		return nil
	}
	old, err := r.device.Pool(ctx, r.before.Pool)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	observation.Candidates, observation.Bare = candidates, old.Serving() > 0
	return err
}

// changedSince tells what somebody else has changed since the goal was set, other
// than into what the goal wants.
func (r *virtualServerRun) changedSince() string {
	since := changeset.ComputeVirtualServer(r.live, *r.goal.Planned)
	since.Fields = slices.DeleteFunc(since.Fields, func(name string) bool { return !r.change.Has(name) })
	if since.Empty() {
		return ""
	}
	return since.String()
}

// undo looks up what it takes to go back to the old pool, and whether it serves.
func (r *virtualServerRun) undo(ctx context.Context, observation *cutover.Observation) error {
	r.reverse = changeset.ComputeVirtualServer(r.before, r.live)
	observation.Reversed = r.reverse.Empty()
	if observation.Reversible = observation.Reversed; observation.Reversible || r.before.Pool.IsZero() {
		return nil
	}
	old, err := r.device.Pool(ctx, r.before.Pool)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	observation.Reversible = old.Serving() > 0
	return err
}

// old looks up what is left to do with the pool that the virtual server has left.
func (r *virtualServerRun) old(ctx context.Context, observation *cutover.Observation) error {
	pool, err := r.device.Pool(ctx, r.before.Pool)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r.delete = Retired(pool) && !r.kept
	r.retire = changeset.ChangeSet{Pool: pool.Path}
	if r.goal.Spec.ForceOffline && !r.delete {
		r.retire.Modify = forcedOffline(pool.Members)
	}
	observation.Removed = !r.delete && r.retire.Empty()
	return nil
}

func forcedOffline(members []ltm.Member) []changeset.MemberChange {
	var changes []changeset.MemberChange
	for _, member := range members {
		if member.Session != ltm.ForcedOffline {
			to := member
			to.Session = ltm.ForcedOffline
			changes = append(changes, changeset.MemberChange{From: member, To: to})
		}
	}
	return changes
}

func (r *virtualServerRun) write(ctx context.Context, phase cutover.Phase) error {
	switch {
	case phase == cutover.Remove && r.delete:
		return r.remove(ctx)
	case phase == cutover.Remove:
		return r.once(r.retire.String(), func() error { return r.device.ApplyPool(ctx, r.retire) })
	case phase == cutover.Reverse:
		return r.once(r.reverse.String(), func() error { return r.device.UpdateVirtualServer(ctx, r.reverse) })
	default:
		return r.once(r.change.String(), func() error { return r.device.UpdateVirtualServer(ctx, r.change) })
	}
}

// once refuses a write that has made no difference before.
func (r *virtualServerRun) once(text string, write func() error) error {
	at := r.device.Name() + ": " + text // after a failover another device needs the same
	if r.written[at] {
		return &UnsettledError{Object: r.object(), Device: r.device.Name(), Change: text}
	}
	r.written[at] = true
	return write()
}

// remove deletes the old pool, unless something else has come to need it.
func (r *virtualServerRun) remove(ctx context.Context) error {
	r.kept = true
	return freed(r.device.DeletePool(ctx, r.before.Pool))
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
	status, err := memberStatus(ctx, r.device, r.before.Pool)
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
