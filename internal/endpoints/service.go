package endpoints

import (
	"cmp"
	"net/netip"
)

// addService gathers the endpoints of a Service: its pods, or its node port on
// the nodes.
func (c *collector) addService(snapshot Snapshot) error {
	if !snapshot.Found {
		return &NoServiceError{Ref: c.ref}
	}
	port, err := choosePort(c.ref, snapshot.Ports)
	if err != nil {
		return err
	}
	family := chooseFamily(c.ref, snapshot)
	if c.ref.NodePort {
		return c.addNodes(snapshot, port, family)
	}
	for _, slice := range snapshot.Slices {
		c.addSlice(slice, port, family)
	}
	return c.portsMissing(port, port.targetPort())
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

func (c *collector) addSlice(slice Slice, port ServicePort, family Family) {
	reason := ""
	number, found := port.numberIn(slice)
	switch {
	case slice.Family != IPv4 && slice.Family != IPv6:
		reason = reasonNames
	case !family.wants(slice.Family):
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
	case err != nil || !usable(ip) || familyOf(ip) != family:
		reason = reasonInvalid
	}
	if reason != "" {
		c.left[LeftOut{Address: address, Pod: endpoint.Pod, Reason: reason}] = true
		return
	}
	state := stateOf(endpoint)
	c.add(Endpoint{
		Key: keyOf(ip, number), State: state, Pod: endpoint.Pod, Node: endpoint.Node, Zone: endpoint.Zone,
		Ending: state == NotReady && endpoint.Terminating != nil && *endpoint.Terminating,
	})
}

// stateOf reads the conditions by the table in doc.go.
func stateOf(endpoint SliceEndpoint) State {
	ready := endpoint.Ready == nil || *endpoint.Ready
	serving := endpoint.Serving == nil || *endpoint.Serving
	terminating := endpoint.Terminating != nil && *endpoint.Terminating
	return state(ready, serving, terminating)
}

func state(ready, serving, terminating bool) State {
	switch {
	case terminating && serving:
		return Draining
	case terminating || !ready:
		return NotReady
	default:
		return Ready
	}
}
