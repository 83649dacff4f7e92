package binding

import (
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// Version of the grammar that Format writes and Parse reads.
const Version = 1

// Mark is what stands in a pool's description: what it is bound to.
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
	Name string // "" = the Service's name; never "" without a Service
	Ref  endpoints.Ref
	// Share is its weight in the pool's traffic, 0 or more.
	Share int
	// Remove says that with share 0 its members are off the device, not disabled.
	Remove bool
}

// MemberMark is what stands in the description of a member that is ours. A member
// of selected pods has no Service, one of nodes or plain addresses no Namespace either.
type MemberMark struct {
	Backend   string // "" = the Service's name
	Cluster   string
	Namespace string
	Service   string
	Pod       string // "" if the endpoint has no pod
	Node      string // of a backend of nodes its name; "" otherwise
}
