package engine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// siteStories are routes, and what they are to become.
func siteStories() map[string]struct{ from, to ltm.Site } {
	one := routesTo(watchedPool(blue, enabled(1, 2)...))
	two := routesTo(watchedPool(green, enabled(10)...), watchedPool(blue, enabled(2, 3)...))
	three := routesTo(watchedPool(green, enabled(10, 11)...))
	http := probedRoutes(ltm.MonitorHTTP, poolAt(blue, enabled(1, 2)...))
	tcp := probedRoutes(ltm.MonitorTCP, poolAt(green, enabled(10)...), poolAt(blue, enabled(1, 2)...))
	return map[string]struct{ from, to ltm.Site }{
		"monitors of probes":             {ltm.Site{}, http},
		"probes where there were none":   {one, http},
		"probes of another kind":         {http, tcp},
		"probes for no others":           {tcp, three},
		"materialisation":                {ltm.Site{}, one},
		"a route and members more":       {one, two},
		"a route and a pool and members": {two, three},
		"the end":                        {three, ltm.Site{}},
	}
}

// probedRoutes are routes to pools of which each has a monitor of its own.
func probedRoutes(kind ltm.MonitorType, pools ...ltm.Pool) ltm.Site {
	var monitors []ltm.Monitor
	for i, p := range pools {
		m := ltm.NewMonitor(kind, ltm.NewPath(p.Path.Partition, p.Path.Name+"_"+string(kind)))
		pools[i].Monitors.Monitors = []ltm.Path{m.Path}
		monitors = append(monitors, m)
	}
	site := routesTo(pools...)
	site.Monitors = monitors
	return site.Canonical()
}

// TestARunOfRoutesInterruptedAtAnyCallIsFinishedByTheNext breaks a run at every call
// that it makes, in every way, and runs again.
func TestARunOfRoutesInterruptedAtAnyCallIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	for name, story := range siteStories() {
		for way, broken := range interruptions() {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				for at, more := 0, true; more; at++ {
					synctest.Test(t, func(t *testing.T) { more = interruptSite(t, story.from, story.to, broken, at) })
				}
			})
		}
	}
}

func interruptSite(t *testing.T, from, to ltm.Site, broken fault, at int) (reached bool) {
	t.Helper()
	d := siteDevice(from)
	d.monitored = true
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d.fault = func(call int, _ string) fault {
		servesAsBefore(t, d, from, to)
		if call != at {
			return fault{}
		}
		reached = true
		if errors.Is(broken.err, context.Canceled) {
			cancel()
		}
		return broken
	}
	goal := fixed(to, from)
	live, err := engine.RunSite(ctx, d, goal, nil)
	if reached && err == nil {
		t.Errorf("call %d was broken, and nobody was told", at)
	}
	if !reached && err != nil {
		t.Fatalf("without a fault: %v", err)
	}
	servesAsBefore(t, d, from, to)
	if !changeset.ComputeSite(live, d.whole()).Empty() && !errors.Is(broken.err, context.Canceled) {
		t.Errorf("call %d: the run returns %+v, there is %+v", at, live, d.whole())
	}
	d.fault = func(int, string) fault { servesAsBefore(t, d, from, to); return fault{} }
	if live, err = runSite(t, d, goal); err != nil || !changeset.ComputeSite(to, live).Empty() {
		t.Errorf("call %d: the next run ends with %+v, %v", at, live, err)
	}
	for _, wanted := range to.Pools {
		if left := changeset.Compute(wanted, d.pools[wanted.Path]); !left.Empty() {
			t.Errorf("call %d: there is left %s", at, left)
		}
	}
	return reached
}

// servesAsBefore fails where something half-made serves, or something that served has
// stopped: what the device has is the routes of before or those of after, and each of
// their pools serves.
func servesAsBefore(t *testing.T, d *fakeDevice, from, to ltm.Site) {
	t.Helper()
	live := d.whole()
	routes := func(s ltm.Site) ltm.Site { return ltm.Site{Policies: s.Policies, VirtualServers: s.VirtualServers} }
	if !changeset.ComputeSite(routes(from), routes(live)).Empty() && !changeset.ComputeSite(routes(to), routes(live)).Empty() {
		t.Errorf("half-made routes: %+v", routes(live))
	}
	if len(from.VirtualServers) == 0 {
		return // nothing has served
	}
	for _, target := range live.Targets() {
		if pool, found := d.pools[target]; !found || d.show(pool.Path).Serving() == 0 {
			t.Errorf("a route leads to %s, where nobody serves: %+v", target, pool.Members)
		}
	}
}
