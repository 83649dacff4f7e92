package engine

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Located is a Source that knows where its clusters are reached.
type Located interface {
	// Entrances finds out where each cluster is reached, sorted by cluster. One whose
	// host does not resolve, or that no virtual server can stand before, has no At.
	Entrances(ctx context.Context) []Entrance
}

// Entrance is where the API of a cluster is reached.
type Entrance struct {
	Cluster string           // "" is the default cluster
	Server  string           // URL, for messages
	At      []netip.AddrPort // what its host resolves to, but for addresses of this machine
}

// Frontend is a virtual server and the pool that it sends to.
type Frontend struct {
	VirtualServer ltm.Path
	Destination   ltm.Destination
	Pool          ltm.Path // zero without one
}

// takes tells that a connection to at comes to the virtual server. Route domains are
// the device's own matter: the client knows none.
func (f Frontend) takes(at netip.AddrPort) bool {
	return f.Destination.Address.IP == at.Addr().Unmap() && (f.Destination.Port == 0 || f.Destination.Port == at.Port())
}

// LoopError refuses to read a cluster through the pool that what is read is for: one
// wrong answer would take the way to a better one with it.
type LoopError struct {
	Pool, Device string
	Frontend     Frontend
	Entrance     Entrance
}

// Error tells the way, and out of it.
func (e *LoopError) Error() string {
	cluster := "Kubernetes"
	if e.Entrance.Cluster != "" {
		cluster = "cluster " + e.Entrance.Cluster
	}
	return fmt.Sprintf("%s is reached through pool %s on %s itself: its server %s is the virtual server %s, %s. Reach it by another address, such as that of one control-plane node, or allow the loop",
		cluster, e.Pool, e.Device, e.Entrance.Server, e.Frontend.VirtualServer, e.Frontend.Destination.HostPort())
}

// Loops finds the pools through which a cluster is reached, the first way by virtual
// server and cluster.
func Loops(device string, entrances []Entrance, frontends []Frontend) map[ltm.Path]*LoopError {
	loops := map[ltm.Path]*LoopError{}
	sorted := slices.SortedFunc(slices.Values(frontends), func(a, b Frontend) int { return a.VirtualServer.Compare(b.VirtualServer) })
	for _, frontend := range sorted {
		for _, entrance := range slices.SortedFunc(slices.Values(entrances), func(a, b Entrance) int { return cmp.Compare(a.Cluster, b.Cluster) }) {
			if frontend.Pool.IsZero() || loops[frontend.Pool] != nil || !slices.ContainsFunc(entrance.At, frontend.takes) {
				continue
			}
			loops[frontend.Pool] = &LoopError{Pool: frontend.Pool.String(), Device: device, Frontend: frontend, Entrance: entrance}
		}
	}
	return loops
}

// Frontends reads virtual servers.
type Frontends interface {
	// Frontends are the virtual servers of a partition, its folders included, and what
	// each sends to, page by page.
	Frontends(ctx context.Context, partition string) ([]Frontend, error)
	Name() string
}

// LoopsIn finds the pools of a partition through which a cluster is reached. The
// device is asked only where a cluster is reached by an address that could be its.
func LoopsIn(ctx context.Context, device Frontends, source Source, partition string) (map[ltm.Path]*LoopError, error) {
	located, ok := source.(Located)
	if !ok {
		return nil, nil
	}
	entrances := slices.DeleteFunc(located.Entrances(ctx), func(e Entrance) bool { return len(e.At) == 0 })
	if len(entrances) == 0 {
		return nil, nil
	}
	frontends, err := device.Frontends(ctx, partition)
	if err != nil {
		return nil, err
	}
	return Loops(device.Name(), entrances, frontends), nil
}
