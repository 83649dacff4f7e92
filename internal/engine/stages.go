package engine

import (
	"cmp"
	"maps"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Stage is the pool's backends at one moment of a cutover: their shares, and what
// Kubernetes has for them.
type Stage struct {
	Backends []Backend
	Observed BackendEndpoints
}

// Stages are the pools on the way from one stage to another. Each step is how
// many percent of the way are behind then; one of 100 is the goal itself, and
// left out. Live are the members that the pool has at the beginning, and describe writes
// a pool's description for backends. A backend that is only in from loses its share
// on the way, and is still there in each stage.
func Stages(from, to Stage, steps []int, goal ltm.Pool, live []ltm.Member, describe func([]Backend) string) []ltm.Pool {
	observed := maps.Clone(from.Observed)
	if observed == nil {
		observed = BackendEndpoints{}
	}
	maps.Copy(observed, to.Observed)
	var stages []ltm.Pool
	for _, step := range steps {
		if step >= 100 {
			break
		}
		backends := between(from.Backends, to.Backends, step)
		stage := goal
		stage.Members = PlannedMembers(backends, observed, live).Members
		stage.Description = describe(backends)
		stages = append(stages, stage)
	}
	return stages
}

// between are the backends of both sides, with their shares at that percent of
// the way: whole numbers that add up to what both sides add up to. What rounding
// takes goes to those that it took most from.
func between(from, to []Backend, percent int) []Backend {
	was, sum := map[string]int{}, 0
	backends := slices.Clone(to)
	for _, backend := range from {
		was[backend.Name] = backend.Share
		if !slices.ContainsFunc(to, func(b Backend) bool { return b.Name == backend.Name }) {
			backend.Share = 0
			backends = append(backends, backend)
		}
	}
	slices.SortFunc(backends, func(a, b Backend) int { return cmp.Compare(a.Name, b.Name) })
	rest := make(map[string]int, len(backends)) // hundredths that rounding took
	for i, backend := range backends {
		hundredths := was[backend.Name]*(100-percent) + backend.Share*percent
		backends[i].Share, rest[backend.Name] = hundredths/100, hundredths%100
		sum += hundredths
	}
	order := slices.Clone(backends)
	slices.SortStableFunc(order, func(a, b Backend) int { return rest[b.Name] - rest[a.Name] })
	missing := sum / 100
	for _, backend := range backends {
		missing -= backend.Share
	}
	for _, backend := range order[:missing] {
		at := slices.IndexFunc(backends, func(b Backend) bool { return b.Name == backend.Name })
		backends[at].Share++
	}
	return backends
}
