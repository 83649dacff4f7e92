package kube

import (
	"context"
	"errors"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
)

func (r *routeReader) readTLSRoute(ctx context.Context) error {
	in, name := r.Bound.Namespace, r.Bound.Name
	route, err := find(ctx, r.source, r.question("get", tlsRoutes, in, name), func(ctx context.Context) (*gatewayv1.TLSRoute, error) {
		return r.source.clients.gateway.TLSRoutes(in).Get(ctx, name, metav1.GetOptions{})
	})
	if route != nil {
		r.TLSRoutes = append(r.TLSRoutes, *route)
	}
	return err
}

// readAttachedTLS lists the TLSRoutes that name the bound Gateway, if it has a listener for
// them: who has none needs neither the right to, nor the kind. A cluster may serve the Gateway
// API without it, and then there are none.
func (r *routeReader) readAttachedTLS(ctx context.Context) error {
	if len(r.Gateways) == 0 || !passesTLS(r.Gateways[0]) {
		return nil
	}
	in := r.attachedIn()
	all, err := ask(ctx, r.source, r.question("list", tlsRoutes, in, ""), func(ctx context.Context) ([]gatewayv1.TLSRoute, error) {
		return list(ctx, r.source.options(nil), r.source.clients.gateway.TLSRoutes(in).List,
			func(page *gatewayv1.TLSRouteList) []gatewayv1.TLSRoute { return page.Items })
	})
	if errors.Is(err, ErrNoTLSRoutes) || errors.Is(err, engine.ErrForbidden) && r.source.lacksTLSRoutes(ctx) {
		r.NoTLSRoutes = true
		return nil
	}
	for _, route := range all {
		if slices.Contains(parents(ofTLSRoute(route)), name{r.Bound.Namespace, r.Bound.Name}) {
			r.TLSRoutes = append(r.TLSRoutes, route)
		}
	}
	return err
}

// lacksTLSRoutes asks whether a cluster with the Gateway API has no TLSRoutes in it. An API
// server forbids what somebody has no right to without a look whether it is there.
func (s *Source) lacksTLSRoutes(ctx context.Context) bool {
	known, err := s.clients.discovery.ServerResourcesForGroupVersionWithContext(ctx, gatewayv1.GroupVersion.String())
	if err != nil || len(known.APIResources) == 0 {
		return false
	}
	return !slices.ContainsFunc(known.APIResources, func(resource metav1.APIResource) bool { return resource.Name == tlsRoutes })
}

// absent is what a cluster lacks whose answer is that a resource is not there, nil if that is
// not why.
func (s *Source) absent(ctx context.Context, resource string, err error) error {
	switch {
	case !apierrors.IsNotFound(err) || !isForeign(err):
		return nil
	case s.lacksGatewayAPI(ctx, resource):
		return ErrNoGatewayAPI
	case resource == tlsRoutes && s.lacksTLSRoutes(ctx):
		return ErrNoTLSRoutes
	default:
		return nil
	}
}

// passesTLS tells that a Gateway has a listener that leaves TLS to the pods.
func passesTLS(gateway gatewayv1.Gateway) bool {
	return slices.ContainsFunc(gateway.Spec.Listeners, isPassthrough)
}

func isPassthrough(l gatewayv1.Listener) bool {
	return l.Protocol == gatewayv1.TLSProtocolType && l.TLS != nil && orElse(l.TLS.Mode, gatewayv1.TLSModeTerminate) == gatewayv1.TLSModePassthrough
}
