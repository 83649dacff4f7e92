package ltm

import (
	"fmt"
	"slices"
	"strings"
)

// Pool is a pool with its members.
type Pool struct {
	Path              Path        `json:"path"`
	Description       string      `json:"description,omitempty"`
	LoadBalancingMode string      `json:"load_balancing_mode"` // tmsh's word: "round-robin", "ratio-member" …
	Monitors          MonitorRule `json:"monitors"`
	MinActiveMembers  int         `json:"min_active_members"`  // priority group activation; 0 = off
	SlowRampTime      int         `json:"slow_ramp_time"`      // seconds, 0 to 900
	ServiceDownAction string      `json:"service_down_action"` // none, reset, drop, reselect
	ReselectTries     int         `json:"reselect_tries"`      // 0 to 65535
	AllowNAT          bool        `json:"allow_nat"`
	AllowSNAT         bool        `json:"allow_snat"`
	// IgnorePersistedWeight leaves persistent connections out of the members' loads.
	IgnorePersistedWeight  bool   `json:"ignore_persisted_weight"`
	QueueOnConnectionLimit bool   `json:"queue_on_connection_limit"`
	QueueDepthLimit        int    `json:"queue_depth_limit"` // 0 = none
	QueueTimeLimit         int    `json:"queue_time_limit"`  // milliseconds; 0 = none
	MinUpMembers           int    `json:"min_up_members"`    // 0 = off
	MinUpMembersAction     string `json:"min_up_members_action"`
	MinUpMembersChecking   bool   `json:"min_up_members_checking"`
	// Marks of packets: "pass-through", "mimic", or a number as text.
	IPToSToClient   string   `json:"ip_tos_to_client"`
	IPToSToServer   string   `json:"ip_tos_to_server"`
	LinkQoSToClient string   `json:"link_qos_to_client"`
	LinkQoSToServer string   `json:"link_qos_to_server"`
	Members         []Member `json:"members"` // sorted by key, one each
}

// PoolStatus is what the device tells of a pool as a whole, beyond its
// configuration.
type PoolStatus struct {
	Availability       string // available, offline, unknown
	Reason             string // the device's words
	CurrentConnections int64  // server side, open now, on this device only
	TotalConnections   int64  // since the counters were reset
	TotalRequests      int64
}

// The device's defaults for a pool (icontrol-rest 3.1).
const (
	DefaultLoadBalancingMode = "round-robin"
	DefaultSlowRampTime      = 10
	DefaultServiceDownAction = "none"
	DefaultMinUpAction       = "failover"
	PassThrough              = "pass-through" // the default of what marks packets
)

// NewPool returns the pool that the device makes of a bare path.
func NewPool(path Path) Pool {
	return Pool{
		Path: path, LoadBalancingMode: DefaultLoadBalancingMode,
		SlowRampTime: DefaultSlowRampTime, ServiceDownAction: DefaultServiceDownAction,
		AllowNAT: true, AllowSNAT: true, MinUpMembersAction: DefaultMinUpAction,
		IPToSToClient: PassThrough, IPToSToServer: PassThrough, LinkQoSToClient: PassThrough, LinkQoSToServer: PassThrough,
	}
}

// LoadBalancingModes are the words that the device takes (icontrol-rest 3.1).
func LoadBalancingModes() []string {
	return []string{
		"dynamic-ratio-member", "dynamic-ratio-node", "fastest-app-response", "fastest-node",
		"least-connections-member", "least-connections-node", "least-sessions", "observed-member", "observed-node",
		"predictive-member", "predictive-node", "ratio-least-connections-member", "ratio-least-connections-node",
		"ratio-member", "ratio-node", "ratio-session", "round-robin",
		"weighted-least-connections-member", "weighted-least-connections-node",
	}
}

// Member returns the member of that key.
func (p Pool) Member(key MemberKey) (Member, bool) {
	at, found := slices.BinarySearchFunc(p.Members, key, func(m Member, key MemberKey) int { return m.Key.Compare(key) })
	if !found {
		return Member{}, false
	}
	return p.Members[at], true
}

// Serving counts the members that get new connections now.
func (p Pool) Serving() int {
	count := 0
	for _, m := range p.Members {
		if m.Serving() {
			count++
		}
	}
	return count
}

// SortMembers puts members in the order that Pool.Members has.
func SortMembers(members []Member) {
	slices.SortFunc(members, func(a, b Member) int { return a.Key.Compare(b.Key) })
}

// MonitorRule says which monitors must succeed for a member to be up. The zero
// value is "none".
type MonitorRule struct {
	Monitors []Path `json:"monitors,omitempty"` // in the order of the device
	AtLeast  int    `json:"at_least,omitempty"` // 0 = all of them
}

// IsZero tells that there is no monitor.
func (r MonitorRule) IsZero() bool { return len(r.Monitors) == 0 }

// Equal compares without regard to order: the device keeps the order but
// gives it no meaning.
func (r MonitorRule) Equal(other MonitorRule) bool {
	a, b := slices.Clone(r.Monitors), slices.Clone(other.Monitors)
	slices.SortFunc(a, Path.Compare)
	slices.SortFunc(b, Path.Compare)
	return r.AtLeast == other.AtLeast && slices.Equal(a, b)
}

// String returns "/Common/http and /Common/tcp" or "min 1 of /Common/http
// /Common/tcp", the form that REST takes on a write (icontrol-rest 3.1).
func (r MonitorRule) String() string {
	names := make([]string, len(r.Monitors))
	for i, m := range r.Monitors {
		names[i] = m.String()
	}
	if r.AtLeast > 0 {
		return fmt.Sprintf("min %d of %s", r.AtLeast, strings.Join(names, " "))
	}
	return strings.Join(names, " and ")
}
