package endpoints

// addNodes gathers the nodes' addresses with the Service's node port. A node
// port is as ready as what is behind it: with externalTrafficPolicy Cluster the
// endpoints on all nodes, with Local those on its own.
func (c *collector) addNodes(snapshot Snapshot, port ServicePort, family Family) error {
	if port.NodePort == 0 {
		return &NoNodePortError{Ref: c.ref, Port: port}
	}
	behind := endpointsByNode(snapshot.Slices, port)
	for _, node := range snapshot.Nodes {
		c.addNode(node, port, family, behind, snapshot.Local)
	}
	return nil
}

func (c *collector) addNode(node Node, port ServicePort, family Family, behind behind, local bool) {
	leave := func(address, reason string) {
		c.left[LeftOut{Address: address, Node: node.Name, Reason: reason}] = true
	}
	addresses, left, reason := pick(node.Addresses, family)
	if unfit := node.unfit(); unfit != "" {
		if len(addresses) > 0 {
			left = addresses[0].String()
		}
		leave(left, unfit)
		return
	}
	if len(addresses) == 0 {
		leave(left, reason)
	}
	for _, ip := range addresses {
		of := familyOf(ip)
		all, known := behind.all[of]
		state := all
		if local {
			state = behind.node[of][node.Name]
		}
		switch {
		case family == Dual && !known:
			leave(ip.String(), reasonNodesFamily)
		case local && state != Ready && state != Draining:
			leave(ip.String(), reasonNotLocal)
		default:
			c.add(Endpoint{Key: keyOf(ip, port.NodePort), State: better(state, NotReady), Node: node.Name, Zone: node.Zone})
		}
	}
}

// unfit is the reason why no traffic should be sent to a node, or "".
func (n Node) unfit() string {
	switch {
	case n.Terminating:
		return reasonNodeGoes
	case n.Excluded:
		return reasonExcluded
	case !n.Ready:
		return reasonNodeIll
	case n.Unschedulable:
		return reasonCordoned
	default:
		return ""
	}
}

// behind is the best state of the endpoints of each family, on all nodes and on
// each. A family without a slice is not there; one without an endpoint is "".
type behind struct {
	all  map[Family]State
	node map[Family]map[string]State
}

func endpointsByNode(slices []Slice, port ServicePort) behind {
	b := behind{all: map[Family]State{}, node: map[Family]map[string]State{IPv4: {}, IPv6: {}}}
	for _, slice := range slices {
		if slice.Family != IPv4 && slice.Family != IPv6 {
			continue
		}
		b.all[slice.Family] = better(b.all[slice.Family], "")
		if _, found := port.numberIn(slice); !found {
			continue
		}
		for _, endpoint := range slice.Endpoints {
			state := stateOf(endpoint)
			b.all[slice.Family] = better(b.all[slice.Family], state)
			b.node[slice.Family][endpoint.Node] = better(b.node[slice.Family][endpoint.Node], state)
		}
	}
	return b
}
