package pinned

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/diagnostics"
)

// Moved is how the cluster differs from what was planned.
type Moved struct {
	Keys map[ltm.MemberKey]bool // of planned endpoints that are not ready any more

	planned int                 // endpoints that the plan gives traffic to
	gone    []string            // Keys as text
	added   []string            // ready endpoints that the plan does not have
	empty   map[string][]string // backends of which no planned endpoint is ready, and their endpoints
}

// Compare looks for endpoints that have moved since the plan.
func Compare(goal engine.BackendMembers, pins, now engine.BackendEndpoints) Moved {
	before, after := index(pins), index(now)
	m := Moved{empty: map[string][]string{}, Keys: map[ltm.MemberKey]bool{}}
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
		m.Keys[member.Key] = true
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

// Diagnostics warns, at an attribute, of what has moved, or refuses a plan that would
// give traffic to a backend that has nobody left.
func (m Moved) Diagnostics(at path.Path, object string) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, backend := range slices.Sorted(maps.Keys(m.empty)) {
		diags.Append(diagnostics.EndpointsGone(at, object, backend, m.empty[backend]))
	}
	if len(m.empty) == 0 && len(m.gone)+len(m.added) > 0 {
		diags.Append(diagnostics.EndpointsMoved(at, object, m.gone, m.added, m.planned))
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
