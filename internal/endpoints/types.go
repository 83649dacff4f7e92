package endpoints

import (
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Family is an address family.
type Family string

// The families, as EndpointSlices spell them, and both of them.
const (
	IPv4 Family = "IPv4"
	IPv6 Family = "IPv6"
	Dual Family = "dual" // of a Ref only: a member for each family
)

// Snapshot is what a cluster said about one Ref at one moment. It is made by
// internal/kube and is a plain value: nil lists mean "none".
type Snapshot struct {
	// Of a Service.
	Found  bool   // whether the Service exists
	Family Family // the first of the Service's families (spec.ipFamilies), "" if not told
	Local  bool   // externalTrafficPolicy Local: a node sends only to its own pods
	Ports  []ServicePort
	Slices []Slice
	// Of a selector: the pods that match it.
	Pods []Pod
	// Of node ports, besides the Service: all nodes of the cluster. Of nodes, those
	// that match.
	Nodes []Node

	// Only a source that watches knows the rest.
	Lost        []LostSlice // slices of the Service that were deleted a while ago and have not come back
	WatchBroke  time.Time   // when a watch that this comes from was broken last, now if it is; zero = never
	NoNodeReady bool        // the cluster has nodes, and none of them is ready
	Triggered   time.Time   // the latest last-change-trigger-time of slices that were seen to change; zero = not told
}

// LostSlice is a slice that was deleted, with what it had.
type LostSlice struct {
	Slice Slice
	At    time.Time
}

// ServicePort is a port of a Service.
type ServicePort struct {
	Name       string // "" only if the Service has one port
	Number     uint16
	TargetPort string // number or name, "" if it is the Number
	NodePort   uint16 // 0 if the Service has none
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

// Pod is a pod that a selector matches.
type Pod struct {
	Name, Node  string
	Addresses   []string // status.podIPs: the first is its main one, a second is of the other family
	Ready       bool     // its condition Ready
	Terminating bool     // it has a deletionTimestamp
	Ended       bool     // phase Succeeded or Failed
	Ports       []ContainerPort
}

// ContainerPort is a port of one of a pod's containers.
type ContainerPort struct {
	Name   string // "" if it has none
	Number uint16
}

// NodeAddressType is a type of a node's addresses, as its status spells it.
type NodeAddressType string

// The types that matter. A Hostname is no address of a member, unless it is an IP
// address as well.
const (
	InternalIP NodeAddressType = "InternalIP"
	ExternalIP NodeAddressType = "ExternalIP"
	Hostname   NodeAddressType = "Hostname"
)

// Node is a node of a cluster.
type Node struct {
	Name          string
	Addresses     []string // its InternalIPs: the first one of each family counts
	External      []string // its ExternalIPs, likewise
	Hostnames     []string
	Roles         []string // X of its labels node-role.kubernetes.io/X, sorted
	Ready         bool     // its condition Ready
	Unschedulable bool     // cordoned
	Terminating   bool     // it has a deletionTimestamp
	Excluded      bool     // label node.kubernetes.io/exclude-from-external-load-balancers
	Zone          string
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
	Ending          bool // it is NotReady because it terminates, and has ceased to serve
}

// LeftOut is an endpoint, or what should have been one, that Resolve left out.
type LeftOut struct {
	Address string // as Kubernetes has it, "" if it has none
	Pod     string // "" if it is none
	Node    string // of a node that was left out; "" otherwise
	Reason  string // a sentence's end: "its slice holds names, not addresses"
}

// Result is the answer of Resolve: sorted by key, one endpoint each.
type Result struct {
	Endpoints []Endpoint
	LeftOut   []LeftOut

	// What a source that watches adds: endpoints that went with a deleted slice and
	// did not terminate, and when; and what Snapshot has of the same name.
	Lost        map[ltm.MemberKey]time.Time
	WatchBroke  time.Time
	NoNodeReady bool
	Triggered   time.Time
}
