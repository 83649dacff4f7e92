package reconciler

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// marksOf are the marks of a virtual server that serves Ingresses.
func marksOf(descriptions ...string) ltm.Site {
	path, port := ltm.NewPath("shop", "web_80"), uint16(80)
	v := ltm.VirtualServer{Path: path, Description: binding.FormatSite(), Destination: ltm.Destination{Partition: "shop", Address: siteOptions().Address, Port: port}}
	p := ltm.Policy{Path: path, Description: binding.FormatSite()}
	for i, d := range descriptions {
		p.Rules = append(p.Rules, ltm.PolicyRule{Name: fmt.Sprint(i), Description: d})
	}
	return ltm.Site{VirtualServers: []ltm.VirtualServer{v}, Policies: []ltm.Policy{p}}
}

func fallback(name string, options binding.RouteOptions) string {
	owner := binding.Object{Kind: ingress.KindIngress, Namespace: "shop", Name: name}
	return binding.FormatOwner(binding.RouteMark{Source: owner, Owner: owner, Class: binding.ClassFallback}, options)
}

const webAt, apiAt = "ingress shop/web at 203.0.113.10 in shop", "ingress shop/api at 203.0.113.10 in shop"

func TestOwnersOfRoutesAreFoundByTheirMarksAndFollowedUntilTheyAreGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	expect := func(what string, routed, left string) {
		t.Helper()
		b.look("shop")
		if got := strings.Join(b.routed, ", "); got != routed {
			t.Errorf("%s: queued are %s, want %s", what, got, routed)
		}
		if got := strings.Join(b.left, ", "); got != left {
			t.Errorf("%s: left are %s, want %s", what, got, left)
		}
		b.routed, b.left = nil, nil
	}
	b.device.marks = marksOf(fallback("web", binding.RouteOptions{}))
	expect("one", webAt, "")
	expect("nothing new", "", "")
	b.device.marks = marksOf(fallback("web", binding.RouteOptions{Strict: true}), fallback("api", binding.RouteOptions{}))
	b.look("shop")
	if len(b.routed) != 2 {
		t.Errorf("one is bound otherwise, and one is new: %v", b.routed)
	}
	b.routed = nil
	b.device.marks = marksOf(fallback("web", binding.RouteOptions{Strict: true}), "[bigipkube/1 route later]")
	expect("a mark that is not understood may be the other's", "", "")
	if log := b.log(); !strings.Contains(log, "policy skipped: the mark of a rule is not understood") {
		t.Errorf("the log is %s", log)
	}
	b.device.marks = marksOf(fallback("web", binding.RouteOptions{Strict: true}))
	expect("it is gone", "", apiAt)
	b.discovery.routes.close("shop")
	if strings.Join(b.left, "") != webAt || len(b.discovery.routes.all()) != 0 {
		t.Errorf("a partition that is another's leaves %v", b.left)
	}
}

func TestRoutesThatCannotBeReadKeepNoPoolWaiting(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.device.marksErr = errors.New("policies are not for everybody")
	path, _ := b.bind("web")
	b.look("shop")
	if queue := b.queue(); len(queue) != 1 || queue[0] != path.String() {
		t.Errorf("queued are %v", queue)
	}
	if n := strings.Count(b.log(), "the routes of a partition cannot be read"); n != 1 {
		t.Errorf("it is told %d times", n)
	}
}

// newRouter is the reconciler of a bench's routes.
func (b *bench) newRouter() *routeReconciler {
	return &routeReconciler{
		device: b.device, registry: b.registry, routes: b.discovery.routes, gate: b.gate, metrics: b.metrics.routes, logger: b.logger,
		resync: 10 * time.Minute, retries: newRouteRetries(), lookSoon: func() { b.looks++ }, wrote: func() { b.writes++ },
	}
}

func TestRoutesAreTriedAgainAndWaitForTheDeviceWithAllOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.device.marks = marksOf(fallback("web", binding.RouteOptions{}))
		b.look("shop")
		router := b.newRouter()
		key := b.discovery.routes.all()[0].key
		reconcile := func() time.Duration {
			result, err := router.Reconcile(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			return result.RequeueAfter
		}
		b.router.report = engine.RouteReport{Bound: true}
		if after := reconcile(); after < 9*time.Minute || after > 11*time.Minute {
			t.Errorf("with nothing to do it is synced again after %s", after)
		}
		b.router.report.Held, b.router.report.After = "it wants nothing any more", 30*time.Second
		if after := reconcile(); after != 30*time.Second {
			t.Errorf("what is held is looked at again after %s", after)
		}
		b.router.report = engine.RouteReport{}
		if after := reconcile(); after != unsyncedRetry || b.looks != 1 {
			t.Errorf("bound otherwise: again after %s, %d looks", after, b.looks)
		}
		b.router.err = errors.New("no")
		if first, second := reconcile(), reconcile(); first != firstRetry || second <= first {
			t.Errorf("a failure is tried again after %s and %s", first, second)
		}
		if n := strings.Count(b.log(), "routes cannot be synced"); n != 1 {
			t.Errorf("it is told %d times", n)
		}
		b.router.err = &engine.DeviceError{Kind: engine.ErrUnreachable, Verb: "read", Object: "x", Device: "bigip"}
		if after := reconcile(); after != 0 {
			t.Errorf("a device that is away is tried again after %s", after)
		}
		syncs := b.router.syncs
		reconcile()
		if waiting := b.gate.waiting(); b.router.syncs != syncs || len(waiting) != 1 || waiting[0] != key {
			t.Errorf("%d syncs more, waiting are %v", b.router.syncs-syncs, waiting)
		}
	})
}
