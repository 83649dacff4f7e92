package traffic

import (
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Backend is one of those that share a pool's traffic.
type Backend struct {
	Name      string
	Share     int // a weight, 0 or more; percent if the shares add up to 100. 0 is a warm standby
	Endpoints []endpoints.Endpoint
}

// Assignment is what a member must be for its backend to get its share.
type Assignment struct {
	Backend  string
	Endpoint endpoints.Endpoint
	Ratio    int // 1 to 65535
	Session  ltm.Session
}

// Share is what one backend asked for and what the ratios give it.
type Share struct {
	Backend string
	Asked   float64 // percent of the whole that is shared by the backends with ready members; 0 if it has none
	Given   float64 // percent that the ratios give
	Ready   int     // endpoints that take traffic
	Moved   bool    // it asked for a share but has no ready endpoint: the others got it
}

// Result is the answer of Split.
type Result struct {
	Assignments []Assignment // sorted by member key
	Shares      []Share      // sorted by name
	Overlaps    []Overlap    // sorted by member key
	Error       float64      // the largest |Asked-Given|, in percent points
}

// Overlap is an endpoint that several backends have, as when the selector of
// one Service includes the pods of another. A pool has it once, so one backend
// gets it: one that has a share before one that has none, then the first by name.
type Overlap struct {
	Key     ltm.MemberKey
	Backend string   // gets it
	Others  []string // want it too, sorted
}
