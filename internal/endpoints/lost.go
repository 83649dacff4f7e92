package endpoints

import (
	"slices"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// lost finds what went with slices that were deleted: the keys that they would give
// and that no slice gives now, and when that was. A node port is lost where it would
// be in a better state with them. What terminated in a lost slice was on its way out.
func lost(ref Ref, snapshot Snapshot, now map[ltm.MemberKey]Endpoint) map[ltm.MemberKey]time.Time {
	var out map[ltm.MemberKey]time.Time
	for _, gone := range snapshot.Lost {
		for key, endpoint := range withSlice(ref, snapshot, gone.Slice) {
			present, ok := now[key]
			if ok && (!ref.NodePort || better(endpoint.State, present.State) == present.State) || !gone.At.After(out[key]) {
				continue
			}
			if out == nil {
				out = map[ltm.MemberKey]time.Time{}
			}
			out[key] = gone.At
		}
	}
	return out
}

// withSlice is what ref would resolve to with a lost slice: alone, if it is of pods;
// together with the others, if they are behind a node port.
func withSlice(ref Ref, snapshot Snapshot, gone Slice) map[ltm.MemberKey]Endpoint {
	gone.Endpoints = slices.DeleteFunc(slices.Clone(gone.Endpoints), func(e SliceEndpoint) bool { return e.Terminating != nil && *e.Terminating })
	others := []Slice(nil)
	if ref.NodePort {
		others = snapshot.Slices
	}
	if snapshot.Family == "" { // as all slices together tell it
		snapshot.Family = chooseFamily(ref, Snapshot{Slices: append(slices.Clone(snapshot.Slices), gone)})
	}
	snapshot.Slices = append(slices.Clone(others), gone)
	c := newCollector(ref)
	if err := c.addService(snapshot); err != nil {
		return nil // the slice does not have the port
	}
	return c.best
}
