package kube

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// mayFollowIngresses are the rights to follow an Ingress of a namespace.
var mayFollowIngresses = []rbacv1.PolicyRule{
	{Verbs: []string{"get", "list", "watch"}, APIGroups: []string{""}, Resources: []string{services, secrets}},
	{Verbs: []string{"get", "list", "watch"}, APIGroups: []string{"networking.k8s.io"}, Resources: []string{ingresses}},
}

// logged is a log that may be read while it is written.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

// class makes a GatewayClass.
func (s shop) class(name string, controller gatewayv1.GatewayController) {
	s.t.Helper()
	_, err := s.gateway.GatewayV1().GatewayClasses().Create(s.t.Context(), &gatewayv1.GatewayClass{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: gatewayv1.GatewayClassSpec{ControllerName: controller},
	}, metav1.CreateOptions{})
	check(s.t, err)
}

func TestAnOwnerOfAnIngressIsToldOfClassesWhereItMayWatchThemAndDoesWithoutWhereNot(t *testing.T) {
	t.Parallel()
	cp := cluster.ControlPlane(t)
	s, ns := newShop(t, cp), cp.NamespaceT(t, "classes")
	s.service(ns, "web")
	s.ingress(ns, "web", nil, "web")
	bound := binding.Object{Kind: ingress.KindIngress, Namespace: ns, Name: "web"}

	w := startWatch(t, map[string]Config{"": as(cp, "viewer")}, WatchOptions{})
	w.routesRead("web", bound)
	w.isTold("web", "a class", func() {
		_, err := cp.Client().NetworkingV1().IngressClasses().Create(w.ctx, &networkingv1.IngressClass{
			ObjectMeta: metav1.ObjectMeta{Name: ns}, Spec: networkingv1.IngressClassSpec{Controller: "example.com/controller"},
		}, metav1.CreateOptions{})
		check(t, err)
	})

	grantIn(t, cp, ns, "classless", mayFollowIngresses...)
	log := &logged{}
	narrow := startWatch(t, map[string]Config{"": as(cp, "classless")}, WatchOptions{Logger: slog.New(slog.NewTextHandler(log, nil))})
	narrow.routesRead("web", bound)
	narrow.routesRead("again", bound)
	if health := narrow.Health()[""]; health.Err != nil || log.count("Not watched") != 1 || log.count("resource=ingressclasses") != 1 {
		t.Errorf("health %+v, log %s", health, log.text.String())
	}
	narrow.isTold("web", "its Service", func() { check(t, cp.Client().CoreV1().Services(ns).Delete(w.ctx, "web", metav1.DeleteOptions{})) })
}

func TestARouteThatAGatewayRefusesIsReadWhereAllRoutesMayBeWatchedAndNothingOfWhatItRefersTo(t *testing.T) {
	t.Parallel()
	cp := cluster.ControlPlane(t)
	check(t, cp.InstallGatewayAPI(testContext(t)))
	a, b, s := cp.NamespaceT(t, "infra"), cp.NamespaceT(t, "shop"), newShop(t, cp)
	certificate, key := newAuthority(t).server(t, "shop.example.com")
	s.secret(a, "tls", certificate, key)
	s.service(a, "web")
	s.service(b, "web")
	s.listen(a, "edge", a, "tls", gatewayv1.NamespacesFromSame)
	s.route(a, "ours", a, "edge", a, "web")
	s.route(b, "theirs", a, "edge", b, "web")
	bound := binding.Object{Kind: ingress.KindGateway, Namespace: a, Name: "edge"}
	grantIn(t, cp, a, "edge-only", append([]rbacv1.PolicyRule{
		{Verbs: []string{"get", "list", "watch"}, APIGroups: []string{gatewayv1.GroupName}, Resources: []string{gateways, httpRoutes}},
	}, mayFollowIngresses...)...)
	for user, c := range map[string]struct {
		options WatchOptions
		refused int
	}{
		"viewer":    {WatchOptions{RefusedRoutes: true}, 1},
		"edge-only": {WatchOptions{RefusedRoutes: true}, 0},
		"admin":     {WatchOptions{}, 0},
	} {
		w := startWatch(t, map[string]Config{"": as(cp, user)}, c.options)
		w.routesRead("edge", bound)
		objects := w.routesRead("edge", bound)
		want := "route A/ours\ngateway A/edge\nservice A/web\nsecret A/tls"
		if got := listed(objects, a, b); got != want || len(objects.Refused) != c.refused {
			t.Errorf("%s: refused %d, read\n%s\nwant\n%s", user, len(objects.Refused), got, want)
		}
		if health := w.Health()[""]; health.Err != nil {
			t.Errorf("%s: %v", user, health.Err)
		}
		if c.refused == 0 {
			continue
		}
		w.isTold("edge", "a route that is refused", func() { s.route(b, "more", a, "edge", b, "web") })
		if objects := w.routesRead("edge", bound); len(objects.Refused) != 2 {
			t.Errorf("%d are refused", len(objects.Refused))
		}
	}
}

func TestTheGatewayClassesOfAControllerAreReadWithTheirGateways(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	check(t, cp.InstallGatewayAPI(ctx))
	ns, s := cp.NamespaceT(t, "classes"), newShop(t, cp)
	ours := gatewayv1.GatewayController("example.com/" + ns)
	s.class(ns, ours)
	s.class(ns+"-other", "example.com/other")
	_, err := s.gateway.GatewayV1().Gateways(ns).Create(ctx, &gatewayv1.Gateway{
		ObjectMeta: metav1.ObjectMeta{Name: "edge"},
		Spec:       gatewayv1.GatewaySpec{GatewayClassName: gatewayv1.ObjectName(ns), Listeners: []gatewayv1.Listener{{Name: "http", Port: 80, Protocol: gatewayv1.HTTPProtocolType}}},
	}, metav1.CreateOptions{})
	check(t, err)
	s.listen(ns, "others", ns, "tls", gatewayv1.NamespacesFromSame) // of the class bigip

	w := startWatch(t, map[string]Config{"": as(cp, "viewer")}, WatchOptions{})
	read := func() Classes {
		classes, err := w.GatewayClasses(ctx, "classes", "", ours)
		check(t, err)
		return classes
	}
	poll(t, func() bool { return len(read().Gateways) == 1 })
	if got := read(); len(got.Classes) != 1 || got.Classes[0].Name != ns || got.Gateways[0].Name != "edge" {
		t.Errorf("got %+v", got)
	}
	w.isTold("classes", "a class more", func() { s.class(ns+"-more", ours) })
	if got := read(); len(got.Classes) != 2 {
		t.Errorf("%d classes", len(got.Classes))
	}

	nobody := startWatch(t, map[string]Config{"": as(cp, "nobody")}, WatchOptions{})
	asked := func() bool {
		v := nobody.views[""]
		v.mu.Lock()
		defer v.mu.Unlock()
		_, asked := v.rights.spare[scope{resource: gatewayClasses}]
		return asked
	}
	none, err := nobody.GatewayClasses(ctx, "classes", "", ours)
	check(t, err)
	poll(t, asked)
	if again, err := nobody.GatewayClasses(ctx, "classes", "", ours); err != nil || len(none.Classes)+len(again.Classes) > 0 || nobody.Health()[""].Err != nil {
		t.Errorf("without rights: %v, %+v, health %v", err, again, nobody.Health()[""].Err)
	}
}

func TestGatewayClassesOfAClusterThatHasNoneBreakNothing(t *testing.T) {
	t.Parallel()
	cp, ctx := kubetest.StartT(t, kubetest.Options{}), testContext(t)
	w := startWatch(t, map[string]Config{"": as(cp, "viewer")}, WatchOptions{})
	_, err := w.GatewayClasses(ctx, "classes", "", "example.com/none")
	check(t, err)
	v := w.views[""]
	poll(t, func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		_, asked := v.rights.spare[scope{resource: gatewayClasses}]
		return asked
	})
	got, err := w.GatewayClasses(ctx, "classes", "", "example.com/none")
	if err != nil || len(got.Classes) > 0 || w.Health()[""].Err != nil {
		t.Errorf("%v, %+v, health %v", err, got, w.Health()[""].Err)
	}
}
