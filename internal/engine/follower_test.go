package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/cutover"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// cluster is a Source in memory: the pods of each Service, "1 2t 3n" for one that
// is ready at 10.0.0.1, one that terminates, and one that is not ready.
type cluster struct {
	services map[string]string
	failure  error
	asked    func() // nil: nothing happens
}

func (c *cluster) Snapshot(_ context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	if c.asked != nil {
		c.asked()
	}
	if ref.Kind() == endpoints.KindNodes {
		return c.nodes(), c.failure
	}
	snapshot := service()
	slice := &snapshot.Slices[0]
	for _, pod := range strings.Fields(c.services[ref.Service]) {
		last := strings.TrimRight(pod, "tn")
		e := endpoints.SliceEndpoint{Addresses: []string{"10.0.0." + last}, Pod: "pod-" + last}
		switch pod[len(last):] {
		case "t":
			e.Ready, e.Serving, e.Terminating = new(false), new(true), new(true)
		case "n":
			e.Ready = new(false)
		}
		slice.Endpoints = append(slice.Endpoints, e)
	}
	return snapshot, c.failure
}

// nodes are those of the "Service" nodes.
func (c *cluster) nodes() endpoints.Snapshot {
	snapshot := endpoints.Snapshot{Found: true}
	for _, node := range strings.Fields(c.services["nodes"]) {
		last := strings.TrimRight(node, "tn")
		snapshot.Nodes = append(snapshot.Nodes, endpoints.Node{
			Name: "node-" + last, Addresses: []string{"10.0.0." + last},
			Ready: !strings.Contains(node, "n"), Terminating: strings.Contains(node, "t"),
		})
	}
	return snapshot
}

// shop is what the pool of most tests is bound to; split is shared by two.
var (
	shop  = []engine.Backend{{Name: "shop", Ref: endpoints.Ref{Namespace: "shop", Service: "shop", Port: "http"}, Share: 100}}
	steps = cutover.Spec{Drain: time.Minute}
)

func canary(stable, canary int) []engine.Backend {
	return []engine.Backend{
		{Name: "canary", Ref: endpoints.Ref{Namespace: "shop", Service: "canary", Port: "http"}, Share: canary},
		{Name: "stable", Ref: endpoints.Ref{Namespace: "shop", Service: "stable", Port: "http"}, Share: stable},
	}
}

// followed is a Follower of a pool on a device, and a cluster.
type followed struct {
	*engine.Follower
	t       *testing.T
	device  *fakeDevice
	cluster *cluster
	options engine.FollowOptions
	report  engine.FollowReport // of the last Sync
}

var carefully = engine.FollowOptions{MaxDisablePercent: 50, Hold: 30 * time.Second}

// followPool is a pool that follows its backends already, but for others.
func followPool(t *testing.T, backends []engine.Backend, spec cutover.Spec, services map[string]string, others ...ltm.Member) *followed {
	t.Helper()
	f := &followed{t: t, cluster: &cluster{services: services}, options: carefully}
	p := f.wanted(backends)
	p.Members = append(p.Members, others...)
	p.Description = engine.Mark("Shop", backends, spec)
	f.device = newDevice(p)
	f.restart()
	return f
}

// wanted is what the pool must be for backends, with what the cluster has now.
func (f *followed) wanted(backends []engine.Backend) ltm.Pool {
	f.t.Helper()
	observed, err := engine.ObserveBackends(f.t.Context(), f.cluster, backends)
	if err != nil {
		f.t.Fatal(err)
	}
	p := pool(engine.Members(backends, observed, f.livePool().Members).Members...)
	p.LoadBalancingMode, p.Description = "ratio-member", f.livePool().Description
	return p
}

func (f *followed) livePool() ltm.Pool {
	if f.device == nil {
		return ltm.Pool{}
	}
	return f.device.pools[web]
}

// restart is a new process.
func (f *followed) restart() {
	f.Follower = engine.NewFollower(f.device, f.cluster, web, f.options)
}

// sync fails on an error, and forgets the calls of before.
func (f *followed) sync(compare bool) engine.FollowReport {
	f.t.Helper()
	f.device.calls, f.device.writes = nil, nil
	report, err := f.Sync(f.t.Context(), compare)
	if err != nil {
		f.t.Fatalf("after %v: %v", f.device.calls, err)
	}
	f.report = report
	return report
}

// set changes the pods of a Service.
func (f *followed) set(service, pods string) { f.cluster.services[service] = pods }

func (f *followed) wantCalls(want ...string) {
	f.t.Helper()
	if diff := cmp.Diff(want, f.device.calls, options); diff != "" {
		f.t.Errorf("calls -want +got\n%s", diff)
	}
}

// wantLive fails if members are not these, as "1 enabled ratio 9", nor the report.
func (f *followed) wantLive(want ...string) {
	f.t.Helper()
	live := f.livePool()
	if diff := cmp.Diff(want, shown(live)); diff != "" {
		f.t.Errorf("live -want +got\n%s", diff)
	}
	if f.report.Bound && !f.options.DryRun {
		if diff := cmp.Diff(shown(live), shown(f.report.Pool)); diff != "" {
			f.t.Errorf("the report is not what is live: -live +told\n%s", diff)
		}
	}
}

func shown(p ltm.Pool) []string {
	var lines []string
	for _, m := range p.Members {
		text := fmt.Sprintf("%d %s", m.Key.Address.IP.As4()[3], m.Session)
		if m.Ratio != 1 {
			text += fmt.Sprint(" ratio ", m.Ratio)
		}
		lines = append(lines, text)
	}
	return lines
}

func TestTheChangeOfOneEndpointIsOneRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, shop, cutover.Spec{}, map[string]string{"shop": "1 2 3"})
		f.sync(false)
		f.wantCalls("read")
		f.sync(false)
		f.wantCalls()
		for _, tt := range []struct{ pods, write string }{
			{"1 2 3t", "~ 10.0.0.3:80: enabled -> disabled"},
			{"1 2", "- 10.0.0.3:80"},
			{"1 2 4", "+ 10.0.0.4:80: ratio 1, enabled, description \"[bigipkube/1 shop/shop pod-4]\""},
			{"1 2 4n", "~ 10.0.0.4:80: enabled -> forced-offline"},
			{"1 2 4", "~ 10.0.0.4:80: forced-offline -> enabled"},
			{"1 2 4 5n", "+ 10.0.0.5:80: ratio 1, forced-offline, description \"[bigipkube/1 shop/shop pod-5]\""},
		} {
			f.set("shop", tt.pods)
			report := f.sync(false)
			f.wantCalls("update")
			wantWrites(t, f.device, "pool /shop/web\n  "+tt.write)
			if len(report.Written) != 1 || report.Compared || report.After != 0 {
				t.Errorf("%s: %+v", tt.pods, report)
			}
		}
		f.wantLive("1 enabled", "2 enabled", "4 enabled", "5 forced-offline")
		if report := f.sync(true); !report.Compared || report.Drift != nil || report.Written != nil {
			t.Errorf("compared: %+v", report)
		}
		f.wantCalls("read")
	})
}

func TestAReportTellsWhatAPoolIsBoundToAndWhoseItsMembersAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, canary(90, 10), cutover.Spec{}, map[string]string{"stable": "1 2", "canary": "10"})
		report := f.sync(false)
		if !report.Bound || report.Retired || cmp.Diff(canary(90, 10), report.Backends) != "" || len(report.Endpoints["stable"].Endpoints) != 2 {
			t.Errorf("got %+v", report)
		}
		want := map[ltm.MemberKey]string{key(1): "stable", key(2): "stable", key(10): "canary"}
		if diff := cmp.Diff(want, report.Backend); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

func TestAPoolThatIsGoneOrNotBoundIsNoErrorAndOneWhoseMarkIsNotUnderstoodIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for description, kind := range map[string]any{
			"words": nil, "Shop [bigipkube/1 shop/shop:http=x]": new(*binding.SyntaxError), "Shop [bigipkube/2 whatever]": new(*binding.VersionError),
		} {
			f := followPool(t, shop, cutover.Spec{}, map[string]string{"shop": "1 2"})
			f.sync(false)
			f.set("shop", "1 2 3")
			p := f.livePool()
			p.Description = description
			f.device.pools[web] = p
			report, err := f.Sync(t.Context(), true)
			if kind == nil && err != nil || kind != nil && !errors.As(err, kind) || report.Bound || len(f.device.writes) > 0 {
				t.Errorf("%s: %v, %+v", description, err, report)
			}
			f.device.pools[web] = f.wanted(shop) // it is bound again, and so read again
			p.Description = engine.Mark("", shop, cutover.Spec{})
			f.device.pools[web] = p
			f.sync(false)
			f.wantCalls("read", "update")
			delete(f.device.pools, web)
			f.set("shop", "1 2n 3")
			if report := f.sync(false); report.Bound || report.Pool.Path != (ltm.Path{}) || report.Endpoints != nil {
				t.Errorf("gone: %+v", report)
			}
			f.wantCalls("update", "read")
		}
	})
}

func TestASourceThatFailsLeavesThePoolAndWhatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, shop, cutover.Spec{}, map[string]string{"shop": "1 2"})
		f.sync(false)
		f.device.calls = nil
		f.cluster.failure = engine.ErrSource
		f.set("shop", "")
		if _, err := f.Sync(t.Context(), false); !errors.Is(err, engine.ErrSource) || len(f.device.calls) > 0 {
			t.Errorf("%v, %v", err, f.device.calls)
		}
		edited := f.livePool()
		edited.Members = slices.Clone(edited.Members)
		edited.Members[0].Session = ltm.Disabled
		f.device.pools[web] = edited
		if report, err := f.Sync(t.Context(), true); !errors.Is(err, engine.ErrSource) || report.Compared {
			t.Errorf("%v, %+v", err, report)
		}
		f.cluster.failure = nil
		f.set("shop", "1 2")
		report := f.sync(false)
		f.wantCalls("update")
		if diff := cmp.Diff([]engine.Drift{{Key: key(1), Kind: engine.DriftChanged}}, report.Drift, options); diff != "" || !report.Compared {
			t.Errorf("what was read while the cluster did not answer is compared later: %s", diff)
		}
	})
}

// TestARollWithTwoSharesLeavesMembersAloneThatTakeNoClients: what a ratio they have is
// nobody's loss, and a request for each of them.
func TestARollWithTwoSharesLeavesMembersAloneThatTakeNoClients(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := followPool(t, canary(90, 10), cutover.Spec{}, map[string]string{"stable": "1 2 3", "canary": "10"})
		f.sync(false)
		for _, pods := range []string{"1 2t 3n 4", "1 2t 3n 4 5", "1t 2t 3n 4 5 6", "1t 2t 3n 4n 5 6 7"} {
			before := f.livePool()
			f.set("stable", pods)
			for _, write := range f.sync(false).Written {
				for _, c := range write.Modify {
					if was, _ := before.Member(c.To.Key); was.Session == c.To.Session && c.To.Session != ltm.Enabled {
						t.Errorf("%s: needless: %s", pods, write)
					}
				}
			}
			if f.sync(true); f.report.Drift != nil || f.report.Written != nil {
				t.Errorf("%s: compared: %+v", pods, f.report)
			}
		}
		f.set("stable", "1 2 3 4 5 6 7")
		f.sync(false)
		for _, m := range f.livePool().Members {
			if m.Key != key(10) && m.Ratio != f.livePool().Members[0].Ratio {
				t.Errorf("who serves again has another ratio: %v", shown(f.livePool()))
			}
		}
	})
}
