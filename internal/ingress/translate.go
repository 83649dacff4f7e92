package ingress

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/types"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

const (
	httpPort  = 80
	httpsPort = 443
)

// Translate reads the routes of what is bound. An object that is not there, or that
// wants nothing, is a RouteSet without Servers.
func Translate(objects Objects, options Options) (RouteSet, []Problem) {
	t := newTranslator(objects, options)
	switch objects.Bound.Kind {
	case KindIngress:
		t.boundIngress()
	case KindHTTPRoute:
		t.boundRoute()
	case KindTLSRoute:
		t.boundTLSRoute()
	case KindGateway:
		t.boundGateway()
	default:
		t.problem(objects.Bound, "", LeftOut, "an object of this kind cannot be bound")
	}
	for _, s := range t.servers {
		t.restrict(s)
		t.addFallback(s)
	}
	t.tellUnused()
	set := t.sorted()
	if options.Pool.Probes {
		set.Probes = t.probes(set)
	}
	return set, sortProblems(t.problems)
}

// sorted is the set with its servers, all in order.
func (t *translator) sorted() RouteSet {
	for _, s := range t.servers {
		sortRoutes(s.Routes)
		t.set.Servers = append(t.set.Servers, *s)
	}
	slices.SortFunc(t.set.Servers, func(a, b Server) int { return cmp.Compare(a.Port, b.Port) })
	return t.set
}

// translator gathers what one Translate makes.
type translator struct {
	objects  Objects
	options  Options
	services map[types.NamespacedName]Service
	secrets  map[types.NamespacedName]Secret

	// sources are the networks of the clients that routes are for, if restricted.
	sources    []netip.Prefix
	restricted bool

	set      RouteSet
	servers  map[uint16]*Server
	problems []Problem
}

func newTranslator(objects Objects, options Options) *translator {
	t := &translator{
		objects: objects, options: options,
		services: map[types.NamespacedName]Service{}, secrets: map[types.NamespacedName]Secret{},
		sources: options.AllowedSources, restricted: len(options.AllowedSources) > 0,
		set: RouteSet{Owner: objects.Bound}, servers: map[uint16]*Server{},
	}
	for _, s := range objects.Services {
		t.services[types.NamespacedName{Namespace: s.Namespace, Name: s.Name}] = s
	}
	for _, s := range objects.Secrets {
		t.secrets[types.NamespacedName{Namespace: s.Namespace, Name: s.Name}] = s
	}
	return t
}

func (t *translator) problem(object binding.Object, place string, effect Effect, reason string, args ...any) {
	t.problems = append(t.problems, Problem{Object: object, Place: place, Effect: effect, Reason: fmt.Sprintf(reason, args...)})
}

// missing is the problem of a bound object that is not there.
func (t *translator) missing() { t.problem(t.set.Owner, "", LeftOut, "it does not exist") }

// object names an object of the cluster that everything is of.
func (t *translator) object(kind string, meta metav1.ObjectMeta) binding.Object {
	return binding.Object{Kind: kind, Cluster: t.objects.Bound.Cluster, Namespace: meta.Namespace, Name: meta.Name}
}

func (t *translator) isBound(meta metav1.ObjectMeta) bool {
	return meta.Namespace == t.objects.Bound.Namespace && meta.Name == t.objects.Bound.Name
}

// server is the server of a port, which is made on demand.
func (t *translator) server(port uint16, tls bool) *Server {
	s := t.servers[port]
	if s == nil {
		s = &Server{Port: port, TLS: tls}
		t.servers[port] = s
	}
	return s
}

// passthrough is the server of a port that leaves TLS to the pods.
func (t *translator) passthrough(port uint16) *Server {
	s := t.server(port, true)
	s.Passthrough = true
	return s
}

// addFallback adds what answers where no route matches. Each owner has one of its
// own, so that it is there as long as one of them is; the oldest one's acts.
func (t *translator) addFallback(s *Server) {
	r := Route{Source: t.set.Owner, Created: t.set.Created, Class: binding.ClassFallback}
	switch f := t.options.Fallback; {
	case f.Reset, s.Passthrough && f.Pool.IsZero():
		r.Reset = true
	case f.Location != "":
		r.Redirect = &Redirect{URL: f.Location, Code: 302}
	case !f.Pool.IsZero():
		r.Pool = f.Pool
	default:
		r.Status = 404
	}
	s.Routes = append(s.Routes, r)
}

// resolve finds the Service's port of a backend, by name or by number. The reason
// says why there is none.
func (t *translator) resolve(namespace, name, port string) (ref endpoints.Ref, reason string) {
	service, ok := t.services[types.NamespacedName{Namespace: namespace, Name: name}]
	switch {
	case !ok:
		return ref, fmt.Sprintf("Service %s/%s does not exist", namespace, name)
	case service.ExternalName:
		return ref, fmt.Sprintf("Service %s/%s is an external name and has no endpoints", namespace, name)
	}
	at := slices.IndexFunc(service.Ports, func(p endpoints.ServicePort) bool {
		return (p.Name == port || strconv.Itoa(int(p.Number)) == port) && (p.Protocol == "" || p.Protocol == "TCP")
	})
	if at < 0 {
		return ref, fmt.Sprintf("Service %s/%s has no TCP port %s", namespace, name, port)
	}
	found := service.Ports[at]
	o := t.options.Pool
	return endpoints.Ref{
		Cluster: t.objects.Bound.Cluster, Namespace: namespace, Service: name, Port: cmp.Or(found.Name, strconv.Itoa(int(found.Number))),
		Family: o.Family, NodePort: o.NodePort, RouteDomain: o.RouteDomain,
	}, ""
}

// certificate is a Secret for a host. One that cannot be used has no checksums: what
// the device has of it serves on.
func (t *translator) certificate(object binding.Object, place, host, namespace, name string) Certificate {
	c := Certificate{Host: host, Namespace: namespace, Secret: name}
	secret, ok := t.secrets[types.NamespacedName{Namespace: namespace, Name: name}]
	switch {
	case !ok:
		t.problem(object, place, Differs, "Secret %s/%s does not exist: clients get the certificate that the device has already, if any, or a default one", namespace, name)
	case secret.Problem != "":
		t.problem(object, place, Differs, "Secret %s/%s is not used, %s: clients get the certificate that the device has already, if any, or a default one", namespace, name, secret.Problem)
	default:
		c.CertificateChecksum, c.KeyChecksum = secret.CertificateChecksum, secret.KeyChecksum
	}
	return c
}

// addCertificate adds c, if its host has none.
func (s *Server) addCertificate(c Certificate) {
	if !slices.ContainsFunc(s.Certificates, func(other Certificate) bool { return other.Host == c.Host }) {
		s.Certificates = append(s.Certificates, c)
	}
}

// ports are those of Ingresses, and of routes that no Gateway has ports for.
func (o Options) ports() (http, https uint16) {
	return cmp.Or(o.HTTPPort, httpPort), cmp.Or(o.HTTPSPort, httpsPort)
}

// userCertificates are the certificates that the options name.
func (t *translator) userCertificates() (list []Certificate) {
	for i, ref := range t.options.Certificates {
		list = append(list, t.certificate(t.set.Owner, fmt.Sprintf("certificate %d", i), ref.Host, ref.Namespace, ref.Name))
	}
	return list
}
