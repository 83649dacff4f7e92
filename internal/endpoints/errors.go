package endpoints

import (
	"fmt"
	"strings"
)

// NoServiceError says that the Service of a Ref does not exist.
type NoServiceError struct {
	Ref Ref
}

// Error names the Service.
func (e *NoServiceError) Error() string {
	return e.Ref.object() + " does not exist"
}

// NoPortError says that the port of a Ref is none of the Service's, or that it
// could be several of them.
type NoPortError struct {
	Ref       Ref
	Ports     []ServicePort // what the Service has
	Ambiguous bool          // Ref.Port fits several; "" fits all
}

// Error lists what there is to choose from.
func (e *NoPortError) Error() string {
	names := make([]string, len(e.Ports))
	for i, port := range e.Ports {
		names[i] = port.String()
	}
	list := strings.Join(names, ", ")
	switch {
	case len(e.Ports) == 0:
		return e.Ref.object() + " has no ports"
	case e.Ambiguous && e.Ref.Port == "":
		return e.Ref.object() + " has several ports, name one of them: " + list
	case e.Ambiguous:
		return fmt.Sprintf("%s has several ports %s, write the name of one of them: %s", e.Ref.object(), e.Ref.Port, list)
	default:
		return fmt.Sprintf("%s has no port %q, it has: %s", e.Ref.object(), e.Ref.Port, list)
	}
}

// PortNotOnPodsError says that none of the endpoints has the port of a Ref: the
// name of the Service's target port, or of the container's port that goes with a
// selector, is on none of the pods.
type PortNotOnPodsError struct {
	Ref        Ref
	Port       ServicePort // zero for a selector
	TargetPort string      // as the Service or the Ref has it: a name, or a number
	Endpoints  int         // how many endpoints were looked at
	Has        []string    // names of the ports that they do have, sorted
}

// Error tells the target port and what the pods have instead.
func (e *PortNotOnPodsError) Error() string {
	if e.Ref.Kind() == KindSelector {
		text := fmt.Sprintf("%s: no pod has a port named %q (looked at %d)", e.Ref.object(), e.TargetPort, e.Endpoints)
		if len(e.Has) > 0 {
			text += "; the pods have the ports " + strings.Join(e.Has, ", ")
		}
		return text
	}
	text := fmt.Sprintf("%s, port %s: no pod has its target port %q (looked at %d)",
		e.Ref.object(), e.Port, e.TargetPort, e.Endpoints)
	if len(e.Has) > 0 {
		text += "; the pods have the Service's ports " + strings.Join(e.Has, ", ")
	}
	return text
}

// NoNodePortError says that a Service, or its port, has no node port.
type NoNodePortError struct {
	Ref  Ref
	Port ServicePort
}

// Error names the port.
func (e *NoNodePortError) Error() string {
	return fmt.Sprintf("%s, port %s, has no node port", e.Ref.object(), e.Port)
}

// String returns "http (80)", with the protocol where it isn't TCP, and without
// a name "80".
func (p ServicePort) String() string {
	number := fmt.Sprint(p.Number)
	if protocol := p.protocol(); protocol != "TCP" {
		number += "/" + protocol
	}
	if p.Name == "" {
		return number
	}
	return p.Name + " (" + number + ")"
}

// NoNodesError says that no node is what a Ref selects. A cluster without nodes is
// not one that wants its pool emptied: it has lost them, or nobody has such a label.
type NoNodesError struct {
	Ref Ref
}

// Error tells what was looked for.
func (e *NoNodesError) Error() string {
	return "there are no " + e.Ref.object()
}

// NodePortNumberError says that the port of nodes is not the number of a port: what
// listens on a node has no name.
type NodePortNumberError struct {
	Ref Ref
}

// Error quotes the port.
func (e *NodePortNumberError) Error() string {
	return fmt.Sprintf("%q is not the number of a port of the %s", e.Ref.Port, e.Ref.object())
}
