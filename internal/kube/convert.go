package kube

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// serviceSnapshot turns what the API server sent into the core's value. Nothing in it
// is shared with the objects. Slices go by name, so that the same cluster gives
// the same value.
func serviceSnapshot(service *corev1.Service, list []discoveryv1.EndpointSlice) endpoints.Snapshot {
	out := endpoints.Snapshot{
		Found: true,
		Local: service.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal,
	}
	if families := service.Spec.IPFamilies; len(families) > 0 {
		out.Family = endpoints.Family(families[0])
	}
	for _, p := range service.Spec.Ports {
		out.Ports = append(out.Ports, servicePort(p))
	}
	for i := range list {
		out.Slices = append(out.Slices, slice(&list[i]))
	}
	slices.SortFunc(out.Slices, func(a, b endpoints.Slice) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func servicePort(p corev1.ServicePort) endpoints.ServicePort {
	target := p.TargetPort.String()
	if target == "0" || p.TargetPort.IntVal == p.Port {
		target = ""
	}
	return endpoints.ServicePort{
		Name:       p.Name,
		Number:     uint16(p.Port), // the API server admits 1 to 65535
		TargetPort: target,
		NodePort:   uint16(p.NodePort), // as above; 0 is none
		Protocol:   cmp.Or(string(p.Protocol), string(corev1.ProtocolTCP)),
	}
}

func slice(s *discoveryv1.EndpointSlice) endpoints.Slice {
	out := endpoints.Slice{Name: s.Name, Family: endpoints.Family(s.AddressType)}
	for _, p := range s.Ports {
		out.Ports = append(out.Ports, slicePort(p))
	}
	for i := range s.Endpoints {
		out.Endpoints = append(out.Endpoints, endpoint(&s.Endpoints[i]))
	}
	return out
}

func slicePort(p discoveryv1.EndpointPort) endpoints.SlicePort {
	return endpoints.SlicePort{
		Name:     value(p.Name),
		Number:   uint16(value(p.Port)), // the API server admits 1 to 65535; nil is "all ports", our 0
		Protocol: cmp.Or(string(value(p.Protocol)), string(corev1.ProtocolTCP)),
	}
}

// endpoint keeps what tells whether and where to send traffic. Hints are left
// behind: they are kube-proxy's, about the nodes' own clients. A target that is
// no pod, as in slices written by hand, has no pod to name.
func endpoint(e *discoveryv1.Endpoint) endpoints.SliceEndpoint {
	out := endpoints.SliceEndpoint{
		Addresses:   slices.Clone(e.Addresses),
		Ready:       clone(e.Conditions.Ready),
		Serving:     clone(e.Conditions.Serving),
		Terminating: clone(e.Conditions.Terminating),
		Node:        value(e.NodeName),
		Zone:        value(e.Zone),
	}
	if e.TargetRef != nil && e.TargetRef.Kind == "Pod" {
		out.Pod = e.TargetRef.Name
	}
	return out
}

// value is what p points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}
