package reconciler

import (
	"cmp"
	"fmt"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// subject is a member of a pool, or one that is to be, and all that decides about it.
type subject struct {
	live     *ltm.Member          // nil: it is not on the device
	health   ltm.Health           // of live, as the device judges it
	asked    *ltm.Member          // nil: it is not to be there, or it is not the helper's
	backend  *engine.Backend      // nil: none that the pool is bound to
	name     string               // of the backend, as its mark has it where the pool is not bound to it
	endpoint *endpoints.Explained // nil: there is none
	leftOut  string               // why an endpoint of its address was left out, "" if none was
	held     *follow.Held
	writes   bool          // the next sync writes it
	removes  bool          // the next sync removes it
	drain    time.Duration // the binding's; 0 = not said
	policy   engine.FollowOptions
}

// Owner is who decides about a member.
type Owner string

// The owners.
const (
	ownerHelper Owner = "helper"
	ownerApply  Owner = "apply" // an apply prepares or drains it: the helper leaves it alone
	ownerOther  Owner = "other" // not ours
)

func (s subject) owner() Owner {
	switch {
	case s.asked != nil:
		return ownerHelper
	case s.live != nil && !engine.Owned(*s.live):
		return ownerOther
	case s.live != nil && (s.backend == nil || s.endpoint != nil):
		return ownerApply
	}
	return ownerHelper
}

// why is one sentence without its full stop: what is so, and what comes of it.
func (s subject) why() string {
	switch s.owner() {
	case ownerOther:
		if binding.Marked(s.live.Description) {
			return "not ours: its mark cannot be read, as a later release may have written it"
		}
		return "not ours: it carries no mark"
	case ownerApply:
		if s.backend == nil {
			return fmt.Sprintf("the pool is not bound to its backend %s: an apply prepares or drains it", s.name)
		}
		return fmt.Sprintf("its backend %s has no share and is to be off the device: an apply drains it", s.name)
	}
	if s.endpoint == nil {
		return s.gone()
	}
	if s.asked == nil {
		return fmt.Sprintf("its backend %s has no share and is off the device", s.name)
	}
	return s.cause() + s.outcome()
}

// cause is what the endpoint says.
func (s subject) cause() string {
	e := s.endpoint
	switch {
	case e.State == endpoints.Draining && s.backend.Ref.NodePort:
		return "all behind its node port is terminating and still serving: takes no new clients"
	case e.State == endpoints.Draining:
		return "terminating and still serving: takes no new clients"
	case e.State == endpoints.NotReady && s.backend.Ref.NodePort:
		return "nothing behind its node port is ready: takes nothing"
	case e.State == endpoints.NotReady && says(e.Origin, "terminating"):
		return "terminating and not serving any more: takes nothing"
	case e.State == endpoints.NotReady && s.asked.Session == ltm.Disabled:
		return "not ready yet: its monitors judge it already, clients come later"
	case e.State == endpoints.NotReady:
		return "not ready: takes nothing"
	case s.backend.Share <= 0:
		return fmt.Sprintf("ready, but its backend %s has no share: a standby", s.name)
	case s.live == nil || s.live.Session != ltm.Enabled:
		return "ready"
	case s.health == ltm.HealthDown:
		return "ready, but the device's monitors call it down: gets no new clients"
	case s.health == ltm.HealthChecking:
		return "ready, but the device's monitors have not judged it yet: gets no clients until then"
	}
	return "ready: takes new clients"
}

// outcome is what is to be done about it.
func (s subject) outcome() string {
	switch {
	case s.held != nil:
		return "; " + s.hold()
	case s.writes && s.live == nil:
		return "; the next sync adds it"
	case s.writes && !engine.Owned(*s.live):
		return "; the next sync makes it ours"
	case s.writes:
		return "; the next sync changes it"
	case s.live == nil || s.asked.Session != s.live.Session || s.asked.Ratio != s.live.Ratio:
		return "; it waits until nothing is held"
	}
	return ""
}

// gone is for a member of ours that no endpoint stands for.
func (s subject) gone() string {
	text := "gone: "
	switch ref := s.backend.Ref; {
	case s.leftOut != "":
		text = "its endpoint is left out, as " + s.leftOut
	case ref.Kind() == endpoints.KindSelector:
		text += "no pod with its backend's labels has its address"
	case ref.Kind() == endpoints.KindNodes:
		text += "no node that its backend selects has its address"
	case ref.Kind() == endpoints.KindAddresses:
		text += "it is none of its backend's addresses"
	case ref.NodePort:
		text += "no node has its address, or the node port is another one"
	default:
		text += "its endpoint is in no slice"
	}
	switch {
	case s.held != nil:
		return text + "; " + s.hold()
	case s.removes:
		return text + "; the next sync removes it"
	}
	return fmt.Sprintf("%s; removed when no connection is left, after %s at the latest", text, cmp.Or(s.drain, follow.MaxDrain))
}

// hold is why it stays in service although its endpoint says otherwise.
func (s subject) hold() string {
	reason := holdReason(*s.held, s.policy)
	if s.held.Until.IsZero() {
		return "held in service as long as " + reason
	}
	return fmt.Sprintf("held in service for %s, as %s", s.policy.Hold, reason)
}

// holdReason words why something is held.
func holdReason(held follow.Held, policy engine.FollowOptions) string {
	return map[follow.Reason]string{
		follow.Nobody:     "nobody would be left enabled",
		follow.Many:       fmt.Sprintf("more than %d %% would go at once", policy.MaxDisablePercent),
		follow.WatchBroke: "a watch of the cluster broke a moment ago",
		follow.SliceLost:  "its EndpointSlice was deleted",
		follow.NoNode:     "no node of the cluster is ready",
		follow.Minimum:    "less members than the pool's minimum would be left enabled",
	}[held.Reason]
}

// says tells that a condition is true.
func says(o endpoints.Origin, name string) bool {
	for _, c := range o.Conditions {
		if c.Name == name {
			return c.Status == "true"
		}
	}
	return false
}
