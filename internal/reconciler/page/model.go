package page

import (
	"cmp"
	"slices"
	"time"
)

// Status is what the helper knows at one moment. The JSON names are a contract. A
// pointer that is nil, null in JSON, is what is not known.
type Status struct {
	Time           time.Time       `json:"time"`
	Device         Device          `json:"device"`
	Clusters       []Cluster       `json:"clusters"`        // sorted by name
	Partitions     []Partition     `json:"partitions"`      // sorted by name
	VirtualServers []VirtualServer `json:"virtual_servers"` // of the partitions that are followed here, sorted by path
	Pools          []Pool          `json:"pools"`           // with a mark, of the same; sorted by path
	Changes        []Change        `json:"changes"`         // of this process, the newest first
}

// Device is the BIG-IP, or the pair.
type Device struct {
	Name     string     `json:"name"`
	Unit     string     `json:"unit"`              // whose counters these are: that which is active
	Answered *time.Time `json:"answered"`          // when it answered the helper last
	Problem  string     `json:"problem,omitempty"` // why nothing is written
	Counted  *time.Time `json:"counted"`           // of when all counters are
	Unread   []string   `json:"unread,omitempty"`  // what of it could not be read for this Status, and why
}

// Cluster is a Kubernetes cluster.
type Cluster struct {
	Name     string     `json:"name"` // "" is the default one
	Answered *time.Time `json:"answered"`
	Problem  string     `json:"problem,omitempty"`
	Since    *time.Time `json:"since,omitempty"` // of Problem
}

// Partition is a partition that the helper was given.
type Partition struct {
	Name     string `json:"name"`
	Followed bool   `json:"followed"` // by this replica; else by another one, whose page tells of it
}

// VirtualServer is a virtual server.
type VirtualServer struct {
	Path        string   `json:"path"`
	Destination string   `json:"destination"`
	Enabled     bool     `json:"enabled"`
	Up          *bool    `json:"up"`    // enabled, and not known to have nobody to serve it
	Pool        string   `json:"pool"`  // its default pool, "" = none
	Hosts       []Host   `json:"hosts"` // of the rules of its policies, sorted
	Pools       []string `json:"pools"` // all that it gives clients to, sorted; those without a mark too
	Counters
}

// Host is a domain name, and a pool that requests for it go to.
type Host struct {
	Name string `json:"name"` // "*.example.com" for all below it, AnyName for what has no rule of its own
	Pool string `json:"pool"` // "" = the BIG-IP answers itself, by a redirect or a status
}

// AnyName is the name of a Host that a rule for any name serves.
const AnyName = "*"

// Counters are what the device has counted, since they were reset, on the active unit.
type Counters struct {
	Requests             *int64   `json:"requests"` // of HTTP
	Connections          *int64   `json:"connections"`
	CurrentConnections   *int64   `json:"current_connections"`
	RequestsPerSecond    *float64 `json:"requests_per_second"` // over Window
	ConnectionsPerSecond *float64 `json:"connections_per_second"`
	Window               float64  `json:"window_seconds,omitempty"`
}

// Pool is a pool with a mark.
type Pool struct {
	Path       string     `json:"path"`
	Problem    string     `json:"problem,omitempty"` // why it is not followed, or could not be synced
	Synced     *time.Time `json:"synced"`            // without a failure, by this process
	Retired    bool       `json:"retired"`           // it is to be deleted once no virtual server uses it
	Minimum    int        `json:"minimum,omitempty"` // of enabled members, where the mark says so
	QueueDepth *int64     `json:"queue_depth"`
	Backends   []Backend  `json:"backends"` // sorted by name
	Members    []Member   `json:"members"`  // sorted by address
	LeftOut    []LeftOut  `json:"left_out"`
	Counters
}

// Backend is what a pool is bound to.
type Backend struct {
	Name  string `json:"name"`
	Of    string `json:"of"` // "shop/web:http"
	Share int    `json:"share"`
	// Asked and Measured are percent of the pool: by the mark's shares, and of the
	// connections that the members of all backends got within the pool's Window.
	Asked    float64  `json:"asked_percent"`
	Measured *float64 `json:"measured_percent"`
	Members  *int64   `json:"members"` // that are on the device
	Ready    *int64   `json:"ready"`   // endpoints
}

// State is one word for a member.
type State string

// The states of a member, the worst first.
const (
	StateHeld     State = "held"     // in service, though its endpoint says otherwise
	StateDown     State = "down"     // enabled, and called down by the monitors
	StateAbsent   State = "absent"   // to be there, and not there yet
	StateOffline  State = "offline"  // forced offline
	StateDraining State = "draining" // on its way out
	StateForeign  State = "foreign"  // not ours
	StateDisabled State = "disabled"
	StateStandby  State = "standby" // disabled, as its backend has no share
	StateEnabled  State = "enabled" // and the monitors' word is not known
	StateUp       State = "up"
)

var states = []State{StateHeld, StateDown, StateAbsent, StateOffline, StateDraining, StateForeign, StateDisabled, StateStandby, StateEnabled, StateUp}

// Calm tells a state that nobody has to look at.
func (s State) Calm() bool { return s == StateUp || s == StateStandby }

// Member is a member of a pool, or one that is to be.
type Member struct {
	Address  string `json:"address"` // "10.0.0.1:8080"
	State    State  `json:"state"`
	Why      string `json:"why"`               // one sentence
	Backend  string `json:"backend,omitempty"` // "" of one that is not ours
	Pod      string `json:"pod,omitempty"`
	Node     string `json:"node,omitempty"`
	Zone     string `json:"zone,omitempty"`
	Endpoint string `json:"endpoint,omitempty"` // ready, draining, not-ready; "" = there is none
	Session  string `json:"session,omitempty"`  // enabled, disabled, forced-offline; "" = it is not on the device
	Ratio    int    `json:"ratio,omitempty"`
	// Available is what the monitors say; one without a monitor is.
	Available *bool  `json:"available"`
	Drain     *Drain `json:"drain,omitempty"`
	Held      *Held  `json:"held,omitempty"`
	Counters
}

// Drain is what a member on its way out waits for.
type Drain struct {
	Since       time.Time `json:"since"`
	Deadline    time.Time `json:"deadline"`
	Connections *int64    `json:"connections"` // open ones, as the device counted when the helper asked last
	Gone        bool      `json:"gone"`        // its endpoint is gone: it is removed at the end
}

// Held is why a member stays in service.
type Held struct {
	Reason string     `json:"reason"`
	Since  time.Time  `json:"since"`
	Until  *time.Time `json:"until"` // null = as long as the reason lasts
}

// LeftOut is what should have been an endpoint, and is none.
type LeftOut struct {
	Name    string `json:"name"` // its address, or its pod or node
	Backend string `json:"backend"`
	Why     string `json:"why"`
}

// Change is what the helper has done, or could not do.
type Change struct {
	Time    time.Time `json:"time"`
	Pool    string    `json:"pool"`
	Text    string    `json:"text"`  // "10.0.0.1:8080 added"
	Cause   string    `json:"cause"` // "pod web-1 is ready"
	Warning bool      `json:"warning,omitempty"`
}

// Count is how many members are in a state.
type Count struct {
	State State
	N     int
}

// Counts are those of the states that there are, the worst first.
func (p Pool) Counts() []Count {
	by := map[State]int{}
	for _, m := range p.Members {
		by[m.State]++
	}
	var counts []Count
	for _, s := range states {
		if by[s] > 0 {
			counts = append(counts, Count{s, by[s]})
		}
	}
	return counts
}

// pool finds a pool.
func (s *Status) pool(path string) *Pool {
	at, found := slices.BinarySearchFunc(s.Pools, path, func(p Pool, path string) int { return cmp.Compare(p.Path, path) })
	if !found {
		return nil
	}
	return &s.Pools[at]
}

// unserved are the pools that no virtual server of s gives clients to.
func (s *Status) unserved() []string {
	served := map[string]bool{}
	for _, v := range s.VirtualServers {
		for _, p := range v.Pools {
			served[p] = true
		}
	}
	var rest []string
	for _, p := range s.Pools {
		if !served[p.Path] {
			rest = append(rest, p.Path)
		}
	}
	return rest
}
