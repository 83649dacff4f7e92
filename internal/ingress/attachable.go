package ingress

import (
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// attachable is what a route of any kind has in common with the others.
type attachable struct {
	kind, namespace string
	parents         []gatewayv1.ParentReference
	hostnames       []gatewayv1.Hostname
}

func ofHTTPRoute(r *gatewayv1.HTTPRoute) attachable {
	return attachable{kindHTTPRoute, r.Namespace, r.Spec.ParentRefs, r.Spec.Hostnames}
}

func ofTLSRoute(r *gatewayv1.TLSRoute) attachable {
	return attachable{kindTLSRoute, r.Namespace, r.Spec.ParentRefs, r.Spec.Hostnames}
}

func namesGateway(route attachable, gateway *gatewayv1.Gateway) bool {
	return slices.ContainsFunc(route.parents, func(ref gatewayv1.ParentReference) bool { return refersTo(ref, route.namespace, gateway) })
}

func refersTo(ref gatewayv1.ParentReference, namespace string, gateway *gatewayv1.Gateway) bool {
	return valueOr(ref.Group, gatewayv1.GroupName) == gatewayv1.GroupName && valueOr(ref.Kind, kindGateway) == kindGateway &&
		string(ref.Name) == gateway.Name && valueOr(ref.Namespace, gatewayv1.Namespace(namespace)) == gatewayv1.Namespace(gateway.Namespace)
}

// hosts are the hosts of a route, once each; "" where it names none.
func (r attachable) hosts() (hosts []string) {
	for _, host := range r.hostnames {
		if host := strings.ToLower(string(host)); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	if len(hosts) == 0 {
		hosts = []string{""}
	}
	return hosts
}
