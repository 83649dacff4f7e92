package endpoints

import (
	"slices"
	"strconv"
)

// addPods gathers the pods that a selector matches. A pod's condition Ready says
// that it is ready, and, once it terminates, that it still serves: what the
// EndpointSlice controller writes into the slices of a Service.
func (c *collector) addPods(pods []Pod) error {
	for _, pod := range pods {
		c.addPod(pod)
	}
	return c.portsMissing(ServicePort{}, c.ref.Port)
}

func (c *collector) addPod(pod Pod) {
	leave := func(address, reason string) {
		c.left[LeftOut{Address: address, Pod: pod.Name, Reason: reason}] = true
	}
	addresses, left, reason := pick(pod.Addresses, c.ref.Family)
	number, found := pod.number(c.ref.Port)
	switch {
	case pod.Ended: // its address may be another pod's by now
		leave("", reasonEnded)
		return
	case !found:
		c.without++
		for _, port := range pod.Ports {
			if port.Name != "" {
				c.has[port.Name] = true
			}
		}
		leave(left, reasonNoPort)
		return
	}
	c.with++
	if len(addresses) == 0 {
		leave(left, reason)
	}
	state := state(pod.Ready, pod.Ready, pod.Terminating)
	for _, ip := range addresses {
		c.add(Endpoint{Key: keyOf(ip, number), State: state, Pod: pod.Name, Node: pod.Node, Ending: state == NotReady && pod.Terminating})
	}
}

// number is the port that a Ref means on this pod: a number is taken as it is,
// since a container need not declare its ports. The name of a container's port
// has a letter in it, so it is never a number.
func (p Pod) number(port string) (uint16, bool) {
	if number, err := strconv.ParseUint(port, 10, 16); err == nil && number != 0 {
		return uint16(number), true
	}
	at := slices.IndexFunc(p.Ports, func(has ContainerPort) bool { return has.Name == port && port != "" })
	if at < 0 {
		return 0, false
	}
	return p.Ports[at].Number, true
}
