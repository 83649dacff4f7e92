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
}

// VirtualServer is one listener of the device (icontrol-rest 3.4).
type VirtualServer struct {
	// Name is the full path, "/shop/web": the key.
	Name string
	// Destination is where the device would listen, "/shop/203.0.113.10:80". For
	// information only: the real listener is on loopback, see Plane.Listener.
	Destination string
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
	// Persistence is "", "cookie" (needs HTTP) or "source-addr".
	Persistence string
	// PersistenceTimeout is how long an unused source-addr record lives; 0 is
	// the device's default, 180 s (icontrol-rest 3.10).
	PersistenceTimeout time.Duration
	// CookieName is the persistence cookie; "" is BIGipServer<pool>.
	CookieName string
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
	// SNAT says from which address members are reached.
	SNAT SNAT
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
	// Mode is the load balancing mode in tmsh words: round-robin, ratio-member
	// or least-connections-member. Any other behaves like round-robin.
	Mode string
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
	// Ratio is the weight under ratio-member; below 1 counts as 1.
	Ratio int
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
	// Monitors probe the member. Without any it is "unchecked" and takes traffic.
	Monitors []Monitor
	// AtLeast is how many monitors must be up; 0 is all of them.
	AtLeast int
	// Epoch changes whenever the device would reset the monitors (a re-sent
	// list, a recreated member): health starts over at checking.
	Epoch int64
}

// Monitor is one health monitor of a member (icontrol-rest 3.9).
type Monitor struct {
	// Name is the full path, "/Common/http".
	Name string
	// Type is http, https or tcp. A member counts as up for any other.
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
	return a.Epoch == b.Epoch && a.Address == b.Address && a.AtLeast == b.AtLeast && slices.Equal(a.Monitors, b.Monitors)
}

// withDefaults fills in the times that the device has by default.
func (m Monitor) withDefaults() Monitor {
	if m.Interval <= 0 {
		m.Interval = defaultMonitorInterval
	}
	if m.Timeout <= 0 {
		m.Timeout = defaultMonitorTimeout
	}
	return m
}
