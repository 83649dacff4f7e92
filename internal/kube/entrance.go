package kube

import (
	"cmp"
	"context"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

// resolveTimeout bounds the question for the addresses of one host.
const resolveTimeout = 2 * time.Second

var (
	_ engine.Located = (*Clusters)(nil)
	_ engine.Located = (*Watch)(nil)
)

// Entrances implements engine.Located.
func (c *Clusters) Entrances(ctx context.Context) []engine.Entrance {
	all := make([]engine.Entrance, 0, len(c.byName))
	for _, name := range slices.Sorted(maps.Keys(c.byName)) {
		all = append(all, c.byName[name].entrance(ctx, name))
	}
	return all
}

// Entrances implements engine.Located.
func (w *Watch) Entrances(ctx context.Context) []engine.Entrance {
	all := make([]engine.Entrance, 0, len(w.views))
	for _, name := range slices.Sorted(maps.Keys(w.views)) {
		all = append(all, w.views[name].source.entrance(ctx, name))
	}
	return all
}

// entrance is where s is reached. A name is resolved each time: what it stands for may
// change.
func (s *Source) entrance(ctx context.Context, cluster string) engine.Entrance {
	e := engine.Entrance{Cluster: cluster, Server: s.server}
	server, err := url.Parse(s.server)
	if err != nil || server.Hostname() == "" {
		return e
	}
	standard := map[string]string{"http": "80"}[server.Scheme]
	port, err := strconv.ParseUint(cmp.Or(server.Port(), standard, "443"), 10, 16)
	if err != nil {
		return e
	}
	for _, ip := range resolve(ctx, server.Hostname()) {
		if ip = ip.Unmap(); !ip.IsLoopback() {
			e.At = append(e.At, netip.AddrPortFrom(ip, uint16(port)))
		}
	}
	return e
}

// resolve finds the addresses of a host; none if it has none, or nobody tells.
func resolve(ctx context.Context, host string) []netip.Addr {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip.WithZone("")}
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	return found
}
