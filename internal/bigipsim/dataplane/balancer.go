package dataplane

import (
	"math"
	"slices"
	"sort"
	"strings"
)

// target is a member as a balancing decision sees it. Comparable: two equal
// lists of targets share in the same way.
type target struct {
	eligible  bool // takes new connections: enabled, and no monitor says no
	ratio     int  // its weight in the mode
	group     int  // priority group
	limit     int  // open connections at which it takes no more; 0 = no limit
	nodeLimit int  // likewise, of its node
}

// usage tells how many connections a target has now, and how many its node has.
type usage func(i int) (member, node int64)

// method is how a mode chooses.
type method struct {
	walk   func(*balancer, usage) int
	byNode bool // connections are those of the node
}

// methods are the modes that do not go round. What a device measures (fastest,
// observed, predictive) is not simulated; least-sessions counts clients where a
// device counts persistence records (inferred: the same without long records).
var methods = map[string]method{
	"ratio-member":                      {walk: (*balancer).pickByRatio},
	"ratio-node":                        {walk: (*balancer).pickByRatio},
	"ratio-session":                     {walk: (*balancer).pickByRatio},
	"dynamic-ratio-member":              {walk: (*balancer).pickByRatio},
	"dynamic-ratio-node":                {walk: (*balancer).pickByRatio},
	"least-connections-member":          {walk: (*balancer).pickLeast},
	"least-connections-node":            {walk: (*balancer).pickLeast, byNode: true},
	"ratio-least-connections-member":    {walk: (*balancer).pickLeast},
	"ratio-least-connections-node":      {walk: (*balancer).pickLeast, byNode: true},
	"weighted-least-connections-member": {walk: (*balancer).pickLeast},
	"weighted-least-connections-node":   {walk: (*balancer).pickLeast, byNode: true},
	"least-sessions":                    {walk: (*balancer).pickLeast},
}

// leastConnections says whether a mode looks at open connections, ratioWalk
// whether it walks by ratio.
func leastConnections(mode string) bool {
	return strings.Contains(mode, "least-")
}

func ratioWalk(mode string) bool { return methods[mode].walk != nil && !leastConnections(mode) }

// balancer decides which target takes the next new connection. It is a value
// machine: no clock, no lock, no randomness; the decisions follow from the
// targets, the number of open connections and the decisions before.
//
// The ratio modes are the smooth weighted walk: at each decision every candidate
// gains its ratio as credit, the one with most credit is chosen and pays the sum
// of all ratios. The walk repeats after sum(ratios) decisions, so the share over
// any window of that length is exact, and no member is served in bursts.
type balancer struct {
	mode      string
	method    method
	minActive int
	targets   []target

	limited    bool    // some eligible target has a limit: candidates depend on open connections
	candidates []int   // indices of targets, ascending; reused between decisions
	credit     []int64 // the walk of the ratio modes
	next       int     // where the next round begins
}

// newBalancer starts a walk over targets.
func newBalancer(mode string, minActive int, targets []target) *balancer {
	b := &balancer{mode: mode, method: methods[mode], minActive: minActive, targets: targets, credit: make([]int64, len(targets))}
	b.limited = slices.ContainsFunc(targets, func(t target) bool { return t.eligible && t.limit+t.nodeLimit > 0 })
	b.candidates = b.selectCandidates(func(int) (int64, int64) { return 0, 0 })
	return b
}

// shares reports whether b decides over exactly these targets, so that its walk
// can go on instead of starting over.
func (b *balancer) shares(mode string, minActive int, targets []target) bool {
	return b.mode == mode && b.minActive == minActive && slices.Equal(b.targets, targets)
}

// pick returns the index of the chosen target, or -1 when none can take a
// connection.
func (b *balancer) pick(open usage) int {
	if b.limited {
		b.candidates = b.selectCandidates(open)
	}
	switch {
	case len(b.candidates) == 0:
		return -1
	case b.method.walk != nil:
		return b.method.walk(b, open)
	default:
		return b.pickNext()
	}
}

// selectCandidates applies limits and priority groups: the highest group takes
// all while it has minActive members; the next lower one is added, not swapped
// (icontrol-rest 4.6).
func (b *balancer) selectCandidates(open usage) []int {
	available := b.candidates[:0]
	for i, t := range b.targets {
		if !t.eligible {
			continue
		}
		if member, node := open(i); !atLimit(member, t.limit) && !atLimit(node, t.nodeLimit) {
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

func (b *balancer) pickByRatio(usage) int {
	best, most, sum := -1, int64(math.MinInt64), int64(0)
	for _, i := range b.candidates {
		ratio := b.weight(i)
		sum += ratio
		b.credit[i] += ratio
		if b.credit[i] > most {
			best, most = i, b.credit[i]
		}
	}
	b.credit[best] -= sum
	return best
}

func (b *balancer) weight(i int) int64 { return int64(max(b.targets[i].ratio, 1)) }

// charge makes a turn of the walk of a client that came to target i by itself: it
// is part of the target's share. A target gets ahead by one round at most, so that
// it is not without new clients for ever after (inferred).
func (b *balancer) charge(i int) {
	if !ratioWalk(b.mode) || !slices.Contains(b.candidates, i) {
		return
	}
	sum := int64(0)
	for _, k := range b.candidates {
		sum += b.weight(k)
	}
	if b.credit[i]+b.weight(i)-sum < -sum {
		return
	}
	for _, k := range b.candidates {
		b.credit[k] += b.weight(k)
	}
	b.credit[i] -= sum
}

// pickLeast takes the target with the fewest open connections for its weight;
// among equals it goes round.
func (b *balancer) pickLeast(open usage) int {
	start := b.firstFrom(b.next)
	best, least := -1, int64(0)
	for k := range b.candidates {
		i := b.candidates[(start+k)%len(b.candidates)]
		n, node := open(i)
		if b.method.byNode {
			n = node
		}
		if best < 0 || n*b.weight(best) < least*b.weight(i) {
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
