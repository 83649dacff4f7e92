package dataplane

import (
	"net/netip"
	"slices"
	"time"
)

// Config is everything that traffic depends on; a value, replaced whole.
type Config struct {
	VirtualServers []VirtualServer
	Pools          []Pool
	Nodes          []Node
}

// VirtualServer is one listener of the device (icontrol-rest 3.4).
type VirtualServer struct {
	// Name is the full path, "/shop/web": the key.
	Name string
	// Address is where the device would listen, "/shop/203.0.113.10": it tells
	// virtual servers of one address from others. The real listener is on
	// loopback, see Plane.Listener.
	Address string
	// Port is that of the destination, 0 for any. Nodes that a policy chooses are
	// reached on it, and members whose own port is 0.
	Port int
	// KeepPort reaches all members on Port (translatePort disabled).
	KeepPort bool
	// Enabled false resets new connections; existing ones go on.
	Enabled bool
	// Pool is the full path of the default pool. "" or a pool that does not
	// exist resets new connections.
	Pool string
	// HTTP says that an http profile is attached: requests are parsed and
	// counted, and cookie persistence works.
	HTTP bool
	// OneConnect makes one balancing decision for each request instead of one
	// for each client connection, and reuses server side connections.
	OneConnect bool
	// UDP opens no listener.
	UDP bool
	// Persistence overrides the balance for clients that come back, Fallback for
	// those of whom it knows nothing.
	Persistence, Fallback Persistence
	// ConnectionLimit is the number of client connections beyond which new ones
	// are reset; 0 is no limit.
	ConnectionLimit int
	// ClientSSL are the client-ssl profiles; none is no TLS.
	ClientSSL []*ClientSSL
	// ServerSSL is TLS towards the members; nil is none.
	ServerSSL *ServerSSL
	// HTTP2 offers h2 to clients with TLS (an http2 profile; needs HTTP and
	// ClientSSL). Members are always spoken to in HTTP/1.1.
	HTTP2 bool
	// InsertXForwardedFor adds the client's address to each request as a field of
	// its own, whatever the client sent (insertXforwardedFor of the http profile).
	InsertXForwardedFor bool
	// Policies are evaluated for each request, or for each connection without
	// HTTP. What they leave open is the pool's.
	Policies []*Policy
	// Rules are the iRules that are simulated, in the order in which they run for
	// each request of HTTP, after the policies.
	Rules []*IRule
	// SNAT says from which address members are reached.
	SNAT SNAT
}

// Persistence is a persistence profile (icontrol-rest 3.10).
type Persistence struct {
	// Method is "" for none, "cookie" (needs HTTP) or "source-addr".
	Method string
	// AcrossPools accepts the record of a member of another pool than the one that
	// was chosen for the request. AcrossServices shares source-addr records among
	// the virtual servers of an address, AcrossVirtuals among all: in a pool that
	// the recorded member is not in, the member on its node stands for it.
	AcrossPools, AcrossServices, AcrossVirtuals bool
	// OverrideLimit lets clients with a record go beyond connection limits.
	OverrideLimit bool
	// Timeout is how long an unused source-addr record lives; 0 is the device's
	// default, 180 s.
	Timeout time.Duration
	// MaskBits are how many bits of an IPv4 address make one client; 0 is all.
	MaskBits int
	// CookieName is the persistence cookie; "" is BIGipServer<pool>.
	CookieName string
	// CookiePassive leaves it to the member to set the cookie (method passive).
	CookiePassive bool
	// CookieAlways sends the cookie with each response (alwaysSend).
	CookieAlways bool
	// CookieAge is when the cookie expires; 0 is with the browser's session.
	CookieAge time.Duration
	// HTTPOnly is an attribute of the cookie, Secure too, to clients that speak TLS.
	HTTPOnly, Secure bool
}

// SNAT is the source address translation of a virtual server (icontrol-rest 3.4,
// sourceAddressTranslation). Loopback stands for all networks:
//
//	none      the client's own loopback address, 127.0.0.2 say
//	automap   127.0.0.1, the device's self IP
//	snat      the addresses of the pool in turn; what is not on loopback keeps
//	          its last three parts: 198.51.100.7 is seen as 127.51.100.7
//
// Where a host cannot bind such an address the translation is left out. The
// source port is never preserved.
type SNAT struct {
	// Type is "" or none, automap, snat.
	Type string
	// Addresses are those of the snatpool.
	Addresses []netip.Addr
}

// Pool is a set of members and the way they share (icontrol-rest 3.1).
type Pool struct {
	// Name is the full path, "/shop/web": the key.
	Name string
	// Mode is the load balancing mode in tmsh words; those that depend on what a
	// device measures (fastest, observed, predictive) behave like round-robin.
	Mode string
	// IgnorePersistedWeight keeps clients that persistence has sent to a member out
	// of the ratio walk; by default they are part of its share.
	IgnorePersistedWeight bool
	// Queue keeps clients waiting while all members are at their limits, instead of
	// resetting them (queueOnConnectionLimit): QueueDepth of them at once, 0 is any
	// number, and each for QueueTime, 0 is without end.
	Queue      bool
	QueueDepth int
	QueueTime  time.Duration
	// MinActiveMembers switches priority groups on when it is above 0
	// (icontrol-rest 4.6).
	MinActiveMembers int
	// SlowRamp is how long a member that came into service gets less than its
	// share: see ramp.
	SlowRamp time.Duration
	// ServiceDown is what happens to the connections of a member that a monitor
	// marks down: "" or none, reset, drop (nobody is told), reselect (moved to
	// another member, HTTP at its next request).
	ServiceDown string
	// ReselectTries is how many other members are tried when one cannot be
	// reached; 0 resets the client at once.
	ReselectTries int
	// Members share the pool's traffic. Names are unique in a pool.
	Members []Member
}

// Member is one server of a pool (icontrol-rest 3.2 and 4).
type Member struct {
	// Pool and Name are full paths: "/shop/web", "/shop/10.244.0.5:8080".
	Pool, Name string
	// Address is the key of the address map: "10.244.0.5:8080",
	// "[2001:db8::1]:8080", or "10.0.0.1%2:80" in a route domain.
	Address string
	// Node is the full path of its node, "/shop/10.244.0.5"; "" is none.
	Node string
	// Ratio is the weight under ratio-member; below 1 counts as 1. DynamicRatio is
	// that under dynamic-ratio-member.
	Ratio, DynamicRatio int
	// PriorityGroup matters when the pool's MinActiveMembers is above 0; the
	// highest group is used first.
	PriorityGroup int
	// ConnectionLimit is the number of clients beyond which the member takes no
	// new ones; 0 is no limit.
	ConnectionLimit int
	// SessionDisabled (user-disabled) leaves only persisted and existing connections.
	SessionDisabled bool
	// ForcedOffline (user-down) leaves only existing connections.
	ForcedOffline bool
	Monitoring

	virtual string // see target.go
}

// Node is one server, whatever its ports (icontrol-rest 3.3). What it does not
// take its members do not take.
type Node struct {
	// Name is the full path, "/shop/10.244.0.5".
	Name string
	// Address is as in Member, without a port: "10.244.0.5", "2001:db8::1".
	Address string
	// Ratio and DynamicRatio are the weights under ratio-node and
	// dynamic-ratio-node.
	Ratio, DynamicRatio int
	// ConnectionLimit is the number of clients of all its members together beyond
	// which they take no new ones; 0 is no limit.
	ConnectionLimit int
	// SessionDisabled and ForcedOffline are as in Member.
	SessionDisabled, ForcedOffline bool
	// Monitors that leave the port open ("*:*") find nobody, for a node has none;
	// icmp and gateway-icmp need none.
	Monitoring
}

func (n *Node) same(other Node) bool {
	return n.Monitoring.same(other.Monitoring) && n.Address == other.Address && n.Ratio == other.Ratio &&
		n.DynamicRatio == other.DynamicRatio && n.ConnectionLimit == other.ConnectionLimit &&
		n.SessionDisabled == other.SessionDisabled && n.ForcedOffline == other.ForcedOffline
}

// Monitoring says how a member or node is watched.
type Monitoring struct {
	// Monitors probe it. Without any it is "unchecked" and takes traffic.
	Monitors []Monitor
	// AtLeast is how many monitors must be up; 0 is all of them.
	AtLeast int
	// Epoch changes whenever the device would reset the monitors (a re-sent
	// list, a recreated member): health starts over at checking.
	Epoch int64
}

// same reports whether the probes of two versions are the same, so that they may
// go on undisturbed.
func (m Monitoring) same(other Monitoring) bool {
	return m.Epoch == other.Epoch && m.AtLeast == other.AtLeast && slices.Equal(m.Monitors, other.Monitors)
}

// Monitor is one health monitor of a member (icontrol-rest 3.9).
type Monitor struct {
	// Name is the full path, "/Common/http".
	Name string
	// Type is http, https, tcp, icmp or gateway-icmp. A member counts as up for any
	// other. A host answers icmp if it is on loopback or if any of its ports is in
	// the address map.
	Type string
	// Send is what is sent after the connection is open, unescaped. http and
	// https get the empty line that ends a request appended where it is missing.
	Send string
	// Recv and RecvDisable are regular expressions searched in the first 5,120
	// bytes of the response; "" is none. What is no regular expression for Go is
	// searched as it stands.
	Recv, RecvDisable string
	// Interval is the time from one probe to the next (0: 5 s), Timeout the time
	// without a success after which the member is down (0: 16 s).
	Interval, Timeout time.Duration
	// UpInterval is the interval while the member is up; 0 is Interval.
	UpInterval time.Duration
	// TimeUntilUp is how long a member must have answered before it counts as up.
	TimeUntilUp time.Duration
	// Reverse makes Recv what must not be found: it marks the member down at once,
	// and any other answer up.
	Reverse bool
	// Destination is "*:*" for the member itself, or "*:8081" for another port.
	Destination string
	// ManualResume keeps a member that the monitor has marked down there, until
	// its Epoch changes or it is forced offline and brought back by hand.
	ManualResume bool
}

// Statuses of a member's health.
const (
	StatusUnchecked         = "unchecked"           // no monitors; takes traffic
	StatusChecking          = "checking"            // no result yet; takes traffic
	StatusUp                = "up"                  // takes traffic
	StatusDown              = "down"                // takes nothing new
	StatusDisabledByMonitor = "disabled-by-monitor" // recvDisable matched: only persisted and existing connections
)

// Health is what the monitors of a member say. It knows nothing of
// SessionDisabled and ForcedOffline: the control plane combines them.
type Health struct {
	// Status is one of the Status constants.
	Status string
	// Reason is set when the status is down, in the device's words:
	// "/Common/http: No successful responses received before deadline."
	Reason string
	// Since is when Status was entered.
	Since time.Time
}

// Modes and words of the configuration that the data plane acts upon.
const (
	modeRatio            = "ratio-member"
	modeLeastConnections = "least-connections-member"

	snatAutomap = "automap"
	snatPool    = "snat"

	persistCookie = "cookie"
	persistSource = "source-addr"

	serviceDownReset    = "reset"
	serviceDownDrop     = "drop"
	serviceDownReselect = "reselect"

	defaultPersistenceTimeout = 180 * time.Second
	defaultMonitorInterval    = 5 * time.Second
	defaultMonitorTimeout     = 16 * time.Second
)

// sameMonitoring reports whether the probes of two versions of a member are the
// same, so that they may go on undisturbed.
func sameMonitoring(a, b Member) bool {
	return a.Address == b.Address && a.same(b.Monitoring)
}

// withDefaults fills in the times that the device has by default.
func (m Monitor) withDefaults() Monitor {
	if m.Interval <= 0 {
		m.Interval = defaultMonitorInterval
	}
	if m.Timeout <= 0 {
		m.Timeout = defaultMonitorTimeout
	}
	if m.UpInterval <= 0 {
		m.UpInterval = m.Interval
	}
	return m
}
