package kube

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// probesSettle is how long pods that become ready are gathered before those are told whose
// monitors are made of their probes: a rolling update has many pods, and one probe.
const probesSettle = 10 * time.Second

// becameReady tells that a pod is ready in a slice that was not before. Its probe may be
// another one.
func becameReady(before, after *sliceItem) bool {
	was := map[string]bool{}
	if before != nil {
		for _, e := range before.slice.Endpoints {
			was[e.Pod] = was[e.Pod] || isReady(e)
		}
	}
	for _, e := range after.slice.Endpoints {
		if e.Pod != "" && isReady(e) && !was[e.Pod] {
			return true
		}
	}
	return false
}

// tellOfProbes tells those whose monitors are made of a Service's pods, in a while. The lock
// is held.
func (v *view) tellOfProbes(service types.NamespacedName) {
	who := owners{}
	v.interest.ofRoute(endpointSlices, service, who)
	for owner := range who {
		if v.probes[owner] {
			continue
		}
		v.probes[owner] = true
		time.AfterFunc(probesSettle, func() {
			v.mu.Lock()
			delete(v.probes, owner)
			v.source.moved.Add(1) // what is asked from now on must not join what was asked before
			v.mu.Unlock()
			v.options.Changed(owner)
		})
	}
}
