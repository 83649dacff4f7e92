package ingress

import (
	"fmt"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
)

// readPassthrough reads an Ingress whose TLS is left to the pods: the name in a client's TLS
// hello chooses, and nothing else is known of it.
func (r *ingressRead) readPassthrough() {
	for i, entry := range r.ingress.Spec.TLS {
		if entry.SecretName != "" {
			r.problem(r.source, fmt.Sprintf("tls entry %d", i), LeftOut, "Secret %s is not used: the pods end TLS, with certificates of their own", entry.SecretName)
		}
	}
	if r.ingress.Spec.DefaultBackend != nil {
		r.problem(r.source, "default backend", LeftOut, "it has no host, and TLS that is left to the pods is chosen by the host alone")
	}
	for i, rule := range r.ingress.Spec.Rules {
		host, place := strings.ToLower(rule.Host), fmt.Sprintf("rule %d", i)
		if host == "" {
			r.problem(r.source, place, LeftOut, "it has no host, and TLS that is left to the pods is chosen by the host alone")
			continue
		}
		r.checkWildcard(host, i)
		if rule.HTTP == nil {
			r.problem(r.source, place, LeftOut, "it has no backend of its own")
			continue
		}
		for j, path := range rule.HTTP.Paths {
			r.passPath(host, binding.Position{Rule: i, Match: j}, path)
		}
	}
}

// passPath reads the one path that a host has whose paths nobody can see.
func (r *ingressRead) passPath(host string, position binding.Position, path networkingv1.HTTPIngressPath) {
	place := fmt.Sprintf("rule %d, path %d", position.Rule, position.Match)
	if !newPrefix(path.Path).all() {
		r.problem(r.source, place, LeftOut, "the path %q is inside of TLS that is left to the pods: / is the only one", path.Path)
		return
	}
	http, https := r.ports()
	s := r.passthrough(https)
	route := Route{Source: r.source, Created: r.set.Created, Position: position, Host: host, Path: newPrefix("/")}
	ref, reason := r.backend(path.Backend)
	if reason != "" {
		r.problem(r.source, place, Refused, "%s", reason)
		route.Reset = true
		s.Routes = append(s.Routes, route)
	} else {
		route.Backends = []Backend{{Ref: ref, Weight: 1}}
		s.Routes = append(s.Routes, r.visible(r.withCanary(route), place)...)
	}
	switch {
	case r.notes.noHTTP:
	case r.notes.redirect:
		if _, ok := r.redirect[host]; !ok {
			r.redirect[host] = position
		}
	default:
		r.problem(r.source, place, Differs, "the host %s is not served on port %d: its pods speak TLS", host, http)
	}
}

// visible are the routes that need nothing of what is inside of TLS.
func (r *ingressRead) visible(routes []Route, place string) (list []Route) {
	for _, route := range routes {
		if len(route.Headers)+len(route.Cookies) == 0 {
			list = append(list, route)
		}
	}
	if len(list) < len(routes) {
		r.problem(r.source, place, LeftOut, "a canary by header or cookie is not chosen: both are inside of TLS that is left to the pods")
	}
	return list
}
