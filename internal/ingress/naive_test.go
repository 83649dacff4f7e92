package ingress_test

import (
	"net/url"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// This file is written from the texts of the specifications alone, and uses nothing of
// the package: for each request it looks at each match of each object.

// naiveRequest is a request. No header and no parameter is there twice.
type naiveRequest struct {
	port    int32
	host    string // without port, in lower case
	path    string
	query   url.Values
	method  string
	headers map[string]string // names in lower case
}

// naiveMatch is a match that fits a request, with what the specification compares.
type naiveMatch struct {
	backend           string
	preciseCharacters int // "Characters in a matching non-wildcard hostname."
	hostCharacters    int // "Characters in a matching hostname."
	exact             bool
	prefixCharacters  int
	method            bool
	headers, params   int
	age               int64
	name              string // "{namespace}/{name}"
}

// naiveHostFits: "Hostnames that are prefixed with a wildcard label (`*.`) are
// interpreted as a suffix match. That means that a match for `*.example.com` would match
// both `test.example.com`, and `foo.test.example.com`, but not `example.com`".
func naiveHostFits(pattern, host string) bool {
	switch {
	case pattern == "":
		return true
	case strings.HasPrefix(pattern, "*."):
		return strings.HasSuffix(host, pattern[1:])
	default:
		return pattern == host
	}
}

// naiveMoreSpecific is the hostname that is left where both the listener's and the
// route's fit: the one that fits less.
func naiveMoreSpecific(a, b string) string {
	switch {
	case a == "" || b != "" && !strings.HasPrefix(b, "*."):
		return b
	case b == "" || !strings.HasPrefix(a, "*."):
		return a
	case len(a) > len(b):
		return a
	default:
		return b
	}
}

// naiveElements: "Matching is case-sensitive and done on a path element by element
// basis. A path element refers to the list of labels in the path split by the `/`
// separator. When specified, a trailing `/` is ignored".
func naiveElements(path string) []string {
	var elements []string
	for i, e := range strings.Split(path, "/") {
		if i > 0 {
			elements = append(elements, e)
		}
	}
	if n := len(elements); n > 0 && elements[n-1] == "" {
		elements = elements[:n-1]
	}
	return elements
}

func naivePrefixFits(prefix, path string) bool {
	want, have := naiveElements(prefix), naiveElements(path)
	if len(have) < len(want) {
		return false
	}
	for i := range want {
		if want[i] != have[i] {
			return false
		}
	}
	return true
}

func naivePrefixLength(prefix string) int { return len(strings.Join(naiveElements(prefix), "/")) }

// naiveRoutes is the name of the Service that the specification of HTTPRoute sends a
// request to; "" for none.
func naiveRoutes(gateway gatewayv1.Gateway, routes []gatewayv1.HTTPRoute, r naiveRequest) string {
	listener := naiveListener(gateway, r)
	if listener == nil {
		return ""
	}
	var fits []naiveMatch
	for _, route := range routes {
		for _, ref := range route.Spec.ParentRefs {
			if ref.SectionName != nil && *ref.SectionName != listener.Name {
				continue
			}
			for _, host := range naiveHosts(route, *listener, r.host) {
				fits = append(fits, naiveRuleMatches(route, host, r)...)
			}
		}
	}
	return naiveFirst(fits)
}

// naiveListener: "a request to "foo.example.com" SHOULD only be routed using routes attached
// to the "foo.example.com" Listener (and not the "*.example.com" Listener). This concept
// is known as "Listener Isolation"".
func naiveListener(gateway gatewayv1.Gateway, r naiveRequest) (found *gatewayv1.Listener) {
	hostname := func(l gatewayv1.Listener) string {
		if l.Hostname == nil {
			return ""
		}
		return string(*l.Hostname)
	}
	for _, l := range gateway.Spec.Listeners {
		if l.Port == r.port && naiveHostFits(hostname(l), r.host) && (found == nil || naiveMoreSpecific(hostname(*found), hostname(l)) == hostname(l)) {
			found = &l
		}
	}
	return found
}

// naiveHosts are the hostnames, of route and listener together, that fit a host.
func naiveHosts(route gatewayv1.HTTPRoute, listener gatewayv1.Listener, host string) (fit []string) {
	bound := ""
	if listener.Hostname != nil {
		bound = string(*listener.Hostname)
	}
	hostnames := route.Spec.Hostnames
	if len(hostnames) == 0 {
		hostnames = []gatewayv1.Hostname{""}
	}
	for _, h := range hostnames {
		if naiveHostFits(string(h), host) && naiveHostFits(bound, host) {
			fit = append(fit, naiveMoreSpecific(string(h), bound))
		}
	}
	return fit
}

func naiveRuleMatches(route gatewayv1.HTTPRoute, host string, r naiveRequest) (fits []naiveMatch) {
	for _, rule := range route.Spec.Rules {
		matches := rule.Matches
		if len(matches) == 0 { // "the default is a prefix path match on "/""
			matches = []gatewayv1.HTTPRouteMatch{{}}
		}
		for _, m := range matches {
			fit := naiveMatch{
				backend: string(rule.BackendRefs[0].Name), hostCharacters: len(host),
				age: route.CreationTimestamp.Unix(), name: route.Namespace + "/" + route.Name,
			}
			if !strings.HasPrefix(host, "*") {
				fit.preciseCharacters = len(host)
			}
			if naiveMatches(m, r, &fit) {
				fits = append(fits, fit)
			}
		}
	}
	return fits
}

func naiveMatches(m gatewayv1.HTTPRouteMatch, r naiveRequest, fit *naiveMatch) bool {
	if m.Path != nil {
		switch *m.Path.Type {
		case gatewayv1.PathMatchExact:
			if r.path != *m.Path.Value {
				return false
			}
			fit.exact = true
		case gatewayv1.PathMatchPathPrefix:
			if !naivePrefixFits(*m.Path.Value, r.path) {
				return false
			}
			fit.prefixCharacters = naivePrefixLength(*m.Path.Value)
		default:
			return false
		}
	}
	if m.Method != nil {
		if string(*m.Method) != r.method {
			return false
		}
		fit.method = true
	}
	names := map[string]bool{}
	for _, h := range m.Headers {
		name := strings.ToLower(string(h.Name))
		if names[name] { // "only the first entry with an equivalent name MUST be considered"
			continue
		}
		names[name] = true
		if value, ok := r.headers[name]; !ok || value != h.Value {
			return false
		}
		fit.headers++
	}
	for _, q := range m.QueryParams {
		if values := r.query[string(q.Name)]; len(values) == 0 || values[0] != q.Value {
			return false
		}
		fit.params++
	}
	return true
}

// naiveFirst keeps the match that none is better than; of equals the first in the list,
// which is the order of rules within a route.
func naiveFirst(fits []naiveMatch) string {
	if len(fits) == 0 {
		return ""
	}
	best := fits[0]
	for _, fit := range fits[1:] {
		if naiveBetter(fit, best) {
			best = fit
		}
	}
	return best.backend
}

func naiveBetter(a, b naiveMatch) bool {
	switch {
	case a.preciseCharacters != b.preciseCharacters:
		return a.preciseCharacters > b.preciseCharacters
	case a.hostCharacters != b.hostCharacters:
		return a.hostCharacters > b.hostCharacters
	case a.exact != b.exact:
		return a.exact
	case a.prefixCharacters != b.prefixCharacters:
		return a.prefixCharacters > b.prefixCharacters
	case a.method != b.method:
		return a.method
	case a.headers != b.headers:
		return a.headers > b.headers
	case a.params != b.params:
		return a.params > b.params
	case a.age != b.age:
		return a.age < b.age
	default:
		return a.name < b.name
	}
}

// naiveIngressHost: "If host is a wildcard, then the request matches this rule if the
// http host header is to equal to the suffix (removing the first label) of the wildcard
// rule".
func naiveIngressHost(pattern, host string) bool {
	if rest, ok := strings.CutPrefix(pattern, "*"); ok {
		dot := strings.Index(host, ".")
		return dot > 0 && host[dot:] == rest
	}
	return pattern == "" || pattern == host
}

// naiveIngress is the Service that the specification of Ingress sends a request to. A
// precise host is before a wildcard, and that before none; "precedence will be given
// first to the longest matching path. If two paths are still equally matched, precedence
// will be given to paths with an exact path type over prefix path type." Of several
// Ingresses the oldest is first. "" is none.
func naiveIngress(ingresses []networkingv1.Ingress, r naiveRequest, hostFits func(pattern, host string) bool) string {
	type fit struct {
		backend      string
		host, length int
		exact        bool
		age          int64
		name         string
	}
	better := func(a, b fit) bool {
		switch {
		case a.host != b.host:
			return a.host > b.host
		case a.length != b.length:
			return a.length > b.length
		case a.exact != b.exact:
			return a.exact
		case a.age != b.age:
			return a.age < b.age
		default:
			return a.name < b.name
		}
	}
	var best *fit
	consider := func(f fit) {
		if best == nil || better(f, *best) {
			best = &f
		}
	}
	for _, i := range ingresses {
		age, name := i.CreationTimestamp.Unix(), i.Namespace+"/"+i.Name
		for _, rule := range i.Spec.Rules {
			if !hostFits(rule.Host, r.host) {
				continue
			}
			specific := len(rule.Host)
			if rule.Host != "" && !strings.HasPrefix(rule.Host, "*") {
				specific += 1000
			}
			for _, p := range rule.HTTP.Paths {
				exact := *p.PathType == networkingv1.PathTypeExact
				if exact && p.Path != r.path || !exact && !naivePrefixFits(p.Path, r.path) {
					continue
				}
				consider(fit{p.Backend.Service.Name, specific, naivePrefixLength(p.Path), exact, age, name})
			}
		}
		if d := i.Spec.DefaultBackend; d != nil {
			consider(fit{backend: d.Service.Name, host: -1, age: age, name: name})
		}
	}
	if best == nil {
		return ""
	}
	return best.backend
}
