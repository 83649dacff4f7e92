package ingress_test

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// routeOf is a route of the Gateway shop/edge.
func routeOf(namespace, name string, section gatewayv1.SectionName, hosts ...gatewayv1.Hostname) gatewayv1.HTTPRoute {
	route := gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	ref := gatewayv1.ParentReference{Name: "edge", Namespace: new(gatewayv1.Namespace("shop"))}
	if section != "" {
		ref.SectionName = &section
	}
	route.Spec.ParentRefs, route.Spec.Hostnames = []gatewayv1.ParentReference{ref}, hosts
	return route
}

func edge(listeners ...gatewayv1.Listener) ingress.Objects {
	gateway := gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "edge"}}
	gateway.Spec.Listeners = listeners
	return ingress.Objects{Bound: binding.Object{Kind: ingress.KindGateway, Namespace: "shop", Name: "edge"}, Gateways: []gatewayv1.Gateway{gateway}}
}

func TestARouteIsAttachedToTheListenersOfItsHostnamesAndNotToAllOfAPort(t *testing.T) {
	t.Parallel()
	http := func(name gatewayv1.SectionName, host gatewayv1.Hostname) gatewayv1.Listener {
		return gatewayv1.Listener{Name: name, Port: 80, Protocol: gatewayv1.HTTPProtocolType, Hostname: &host}
	}
	o := edge(http("one", "very.specific.com"), http("two", "*.wildcard.io"), http("three", "*.other.io"), gatewayv1.Listener{Name: "tcp", Port: 81, Protocol: gatewayv1.TCPProtocolType})
	o.HTTPRoutes = []gatewayv1.HTTPRoute{
		routeOf("shop", "specific", "", "no.com", "very.specific.com"),
		routeOf("shop", "wide", "", "*.specific.com", "a.wildcard.io"),
		routeOf("shop", "none", "", "no.com"),
		routeOf("shop", "named", "three", "a.wildcard.io", "a.other.io"),
		routeOf("shop", "all", ""),
		routeOf("other", "stranger", ""),
	}
	names := map[gatewayv1.SectionName]string{}
	for listener, routes := range ingress.Attached(o) {
		for _, r := range routes {
			names[listener] += r.Name + " "
		}
	}
	want := "map[one:specific wide all  three:named all  two:wide all ]"
	if got := fmt.Sprint(names); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestARouteThatIsRefusedIsToldWhyInTheGatewayAPIsWords(t *testing.T) {
	t.Parallel()
	o := edge(gatewayv1.Listener{Name: "http", Port: 80, Protocol: gatewayv1.HTTPProtocolType})
	for section, want := range map[gatewayv1.SectionName]string{"": "NotAllowedByListeners", "http": "NotAllowedByListeners", "other": "NoMatchingParent"} {
		route := routeOf("strange", "web", section)
		if got := ingress.Refusal(o, &route); got.Unattached() != want || got.Object.String() != "httproute strange/web" {
			t.Errorf("%q: %s is %q, want %q", section, got, got.Unattached(), want)
		}
	}
}

func TestACertificateOfAnotherGroupIsNamedWithIt(t *testing.T) {
	t.Parallel()
	ref := gatewayv1.SecretObjectReference{Group: new(gatewayv1.Group("wrong.example.com")), Name: "tls"}
	o := edge(gatewayv1.Listener{Name: "https", Port: 443, Protocol: gatewayv1.HTTPSProtocolType, TLS: &gatewayv1.ListenerTLSConfig{CertificateRefs: []gatewayv1.SecretObjectReference{ref}}})
	_, problems := ingress.Translate(o, somewhere())
	want := "gateway shop/edge, listener https, certificate 0: a Secret.wrong.example.com is no certificate, a Secret is (left out)"
	if len(problems) != 1 || problems[0].String() != want {
		t.Errorf("got  %v\nwant %s", problems, want)
	}
}
