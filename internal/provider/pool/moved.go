package pool

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// moved is how the cluster differs from what was planned.
type moved struct {
	planned int                    // endpoints that the plan gives traffic to
	gone    []string               // those of them that are not ready any more, as text
	keys    map[ltm.MemberKey]bool // the same
	added   []string               // ready endpoints that the plan does not have
	empty   map[string][]string    // backends of which no planned endpoint is ready, and their endpoints
}

// compare looks for endpoints that have moved since the plan.
func compare(goal engine.BackendMembers, pins, now engine.BackendEndpoints) moved {
	before, after := index(pins), index(now)
	m := moved{empty: map[string][]string{}, keys: map[ltm.MemberKey]bool{}}
	ready := map[string]int{}
	gone := map[string][]string{}
	for _, member := range goal.Members {
		backend, ours := goal.Backend[member.Key]
		if !ours || member.Session != ltm.Enabled {
			continue
		}
		m.planned++
		if at, there := after[member.Key]; there && at.State == endpoints.Ready {
			ready[backend]++
			continue
		}
		m.keys[member.Key] = true
		gone[backend] = append(gone[backend], diagnostics.Endpoint(member.Key, backend, before[member.Key].Pod))
	}
	for _, backend := range slices.Sorted(maps.Keys(gone)) {
		m.gone = append(m.gone, gone[backend]...)
		if ready[backend] == 0 {
			m.empty[backend] = gone[backend]
		}
	}
	for _, backend := range slices.Sorted(maps.Keys(now)) {
		for _, endpoint := range now[backend].Endpoints {
			if _, known := before[endpoint.Key]; !known && endpoint.State == endpoints.Ready {
				m.added = append(m.added, diagnostics.Endpoint(endpoint.Key, backend, endpoint.Pod))
			}
		}
	}
	return m
}

// diagnostics warns of what has moved, or refuses a plan that would give
// traffic to a backend that has nobody left.
func (m moved) diagnostics(object string) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, backend := range slices.Sorted(maps.Keys(m.empty)) {
		diags.Append(diagnostics.EndpointsGone(object, backend, m.empty[backend]))
	}
	if len(m.empty) == 0 && len(m.gone)+len(m.added) > 0 {
		diags.Append(diagnostics.EndpointsMoved(object, m.gone, m.added, m.planned))
	}
	return diags
}

func index(observed engine.BackendEndpoints) map[ltm.MemberKey]endpoints.Endpoint {
	all := map[ltm.MemberKey]endpoints.Endpoint{}
	for _, result := range observed {
		for _, endpoint := range result.Endpoints {
			all[endpoint.Key] = endpoint
		}
	}
	return all
}
