package kube

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// pod keeps what tells whether and where to send traffic. A pod of the host's
// network has its node's addresses in podIPs.
func pod(p *corev1.Pod) endpoints.Pod {
	out := endpoints.Pod{
		Name: p.Name, Node: p.Spec.NodeName,
		Ready: slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		}),
		Terminating: p.DeletionTimestamp != nil,
		Ended:       p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed,
	}
	for _, ip := range p.Status.PodIPs {
		out.Addresses = append(out.Addresses, ip.IP)
	}
	for _, c := range p.Spec.Containers {
		out.Ports = append(out.Ports, containerPorts(c.Ports)...)
	}
	for _, c := range p.Spec.InitContainers { // a sidecar runs beside the others
		if value(c.RestartPolicy) == corev1.ContainerRestartPolicyAlways {
			out.Ports = append(out.Ports, containerPorts(c.Ports)...)
		}
	}
	return out
}

func containerPorts(ports []corev1.ContainerPort) []endpoints.ContainerPort {
	out := make([]endpoints.ContainerPort, len(ports))
	for i, p := range ports {
		out[i] = endpoints.ContainerPort{Name: p.Name, Number: uint16(p.ContainerPort)} // the API server admits 1 to 65535
	}
	return out
}

// roleLabel, with the name of a role behind it, is on the nodes that have the role.
// The value does not matter: kubeadm leaves it empty, others write "true".
const roleLabel = "node-role.kubernetes.io/"

func node(n *corev1.Node) endpoints.Node {
	_, excluded := n.Labels[corev1.LabelNodeExcludeBalancers]
	out := endpoints.Node{
		Name: n.Name,
		Ready: slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
			return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
		}),
		Unschedulable: n.Spec.Unschedulable,
		Terminating:   n.DeletionTimestamp != nil,
		Excluded:      excluded,
		Zone:          n.Labels[corev1.LabelTopologyZone],
	}
	for _, address := range n.Status.Addresses {
		switch address.Type {
		case corev1.NodeInternalIP:
			out.Addresses = append(out.Addresses, address.Address)
		case corev1.NodeExternalIP:
			out.External = append(out.External, address.Address)
		case corev1.NodeHostName:
			out.Hostnames = append(out.Hostnames, address.Address)
		}
	}
	for label := range n.Labels {
		if role, is := strings.CutPrefix(label, roleLabel); is && role != "" {
			out.Roles = append(out.Roles, role)
		}
	}
	slices.Sort(out.Roles)
	return out
}
