package ltm

// Statistics are what a device has counted of an object since its counters were reset:
// by a restart, by an operator, or as the object was made. They are those of one unit
// alone (icontrol-rest 7). A virtual server's are of the clients' side, a pool's and
// a member's of the servers'.
type Statistics struct {
	Requests           int64 // HTTP requests; 0 without an HTTP profile
	Connections        int64
	CurrentConnections int64
	BytesIn, BytesOut  int64 // towards the members, towards the clients
}

// VirtualServerStatistics are those of a virtual server.
type VirtualServerStatistics struct {
	Path Path
	Up   bool // enabled, and not known to have nobody to serve it
	Statistics
}

// PoolStatistics are those of a pool; connections of members that are gone count too.
type PoolStatistics struct {
	Path       Path
	QueueDepth int64              // connections that wait for a member
	Members    []MemberStatistics // sorted by key
	Statistics
}

// MemberStatistics are those of a member.
type MemberStatistics struct {
	Key       MemberKey
	Enabled   bool // neither it nor its node is disabled or forced offline
	Available bool // no monitor says otherwise
	Statistics
}
