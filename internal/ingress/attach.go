package ingress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
)

const (
	kindGateway   = "Gateway"
	kindHTTPRoute = "HTTPRoute"
	kindTLSRoute  = "TLSRoute"
	kindService   = "Service"
	kindSecret    = "Secret"
)

// Why a listener does not take a route; Problem.Unattached has the Gateway API's words.
const (
	notAllowed     = "it does not allow the route's namespace or kind"
	notInHostnames = "no hostname of the route is in "
)

// listener is a listener of a Gateway that is served.
type listener struct {
	gateway     *gatewayv1.Gateway
	spec        *gatewayv1.Listener
	host        string // as in Route
	tls         bool
	passthrough bool // as in Server
}

// attachment is a port that serves a route, with the hosts that it has there.
type attachment struct {
	port  uint16
	tls   bool
	hosts []attachedHost
}

// attachedHost is a host of a route, as in Route.
type attachedHost struct {
	host   string
	except []string
}

func attachedHosts(hosts []string) (list []attachedHost) {
	for _, host := range hosts {
		list = append(list, attachedHost{host: host})
	}
	return list
}

func (t *translator) boundGateway() {
	at := slices.IndexFunc(t.objects.Gateways, func(g gatewayv1.Gateway) bool { return t.isBound(g.ObjectMeta) })
	if at < 0 {
		t.missing()
		return
	}
	gateway := &t.objects.Gateways[at]
	t.set.Created = gateway.CreationTimestamp.Unix()
	listeners := t.listeners(gateway, true)
	for _, l := range listeners {
		t.openListener(l)
	}
	for i := range t.objects.HTTPRoutes {
		route := &t.objects.HTTPRoutes[i]
		if namesGateway(ofHTTPRoute(route), gateway) {
			source := t.object(KindHTTPRoute, route.ObjectMeta)
			t.readRoute(route, source, t.attach(ofHTTPRoute(route), source, listeners))
		}
	}
	for i := range t.objects.TLSRoutes {
		route := &t.objects.TLSRoutes[i]
		if namesGateway(ofTLSRoute(route), gateway) {
			source := t.object(KindTLSRoute, route.ObjectMeta)
			t.readTLSRoute(route, source, t.attach(ofTLSRoute(route), source, listeners))
		}
	}
}

func (t *translator) boundRoute() {
	at := slices.IndexFunc(t.objects.HTTPRoutes, func(r gatewayv1.HTTPRoute) bool { return t.isBound(r.ObjectMeta) })
	if at < 0 {
		t.missing()
		return
	}
	route := &t.objects.HTTPRoutes[at]
	t.set.Created = route.CreationTimestamp.Unix()
	if attached, named := t.attachBound(ofHTTPRoute(route)); named {
		t.readRoute(route, t.set.Owner, attached)
	} else {
		t.readAlone(route)
	}
}

// attachBound attaches a route that is bound itself to the Gateways that it names, and opens
// the listeners that serve it. named is false where it names none that is there.
func (t *translator) attachBound(route attachable) (attached []attachment, named bool) {
	var listeners []listener
	for i := range t.objects.Gateways {
		if gateway := &t.objects.Gateways[i]; namesGateway(route, gateway) {
			named = true
			listeners = append(listeners, t.listeners(gateway, false)...)
		}
	}
	if !named {
		return nil, false
	}
	attached = t.attach(route, t.set.Owner, listeners)
	for _, l := range listeners {
		if slices.ContainsFunc(attached, func(a attachment) bool { return a.port == uint16(l.spec.Port) }) {
			t.openListener(l)
		}
	}
	return attached, true
}

// readAlone reads a route that no Gateway serves. Its ports and its certificates are
// those of the options; with a certificate, HTTP is sent to HTTPS.
func (t *translator) readAlone(route *gatewayv1.HTTPRoute) {
	hosts := ofHTTPRoute(route).hosts()
	http, https := t.options.ports()
	certificates := t.userCertificates()
	if len(certificates) == 0 {
		t.readRoute(route, t.set.Owner, []attachment{{port: http, hosts: attachedHosts(hosts)}})
		return
	}
	attached := []attachment{{port: https, tls: true, hosts: attachedHosts(hosts)}}
	if t.options.NoHTTPSRedirect {
		attached = append(attached, attachment{port: http, hosts: attachedHosts(hosts)})
	}
	t.readRoute(route, t.set.Owner, attached)
	t.addCertificates(t.server(https, true), certificates)
	if t.options.NoHTTPSRedirect {
		return
	}
	s := t.server(http, false)
	for i, host := range hosts {
		s.Routes = append(s.Routes, Route{
			Source: t.set.Owner, Created: t.set.Created, Position: binding.Position{Host: i}, Host: host, Path: Path{Value: "/"},
			Redirect: &Redirect{Scheme: "https", Port: https, Code: 301},
		})
	}
}

func (t *translator) addCertificates(s *Server, certificates []Certificate) {
	for _, c := range certificates {
		s.addCertificate(c)
	}
}

// listeners are those of a Gateway that can be served. What the others want is a
// problem of the Gateway, told where that is bound.
func (t *translator) listeners(gateway *gatewayv1.Gateway, tell bool) (list []listener) {
	source := t.object(KindGateway, gateway.ObjectMeta)
	for i := range gateway.Spec.Listeners {
		spec := &gateway.Spec.Listeners[i]
		l := listener{gateway: gateway, spec: spec, passthrough: spec.Protocol == gatewayv1.TLSProtocolType}
		l.tls = l.passthrough || spec.Protocol == gatewayv1.HTTPSProtocolType
		mode := gatewayv1.TLSModeTerminate
		if spec.TLS != nil {
			mode = valueOr(spec.TLS.Mode, mode)
		}
		if spec.Hostname != nil {
			l.host = strings.ToLower(string(*spec.Hostname))
		}
		reason := ""
		switch {
		case !l.tls && spec.Protocol != gatewayv1.HTTPProtocolType:
			reason = fmt.Sprintf("the protocol %s is not served, HTTP, HTTPS and TLS are", spec.Protocol)
		case l.passthrough && mode != gatewayv1.TLSModePassthrough:
			reason = fmt.Sprintf("the protocol TLS is served with the mode Passthrough only, and not with %s: use HTTPS where TLS is to end before the pods", mode)
		case l.passthrough && t.objects.NoTLSRoutes:
			reason = "the cluster does not have TLSRoutes in version v1 of the Gateway API"
		case l.tls && !l.passthrough && mode != gatewayv1.TLSModeTerminate:
			reason = fmt.Sprintf("the TLS mode %s has no HTTP that routes could match", mode)
		case slices.ContainsFunc(list, func(o listener) bool {
			return o.spec.Port == spec.Port && (o.tls != l.tls || o.passthrough != l.passthrough || o.host == l.host)
		}):
			reason = fmt.Sprintf("another listener has port %d already, with another protocol or the same hostname", spec.Port)
		}
		if reason == "" {
			list = append(list, l)
		} else if tell {
			t.problem(source, "listener "+string(spec.Name), LeftOut, "%s", reason)
		}
	}
	return list
}

// openListener makes the server of a listener, with its certificates.
func (t *translator) openListener(l listener) {
	if l.passthrough {
		t.passthrough(uint16(l.spec.Port))
		return
	}
	s := t.server(uint16(l.spec.Port), l.tls)
	if !l.tls {
		return
	}
	source := t.object(KindGateway, l.gateway.ObjectMeta)
	var found []Certificate
	for _, c := range t.userCertificates() {
		if c.Host == l.host {
			found = append(found, c)
		}
	}
	if l.spec.TLS != nil {
		for i, ref := range l.spec.TLS.CertificateRefs {
			place := fmt.Sprintf("listener %s, certificate %d", l.spec.Name, i)
			if i > 0 {
				t.problem(source, place, LeftOut, "a server name has one certificate, that of Secret %s: Secret %s is not served", l.spec.TLS.CertificateRefs[0].Name, ref.Name)
				break
			}
			if c, ok := t.listenerCertificate(l, ref, source, place); ok {
				found = append(found, c)
			}
		}
	}
	t.addCertificates(s, append(found, Certificate{Host: l.host}))
}

func (t *translator) listenerCertificate(l listener, ref gatewayv1.SecretObjectReference, source binding.Object, place string) (Certificate, bool) {
	namespace := valueOr(ref.Namespace, gatewayv1.Namespace(l.gateway.Namespace))
	switch {
	case valueOr(ref.Group, "") != "" || valueOr(ref.Kind, kindSecret) != kindSecret:
		t.problem(source, place, LeftOut, "a %s is no certificate, a Secret is", strings.TrimSuffix(string(valueOr(ref.Kind, kindSecret))+"."+string(valueOr(ref.Group, "")), "."))
	case string(namespace) != l.gateway.Namespace && !t.granted(kindGateway, l.gateway.Namespace, kindSecret, string(namespace), string(ref.Name)):
		t.problem(source, place, LeftOut, "no ReferenceGrant in namespace %s allows Secret %s", namespace, ref.Name)
	default:
		return t.certificate(source, place, l.host, string(namespace), string(ref.Name)), true
	}
	return Certificate{}, false
}

// attach finds the listeners that serve a route, by port. A route that none serves is a
// problem.
func (t *translator) attach(route attachable, source binding.Object, listeners []listener) []attachment {
	byPort := map[uint16]*attachment{}
	var order []uint16
	var reasons []string
	for _, ref := range route.parents {
		for _, l := range listeners {
			if !refersTo(ref, route.namespace, l.gateway) {
				continue
			}
			hosts, reason := t.serves(l, ref, route, listeners)
			if reason != "" {
				reasons = append(reasons, fmt.Sprintf("listener %s: %s", l.spec.Name, reason))
				continue
			}
			port := uint16(l.spec.Port)
			if byPort[port] == nil {
				byPort[port] = &attachment{port: port, tls: l.tls}
				order = append(order, port)
			}
			for _, h := range hosts {
				if a := byPort[port]; !slices.ContainsFunc(a.hosts, func(other attachedHost) bool { return other.host == h.host }) {
					a.hosts = append(a.hosts, h)
				}
			}
		}
	}
	if len(order) == 0 {
		t.problem(source, "", LeftOut, "no listener of its Gateway takes it (%s)", cmp.Or(strings.Join(reasons, "; "), "there is none that it could name"))
	}
	var attached []attachment
	for _, port := range order {
		attached = append(attached, *byPort[port])
	}
	return attached
}

// serves is the hosts that a listener serves of a route, or why it serves none.
func (t *translator) serves(l listener, ref gatewayv1.ParentReference, route attachable, all []listener) (hosts []attachedHost, reason string) {
	switch {
	case ref.SectionName != nil && *ref.SectionName != l.spec.Name:
		return nil, "the route names another one"
	case ref.Port != nil && *ref.Port != l.spec.Port:
		return nil, "the route names another port"
	case !t.allowed(l, route):
		return nil, notAllowed
	}
	for _, host := range route.hosts() {
		if both, ok := intersect(host, l.host); ok {
			if except, left := l.isolate(both, all); left {
				hosts = append(hosts, attachedHost{host: both, except: except})
			}
		}
	}
	if len(hosts) == 0 {
		return nil, fmt.Sprintf(notInHostnames+"%q, without those that other listeners have", l.host)
	}
	return hosts, ""
}

// isolate leaves out of a host what a listener with a more specific hostname has, on
// the same port: a request is one listener's, whether a route matches it there or not.
func (l listener) isolate(host string, all []listener) (except []string, left bool) {
	for _, other := range all {
		if other.gateway != l.gateway || other.spec.Port != l.spec.Port || other.host == l.host || l.host != "" && !below(other.host, l.host) {
			continue
		}
		switch both, ok := intersect(host, other.host); {
		case !ok:
		case both == host:
			return nil, false
		default:
			except = append(except, both)
		}
	}
	slices.Sort(except)
	return slices.Compact(except), true
}

func (t *translator) allowed(l listener, route attachable) bool {
	if l.passthrough != (route.kind == kindTLSRoute) {
		return false
	}
	rules := l.spec.AllowedRoutes
	if rules == nil {
		rules = &gatewayv1.AllowedRoutes{}
	}
	if len(rules.Kinds) > 0 && !slices.ContainsFunc(rules.Kinds, func(k gatewayv1.RouteGroupKind) bool {
		return string(k.Kind) == route.kind && valueOr(k.Group, gatewayv1.GroupName) == gatewayv1.GroupName
	}) {
		return false
	}
	from := gatewayv1.NamespacesFromSame
	var wanted *metav1.LabelSelector
	if rules.Namespaces != nil {
		from, wanted = valueOr(rules.Namespaces.From, from), rules.Namespaces.Selector
	}
	switch from {
	case gatewayv1.NamespacesFromAll:
		return true
	case gatewayv1.NamespacesFromSame:
		return route.namespace == l.gateway.Namespace
	case gatewayv1.NamespacesFromSelector:
		selector, err := metav1.LabelSelectorAsSelector(wanted)
		return err == nil && selector.Matches(labels.Set(t.objects.Namespaces[route.namespace]))
	default:
		return false
	}
}

// granted tells that a ReferenceGrant lets objects of one kind and namespace refer to
// an object of another namespace.
func (t *translator) granted(fromKind, fromNamespace, toKind, toNamespace, toName string) bool {
	for _, grant := range t.objects.Grants {
		if grant.Namespace != toNamespace {
			continue
		}
		from := slices.ContainsFunc(grant.Spec.From, func(f gatewayv1.ReferenceGrantFrom) bool {
			return f.Group == gatewayv1.GroupName && string(f.Kind) == fromKind && string(f.Namespace) == fromNamespace
		})
		to := slices.ContainsFunc(grant.Spec.To, func(to gatewayv1.ReferenceGrantTo) bool {
			return to.Group == "" && string(to.Kind) == toKind && (to.Name == nil || string(*to.Name) == toName)
		})
		if from && to {
			return true
		}
	}
	return false
}

// valueOr is what p points to, or otherwise what stands for nil.
func valueOr[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
