package engine

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// RunPool brings an existing pool to its goal, as carefully as goal.Spec says. It
// returns the live pool, beside an error too where it could be read: an
// interrupted run is finished by running again.
//
// Errors are *AbortedError if a gate stayed closed or what gained traffic failed,
// *DeviceError (ErrNotFound if the pool is gone), *UnsettledError, or ctx.Err().
func RunPool(ctx context.Context, device Device, goal PoolGoal, report Report) (ltm.Pool, error) {
	goal.Pool.Members = slices.Clone(goal.Pool.Members)
	ltm.SortMembers(goal.Pool.Members)
	goal.Backend = maps.Clone(goal.Backend)
	r := &poolRun{
		device: device, goal: goal, gained: map[string]bool{},
		served: map[ltm.MemberKey]bool{}, leaving: map[ltm.MemberKey]bool{}, written: map[string]bool{},
	}
	err := advance(ctx, r, goal.Spec, goal.Checker, report)
	if err != nil {
		readBack(ctx, &r.live, func(ctx context.Context) (ltm.Pool, error) { return device.Pool(ctx, goal.Pool.Path) })
	}
	return r.live, err
}

// poolRun is a pool on its way to its goal.
type poolRun struct {
	device Device
	goal   PoolGoal

	begun  bool
	asked  time.Time // for goal.Gone
	before ltm.Pool  // as it was when the run began
	moves  bool      // the run moves traffic from one group to another
	stages []ltm.Pool

	since   since
	planned ltm.Pool // the goal, or the stage that the last read was for
	target  ltm.Pool // what has become of planned, see meet
	live    ltm.Pool // as of the last read

	// What is left, by part; reverse is what would undo what moved traffic.
	prepare, shift, retire, removal, reverse changeset.ChangeSet

	gained  map[string]bool        // groups that gained traffic in this run
	served  map[ltm.MemberKey]bool // seen serving in this run
	leaving map[ltm.MemberKey]bool // lost its new clients in this run
	written map[string]bool        // changes that were written in this run
}

func (r *poolRun) object() string { return "pool " + r.goal.Pool.Path.String() }

// begin remembers what the run found. What moves no traffic needs no stages.
func (r *poolRun) begin(live ltm.Pool) {
	r.begun, r.asked, r.before = true, time.Now(), live
	r.moves = r.goal.moves(live)
	if r.moves {
		r.stages = r.goal.ahead(live)
	}
}

func (r *poolRun) observe(ctx context.Context, progress cutover.Progress) (cutover.Observation, error) {
	live, err := r.device.Pool(ctx, r.goal.Pool.Path)
	if err != nil {
		return cutover.Observation{}, err
	}
	if !r.begun {
		r.begin(live)
	}
	r.since.look(r.device.Name(), live, r.goal.Known)
	r.live, r.planned = live, r.goal.Pool
	observation := cutover.Observation{Moves: r.moves, More: progress.Stage < len(r.stages)}
	if observation.More {
		r.planned = r.stages[progress.Stage]
	}
	r.target = r.meet(r.planned)
	r.come()
	spec, change := r.goal.Spec, changeset.Compute(r.target, live)
	observation.Bare = r.bare()
	careful := !spec.Require.IsZero()
	asks := !progress.Verified && (careful || observation.Bare || r.watches())

	r.prepare = change.Prepare(careful || change.Moves() || r.watches())
	if (careful || observation.Bare) && !progress.Verified {
		r.prepare.Modify = change.Warm()
	}
	r.shift = change.Shift(r.leave(change, progress))
	r.removal = change.Removal()
	r.retire = changeset.ChangeSet{}
	if r.watches() && !observation.More {
		r.retire = change.Retire(func(ltm.Member) ltm.Session { return ltm.ForcedOffline })
	}
	observation.Prepared, observation.Shifted = r.prepare.Empty(), r.shift.Empty()
	observation.Removed, observation.Lingers = r.removal.Empty(), !r.retire.Empty()

	switch {
	case !progress.Cleared && !progress.Verified:
		err = r.clear(ctx, &observation)
	case progress.Failure != "":
		r.undo(&observation)
	}
	if err != nil || !observation.Prepared {
		return observation, err
	}
	watching := progress.Moved && !progress.Watched && observation.Shifted && r.watches()
	if asks || watching {
		if observation.Candidates, err = r.candidates(ctx, observation.Bare, watching); err != nil {
			return cutover.Observation{}, err
		}
	}
	// A run that resumes in the drain has its gates still to pass: it needs both.
	if spec.Drain > 0 && observation.Shifted && !progress.Drained {
		observation.Leavers, err = r.leavers(ctx)
	}
	return observation, err
}

// watches tells that what gains traffic is watched, and may have to give it back.
func (r *poolRun) watches() bool {
	return r.moves && (r.goal.Spec.Bake > 0 || r.goal.Spec.Pause > 0 && len(r.stages) > 0)
}

// leave says what the shift does to members that are to be removed: nil where
// they may stay as they are until they are. While traffic may have to come back
// to them they are disabled only, so that their monitors go on; but a member
// whose endpoint is gone has nothing to come back to.
func (r *poolRun) leave(change changeset.ChangeSet, progress cutover.Progress) func(ltm.Member) ltm.Session {
	if r.goal.Spec.Drain <= 0 && !change.Moves() && !r.watches() {
		return nil
	}
	return func(member ltm.Member) ltm.Session {
		if r.watches() && !progress.Watched && r.dropped(member) {
			return ltm.Disabled
		}
		return ltm.ForcedOffline
	}
}

// dropped tells that a member goes because the goal does not want its group any
// more, and not because its endpoint is gone.
func (r *poolRun) dropped(member ltm.Member) bool {
	if r.goal.Backend == nil {
		return true
	}
	_, mark, _, err := binding.ParseMember(member.Description)
	return err == nil && !r.goal.has(mark.FullName())
}

// undo looks up what it takes to give the traffic back to those who had it when
// the run began. What the run has added stays, disabled.
func (r *poolRun) undo(observation *cutover.Observation) {
	before := r.meet(r.before)
	back := r.live
	back.Description, back.LoadBalancingMode, back.MinActiveMembers = r.before.Description, r.before.LoadBalancingMode, r.before.MinActiveMembers
	back.Members = nil
	for _, member := range r.live.Members {
		was, found := before.Member(member.Key)
		if !found {
			was = member.Wanted()
			was.Session = ltm.Disabled
		}
		back.Members = append(back.Members, was)
		observation.Reversible = observation.Reversible || was.Session == ltm.Enabled && member.Available()
	}
	r.reverse = changeset.Compute(back, r.live).Shift(nil)
	observation.Reversed = r.reverse.Empty()
}

func (r *poolRun) write(ctx context.Context, phase cutover.Phase) error {
	change := map[cutover.Phase]changeset.ChangeSet{
		cutover.Prepare: r.prepare, cutover.Shift: r.shift, cutover.Drain: r.retire, cutover.Remove: r.removal, cutover.Reverse: r.reverse,
	}[phase]
	if phase == cutover.Shift && r.outdated(ctx, change) {
		return errOutdated
	}
	text := change.String()
	write := r.device.Name() + ": " + text // after a failover another device needs the same
	if r.written[write] {
		return &UnsettledError{Object: r.object(), Device: r.device.Name(), Change: text}
	}
	r.written[write] = true
	for _, m := range change.Modify {
		if m.From.Session == ltm.Enabled && m.To.Session != ltm.Enabled {
			r.leaving[m.To.Key] = true
		}
	}
	if phase == cutover.Shift {
		for group := range r.gaining() {
			r.gained[group] = true
		}
	}
	err := r.device.ApplyPool(ctx, change)
	if err == nil || goesOn(err) {
		r.since.write(change, err)
	}
	return err
}

func (r *poolRun) aborted(step cutover.Step) error {
	return &AbortedError{Object: r.object(), Device: r.device.Name(), Step: step, Spec: r.goal.Spec}
}

// candidates are the members that are to be enabled, of the groups that gain: a
// group with a member that is not enabled now, or whose part of all ratios
// grows. If bare, all groups are asked; while watching, those that gained.
func (r *poolRun) candidates(ctx context.Context, bare, watching bool) ([]cutover.Candidate, error) {
	gains := r.gained
	if !watching {
		gains = r.gaining()
	}
	var found []cutover.Candidate
	for _, member := range r.wanted() {
		group, ours := r.goal.group(member.Key)
		if ours && member.Session == ltm.Enabled && (bare || gains[group]) {
			found = append(found, cutover.Candidate{Key: member.Key, Backend: group, Gone: r.goal.Gone[member.Key] || r.lost(member.Key)})
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
		_, stays := r.target.Member(member.Key)
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
