package endpoints

import (
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// watched adds to a result what only a source that watches knows. An endpoint that
// went with a deleted slice is lost unless it terminated there, or another slice has
// it; the nodes of node ports did not go with any slice.
func (r *Result) watched(ref Ref, snapshot Snapshot) {
	r.WatchBroke, r.NoNodeReady, r.Triggered = snapshot.WatchBroke, snapshot.NoNodeReady, snapshot.Triggered
	if len(snapshot.Lost) == 0 || ref.NodePort || ref.Kind() != KindService {
		return
	}
	port, err := choosePort(ref, snapshot.Ports)
	if err != nil {
		return // Resolve has told it
	}
	family, there := chooseFamily(ref, snapshot), make(map[ltm.MemberKey]bool, len(r.Endpoints))
	for _, endpoint := range r.Endpoints {
		there[endpoint.Key] = true
	}
	for _, lost := range snapshot.Lost {
		c := newCollector(ref)
		c.addSlice(lost.Slice, port, family)
		for key, endpoint := range c.best {
			if there[key] || endpoint.State == Draining {
				continue
			}
			if r.Lost == nil {
				r.Lost = map[ltm.MemberKey]time.Time{}
			}
			if lost.At.After(r.Lost[key]) {
				r.Lost[key] = lost.At
			}
		}
	}
}
