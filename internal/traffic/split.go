package traffic

import (
	"cmp"
	"maps"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Split gives each endpoint of the backends the ratio and the session with which
// the backends get their shares. Names must be unique; a negative share counts
// as 0. The order of backends and endpoints does not matter.
func Split(backends []Backend) Result {
	backends = slices.SortedStableFunc(slices.Values(backends), func(a, b Backend) int { return cmp.Compare(a.Name, b.Name) })
	owned, overlaps := deal(backends)

	shares, counts := make(map[string]int, len(backends)), make(map[string]int, len(backends))
	for _, backend := range backends {
		shares[backend.Name] = max(0, backend.Share)
		counts[backend.Name] = 0
	}
	for _, o := range owned {
		if o.endpoint.State == endpoints.Ready {
			counts[o.backend]++
		}
	}
	ratios, given, worst, _ := Ratios(shares, counts) // no error: same keys, nothing negative

	result := Result{Overlaps: overlaps, Error: worst, Assignments: make([]Assignment, 0, len(owned))}
	for _, key := range slices.SortedFunc(maps.Keys(owned), ltm.MemberKey.Compare) {
		o := owned[key]
		result.Assignments = append(result.Assignments, Assignment{
			Backend: o.backend, Endpoint: o.endpoint,
			Ratio:   cmp.Or(ratios[o.backend], ltm.MinRatio),
			Session: session(o.endpoint.State, shares[o.backend]),
		})
	}
	result.Shares = report(backends, shares, counts, given)
	return result
}

// session is the table of doc.go.
func session(state endpoints.State, share int) ltm.Session {
	switch {
	case state == endpoints.Ready && share > 0:
		return ltm.Enabled
	case state == endpoints.Ready || state == endpoints.Draining:
		return ltm.Disabled
	default:
		return ltm.ForcedOffline
	}
}

// owner is the backend that gets an endpoint, and the endpoint as that has it.
type owner struct {
	backend  string
	share    bool
	endpoint endpoints.Endpoint
}

// deal gives each endpoint to one backend. Backends are sorted by name.
func deal(backends []Backend) (map[ltm.MemberKey]owner, []Overlap) {
	owned := map[ltm.MemberKey]owner{}
	wanted := map[ltm.MemberKey][]string{}
	for _, backend := range backends {
		for _, endpoint := range backend.Endpoints {
			o := owner{backend: backend.Name, share: backend.Share > 0, endpoint: endpoint}
			known, found := owned[endpoint.Key]
			if !found || o.share && !known.share {
				owned[endpoint.Key] = o
			}
			if found {
				wanted[endpoint.Key] = append(wanted[endpoint.Key], known.backend, backend.Name)
			}
		}
	}
	var overlaps []Overlap
	for _, key := range slices.SortedFunc(maps.Keys(wanted), ltm.MemberKey.Compare) {
		others := wanted[key]
		slices.Sort(others)
		others = slices.DeleteFunc(slices.Compact(others), func(name string) bool { return name == owned[key].backend })
		if len(others) > 0 {
			overlaps = append(overlaps, Overlap{Key: key, Backend: owned[key].backend, Others: others})
		}
	}
	return owned, overlaps
}

// report tells each backend what it asked for and gets.
func report(backends []Backend, shares, counts map[string]int, given map[string]float64) []Share {
	total := 0.0
	for _, backend := range backends {
		if counts[backend.Name] > 0 {
			total += float64(shares[backend.Name])
		}
	}
	result := make([]Share, 0, len(backends))
	for _, backend := range backends {
		share := Share{Backend: backend.Name, Ready: counts[backend.Name], Given: given[backend.Name]}
		asks := shares[backend.Name] > 0
		share.Moved = asks && share.Ready == 0
		if asks && share.Ready > 0 {
			share.Asked = 100 * float64(shares[backend.Name]) / total
		}
		result = append(result, share)
	}
	return result
}
