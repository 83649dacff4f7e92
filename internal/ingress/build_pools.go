package ingress

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// poolWords stand before the mark of a pool that was made for routes. They tell it
// from a pool that somebody bound to the same Service.
const poolWords = "For routes"

// lonely is the share of a backend that has no other beside it.
const lonely = 100

// pool makes the pool of a route, and returns its path.
func (b *builder) pool(r Route) ltm.Path {
	name := backendName(r.Backends[0].Ref)
	mode := ltm.DefaultLoadBalancingMode
	if len(r.Backends) > 1 {
		name, mode = splitName(r), "ratio-member"
	}
	backends := markBackends(r.Backends)
	mark := binding.Format(poolWords, binding.Mark{Backends: backends, Drain: b.options.Pool.Drain, Min: b.options.Pool.MinMembers})
	path := b.freePool(name, backends)
	b.backends[path] = backends
	pool := ltm.NewPool(path)
	if live, ok := b.pools[path]; ok {
		pool = live // with what somebody may have set on it
		pool.Members = nil
		if elder, is := b.isElders(path, markOf(r, b.owner)); is {
			b.pools[path] = pool
			b.compareMonitors(pool, r, elder)
			return path
		}
	}
	pool.Description = mark
	pool.LoadBalancingMode = mode
	if wish := cmp.Or(b.options.Pool.LoadBalancingMode, b.routes.Wishes.LoadBalancingMode); wish != "" && (len(r.Backends) == 1 || strings.HasPrefix(wish, "ratio-")) {
		pool.LoadBalancingMode = wish // weights need a mode with ratios
	}
	pool.Monitors = b.monitorsOf(pool, r)
	b.pools[path] = pool
	return path
}

// isElders tells that the settings of a pool are somebody else's to decide, and whose: an
// owner's whose rule comes first, or the same owner's at an address that does.
func (b *builder) isElders(path ltm.Path, mark binding.RouteMark) (elder binding.Object, is bool) {
	if elder, shared := b.elders[path]; shared && elder.Compare(mark) < 0 {
		return elder.Source, true
	}
	elsewhere, shared := b.elsewhere[path]
	return b.owner, shared && elsewhere.Compare(b.current) < 0
}

// freePool is the path for a pool of that name: with a number behind it where the same
// route has the same backends with other weights, and with a digest where somebody
// else's pool has the name.
func (b *builder) freePool(name string, backends []binding.Backend) ltm.Path {
	for i := 1; ; i++ {
		path := b.options.path(name)
		if i > 1 {
			path.Name = shorten(name + "-" + strconv.Itoa(i))
		}
		if live, ok := b.pools[path]; ok && !isRoutePool(live) {
			path.Name = shorten(path.Name + "_" + digest(path.String()))
		}
		if other, taken := b.backends[path]; !taken || slices.Equal(other, backends) {
			return path
		}
	}
}

func isRoutePool(p ltm.Pool) bool {
	words, _, found, err := binding.Parse(p.Description)
	return found && err == nil && words == poolWords
}

// markBackends names the backends: by their Service, or where two are alike by all that
// they are.
func markBackends(list []Backend) []binding.Backend {
	if len(list) == 1 {
		return []binding.Backend{{Ref: list[0].Ref, Share: lonely}}
	}
	services := map[string]int{}
	for _, b := range list {
		services[b.Ref.Service]++
	}
	var marked []binding.Backend
	for _, b := range list {
		m := binding.Backend{Ref: b.Ref, Share: b.Weight}
		if services[b.Ref.Service] > 1 {
			m.Name = longName(b.Ref)
		}
		marked = append(marked, m)
	}
	slices.SortFunc(marked, func(a, b binding.Backend) int { return cmp.Compare(a.FullName(), b.FullName()) })
	return marked
}

func longName(ref endpoints.Ref) string {
	return strings.Join([]string{ref.Namespace, ref.Service, ref.Port}, ".")
}

// prune removes what was the owner's and nobody needs any more: pools that its rules
// used, files that its profiles used, and what all virtual servers share once none is
// left.
func (b *builder) prune() {
	used := map[ltm.Path]bool{}
	for _, policy := range b.policies {
		for _, rule := range policy.Rules {
			for _, action := range rule.Actions {
				used[action.Pool] = true
			}
		}
	}
	for path, pool := range b.pools {
		if isRoutePool(pool) && !used[path] {
			delete(b.pools, path)
		}
	}
	b.pruneMonitors()
	for _, profile := range b.live.ClientSSL {
		if !b.isOurClientSSL(profile.Path) {
			continue
		}
		if !slices.ContainsFunc(values(b.clientSSL), func(c ltm.ClientSSL) bool { return c.Certificate == profile.Certificate }) {
			delete(b.certificates, profile.Certificate)
		}
	}
	for _, v := range b.virtualServers {
		for _, p := range v.Profiles {
			used[p.Path] = true
		}
		for _, r := range v.IRules {
			used[r] = true
		}
	}
	for path, profile := range b.httpProfiles {
		if binding.IsSite(profile.Description) && !used[path] {
			delete(b.httpProfiles, path)
		}
	}
	for path, rule := range b.irules {
		if isOwnRule(rule.Definition) && !used[path] {
			delete(b.irules, path)
		}
	}
}

func sortedPaths[T any](m map[ltm.Path]T) []ltm.Path {
	return slices.SortedFunc(maps.Keys(m), ltm.Path.Compare)
}
