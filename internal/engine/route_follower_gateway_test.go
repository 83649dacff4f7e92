package engine_test

import (
	"testing"
	"testing/synctest"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// newGatewayWorld serves a Gateway with the route web, which goes to Service web.
func newGatewayWorld(t *testing.T) *routeWorld {
	t.Helper()
	w := &routeWorld{t: t, device: newDevice()}
	w.objects.Bound = binding.Object{Kind: ingress.KindGateway, Namespace: "shop", Name: "edge"}
	gateway := gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "edge"}}
	gateway.Spec.Listeners = []gatewayv1.Listener{{Name: "http", Port: 80, Protocol: gatewayv1.HTTPProtocolType}}
	w.objects.Gateways = []gatewayv1.Gateway{gateway}
	for _, namespace := range []string{"shop", "infra"} {
		w.objects.Services = append(w.objects.Services, ingress.Service{
			Namespace: namespace, Name: "web", Ports: []endpoints.ServicePort{{Name: "http", Number: 80, Protocol: "TCP"}},
		})
	}
	w.routes(gatewayRoute("web", "shop", "web"))
	return w
}

func (w *routeWorld) routes(routes ...gatewayv1.HTTPRoute) { w.objects.HTTPRoutes = routes }

// gatewayRoute is a route of the Gateway edge that has its name as its path.
func gatewayRoute(name, namespace, service string) gatewayv1.HTTPRoute {
	route := gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name}}
	route.Spec.ParentRefs = []gatewayv1.ParentReference{{Name: "edge"}}
	backend := gatewayv1.HTTPBackendRef{}
	backend.Name, backend.Namespace, backend.Port = gatewayv1.ObjectName(service), new(gatewayv1.Namespace(namespace)), new(gatewayv1.PortNumber(80))
	match := gatewayv1.HTTPRouteMatch{Path: &gatewayv1.HTTPPathMatch{Value: new("/" + name)}}
	route.Spec.Rules = []gatewayv1.HTTPRouteRule{{Matches: []gatewayv1.HTTPRouteMatch{match}, BackendRefs: []gatewayv1.HTTPBackendRef{backend}}}
	return route
}

func TestARouteThatIsDeletedIsNotHeldForWhatAnotherOneLacks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newGatewayWorld(t)
		w.serve(ingress.Options{})
		w.routes(gatewayRoute("new", "shop", "none"))
		if report, err := w.sync(); err != nil || report.Held != "" || !report.Written || w.pools() != "" {
			t.Errorf("held %q, written %t, %v, pools %s", report.Held, report.Written, err, w.pools())
		}
	})
}

func TestAGrantThatIsRevokedIsNotHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newGatewayWorld(t)
		grant := gatewayv1beta1.ReferenceGrant{ObjectMeta: metav1.ObjectMeta{Namespace: "infra", Name: "web"}}
		grant.Spec.From = []gatewayv1.ReferenceGrantFrom{{Group: gatewayv1.GroupName, Kind: "HTTPRoute", Namespace: "shop"}}
		grant.Spec.To = []gatewayv1.ReferenceGrantTo{{Kind: "Service"}}
		w.objects.Grants = []gatewayv1beta1.ReferenceGrant{grant}
		w.routes(gatewayRoute("web", "infra", "web"))
		w.serve(ingress.Options{})
		w.objects.Grants = nil
		if report, err := w.sync(); err != nil || report.Held != "" || !report.Written || w.pools() != "" {
			t.Errorf("held %q, written %t, %v, pools %s", report.Held, report.Written, err, w.pools())
		}
	})
}

func TestAServiceOfARouteThatIsGoneIsHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newGatewayWorld(t)
		w.serve(ingress.Options{})
		w.objects.Services = nil
		if report, err := w.sync(); err != nil || report.Held == "" || report.Written {
			t.Errorf("held %q, written %t, %v", report.Held, report.Written, err)
		}
	})
}
