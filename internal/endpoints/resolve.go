package endpoints

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// The reasons for leaving an endpoint out.
const (
	reasonNames     = "its slice holds names, not addresses"
	reasonFamily    = "it is of the other address family"
	reasonNoPort    = "its pod does not have the port"
	reasonNoAddress = "it has no address"
	reasonInvalid   = "its address is not one that a pool member can have"
)

// Resolve finds the endpoints that ref refers to in what a cluster said about
// its Service. The order of slices and of endpoints in them does not matter. A
// Service without endpoints is an empty Result. Errors are *NoServiceError,
// *NoPortError and *PortNotOnPodsError.
func Resolve(ref Ref, snapshot Snapshot) (Result, error) {
	if !snapshot.Found {
		return Result{}, &NoServiceError{Ref: ref}
	}
	port, err := choosePort(ref, snapshot.Ports)
	if err != nil {
		return Result{}, err
	}
	c := collector{
		port:   port,
		family: chooseFamily(ref, snapshot),
		best:   map[ltm.MemberKey]Endpoint{},
		left:   map[LeftOut]bool{},
		has:    map[string]bool{},
	}
	for _, slice := range snapshot.Slices {
		c.addSlice(slice)
	}
	if c.with == 0 && c.without > 0 {
		return Result{}, &PortNotOnPodsError{
			Ref: ref, Port: port, TargetPort: port.targetPort(),
			Endpoints: c.without, Has: slices.Sorted(maps.Keys(c.has)),
		}
	}
	return c.result(), nil
}

// chooseFamily is the family that ref asks for, or the Service's first one.
// Where a source does not tell it, IPv4 is taken if there is any.
func chooseFamily(ref Ref, snapshot Snapshot) Family {
	if family := cmp.Or(ref.Family, snapshot.Family); family != "" {
		return family
	}
	only6 := false
	for _, slice := range snapshot.Slices {
		switch slice.Family {
		case IPv4:
			return IPv4
		case IPv6:
			only6 = true
		}
	}
	if only6 {
		return IPv6
	}
	return IPv4
}

// collector gathers the endpoints of all slices.
type collector struct {
	port          ServicePort
	family        Family
	best          map[ltm.MemberKey]Endpoint
	left          map[LeftOut]bool
	has           map[string]bool // names of ports of slices that do not have the port
	with, without int             // endpoints whose slice has the port, and has it not
}

func (c *collector) addSlice(slice Slice) {
	reason := ""
	number, found := c.port.numberIn(slice)
	switch {
	case slice.Family != IPv4 && slice.Family != IPv6:
		reason = reasonNames
	case slice.Family != c.family:
		reason = reasonFamily
	case !found:
		reason = reasonNoPort
		c.without += len(slice.Endpoints)
		for _, port := range slice.Ports {
			if port.Name != "" {
				c.has[port.Name] = true
			}
		}
	default:
		c.with += len(slice.Endpoints)
	}
	for _, endpoint := range slice.Endpoints {
		c.addEndpoint(slice.Family, endpoint, number, reason)
	}
}

func (c *collector) addEndpoint(family Family, endpoint SliceEndpoint, number uint16, reason string) {
	address := ""
	if len(endpoint.Addresses) > 0 {
		address = endpoint.Addresses[0]
	}
	ip, err := netip.ParseAddr(address)
	switch {
	case reason != "":
	case address == "":
		reason = reasonNoAddress
	case err != nil || !usable(ip, family):
		reason = reasonInvalid
	}
	if reason != "" {
		c.left[LeftOut{Address: address, Pod: endpoint.Pod, Reason: reason}] = true
		return
	}
	found := Endpoint{
		Key:   ltm.MemberKey{Address: ltm.Address{IP: ip}, Port: number},
		State: stateOf(endpoint),
		Pod:   endpoint.Pod, Node: endpoint.Node, Zone: endpoint.Zone,
	}
	if known, ok := c.best[found.Key]; !ok || compareBest(found, known) < 0 {
		c.best[found.Key] = found
	}
}

// usable tells that a member can have the address: the device refuses those
// that name no single host (icontrol-rest 6.2, 01020060).
func usable(ip netip.Addr, family Family) bool {
	broadcast := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	return ip.Zone() == "" && !ip.Is4In6() && ip.Is4() == (family == IPv4) &&
		!ip.IsUnspecified() && !ip.IsMulticast() && ip != broadcast
}

// stateOf reads the conditions by the table in doc.go.
func stateOf(endpoint SliceEndpoint) State {
	ready := endpoint.Ready == nil || *endpoint.Ready
	serving := endpoint.Serving == nil || *endpoint.Serving
	terminating := endpoint.Terminating != nil && *endpoint.Terminating
	switch {
	case terminating && serving:
		return Draining
	case terminating || !ready:
		return NotReady
	default:
		return Ready
	}
}

// rank orders states, best first.
func (s State) rank() int {
	return slices.Index([]State{Ready, Draining, NotReady}, s)
}

// compareBest orders endpoints of one key: the best state first; then, so that
// the order of slices never matters, one with a pod, and by names.
func compareBest(a, b Endpoint) int {
	return cmp.Or(
		cmp.Compare(a.State.rank(), b.State.rank()),
		cmp.Compare(boolRank(a.Pod == ""), boolRank(b.Pod == "")),
		cmp.Compare(a.Pod, b.Pod), cmp.Compare(a.Node, b.Node), cmp.Compare(a.Zone, b.Zone),
	)
}

func boolRank(last bool) int {
	if last {
		return 1
	}
	return 0
}

// result sorts what was gathered. An address that one slice gave and another
// left out is not left out.
func (c *collector) result() Result {
	given := make(map[string]bool, len(c.best))
	result := Result{Endpoints: slices.SortedFunc(maps.Values(c.best), func(a, b Endpoint) int { return a.Key.Compare(b.Key) })}
	for _, endpoint := range result.Endpoints {
		given[endpoint.Key.Address.String()] = true
	}
	for _, left := range slices.SortedFunc(maps.Keys(c.left), compareLeftOut) {
		if !given[left.Address] {
			result.LeftOut = append(result.LeftOut, left)
		}
	}
	return result
}

func compareLeftOut(a, b LeftOut) int {
	return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Pod, b.Pod), cmp.Compare(a.Reason, b.Reason))
}
