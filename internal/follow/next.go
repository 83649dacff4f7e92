package follow

import (
	"slices"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Next decides what a pool's next step is. It only reads what it is given; the
// caller takes the step, notes what came of it in World.Live, and calls Next with
// the Memory of the last Step, until there is nothing to write and nothing to ask.
func Next(policy Policy, world World, memory Memory, now time.Time) Step {
	t := turn{Policy: policy, World: world, Memory: memory, now: now}
	t.nodes()
	target := t.Live
	target.Members = t.target()
	change := changeset.Compute(target, t.Live)

	held, askOwners := t.hold(change, enabled(target.Members))
	change = withoutHeld(change, t.Live, held)
	way := t.leaving(change)
	t.Begun = true

	step := Step{Held: held, AskOwners: askOwners, Draining: way.drains, After: t.after(held, way), Memory: t.Memory}
	switch shift := change.Shift(way.leave); {
	case len(change.Add) > 0:
		step.Write = change.Prepare(mixes(change))
	case !shift.Empty():
		step.Write = shift
	case way.ask: // before the removals, so that they are one write
		step.Ask = true
	case len(way.done) > 0:
		step.Write = changeset.ChangeSet{Pool: change.Pool, Remove: way.done}
	}
	return step
}

// turn is one call of Next. Its Memory becomes that of the Step.
type turn struct {
	Policy
	World
	Memory
	now time.Time
}

// target is what the members must be in the end: what is wanted, and PreWarm's.
func (t *turn) target() []ltm.Member {
	if !t.PreWarm {
		return t.Want
	}
	members := slices.Clone(t.Want)
	for i, m := range members {
		if m.Session == ltm.ForcedOffline && t.Endpoint[m.Key] == endpoints.NotReady && t.warms(m.Key) {
			members[i].Session = ltm.Disabled
		}
	}
	return members
}

// warms tells that a member has not been enabled yet. One that is disabled while
// its endpoint is not ready was added so, unless it is on its way out: whatever was
// enabled is forced offline when its endpoint is not ready any more.
func (t *turn) warms(key ltm.MemberKey) bool {
	live, found := t.Live.Member(key)
	_, leaving := t.Left[key]
	return !found || live.Session == ltm.Disabled && !leaving
}

// withoutHeld leaves held members alone. Where it is in doubt who goes, what the
// others would get of the traffic instead is in doubt with it.
func withoutHeld(change changeset.ChangeSet, live ltm.Pool, held []Held) changeset.ChangeSet {
	if len(held) == 0 {
		return change
	}
	doubt := slices.ContainsFunc(held, func(h Held) bool { return h.Reason != Minimum })
	return changeset.OwnedOnly(func(m ltm.Member) bool {
		_, is := slices.BinarySearchFunc(held, m.Key, func(h Held, key ltm.MemberKey) int { return h.Key.Compare(key) })
		return !is
	})(changeset.ChangeSet{
		Pool: change.Pool, Add: change.Add, Remove: change.Remove,
		Modify: slices.DeleteFunc(change.Modify, func(c changeset.MemberChange) bool { return doubt && shares(c) }),
	}, live)
}

// mixes tells that shares of members that stay change.
func mixes(change changeset.ChangeSet) bool { return slices.ContainsFunc(change.Modify, shares) }

// shares tells that a member stays enabled and gets another part of the traffic.
func shares(c changeset.MemberChange) bool {
	return c.From.Session == ltm.Enabled && c.To.Session == ltm.Enabled &&
		(c.From.Ratio != c.To.Ratio || c.From.PriorityGroup != c.To.PriorityGroup)
}

// after is when the next hold or drain ends, or the device is to be asked again.
func (t *turn) after(held []Held, way departures) time.Duration {
	next := way.next
	for _, h := range held {
		next = earlier(next, h.Until)
	}
	if next.IsZero() {
		return 0
	}
	return next.Sub(t.now)
}

// earlier is the first of two moments; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func enabled(members []ltm.Member) int {
	count := 0
	for _, m := range members {
		if m.Session == ltm.Enabled {
			count++
		}
	}
	return count
}
