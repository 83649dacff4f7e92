package ingress

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

// The annotations that name a class: one of an Ingress, from before it had a field for
// it, and one of the class that counts where an Ingress names none.
const (
	classAnnotation        = "kubernetes.io/ingress.class"
	defaultClassAnnotation = networkingv1.AnnotationIsDefaultIngressClass
)

// ingressRead is an Ingress on its way to routes.
type ingressRead struct {
	*translator
	ingress  *networkingv1.Ingress
	source   binding.Object
	notes    annotations
	canaries []canary
	certs    []Certificate
	redirect map[string]binding.Position // hosts whose HTTP requests go to HTTPS
}

func (t *translator) boundIngress() {
	at := slices.IndexFunc(t.objects.Ingresses, func(i networkingv1.Ingress) bool { return t.isBound(i.ObjectMeta) })
	if at < 0 {
		t.missing()
		return
	}
	ingress := &t.objects.Ingresses[at]
	t.set.Created = ingress.CreationTimestamp.Unix()
	if want, class := t.options.IngressClass, t.classOf(ingress); want != "" && class != want {
		t.problem(t.set.Owner, "", LeftOut, "its class is %q, and not %q", class, want)
		return
	}
	r := &ingressRead{translator: t, ingress: ingress, source: t.set.Owner, redirect: map[string]binding.Position{}}
	if isCanary(ingress) {
		t.problem(t.set.Owner, "", LeftOut, "it is a canary: it is read with the Ingress that has its hosts and paths")
		return
	}
	r.notes = r.readAnnotations()
	r.canaries = r.readCanaries()
	if r.notes.passthrough {
		r.readPassthrough()
		r.addRedirects()
		return
	}
	r.readCertificates()
	r.readRules()
	r.addRedirects()
	r.checkCertificates()
}

// classOf is the class of an Ingress: the one that it names, or the default one.
func (t *translator) classOf(ingress *networkingv1.Ingress) string {
	if name := ingress.Spec.IngressClassName; name != nil {
		return *name
	}
	if name := ingress.Annotations[classAnnotation]; name != "" {
		return name
	}
	for _, class := range t.objects.IngressClasses {
		if class.Annotations[defaultClassAnnotation] == "true" {
			return class.Name
		}
	}
	return ""
}

func (r *ingressRead) readCertificates() {
	for i, entry := range r.ingress.Spec.TLS {
		place := fmt.Sprintf("tls entry %d", i)
		hosts := entry.Hosts
		if len(hosts) == 0 {
			hosts = []string{""}
		}
		for _, host := range hosts {
			host = strings.ToLower(host)
			if taken := slices.IndexFunc(r.certs, func(c Certificate) bool { return c.Host == host }); taken >= 0 {
				r.secondCertificate(place, r.certs[taken], entry.SecretName)
				continue
			}
			if entry.SecretName == "" {
				// A certificate of the device's own, or one that the options name.
				r.certs = append(r.certs, Certificate{Host: host})
				continue
			}
			r.certs = append(r.certs, r.certificate(r.source, place, host, r.ingress.Namespace, entry.SecretName))
		}
	}
	for _, c := range r.userCertificates() {
		r.certs = slices.DeleteFunc(r.certs, func(other Certificate) bool { return other.Host == c.Host })
		r.certs = append(r.certs, c)
	}
}

// secondCertificate tells of a Secret for a host that has one already: a profile could hold a certificate of each kind of
// key, but here it holds one. Two Secrets with the same content are as good as one.
func (r *ingressRead) secondCertificate(place string, first Certificate, secret string) {
	second := Certificate{Host: first.Host, Namespace: r.ingress.Namespace, Secret: secret}
	if s, ok := r.secrets[types.NamespacedName{Namespace: second.Namespace, Name: secret}]; ok {
		second.CertificateChecksum, second.KeyChecksum = s.CertificateChecksum, s.KeyChecksum
	}
	same := first.CertificateChecksum != "" && first.CertificateChecksum == second.CertificateChecksum && first.KeyChecksum == second.KeyChecksum
	if first.Secret == secret || same {
		return
	}
	named := func(secret string) string {
		if secret == "" {
			return "an entry without a Secret"
		}
		return "Secret " + r.ingress.Namespace + "/" + secret
	}
	r.problem(r.source, place, LeftOut, "host %q has the certificate of %s already, so that of %s is not served", first.Host, named(first.Secret), named(secret))
}

func (r *ingressRead) readRules() {
	for i, rule := range r.ingress.Spec.Rules {
		host := strings.ToLower(rule.Host)
		r.checkWildcard(host, i)
		if rule.HTTP == nil { // all requests for the host go to the default backend
			if backend := r.ingress.Spec.DefaultBackend; backend != nil {
				r.add(Route{Host: host, Path: Path{Value: "/"}, Position: binding.Position{Rule: i}}, *backend, fmt.Sprintf("rule %d", i))
			}
			continue
		}
		for j, path := range rule.HTTP.Paths {
			place := fmt.Sprintf("rule %d, path %d", i, j)
			read, ok := r.readPath(path, place)
			if ok {
				r.add(Route{Host: host, Path: read, Position: binding.Position{Rule: i, Match: j}}, path.Backend, place)
			}
		}
	}
	if backend := r.ingress.Spec.DefaultBackend; backend != nil {
		r.add(Route{Class: binding.ClassDefault, Position: binding.Position{Rule: len(r.ingress.Spec.Rules)}}, *backend, "default backend")
	}
}

// checkWildcard tells that a wildcard is served as more than an Ingress means by it.
func (r *ingressRead) checkWildcard(host string, rule int) {
	if strings.HasPrefix(host, "*") {
		r.problem(r.source, fmt.Sprintf("rule %d", rule), Differs,
			"the host %s covers one label, but a policy cannot count labels: names with more of them are served too", host)
	}
}

// readPath reads a path. ImplementationSpecific is a prefix here, as most
// implementations have it; some take patterns, which is refused.
func (r *ingressRead) readPath(path networkingv1.HTTPIngressPath, place string) (Path, bool) {
	kind := networkingv1.PathTypeImplementationSpecific
	if path.PathType != nil {
		kind = *path.PathType
	}
	switch kind {
	case networkingv1.PathTypeExact:
		return Path{Exact: true, Value: path.Path}, true
	case networkingv1.PathTypePrefix:
		return newPrefix(path.Path), true
	case networkingv1.PathTypeImplementationSpecific:
		if strings.ContainsAny(path.Path, `*^$()[]{}|\+?`) {
			r.problem(r.source, place, LeftOut, "the path %q looks like a pattern, which a policy cannot match", path.Path)
			return Path{}, false
		}
		return newPrefix(path.Path), true
	default:
		r.problem(r.source, place, LeftOut, "the path type %q is not known", kind)
		return Path{}, false
	}
}

// add completes a route and puts it where it is served.
func (r *ingressRead) add(route Route, backend networkingv1.IngressBackend, place string) {
	route.Source, route.Created = r.source, r.set.Created
	ref, reason := r.backend(backend)
	if reason != "" {
		r.problem(r.source, place, Answered, "%s", reason)
		route.Status = 503
		r.serve(route)
		return
	}
	route.Backends = []Backend{{Ref: ref, Weight: 1}}
	for _, route := range r.withCanary(route) {
		r.serve(route)
	}
}

func (r *ingressRead) backend(backend networkingv1.IngressBackend) (ref endpoints.Ref, reason string) {
	switch {
	case backend.Resource != nil:
		return ref, fmt.Sprintf("the backend is a %s, and only Services are", backend.Resource.Kind)
	case backend.Service == nil:
		return ref, "it has no backend"
	}
	port := cmp.Or(backend.Service.Port.Name, strconv.Itoa(int(backend.Service.Port.Number)))
	return r.resolve(r.ingress.Namespace, backend.Service.Name, port)
}

// serve puts a route on the ports that its host is served on. A host with a
// certificate is on HTTPS, and what comes by HTTP is sent there.
func (r *ingressRead) serve(route Route) {
	http, https := r.ports()
	covered := slices.ContainsFunc(r.certs, func(c Certificate) bool { return covers(c.Host, route.Host) })
	if covered || route.Host == "" && len(r.certs) > 0 {
		s := r.server(https, true)
		s.Routes = append(s.Routes, route)
		for _, c := range r.certs {
			s.addCertificate(c)
		}
	}
	switch {
	case !covered && r.notes.noHTTP && len(r.certs) == 0:
		r.problem(r.source, "annotation "+allowHTTP, LeftOut, "host %q has no certificate, and is not to be served by HTTP", route.Host)
	case !covered:
		s := r.server(http, false)
		s.Routes = append(s.Routes, route)
	case r.notes.noHTTP:
	case r.notes.redirect:
		if _, ok := r.redirect[route.Host]; !ok {
			r.redirect[route.Host] = route.Position
		}
	default:
		s := r.server(http, false)
		s.Routes = append(s.Routes, route)
	}
}

// checkCertificates tells of certificates that no host of a rule needs: most likely
// one of the two is written wrongly, and served without TLS.
func (r *ingressRead) checkCertificates() {
	for _, c := range r.certs {
		needed := slices.ContainsFunc(r.ingress.Spec.Rules, func(rule networkingv1.IngressRule) bool {
			return rule.Host == "" || covers(c.Host, strings.ToLower(rule.Host)) || oneLabel(c.Host, strings.ToLower(rule.Host))
		})
		if !needed && r.ingress.Spec.DefaultBackend == nil {
			r.problem(r.source, "tls", Differs, "no rule has the host %q, that a certificate is for", c.Host)
		}
	}
}

func (r *ingressRead) addRedirects() {
	http, https := r.ports()
	for host, position := range r.redirect {
		s := r.server(http, false)
		s.Routes = append(s.Routes, Route{
			Source: r.source, Created: r.set.Created, Position: position, Host: host, Path: Path{Value: "/"},
			Redirect: &Redirect{Scheme: "https", Port: https, Code: 301},
		})
	}
}

// ports are those of the options, then those of the annotations.
func (r *ingressRead) ports() (http, https uint16) {
	o := r.options
	o.HTTPPort, o.HTTPSPort = cmp.Or(o.HTTPPort, r.notes.httpPort), cmp.Or(o.HTTPSPort, r.notes.httpsPort)
	return o.ports()
}
