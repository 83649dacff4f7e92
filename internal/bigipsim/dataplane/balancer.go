package dataplane

import (
	"math"
	"slices"
	"sort"
)

// target is a member as a balancing decision sees it. Comparable: two equal
// lists of targets share in the same way.
type target struct {
	eligible bool // takes new connections: enabled, and no monitor says no
	ratio    int
	group    int // priority group
	limit    int // open connections at which it takes no more; 0 = no limit
}

// balancer decides which target takes the next new connection. It is a value
// machine: no clock, no lock, no randomness; the decisions follow from the
// targets, the number of open connections and the decisions before.
//
// ratio-member is the smooth weighted walk: at each decision every candidate
// gains its ratio as credit, the one with most credit is chosen and pays the sum
// of all ratios. The walk repeats after sum(ratios) decisions, so the share over
// any window of that length is exact, and no member is served in bursts.
type balancer struct {
	mode      string
	minActive int
	targets   []target

	limited    bool    // some eligible target has a limit: candidates depend on open connections
	candidates []int   // indices of targets, ascending; reused between decisions
	credit     []int64 // the walk of ratio-member
	next       int     // where the next round begins
}

// newBalancer starts a walk over targets.
func newBalancer(mode string, minActive int, targets []target) *balancer {
	b := &balancer{mode: mode, minActive: minActive, targets: targets, credit: make([]int64, len(targets))}
	b.limited = slices.ContainsFunc(targets, func(t target) bool { return t.eligible && t.limit > 0 })
	b.candidates = b.selectCandidates(func(int) int64 { return 0 })
	return b
}

// shares reports whether b decides over exactly these targets, so that its walk
// can go on instead of starting over.
func (b *balancer) shares(mode string, minActive int, targets []target) bool {
	return b.mode == mode && b.minActive == minActive && slices.Equal(b.targets, targets)
}

// pick returns the index of the chosen target, or -1 when none can take a
// connection. open tells how many connections a target has now.
func (b *balancer) pick(open func(int) int64) int {
	if b.limited {
		b.candidates = b.selectCandidates(open)
	}
	if len(b.candidates) == 0 {
		return -1
	}
	switch b.mode {
	case modeRatio:
		return b.pickByRatio()
	case modeLeastConnections:
		return b.pickLeast(open)
	default:
		return b.pickNext()
	}
}

// selectCandidates applies limits and priority groups: the highest group takes
// all while it has minActive members; the next lower one is added, not swapped
// (icontrol-rest 4.6).
func (b *balancer) selectCandidates(open func(int) int64) []int {
	available := b.candidates[:0]
	for i, t := range b.targets {
		if t.eligible && (t.limit == 0 || open(i) < int64(t.limit)) {
			available = append(available, i)
		}
	}
	if b.minActive <= 0 || len(available) == 0 {
		return available
	}
	lowest := b.lowestActiveGroup(available)
	return slices.DeleteFunc(available, func(i int) bool { return b.targets[i].group < lowest })
}

// lowestActiveGroup walks the groups downwards until minActive members are found.
func (b *balancer) lowestActiveGroup(available []int) int {
	groups := make([]int, len(available))
	for i, index := range available {
		groups[i] = b.targets[index].group
	}
	slices.SortFunc(groups, func(x, y int) int { return y - x })
	// The group of the minActive'th best member is the last one that is needed.
	return groups[min(b.minActive, len(groups))-1]
}

func (b *balancer) pickByRatio() int {
	best, most, sum := -1, int64(math.MinInt64), int64(0)
	for _, i := range b.candidates {
		ratio := int64(max(b.targets[i].ratio, 1))
		sum += ratio
		b.credit[i] += ratio
		if b.credit[i] > most {
			best, most = i, b.credit[i]
		}
	}
	b.credit[best] -= sum
	return best
}

// pickLeast takes the target with the fewest open connections; among equals it
// goes round.
func (b *balancer) pickLeast(open func(int) int64) int {
	start := b.firstFrom(b.next)
	best, least := -1, int64(math.MaxInt64)
	for k := range b.candidates {
		i := b.candidates[(start+k)%len(b.candidates)]
		if n := open(i); n < least {
			best, least = i, n
		}
	}
	b.next = best + 1
	return best
}

func (b *balancer) pickNext() int {
	i := b.candidates[b.firstFrom(b.next)]
	b.next = i + 1
	return i
}

// firstFrom returns the position of the first candidate at or behind target
// index, round the end.
func (b *balancer) firstFrom(index int) int {
	return sort.SearchInts(b.candidates, index) % len(b.candidates)
}
