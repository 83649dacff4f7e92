package ingress

import (
	"context"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// surveyor looks at a device: engine.Device before a write, engine.Refresher in a
// refresh.
type surveyor interface {
	VirtualServersIn(ctx context.Context, partition string) ([]ltm.VirtualServer, error)
	Site(ctx context.Context, paths ltm.SitePaths) (ltm.Site, error)
}

// survey reads all that routes.Build has to know of a partition, and says what it must
// become: the virtual servers at the address and those with routes, what they refer to,
// and what has a name that is to be given. The error is the device's, or a
// *routes.ForeignError.
func survey(ctx context.Context, on surveyor, s sought) (live ltm.Site, built routes.Built, err error) {
	servers, err := on.VirtualServersIn(ctx, s.options.Partition)
	if err != nil {
		return ltm.Site{}, routes.Built{}, err
	}
	for _, v := range servers {
		if v.Destination.Address == s.options.Address || binding.IsSite(v.Description) {
			live.VirtualServers = append(live.VirtualServers, v)
		}
	}
	asked := live.Paths()
	for {
		if live, err = complete(ctx, on, live, &asked); err != nil {
			return live, routes.Built{}, err
		}
		if built, err = routes.Build(s.set, s.options, live); err != nil {
			return live, built, err
		}
		missing := less(built.Site.Paths(), asked)
		if none(missing) {
			return live, built, nil
		}
		asked = asked.Union(missing)
		more, err := on.Site(ctx, missing)
		if err != nil {
			return live, built, err
		}
		live = join(live, more)
	}
}

// complete reads what a site refers to, and what that refers to, until all is there.
func complete(ctx context.Context, on surveyor, site ltm.Site, asked *ltm.SitePaths) (ltm.Site, error) {
	for {
		missing := less(references(site), *asked)
		if none(missing) {
			return site.Canonical(), nil
		}
		*asked = asked.Union(missing)
		more, err := on.Site(ctx, missing)
		if err != nil {
			return site, err
		}
		site = join(site, more)
	}
}

// references are the objects that a site's objects refer to and that may be ours. What
// is in Common is never; of what kind a profile is, the device tells.
func references(site ltm.Site) ltm.SitePaths {
	var refs ltm.SitePaths
	for _, v := range site.VirtualServers {
		for _, profile := range v.Profiles {
			refs.ClientSSL = append(refs.ClientSSL, profile.Path)
			refs.HTTPProfiles = append(refs.HTTPProfiles, profile.Path)
		}
		refs.Policies = append(refs.Policies, v.Policies...)
		refs.IRules = append(refs.IRules, v.IRules...)
	}
	for _, profile := range site.ClientSSL {
		refs.Certificates = append(refs.Certificates, profile.Certificate)
	}
	refs.Pools = site.Targets()
	for _, list := range []*[]ltm.Path{&refs.ClientSSL, &refs.HTTPProfiles, &refs.Policies, &refs.IRules, &refs.Certificates, &refs.Pools} {
		*list = slices.DeleteFunc(*list, func(p ltm.Path) bool { return p.IsZero() || p.Partition == ltm.Common })
	}
	return ltm.SitePaths{}.Union(refs)
}

// less are the paths of a that b does not have.
func less(a, b ltm.SitePaths) ltm.SitePaths {
	return ltm.SitePaths{
		Certificates: without(a.Certificates, b.Certificates), ClientSSL: without(a.ClientSSL, b.ClientSSL),
		HTTPProfiles: without(a.HTTPProfiles, b.HTTPProfiles), IRules: without(a.IRules, b.IRules),
		Pools: without(a.Pools, b.Pools), Policies: without(a.Policies, b.Policies),
		VirtualServers: without(a.VirtualServers, b.VirtualServers),
	}
}

// without removes the items of one sorted list from another.
func without(list, other []ltm.Path) []ltm.Path {
	var left []ltm.Path
	for _, p := range list {
		if _, found := slices.BinarySearchFunc(other, p, ltm.Path.Compare); !found {
			left = append(left, p)
		}
	}
	return left
}

func none(p ltm.SitePaths) bool {
	return len(p.Certificates)+len(p.ClientSSL)+len(p.HTTPProfiles)+len(p.IRules)+len(p.Pools)+len(p.Policies)+len(p.VirtualServers) == 0
}

// join has the objects of both sites, which have none in common.
func join(a, b ltm.Site) ltm.Site {
	return ltm.Site{
		Certificates: slices.Concat(a.Certificates, b.Certificates), ClientSSL: slices.Concat(a.ClientSSL, b.ClientSSL),
		HTTPProfiles: slices.Concat(a.HTTPProfiles, b.HTTPProfiles), IRules: slices.Concat(a.IRules, b.IRules),
		Pools: slices.Concat(a.Pools, b.Pools), Policies: slices.Concat(a.Policies, b.Policies),
		VirtualServers: slices.Concat(a.VirtualServers, b.VirtualServers),
	}.Canonical()
}
