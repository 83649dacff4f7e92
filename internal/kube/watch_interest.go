package kube

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// owners is a set of those who follow something.
type owners map[string]bool

// interest is who follows what in a cluster.
type interest struct {
	refs      map[string][]endpoints.Ref
	services  map[types.NamespacedName]owners
	selectors map[string]map[endpoints.Selector]owners // by namespace
	nodePorts owners
	routes    map[string][]scope       // what an owner's routes are made of
	spare     map[string][]scope       // of the whole cluster, what they do without where it may not be watched
	nodes     map[endpoints.Ref]owners // of nodes themselves
}

func newInterest() interest {
	return interest{
		refs:      map[string][]endpoints.Ref{},
		services:  map[types.NamespacedName]owners{},
		selectors: map[string]map[endpoints.Selector]owners{},
		nodePorts: owners{},
		routes:    map[string][]scope{},
		spare:     map[string][]scope{},
		nodes:     map[endpoints.Ref]owners{},
	}
}

// set replaces what an owner follows.
func (i *interest) set(owner string, refs []endpoints.Ref) {
	for _, ref := range i.refs[owner] {
		i.drop(owner, ref)
	}
	delete(i.refs, owner)
	if len(refs) > 0 {
		i.refs[owner] = refs
	}
	for _, ref := range refs {
		i.add(owner, ref)
	}
}

func (i *interest) add(owner string, ref endpoints.Ref) {
	switch {
	case ref.Kind() == endpoints.KindAddresses:
		return
	case ref.Kind() == endpoints.KindSelector:
		if i.selectors[ref.Namespace] == nil {
			i.selectors[ref.Namespace] = map[endpoints.Selector]owners{}
		}
		addTo(i.selectors[ref.Namespace], ref.Selector, owner)
		return
	case ref.Kind() == endpoints.KindNodes:
		addTo(i.nodes, ref, owner)
		return
	case ref.NodePort:
		i.nodePorts[owner] = true
	}
	addTo(i.services, serviceOf(ref), owner)
}

func (i *interest) drop(owner string, ref endpoints.Ref) {
	delete(i.nodePorts, owner)
	dropFrom(i.nodes, ref, owner)
	dropFrom(i.services, serviceOf(ref), owner)
	selectors := i.selectors[ref.Namespace]
	dropFrom(selectors, ref.Selector, owner)
	if len(selectors) == 0 {
		delete(i.selectors, ref.Namespace)
	}
}

func addTo[K comparable](m map[K]owners, key K, owner string) {
	if m[key] == nil {
		m[key] = owners{}
	}
	m[key][owner] = true
}

func dropFrom[K comparable](m map[K]owners, key K, owner string) {
	delete(m[key], owner)
	if len(m[key]) == 0 {
		delete(m, key)
	}
}

// ofScope tells those who need a watch.
func (i *interest) ofScope(full scope, r rights, tell owners) {
	for owner, refs := range i.refs {
		if slices.ContainsFunc(refs, func(ref endpoints.Ref) bool {
			return (full.namespace == "" || full.namespace == ref.Namespace) && slices.Contains(r.needs(ref), full)
		}) {
			tell[owner] = true
		}
	}
	i.ofNeeds(func(n scope) bool { return r.watchOf(n) == full }, tell)
}

// ofNeeds tells those whose routes need such a thing, or do without it.
func (i *interest) ofNeeds(is func(scope) bool, tell owners) {
	for _, all := range []map[string][]scope{i.routes, i.spare} {
		for owner, needs := range all {
			if slices.ContainsFunc(needs, is) {
				tell[owner] = true
			}
		}
	}
}

// spares are all that somebody does without where it may not be watched.
func (i *interest) spares() []scope {
	return distinct(slices.Concat(slices.Collect(maps.Values(i.spare))...), scope.compare)
}

// all tells everybody.
func (i *interest) all(tell owners) {
	for owner := range i.refs {
		tell[owner] = true
	}
}

// ofService tells those who follow a Service.
func (i *interest) ofService(service types.NamespacedName, tell owners) {
	maps.Copy(tell, i.services[service])
}

// ofPod tells those who select a pod with these labels.
func (i *interest) ofPod(namespace string, pod map[string]string, tell owners) {
	for selector, who := range i.selectors[namespace] {
		if has(pod, selector.Labels()) {
			maps.Copy(tell, who)
		}
	}
}

// ofNode tells those who select a node.
func (i *interest) ofNode(n nodeItem, tell owners) {
	for ref, who := range i.nodes {
		if n.matches(ref) {
			maps.Copy(tell, who)
		}
	}
}

// has tells that an object has all the labels that are asked for.
func has(object, asked map[string]string) bool {
	for key, value := range asked {
		if found, ok := object[key]; !ok || found != value {
			return false
		}
	}
	return true
}

func serviceOf(ref endpoints.Ref) types.NamespacedName {
	return types.NamespacedName{Namespace: ref.Namespace, Name: ref.Service}
}

// wanted are the watches that the refs need, as far as the rights reach.
func (i *interest) wanted(r rights, gates bool) map[scope]bool {
	want := map[scope]bool{}
	for service := range i.services {
		want[r.scope(services, service.Namespace)] = true
		want[r.scope(endpointSlices, service.Namespace)] = true
		if gates {
			want[scope{resource: pods, namespace: service.Namespace}] = true
		}
	}
	for namespace := range i.selectors {
		want[scope{resource: pods, namespace: namespace}] = true
	}
	if len(i.nodePorts) > 0 || len(i.nodes) > 0 || len(want) > 0 && r.nodes {
		want[scope{resource: nodes}] = true
	}
	for _, needs := range i.routes {
		for _, need := range needs {
			want[r.watchOf(need)] = true
		}
	}
	for _, s := range i.spares() {
		if r.spare[s] {
			want[s] = true
		}
	}
	return want
}

// needs are the watches that one ref needs.
func (r rights) needs(ref endpoints.Ref) []scope {
	var need []scope
	switch ref.Kind() {
	case endpoints.KindNodes:
		return []scope{{resource: nodes}}
	case endpoints.KindSelector:
		need = append(need, scope{resource: pods, namespace: ref.Namespace})
	default:
		need = append(need, r.scope(services, ref.Namespace), r.scope(endpointSlices, ref.Namespace))
	}
	if r.nodes || ref.NodePort {
		need = append(need, scope{resource: nodes})
	}
	return need
}
