package engine

import (
	"context"
	"slices"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// Surveyor looks at a device: a Device before a write, a Refresher in a refresh.
type Surveyor interface {
	VirtualServersIn(ctx context.Context, partition string) ([]ltm.VirtualServer, error)
	Site(ctx context.Context, paths ltm.SitePaths) (ltm.Site, error)
}

// SurveySite reads all that ingress.Build has to know of a partition, and what build, which
// calls it, makes of that: the virtual servers at the address and those with routes, what
// they refer to, and what has a name that is to be given. build is called until nothing
// is missing. The error is the device's, or build's.
func SurveySite(ctx context.Context, on Surveyor, options ingress.Options, build func(live ltm.Site) (ingress.Built, error)) (live ltm.Site, built ingress.Built, err error) {
	servers, err := on.VirtualServersIn(ctx, options.Partition)
	if err != nil {
		return ltm.Site{}, ingress.Built{}, err
	}
	for _, v := range servers {
		if v.Destination.Address == options.Address || binding.IsSite(v.Description) {
			live.VirtualServers = append(live.VirtualServers, v)
		}
	}
	asked := live.Paths()
	for {
		if live, err = completed(ctx, on, live, &asked); err != nil {
			return live, ingress.Built{}, err
		}
		if built, err = build(live); err != nil {
			return live, built, err
		}
		missing := built.Site.Paths().Less(asked)
		if missing.Empty() {
			return live, built, nil
		}
		asked = asked.Union(missing)
		more, err := on.Site(ctx, missing)
		if err != nil {
			return live, built, err
		}
		live = live.Join(more)
	}
}

// completed reads what a site refers to, and what that refers to, until all is there.
func completed(ctx context.Context, on Surveyor, site ltm.Site, asked *ltm.SitePaths) (ltm.Site, error) {
	for {
		missing := references(site).Less(*asked)
		if missing.Empty() {
			return site.Canonical(), nil
		}
		*asked = asked.Union(missing)
		more, err := on.Site(ctx, missing)
		if err != nil {
			return site, err
		}
		site = site.Join(more)
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
	for _, pool := range site.Pools {
		refs.Monitors = append(refs.Monitors, ingress.MonitorRefs(pool.Monitors)...)
	}
	for _, list := range []*[]ltm.Path{&refs.ClientSSL, &refs.HTTPProfiles, &refs.Policies, &refs.IRules, &refs.Certificates, &refs.Pools} {
		*list = slices.DeleteFunc(*list, func(p ltm.Path) bool { return p.IsZero() || p.Partition == ltm.Common })
	}
	return ltm.SitePaths{}.Union(refs)
}
