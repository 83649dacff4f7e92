package cutover

import (
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Spec says how carefully traffic moves. The zero Spec moves it at once.
type Spec struct {
	Require Requirement
	Timeout time.Duration // how long Verify waits; 0 = look once, as soon as monitors have judged (FirstProbe)
	Drain   time.Duration // how long what leaves may keep its connections; 0 = do not wait
}

// Requirement is a number of members, or a percentage of them. The zero
// Requirement asks for nothing.
type Requirement struct {
	Count   int // at least so many
	Percent int // 1 to 100: at least so many in a hundred, rounded up
}

// Phase is where a cutover stands.
type Phase string

// The phases of this slice, in order; Aborted and Done are ends.
const (
	Prepare Phase = "prepare" // what will serve is put on the device, taking nothing yet
	Verify  Phase = "verify"  // wait until enough of it is available
	Shift   Phase = "shift"   // one write moves the traffic
	Drain   Phase = "drain"   // what leaves finishes its connections
	Remove  Phase = "remove"  // what has left is taken off the device
	Done    Phase = "done"
	Aborted Phase = "aborted" // a gate stayed closed; traffic is where it was
)

// Candidate is a member that is to take traffic after the shift.
type Candidate struct {
	Key     ltm.MemberKey
	Backend string // the group that Require is asked of; "" on a static pool, the pool's path on a switch
	Health  ltm.Health
	Reason  string // why it is not available, "" if unknown
}

// Leaver is a member, or a pool's member, that gets nothing new after the shift.
type Leaver struct {
	Key         ltm.MemberKey
	Connections int64 // still open
}

// Observation is what both sides look like at one moment.
type Observation struct {
	Prepared   bool        // nothing is left to prepare
	Candidates []Candidate // sorted by backend and key
	// Bare tells that of those that serve now none would go on to: at least one
	// candidate must be available first, whatever Require says.
	Bare    bool
	Shifted bool     // nothing is left to shift
	Leavers []Leaver // sorted by key; looked at only if Shifted and Spec.Drain say so
	Removed bool     // nothing is left to remove
}

// Progress is what a run remembers between two steps. The zero Progress is a
// fresh start; an interrupted run starts afresh and skips what is done.
type Progress struct {
	Verifying time.Time // when Verify began
	Draining  time.Time // when Drain began
	Verified  bool      // the gates opened once: after that only the shift is left
	Drained   bool      // the leavers were done once, or out of time
}

// Step is what to do next: the action of its phase, or a wait.
type Step struct {
	Phase    Phase
	Wait     bool // nothing to do now: observe again
	Progress Progress
	Gates    []Gate    // what Verify saw, sorted by backend
	Deadline time.Time // when the wait ends, zero if it never does
	Open     int64     // connections that Drain still waits for
}

// Gate is the outcome of one requirement on one group of candidates.
type Gate struct {
	Backend   string
	Available int
	Needed    int
	Of        int
	Missing   []Candidate // those that are not available
}
