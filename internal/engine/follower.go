package engine

import (
	"context"
	"errors"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	// mostReads bounds how often a Sync reads the pool, where somebody else is faster.
	mostReads = 5
	// mostWrites bounds a Sync where endpoints change faster than they are written:
	// then the next one goes on, after others had their turn.
	mostWrites = 12
	// soon is FollowReport.After of a Sync that stopped at mostWrites.
	soon = time.Millisecond
	// finishTime is how long a write may go on after the end of its context: a
	// process that is asked to stop does so within a second, and leaves no change
	// half made.
	finishTime = 800 * time.Millisecond
)

// errBindingMoved ends what was decided by a mark that is another one now.
var errBindingMoved = errors.New("the pool's mark has changed again and again while it was followed")

// Owners knows what makes the pods of a backend.
type Owners interface {
	// ScaledToZero tells that whatever makes the pods of ref is asked for none:
	// there is at least one such owner, and all of them have zero replicas.
	ScaledToZero(ctx context.Context, ref endpoints.Ref) (bool, error)
}

// FollowOptions are the settings of a Follower that the pool's binding does not make.
type FollowOptions struct {
	MaxDisablePercent int           // see follow.Policy
	Hold              time.Duration // see follow.Policy
	PreWarm           bool          // see follow.Policy
	DryRun            bool          // writes nothing; Written tells what would be
	Owners            Owners        // nil: nobody knows
}

// FollowReport is what a Sync found and did.
type FollowReport struct {
	Bound     bool                     // the pool is there and has a mark; if not, the rest is empty
	Retired   bool                     // it is to be deleted once no virtual server uses it: see SweepRetired
	Backends  []Backend                // what it is bound to, sorted by name
	Pool      ltm.Pool                 // as it is now, as far as is known
	Backend   map[ltm.MemberKey]string // the backend of each endpoint
	Endpoints BackendEndpoints
	Compared  bool                  // the pool was read, and Drift tells what had been changed behind our back
	Drift     []Drift               // sorted by key
	Written   []changeset.ChangeSet // in order
	Held      []follow.Held         // sorted by key
	Draining  []follow.Drain        // sorted by key
	Triggered time.Time             // when the endpoints changed last, as the cluster has it; zero = not told
	After     time.Duration         // Sync again then, even if nothing changes; 0 = no need
}

// Follower keeps one bound pool equal to its live endpoints. It remembers what the
// pool is, as it read and wrote it, so that a change of one endpoint is one
// request. It is not for concurrent use; losing it loses nothing that matters.
type Follower struct {
	device  Device
	source  Source
	path    ltm.Path
	options FollowOptions

	live   ltm.Pool  // as last read, with what was written since
	known  bool      // the device has that, unless somebody else changed it
	left   *ltm.Pool // live of before the last read, until both are compared
	memory follow.Memory
}

// NewFollower makes a Follower of the pool at path. Source should answer from
// memory: it is asked before each write. Nothing is read yet.
func NewFollower(device Device, source Source, path ltm.Path, options FollowOptions) *Follower {
	return &Follower{device: device, source: source, path: path, options: options}
}

// Sync writes what it takes for the pool to follow its endpoints, and returns when
// there is nothing more to write now: it never waits for a drain or a hold. With
// compare it reads the pool first, and else only where it does not know what the
// device has: at the start, and after a write that failed.
//
// A pool that is gone or not bound is no error: Bound is false then. Errors are
// those of binding.Parse (the mark is not understood: nothing is written),
// *BackendError (the Source: nothing is written), *DeviceError, *UnsettledError,
// of Owners (told in the end: what its answer would have let pass is held) or
// ctx.Err(). The report beside an error tells how far the Sync came.
//
// When ctx ends no write begins; one that has begun is finished, for 800 ms at most.
func (f *Follower) Sync(ctx context.Context, compare bool) (FollowReport, error) {
	s := &followSync{Follower: f, drift: map[ltm.MemberKey]DriftKind{}, written: map[string]bool{}, settled: map[string]bool{}}
	err := s.run(ctx, compare)
	if _, source := errors.AsType[*BackendError](err); err != nil && !source {
		f.known = false
	}
	if err == nil {
		return s.told(), s.unowned
	}
	return s.told(), cause(ctx, err)
}

// forget is for a pool that is gone, or not ours: whoever makes it anew owes
// nothing to what it was.
func (f *Follower) forget() {
	f.live, f.known, f.left, f.memory = ltm.Pool{}, false, nil, follow.Memory{}
}
