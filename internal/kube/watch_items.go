package kube

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// serviceItem is what is kept of a Service.
type serviceItem struct {
	snapshot endpoints.Snapshot // without slices
	selector map[string]string
	uid      types.UID
	alias    string // the target of an ExternalName
	isAlias  bool
}

type serviceStore struct{ store[serviceItem] }

func newServiceStore(w *watching) *serviceStore {
	s := &serviceStore{}
	s.store = store[serviceItem]{
		w: w, items: map[types.NamespacedName]serviceItem{},
		convert: convertService,
		same:    func(a, b serviceItem) bool { return reflect.DeepEqual(a, b) },
		changed: func(key types.NamespacedName, _, after *serviceItem, tell owners) {
			if after == nil {
				w.v.serviceGone(key)
			}
			w.v.interest.ofService(key, tell)
		},
	}
	return s
}

func convertService(object any) (found[serviceItem], bool) {
	s, ok := object.(*corev1.Service)
	if !ok {
		return found[serviceItem]{}, false
	}
	return found[serviceItem]{
		key: types.NamespacedName{Namespace: s.Namespace, Name: s.Name},
		value: serviceItem{
			snapshot: serviceSnapshot(s, nil), selector: maps.Clone(s.Spec.Selector), uid: s.UID,
			alias: s.Spec.ExternalName, isAlias: s.Spec.Type == corev1.ServiceTypeExternalName,
		},
	}, true
}

// podItem is what is kept of a pod.
type podItem struct {
	pod    endpoints.Pod
	labels map[string]string
	gate   PodGate // zero if no gate is asked for
}

type podStore struct{ store[podItem] }

func newPodStore(w *watching) *podStore {
	s, gate := &podStore{}, corev1.PodConditionType(w.v.options.Gate)
	s.store = store[podItem]{
		w: w, items: map[types.NamespacedName]podItem{},
		convert: func(object any) (found[podItem], bool) { return convertPod(object, gate) },
		same:    func(a, b podItem) bool { return reflect.DeepEqual(a, b) },
		changed: func(key types.NamespacedName, before, after *podItem, tell owners) {
			for _, item := range []*podItem{before, after} {
				if item == nil {
					continue
				}
				w.v.interest.ofPod(key.Namespace, item.labels, tell)
				if item.gate.Asked {
					w.v.ownersOfEndpoint(key, tell)
				}
			}
		},
	}
	return s
}

func convertPod(object any, gate corev1.PodConditionType) (found[podItem], bool) {
	p, ok := object.(*corev1.Pod)
	if !ok {
		return found[podItem]{}, false
	}
	item := podItem{pod: pod(p), labels: maps.Clone(p.Labels)}
	if slices.ContainsFunc(p.Spec.ReadinessGates, func(g corev1.PodReadinessGate) bool { return gate != "" && g.ConditionType == gate }) {
		item.gate = PodGate{
			UID: string(p.UID), Asked: true,
			Open: isTrue(p.Status.Conditions, gate), ContainersReady: isTrue(p.Status.Conditions, corev1.ContainersReady),
		}
	}
	return found[podItem]{key: types.NamespacedName{Namespace: p.Namespace, Name: p.Name}, value: item}, true
}

func isTrue(conditions []corev1.PodCondition, kind corev1.PodConditionType) bool {
	return slices.ContainsFunc(conditions, func(c corev1.PodCondition) bool { return c.Type == kind && c.Status == corev1.ConditionTrue })
}

// selected are the pods that a selector matches, by name.
func (s *podStore) selected(selector endpoints.Selector) []endpoints.Pod {
	var out []endpoints.Pod
	asked := selector.Labels()
	for _, item := range s.items {
		if has(item.labels, asked) {
			out = append(out, item.pod)
		}
	}
	slices.SortFunc(out, func(a, b endpoints.Pod) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// nodeItem is what is kept of a node.
type nodeItem struct {
	node   endpoints.Node
	labels map[string]string
}

// matches tells that the node is one that ref selects.
func (n nodeItem) matches(ref endpoints.Ref) bool {
	return has(n.labels, ref.Selector.Labels()) && (ref.Role == "" || slices.Contains(n.node.Roles, ref.Role))
}

// nodeStore keeps the nodes. They are sorted once for all Snapshots of node ports.
type nodeStore struct {
	store[nodeItem]
	sorted []endpoints.Node // nil: not since the last change
	ready  int
}

func newNodeStore(w *watching) *nodeStore {
	s := &nodeStore{}
	s.store = store[nodeItem]{
		w: w, items: map[types.NamespacedName]nodeItem{},
		convert: convertNode,
		same:    func(a, b nodeItem) bool { return reflect.DeepEqual(a, b) },
		changed: s.nodeChanged,
	}
	return s
}

func convertNode(object any) (found[nodeItem], bool) {
	n, ok := object.(*corev1.Node)
	if !ok {
		return found[nodeItem]{}, false
	}
	return found[nodeItem]{key: types.NamespacedName{Name: n.Name}, value: nodeItem{node(n), maps.Clone(n.Labels)}}, true
}

// nodeChanged tells those who select the node, those with node ports where more than
// its labels has changed; and everybody, where the cluster has lost its last ready
// node, or has one again.
func (s *nodeStore) nodeChanged(_ types.NamespacedName, before, after *nodeItem, tell owners) {
	s.sorted = nil
	none := s.ready == 0
	if before != nil {
		s.w.v.interest.ofNode(*before, tell)
		if before.node.Ready {
			s.ready--
		}
	}
	if after != nil {
		s.w.v.interest.ofNode(*after, tell)
		if after.node.Ready {
			s.ready++
		}
	}
	if none != (s.ready == 0) {
		s.w.v.interest.all(tell)
	}
	if before == nil || after == nil || !reflect.DeepEqual(before.node, after.node) {
		maps.Copy(tell, s.w.v.interest.nodePorts)
	}
}

// noneReady tells that there are nodes, and none of them is ready.
func (s *nodeStore) noneReady() bool { return s.w.full && len(s.items) > 0 && s.ready == 0 }

func (s *nodeStore) all() []endpoints.Node {
	if s.sorted == nil {
		s.sorted = s.selected(endpoints.Ref{Nodes: true})
	}
	return s.sorted
}

// selected are the nodes that ref selects, by name.
func (s *nodeStore) selected(ref endpoints.Ref) []endpoints.Node {
	out := make([]endpoints.Node, 0, len(s.items))
	for _, item := range s.items {
		if item.matches(ref) {
			out = append(out, item.node)
		}
	}
	slices.SortFunc(out, func(a, b endpoints.Node) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
