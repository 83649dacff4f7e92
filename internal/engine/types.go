package engine

import (
	"context"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/traffic"
)

// Backend is a group of a pool's members: what a Service, a selector of pods or a
// list of addresses has.
type Backend struct {
	Name   string
	Ref    endpoints.Ref
	Share  int  // its weight in the pool's traffic; 0 is a standby
	Remove bool // with Share 0 its members are off the device, not disabled on it
}

// BackendEndpoints are the endpoints of each backend, by its name.
type BackendEndpoints map[string]endpoints.Result

// BackendMembers is what a pool's members must be for its backends to get
// their shares.
type BackendMembers struct {
	Members []ltm.Member             // sorted by key: those of the backends, and those on the device that are not ours
	Backend map[ltm.MemberKey]string // the backend of each member that is ours
	Traffic traffic.Result
}

// PoolGoal is what RunPool brings a pool to.
type PoolGoal struct {
	Pool ltm.Pool     // settings and all members, as they must be in the end
	Spec cutover.Spec // how carefully
	// Backend groups members for the gates. It is nil on a static pool, where all
	// members are one group, and never nil on a pool with backends: there a
	// member without a backend is not ours, and no gate asks for it.
	Backend map[ltm.MemberKey]string
	// Via are the stages on the way, with shares between those of now and those of
	// Pool (see Stages). They are left out where no traffic moves between backends.
	Via []ltm.Pool
	// Planned is the pool that the goal was set against; nil does not ask whether
	// somebody changed it since, nor whether the device serves and is in sync.
	Planned *ltm.Pool
	// Known are the sessions of the members that the goal was set against, as the device
	// had them then; nil is as the run finds them. What is on a bound pool since then
	// is somebody else's doing, and kept (see since).
	Known map[ltm.MemberKey]ltm.Session
	// Gone are members whose endpoints are not ready any more since the goal was
	// set: no gate counts them.
	Gone map[ltm.MemberKey]bool
	// Ask asks for Gone anew, before members are enabled after a wait; nil does not. An
	// error leaves it at what was known.
	Ask     func(ctx context.Context) (map[ltm.MemberKey]bool, error)
	Checker Checker // asks Spec.Check
}

// VirtualServerGoal is what RunVirtualServer brings a virtual server to.
type VirtualServerGoal struct {
	VirtualServer ltm.VirtualServer
	Spec          cutover.Spec
	Planned       *ltm.VirtualServer // as PoolGoal.Planned
	Checker       Checker            // asks Spec.Check
}

// SiteGoal is what RunSite brings the objects of routes to.
type SiteGoal struct {
	// Paths are all objects that the run may change: those that are wanted, and those
	// that were made before.
	Paths ltm.SitePaths
	// Desired is what the objects of Paths must be, given what they are now: a policy
	// that several goals share keeps the rules of the others. What it leaves out is
	// deleted. It is asked after each read, and must settle: of what it asked for it
	// asks the same.
	Desired func(live ltm.Site) (ltm.Site, error)
	// KeyPairs are the files of Desired's certificates.
	KeyPairs map[ltm.Path]ltm.KeyPair
	// Pools bring pools that are there already to their members. A pool that is new is
	// made with those that Desired gives it.
	Pools []PoolGoal
	// Spec: Require, asked of each monitored pool that begins to get traffic, Timeout
	// and Freeze.
	Spec    cutover.Spec
	Planned *ltm.Site // as PoolGoal.Planned
}

// Report is told of each step that a run takes; nil is allowed. It must not
// block.
type Report func(cutover.Step)

// BackendError is a failure that one backend is to blame for.
type BackendError struct {
	Backend string
	Err     error
}

// Error tells the backend and the cause.
func (e *BackendError) Error() string { return "backend " + e.Backend + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *BackendError) Unwrap() error { return e.Err }

// AbortedError is a cutover that was given up. If a gate stayed closed, traffic is
// where it was. If Step.Failure tells that what had gained traffic failed, Step.Back
// tells whether what served before serves again. What was prepared stays on the
// device: disabled, where Spec asked for a Require.
type AbortedError struct {
	Object string // "pool /shop/web"
	Device string
	Step   cutover.Step // the last one, with what the gates saw
	Spec   cutover.Spec
}

// Error tells which gate was closed, or what failed.
func (e *AbortedError) Error() string {
	text := e.Object + " on " + e.Device + ": "
	switch {
	case e.Step.Failure != "" && e.Step.Back:
		return text + "rolled back: " + e.Step.Failure
	case e.Step.Failure != "":
		return text + "stopped, and not rolled back: " + e.Step.Failure
	}
	text += "traffic was not moved"
	for _, gate := range e.Step.Gates {
		if !gate.Open() {
			text += "; " + gate.String()
		}
	}
	return text
}

// UnsettledError is a write that the device took without an error, and that made
// no difference: the next read asked for the same change. It ends a run that
// would go on for ever, and hints at a value that the device spells otherwise,
// or at somebody who changes it back.
type UnsettledError struct {
	Object string // "pool /shop/web"
	Device string
	Change string // what is still different, as ChangeSet.String prints it
}

// Error tells what is still different.
func (e *UnsettledError) Error() string {
	return e.Object + " on " + e.Device + ": the device took a change, but still shows what was there before: " + e.Change
}
