package ingress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
)

// ruleRead is a rule of an HTTPRoute on its way to routes.
type ruleRead struct {
	*translator
	route  *gatewayv1.HTTPRoute
	rule   *gatewayv1.HTTPRouteRule
	source binding.Object
	place  string
}

// readRoute reads the rules of a route for the ports that serve it.
func (t *translator) readRoute(route *gatewayv1.HTTPRoute, source binding.Object, attached []attachment) {
	if len(attached) == 0 {
		return
	}
	for i := range route.Spec.Rules {
		r := &ruleRead{translator: t, route: route, rule: &route.Spec.Rules[i], source: source, place: fmt.Sprintf("rule %d", i)}
		r.read(i, attached)
	}
}

// read makes a route of each match, for each host and port.
func (r *ruleRead) read(index int, attached []attachment) {
	does := r.action()
	does.Source, does.Created = r.source, r.route.CreationTimestamp.Unix()
	does.RuleName = string(valueOr(r.rule.Name, ""))
	matches := r.rule.Matches
	if len(matches) == 0 {
		matches = []gatewayv1.HTTPRouteMatch{{}}
	}
	for j, match := range matches {
		route, reason := readMatch(does, match)
		if reason != "" {
			r.problem(r.source, fmt.Sprintf("%s, match %d", r.place, j), LeftOut, "%s", reason)
			continue
		}
		for _, a := range attached {
			s := r.server(a.port, a.tls)
			for k, h := range a.hosts {
				route.Host, route.Except = h.host, h.except
				route.Position = binding.Position{Rule: index, Match: j, Host: k}
				s.Routes = append(s.Routes, route)
			}
		}
	}
}

// readMatch adds a match to a route, or says why it cannot be matched.
func readMatch(route Route, match gatewayv1.HTTPRouteMatch) (Route, string) {
	route.Path = newPrefix("/")
	if p := match.Path; p != nil {
		value := valueOr(p.Value, "/")
		switch kind := valueOr(p.Type, gatewayv1.PathMatchPathPrefix); kind {
		case gatewayv1.PathMatchExact:
			route.Path = Path{Exact: true, Value: value}
		case gatewayv1.PathMatchPathPrefix:
			route.Path = newPrefix(value)
		default:
			return route, fmt.Sprintf("the path %q is a %s, which a policy cannot match", value, kind)
		}
	}
	route.Method = string(valueOr(match.Method, ""))
	for _, h := range match.Headers {
		if kind := valueOr(h.Type, gatewayv1.HeaderMatchExact); kind != gatewayv1.HeaderMatchExact {
			return route, fmt.Sprintf("the header %s is matched by a %s, which a policy cannot do", h.Name, kind)
		}
		route.Headers = addPair(route.Headers, strings.ToLower(string(h.Name)), h.Value)
	}
	for _, q := range match.QueryParams {
		if kind := valueOr(q.Type, gatewayv1.QueryParamMatchExact); kind != gatewayv1.QueryParamMatchExact {
			return route, fmt.Sprintf("the query parameter %s is matched by a %s, which a policy cannot do", q.Name, kind)
		}
		route.Query = addPair(route.Query, string(q.Name), q.Value)
	}
	return route, ""
}

// addPair keeps the list sorted. Of one name only the first entry counts.
func addPair(list []Pair, name, value string) []Pair {
	at, found := slices.BinarySearchFunc(list, name, func(p Pair, name string) int { return cmp.Compare(p.Name, name) })
	if found {
		return list
	}
	return slices.Insert(slices.Clone(list), at, Pair{Name: name, Value: value})
}

// action is what becomes of the requests of a rule, without what it matches.
func (r *ruleRead) action() Route {
	if timeouts := r.rule.Timeouts; timeouts != nil {
		r.checkTimeout("request", timeouts.Request)
		r.checkTimeout("backendRequest", timeouts.BackendRequest)
	}
	if r.rule.Retry != nil {
		r.problem(r.source, r.place, Differs, "a request is not retried")
	}
	if r.rule.SessionPersistence != nil {
		r.problem(r.source, r.place, Differs, "persistence is of a virtual server: set it on the resource")
	}
	route, reason := r.filtered(r.rule.Filters)
	switch {
	case reason != "":
		r.problem(r.source, r.place, Answered, "%s", reason)
		return Route{Status: 500}
	case route.Redirect != nil:
		if len(route.ResponseHeaders) > 0 {
			r.problem(r.source, r.place, Differs, "the header fields of a redirect are not changed: the device makes that answer itself")
		}
		return Route{Redirect: route.Redirect}
	}
	backends, more, reason := r.backends()
	if reason != "" || len(backends) == 0 {
		r.problem(r.source, r.place, Answered, "%s", cmp.Or(reason, "none of its backends has a weight"))
		return Route{Status: 500}
	}
	route.Backends = backends
	if more != nil {
		if route, reason = r.filter(route, more); reason != "" {
			r.problem(r.source, r.place, Answered, "%s", reason)
			return Route{Status: 500}
		}
	}
	return route
}

// checkTimeout tells of a timeout that is asked for: the device has none for one
// request, only for idle connections. "0s" asks for none.
func (r *ruleRead) checkTimeout(name string, timeout *gatewayv1.Duration) {
	if timeout == nil || strings.Trim(string(*timeout), "0hms") == "" {
		return
	}
	r.problem(r.source, r.place, Differs, "the timeout %s of %s is not kept: a BIG-IP has timeouts for idle connections only, in the profiles", name, *timeout)
}

// backends are those that a rule forwards to, with the filters of an only one. The
// reason says why there is none.
func (r *ruleRead) backends() (list []Backend, filters []gatewayv1.HTTPRouteFilter, reason string) {
	refs := make([]gatewayv1.BackendRef, len(r.rule.BackendRefs))
	for i, ref := range r.rule.BackendRefs {
		refs[i] = ref.BackendRef
		if len(refs) == 1 {
			filters = ref.Filters
		}
	}
	from := backendsFrom{kind: kindHTTPRoute, namespace: r.route.Namespace, source: r.source, place: r.place}
	list, reason = r.readBackends(from, refs, func(at int) string {
		if len(refs) > 1 && len(r.rule.BackendRefs[at].Filters) > 0 {
			return "a filter of one backend among several cannot be applied"
		}
		return ""
	})
	if len(list) == 0 {
		filters = nil
	}
	return list, filters, reason
}
