package kube

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	ingresses       = "ingresses"
	ingressClasses  = "ingressclasses"
	gatewayClasses  = "gatewayclasses"
	httpRoutes      = "httproutes"
	tlsRoutes       = "tlsroutes"
	gateways        = "gateways"
	referenceGrants = "referencegrants"
	secrets         = "secrets"
	namespaces      = "namespaces"

	canaryAnnotation    = "nginx.ingress.kubernetes.io/canary"
	leavesTLSAnnotation = "nginx.ingress.kubernetes.io/ssl-passthrough"
)

// KeyPairs are the files of Secrets, by their checksums: Path is the zero one.
type KeyPairs = map[ltm.Certificate]ltm.KeyPair

// Routes reads an Ingress, an HTTPRoute, a TLSRoute, or a Gateway with all routes that name it,
// and what these refer to, and what is to be read beside that. What does not
// exist is not in Objects, and no error. The key pairs are those of the Secrets that can
// be used; nothing else has a key in it.
func (s *Source) Routes(ctx context.Context, bound binding.Object, beside ingress.Beside) (ingress.Objects, KeyPairs, error) {
	if bound.Cluster != "" {
		return ingress.Objects{}, nil, &UnknownClusterError{Cluster: bound.Cluster, Known: []string{""}}
	}
	return s.routes(ctx, bound, beside, false)
}

// Routes reads from the cluster of bound.
func (c *Clusters) Routes(ctx context.Context, bound binding.Object, beside ingress.Beside) (ingress.Objects, KeyPairs, error) {
	source, err := c.source(bound.Cluster)
	if err != nil {
		return ingress.Objects{}, nil, err
	}
	return source.routes(ctx, bound, beside, false)
}

// routes reads; refused is whether that includes the routes that a bound Gateway does not take.
func (s *Source) routes(ctx context.Context, bound binding.Object, beside ingress.Beside, refused bool) (ingress.Objects, KeyPairs, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r := &routeReader{source: s, cluster: bound.Cluster, refused: refused, Objects: ingress.Objects{Bound: bound}}
	steps := []func(context.Context) error{r.readGrants, r.readServices, r.readNamespaces}
	switch bound.Kind {
	case ingress.KindIngress:
		steps = append([]func(context.Context) error{r.readIngresses, r.readClasses}, steps...)
	case ingress.KindHTTPRoute:
		steps = append([]func(context.Context) error{r.readRoute, r.readParents}, steps...)
	case ingress.KindTLSRoute:
		steps = append([]func(context.Context) error{r.readTLSRoute, r.readParents}, steps...)
	case ingress.KindGateway:
		steps = append([]func(context.Context) error{r.readGateway, r.readAttached, r.readAttachedTLS}, steps...)
	default:
		return ingress.Objects{}, nil, fmt.Errorf("%s: want the kind %s, %s, %s or %s", bound, ingress.KindIngress, ingress.KindHTTPRoute, ingress.KindTLSRoute, ingress.KindGateway)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return ingress.Objects{}, nil, err
		}
	}
	if beside.Probes {
		if err := r.readPods(ctx); err != nil {
			return ingress.Objects{}, nil, err
		}
	}
	pairs, err := r.readSecrets(ctx, beside.Certificates)
	if err != nil {
		return ingress.Objects{}, nil, err
	}
	return r.Objects, pairs, nil
}

// routeReader gathers, step by step: each one asks for what those before it refer to.
type routeReader struct {
	ingress.Objects

	source    *Source
	cluster   string
	selectors map[name]map[string]string // of Services
	refused   bool
}

// readIngresses lists a namespace, of which it keeps the bound Ingress and the canaries:
// which of these are the bound one's is not for this package to say.
func (r *routeReader) readIngresses(ctx context.Context) error {
	in := r.Bound.Namespace
	all, err := ask(ctx, r.source, r.question("list", ingresses, in, ""), func(ctx context.Context) ([]networkingv1.Ingress, error) {
		return list(ctx, r.source.options(nil), r.source.clients.networking.Ingresses(in).List,
			func(page *networkingv1.IngressList) []networkingv1.Ingress { return page.Items })
	})
	for _, i := range all {
		if i.Name == r.Bound.Name || i.Annotations[canaryAnnotation] == "true" {
			r.Ingresses = append(r.Ingresses, i)
		}
	}
	return err
}

// readClasses lists the classes. They are of the whole cluster, and who has rights in
// a namespace only does well without them.
func (r *routeReader) readClasses(ctx context.Context) error {
	if !slices.ContainsFunc(r.Ingresses, func(i networkingv1.Ingress) bool { return i.Name == r.Bound.Name }) {
		return nil
	}
	classes, err := ask(ctx, r.source, r.question("list", ingressClasses, "", ""), func(ctx context.Context) ([]networkingv1.IngressClass, error) {
		return list(ctx, r.source.options(nil), r.source.clients.networking.IngressClasses().List,
			func(page *networkingv1.IngressClassList) []networkingv1.IngressClass { return page.Items })
	})
	if errors.Is(err, engine.ErrForbidden) {
		return nil
	}
	r.IngressClasses = slices.Clone(classes) // the answer is others', too
	return err
}

func (r *routeReader) readRoute(ctx context.Context) error {
	in, name := r.Bound.Namespace, r.Bound.Name
	route, err := find(ctx, r.source, r.question("get", httpRoutes, in, name), func(ctx context.Context) (*gatewayv1.HTTPRoute, error) {
		return r.source.clients.gateway.HTTPRoutes(in).Get(ctx, name, metav1.GetOptions{})
	})
	if route != nil {
		r.HTTPRoutes = append(r.HTTPRoutes, *route)
	}
	return err
}

// readParents reads the Gateways that the bound route names.
func (r *routeReader) readParents(ctx context.Context) error {
	found, err := each(ctx, parents(routesOf(r.Objects)...), func(ctx context.Context, n name) (*gatewayv1.Gateway, error) {
		return r.findGateway(ctx, n)
	})
	r.Gateways = present(found)
	return err
}

func (r *routeReader) readGateway(ctx context.Context) error {
	gateway, err := r.findGateway(ctx, name{r.Bound.Namespace, r.Bound.Name})
	if gateway != nil {
		r.Gateways = append(r.Gateways, *gateway)
	}
	return err
}

func (r *routeReader) findGateway(ctx context.Context, n name) (*gatewayv1.Gateway, error) {
	return find(ctx, r.source, r.question("get", gateways, n.namespace, n.name), func(ctx context.Context) (*gatewayv1.Gateway, error) {
		return r.source.clients.gateway.Gateways(n.namespace).Get(ctx, n.name, metav1.GetOptions{})
	})
}

// readAttached lists the routes that name the bound Gateway: in its own namespace, or in
// all of them where a listener lets in others, or the refused ones are wanted, too. What these refer to is not read:
// whoever writes a route could else have things read that nobody has allowed.
func (r *routeReader) readAttached(ctx context.Context) error {
	if len(r.Gateways) == 0 {
		return nil
	}
	in, others := r.Bound.Namespace, letsInOthers(r.Gateways[0])
	if others || r.refused {
		in = metav1.NamespaceAll
	}
	all, err := ask(ctx, r.source, r.question("list", httpRoutes, in, ""), func(ctx context.Context) ([]gatewayv1.HTTPRoute, error) {
		return list(ctx, r.source.options(nil), r.source.clients.gateway.HTTPRoutes(in).List,
			func(page *gatewayv1.HTTPRouteList) []gatewayv1.HTTPRoute { return page.Items })
	})
	for _, route := range all {
		switch names := slices.Contains(parents(ofHTTPRoute(route)), name{r.Bound.Namespace, r.Bound.Name}); {
		case names && (others || route.Namespace == r.Bound.Namespace):
			r.HTTPRoutes = append(r.HTTPRoutes, route)
		case names:
			r.Refused = append(r.Refused, route)
		}
	}
	return err
}

// attachedIn is the namespace of the routes that may attach to the bound Gateway; "" is all.
func (r *routeReader) attachedIn() string {
	if letsInOthers(r.Gateways[0]) {
		return metav1.NamespaceAll
	}
	return r.Bound.Namespace
}

// readGrants lists those of the namespaces that something refers to from another one.
func (r *routeReader) readGrants(ctx context.Context) error {
	var targets []string
	for _, ref := range slices.Concat(servicesOf(r.Objects), secretsOf(r.Objects)) {
		if ref.to.namespace != ref.fromNamespace {
			targets = append(targets, ref.to.namespace)
		}
	}
	found, err := each(ctx, distinct(targets, cmp.Compare[string]), func(ctx context.Context, in string) ([]gatewayv1beta1.ReferenceGrant, error) {
		return ask(ctx, r.source, r.question("list", referenceGrants, in, ""), func(ctx context.Context) ([]gatewayv1beta1.ReferenceGrant, error) {
			return list(ctx, r.source.options(nil), r.source.clients.grants.ReferenceGrants(in).List,
				func(page *gatewayv1beta1.ReferenceGrantList) []gatewayv1beta1.ReferenceGrant { return page.Items })
		})
	})
	r.Grants = slices.Concat(found...)
	return err
}

func (r *routeReader) readServices(ctx context.Context) error {
	names := r.allowed(servicesOf(r.Objects))
	selectors := make([]map[string]string, len(names))
	found, err := each(ctx, names, func(ctx context.Context, n name) (*ingress.Service, error) {
		service, err := find(ctx, r.source, r.question("get", services, n.namespace, n.name), func(ctx context.Context) (*corev1.Service, error) {
			return r.source.core.Services(n.namespace).Get(ctx, n.name, metav1.GetOptions{})
		})
		if service == nil {
			return nil, err
		}
		at, _ := slices.BinarySearchFunc(names, n, name.compare)
		selectors[at] = service.Spec.Selector
		out := &ingress.Service{Namespace: n.namespace, Name: n.name, ExternalName: service.Spec.Type == corev1.ServiceTypeExternalName}
		for _, p := range service.Spec.Ports {
			out.Ports = append(out.Ports, servicePort(p))
		}
		return out, nil
	})
	r.Services, r.selectors = present(found), map[name]map[string]string{}
	for i, n := range names {
		r.selectors[n] = selectors[i]
	}
	return err
}

// readNamespaces reads the labels of the routes' namespaces, where a listener asks for
// them.
func (r *routeReader) readNamespaces(ctx context.Context) error {
	if !slices.ContainsFunc(r.Gateways, selectsNamespaces) {
		return nil
	}
	all, err := ask(ctx, r.source, r.question("list", namespaces, "", ""), func(ctx context.Context) ([]corev1.Namespace, error) {
		return list(ctx, r.source.options(nil), r.source.clients.namespaces.Namespaces().List,
			func(page *corev1.NamespaceList) []corev1.Namespace { return page.Items })
	})
	r.Namespaces = map[string]map[string]string{}
	for _, n := range all {
		if slices.ContainsFunc(routesOf(r.Objects), func(route parented) bool { return route.namespace == n.Name }) {
			r.Namespaces[n.Name] = maps.Clone(n.Labels)
		}
	}
	return err
}

// readSecrets reads the Secrets that are named, and those asked for beside them.
func (r *routeReader) readSecrets(ctx context.Context, certificates []ingress.SecretRef) (KeyPairs, error) {
	wanted := r.allowed(secretsOf(r.Objects))
	for _, c := range certificates {
		wanted = append(wanted, name{c.Namespace, c.Name})
	}
	found, err := each(ctx, distinct(wanted, name.compare), func(ctx context.Context, n name) (*corev1.Secret, error) {
		return find(ctx, r.source, r.question("get", secrets, n.namespace, n.name), func(ctx context.Context) (*corev1.Secret, error) {
			return r.source.clients.secrets.Secrets(n.namespace).Get(ctx, n.name, metav1.GetOptions{})
		})
	})
	pairs := KeyPairs{}
	for _, secret := range found {
		if secret == nil {
			continue
		}
		out, pair := tlsSecret(secret)
		r.Secrets = append(r.Secrets, out)
		if out.Problem == "" {
			pairs[ltm.Certificate{CertificateChecksum: out.CertificateChecksum, KeyChecksum: out.KeyChecksum}] = pair
		}
	}
	return pairs, err
}

// allowed are the targets of the references that need no grant, or have one. The others
// are not read: nobody has said that they may be.
func (r *routeReader) allowed(refs []reference) []name {
	var out []name
	for _, ref := range refs {
		if ref.to.namespace == ref.fromNamespace || slices.ContainsFunc(r.Grants, ref.isGrantedBy) {
			out = append(out, ref.to)
		}
	}
	return distinct(out, name.compare)
}

func (r *routeReader) question(verb, resource, namespace, name string) question {
	return question{verb: verb, resource: resource, name: name, ref: endpoints.Ref{Cluster: r.cluster, Namespace: namespace}}
}
