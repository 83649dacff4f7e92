package follow

import (
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// MaxDrain is how long a member whose binding names no drain may keep its
// connections at most: a pod's grace period ends before, as a rule, and then its
// endpoint is gone.
const MaxDrain = 5 * time.Minute

// Policy is how carefully a pool follows.
type Policy struct {
	MaxDisablePercent int           // of the pool's enabled members, within Hold; 100 holds nothing for this
	Hold              time.Duration // how long a takeaway in doubt waits; 0 holds for no time
	Drain             time.Duration // the binding's; 0 = not said: until the endpoint is gone, at most MaxDrain
	Min               int           // the binding's: enabled members that always stay; 0 = not said
	PreWarm           bool          // new endpoints are added disabled before they are ready
}

// World is what is known of one pool at one moment.
type World struct {
	Live ltm.Pool     // as last read or written
	Want []ltm.Member // what its members must be (engine.Members): members that are not ours among them, as they are
	// Endpoint is the state of each endpoint that there is now, by the member's key.
	Endpoint map[ltm.MemberKey]endpoints.State
	Ending   map[ltm.MemberKey]bool // those that are not ready because they terminate
	// Lost are endpoints that went with a slice that was deleted, not by an update
	// of it, and when.
	Lost        map[ltm.MemberKey]time.Time
	WatchBroke  time.Time // when a watch of one of its clusters broke last; zero = never
	NoNodeReady bool      // in one of its clusters
	// Zero tells that the owners of its pods are scaled to zero; only worth asking
	// for where Step.AskOwners says so.
	Zero bool
	// Status is what the device counts, by key; nil if it was not asked in this turn,
	// or something has been written since.
	Status map[ltm.MemberKey]ltm.MemberStatus
}

// Memory is what has to be remembered of a pool from one Next to the next. The
// zero Memory is right for a start: what was held or drains then begins anew.
type Memory struct {
	Begun     bool                        // it is of a Next, and not the zero Memory of a start
	Wanted    map[ltm.MemberKey]time.Time // takeaways: since when they have been wanted
	Left      map[ltm.MemberKey]Leave     // members on the way out
	Failed    map[ltm.MemberKey]time.Time // members that were taken away since their endpoints were not ready, and still are: when
	NoNode    bool                        // no node was ready at the last Next
	NodesBack time.Time                   // when one was again
}

// Leave is what is remembered of a member on its way out.
type Leave struct {
	Since time.Time // when it lost its new clients
	Cut   bool      // nobody has waited for its clients yet: its endpoint went while it was enabled, or who knows when
	Asked time.Time // when the device was asked for its connections last, since its endpoint is gone; zero = not yet
	Open  int64     // what it counted then
}

// Reason is why a takeaway is held.
type Reason string

// The reasons, as doc.go has them.
const (
	Nobody     Reason = "nobody-left"
	Many       Reason = "too-many-at-once"
	WatchBroke Reason = "watch-broke"
	SliceLost  Reason = "slice-deleted"
	NoNode     Reason = "no-node-ready"
	Minimum    Reason = "minimum"
)

// Held is a takeaway that is held back.
type Held struct {
	Key    ltm.MemberKey
	Reason Reason
	Since  time.Time
	Until  time.Time // zero = as long as the reason lasts
}

// Drain is a member on its way out.
type Drain struct {
	Key         ltm.MemberKey
	Since       time.Time
	Deadline    time.Time
	Connections int64 // open ones, as the device counted last; -1 = not asked yet
	Gone        bool  // its endpoint is gone: it is removed at the end
}

// Step is what Next decided.
type Step struct {
	// Write is the next write, one part only: additions, or changes of members, or
	// removals. After it, ask Next again, with what it made of Live. Empty if there
	// is nothing to write now.
	Write changeset.ChangeSet
	// Ask wants World.Status before anything else can be decided: a drain waits.
	Ask bool
	// AskOwners wants World.Zero: only the owners can tell whether nobody is meant.
	AskOwners bool
	Held      []Held        // sorted by key
	Draining  []Drain       // sorted by key
	After     time.Duration // look again then, even if nothing changes; 0 = no need
	Memory    Memory
}
