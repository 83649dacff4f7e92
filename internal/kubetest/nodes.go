package kubetest

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// firstNodeAddress is the last byte of node-0's address in 192.0.2.0/24 (documentation addresses: RFC 5737).
const firstNodeAddress = 10

// NodeName is the name of the i-th node, counted from 0.
func NodeName(i int) string { return fmt.Sprintf("node-%d", i) }

// createNodes registers the nodes as kubelets would, addresses included: kwok keeps an address that it finds and gives
// every node the same one otherwise.
func (cp *ControlPlane) createNodes(ctx context.Context, n int) error {
	for i := range n {
		name := NodeName(i)
		labels := map[string]string{corev1.LabelHostname: name, corev1.LabelOSStable: "linux"}
		if i < cp.options.ControlPlaneNodes { // as kubeadm labels them
			labels["node-role.kubernetes.io/control-plane"], labels[corev1.LabelNodeExcludeBalancers] = "", ""
		}
		node := &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{
				Name:   name,
				Labels: labels,
			},
			Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: fmt.Sprintf("192.0.2.%d", firstNodeAddress+i)},
				{Type: corev1.NodeHostName, Address: name},
			}},
		}
		if _, err := cp.client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	return nil
}
