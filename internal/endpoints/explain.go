package endpoints

import (
	"net/netip"
	"slices"
	"strconv"
)

// Condition is one thing that Kubernetes says of an endpoint's slice entry, pod or
// node, for people to read.
type Condition struct {
	Name   string `json:"name"`   // "serving", as it is called there
	Status string `json:"status"` // true, false, unknown
}

// Origin is where an endpoint, or one that was left out, comes from.
type Origin struct {
	Slice      string      // its EndpointSlice; "" for selected pods and for nodes
	Node       string      // its node, "" if not told
	Conditions []Condition // of its entry in the slice, of its pod, or of its node; none of plain addresses
}

// Explained is an endpoint and where it comes from.
type Explained struct {
	Endpoint
	Origin Origin
}

// ExplainedLeftOut is what was left out, and where it comes from.
type ExplainedLeftOut struct {
	LeftOut
	Origin Origin
}

// Explanation is a Result that can be read back to what the cluster said.
type Explanation struct {
	Endpoints []Explained
	LeftOut   []ExplainedLeftOut
}

// Explain resolves ref, and finds for each endpoint what in the snapshot it comes
// from. Resolve itself remembers none of that: it runs at each change, for endpoints
// by the thousand. Errors are those of Resolve.
func Explain(ref Ref, snapshot Snapshot) (Explanation, error) {
	result, err := Resolve(ref, snapshot)
	if err != nil {
		return Explanation{}, err
	}
	source := newOrigins(ref, snapshot)
	var e Explanation
	for _, endpoint := range result.Endpoints {
		e.Endpoints = append(e.Endpoints, Explained{endpoint, source.of(endpoint)})
	}
	for _, left := range result.LeftOut {
		e.LeftOut = append(e.LeftOut, ExplainedLeftOut{left, source.ofLeftOut(left)})
	}
	return e, nil
}

// origins finds what an endpoint comes from.
type origins struct {
	pods    map[string]Origin // of a selector, by name
	nodes   map[string]Origin // of node ports and of nodes, by name
	entries map[entry][]sliced
}

// entry is what the endpoints of slices are found by.
type entry struct{ address, pod string }

// sliced is an entry of a slice.
type sliced struct {
	origin Origin
	state  State
	number uint16 // 0 if the slice does not have the port
}

func newOrigins(ref Ref, snapshot Snapshot) origins {
	o := origins{pods: map[string]Origin{}, nodes: map[string]Origin{}, entries: map[entry][]sliced{}}
	switch {
	case ref.Kind() == KindAddresses:
	case ref.Kind() == KindSelector:
		for _, pod := range snapshot.Pods {
			o.pods[pod.Name] = Origin{Node: pod.Node, Conditions: pod.conditions()}
		}
	case ref.NodePort, ref.Kind() == KindNodes:
		for _, node := range snapshot.Nodes {
			o.nodes[node.Name] = Origin{Node: node.Name, Conditions: node.conditions()}
		}
	default:
		o.addSlices(ref, snapshot)
	}
	return o
}

func (o origins) addSlices(ref Ref, snapshot Snapshot) {
	port, err := choosePort(ref, snapshot.Ports)
	if err != nil {
		return // Resolve has told so
	}
	for _, slice := range snapshot.Slices {
		number, _ := port.numberIn(slice)
		for _, endpoint := range slice.Endpoints {
			at := entry{pod: endpoint.Pod}
			if len(endpoint.Addresses) > 0 {
				at.address = canonical(endpoint.Addresses[0])
			}
			o.entries[at] = append(o.entries[at], sliced{
				origin: Origin{Slice: slice.Name, Node: endpoint.Node, Conditions: endpoint.conditions()},
				state:  stateOf(endpoint), number: number,
			})
		}
	}
}

// of finds the origin of an endpoint: of those that are the same, the first slice's.
func (o origins) of(e Endpoint) Origin {
	entries := o.entries[entry{e.Key.Address.IP.String(), e.Pod}]
	if at := slices.IndexFunc(entries, func(s sliced) bool { return s.state == e.State && s.number == e.Key.Port }); at >= 0 {
		return entries[at].origin
	}
	if e.Pod != "" {
		return o.pods[e.Pod]
	}
	return o.nodes[e.Node]
}

func (o origins) ofLeftOut(left LeftOut) Origin {
	if entries := o.entries[entry{canonical(left.Address), left.Pod}]; len(entries) > 0 {
		return entries[0].origin
	}
	if left.Node != "" {
		return o.nodes[left.Node]
	}
	return o.pods[left.Pod]
}

// canonical is an address as all others write it, or what is none as it is.
func canonical(address string) string {
	if ip, err := netip.ParseAddr(address); err == nil {
		return ip.String()
	}
	return address
}

func (e SliceEndpoint) conditions() []Condition {
	text := func(b *bool) string {
		if b == nil {
			return "unknown"
		}
		return strconv.FormatBool(*b)
	}
	return []Condition{{"ready", text(e.Ready)}, {"serving", text(e.Serving)}, {"terminating", text(e.Terminating)}}
}

func (p Pod) conditions() []Condition {
	all := []Condition{{"Ready", strconv.FormatBool(p.Ready)}, {"terminating", strconv.FormatBool(p.Terminating)}}
	if p.Ended {
		all = append(all, Condition{"ended", "true"})
	}
	return all
}

func (n Node) conditions() []Condition {
	all := []Condition{{"Ready", strconv.FormatBool(n.Ready)}}
	for _, more := range []struct {
		name string
		is   bool
	}{{"unschedulable", n.Unschedulable}, {"terminating", n.Terminating}, {"excluded", n.Excluded}} {
		if more.is {
			all = append(all, Condition{more.name, "true"})
		}
	}
	return all
}
