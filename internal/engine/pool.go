package engine

import (
	"context"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// RunPool brings an existing pool to its goal, as carefully as goal.Spec says. It
// returns the live pool, beside an error too where it could be read: an
// interrupted run is finished by running again.
//
// Errors are *AbortedError if a gate stayed closed, *DeviceError (ErrNotFound if
// the pool is gone), *UnsettledError, or ctx.Err().
func RunPool(ctx context.Context, device Device, goal PoolGoal, report Report) (ltm.Pool, error) {
	goal.Pool.Members = slices.Clone(goal.Pool.Members)
	ltm.SortMembers(goal.Pool.Members)
	r := &poolRun{
		device: device, goal: goal,
		served: map[ltm.MemberKey]bool{}, leaving: map[ltm.MemberKey]bool{}, written: map[string]bool{},
	}
	err := advance(ctx, r, goal.Spec, report)
	if err != nil {
		readBack(ctx, &r.live, func(ctx context.Context) (ltm.Pool, error) { return device.Pool(ctx, goal.Pool.Path) })
	}
	return r.live, err
}

// poolRun is a pool on its way to its goal.
type poolRun struct {
	device Device
	goal   PoolGoal
	live   ltm.Pool // as of the last read

	prepare, shift, removal changeset.ChangeSet // what is left, by part

	served  map[ltm.MemberKey]bool // seen serving in this run
	leaving map[ltm.MemberKey]bool // lost its new clients in this run
	written map[string]bool        // changes that were written in this run
}

func (r *poolRun) object() string { return "pool " + r.goal.Pool.Path.String() }

func (r *poolRun) observe(ctx context.Context, progress cutover.Progress) (cutover.Observation, error) {
	live, err := r.device.Pool(ctx, r.goal.Pool.Path)
	if err != nil {
		return cutover.Observation{}, err
	}
	r.live = live
	spec, change := r.goal.Spec, changeset.Compute(r.goal.Pool, live)
	observation := cutover.Observation{Bare: r.bare()}
	careful := !spec.Require.IsZero()

	r.prepare = change.Prepare(careful || change.Moves())
	if (careful || observation.Bare) && !progress.Verified {
		r.prepare.Modify = change.Warm()
	}
	r.shift = change.Shift(spec.Drain > 0 || change.Moves())
	r.removal = change.Removal()
	observation.Prepared, observation.Shifted, observation.Removed = r.prepare.Empty(), r.shift.Empty(), r.removal.Empty()

	if !observation.Prepared {
		return observation, nil
	}
	if (careful || observation.Bare) && !progress.Verified {
		if observation.Candidates, err = r.candidates(ctx, observation.Bare); err != nil {
			return cutover.Observation{}, err
		}
	}
	// A run that resumes in the drain has its gates still to pass: it needs both.
	if spec.Drain > 0 && observation.Shifted && !progress.Drained {
		observation.Leavers, err = r.leavers(ctx)
	}
	return observation, err
}

func (r *poolRun) write(ctx context.Context, phase cutover.Phase) error {
	change := map[cutover.Phase]changeset.ChangeSet{
		cutover.Prepare: r.prepare, cutover.Shift: r.shift, cutover.Remove: r.removal,
	}[phase]
	text := change.String()
	if r.written[text] {
		return &UnsettledError{Object: r.object(), Device: r.device.Name(), Change: text}
	}
	r.written[text] = true
	for _, m := range change.Modify {
		if m.From.Session == ltm.Enabled && m.To.Session != ltm.Enabled {
			r.leaving[m.To.Key] = true
		}
	}
	return r.device.ApplyPool(ctx, change)
}

func (r *poolRun) aborted(step cutover.Step) error {
	return &AbortedError{Object: r.object(), Device: r.device.Name(), Step: step, Spec: r.goal.Spec}
}

// candidates are the members that are to be enabled, of the groups that gain: a
// group with a member that is not enabled now, or whose part of all ratios
// grows. If bare, all groups are asked.
func (r *poolRun) candidates(ctx context.Context, bare bool) ([]cutover.Candidate, error) {
	gains := gaining(r.goal, r.live)
	var found []cutover.Candidate
	for _, member := range r.goal.Pool.Members {
		if group, ours := r.goal.group(member.Key); ours && member.Session == ltm.Enabled && (bare || gains[group]) {
			found = append(found, cutover.Candidate{Key: member.Key, Backend: group})
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	status, err := memberStatus(ctx, r.device, r.goal.Pool.Path)
	if err != nil {
		return nil, err
	}
	return judged(found, status), nil
}

// leavers are the members that are to be removed, and those that this run has
// taken new clients from.
func (r *poolRun) leavers(ctx context.Context) ([]cutover.Leaver, error) {
	keys := make([]ltm.MemberKey, 0, len(r.removal.Remove)+len(r.leaving))
	for _, member := range r.live.Members {
		_, stays := r.goal.Pool.Member(member.Key)
		if !stays || r.leaving[member.Key] {
			keys = append(keys, member.Key)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	status, err := memberStatus(ctx, r.device, r.goal.Pool.Path)
	if err != nil {
		return nil, err
	}
	leavers := make([]cutover.Leaver, 0, len(keys))
	for _, key := range keys {
		leavers = append(leavers, cutover.Leaver{Key: key, Connections: status[key].CurrentConnections})
	}
	return leavers, nil
}
