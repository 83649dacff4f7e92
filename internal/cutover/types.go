package cutover

import (
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Spec says how carefully traffic moves. The zero Spec moves it at once.
type Spec struct {
	Require Requirement
	Timeout time.Duration // how long Verify waits; 0 = look once, as soon as monitors have judged (FirstProbe)
	Freeze  Freeze        // when no traffic may be moved

	// Pause is how long each stage but the last is watched, Bake the last one.
	Pause, Bake time.Duration
	MaxFailed   int       // members of what gained traffic that may go down while it is watched
	OnFailure   OnFailure // what to do when more do, or when Check says no
	Check       Check     // asked in Verify, Pause and Bake

	Drain            time.Duration // how long what leaves may keep its connections; 0 = do not wait
	DrainConnections int64         // so many may remain
	ForceOffline     bool          // what has left is forced offline after the drain (the switch only)
}

// Requirement is a number of members, or a percentage of them. The zero
// Requirement asks for nothing.
type Requirement struct {
	Count   int // at least so many
	Percent int // 1 to 100: at least so many in a hundred, rounded up
}

// OnFailure is what becomes of traffic that moved to something that failed.
type OnFailure string

// The answers to a failure.
const (
	Rollback OnFailure = ""     // what served before serves again
	Hold     OnFailure = "hold" // the traffic stays where it is
)

// Check is a question to something outside of device and cluster. The zero Check
// asks nothing. Whoever asks it hands the answers in as Readings.
type Check struct {
	URL    string // fetched; "" = none
	Via    string // host:port to connect to instead of the URL's: a preview listener
	Status int    // the HTTP status that URL must answer

	Prometheus string    // base URL of a Prometheus; "" = none
	Query      string    // an instant query
	Condition  Condition // what every value of its answer must fulfil

	Interval time.Duration // between two answers
	Failures int           // so many bad answers in a row are a failure; at least 1
}

// IsZero tells that c asks nothing.
func (c Check) IsZero() bool { return c.URL == "" && c.Prometheus == "" }

// Reading is one answer to a Check.
type Reading struct {
	At     time.Time
	Failed string // why it failed, "" if it did not
}

// Phase is where a cutover stands.
type Phase string

// The phases in order, and the ends.
const (
	Prepare Phase = "prepare"  // what will serve is put on the device, taking nothing yet
	Verify  Phase = "verify"   // wait until the gates are open
	Shift   Phase = "shift"    // one write moves the traffic of a stage
	Pause   Phase = "pause"    // a stage that is not the last is watched
	Bake    Phase = "bake"     // the last one is watched
	Drain   Phase = "drain"    // what leaves finishes its connections
	Remove  Phase = "remove"   // what has left is taken off the device
	Reverse Phase = "rollback" // one write: what served before serves again
	Done    Phase = "done"     // the goal is reached
	Aborted Phase = "aborted"  // a gate stayed closed, or what gained traffic failed
)

// Candidate is a member that is to take traffic after the shift, or has taken it.
type Candidate struct {
	Key     ltm.MemberKey
	Backend string // the group that Require is asked of; "" on a static pool, the pool's path on a switch
	Health  ltm.Health
	Reason  string // why it is not available, "" if unknown
	Gone    bool   // its endpoint is not ready in the cluster any more
}

// Leaver is a member, or a pool's member, that gets nothing new after the shift.
type Leaver struct {
	Key         ltm.MemberKey
	Connections int64 // still open
}

// Observation is what both sides look like at one moment, as the stage of
// Progress sees them.
type Observation struct {
	Moves bool // the stage moves traffic from one group to another
	More  bool // another stage follows

	// The facts that the first gates ask for, looked up while Progress is not
	// Cleared and Moves. "" is all well.
	Standby string // why the device does not serve, or is not in sync
	Foreign string // why the object is not ours to change
	Changed string // what somebody else changed since the goal was set

	Prepared   bool        // nothing is left to prepare
	Candidates []Candidate // sorted by backend and key
	// Bare tells that of those that serve now none would go on to: at least one
	// candidate must be available first, whatever Require says.
	Bare    bool
	Reading *Reading // the last answer to Spec.Check; nil = none yet
	Shifted bool     // nothing is left to shift
	Leavers []Leaver // sorted by key; looked at only if Shifted and Spec.Drain say so
	Lingers bool     // what leaves for good is not forced offline yet
	Removed bool     // nothing is left to remove

	Reversible bool // what served before the run could serve again
	Reversed   bool // it does: nothing is left to roll back
}

// Progress is what a run remembers between two steps. The zero Progress is a
// fresh start; an interrupted run starts afresh and skips what is done.
type Progress struct {
	Stage     int       // counts the stages that are behind
	Cleared   bool      // the gates that are asked before anything is written were open once
	Verifying time.Time // when Verify began
	Verified  bool      // the gates opened once: after that only the shift is left
	Moved     bool      // this run has moved traffic
	Watching  time.Time // when Pause or Bake began
	Watched   bool      // Bake is over
	Down      int       // candidates that were down before the shift
	Bad       int       // bad readings in a row
	Read      time.Time // of the last reading that was counted
	Draining  time.Time // when Drain began
	Drained   bool      // the leavers were done once, or out of time
	Failure   string    // why the run has failed, "" while it has not
	Back      bool      // it was rolled back
}

// Step is what to do next: the action of its phase, or a wait.
type Step struct {
	Phase    Phase
	Wait     bool // nothing to do now: observe again, at once if Deadline is over
	Progress Progress
	Gates    []Gate    // what Verify saw
	Deadline time.Time // when the wait ends, zero if it never does
	Open     int64     // connections that Drain still waits for
	Failure  string    // Aborted after traffic had moved: why
	Back     bool      // Aborted, and what served before serves again
}

// Gate is the outcome of one requirement.
type Gate struct {
	// Closed is why a gate that counts nothing is closed; Final that waiting
	// does not open it.
	Closed string
	Final  bool
	Kind   GateKind

	Backend   string
	Available int
	Needed    int
	Of        int
	Missing   []Candidate // those that are not available
}

// GateKind tells which question a gate answers.
type GateKind string

// The kinds of gate.
const (
	GateAvailable GateKind = ""          // enough members are available
	GateFreeze    GateKind = "freeze"    // now is a time to move traffic
	GateDevice    GateKind = "device"    // the device serves and is in sync
	GateOwner     GateKind = "owner"     // the object is ours
	GateUnchanged GateKind = "unchanged" // nobody else changed it since the goal was set
	GateCheck     GateKind = "check"     // Spec.Check says yes
)
