package engine_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// whole is all that the device has.
func (d *fakeDevice) whole() ltm.Site {
	site := d.rest
	site.Pools, site.VirtualServers = nil, slices.Collect(maps.Values(d.virtualServers))
	for path := range d.pools {
		site.Pools = append(site.Pools, d.show(path))
	}
	return site.Canonical()
}

func (d *fakeDevice) Site(ctx context.Context, paths ltm.SitePaths) (ltm.Site, error) {
	if _, err := d.begin(ctx, "site", "the routes"); err != nil {
		return ltm.Site{}, err
	}
	site := d.whole()
	site.Certificates = only(site.Certificates, paths.Certificates, func(c ltm.Certificate) ltm.Path { return c.Path })
	site.ClientSSL = only(site.ClientSSL, paths.ClientSSL, func(p ltm.ClientSSL) ltm.Path { return p.Path })
	site.HTTPProfiles = only(site.HTTPProfiles, paths.HTTPProfiles, func(p ltm.HTTPProfile) ltm.Path { return p.Path })
	site.IRules = only(site.IRules, paths.IRules, func(r ltm.IRule) ltm.Path { return r.Path })
	site.Monitors = only(site.Monitors, paths.Monitors, ltm.Monitor.Ref)
	site.Pools = only(site.Pools, paths.Pools, func(p ltm.Pool) ltm.Path { return p.Path })
	site.Policies = only(site.Policies, paths.Policies, func(p ltm.Policy) ltm.Path { return p.Path })
	site.VirtualServers = only(site.VirtualServers, paths.VirtualServers, func(v ltm.VirtualServer) ltm.Path { return v.Path })
	return site, nil
}

func (d *fakeDevice) VirtualServersIn(ctx context.Context, partition string) ([]ltm.VirtualServer, error) {
	if _, err := d.begin(ctx, "read", "the virtual servers"); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(d.whole().VirtualServers, func(v ltm.VirtualServer) bool { return v.Path.Partition != partition }), nil
}

func only[T any, N comparable](objects []T, wanted []N, path func(T) N) []T {
	return slices.DeleteFunc(objects, func(object T) bool { return !slices.Contains(wanted, path(object)) })
}

// ApplySite takes all of a change in one visible step, or nothing.
func (d *fakeDevice) ApplySite(ctx context.Context, change changeset.SiteChange, pairs map[ltm.Path]ltm.KeyPair) error {
	allowed, failure := d.begin(ctx, "apply", "the routes")
	if change.Empty() {
		return errors.New("the engine wrote nothing")
	}
	for _, c := range change.Certificates.Create {
		if _, given := pairs[c.Path]; !given {
			return errors.New("the engine gave no content for " + c.Path.String())
		}
	}
	site := d.whole()
	for _, pool := range change.Pools.Create {
		if _, found := d.pools[pool.Path]; found && failure == nil {
			return &engine.DeviceError{Kind: engine.ErrExists, Verb: "create", Object: pool.Path.String(), Device: d.Name(), Raced: true}
		}
	}
	if err := monitorsFit(change, site); err != nil {
		return err
	}
	d.writes = append(d.writes, change.String())
	if allowed == 0 {
		return failure
	}
	for _, pool := range change.Pools.Create {
		for _, m := range pool.Members {
			d.since[m.Key] = time.Now()
		}
		d.pools[pool.Path] = pool
	}
	for _, m := range change.Pools.Modify {
		d.pools[m.To.Path] = changeset.PoolChange(m).Apply(d.pools[m.To.Path])
	}
	for _, pool := range change.Pools.Delete {
		delete(d.pools, pool.Path)
	}
	for _, vs := range change.After().VirtualServers {
		d.virtualServers[vs.Path] = vs
	}
	for _, vs := range change.VirtualServers.Delete {
		delete(d.virtualServers, vs.Path)
	}
	d.rest.Certificates = after(site.Certificates, change.Certificates, func(c ltm.Certificate) ltm.Path { return c.Path })
	d.rest.ClientSSL = after(site.ClientSSL, change.ClientSSL, func(p ltm.ClientSSL) ltm.Path { return p.Path })
	d.rest.HTTPProfiles = after(site.HTTPProfiles, change.HTTPProfiles, func(p ltm.HTTPProfile) ltm.Path { return p.Path })
	d.rest.IRules = after(site.IRules, change.IRules, func(r ltm.IRule) ltm.Path { return r.Path })
	d.rest.Monitors = after(site.Monitors, change.Monitors, ltm.Monitor.Ref)
	d.rest.Policies = after(site.Policies, change.Policies, func(p ltm.Policy) ltm.Path { return p.Path })
	return failure
}

// monitorsFit is an error where a pool would have a monitor that is not there.
func monitorsFit(change changeset.SiteChange, live ltm.Site) error {
	there := map[ltm.Path]bool{}
	for _, m := range after(live.Monitors, change.Monitors, ltm.Monitor.Ref) {
		there[m.Path] = true
	}
	pools := after(live.Pools, change.Pools, func(p ltm.Pool) ltm.Path { return p.Path })
	for _, pool := range pools {
		for _, m := range pool.Monitors.Monitors {
			if m.Partition != ltm.Common && !there[m] {
				return errors.New("pool " + pool.Path.String() + " is to have the monitor " + m.String() + ", which is not there")
			}
		}
	}
	return nil
}

func after[T any, N comparable](objects []T, change changeset.Objects[T], path func(T) N) []T {
	gone := map[N]bool{}
	for _, m := range change.Modify {
		gone[path(m.From)] = true
		objects = append(objects, m.To)
	}
	for _, object := range change.Delete {
		gone[path(object)] = true
	}
	first := len(objects) - len(change.Modify)
	kept := slices.DeleteFunc(slices.Clone(objects[:first]), func(object T) bool { return gone[path(object)] })
	return slices.Concat(kept, objects[first:], change.Create)
}

// Hold counts who holds what: only one at a time.
func (d *fakeDevice) Hold(ctx context.Context, paths []ltm.Path) (func(), error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	d.held += len(paths)
	return func() { d.held -= len(paths) }, nil
}

// oneAtATime is a device that several runs use at the same time: the fake is none. Its
// turn is a channel, because in a bubble nobody sleeps while others wait for a mutex.
type oneAtATime struct {
	*fakeDevice
	turn chan struct{}
}

func (d oneAtATime) take() func() {
	d.turn <- struct{}{}
	return func() { <-d.turn }
}

func (d oneAtATime) Pool(ctx context.Context, path ltm.Path) (ltm.Pool, error) {
	defer d.take()()
	return d.fakeDevice.Pool(ctx, path)
}

func (d oneAtATime) MemberStatus(ctx context.Context, path ltm.Path) ([]ltm.MemberStatus, error) {
	defer d.take()()
	return d.fakeDevice.MemberStatus(ctx, path)
}

func (d oneAtATime) ApplyPool(ctx context.Context, change changeset.ChangeSet) error {
	defer d.take()()
	return d.fakeDevice.ApplyPool(ctx, change)
}
