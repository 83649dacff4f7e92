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
	return e.Ref.service() + " does not exist"
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
		return e.Ref.service() + " has no ports"
	case e.Ambiguous && e.Ref.Port == "":
		return e.Ref.service() + " has several ports, name one of them: " + list
	case e.Ambiguous:
		return fmt.Sprintf("%s has several ports %s, write the name of one of them: %s", e.Ref.service(), e.Ref.Port, list)
	default:
		return fmt.Sprintf("%s has no port %q, it has: %s", e.Ref.service(), e.Ref.Port, list)
	}
}

// PortNotOnPodsError says that a Service has the port of a Ref, but none of its
// endpoints does: the name of the target port is on none of the pods.
type PortNotOnPodsError struct {
	Ref        Ref
	Port       ServicePort
	TargetPort string   // as the Service has it: a name, or a number
	Endpoints  int      // how many endpoints were looked at
	Has        []string // names of the ports that they do have, sorted
}

// Error tells the target port and what the pods have instead.
func (e *PortNotOnPodsError) Error() string {
	text := fmt.Sprintf("%s, port %s: no pod has its target port %q (looked at %d)",
		e.Ref.service(), e.Port, e.TargetPort, e.Endpoints)
	if len(e.Has) > 0 {
		text += "; the pods have the Service's ports " + strings.Join(e.Has, ", ")
	}
	return text
}

// String names what r refers to: "shop/web:http", "east/shop/web:http".
func (r Ref) String() string {
	text := r.Namespace + "/" + r.Service
	if r.Cluster != "" {
		text = r.Cluster + "/" + text
	}
	if r.Port != "" {
		text += ":" + r.Port
	}
	return text
}

// service names the Service in a sentence.
func (r Ref) service() string {
	text := "Service " + r.Namespace + "/" + r.Service
	if r.Cluster != "" {
		text += " in cluster " + r.Cluster
	}
	return text
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
