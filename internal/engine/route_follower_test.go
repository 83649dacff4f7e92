package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// routeWorld is a device that serves an Ingress, and the cluster that it is from.
type routeWorld struct {
	t        *testing.T
	device   *fakeDevice
	objects  ingress.Objects
	broken   error // of the cluster
	unknown  error // of the endpoints
	key      ingress.Key
	follower *engine.RouteFollower
}

// Routes is engine.RouteSource's.
func (w *routeWorld) Routes(context.Context, ingress.Key, ingress.Beside) (ingress.Objects, map[ltm.Certificate]ltm.KeyPair, error) {
	return w.objects, nil, w.broken
}

// Snapshot is engine.Source's: each Service has one endpoint.
func (w *routeWorld) Snapshot(_ context.Context, ref endpoints.Ref) (endpoints.Snapshot, error) {
	if w.unknown != nil {
		return endpoints.Snapshot{}, w.unknown
	}
	return endpoints.Snapshot{
		Found: true, Ports: []endpoints.ServicePort{{Name: "http", Number: 80, Protocol: "TCP"}},
		Slices: []endpoints.Slice{{
			Name: ref.Service, Ports: []endpoints.SlicePort{{Name: "http", Number: 8080, Protocol: "TCP"}}, Family: endpoints.IPv4,
			Endpoints: []endpoints.SliceEndpoint{{Addresses: []string{"10.244.0.1"}}},
		}},
	}, nil
}

// wants writes the Ingress, with a path for each Service.
func (w *routeWorld) wants(services ...string) {
	prefix := networkingv1.PathTypePrefix
	rule := &networkingv1.HTTPIngressRuleValue{}
	for _, name := range services {
		rule.Paths = append(rule.Paths, networkingv1.HTTPIngressPath{Path: "/" + name, PathType: &prefix, Backend: networkingv1.IngressBackend{
			Service: &networkingv1.IngressServiceBackend{Name: name, Port: networkingv1.ServiceBackendPort{Name: "http"}},
		}})
	}
	w.objects.Ingresses = []networkingv1.Ingress{{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", CreationTimestamp: metav1.Unix(1_700_000_000, 0)},
		Spec:       networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{IngressRuleValue: networkingv1.IngressRuleValue{HTTP: rule}}}},
	}}
}

// newRouteWorld serves /web and /api.
func newRouteWorld(t *testing.T, options ingress.Options) *routeWorld {
	t.Helper()
	w := &routeWorld{t: t, device: newDevice()}
	owner := binding.Object{Kind: ingress.KindIngress, Namespace: "shop", Name: "web"}
	w.objects.Bound = owner
	for _, name := range []string{"web", "api", "more"} {
		w.objects.Services = append(w.objects.Services, ingress.Service{Namespace: "shop", Name: name, Ports: []endpoints.ServicePort{{Name: "http", Number: 80, Protocol: "TCP"}}})
	}
	w.wants("web", "api")
	w.serve(options)
	return w
}

// serve makes what an apply would.
func (w *routeWorld) serve(options ingress.Options) {
	t, owner := w.t, w.objects.Bound
	t.Helper()
	options.Partition = "shop"
	var err error
	if options.Address, err = ltm.ParseAddress("203.0.113.10"); err != nil {
		t.Fatal(err)
	}
	w.key = ingress.Key{Owner: owner, Partition: "shop", Address: options.Address}
	set, _ := ingress.Translate(w.objects, options)
	live, built, err := engine.SurveySite(t.Context(), w.device, options, func(live ltm.Site) (ingress.Built, error) { return ingress.Build(set, options, live) })
	if err != nil {
		t.Fatal(err)
	}
	_, err = engine.RunSite(t.Context(), w.device, engine.SiteGoal{
		Paths: live.Paths().Union(built.Site.Paths()), Desired: func(ltm.Site) (ltm.Site, error) { return built.Site, nil },
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.device.writes = nil
	w.follower = engine.NewRouteFollower(w.device, func() engine.Surveyor { return w.device }, w, w, w.key, engine.RouteFollowOptions{Hold: 30 * time.Second})
}

// bound is what the device says.
func (w *routeWorld) bound() ingress.Binding {
	all, _ := ingress.Bindings(w.device.whole())
	return all[w.key]
}

func (w *routeWorld) sync() (engine.RouteReport, error) {
	return w.follower.Sync(w.t.Context(), w.bound())
}

// pools are those of the device, by name.
func (w *routeWorld) pools() string {
	var names []string
	for _, p := range w.device.whole().Pools {
		names = append(names, p.Path.Name)
	}
	return strings.Join(names, " ")
}

func TestRoutesFollowTheirClusterInOneWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newRouteWorld(t, ingress.Options{})
		if report, err := w.sync(); err != nil || !report.Bound || report.Written || !report.Change.Empty() {
			t.Fatalf("nothing has changed: %+v, %v", report, err)
		}
		w.wants("web", "more")
		report, err := w.sync()
		if err != nil || !report.Written || len(w.device.writes) != 1 || w.pools() != "shop_more_http shop_web_http" {
			t.Errorf("%v, writes %v, pools %s", err, w.device.writes, w.pools())
		}
		if members := w.device.pools[ltm.NewPath("shop", "shop_more_http")].Members; len(members) != 1 || members[0].Key.String() != "10.244.0.1:8080" {
			t.Errorf("the new pool has %v", members)
		}
	})
}

func TestWhatNobodyCouldBeAskedIsNeverTakenForGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newRouteWorld(t, ingress.Options{})
		w.broken = errors.Join(engine.ErrSource, errors.New("the cluster does not have the Gateway API"))
		w.objects.Ingresses = nil
		for range 3 {
			if report, err := w.sync(); !errors.Is(err, engine.ErrSource) || report.Written {
				t.Errorf("%+v, %v", report, err)
			}
			time.Sleep(time.Minute) // the bubble's
		}
		w.broken, w.unknown = nil, errors.Join(engine.ErrSource, errors.New("no answer"))
		w.wants("web", "more")
		if report, err := w.sync(); !errors.Is(err, engine.ErrSource) || report.Written {
			t.Errorf("a pool without its members: %+v, %v", report, err)
		}
		if len(w.device.writes) > 0 {
			t.Errorf("written: %v", w.device.writes)
		}
	})
}

func TestAnObjectThatIsGoneIsHeldAndThatItIsBackEndsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newRouteWorld(t, ingress.Options{})
		gone := func() { w.objects.Ingresses = nil }
		gone()
		report, err := w.sync()
		if err != nil || report.Held != "ingress shop/web wants nothing any more" || report.After != 30*time.Second || report.Written {
			t.Fatalf("%+v, %v", report, err)
		}
		time.Sleep(20 * time.Second)
		w.wants("web", "api")
		if report, err := w.sync(); err != nil || report.Held != "" || !report.Change.Empty() {
			t.Errorf("it is back: %+v, %v", report, err)
		}
		gone()
		if report, _ := w.sync(); report.After != 30*time.Second {
			t.Errorf("it is gone again, and held for %s", report.After)
		}
		time.Sleep(30 * time.Second)
		if report, err := w.sync(); err != nil || !report.Written || w.pools() != "" {
			t.Errorf("after the hold: %+v, %v, pools %s", report, err, w.pools())
		}
		if w.bound().Options.Address != w.key.Address {
			t.Error("the device does not say any more what it is bound to")
		}
		w.wants("web", "api")
		if report, err := w.sync(); err != nil || !report.Written || w.pools() != "shop_api_http shop_web_http" {
			t.Errorf("it is back for good: %+v, %v, pools %s", report, err, w.pools())
		}
	})
}

func TestAServiceThatIsGoneIsHeldToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newRouteWorld(t, ingress.Options{})
		w.objects.Services = slices.DeleteFunc(w.objects.Services, func(s ingress.Service) bool { return s.Name == "api" })
		if report, err := w.sync(); err != nil || !strings.Contains(report.Held, "Service shop/api does not exist") {
			t.Fatalf("%+v, %v", report, err)
		}
		time.Sleep(30 * time.Second)
		if report, err := w.sync(); err != nil || !report.Written || w.pools() != "shop_web_http" {
			t.Errorf("after the hold: %+v, %v, pools %s", report, err, w.pools())
		}
		// A rule for a Service that has never been there takes nothing away.
		w.wants("web", "none")
		if report, err := w.sync(); err != nil || report.Held != "" || !report.Written {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

func TestWhatIsBoundOtherwiseMeanwhileIsLeftToWhoHasDoneIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newRouteWorld(t, ingress.Options{})
		before := w.bound()
		w.wants("web")
		moved := before
		moved.Options.Strict = true
		if report, err := w.follower.Sync(t.Context(), moved); err != nil || report.Bound || len(w.device.writes) > 0 {
			t.Errorf("bound otherwise: %+v, %v", report, err)
		}
		w.device.rest, w.device.virtualServers = ltm.Site{}, map[ltm.Path]ltm.VirtualServer{}
		if report, err := w.follower.Sync(t.Context(), before); err != nil || report.Bound || len(w.device.writes) > 0 {
			t.Errorf("destroyed: %+v, %v", report, err)
		}
	})
}

func TestStrictRoutesAreRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newRouteWorld(t, ingress.Options{Strict: true})
		w.wants("web", "more", "none")
		if report, err := w.sync(); err != nil || !report.Refused || len(report.Problems) != 1 || len(w.device.writes) > 0 {
			t.Errorf("%+v, %v", report, err)
		}
		w.wants("web", "more")
		if report, err := w.sync(); err != nil || report.Refused || !report.Written {
			t.Errorf("%+v, %v", report, err)
		}
	})
}
