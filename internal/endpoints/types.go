package endpoints

import "github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"

// Ref names the Kubernetes endpoints that back the members of one backend.
// Refs are comparable.
type Ref struct {
	Cluster   string // "" is the default cluster
	Namespace string
	Service   string
	Port      string // name or number of a port of the Service; "" if it has just one
	Family    Family // "" takes the addresses of the Service's first family
}

// Family is an address family.
type Family string

// The families, as EndpointSlices spell them.
const (
	IPv4 Family = "IPv4"
	IPv6 Family = "IPv6"
)

// Snapshot is what a cluster said about one Service at one moment. It is made
// by internal/kube and is a plain value: nil lists mean "none".
type Snapshot struct {
	Found  bool   // whether the Service exists
	Family Family // the first of the Service's families (spec.ipFamilies), "" if not told
	Ports  []ServicePort
	Slices []Slice
}

// ServicePort is a port of a Service.
type ServicePort struct {
	Name       string // "" only if the Service has one port
	Number     uint16
	TargetPort string // number or name, "" if it is the Number
	Protocol   string // TCP, UDP, SCTP
}

// Slice is one EndpointSlice (discovery.k8s.io/v1).
type Slice struct {
	Name      string
	Family    Family // others ("FQDN") are left out by Resolve, with a reason
	Ports     []SlicePort
	Endpoints []SliceEndpoint
}

// SlicePort is a port of an EndpointSlice. Name is the name of the Service's
// port; the Number belongs to the pods and may differ from slice to slice.
type SlicePort struct {
	Name     string
	Number   uint16 // 0 = all ports
	Protocol string
}

// SliceEndpoint is one endpoint of an EndpointSlice. A nil condition is
// unknown; unknown readiness counts as ready (discovery.k8s.io/v1).
type SliceEndpoint struct {
	Addresses                   []string // the first one counts; they are fungible
	Ready, Serving, Terminating *bool
	Pod, Node, Zone             string // "" if not told
}

// State is the one truth of the project about an endpoint's readiness.
type State string

// The states, best first.
const (
	// Ready takes traffic.
	Ready State = "ready"
	// Draining is terminating but still serves: no new clients.
	Draining State = "draining"
	// NotReady takes nothing.
	NotReady State = "not-ready"
)

// Endpoint is one resolved endpoint.
type Endpoint struct {
	Key             ltm.MemberKey
	State           State
	Pod, Node, Zone string
}

// LeftOut is an endpoint, or what should have been one, that Resolve left out.
type LeftOut struct {
	Address string // as the slice has it
	Pod     string
	Reason  string // a sentence's end: "its slice holds names, not addresses"
}

// Result is the answer of Resolve: sorted by key, one endpoint each.
type Result struct {
	Endpoints []Endpoint
	LeftOut   []LeftOut
}
