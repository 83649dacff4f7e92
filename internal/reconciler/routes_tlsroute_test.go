package reconciler

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayclient "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned/typed/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// passing makes a Gateway that leaves TLS to the pods, and a route of it to a Service.
func (s *site) passing(client *gatewayclient.GatewayV1Client, gateway, route, service string) {
	s.t.Helper()
	_, err := client.Gateways(s.namespace).Create(s.t.Context(), &gatewayv1.Gateway{
		ObjectMeta: metav1.ObjectMeta{Name: gateway},
		Spec: gatewayv1.GatewaySpec{GatewayClassName: "bigip", Listeners: []gatewayv1.Listener{{
			Name: "tls", Port: 443, Protocol: gatewayv1.TLSProtocolType, TLS: &gatewayv1.ListenerTLSConfig{Mode: new(gatewayv1.TLSModePassthrough)},
		}}},
	}, metav1.CreateOptions{})
	must(s.t, err)
	spec := gatewayv1.TLSRouteSpec{Hostnames: []gatewayv1.Hostname{"db.example.com"}, Rules: []gatewayv1.TLSRouteRule{{BackendRefs: []gatewayv1.BackendRef{{}}}}}
	spec.ParentRefs = []gatewayv1.ParentReference{{Name: gatewayv1.ObjectName(gateway)}}
	spec.Rules[0].BackendRefs[0].Name, spec.Rules[0].BackendRefs[0].Port = gatewayv1.ObjectName(service), new(gatewayv1.PortNumber(80))
	_, err = client.TLSRoutes(s.namespace).Create(s.t.Context(), &gatewayv1.TLSRoute{ObjectMeta: metav1.ObjectMeta{Name: route}, Spec: spec}, metav1.CreateOptions{})
	must(s.t, err)
}

func TestTheStatusOfATLSRouteAndOfItsListenerSaysWhatHasBecomeOfIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web")
	client := s.gateways()
	s.passing(client, "edge", "db", "web")
	s.apply(s.owner(ingress.KindGateway, "edge"), siteOptions())
	o := s.options("shop")
	o.RouteStatus, o.Hold = true, 0
	s.follow(o, 1)
	says := func(want string) {
		t.Helper()
		var got string
		eventually(t, func() bool {
			r, err := client.TLSRoutes(s.namespace).Get(t.Context(), "db", metav1.GetOptions{})
			must(t, err)
			got = fmt.Sprint(len(r.Status.Parents), " parents")
			if len(r.Status.Parents) == 1 {
				got = conditionsOf(r.Status.Parents[0].Conditions)
			}
			return got == want
		}, func() string { return "the route has\n" + got + "\nwant\n" + want })
	}
	says("Accepted=True Accepted@1, ResolvedRefs=True ResolvedRefs@1, Programmed=True Programmed@1")

	var got string
	const want = "TLSRoute 1: Accepted=True Accepted@1, ResolvedRefs=True ResolvedRefs@1, Programmed=True Programmed@1"
	eventually(t, func() bool {
		g, err := client.Gateways(s.namespace).Get(t.Context(), "edge", metav1.GetOptions{})
		must(t, err)
		for _, l := range g.Status.Listeners {
			got = fmt.Sprintf("%s %d: %s", l.SupportedKinds[0].Kind, l.AttachedRoutes, conditionsOf(l.Conditions))
		}
		return got == want
	}, func() string { return "the listener has\n" + got + "\nwant\n" + want })

	route, err := client.TLSRoutes(s.namespace).Get(t.Context(), "db", metav1.GetOptions{})
	must(t, err)
	route.Spec.Rules[0].BackendRefs[0].Name = "none"
	_, err = client.TLSRoutes(s.namespace).Update(t.Context(), route, metav1.UpdateOptions{})
	must(t, err)
	says("Accepted=True Accepted@2, ResolvedRefs=False BackendNotFound@2, Programmed=True Programmed@2")
	s.isTold("TLSRoute", "db", routeProblem, "does not exist (refused with a reset)")
	s.has()
}
