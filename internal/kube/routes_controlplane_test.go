package kube

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"
	gatewayclient "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// shop makes objects for routes in the real API server.
type shop struct {
	t       *testing.T
	cp      *kubetest.ControlPlane
	gateway *gatewayclient.Clientset
}

func newShop(t *testing.T, cp *kubetest.ControlPlane) shop {
	t.Helper()
	client, err := gatewayclient.NewForConfig(cp.RESTConfig())
	check(t, err)
	return shop{t, cp, client}
}

func (s shop) service(ns, name string) {
	s.t.Helper()
	_, err := s.cp.Client().CoreV1().Services(ns).Create(s.t.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 80}}},
	}, metav1.CreateOptions{})
	check(s.t, err)
}

func (s shop) secret(ns, name, certificate, key string) {
	s.t.Helper()
	secret := secretOf(corev1.SecretTypeTLS, certificate, key)
	secret.Namespace, secret.Name = ns, name
	_, err := s.cp.Client().CoreV1().Secrets(ns).Create(s.t.Context(), secret, metav1.CreateOptions{})
	check(s.t, err)
}

func (s shop) ingress(ns, name string, annotations map[string]string, service string, tls ...string) {
	s.t.Helper()
	prefix := networkingv1.PathTypePrefix
	object := &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations},
		Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{Host: "shop.example.com", IngressRuleValue: networkingv1.IngressRuleValue{
			HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{Path: "/", PathType: &prefix, Backend: networkingv1.IngressBackend{
				Service: &networkingv1.IngressServiceBackend{Name: service, Port: networkingv1.ServiceBackendPort{Name: "http"}},
			}}}},
		}}}},
	}
	for _, t := range tls {
		object.Spec.TLS = append(object.Spec.TLS, networkingv1.IngressTLS{Hosts: []string{"shop.example.com"}, SecretName: t})
	}
	_, err := s.cp.Client().NetworkingV1().Ingresses(ns).Create(s.t.Context(), object, metav1.CreateOptions{})
	check(s.t, err)
}

func (s shop) route(ns, name, parentNS, parent, serviceNS, service string) {
	s.t.Helper()
	object := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Name: name}}
	object.Spec.ParentRefs = []gatewayv1.ParentReference{{Namespace: new(gatewayv1.Namespace(parentNS)), Name: gatewayv1.ObjectName(parent)}}
	backend := gatewayv1.HTTPBackendRef{}
	backend.Name, backend.Namespace, backend.Port = gatewayv1.ObjectName(service), new(gatewayv1.Namespace(serviceNS)), new(gatewayv1.PortNumber(80))
	object.Spec.Rules = []gatewayv1.HTTPRouteRule{{BackendRefs: []gatewayv1.HTTPBackendRef{backend}}}
	_, err := s.gateway.GatewayV1().HTTPRoutes(ns).Create(s.t.Context(), object, metav1.CreateOptions{})
	check(s.t, err)
}

// listen makes a Gateway with a listener for HTTPS whose certificate is in namespace certNS.
func (s shop) listen(ns, name, certNS, secret string, from gatewayv1.FromNamespaces) {
	s.t.Helper()
	namespaces := &gatewayv1.RouteNamespaces{From: &from}
	if from == gatewayv1.NamespacesFromSelector {
		namespaces.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "shop"}}
	}
	_, err := s.gateway.GatewayV1().Gateways(ns).Create(s.t.Context(), &gatewayv1.Gateway{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: gatewayv1.GatewaySpec{GatewayClassName: "bigip", Listeners: []gatewayv1.Listener{{
			Name: "https", Port: 443, Protocol: gatewayv1.HTTPSProtocolType, AllowedRoutes: &gatewayv1.AllowedRoutes{Namespaces: namespaces},
			TLS: &gatewayv1.ListenerTLSConfig{CertificateRefs: []gatewayv1.SecretObjectReference{{Namespace: new(gatewayv1.Namespace(certNS)), Name: gatewayv1.ObjectName(secret)}}},
		}}},
	}, metav1.CreateOptions{})
	check(s.t, err)
}

// grant lets objects of a kind in one namespace name all of another kind in ns.
func (s shop) grant(ns, kind, fromNS, toKind string) {
	s.t.Helper()
	_, err := s.gateway.GatewayV1beta1().ReferenceGrants(ns).Create(s.t.Context(), &gatewayv1beta1.ReferenceGrant{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "grant-"},
		Spec: gatewayv1beta1.ReferenceGrantSpec{
			From: []gatewayv1beta1.ReferenceGrantFrom{{Group: gatewayv1.GroupName, Kind: gatewayv1.Kind(kind), Namespace: gatewayv1.Namespace(fromNS)}},
			To:   []gatewayv1beta1.ReferenceGrantTo{{Kind: gatewayv1.Kind(toKind)}},
		},
	}, metav1.CreateOptions{})
	check(s.t, err)
}

// listed are the objects by their names, without the namespaces' random ends.
func listed(o ingress.Objects, spaces ...string) string {
	var out []string
	add := func(kind, ns, name string) { out = append(out, kind+" "+ns+"/"+name) }
	for _, i := range o.Ingresses {
		add("ingress", i.Namespace, i.Name)
	}
	for _, r := range o.HTTPRoutes {
		add("route", r.Namespace, r.Name)
	}
	for _, r := range o.TLSRoutes {
		add("tls route", r.Namespace, r.Name)
	}
	for _, g := range o.Gateways {
		add("gateway", g.Namespace, g.Name)
	}
	for _, g := range o.Grants {
		add("grant", g.Namespace, string(g.Spec.To[0].Kind))
	}
	for _, s := range o.Services {
		add("service", s.Namespace, s.Name)
	}
	for _, s := range o.Secrets {
		add("secret", s.Namespace, s.Name)
	}
	text := strings.Join(out, "\n")
	for i, ns := range spaces {
		text = strings.ReplaceAll(text, ns, string(rune('A'+i)))
	}
	return text
}

func TestAnIngressIsReadWithItsServicesSecretsAndCanaries(t *testing.T) {
	t.Parallel()
	cp := cluster.ControlPlane(t)
	ns, s := cp.NamespaceT(t, "shop"), newShop(t, cp)
	ca := newAuthority(t)
	certificate, key := ca.server(t, "shop.example.com")
	_, wrong := ca.server(t, "shop.example.com")
	s.service(ns, "web")
	s.service(ns, "web-canary")
	s.service(ns, "other")
	s.secret(ns, "good", certificate, key)
	s.secret(ns, "wrong", certificate, wrong)
	s.secret(ns, "beside", certificate, key)
	s.ingress(ns, "web", nil, "web", "good", "wrong", "none")
	s.ingress(ns, "web-canary", map[string]string{canaryAnnotation: "true"}, "web-canary")
	s.ingress(ns, "other", nil, "other")

	grantIn(t, cp, ns, "router",
		rbacv1.PolicyRule{Verbs: []string{"list"}, APIGroups: []string{"networking.k8s.io"}, Resources: []string{ingresses}},
		rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{services, secrets}})
	source := newSource(t, as(cp, "router"), time.Minute)
	bound := binding.Object{Kind: ingress.KindIngress, Namespace: ns, Name: "web"}
	objects, pairs, err := source.Routes(testContext(t), bound, ingress.Beside{Certificates: []ingress.SecretRef{{Namespace: ns, Name: "beside"}}})
	check(t, err)
	want := "ingress A/web\ningress A/web-canary\nservice A/web\nservice A/web-canary\nsecret A/beside\nsecret A/good\nsecret A/wrong"
	if diff := cmp.Diff(want, listed(objects, ns)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff([]endpoints.ServicePort{{Name: "http", Number: 80, Protocol: "TCP"}}, objects.Services[0].Ports); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	good := objects.Secrets[1]
	pair, ok := pairs[ltm.Certificate{CertificateChecksum: good.CertificateChecksum, KeyChecksum: good.KeyChecksum}]
	if len(pairs) != 1 || !ok || pair.Key.Reveal() != key {
		t.Errorf("%d pairs, that of the good Secret is there: %t", len(pairs), ok)
	}
	if want := "the key in tls.key does not belong to the certificate in tls.crt"; objects.Secrets[2].Problem != want {
		t.Errorf("got %q, want %q", objects.Secrets[2].Problem, want)
	}

	objects, _, err = source.Routes(testContext(t), binding.Object{Kind: ingress.KindIngress, Namespace: ns, Name: "none"}, ingress.Beside{})
	check(t, err)
	if got := listed(objects, ns); got != "ingress A/web-canary\nservice A/web-canary" {
		t.Errorf("one that is not there: %s", got)
	}
}

func TestTheClassesAreReadWhereTheyMayBe(t *testing.T) {
	t.Parallel()
	cp := cluster.ControlPlane(t)
	ns, s := cp.NamespaceT(t, "shop"), newShop(t, cp)
	_, err := cp.Client().NetworkingV1().IngressClasses().Create(t.Context(), &networkingv1.IngressClass{
		ObjectMeta: metav1.ObjectMeta{Name: ns}, Spec: networkingv1.IngressClassSpec{Controller: "example.com/controller"},
	}, metav1.CreateOptions{})
	check(t, err)
	s.ingress(ns, "web", nil, "web")
	objects, _, err := newSource(t, as(cp, "viewer"), time.Minute).Routes(testContext(t), binding.Object{Kind: ingress.KindIngress, Namespace: ns, Name: "web"}, ingress.Beside{})
	check(t, err)
	if !slices.ContainsFunc(objects.IngressClasses, func(c networkingv1.IngressClass) bool { return c.Name == ns }) { // others make some, too
		t.Errorf("got %v", objects.IngressClasses)
	}
}

func TestARouteIsReadWithItsGatewayAndWhatItMayReferTo(t *testing.T) {
	t.Parallel()
	cp := cluster.ControlPlane(t)
	check(t, cp.InstallGatewayAPI(testContext(t)))
	a, b, c, s := cp.NamespaceT(t, "shop"), cp.NamespaceT(t, "infra"), cp.NamespaceT(t, "closed"), newShop(t, cp)
	certificate, key := newAuthority(t).server(t, "shop.example.com")
	s.service(b, "web")
	s.service(c, "web")
	s.secret(c, "tls", certificate, key)
	s.listen(b, "edge", c, "tls", gatewayv1.NamespacesFromAll)
	s.grant(b, "HTTPRoute", a, "Service")
	s.grant(c, "Gateway", b, "Secret")
	s.route(a, "open", b, "edge", b, "web")
	s.route(a, "shut", b, "edge", c, "web")
	source := NewClusters(map[string]*Source{"east": newSource(t, as(cp, "viewer"), time.Minute)})
	for name, want := range map[string]string{
		"open": "route A/open\ngateway B/edge\ngrant C/Secret\ngrant B/Service\nservice B/web\nsecret C/tls",
		"shut": "route A/shut\ngateway B/edge\ngrant C/Secret\nsecret C/tls",
		"none": "",
	} {
		objects, pairs, err := source.Routes(testContext(t), binding.Object{Kind: ingress.KindHTTPRoute, Cluster: "east", Namespace: a, Name: name}, ingress.Beside{})
		check(t, err)
		if diff := cmp.Diff(want, listed(objects, a, b, c)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
		if len(pairs) != len(objects.Secrets) {
			t.Errorf("%s: %d pairs", name, len(pairs))
		}
	}
}

func TestAGatewayIsReadWithTheRoutesThatNameIt(t *testing.T) {
	t.Parallel()
	cp := cluster.ControlPlane(t)
	check(t, cp.InstallGatewayAPI(testContext(t)))
	a, b, s := cp.NamespaceT(t, "infra"), cp.NamespaceT(t, "shop"), newShop(t, cp)
	certificate, key := newAuthority(t).server(t, "shop.example.com")
	s.secret(a, "tls", certificate, key)
	s.service(a, "web")
	s.service(b, "web")
	s.listen(a, "same", a, "tls", gatewayv1.NamespacesFromSame)
	s.listen(a, "some", a, "tls", gatewayv1.NamespacesFromSelector)
	for _, gateway := range []string{"same", "some"} {
		s.route(a, gateway+"-a", a, gateway, a, "web")
		s.route(b, gateway+"-b", a, gateway, b, "web")
	}
	source := newSource(t, as(cp, "viewer"), time.Minute)
	read := func(name string) ingress.Objects {
		t.Helper()
		objects, _, err := source.Routes(testContext(t), binding.Object{Kind: ingress.KindGateway, Namespace: a, Name: name}, ingress.Beside{})
		check(t, err)
		return objects
	}
	same := read("same")
	if diff := cmp.Diff("route A/same-a\ngateway A/same\nservice A/web\nsecret A/tls", listed(same, a, b)); diff != "" || same.Namespaces != nil {
		t.Errorf("-want +got\n%s\nnamespaces %v", diff, same.Namespaces)
	}
	some := read("some")
	if diff := cmp.Diff("route A/some-a\nroute B/some-b\ngateway A/some\nservice A/web\nservice B/web\nsecret A/tls", listed(some, a, b)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if len(some.Namespaces) != 2 || some.Namespaces[b]["kubernetes.io/metadata.name"] != b {
		t.Errorf("namespaces %v", some.Namespaces)
	}
	if got := listed(read("none"), a, b); got != "" {
		t.Errorf("one that is not there: %s", got)
	}
}

func TestARightThatIsMissingForRoutesIsNamed(t *testing.T) {
	t.Parallel()
	cp := cluster.ControlPlane(t)
	check(t, cp.InstallGatewayAPI(testContext(t)))
	ns := cp.NamespaceT(t, "shop")
	for kind, what := range map[string][3]string{
		ingress.KindIngress:   {"list", ingresses, "list ingresses in namespace " + ns},
		ingress.KindHTTPRoute: {"get", httpRoutes, "get HTTPRoute " + ns + "/web"},
		ingress.KindTLSRoute:  {"get", tlsRoutes, "get TLSRoute " + ns + "/web"},
		ingress.KindGateway:   {"get", gateways, "get Gateway " + ns + "/web"},
	} {
		_, _, err := newSource(t, as(cp, "nobody"), time.Minute).Routes(testContext(t), binding.Object{Kind: kind, Namespace: ns, Name: "web"}, ingress.Beside{})
		var failure *Error
		if !errors.As(err, &failure) || !errors.Is(err, engine.ErrForbidden) || !errors.Is(err, engine.ErrSource) || failure.Verb != what[0] || failure.Resource != what[1] {
			t.Fatalf("%s: %v", kind, err)
		}
		if !strings.HasPrefix(err.Error(), what[2]+" on "+cp.URL()+": not allowed: ") || !strings.Contains(err.Error(), `User "nobody" cannot `+what[0]+` resource "`+what[1]+`"`) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestAClusterWithoutTheGatewayAPISaysSo(t *testing.T) {
	t.Parallel()
	cp, ctx := kubetest.StartT(t, kubetest.Options{}), testContext(t)
	source := newSource(t, as(cp, "viewer"), time.Minute)
	bound := binding.Object{Kind: ingress.KindHTTPRoute, Namespace: "default", Name: "web"}
	_, _, err := source.Routes(ctx, bound, ingress.Beside{})
	want := fmt.Sprintf("get HTTPRoute default/web on %s: %v", cp.URL(), ErrNoGatewayAPI)
	if !errors.Is(err, ErrNoGatewayAPI) || !errors.Is(err, engine.ErrSource) || fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	check(t, cp.InstallGatewayAPI(ctx))
	objects, _, err := source.Routes(ctx, bound, ingress.Beside{})
	if err != nil || listed(objects) != "" {
		t.Errorf("installed: %v, %v", listed(objects), err)
	}
}
