package kube

import (
	"maps"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// probesSettle is how long pods that come and go are gathered before those are told whose
// monitors are made of their probes: a rolling update has many pods, and one probe.
const probesSettle = 10 * time.Second

// readyDiffers tells that other pods are ready in a slice than before. Of a new one the probe
// may be another; one that went may have been the youngest, as when a rollout is undone.
func readyDiffers(before, after *sliceItem) bool {
	return !maps.Equal(readyPods(before), readyPods(after))
}

func readyPods(item *sliceItem) map[string]bool {
	ready := map[string]bool{}
	if item == nil {
		return ready
	}
	for _, e := range item.slice.Endpoints {
		if e.Pod != "" && isReady(e) && !value(e.Terminating) {
			ready[e.Pod] = true
		}
	}
	return ready
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
