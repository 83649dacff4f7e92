package kube

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// What routes are made of is not kept: watches of metadata tell that something is
// another, and then it is read. So no key is ever in the memory of a Watch for longer
// than a read takes.

// Accepted instead of whole objects.
const (
	acceptMetadata     = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
	acceptMetadataList = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
)

// routeGroups are where the resources of routes are.
var routeGroups = map[string]schema.GroupVersion{
	ingresses: networkingv1.SchemeGroupVersion, ingressClasses: networkingv1.SchemeGroupVersion,
	gatewayClasses: schema.GroupVersion(gatewayv1.GroupVersion), httpRoutes: schema.GroupVersion(gatewayv1.GroupVersion), tlsRoutes: schema.GroupVersion(gatewayv1.GroupVersion), gateways: schema.GroupVersion(gatewayv1.GroupVersion),
	referenceGrants: schema.GroupVersion(gatewayv1beta1.GroupVersion), secrets: corev1.SchemeGroupVersion, namespaces: corev1.SchemeGroupVersion,
}

// allRoutes are the HTTPRoutes of the whole cluster.
var allRoutes = scope{resource: httpRoutes}

// newMetadataClients makes a client for each of routeGroups.
func newMetadataClients(rc *rest.Config, client *http.Client) (map[schema.GroupVersion]rest.Interface, error) {
	clients := map[schema.GroupVersion]rest.Interface{}
	var failures []error
	for _, group := range routeGroups {
		config := metadata.ConfigFor(rc)
		config.GroupVersion, config.APIPath = &group, "/apis"
		if group.Group == "" {
			config.APIPath = "/api"
		}
		made, err := rest.RESTClientForConfigAndClient(config, client)
		clients[group], failures = made, append(failures, err)
	}
	return clients, errors.Join(failures...)
}

// Routes reads as [Clusters.Routes] does. From then on Changed is told the owner when
// something of what was read may be another, until Leave. A read that fails changes
// nothing of that.
func (w *Watch) Routes(ctx context.Context, owner string, bound binding.Object, beside ingress.Beside) (ingress.Objects, KeyPairs, error) {
	v := w.views[bound.Cluster]
	if v == nil {
		return ingress.Objects{}, nil, &UnknownClusterError{Cluster: bound.Cluster, Known: slices.Sorted(maps.Keys(w.views))}
	}
	spare := v.spareNeeds(bound)
	objects, pairs, err := v.source.routes(ctx, bound, beside, v.options.RefusedRoutes && v.may(allRoutes))
	if err == nil {
		v.followRoutes(owner, routeNeeds(objects, beside), spare)
	}
	return objects, pairs, err
}

// Leave ends what Routes and Follow began for an owner.
func (w *Watch) Leave(owner string) {
	for _, v := range w.views {
		v.follow(owner, nil)
		v.followRoutes(owner, nil, nil)
	}
}

// followRoutes replaces what an owner's routes need, and what they do without.
func (v *view) followRoutes(owner string, needs, spare []scope) {
	v.mu.Lock()
	same := slices.Equal(v.interest.routes[owner], needs) && slices.Equal(v.interest.spare[owner], spare)
	for of, scopes := range map[*map[string][]scope][]scope{&v.interest.routes: needs, &v.interest.spare: spare} {
		if len(scopes) > 0 {
			(*of)[owner] = scopes
		} else {
			delete(*of, owner)
		}
	}
	for _, s := range spare {
		if _, asked := v.rights.spare[s]; !asked {
			v.known = false
		}
	}
	v.mu.Unlock()
	if !same {
		v.settleSoon()
	}
}

// spareNeeds are what routes are made of as far as it may be watched: which class is the default, and for a Gateway the
// routes that it refuses, if they are asked for.
func (v *view) spareNeeds(bound binding.Object) []scope {
	switch {
	case bound.Kind == ingress.KindIngress:
		return []scope{{resource: ingressClasses}}
	case bound.Kind == ingress.KindGateway && v.options.RefusedRoutes:
		return []scope{allRoutes}
	}
	return nil
}

// may tells that what nobody depends on may be watched, as far as that was asked.
func (v *view) may(s scope) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.rights.spare[s]
}

// routeNeeds are the objects that routes were made of, those that are not there
// included, by resource, namespace and name; "" is any.
func routeNeeds(o ingress.Objects, beside ingress.Beside) []scope {
	in := o.Bound.Namespace
	reader := routeReader{Objects: o}
	var needs []scope
	switch o.Bound.Kind {
	case ingress.KindIngress:
		needs = append(needs, scope{ingresses, in, o.Bound.Name})
	case ingress.KindHTTPRoute, ingress.KindTLSRoute:
		resource := map[string]string{ingress.KindHTTPRoute: httpRoutes, ingress.KindTLSRoute: tlsRoutes}[o.Bound.Kind]
		needs = append(needs, scope{resource, in, o.Bound.Name})
		for _, gateway := range parents(routesOf(o)...) {
			needs = append(needs, scope{gateways, gateway.namespace, gateway.name})
		}
	default:
		needs = append(needs, scope{gateways, in, o.Bound.Name})
		if len(o.Gateways) > 0 && letsInOthers(o.Gateways[0]) {
			in = ""
		}
		needs = append(needs, scope{httpRoutes, in, ""})
		if len(o.Gateways) > 0 && passesTLS(o.Gateways[0]) && !o.NoTLSRoutes {
			needs = append(needs, scope{tlsRoutes, in, ""})
		}
	}
	for _, ref := range slices.Concat(servicesOf(o), secretsOf(o)) {
		if ref.to.namespace != ref.fromNamespace {
			needs = append(needs, scope{referenceGrants, ref.to.namespace, ""})
		}
	}
	if slices.ContainsFunc(o.Gateways, selectsNamespaces) {
		needs = append(needs, scope{namespaces, "", ""})
	}
	for _, n := range reader.allowed(servicesOf(o)) {
		needs = append(needs, scope{services, n.namespace, n.name})
		if beside.Probes {
			needs = append(needs, scope{endpointSlices, n.namespace, n.name})
		}
	}
	for _, n := range reader.allowed(secretsOf(o)) {
		needs = append(needs, scope{secrets, n.namespace, n.name})
	}
	for _, c := range beside.Certificates {
		needs = append(needs, scope{secrets, c.Namespace, c.Name})
	}
	return distinct(needs, scope.compare)
}

// watchOf is the watch that tells of what routes need. Only of Secrets there is one for
// each: nobody is to need the right to list them.
func (r rights) watchOf(need scope) scope {
	switch need.resource {
	case secrets:
		return need
	case services, endpointSlices:
		return r.scope(need.resource, need.namespace)
	}
	return scope{need.resource, need.namespace, ""}
}

// ofRoute tells those whose routes an object of that name is part of.
func (i *interest) ofRoute(resource string, object types.NamespacedName, tell owners) {
	i.ofNeeds(func(n scope) bool {
		return n.resource == resource && (n.namespace == "" || n.namespace == object.Namespace) && (n.name == "" || n.name == object.Name)
	}, tell)
}

// ofNamespace tells those whose routes have objects of a kind in a namespace.
func (i *interest) ofNamespace(resource, namespace string, tell owners) {
	i.ofNeeds(func(n scope) bool { return n.resource == resource && n.namespace == namespace }, tell)
}

// metadataItem is what is kept of an object of routes. It is another one when what it
// says is another: its status counts for nothing.
type metadataItem struct {
	uid         types.UID
	generation  int64
	version     string // of what has no generation
	labels      map[string]string
	annotations map[string]string
}

func (m metadataItem) isCanary() bool { return m.annotations[canaryAnnotation] == "true" }

type metadataStore struct{ store[metadataItem] }

func newMetadataStore(w *watching) *metadataStore {
	s, resource := &metadataStore{}, w.scope.resource
	s.store = store[metadataItem]{
		w: w, items: map[types.NamespacedName]metadataItem{},
		convert: func(object any) (found[metadataItem], bool) { return convertMetadata(object, resource) },
		same:    func(a, b metadataItem) bool { return reflect.DeepEqual(a, b) },
		changed: func(key types.NamespacedName, before, after *metadataItem, tell owners) {
			w.v.source.moved.Add(1) // what is asked from now on must not join what was asked before
			w.v.interest.ofRoute(resource, key, tell)
			if resource == ingresses && (before != nil && before.isCanary() || after != nil && after.isCanary()) {
				w.v.interest.ofNamespace(resource, key.Namespace, tell)
			}
		},
	}
	return s
}

func convertMetadata(object any, resource string) (found[metadataItem], bool) {
	o, ok := object.(*metav1.PartialObjectMetadata)
	if !ok {
		return found[metadataItem]{}, false
	}
	item := metadataItem{uid: o.UID, generation: o.Generation, labels: maps.Clone(o.Labels), annotations: maps.Clone(o.Annotations)}
	delete(item.annotations, corev1.LastAppliedConfigAnnotation)
	if resource == secrets {
		item.version = o.ResourceVersion
	}
	return found[metadataItem]{key: types.NamespacedName{Namespace: o.Namespace, Name: o.Name}, value: item}, true
}
