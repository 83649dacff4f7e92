package reconciler

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// routeController is the name of the helper among those who write on an HTTPRoute.
const routeController gatewayv1.GatewayController = "bigipkube.io/reconcile"

// programmed is a condition of routes beside those of the Gateway API, which has it for
// Gateways: the device serves the route as it is.
const programmed = string(gatewayv1.GatewayConditionProgrammed)

// routeVerdict is what a sync says of the objects of an owner.
type routeVerdict struct {
	key       ingress.Key
	report    engine.RouteReport
	addresses []ltm.Address // where the owner is served
	now       metav1.Time
}

// all are the statuses of the bound object, and of the routes of a bound Gateway.
func (v routeVerdict) all() map[binding.Object]objectStatus {
	all := map[binding.Object]objectStatus{}
	o := v.report.Objects
	name := func(kind string, m metav1.ObjectMeta) binding.Object {
		return binding.Object{Kind: kind, Cluster: v.key.Owner.Cluster, Namespace: m.Namespace, Name: m.Name}
	}
	for i := range o.Ingresses {
		if object := name(ingress.KindIngress, o.Ingresses[i].ObjectMeta); object == v.key.Owner {
			all[object] = v.ofIngress(&o.Ingresses[i])
		}
	}
	for i := range o.HTTPRoutes {
		if object := name(ingress.KindHTTPRoute, o.HTTPRoutes[i].ObjectMeta); v.key.Owner.Kind != ingress.KindIngress {
			all[object] = v.ofRoute(&o.HTTPRoutes[i], object)
		}
	}
	for i := range o.TLSRoutes {
		if object := name(ingress.KindTLSRoute, o.TLSRoutes[i].ObjectMeta); v.key.Owner.Kind != ingress.KindIngress {
			all[object] = v.ofRoute(likeHTTPRoute(&o.TLSRoutes[i]), object)
		}
	}
	for i := range o.Refused {
		object := name(ingress.KindHTTPRoute, o.Refused[i].ObjectMeta)
		all[object] = v.ofRefused(&o.Refused[i], object)
	}
	for i := range o.Gateways {
		if object := name(ingress.KindGateway, o.Gateways[i].ObjectMeta); object == v.key.Owner {
			all[object] = v.ofGateway(&o.Gateways[i], object)
		}
	}
	return all
}

func (v routeVerdict) ofIngress(i *networkingv1.Ingress) objectStatus {
	gets := networkingv1.IngressStatus{}
	for _, address := range v.addresses {
		gets.LoadBalancer.Ingress = append(gets.LoadBalancer.Ingress, networkingv1.IngressLoadBalancerIngress{IP: address.IP.String()})
	}
	is := objectStatus{version: i.ResourceVersion, has: i.Status, gets: gets}
	if len(gets.LoadBalancer.Ingress) == 0 && len(i.Status.LoadBalancer.Ingress) > 0 {
		is.gets = map[string]any{"loadBalancer": nil} // a merge patch takes away what is null
	}
	return is
}

// ofRoute writes our part of the parents. What other controllers say stays, and so does what is said of another
// bound Gateway, whose sync is another, as long as the route names it.
func (v routeVerdict) ofRoute(route *gatewayv1.HTTPRoute, object binding.Object) objectStatus {
	var parents []gatewayv1.RouteParentStatus
	for _, p := range route.Status.Parents {
		named := slices.ContainsFunc(route.Spec.ParentRefs, func(ref gatewayv1.ParentReference) bool { return reflect.DeepEqual(ref, p.ParentRef) })
		if p.ControllerName != routeController || named && !v.serves(p.ParentRef, route.Namespace) {
			parents = append(parents, p)
		}
	}
	for _, ref := range route.Spec.ParentRefs {
		if !v.serves(ref, route.Namespace) {
			continue
		}
		own := gatewayv1.RouteParentStatus{ParentRef: ref, ControllerName: routeController}
		for _, p := range route.Status.Parents {
			if p.ControllerName == routeController && reflect.DeepEqual(p.ParentRef, ref) {
				own.Conditions = slices.Clone(p.Conditions)
			}
		}
		for _, c := range v.routeConditions(object) {
			own.Conditions = v.set(own.Conditions, c, route.Generation)
		}
		parents = append(parents, own)
	}
	if parents == nil {
		parents = []gatewayv1.RouteParentStatus{}
	}
	gets := gatewayv1.HTTPRouteStatus{RouteStatus: gatewayv1.RouteStatus{Parents: parents}}
	return objectStatus{version: route.ResourceVersion, has: route.Status, gets: gets}
}

// likeHTTPRoute has what the kinds of routes have in common: parents, and what is said of them.
func likeHTTPRoute(r *gatewayv1.TLSRoute) *gatewayv1.HTTPRoute {
	return &gatewayv1.HTTPRoute{
		ObjectMeta: r.ObjectMeta, Spec: gatewayv1.HTTPRouteSpec{CommonRouteSpec: r.Spec.CommonRouteSpec}, Status: gatewayv1.HTTPRouteStatus{RouteStatus: r.Status.RouteStatus},
	}
}

// ofRefused says why no listener takes a route. What it refers to was not read: of that nothing is known to be wrong.
func (v routeVerdict) ofRefused(route *gatewayv1.HTTPRoute, object binding.Object) objectStatus {
	v.report.Problems = []ingress.Problem{ingress.Refusal(v.report.Objects, route)}
	return v.ofRoute(route, object)
}

// serves tells that a parent is one of the Gateways that the routes are from.
func (v routeVerdict) serves(ref gatewayv1.ParentReference, namespace string) bool {
	if ref.Namespace != nil {
		namespace = string(*ref.Namespace)
	}
	return (ref.Kind == nil || *ref.Kind == "Gateway") && slices.ContainsFunc(v.report.Objects.Gateways, func(g gatewayv1.Gateway) bool {
		return g.Namespace == namespace && g.Name == string(ref.Name)
	})
}

func (v routeVerdict) routeConditions(object binding.Object) []metav1.Condition {
	accepted := metav1.Condition{Type: string(gatewayv1.RouteConditionAccepted), Status: metav1.ConditionTrue, Reason: string(gatewayv1.RouteReasonAccepted)}
	if !v.accepts(object) {
		accepted.Status, accepted.Reason = metav1.ConditionFalse, string(gatewayv1.RouteReasonNoMatchingParent)
		accepted.Message = v.texts(object, func(p ingress.Problem) bool { return p.Effect == ingress.LeftOut })
		for _, p := range v.report.Problems {
			if p.Object == object {
				accepted.Reason = cmp.Or(p.Unattached(), accepted.Reason)
			}
		}
	}
	resolved := metav1.Condition{Type: string(gatewayv1.RouteConditionResolvedRefs), Status: metav1.ConditionTrue, Reason: string(gatewayv1.RouteReasonResolvedRefs)}
	for _, p := range v.report.Problems {
		if word := p.Unresolved(); p.Object == object && word != "" {
			resolved.Status, resolved.Reason = metav1.ConditionFalse, word
			resolved.Message = v.texts(object, func(p ingress.Problem) bool { return p.Unresolved() != "" })
			break
		}
	}
	return []metav1.Condition{accepted, resolved, v.programmedIf(accepted.Status == metav1.ConditionTrue, object)}
}

// accepts tells that something of a route is served.
func (v routeVerdict) accepts(route binding.Object) bool {
	return slices.ContainsFunc(v.report.Routes.Servers, func(s ingress.Server) bool {
		return slices.ContainsFunc(s.Routes, func(r ingress.Route) bool { return r.Source == route && r.Class != binding.ClassFallback })
	})
}

// programmed is whether the device serves an object as it is.
func (v routeVerdict) programmed(object binding.Object) metav1.Condition {
	c := metav1.Condition{Type: programmed, Status: metav1.ConditionTrue, Reason: string(gatewayv1.GatewayReasonProgrammed)}
	switch {
	case v.report.Held != "":
		c.Status, c.Reason, c.Message = metav1.ConditionFalse, string(gatewayv1.GatewayReasonPending), v.report.Held
	case v.report.Refused:
		c.Status, c.Reason = metav1.ConditionFalse, string(gatewayv1.GatewayReasonInvalid)
		c.Message = "nothing is written in parts; " + v.texts(binding.Object{}, func(ingress.Problem) bool { return true })
	default:
		c.Message = v.texts(object, func(ingress.Problem) bool { return true })
	}
	return c
}

// programmedIf is programmed of an object that may not be accepted, and is not served then.
func (v routeVerdict) programmedIf(accepted bool, object binding.Object) metav1.Condition {
	c := v.programmed(object)
	if !accepted && c.Status == metav1.ConditionTrue {
		c.Status, c.Reason = metav1.ConditionFalse, string(gatewayv1.GatewayReasonInvalid)
	}
	return c
}

// texts are the problems of an object, or of all; a condition takes 32,768 bytes.
func (v routeVerdict) texts(object binding.Object, is func(ingress.Problem) bool) string {
	const most = 2000
	var texts []string
	size := 0
	for _, p := range v.report.Problems {
		if (object == binding.Object{} || p.Object == object) && is(p) && size < most {
			texts = append(texts, p.String())
			size += len(p.String())
		}
	}
	return strings.Join(texts, "; ")
}

func (v routeVerdict) ofGateway(gateway *gatewayv1.Gateway, object binding.Object) objectStatus {
	gets := gatewayv1.GatewayStatus{Conditions: slices.Clone(gateway.Status.Conditions)}
	for _, address := range v.addresses {
		kind := gatewayv1.IPAddressType
		gets.Addresses = append(gets.Addresses, gatewayv1.GatewayStatusAddress{Type: &kind, Value: address.IP.String()})
	}
	accepted := metav1.Condition{Type: string(gatewayv1.GatewayConditionAccepted), Status: metav1.ConditionTrue, Reason: string(gatewayv1.GatewayReasonAccepted)}
	served := 0
	for _, l := range gateway.Spec.Listeners {
		listener := v.listener(gateway, l, object)
		if meta.IsStatusConditionTrue(listener.Conditions, string(gatewayv1.ListenerConditionAccepted)) {
			served++
		}
		if meta.IsStatusConditionFalse(listener.Conditions, string(gatewayv1.ListenerConditionAccepted)) {
			accepted.Reason = string(gatewayv1.GatewayReasonListenersNotValid)
		}
		gets.Listeners = append(gets.Listeners, listener)
	}
	if served == 0 {
		accepted.Status = metav1.ConditionFalse
	}
	if len(gets.Addresses) == 0 { // which a merge patch would leave as they are
		gets.Addresses = gateway.Status.Addresses
	}
	gets.AttachedListenerSets = gateway.Status.AttachedListenerSets
	gets.Conditions = v.set(gets.Conditions, accepted, gateway.Generation)
	gets.Conditions = v.set(gets.Conditions, v.programmedIf(served > 0, object), gateway.Generation)
	return objectStatus{version: gateway.ResourceVersion, has: gateway.Status, gets: gets}
}

func (v routeVerdict) listener(gateway *gatewayv1.Gateway, l gatewayv1.Listener, object binding.Object) gatewayv1.ListenerStatus {
	kinds, onlyThose := routeKinds(l)
	s := gatewayv1.ListenerStatus{Name: l.Name, SupportedKinds: kinds, AttachedRoutes: v.attached(l)}
	for _, before := range gateway.Status.Listeners {
		if before.Name == l.Name {
			s.Conditions = slices.Clone(before.Conditions)
		}
	}
	is := func(p ingress.Problem, effect ingress.Effect) bool {
		return p.Object == object && p.Effect == effect && (p.Place == "listener "+string(l.Name) || strings.HasPrefix(p.Place, "listener "+string(l.Name)+","))
	}
	accepted := metav1.Condition{Type: string(gatewayv1.ListenerConditionAccepted), Status: metav1.ConditionTrue, Reason: string(gatewayv1.ListenerReasonAccepted)}
	resolved := metav1.Condition{Type: string(gatewayv1.ListenerConditionResolvedRefs), Status: metav1.ConditionTrue, Reason: string(gatewayv1.ListenerReasonResolvedRefs)}
	for _, p := range v.report.Problems {
		switch {
		case is(p, ingress.LeftOut) && p.Place == "listener "+string(l.Name):
			accepted.Status, accepted.Reason, accepted.Message = metav1.ConditionFalse, string(gatewayv1.ListenerReasonUnsupportedProtocol), p.String()
			if l.Protocol == gatewayv1.TLSProtocolType && !passesTLS(l) {
				accepted.Reason = string(gatewayv1.ListenerReasonUnsupportedValue)
			}
		case is(p, ingress.LeftOut) || is(p, ingress.Differs):
			resolved.Status, resolved.Reason, resolved.Message = metav1.ConditionFalse, string(gatewayv1.ListenerReasonInvalidCertificateRef), p.String()
			if p.Unresolved() == string(gatewayv1.ListenerReasonRefNotPermitted) {
				resolved.Reason = p.Unresolved()
			}
		}
	}
	if !onlyThose {
		resolved.Status, resolved.Reason = metav1.ConditionFalse, string(gatewayv1.ListenerReasonInvalidRouteKinds)
		resolved.Message = fmt.Sprintf("of the kinds of routes that it allows, %s is served", servedKind(l))
	}
	serves := v.programmed(object)
	uncertified := resolved.Status == metav1.ConditionFalse && onlyThose // and then clients are shown another certificate, or none
	if (accepted.Status == metav1.ConditionFalse || uncertified) && serves.Status == metav1.ConditionTrue {
		serves.Status, serves.Reason = metav1.ConditionFalse, string(gatewayv1.ListenerReasonInvalid)
	}
	serves.Message = ""
	for _, c := range []metav1.Condition{accepted, resolved, serves} {
		s.Conditions = v.set(s.Conditions, c, gateway.Generation)
	}
	return s
}

// routeKinds are the kinds of routes that a listener serves, and whether it allows no others.
func routeKinds(l gatewayv1.Listener) (kinds []gatewayv1.RouteGroupKind, onlyThose bool) {
	group := gatewayv1.Group(gatewayv1.GroupName)
	ours := gatewayv1.RouteGroupKind{Group: &group, Kind: servedKind(l)}
	serves := l.Protocol == gatewayv1.HTTPProtocolType || l.Protocol == gatewayv1.HTTPSProtocolType || passesTLS(l)
	if l.AllowedRoutes == nil || len(l.AllowedRoutes.Kinds) == 0 {
		if !serves {
			return []gatewayv1.RouteGroupKind{}, true
		}
		return []gatewayv1.RouteGroupKind{ours}, true
	}
	kinds, onlyThose = []gatewayv1.RouteGroupKind{}, true
	for _, k := range l.AllowedRoutes.Kinds {
		switch is := k.Kind == ours.Kind && (k.Group == nil || *k.Group == group); {
		case !is:
			onlyThose = false
		case serves && len(kinds) == 0:
			kinds = append(kinds, ours)
		}
	}
	return kinds, onlyThose
}

// passesTLS tells that a listener leaves TLS to the pods.
func passesTLS(l gatewayv1.Listener) bool {
	return l.Protocol == gatewayv1.TLSProtocolType && l.TLS != nil && l.TLS.Mode != nil && *l.TLS.Mode == gatewayv1.TLSModePassthrough
}

// servedKind is the kind of routes for a listener's protocol.
func servedKind(l gatewayv1.Listener) gatewayv1.Kind {
	if l.Protocol == gatewayv1.TLSProtocolType {
		return "TLSRoute"
	}
	return "HTTPRoute"
}

// attached counts the routes that a listener takes and that are accepted.
func (v routeVerdict) attached(l gatewayv1.Listener) (n int32) {
	for _, object := range ingress.Attached(v.report.Objects)[l.Name] {
		if v.accepts(object) {
			n++
		}
	}
	return n
}

// set puts a condition among others. Its time is that of the last change.
func (v routeVerdict) set(conditions []metav1.Condition, c metav1.Condition, generation int64) []metav1.Condition {
	c.ObservedGeneration, c.LastTransitionTime = generation, v.now
	meta.SetStatusCondition(&conditions, c)
	return conditions
}
