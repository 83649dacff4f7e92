package reconciler

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// Each bound Gateway has a sync of its own: the last one must not take away what the others
// said of a route that all of them serve.
func TestWhatAnotherBoundGatewaySaysOfARouteStaysAsLongAsTheRouteNamesIt(t *testing.T) {
	t.Parallel()
	parent := func(name string) gatewayv1.ParentReference {
		return gatewayv1.ParentReference{Name: gatewayv1.ObjectName(name)}
	}
	route := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}}
	route.Spec.ParentRefs = []gatewayv1.ParentReference{parent("inside"), parent("outside")}
	for _, name := range []string{"inside", "former"} {
		route.Status.Parents = append(route.Status.Parents, gatewayv1.RouteParentStatus{ParentRef: parent(name), ControllerName: routeController})
	}
	v := routeVerdict{now: metav1.Now()}
	v.report.Objects.Gateways = []gatewayv1.Gateway{{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "outside"}}}
	status, ok := v.ofRoute(route, binding.Object{Kind: ingress.KindHTTPRoute, Namespace: "shop", Name: "web"}).gets.(gatewayv1.HTTPRouteStatus)
	if !ok {
		t.Fatal("no status of an HTTPRoute")
	}
	var names []string
	for _, p := range status.Parents {
		names = append(names, string(p.ParentRef.Name))
	}
	if len(names) != 2 || names[0] != "inside" || names[1] != "outside" {
		t.Errorf("the parents are %v, want inside and outside", names)
	}
}

func TestAListenerSaysWhichKindsOfRoutesItServesAndWhichItCannot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		protocol gatewayv1.ProtocolType
		allows   []gatewayv1.Kind
		kinds    int
		only     bool
	}{
		{"all that it can", gatewayv1.HTTPProtocolType, nil, 1, true},
		{"no HTTP", gatewayv1.TCPProtocolType, nil, 0, true},
		{"TLS that is ended", gatewayv1.TLSProtocolType, nil, 0, true},
		{"a kind that is not served", gatewayv1.HTTPProtocolType, []gatewayv1.Kind{"TCPRoute"}, 0, false},
		{"two kinds", gatewayv1.HTTPProtocolType, []gatewayv1.Kind{"TCPRoute", "HTTPRoute"}, 1, false},
	} {
		l := gatewayv1.Listener{Protocol: c.protocol, AllowedRoutes: &gatewayv1.AllowedRoutes{}}
		for _, kind := range c.allows {
			l.AllowedRoutes.Kinds = append(l.AllowedRoutes.Kinds, gatewayv1.RouteGroupKind{Kind: kind})
		}
		kinds, only := routeKinds(l)
		if kinds == nil || len(kinds) != c.kinds || only != c.only {
			t.Errorf("%s: %v, only those: %t", c.name, kinds, only)
		}
	}
}

func TestAGatewayOfWhichNoListenerIsServedIsNotAccepted(t *testing.T) {
	t.Parallel()
	gateway := &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "edge"}}
	gateway.Spec.Listeners = []gatewayv1.Listener{{Name: "tcp", Protocol: gatewayv1.TCPProtocolType}}
	object := binding.Object{Kind: ingress.KindGateway, Namespace: "shop", Name: "edge"}
	v := routeVerdict{now: metav1.Now()}
	v.report.Problems = []ingress.Problem{{Object: object, Place: "listener tcp", Reason: "the protocol TCP is not served", Effect: ingress.LeftOut}}
	status, ok := v.ofGateway(gateway, object).gets.(gatewayv1.GatewayStatus)
	if !ok {
		t.Fatal("no status of a Gateway")
	}
	if got := conditionsOf(status.Conditions[:1]); got != "Accepted=False ListenersNotValid@0" {
		t.Errorf("the Gateway is %s", got)
	}
}

func TestARouteThatNoListenerTakesSaysWhyInTheGatewayAPIsWords(t *testing.T) {
	t.Parallel()
	object := binding.Object{Kind: ingress.KindHTTPRoute, Namespace: "shop", Name: "web"}
	for reason, want := range map[string]string{
		`no listener of its Gateway takes it (listener http: no hostname of the route is in "a.example.com", without those that other listeners have)`: "NoMatchingListenerHostname",
		"no listener of its Gateway takes it (listener http: it does not allow the route's namespace or kind)":                                         "NotAllowedByListeners",
		"no listener of its Gateway takes it (listener http: the route names another port)":                                                            "NoMatchingParent",
	} {
		v := routeVerdict{now: metav1.Now()}
		v.report.Problems = []ingress.Problem{{Object: object, Reason: reason, Effect: ingress.LeftOut}}
		if got := v.routeConditions(object)[0]; got.Reason != want || got.Status != metav1.ConditionFalse {
			t.Errorf("%s: %s, want %s", reason, got.Reason, want)
		}
	}
}

func TestAListenerWhoseCertificateIsMissingIsNotProgrammed(t *testing.T) {
	t.Parallel()
	gateway := &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "edge"}}
	l := gatewayv1.Listener{Name: "tls", Port: 443, Protocol: gatewayv1.HTTPSProtocolType}
	object := binding.Object{Kind: ingress.KindGateway, Namespace: "shop", Name: "edge"}
	v := routeVerdict{now: metav1.Now()}
	v.report.Problems = []ingress.Problem{{Object: object, Place: "listener tls, certificate 0", Reason: "Secret shop/none does not exist", Effect: ingress.LeftOut}}
	want := "Accepted=True Accepted@0, ResolvedRefs=False InvalidCertificateRef@0, Programmed=False Invalid@0"
	if got := conditionsOf(v.listener(gateway, l, object).Conditions); got != want {
		t.Errorf("the listener is %s, want %s", got, want)
	}
}

func TestAListenerThatLeavesTLSToThePodsServesTLSRoutes(t *testing.T) {
	t.Parallel()
	l := gatewayv1.Listener{Name: "tls", Port: 443, Protocol: gatewayv1.TLSProtocolType, TLS: &gatewayv1.ListenerTLSConfig{Mode: new(gatewayv1.TLSModePassthrough)}}
	kinds, only := routeKinds(l)
	if len(kinds) != 1 || kinds[0].Kind != "TLSRoute" || !only {
		t.Errorf("it serves %v, only those: %t", kinds, only)
	}
	l.AllowedRoutes = &gatewayv1.AllowedRoutes{Kinds: []gatewayv1.RouteGroupKind{{Kind: "HTTPRoute"}, {Kind: "TLSRoute"}}}
	if kinds, only := routeKinds(l); len(kinds) != 1 || kinds[0].Kind != "TLSRoute" || only {
		t.Errorf("of two kinds it serves %v, only those: %t", kinds, only)
	}
}

func TestAListenerForTLSThatIsToBeEndedAsksForAValueThatIsNotServed(t *testing.T) {
	t.Parallel()
	gateway := &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "edge"}}
	object := binding.Object{Kind: ingress.KindGateway, Namespace: "shop", Name: "edge"}
	v := routeVerdict{now: metav1.Now()}
	v.report.Problems = []ingress.Problem{{Object: object, Place: "listener tls", Reason: "with the mode Passthrough only", Effect: ingress.LeftOut}}
	listener := v.listener(gateway, gatewayv1.Listener{Name: "tls", Protocol: gatewayv1.TLSProtocolType}, object)
	if got := conditionsOf(listener.Conditions[:1]); got != "Accepted=False UnsupportedValue@0" {
		t.Errorf("the listener is %s", got)
	}
}

func TestAListenerCountsTheRoutesOfItsHostnameAndNotThoseOfItsPort(t *testing.T) {
	t.Parallel()
	gateway := gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "edge"}}
	for _, host := range []gatewayv1.Hostname{"a.example.com", "*.b.example.com"} {
		gateway.Spec.Listeners = append(gateway.Spec.Listeners, gatewayv1.Listener{
			Name: gatewayv1.SectionName(host[:1]), Port: 80, Protocol: gatewayv1.HTTPProtocolType, Hostname: &host,
		})
	}
	object := binding.Object{Kind: ingress.KindGateway, Namespace: "shop", Name: "edge"}
	v := routeVerdict{now: metav1.Now()}
	v.report.Objects = ingress.Objects{Bound: object, Gateways: []gatewayv1.Gateway{gateway}}
	for name, host := range map[string]gatewayv1.Hostname{"a": "a.example.com", "b": "x.b.example.com", "c": "y.b.example.com"} {
		route := gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name}}
		route.Spec.ParentRefs, route.Spec.Hostnames = []gatewayv1.ParentReference{{Name: "edge"}}, []gatewayv1.Hostname{host}
		route.Spec.Rules = []gatewayv1.HTTPRouteRule{{}}
		v.report.Objects.HTTPRoutes = append(v.report.Objects.HTTPRoutes, route)
	}
	nothing := gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "nothing"}} // it has no rule that is served
	nothing.Spec.ParentRefs = []gatewayv1.ParentReference{{Name: "edge"}}
	v.report.Objects.HTTPRoutes = append(v.report.Objects.HTTPRoutes, nothing)
	v.report.Routes, v.report.Problems = ingress.Translate(v.report.Objects, ingress.Options{})
	status, ok := v.ofGateway(&gateway, object).gets.(gatewayv1.GatewayStatus)
	if !ok || len(status.Listeners) != 2 {
		t.Fatal("no status of a Gateway")
	}
	if a, b := status.Listeners[0].AttachedRoutes, status.Listeners[1].AttachedRoutes; a != 1 || b != 2 {
		t.Errorf("%d and %d routes are attached, want 1 and 2", a, b)
	}
}
