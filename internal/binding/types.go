package binding

import "time"

// Version of the grammar that Format writes and Parse reads.
const Version = 1

// Mark is what stands in a pool's description: to which Services it is bound.
type Mark struct {
	Backends []Backend
	// Drain is how long a member that goes may keep its connections; 0 = not said.
	Drain time.Duration
	// Min is the number of enabled members below which the helper never goes; 0 = not said.
	Min int
	// Delete tells that the pool is to be deleted as soon as no virtual server
	// uses it.
	Delete bool
}

// Backend is one backend of a Mark.
type Backend struct {
	Name      string // "" = the Service's name
	Cluster   string // "" = the default cluster
	Namespace string
	Service   string
	Port      string // name or number, "" if the Service has one port
	Family    string // "IPv4", "IPv6" or "", as in endpoints.Ref
	Share     int    // 0 or more
}

// MemberMark is what stands in the description of a member that is ours.
type MemberMark struct {
	Backend   string // "" = the Service's name
	Cluster   string
	Namespace string
	Service   string
	Pod       string // "" if the endpoint has no pod
}
