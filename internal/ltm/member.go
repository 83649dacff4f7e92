package ltm

import "slices"

// Session is what an operator wants of a member. The device splits it over two
// properties, session and state (icontrol-rest 4.5); internal/bigip translates.
type Session string

// The three sessions.
const (
	// Enabled takes new connections, if the monitors agree.
	Enabled Session = "enabled"
	// Disabled keeps existing connections and those of persistent clients.
	Disabled Session = "disabled"
	// ForcedOffline keeps existing connections only.
	ForcedOffline Session = "forced-offline"
)

// Sessions lists all valid sessions, in the order of how much they let in.
func Sessions() []Session { return []Session{Enabled, Disabled, ForcedOffline} }

// Health is what the device found out about a member. It is observed, never
// desired, and no part of a comparison.
type Health string

// The healths of a member.
const (
	HealthUnchecked  Health = "unchecked"   // no monitor: the device believes it is there
	HealthChecking   Health = "checking"    // a monitor has not answered yet
	HealthUp         Health = "up"          // every needed monitor succeeded
	HealthDown       Health = "down"        // a monitor failed
	HealthForcedDown Health = "forced-down" // somebody forced it offline
)

// Limits of a member's numbers.
const (
	MinRatio         = 1
	MaxRatio         = 65535
	MaxPriorityGroup = 65535
)

// Member is one server of a pool.
type Member struct {
	Key MemberKey `json:"key"`
	// Name is the member's name on the device where it isn't Key.Name(): a
	// member of a named node ("web-1:443").
	Name            string `json:"name,omitempty"`
	Description     string `json:"description,omitempty"`
	Ratio           int    `json:"ratio"`                // 1 to 65535; 1 by default
	PriorityGroup   int    `json:"priority_group"`       // 0 to 65535; 0 by default
	ConnectionLimit int    `json:"connection_limit"`     // 0 = none
	RateLimit       int    `json:"rate_limit,omitempty"` // new connections per second; 0 = none
	// Monitors is InheritMonitors by default.
	Monitors MemberMonitors `json:"monitors,omitempty"`
	Session  Session        `json:"session"`
	// Health is observed. Zero in what is desired.
	Health Health `json:"health,omitempty"`
}

// MemberMonitors says which monitors watch a member: those of its pool, none, or
// the text of a rule of its own, "/Common/http and /Common/tcp".
type MemberMonitors string

// What a member has instead of a rule of its own.
const (
	InheritMonitors MemberMonitors = ""     // those of the pool
	NoMonitors      MemberMonitors = "none" // it always counts as available
)

// OwnMonitors is a rule as a member has it: its monitors sorted, so that equal
// rules have the same text. The zero rule is NoMonitors.
func OwnMonitors(rule MonitorRule) MemberMonitors {
	if rule.IsZero() {
		return NoMonitors
	}
	rule.Monitors = slices.Clone(rule.Monitors)
	slices.SortFunc(rule.Monitors, Path.Compare)
	return MemberMonitors(rule.String())
}

// NewMember returns the member that the device makes of a bare key.
func NewMember(key MemberKey) Member { return Member{Key: key, Ratio: 1, Session: Enabled} }

// DeviceName is the member's name on the device.
func (m Member) DeviceName() string {
	if m.Name != "" {
		return m.Name
	}
	return m.Key.Name()
}

// Wanted returns m without what is observed, for comparing.
func (m Member) Wanted() Member {
	m.Health = ""
	if m.Name != "" && m.Name == m.Key.Name() { // a name costs, and few members have one of their own
		m.Name = ""
	}
	return m
}

// Available tells that the device would give m new connections, were it
// enabled. A member without a monitor is available: the device thinks so too.
func (m Member) Available() bool { return m.Health == HealthUp || m.Health == HealthUnchecked }

// Serving tells that the device gives m new connections now.
func (m Member) Serving() bool { return m.Session == Enabled && m.Available() }

// MemberStatus is what the device tells of a member beyond its configuration.
type MemberStatus struct {
	Key                MemberKey
	Health             Health
	Reason             string // the device's words, "" if it gave none
	CurrentConnections int64  // server side, open now, on this device only
	TotalConnections   int64  // since the counters were reset
	TotalRequests      int64
}
