package kube

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

var controlPlaneNodes = endpoints.Ref{Nodes: true, Role: "control-plane", Port: "6443"}

// apiNode is a node with one address and labels, "key=value" each.
func apiNode(name, address string, ready corev1.ConditionStatus, labels ...string) *corev1.Node {
	n := &corev1.Node{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Node"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{}},
		Status: corev1.NodeStatus{
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready}},
			Addresses:  []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: address}},
		},
	}
	for _, label := range labels {
		key, value, _ := strings.Cut(label, "=")
		n.Labels[key] = value
	}
	return n
}

func nodeNames(snapshot endpoints.Snapshot) []string {
	out := make([]string, 0, len(snapshot.Nodes))
	for _, n := range snapshot.Nodes {
		out = append(out, n.Name)
	}
	return out
}

func TestItIsTheAPIServerThatSelectsNodes(t *testing.T) {
	t.Parallel()
	for want, ref := range map[string]endpoints.Ref{
		"":                                      {Nodes: true},
		"node-role.kubernetes.io/control-plane": {Nodes: true, Role: "control-plane"},
		"pool=edge,zone=a":                      {Nodes: true, Selector: "pool=edge,zone=a"},
		"pool=edge,node-role.kubernetes.io/worker":         {Nodes: true, Selector: "pool=edge", Role: "worker"},
		"pool=edge,empty=,node-role.kubernetes.io/ingress": {Nodes: true, Selector: "empty=,pool=edge", Role: "ingress"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			var asked string
			handler := func(w http.ResponseWriter, r *http.Request) {
				asked = r.URL.Query().Get("labelSelector")
				answer(200, &corev1.NodeList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "NodeList"}, Items: []corev1.Node{
					*apiNode("b", "192.0.2.2", corev1.ConditionTrue), *apiNode("a", "192.0.2.1", corev1.ConditionTrue),
				}})(w, r)
			}
			snapshot, err := newSource(t, trusting(fakeAPI{nodesPath: handler}.serve(t)), time.Minute).Snapshot(t.Context(), ref)
			check(t, err)
			terms := func(s string) []string { return slices.Sorted(slices.Values(strings.Split(s, ","))) }
			if diff := cmp.Diff(terms(want), terms(asked)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if diff := cmp.Diff([]string{"a", "b"}, nodeNames(snapshot)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestAWatchFollowsTheNodesThatAreSelectedAndTellsOnlyOfThose(t *testing.T) {
	t.Parallel()
	const master, edge = roleLabel + "control-plane=true", "pool=edge"
	f := newFakeWatch(t)
	f.lists[nodes].(*corev1.NodeList).Items = []corev1.Node{
		*apiNode("c1", "192.0.2.1", corev1.ConditionTrue, master), *apiNode("w1", "192.0.2.9", corev1.ConditionTrue, edge),
	}
	w := startWatch(t, map[string]Config{"": trusting(f.Server)}, WatchOptions{})
	const api, ingress = "/shop/api", "/shop/ingress"
	edges := endpoints.Ref{Nodes: true, Selector: edge, Port: "443"}
	w.Follow(api, []endpoints.Ref{controlPlaneNodes})
	w.Follow(ingress, []endpoints.Ref{edges})
	are := func(ref endpoints.Ref, want ...string) {
		t.Helper()
		w.until(ref, func(s endpoints.Snapshot, err error) bool { return err == nil && slices.Equal(want, nodeNames(s)) })
	}
	are(controlPlaneNodes, "c1")
	are(edges, "w1")
	told := w.tells(ingress)

	f.send(t, nodes, "ADDED", apiNode("c2", "192.0.2.2", corev1.ConditionTrue, master))
	are(controlPlaneNodes, "c1", "c2")
	f.send(t, nodes, "MODIFIED", apiNode("c2", "192.0.2.2", corev1.ConditionFalse, master))
	w.until(controlPlaneNodes, func(s endpoints.Snapshot, err error) bool { return err == nil && !s.Nodes[1].Ready })
	f.send(t, nodes, "MODIFIED", apiNode("c2", "192.0.2.2", corev1.ConditionTrue)) // no longer of the role
	are(controlPlaneNodes, "c1")
	f.send(t, nodes, "DELETED", apiNode("c1", "192.0.2.1", corev1.ConditionTrue, master))
	are(controlPlaneNodes)
	if got := w.tells(ingress); got != told {
		t.Errorf("who selects other nodes was told %d times", got-told)
	}
	w.Follow(api, nil)
	f.send(t, nodes, "DELETED", apiNode("w1", "192.0.2.9", corev1.ConditionTrue, edge))
	are(edges)
}
