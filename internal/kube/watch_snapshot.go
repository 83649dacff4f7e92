package kube

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// snapshot answers from memory.
func (v *view) snapshot(ref endpoints.Ref) (endpoints.Snapshot, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.missing(ref); err != nil {
		return endpoints.Snapshot{}, err
	}
	var out endpoints.Snapshot
	switch ref.Kind() {
	case endpoints.KindSelector:
		out = endpoints.Snapshot{Found: true, Pods: v.pods[ref.Namespace].selected(ref.Selector)}
	case endpoints.KindNodes:
		out = endpoints.Snapshot{Found: true, Nodes: v.nodes.selected(ref)}
	default:
		service := v.service(ref)
		switch {
		case service.isAlias:
			return endpoints.Snapshot{}, &ExternalNameError{Ref: ref, Target: service.alias}
		case service.snapshot.Found:
			out = service.snapshot
			v.slicesOf(ref.Namespace).fill(&out, serviceOf(ref))
		}
	}
	if ref.NodePort && out.Found {
		out.Nodes = v.nodes.all()
	}
	out.NoNodeReady = v.nodes != nil && v.nodes.noneReady()
	for _, scope := range v.rights.needs(ref) {
		if broke := v.watches[scope].lastBroken(); broke.After(out.WatchBroke) {
			out.WatchBroke = broke
		}
	}
	return out, nil
}

// synced is nil if all that ref needs is in memory.
func (v *view) synced(ref endpoints.Ref) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.missing(ref)
}

// missing says which of the watches that ref needs is not full, and why. The lock is
// held.
func (v *view) missing(ref endpoints.Ref) error {
	if v.asking.contact.IsZero() {
		return &NotSyncedError{Ref: ref, Server: v.source.server, Err: v.failure(&v.asking)}
	}
	for _, scope := range v.rights.needs(ref) {
		switch w := v.watches[scope]; {
		case w == nil:
			return &NotSyncedError{Ref: ref, Server: v.source.server}
		case !w.full:
			return &NotSyncedError{Ref: ref, Server: v.source.server, Err: v.failure(w)}
		}
	}
	return nil
}

// service is what is held of ref's Service, zero if it is not there. Nothing of it may
// be missing.
func (v *view) service(ref endpoints.Ref) serviceItem {
	return v.services[v.rights.scope(services, ref.Namespace).namespace].items[serviceOf(ref)]
}

// slicesOf is the store that has the slices of a namespace, nil if there is none.
func (v *view) slicesOf(namespace string) *sliceStore {
	return v.slices[v.rights.scope(endpointSlices, namespace).namespace]
}

// serviceHas tells that the Service of a slice is there, as far as is known, and is
// the one that the slice was made for.
func (v *view) serviceHas(item sliceItem) bool {
	s := v.services[v.rights.scope(services, item.service.Namespace).namespace]
	if s == nil || !s.w.full {
		return false
	}
	service, found := s.items[item.service]
	return found && (item.owner == "" || item.owner == service.uid)
}

// serviceGone forgets what a Service lost.
func (v *view) serviceGone(service types.NamespacedName) {
	s := v.slicesOf(service.Namespace)
	if s == nil || s.byService[service] == nil {
		return
	}
	s.byService[service].lost = nil
	s.tidy(service)
}

// ownersOfEndpoint tells those who follow a Service of which a pod is an endpoint.
func (v *view) ownersOfEndpoint(pod types.NamespacedName, tell owners) {
	s := v.slicesOf(pod.Namespace)
	if s == nil {
		return
	}
	for service := range v.interest.services {
		if of := s.byService[service]; of != nil && service.Namespace == pod.Namespace && of.names(pod.Name) {
			v.interest.ofService(service, tell)
		}
	}
}

func (v *view) podGate(namespace, name string) (PodGate, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.pods[namespace]
	if s == nil {
		return PodGate{}, false
	}
	item, found := s.items[types.NamespacedName{Namespace: namespace, Name: name}]
	return item.gate, found
}
