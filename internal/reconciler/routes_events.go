package reconciler

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// The reasons of Events on Ingresses, HTTPRoutes, TLSRoutes and Gateways.
const (
	routesWritten    = "RoutesWritten"
	routeProblem     = "RouteProblem"
	routesHeld       = "RoutesHeld"
	routesRefused    = "RoutesRefused"
	routesSyncFailed = "RoutesSyncFailed"
)

// routeEventsOf are what is new since the last sync. A problem is told on the object
// that has it.
func routeEventsOf(r *route, device string, report engine.RouteReport, err error) []event {
	owner := r.key.Owner
	where := "the virtual servers at " + r.key.Address.String() + " on " + device
	var events []event
	add := func(object binding.Object, reason, text string, warning bool) {
		events = append(events, event{
			service: service{cluster: object.Cluster}, object: reference(object, report.Objects), reason: reason, text: text, warning: warning,
		})
	}
	if err != nil {
		if err.Error() != r.memory.failed && !ofDevice(err) {
			add(owner, routesSyncFailed, where+" cannot be synced: "+err.Error(), true)
		}
		return events
	}
	if report.Written {
		add(owner, routesWritten, counted(len(report.Change.Changes()), "change")+" written to "+where, false)
	}
	for _, p := range newProblems(r.memory, report) {
		add(p.Object, routeProblem, p.String(), true)
	}
	if report.Refused && !r.memory.refused {
		add(owner, routesRefused, where+" stay as they are, because there are problems and strict is set", true)
	}
	if report.Held != "" && report.Held != r.memory.held {
		add(owner, routesHeld, where+" stay as they are for now: "+report.Held, true)
	}
	return events
}

// reference is what an Event is about. kubectl describe shows those with the identity of
// the object that is there.
func reference(object binding.Object, objects ingress.Objects) *corev1.ObjectReference {
	ref := &corev1.ObjectReference{Namespace: object.Namespace, Name: object.Name}
	is := func(meta metav1.ObjectMeta) bool {
		return meta.Namespace == object.Namespace && meta.Name == object.Name
	}
	switch object.Kind {
	case ingress.KindIngress:
		ref.APIVersion, ref.Kind = networkingv1.SchemeGroupVersion.String(), "Ingress"
		for _, o := range objects.Ingresses {
			if is(o.ObjectMeta) {
				ref.UID = o.UID
			}
		}
	case ingress.KindHTTPRoute:
		ref.APIVersion, ref.Kind = gatewayv1.GroupVersion.String(), "HTTPRoute"
		for _, o := range objects.HTTPRoutes {
			if is(o.ObjectMeta) {
				ref.UID = o.UID
			}
		}
	case ingress.KindTLSRoute:
		ref.APIVersion, ref.Kind = gatewayv1.GroupVersion.String(), "TLSRoute"
		for _, o := range objects.TLSRoutes {
			if is(o.ObjectMeta) {
				ref.UID = o.UID
			}
		}
	default:
		ref.APIVersion, ref.Kind = gatewayv1.GroupVersion.String(), "Gateway"
		for _, o := range objects.Gateways {
			if is(o.ObjectMeta) {
				ref.UID = o.UID
			}
		}
	}
	return ref
}

// routesSynced is routeObserver's.
func (e *events) routesSynced(_ context.Context, r *route, report engine.RouteReport, err error) {
	for _, event := range routeEventsOf(r, e.device.Name(), report, err) {
		e.queue(event)
	}
}
