package endpoints

import "strconv"

// addSelectedNodes gathers the nodes themselves. What listens on a node is not a
// Service's, so two things that take a node out for node ports do not here:
//
//   - unschedulable: a cordon keeps new pods away. A static pod, such as an API
//     server, or a DaemonSet's goes on serving, and "kubectl drain" lets both run. What
//     does stop is for the pool's monitors to see;
//   - the label node.kubernetes.io/exclude-from-external-load-balancers: it is about
//     Services of type LoadBalancer, and kubeadm puts it on every control-plane node.
//     Whoever names nodes by role or label has said which ones.
//
// A node that is being deleted drains while it is ready.
func (c *collector) addSelectedNodes(nodes []Node) error {
	number, err := strconv.ParseUint(c.ref.Port, 10, 16)
	switch {
	case err != nil || number == 0:
		return &NodePortNumberError{Ref: c.ref}
	case len(nodes) == 0:
		return &NoNodesError{Ref: c.ref}
	}
	for _, node := range nodes {
		addresses, left, reason := pick(node.AddressesOf(c.ref.NodeAddress), c.ref.Family)
		if len(addresses) == 0 {
			c.left[LeftOut{Address: left, Node: node.Name, Reason: reason}] = true
		}
		for _, ip := range addresses {
			c.add(Endpoint{
				Key: keyOf(ip, uint16(number)), State: state(node.Ready, node.Ready, node.Terminating), Node: node.Name, Zone: node.Zone,
			})
		}
	}
	return nil
}

// AddressesOf are the addresses of a type, "" is InternalIP; none of a type that is
// not known.
func (n Node) AddressesOf(kind NodeAddressType) []string {
	switch kind {
	case "", InternalIP:
		return n.Addresses
	case ExternalIP:
		return n.External
	case Hostname:
		return n.Hostnames
	default:
		return nil
	}
}
