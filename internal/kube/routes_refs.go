package kube

import (
	"cmp"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// name is an object of a kind that the context tells.
type name struct{ namespace, name string }

func (n name) compare(other name) int {
	return cmp.Or(cmp.Compare(n.namespace, other.namespace), cmp.Compare(n.name, other.name))
}

// reference says that an object of Kubernetes names another one.
type reference struct {
	from          string // kind, of the Gateway API: only its objects look beyond their namespace
	fromNamespace string
	toKind        string // of core/v1
	to            name
}

// isGrantedBy tells that a ReferenceGrant allows the reference.
func (r reference) isGrantedBy(grant gatewayv1beta1.ReferenceGrant) bool {
	return grant.Namespace == r.to.namespace &&
		slices.ContainsFunc(grant.Spec.From, func(from gatewayv1.ReferenceGrantFrom) bool {
			return from.Group == gatewayv1.GroupName && string(from.Kind) == r.from && string(from.Namespace) == r.fromNamespace
		}) &&
		slices.ContainsFunc(grant.Spec.To, func(to gatewayv1.ReferenceGrantTo) bool {
			return to.Group == "" && string(to.Kind) == r.toKind && (to.Name == nil || string(*to.Name) == r.to.name)
		})
}

// servicesOf are the Services that Ingresses and routes send requests to.
func servicesOf(o ingress.Objects) []reference {
	var out []reference
	for _, i := range o.Ingresses {
		for _, backend := range backendsOf(i) {
			if backend.Service != nil {
				out = append(out, reference{fromNamespace: i.Namespace, toKind: "Service", to: name{i.Namespace, backend.Service.Name}})
			}
		}
	}
	for _, route := range o.HTTPRoutes {
		for _, rule := range route.Spec.Rules {
			for _, backend := range rule.BackendRefs {
				out = appendBackend(out, "HTTPRoute", route.Namespace, backend.BackendRef)
			}
		}
	}
	for _, route := range o.TLSRoutes {
		for _, rule := range route.Spec.Rules {
			for _, backend := range rule.BackendRefs {
				out = appendBackend(out, "TLSRoute", route.Namespace, backend)
			}
		}
	}
	return out
}

// appendBackend adds what a route's backend refers to, if it is a Service.
func appendBackend(list []reference, kind, namespace string, b gatewayv1.BackendRef) []reference {
	if orElse(b.Group, "") != "" || orElse(b.Kind, "Service") != "Service" {
		return list
	}
	return append(list, reference{kind, namespace, "Service", name{string(orElse(b.Namespace, gatewayv1.Namespace(namespace))), string(b.Name)}})
}

func backendsOf(i networkingv1.Ingress) []networkingv1.IngressBackend {
	var out []networkingv1.IngressBackend
	if i.Spec.DefaultBackend != nil {
		out = append(out, *i.Spec.DefaultBackend)
	}
	for _, rule := range i.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, path := range rule.HTTP.Paths {
			out = append(out, path.Backend)
		}
	}
	return out
}

// secretsOf are the Secrets that Ingresses and listeners take certificates from. Those that
// leave TLS to the pods take none.
func secretsOf(o ingress.Objects) []reference {
	var out []reference
	for _, i := range o.Ingresses {
		if i.Annotations[leavesTLSAnnotation] == "true" {
			continue
		}
		for _, t := range i.Spec.TLS {
			if t.SecretName != "" {
				out = append(out, reference{fromNamespace: i.Namespace, toKind: "Secret", to: name{i.Namespace, t.SecretName}})
			}
		}
	}
	for _, gateway := range o.Gateways {
		for _, listener := range gateway.Spec.Listeners {
			if listener.TLS == nil || isPassthrough(listener) || !isServed(o, gateway, listener) {
				continue
			}
			for _, c := range listener.TLS.CertificateRefs {
				if orElse(c.Group, "") == "" && orElse(c.Kind, "Secret") == "Secret" {
					out = append(out, reference{"Gateway", gateway.Namespace, "Secret", name{string(orElse(c.Namespace, gatewayv1.Namespace(gateway.Namespace))), string(c.Name)}})
				}
			}
		}
	}
	return out
}

// parented is what a route says of where it belongs.
type parented struct {
	namespace string
	refs      []gatewayv1.ParentReference
}

func ofHTTPRoute(r gatewayv1.HTTPRoute) parented { return parented{r.Namespace, r.Spec.ParentRefs} }

func ofTLSRoute(r gatewayv1.TLSRoute) parented { return parented{r.Namespace, r.Spec.ParentRefs} }

// routesOf are the routes of the Gateway API.
func routesOf(o ingress.Objects) (all []parented) {
	for _, r := range o.HTTPRoutes {
		all = append(all, ofHTTPRoute(r))
	}
	for _, r := range o.TLSRoutes {
		all = append(all, ofTLSRoute(r))
	}
	return all
}

// parents are the Gateways that routes name.
func parents(routes ...parented) []name {
	var out []name
	for _, route := range routes {
		for _, p := range route.refs {
			if gateway, ok := parent(route.namespace, p); ok {
				out = append(out, gateway)
			}
		}
	}
	return distinct(out, name.compare)
}

// parent is the Gateway that a route of a namespace names, if it is one.
func parent(namespace string, p gatewayv1.ParentReference) (name, bool) {
	gateway := name{string(orElse(p.Namespace, gatewayv1.Namespace(namespace))), string(p.Name)}
	return gateway, orElse(p.Group, gatewayv1.GroupName) == gatewayv1.GroupName && orElse(p.Kind, "Gateway") == "Gateway"
}

// isServed tells that a listener is a part of what is bound.
func isServed(o ingress.Objects, gateway gatewayv1.Gateway, listener gatewayv1.Listener) bool {
	return o.Bound.Kind == ingress.KindGateway ||
		slices.ContainsFunc(o.HTTPRoutes, func(r gatewayv1.HTTPRoute) bool { return mayAttach(r, gateway, listener) })
}

// mayAttach tells that a route may attach to a listener, as far as it says itself.
func mayAttach(route gatewayv1.HTTPRoute, gateway gatewayv1.Gateway, listener gatewayv1.Listener) bool {
	return slices.ContainsFunc(route.Spec.ParentRefs, func(p gatewayv1.ParentReference) bool {
		n, ok := parent(route.Namespace, p)
		return ok && n == name{gateway.Namespace, gateway.Name} &&
			orElse(p.SectionName, listener.Name) == listener.Name && orElse(p.Port, listener.Port) == listener.Port
	})
}

// from says which namespaces a listener takes routes from.
func from(listener gatewayv1.Listener) gatewayv1.FromNamespaces {
	if listener.AllowedRoutes == nil || listener.AllowedRoutes.Namespaces == nil {
		return gatewayv1.NamespacesFromSame
	}
	return orElse(listener.AllowedRoutes.Namespaces.From, gatewayv1.NamespacesFromSame)
}

func letsInOthers(gateway gatewayv1.Gateway) bool {
	return slices.ContainsFunc(gateway.Spec.Listeners, func(l gatewayv1.Listener) bool {
		return from(l) == gatewayv1.NamespacesFromAll || from(l) == gatewayv1.NamespacesFromSelector
	})
}

func selectsNamespaces(gateway gatewayv1.Gateway) bool {
	return slices.ContainsFunc(gateway.Spec.Listeners, func(l gatewayv1.Listener) bool { return from(l) == gatewayv1.NamespacesFromSelector })
}

// orElse is what a pointer points to, or another value.
func orElse[T any](pointer *T, none T) T {
	if pointer == nil {
		return none
	}
	return *pointer
}

// distinct sorts, and leaves each once.
func distinct[T comparable](items []T, compare func(a, b T) int) []T {
	slices.SortFunc(items, compare)
	return slices.Compact(items)
}

// present are the values that are there.
func present[T any](found []*T) []T {
	var out []T
	for _, f := range found {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out
}
