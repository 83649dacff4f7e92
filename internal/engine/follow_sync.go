package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// followSync is one Sync of a Follower.
type followSync struct {
	*Follower
	report  FollowReport
	drift   map[ltm.MemberKey]DriftKind
	unowned error // of Owners

	now   ltm.Pool      // the Follower's live; of a dry run, what its writes would have made of it
	notes follow.Memory // the Follower's memory, likewise
	// Change sets that the device took: since the last read, and before it.
	written, settled map[string]bool

	status map[ltm.MemberKey]ltm.MemberStatus // nil: to be asked
	zero   *bool                              // nil: to be asked
}

// run reads where that is needed, and follows; where somebody was faster, again.
func (s *followSync) run(ctx context.Context, compare bool) error {
	if !compare && s.known {
		s.now, s.notes = s.live, s.memory
		if err := s.follow(ctx); !raced(err) {
			return err
		}
	}
	for reads := 1; ; reads++ {
		found, err := s.read(ctx)
		if err != nil || !found {
			return err
		}
		if err := s.follow(ctx); !raced(err) || reads == mostReads {
			return err
		}
	}
}

// raced tells an error that says only that somebody else was faster, or that the
// pair failed over: what the pool is now decides anew.
func raced(err error) bool {
	if failure, ok := errors.AsType[*DeviceError](err); ok {
		return failure.Moved || failure.Raced || errors.Is(err, ErrNotFound) && !failure.Unsure
	}
	return errors.Is(err, errBindingMoved)
}

// read reads the pool, and tells whether it is there.
func (s *followSync) read(ctx context.Context) (bool, error) {
	live, err := s.device.Pool(ctx, s.path)
	if errors.Is(err, ErrNotFound) {
		s.unbound()
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if left := s.live; s.known {
		s.left = &left
	}
	s.live, s.now, s.known = live, live, true
	s.notes = s.memory
	maps.Copy(s.settled, s.written)
	clear(s.written)
	return true, nil
}

func (s *followSync) unbound() {
	s.forget()
	s.report, s.drift = FollowReport{}, nil
}

// follow takes one step after the other until there is nothing to write. What the
// cluster has is asked before each of them: a write may have waited for its turn.
func (s *followSync) follow(ctx context.Context) error {
	mark, bound, err := Bound(s.live.Description)
	if err != nil {
		return err
	}
	if !bound {
		s.unbound()
		return nil
	}
	s.report.Bound, s.report.Retired, s.report.Backends = true, mark.Delete, mark.Backends
	s.status, s.zero = nil, nil
	for writes := 0; ; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		step, err := s.next(ctx, mark)
		switch {
		case err != nil:
		case !step.Write.Empty() && writes == mostWrites:
			s.report.After = soon
			return nil
		case !step.Write.Empty():
			err, writes = s.write(ctx, mark, step.Write), writes+1
		case step.AskOwners && s.zero == nil:
			s.askOwners(ctx, mark)
		case step.Ask && s.status == nil:
			s.status, err = memberStatus(ctx, s.device, s.path)
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// next looks at the cluster, and decides.
func (s *followSync) next(ctx context.Context, mark Binding) (follow.Step, error) {
	observed, err := ObserveBackends(ctx, s.source, mark.Backends)
	if err != nil {
		return follow.Step{}, err
	}
	members := Members(mark.Backends, observed, s.now.Members)
	want := withOthers(members.Members, mark.Backends, observed, s.now.Members)
	s.compare(want)
	world, triggered := gather(observed, members.Backend)
	world.Live, world.Want, world.Zero, world.Status = s.now, want, s.zero != nil && *s.zero, s.status
	least := mark.Min
	if keepsOne(mark.Backends) {
		least = max(least, 1)
	}
	step := follow.Next(follow.Policy{
		MaxDisablePercent: s.options.MaxDisablePercent, Hold: s.options.Hold,
		Drain: mark.Drain, Min: least, PreWarm: s.options.PreWarm,
	}, world, s.notes, time.Now())
	s.notes = step.Memory
	if !s.options.DryRun || len(s.report.Written) == 0 { // what only would be is not to be remembered
		s.memory = s.notes
	}
	s.report.Endpoints, s.report.Backend, s.report.Triggered = observed, members.Backend, triggered
	s.report.Held, s.report.Draining, s.report.After = step.Held, step.Draining, step.After
	return step, nil
}

// gather is what the backends together tell of the world, and when one of them
// changed last. An endpoint of two backends is the one's that has its member.
func gather(observed BackendEndpoints, owner map[ltm.MemberKey]string) (world follow.World, triggered time.Time) {
	world.Endpoint, world.Lost = map[ltm.MemberKey]endpoints.State{}, map[ltm.MemberKey]time.Time{}
	world.Ending = map[ltm.MemberKey]bool{}
	for _, name := range slices.Sorted(maps.Keys(observed)) {
		result := observed[name]
		for _, endpoint := range result.Endpoints {
			if has, owned := owner[endpoint.Key]; !owned || has == name {
				world.Endpoint[endpoint.Key] = endpoint.State
				if endpoint.Ending {
					world.Ending[endpoint.Key] = true
				}
			}
		}
		for key, at := range result.Lost {
			world.Lost[key] = latest(world.Lost[key], at)
		}
		world.WatchBroke = latest(world.WatchBroke, result.WatchBroke)
		world.NoNodeReady = world.NoNodeReady || result.NoNodeReady
		triggered = latest(triggered, result.Triggered)
	}
	return world, triggered
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// write writes one part of a change, without a read before or after it: the
// device's answer says that it is done.
func (s *followSync) write(ctx context.Context, mark Binding, change changeset.ChangeSet) error {
	s.now = change.Apply(s.now)
	if !s.options.DryRun {
		if err := s.apply(ctx, mark, change); err != nil {
			return err
		}
		s.live = s.now
	}
	s.report.Written = append(s.report.Written, change)
	s.status = nil // of before the write
	return nil
}

func (s *followSync) apply(ctx context.Context, mark Binding, change changeset.ChangeSet) error {
	text := s.device.Name() + ": " + change.String() // after a failover another device needs the same
	if s.settled[text] {
		return &UnsettledError{Object: "pool " + s.path.String(), Device: s.device.Name(), Change: change.String()}
	}
	if len(mark.Backends) > 1 {
		if err := s.stillBound(ctx); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	writing, cancel := outlasting(ctx, finishTime)
	defer cancel()
	err := s.device.ApplyPool(writing, change)
	if failure, ok := errors.AsType[*DeviceError](err); ok && failure.Moved {
		s.known = false // nothing was left on the other unit
	}
	if err == nil {
		s.written[text] = true
	}
	return err
}

// stillBound asks whether the shares are those that the write was decided by:
// somebody who applies another split writes mark and members together. With one
// backend they do not depend on it.
func (s *followSync) stillBound(ctx context.Context) error {
	now, err := s.device.PoolDescription(ctx, s.path)
	if err == nil && now != s.live.Description {
		return errBindingMoved
	}
	return err
}

// outlasting is a context that ends a while after ctx.
func outlasting(ctx context.Context, while time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		_ = sleep(longer, while)
		cancel()
	})
	return longer, func() {
		stop()
		cancel()
	}
}

// askOwners asks whether nobody is meant to be there: that is so if all backends
// that have a member in service are scaled to zero. What cannot be told is not so.
func (s *followSync) askOwners(ctx context.Context, mark Binding) {
	serving := map[string]bool{}
	for _, m := range s.now.Members {
		if m.Session == ltm.Enabled && Owned(m) {
			serving[BackendOf(m)] = true
		}
	}
	zero := len(serving) > 0 && s.options.Owners != nil
	for _, backend := range mark.Backends {
		if !zero || !serving[backend.Name] {
			continue
		}
		delete(serving, backend.Name)
		if kind := backend.Ref.Kind(); kind == endpoints.KindAddresses || kind == endpoints.KindNodes {
			zero = false // nobody scales these
			continue
		}
		var err error
		if zero, err = s.options.Owners.ScaledToZero(ctx, backend.Ref); err != nil {
			zero, s.unowned = false, &BackendError{Backend: backend.Name, Err: err}
		}
	}
	zero = zero && len(serving) == 0 // of a backend that the mark does not name nobody knows
	s.zero = &zero
}
