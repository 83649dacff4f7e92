package kube

import (
	"context"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// Classes are the GatewayClasses of one controller, and the Gateways of them.
type Classes struct {
	Classes  []gatewayv1.GatewayClass
	Gateways []gatewayv1.Gateway // none where they may not be listed and watched in the whole cluster
}

// GatewayClasses reads those of a controller. From then on Changed is told the owner when a GatewayClass or a Gateway may be
// another, until Leave. Where the user may not list and watch them, where the cluster has none, and before this is known,
// the answer is empty; Changed tells when it is known.
func (w *Watch) GatewayClasses(ctx context.Context, owner, cluster string, controller gatewayv1.GatewayController) (Classes, error) {
	v := w.views[cluster]
	if v == nil {
		return Classes{}, &UnknownClusterError{Cluster: cluster, Known: slices.Sorted(maps.Keys(w.views))}
	}
	classes, all := scope{resource: gatewayClasses}, scope{resource: gateways}
	v.followRoutes(owner, nil, []scope{classes, all})
	var found Classes
	if !v.may(classes) {
		return found, nil
	}
	s := v.source
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	question := func(resource string) question {
		return question{verb: "list", resource: resource, ref: endpoints.Ref{Cluster: cluster}}
	}
	read, err := ask(ctx, s, question(gatewayClasses), func(ctx context.Context) ([]gatewayv1.GatewayClass, error) {
		return list(ctx, s.options(nil), s.clients.gateway.GatewayClasses().List,
			func(page *gatewayv1.GatewayClassList) []gatewayv1.GatewayClass { return page.Items })
	})
	for _, class := range read {
		if class.Spec.ControllerName == controller {
			found.Classes = append(found.Classes, class)
		}
	}
	if err != nil || len(found.Classes) == 0 || !v.may(all) {
		return found, err
	}
	gateways, err := ask(ctx, s, question(gateways), func(ctx context.Context) ([]gatewayv1.Gateway, error) {
		return list(ctx, s.options(nil), s.clients.gateway.Gateways(metav1.NamespaceAll).List,
			func(page *gatewayv1.GatewayList) []gatewayv1.Gateway { return page.Items })
	})
	for _, gateway := range gateways {
		if slices.ContainsFunc(found.Classes, func(c gatewayv1.GatewayClass) bool { return c.Name == string(gateway.Spec.GatewayClassName) }) {
			found.Gateways = append(found.Gateways, gateway)
		}
	}
	return found, err
}
