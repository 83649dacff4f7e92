package ingress

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
)

// canary is an Ingress with the annotations of ingress-nginx that make it a part of
// another one. Those that choose count in this order: header, cookie, weight.
type canary struct {
	read   *ingressRead
	weight int // of total
	total  int
	header string
	value  string // "" is "always", and "never" for the main one
	cookie string
}

const (
	always = "always"
	never  = "never"
)

func isCanary(ingress *networkingv1.Ingress) bool { return ingress.Annotations[nginxCanary] == "true" }

// readCanaries reads the canaries of the namespace, the oldest first.
func (r *ingressRead) readCanaries() (canaries []canary) {
	for i := range r.objects.Ingresses {
		ingress := &r.objects.Ingresses[i]
		if ingress.Namespace != r.ingress.Namespace || ingress.Name == r.ingress.Name || !isCanary(ingress) {
			continue
		}
		c := canary{read: &ingressRead{translator: r.translator, ingress: ingress, source: r.object(KindIngress, ingress.ObjectMeta)}}
		a := ingress.Annotations
		c.header, c.value, c.cookie = strings.ToLower(a[nginxCanaryHeader]), a[nginxCanaryValue], a[nginxCanaryCookie]
		c.total = c.number(nginxCanaryTotal, 100)
		c.weight = min(c.number(nginxCanaryWeight, 0), c.total)
		canaries = append(canaries, c)
	}
	slices.SortFunc(canaries, func(a, b canary) int {
		x, y := a.read.ingress, b.read.ingress
		if c := x.CreationTimestamp.Compare(y.CreationTimestamp.Time); c != 0 {
			return c
		}
		return strings.Compare(x.Name, y.Name)
	})
	return canaries
}

func (c canary) number(name string, missing int) int {
	text, ok := c.read.ingress.Annotations[name]
	if !ok {
		return missing
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 0 {
		c.read.problem(c.read.source, "annotation "+name, LeftOut, "its value %q is not a number from 0", text)
		return missing
	}
	return number
}

// withCanary is a route, with the share of the canary that has its host and path, and
// before it the rules for those that a header or a cookie chooses.
func (r *ingressRead) withCanary(route Route) []Route {
	if route.Class != binding.ClassRoute {
		return []Route{route}
	}
	found := false
	routes := []Route{route}
	for _, c := range r.canaries {
		backend, where, ok := c.backendFor(route)
		if !ok {
			continue
		}
		if found {
			c.read.problem(c.read.source, where, LeftOut, "an older canary has the same host and path")
			continue
		}
		found = true
		ref, reason := c.read.backend(backend)
		if reason != "" {
			c.read.problem(c.read.source, where, LeftOut, "%s", reason)
			continue
		}
		if _, ok := c.read.ingress.Annotations[nginxCanaryPattern]; ok {
			c.read.problem(c.read.source, "annotation "+nginxCanaryPattern, LeftOut, "a policy cannot match patterns")
		}
		routes = c.split(route, Backend{Ref: ref, Weight: 1})
	}
	return routes
}

// backendFor is the canary's backend for the host and the path of a route.
func (c canary) backendFor(route Route) (backend networkingv1.IngressBackend, place string, found bool) {
	for i, rule := range c.read.ingress.Spec.Rules {
		if strings.ToLower(rule.Host) != route.Host || rule.HTTP == nil {
			continue
		}
		for j, path := range rule.HTTP.Paths {
			place := fmt.Sprintf("rule %d, path %d", i, j)
			if read, ok := c.read.readPath(path, place); ok && read == route.Path {
				return path.Backend, place, true
			}
		}
	}
	return backend, "", false
}

func (c canary) split(route Route, backend Backend) []Route {
	var routes []Route
	chosen := func(by func(*Route, string), value string, backends []Backend) {
		r := route
		r.Backends = backends
		r.Position.Host = len(routes) + 1
		by(&r, value)
		routes = append(routes, r)
	}
	canary, main := []Backend{backend}, route.Backends
	if c.header != "" {
		byHeader := func(r *Route, value string) { r.Headers = []Pair{{Name: c.header, Value: value}} }
		if c.value != "" {
			chosen(byHeader, c.value, canary)
		} else {
			chosen(byHeader, always, canary)
			chosen(byHeader, never, main)
		}
	}
	if c.cookie != "" {
		byCookie := func(r *Route, value string) { r.Cookies = []Pair{{Name: c.cookie, Value: value}} }
		chosen(byCookie, always, canary)
		chosen(byCookie, never, main)
	}
	switch {
	case c.weight == 0:
	case c.weight == c.total:
		route.Backends = canary
	case backend.Ref == main[0].Ref:
	default:
		backend.Weight = c.weight
		route.Backends = []Backend{{Ref: main[0].Ref, Weight: c.total - c.weight}, backend}
	}
	return append(routes, route)
}
