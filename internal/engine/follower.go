package engine

import (
	"context"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

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
	Backends  []Backend                // what it is bound to
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

// Drift is a member that was not as this process had left it.
type Drift struct {
	Key  ltm.MemberKey
	Kind DriftKind
}

// DriftKind is how it was different.
type DriftKind string

// The kinds of drift.
const (
	DriftMissing DriftKind = "missing"
	DriftExtra   DriftKind = "extra" // with our mark; others are not ours
	DriftChanged DriftKind = "changed"
)
