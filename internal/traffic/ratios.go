package traffic

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	// Tolerance is how far, in percent points, a share may be from what was
	// asked for the sake of small ratios.
	Tolerance = 0.1
	// PreferredRatio is the largest ratio that tools for BIG-IP agree on
	// (icontrol-rest 3.2); larger ones are used only where accuracy needs them.
	PreferredRatio = 100
	// exact is what floating point makes of no error at all.
	exact = 1e-9
)

// InputError says which number of which backend makes no sense.
type InputError struct {
	Backend string
	Problem string // a sentence's end: "its share is negative"
}

// Error names the backend and its problem.
func (e *InputError) Error() string { return fmt.Sprintf("backend %q: %s", e.Backend, e.Problem) }

// Ratios computes the ratio that each member of a backend must have, from the
// backends' shares (weights of any size) and their counts of ready members.
//
// Ratios are integers from 1 to 65535: exact ones if they need no number above
// 100; else the smallest ones within 0.1 percent points of all shares; else,
// where 65535 is too small for that, the closest ones.
//
// ratios has the backends that get traffic: those with a share and a member.
// given has all backends, in percent. worst is the largest distance of a share
// from what was asked, in percent points. Both maps must have the same keys and
// no negative number, or err is an *InputError.
func Ratios(shares, counts map[string]int) (ratios map[string]int, given map[string]float64, worst float64, err error) {
	if err := checkInput(shares, counts); err != nil {
		return nil, nil, 0, err
	}
	var groups []group
	given = make(map[string]float64, len(shares))
	for _, name := range slices.Sorted(maps.Keys(shares)) {
		given[name] = 0
		if shares[name] > 0 && counts[name] > 0 {
			groups = append(groups, group{name: name, share: float64(shares[name]), count: float64(counts[name])})
		}
	}
	worst = solve(groups)
	ratios = make(map[string]int, len(groups))
	for _, g := range groups {
		ratios[g.name] = int(g.ratio)
		given[g.name] = g.given
	}
	return ratios, given, worst, nil
}

func checkInput(shares, counts map[string]int) error {
	for _, name := range slices.Sorted(maps.Keys(shares)) {
		count, found := counts[name]
		switch {
		case !found:
			return &InputError{Backend: name, Problem: "it has a share but no count of members"}
		case shares[name] < 0:
			return &InputError{Backend: name, Problem: "its share is negative"}
		case count < 0:
			return &InputError{Backend: name, Problem: "its count of members is negative"}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if _, found := shares[name]; !found {
			return &InputError{Backend: name, Problem: "it has a count of members but no share"}
		}
	}
	return nil
}

// group is a backend that gets traffic.
type group struct {
	name         string
	share, count float64 // both > 0
	asked, given float64 // percent
	ratio        float64 // an integer
}

// solve fills in asked, ratio and given of each group, which must be in a fixed
// order, and returns the largest error in percent points.
func solve(groups []group) float64 {
	total, heaviest := 0.0, 0.0
	for _, g := range groups {
		total += g.share
		heaviest = max(heaviest, g.share/g.count)
	}
	for i := range groups {
		groups[i].asked = 100 * groups[i].share / total
	}
	top := bestTop(groups, heaviest)
	return scale(groups, heaviest, top)
}

// bestTop finds the ratio that the members of the heaviest group should have;
// all others follow from it.
func bestTop(groups []group, heaviest float64) float64 {
	within, closest, least := 0.0, 1.0, math.Inf(1)
	for top := 1.0; top <= ltm.MaxRatio; top++ {
		worst := scale(groups, heaviest, top)
		switch {
		case worst <= exact && top <= PreferredRatio:
			return top
		case worst <= Tolerance && within == 0:
			within = top
		case worst < least-exact:
			closest, least = top, worst
		}
		if within > 0 && top >= PreferredRatio {
			return within
		}
	}
	return closest
}

// scale gives the members of the heaviest group the ratio top and the others the
// nearest integers in proportion. It returns the largest error.
func scale(groups []group, heaviest, top float64) float64 {
	sum := 0.0
	for i := range groups {
		g := &groups[i]
		g.ratio = max(ltm.MinRatio, math.Round(top*(g.share/g.count)/heaviest))
		sum += g.ratio * g.count
	}
	worst := 0.0
	for i := range groups {
		g := &groups[i]
		g.given = 100 * g.ratio * g.count / sum
		worst = max(worst, math.Abs(g.given-g.asked))
	}
	return worst
}
