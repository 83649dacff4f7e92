package endpoints

import (
	"cmp"
	"maps"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Resolve finds the endpoints that ref refers to in what a cluster said about it.
// The order of what the snapshot holds does not matter. A Service without
// endpoints, and a selector that no pod matches, are an empty Result. Errors are
// *NoServiceError, *NoPortError, *PortNotOnPodsError, *NoNodePortError,
// *NoNodesError and *NodePortNumberError.
func Resolve(ref Ref, snapshot Snapshot) (Result, error) {
	c := newCollector(ref)
	var err error
	switch ref.Kind() {
	case KindAddresses:
		for _, key := range ref.Addresses.Keys() {
			c.add(Endpoint{Key: key, State: Ready})
		}
	case KindSelector:
		err = c.addPods(snapshot.Pods)
	case KindNodes:
		err = c.addSelectedNodes(snapshot.Nodes)
	default:
		err = c.addService(snapshot)
	}
	if err != nil {
		return Result{}, err
	}
	result := c.result()
	result.Lost = lost(ref, snapshot, c.best)
	result.WatchBroke, result.NoNodeReady, result.Triggered = snapshot.WatchBroke, snapshot.NoNodeReady, snapshot.Triggered
	return result, nil
}

// collector gathers the endpoints of one Ref.
type collector struct {
	ref           Ref
	best          map[ltm.MemberKey]Endpoint
	left          map[LeftOut]bool
	has           map[string]bool // names of ports of those that do not have the port
	with, without int             // endpoints that have the port, and have it not
}

func newCollector(ref Ref) *collector {
	return &collector{
		ref:  ref,
		best: map[ltm.MemberKey]Endpoint{},
		left: map[LeftOut]bool{},
		has:  map[string]bool{},
	}
}

// add keeps the best of what is known of a key.
func (c *collector) add(found Endpoint) {
	if found.Key.Address.RouteDomain == 0 {
		found.Key.Address.RouteDomain = c.ref.RouteDomain
	}
	if known, ok := c.best[found.Key]; !ok || compareBest(found, known) < 0 {
		c.best[found.Key] = found
	}
}

// portsMissing is the error for a port that none of the endpoints has.
func (c *collector) portsMissing(port ServicePort, target string) error {
	if c.with > 0 || c.without == 0 {
		return nil
	}
	return &PortNotOnPodsError{
		Ref: c.ref, Port: port, TargetPort: target,
		Endpoints: c.without, Has: slices.Sorted(maps.Keys(c.has)),
	}
}

// rank orders states, best first.
func (s State) rank() int {
	return slices.Index([]State{Ready, Draining, NotReady}, s)
}

// better is the better one of two states; "" is worse than any.
func better(a, b State) State {
	if a == "" || b != "" && b.rank() < a.rank() {
		return b
	}
	return a
}

// compareBest orders endpoints of one key: the best state first; then, so that
// the order of a snapshot never matters, one with a pod, and by names.
func compareBest(a, b Endpoint) int {
	return cmp.Or(
		cmp.Compare(a.State.rank(), b.State.rank()),
		cmp.Compare(boolRank(a.Pod == ""), boolRank(b.Pod == "")),
		cmp.Compare(a.Pod, b.Pod), cmp.Compare(a.Node, b.Node), cmp.Compare(a.Zone, b.Zone),
	)
}

func boolRank(last bool) int {
	if last {
		return 1
	}
	return 0
}

// result sorts what was gathered. An address that one slice gave and another
// left out is not left out.
func (c *collector) result() Result {
	given := make(map[string]bool, len(c.best))
	result := Result{Endpoints: slices.SortedFunc(maps.Values(c.best), func(a, b Endpoint) int { return a.Key.Compare(b.Key) })}
	for _, endpoint := range result.Endpoints {
		given[endpoint.Key.Address.IP.String()] = true
	}
	for _, left := range slices.SortedFunc(maps.Keys(c.left), compareLeftOut) {
		if !given[left.Address] {
			result.LeftOut = append(result.LeftOut, left)
		}
	}
	return result
}

func compareLeftOut(a, b LeftOut) int {
	return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Pod, b.Pod), cmp.Compare(a.Node, b.Node), cmp.Compare(a.Reason, b.Reason))
}
