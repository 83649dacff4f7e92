package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/changeset"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// routesTo is a site whose one rule leads to a pool.
func routesTo(pools ...ltm.Pool) ltm.Site {
	vs := ltm.VirtualServer{Path: web, Enabled: true, Policies: []ltm.Path{web}}
	policy := ltm.Policy{Path: web, Controls: []string{"forwarding"}, Requires: []string{"http"}}
	for _, p := range pools {
		policy.Rules = append(policy.Rules, ltm.PolicyRule{Name: p.Path.Name, Actions: []ltm.PolicyAction{{Kind: ltm.Forward, Pool: p.Path}}})
	}
	return ltm.Site{Pools: pools, Policies: []ltm.Policy{policy}, VirtualServers: []ltm.VirtualServer{vs}}.Canonical()
}

func poolAt(path ltm.Path, members ...ltm.Member) ltm.Pool {
	p := pool(members...)
	p.Path = path
	return p
}

func watchedPool(path ltm.Path, members ...ltm.Member) ltm.Pool {
	p := poolAt(path, members...)
	p.Monitors.Monitors = []ltm.Path{ltm.NewPath(ltm.Common, "http")}
	return p
}

// fixed is a goal that wants a site, whatever there is; also names what was made before.
func fixed(site ltm.Site, also ...ltm.Site) engine.SiteGoal {
	goal := engine.SiteGoal{Paths: site.Paths(), Desired: func(ltm.Site) (ltm.Site, error) { return site, nil }}
	for _, p := range site.Pools {
		goal.Pools = append(goal.Pools, engine.PoolGoal{Pool: p})
	}
	for _, other := range also {
		goal.Paths = goal.Paths.Union(other.Paths())
	}
	return goal
}

// siteDevice has a site already.
func siteDevice(site ltm.Site) *fakeDevice {
	d := newDevice(site.Pools...)
	d.rest = site
	for _, vs := range site.VirtualServers {
		d.virtualServers[vs.Path] = vs
	}
	d.trace = nil
	return d
}

func runSite(t *testing.T, d *fakeDevice, goal engine.SiteGoal) (ltm.Site, error) {
	t.Helper()
	live, err := engine.RunSite(t.Context(), d, goal, nil)
	if d.held != 0 {
		t.Errorf("the run is over and holds %d paths", d.held)
	}
	return live, err
}

func TestRoutesAreMadeInOneWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		d.monitored = true
		site := routesTo(watchedPool(blue, enabled(1, 2)...))
		live, err := runSite(t, d, fixed(site))
		if err != nil || !changeset.ComputeSite(site, live).Empty() {
			t.Fatalf("%+v, %v", live, err)
		}
		if diff := cmp.Diff([]string{"site", "apply", "site"}, d.calls); diff != "" {
			t.Errorf("calls -want +got\n%s", diff)
		}
		d.calls = nil
		if _, err := runSite(t, d, fixed(site)); err != nil || len(d.calls) != 1 {
			t.Errorf("nothing to do took %v, %v", d.calls, err)
		}
		if _, err := runSite(t, d, fixed(ltm.Site{}, site)); err != nil || len(d.pools)+len(d.virtualServers)+len(d.rest.Policies) != 0 {
			t.Errorf("after the end there is %+v, %v", d.whole(), err)
		}
	})
}

func TestARouteMovesToAMonitoredPoolOnceItsMembersAreUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before, after := routesTo(watchedPool(blue, enabled(1)...)), routesTo(watchedPool(green, enabled(10)...))
		d := siteDevice(before)
		d.monitored = true
		begin := time.Now()
		if _, err := runSite(t, d, fixed(after, before)); err != nil {
			t.Fatal(err)
		}
		wantWrites(t, d, "routes\n  + pool /shop/green",
			"routes\n  - pool /shop/blue\n  ~ policy /shop/web: + rule \"green\"\n  ~ policy /shop/web: - rule \"blue\"")
		if took := time.Since(begin); took < probe || took > probe+2*time.Second {
			t.Errorf("the route moved after %v, its monitor takes %v", took, probe)
		}
	})
}

func TestAPoolOfWhichNobodyIsUpHoldsTheOthersUpNoLongerThanItsMonitor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := routesTo(watchedPool(blue, enabled(1)...))
		after := routesTo(watchedPool(blue, enabled(1)...), watchedPool(green, enabled(10)...))
		d := siteDevice(before)
		d.monitored, d.broken[key(10)] = true, true
		begin := time.Now()
		if _, err := runSite(t, d, fixed(after)); err != nil || time.Since(begin) > probe+2*time.Second {
			t.Errorf("took %v, %v", time.Since(begin), err)
		}
	})
}

func TestARequirementThatIsNotMetLeavesTheRoutesAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before, after := routesTo(watchedPool(blue, enabled(1)...)), routesTo(watchedPool(green, enabled(10, 11)...))
		d := siteDevice(before)
		d.monitored, d.broken[key(11)] = true, true
		goal := fixed(after, before)
		goal.Spec = careful
		live, err := runSite(t, d, goal)
		_, aborted := errors.AsType[*engine.AbortedError](err)
		want := "virtual server /shop/web on bigip.example: traffic was not moved; pool /shop/green: 1 of 2 members available, 2 needed"
		if !aborted || !strings.HasPrefix(err.Error(), want) || !slices.Equal(live.Targets(), []ltm.Path{blue}) {
			t.Errorf("%+v\n got %v\nwant %s", live.Targets(), err, want)
		}
		d.broken[key(11)] = false
		if live, err := runSite(t, d, goal); err != nil || !slices.Equal(live.Targets(), []ltm.Path{green}) {
			t.Errorf("%+v, %v", live, err)
		}
	})
}

func TestMembersComeBeforeARouteMovesToTheirPoolAndLeaveAfterIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := routesTo(poolAt(blue, enabled(1)...))
		idle := poolAt(green, enabled(9)...)
		before.Pools = append(before.Pools, idle)
		after := routesTo(poolAt(green, enabled(10)...))
		d := siteDevice(before)
		if _, err := runSite(t, d, fixed(after, before)); err != nil {
			t.Fatal(err)
		}
		wantWrites(t, d,
			"pool /shop/green\n  + 10.0.0.10:80: ratio 1, enabled",
			"routes\n  - pool /shop/blue\n  ~ policy /shop/web: + rule \"green\"\n  ~ policy /shop/web: - rule \"blue\"",
			"pool /shop/green\n  - 10.0.0.9:80")
	})
}

func TestWhatOthersHaveInASharedPolicyStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		theirs := routesTo(poolAt(blue, enabled(1)...))
		d := siteDevice(theirs)
		ours := poolAt(green, enabled(10)...)
		goal := fixed(routesTo(ours))
		goal.Desired = func(live ltm.Site) (ltm.Site, error) {
			merged := routesTo(ours)
			for _, policy := range live.Policies {
				for _, rule := range policy.Rules {
					if rule.Name != "green" {
						merged.Policies[0].Rules = append(merged.Policies[0].Rules, rule)
					}
				}
			}
			return merged, nil
		}
		live, err := runSite(t, d, goal)
		if err != nil || !slices.Equal(live.Targets(), []ltm.Path{blue, green}) || len(d.pools) != 2 {
			t.Errorf("%+v, %v", live, err)
		}
		refusal := errors.New("two rules for one host")
		goal.Desired = func(ltm.Site) (ltm.Site, error) { return ltm.Site{}, refusal }
		if _, err := runSite(t, d, goal); !errors.Is(err, refusal) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWhatSomebodyElseChangedSinceThePlanIsNotOverwritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		planned := routesTo(poolAt(blue, enabled(1)...))
		wanted := routesTo(poolAt(blue, enabled(1)...))
		wanted.VirtualServers[0].Description = "ours"
		wanted.Policies[0].Rules[0].Description = "ours"
		live := routesTo(poolAt(blue, enabled(1)...))
		live.VirtualServers[0].Description = "theirs"
		live.Policies[0].Rules = append(live.Policies[0].Rules, ltm.PolicyRule{Name: "another's", Actions: []ltm.PolicyAction{{Kind: ltm.Reset}}})
		d := siteDevice(live)
		goal := fixed(wanted)
		goal.Planned = &planned
		_, err := runSite(t, d, goal)
		aborted, ok := errors.AsType[*engine.AbortedError](err)
		want := `virtual server /shop/web: description: "" -> "theirs"`
		if !ok || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "green") || len(d.writes) != 0 {
			t.Fatalf("got %v\nwant %s", err, want)
		}
		if aborted.Step.Phase != cutover.Aborted {
			t.Errorf("step %+v", aborted.Step)
		}
		// What the goal wants anyway is nobody's loss.
		live.VirtualServers[0].Description = "ours"
		d = siteDevice(live)
		goal.Desired = func(now ltm.Site) (ltm.Site, error) {
			site := wanted.Canonical()
			site.Policies[0].Rules = append(slices.Clone(wanted.Policies[0].Rules), now.Policies[0].Rules[1])
			return site, nil
		}
		if _, err := runSite(t, d, goal); err != nil {
			t.Error(err)
		}
	})
}

func TestAPoolThatSomebodyMadeMeanwhileIsTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		site := routesTo(poolAt(blue, enabled(1)...))
		d.fault = func(call int, _ string) fault {
			if call == 1 { // between the read and the write
				d.pools[blue] = site.Pools[0]
			}
			return fault{}
		}
		live, err := runSite(t, d, fixed(site))
		if err != nil || !changeset.ComputeSite(site, live).Empty() {
			t.Errorf("%+v, %v", live, err)
		}
	})
}

func TestRoutesThatTheDeviceSpellsOtherwiseEndTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		d.spell = func(p ltm.Pool) ltm.Pool { p.Description = "no"; return p }
		_, err := runSite(t, d, fixed(routesTo(poolAt(blue, enabled(1)...))))
		if unsettled, ok := errors.AsType[*engine.UnsettledError](err); !ok || unsettled.Object != "virtual server /shop/web" {
			t.Errorf("got %v", err)
		}
	})
}

func TestSeveralPoolsDrainAtTheSameTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := routesTo(poolAt(blue, enabled(1, 2)...), poolAt(green, enabled(10, 11)...))
		after := routesTo(poolAt(blue, enabled(1)...), poolAt(green, enabled(10)...))
		d := siteDevice(before)
		begin := time.Now()
		d.openUntil[key(2)], d.openUntil[key(11)] = begin.Add(30*time.Second), begin.Add(40*time.Second)
		goal := fixed(after)
		for i := range goal.Pools {
			goal.Pools[i].Spec.Drain = time.Minute
		}
		phases := 0
		live, err := engine.RunSite(t.Context(), oneAtATime{d, make(chan struct{}, 1)}, goal, func(cutover.Step) { phases++ })
		if took := time.Since(begin); err != nil || took < 40*time.Second || took > 45*time.Second {
			t.Errorf("took %v, want what the slower one takes: %v", took, err)
		}
		if len(live.Pools[0].Members) != 1 || len(live.Pools[1].Members) != 1 || phases < 40 {
			t.Errorf("%+v after %d steps", live.Pools, phases)
		}
	})
}
