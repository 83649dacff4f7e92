package ingress

import (
	"slices"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
)

// Attached are the routes that each listener of the bound Gateway takes, by the listener's name. One that several
// listeners take is in each.
func Attached(objects Objects) map[gatewayv1.SectionName][]binding.Object {
	attached := map[gatewayv1.SectionName][]binding.Object{}
	t := newTranslator(objects, Options{})
	for _, gateway := range t.gatewaysBound() {
		listeners := t.listeners(gateway, false)
		attach := func(route attachable, object binding.Object) {
			for _, l := range listeners {
				if slices.ContainsFunc(route.parents, func(ref gatewayv1.ParentReference) bool {
					_, reason := t.serves(l, ref, route, listeners)
					return refersTo(ref, route.namespace, gateway) && reason == ""
				}) {
					attached[l.spec.Name] = append(attached[l.spec.Name], object)
				}
			}
		}
		for i := range objects.HTTPRoutes {
			attach(ofHTTPRoute(&objects.HTTPRoutes[i]), t.object(KindHTTPRoute, objects.HTTPRoutes[i].ObjectMeta))
		}
		for i := range objects.TLSRoutes {
			attach(ofTLSRoute(&objects.TLSRoutes[i]), t.object(KindTLSRoute, objects.TLSRoutes[i].ObjectMeta))
		}
	}
	return attached
}

// gatewaysBound is the bound Gateway, if there is one.
func (t *translator) gatewaysBound() (bound []*gatewayv1.Gateway) {
	for i := range t.objects.Gateways {
		if gateway := &t.objects.Gateways[i]; t.objects.Bound.Kind == KindGateway && t.isBound(gateway.ObjectMeta) {
			bound = append(bound, gateway)
		}
	}
	return bound
}

// Refusal is why no listener of the bound Gateway takes a route that Objects.Refused has.
func Refusal(objects Objects, route *gatewayv1.HTTPRoute) Problem {
	t := newTranslator(objects, Options{})
	for _, gateway := range t.gatewaysBound() {
		t.attach(ofHTTPRoute(route), t.object(KindHTTPRoute, route.ObjectMeta), t.listeners(gateway, false))
	}
	return append(t.problems, Problem{})[0]
}
