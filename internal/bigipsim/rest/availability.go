package rest

import (
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/config"
)

// availability is the triple that statistics end with (icontrol-rest 7).
type availability struct {
	state   string // available, offline, unknown, unavailable
	enabled string // enabled, disabled, disabled-by-parent
	reason  string
}

// takes says whether new connections go there.
func (a availability) takes() bool {
	return a.enabled == "enabled" && a.state != "offline" && a.state != "unavailable"
}

func (e *encoder) memberAvailability(o *config.Object, pool string) availability {
	h := e.health(o, pool)
	a := availability{state: "available", enabled: "enabled", reason: "Pool member is available"}
	node := e.state.Node(o)
	forced := o.Text("state") == "user-down"
	nodeForced := node != nil && node.Text("state") == "user-down"
	switch {
	case forced || nodeForced:
		a.state, a.reason = "offline", "Forced down"
	case o.IsTemplate():
		a.state, a.reason = resolved(h.state)
	case h.state == "unchecked":
		a.state, a.reason = "unknown", "Pool member does not have service checking enabled"
	case h.state == "checking":
		a.state, a.reason = "unknown", "Pool member's service check results are not available yet"
	case h.state == "down":
		a.state, a.reason = "offline", h.reason
	}
	if a.state != "offline" && (full(o, e.traffic.MemberCounters(pool, o.Path).CurSessions) ||
		node != nil && full(node, e.traffic.NodeCounters(node.Path).CurSessions)) {
		a.state, a.reason = "unavailable", limitReached
	}
	switch {
	case o.Text("session") == "user-disabled" || forced || h.disabled:
		a.enabled = "disabled"
	case node != nil && (node.Text("session") == "user-disabled" || nodeForced):
		a.enabled = "disabled-by-parent"
	}
	return a
}

// What a device says of a node that is down and of a limit that is reached; not
// recorded.
const (
	parentDown   = "Parent down"
	limitReached = "The connection limit has been reached"
)

// full reports whether an object has as many connections as its limit allows.
func full(o *config.Object, open int64) bool {
	limit, _ := o.Get("connectionLimit").(int64)
	return limit > 0 && open >= limit
}

// resolved is how the state of a name reads; only the words of fqdn-up are
// recorded (icontrol-rest 7).
func resolved(word string) (state, reason string) {
	switch word {
	case "fqdn-up":
		return "available", "The DNS server(s) are available"
	case "fqdn-up-no-addr":
		return "unknown", "The DNS server(s) are available, but have no address for the name"
	default:
		return "offline", "The DNS server(s) are not available"
	}
}

func (e *encoder) monitorStatus(o *config.Object, pool string) string {
	if o.Text("state") == "user-down" {
		return "forced-down"
	}
	if node := e.state.Node(o); node != nil && node.Text("state") == "user-down" {
		return "address-down"
	}
	h := e.health(o, pool)
	if h.parent {
		return "address-down"
	}
	return h.state
}

func (e *encoder) sessionStatus(o *config.Object) string {
	if o.Text("session") == "user-disabled" {
		return "disabled"
	}
	if node := e.state.Node(o); node != nil && node.Text("session") == "user-disabled" {
		return "addr-disabled"
	}
	return "enabled"
}

// poolAvailability is the best of its members; a pool without members is unknown.
func (e *encoder) poolAvailability(o *config.Object) availability {
	unknown := availability{
		state: "unknown", enabled: "enabled",
		reason: "The children pool member(s) either don't have service checking enabled, or service check results are not available yet",
	}
	members := o.Sub("members").Items()
	if !slices.ContainsFunc(members, func(m *config.Object) bool { return !m.IsTemplate() }) {
		return unknown
	}
	enabled, undecided, busy := false, false, false
	best := availability{state: "offline", enabled: "disabled", reason: "The children pool member(s) are down"}
	for _, member := range members {
		if member.IsTemplate() {
			continue
		}
		a := e.memberAvailability(member, o.Path)
		enabled = enabled || a.enabled == "enabled"
		switch a.state {
		case "available":
			best.state, best.reason = "available", "The pool is available"
		case "unknown":
			undecided = true
		case "unavailable":
			busy = true
		}
	}
	switch {
	case best.state != "offline":
	case undecided:
		best = unknown
	case busy:
		best.state, best.reason = "unavailable", limitReached
	}
	best.enabled = "disabled"
	if enabled {
		best.enabled = "enabled"
	}
	return best
}

func (e *encoder) virtualAvailability(o *config.Object) availability {
	a := availability{
		state: "unknown", enabled: "enabled",
		reason: "The children pool member(s) either don't have service checking enabled, or service check results are not available yet",
	}
	pool := e.state.Objects(e.state.Schema.Type("ltm/pool")).Find(o.Text("pool"))
	if pool != nil {
		switch p := e.poolAvailability(pool); p.state {
		case "available":
			a.state, a.reason = "available", "The virtual server is available"
		case "offline":
			a.state, a.reason = "offline", "The children pool member(s) are down"
		case "unavailable":
			a.state, a.reason = "unavailable", p.reason
		}
	}
	if full(o, e.traffic.VirtualServerCounters(o.Path).CurConns) {
		a.state, a.reason = "unavailable", limitReached
	}
	if o.Is("disabled") {
		a.enabled = "disabled"
	}
	return a
}

func nodeStatus(o *config.Object, h health) string {
	if o.Text("state") == "user-down" {
		return "forced-down"
	}
	return h.state
}

func (e *encoder) nodeAvailability(o *config.Object, h health) availability {
	a := availability{state: "unknown", enabled: "enabled", reason: "Node address does not have service checking enabled"}
	switch {
	case o.Text("state") == "user-down":
		a.state, a.reason = "offline", "Forced down"
	case o.IsTemplate():
		a.state, a.reason = resolved(h.state)
	case h.state == "down":
		a.state, a.reason = "offline", h.reason
	case h.state == "checking":
		a.reason = "Node address's service check results are not available yet"
	case h.state == "up":
		a.state, a.reason = "available", "Node address is available"
	}
	if a.state != "offline" && full(o, e.traffic.NodeCounters(o.Path).CurSessions) {
		a.state, a.reason = "unavailable", limitReached
	}
	if o.Text("session") == "user-disabled" || o.Text("state") == "user-down" || h.disabled {
		a.enabled = "disabled"
	}
	return a
}
