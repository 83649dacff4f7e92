package ingress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
)

func (t *translator) boundTLSRoute() {
	at := slices.IndexFunc(t.objects.TLSRoutes, func(r gatewayv1.TLSRoute) bool { return t.isBound(r.ObjectMeta) })
	if at < 0 {
		t.missing()
		return
	}
	route := &t.objects.TLSRoutes[at]
	t.set.Created = route.CreationTimestamp.Unix()
	attached, named := t.attachBound(ofTLSRoute(route))
	if !named { // the port is that of the options
		_, https := t.options.ports()
		attached = []attachment{{port: https, tls: true, hosts: attachedHosts(ofTLSRoute(route).hosts())}}
	}
	t.readTLSRoute(route, t.set.Owner, attached)
}

// readTLSRoute reads the rule of a route for the ports that serve it. The Gateway API allows
// it one.
func (t *translator) readTLSRoute(route *gatewayv1.TLSRoute, source binding.Object, attached []attachment) {
	if len(attached) == 0 {
		return
	}
	for i := range route.Spec.Rules {
		place := fmt.Sprintf("rule %d", i)
		if i > 0 {
			t.problem(source, place, LeftOut, "the first rule has the same hosts")
			continue
		}
		does := t.tlsAction(route, &route.Spec.Rules[i], source, place)
		for _, a := range attached {
			s := t.passthrough(a.port)
			for k, h := range a.hosts {
				does.Host, does.Except = h.host, h.except
				does.Position = binding.Position{Rule: i, Host: k}
				s.Routes = append(s.Routes, does)
			}
		}
	}
}

// tlsAction is what becomes of the connections of a rule, without what it matches.
func (t *translator) tlsAction(route *gatewayv1.TLSRoute, rule *gatewayv1.TLSRouteRule, source binding.Object, place string) Route {
	does := Route{Source: source, Created: route.CreationTimestamp.Unix(), RuleName: string(valueOr(rule.Name, ""))}
	from := backendsFrom{kind: kindTLSRoute, namespace: route.Namespace, source: source, place: place}
	backends, reason := t.readBackends(from, rule.BackendRefs, func(int) string { return "" })
	if len(backends) == 0 {
		t.problem(source, place, Refused, "%s", cmp.Or(reason, "none of its backends has a weight"))
		does.Reset = true
		return does
	}
	does.Backends = backends
	return does
}

// tellUnused tells of what the options, or annotations, ask for and no server has a use for,
// because all of them leave TLS to the pods.
func (t *translator) tellUnused() {
	var passes, http, ends, forwards bool
	for _, s := range t.servers {
		passes, http, ends = passes || s.Passthrough, http || !s.Passthrough, ends || s.TLS && !s.Passthrough
		forwards = forwards || !s.Passthrough && slices.ContainsFunc(s.Routes, func(r Route) bool { return len(r.Backends) > 0 })
	}
	o, wishes := t.options, t.set.Wishes
	var unused []string
	for _, option := range []struct {
		used, set bool
		name      string
	}{
		{forwards, !cmp.Or(o.WAFPolicy, wishes.WAFPolicy).IsZero(), "the WAF policy"},
		{forwards, !cmp.Or(o.Server.ServerSSL, wishes.ServerSSL).IsZero(), "the server-ssl profile"},
		{forwards, !o.Server.Persistence.IsZero(), "the persistence, which is that of TLS there"},
		{ends, !o.Server.ClientSSL.IsZero(), "the parent of client-ssl profiles"},
		{ends, len(o.Certificates) > 0, "the certificates"},
		{http, !o.Server.HTTPProfile.IsZero(), "the http profile"},
		{http, len(o.Server.Profiles) > 0, "the further profiles"},
		{http, len(o.Server.IRules) > 0, "the iRules"},
		{http, o.Fallback.Location != "", "the fallback's redirect"},
	} {
		if option.set && !option.used {
			unused = append(unused, option.name)
		}
	}
	if passes && len(unused) > 0 {
		t.problem(t.set.Owner, "", Differs, "TLS is left to the pods, so that nothing has a use for %s", strings.Join(unused, ", "))
	}
}
