package ingress

import (
	"net/netip"
	"slices"
	"strings"
)

// restrict forwards to the clients of the allowed networks only. All others get the
// status 403 for the same requests, or a reset where TLS is left to the pods, at the same
// place: they must not fall to a route that is less specific. Redirects are for everybody,
// and so is the fallback, which owners of an address share.
func (t *translator) restrict(s *Server) {
	if !t.restricted {
		return
	}
	routes := make([]Route, 0, 2*len(s.Routes))
	for _, r := range s.Routes {
		if len(r.Backends) == 0 {
			routes = append(routes, r)
			continue
		}
		denied := r
		denied.RequestHeaders, denied.ResponseHeaders, denied.Rewrite, denied.Backends = nil, nil, Rewrite{}, nil
		denied.Status = 403
		if s.Passthrough {
			denied.Status, denied.Reset = 0, true
		}
		if len(t.sources) > 0 {
			r.Sources = t.sources
			routes = append(routes, r)
		}
		routes = append(routes, denied)
	}
	s.Routes = routes
}

// ParseNetworks reads a list such as "10.0.0.0/8, 192.0.2.7", sorted, each once; ok is
// false where something in it is no network.
func ParseNetworks(text string) (networks []netip.Prefix, ok bool) {
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		network, err := netip.ParsePrefix(part)
		if err != nil {
			address, err := netip.ParseAddr(part)
			if err != nil || address.Zone() != "" {
				return nil, false
			}
			network = netip.PrefixFrom(address, address.BitLen())
		}
		networks = append(networks, network.Masked())
	}
	return sortNetworks(networks), true
}

// sortNetworks sorts networks, and leaves each in once.
func sortNetworks(networks []netip.Prefix) []netip.Prefix {
	slices.SortFunc(networks, netip.Prefix.Compare)
	return slices.Compact(networks)
}
