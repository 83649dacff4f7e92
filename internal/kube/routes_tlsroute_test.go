package kube

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// tlsListener leaves TLS to the pods.
func tlsListener(from gatewayv1.FromNamespaces) gatewayv1.Listener {
	return gatewayv1.Listener{
		Name: "tls", Port: 443, Protocol: gatewayv1.TLSProtocolType, TLS: &gatewayv1.ListenerTLSConfig{Mode: new(gatewayv1.TLSModePassthrough)},
		AllowedRoutes: &gatewayv1.AllowedRoutes{Namespaces: &gatewayv1.RouteNamespaces{From: &from}},
	}
}

// served is an API server whose Gateway API has these resources, a Gateway "edge" with a
// listener for TLS and one "plain" without, and answers so who asks for TLSRoutes.
func served(t *testing.T, tls http.HandlerFunc, resources ...string) *Source {
	t.Helper()
	kind := func(name string) metav1.TypeMeta {
		return metav1.TypeMeta{APIVersion: gatewayv1.GroupVersion.String(), Kind: name}
	}
	version := metav1.GroupVersionForDiscovery{GroupVersion: gatewayv1.GroupVersion.String(), Version: "v1"}
	known := metav1.APIResourceList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "APIResourceList"}, GroupVersion: gatewayv1.GroupVersion.String()}
	for _, name := range resources {
		known.APIResources = append(known.APIResources, metav1.APIResource{Name: name, Kind: name, Namespaced: true})
	}
	gateway := func(name string, listeners ...gatewayv1.Listener) http.HandlerFunc {
		return answer(200, gatewayv1.Gateway{TypeMeta: kind("Gateway"), ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name}, Spec: gatewayv1.GatewaySpec{Listeners: listeners}})
	}
	const group = "/apis/gateway.networking.k8s.io/v1"
	mux := http.NewServeMux()
	mux.HandleFunc("GET /apis", answer(200, metav1.APIGroupList{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "APIGroupList"},
		Groups:   []metav1.APIGroup{{Name: gatewayv1.GroupName, Versions: []metav1.GroupVersionForDiscovery{version}, PreferredVersion: version}},
	}))
	mux.HandleFunc("GET "+group, answer(200, known))
	mux.HandleFunc("GET "+group+"/namespaces/shop/gateways/edge", gateway("edge", tlsListener(gatewayv1.NamespacesFromSame)))
	mux.HandleFunc("GET "+group+"/namespaces/shop/gateways/plain", gateway("plain"))
	mux.HandleFunc("GET "+group+"/namespaces/shop/httproutes", answer(200, gatewayv1.HTTPRouteList{TypeMeta: kind("HTTPRouteList")}))
	mux.HandleFunc("GET "+group+"/namespaces/shop/tlsroutes", tls)
	mux.HandleFunc("GET "+group+"/namespaces/shop/tlsroutes/db", tls)
	server := httptest.NewTLSServer(mux)
	t.Cleanup(server.Close)
	return newSource(t, trusting(server), time.Minute)
}

func TestAClusterWithoutTLSRoutesServesTheRestOfAGateway(t *testing.T) {
	t.Parallel()
	missing := text(404, "404 page not found")
	forbidden := answer(403, metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure, Reason: metav1.StatusReasonForbidden, Code: 403, Message: "no"})
	for name, test := range map[string]struct {
		bound     string
		answer    http.HandlerFunc
		resources []string
		want      error
		lacks     bool
	}{
		"not there, and asked for":             {"gateway edge", missing, []string{"httproutes"}, nil, true},
		"not there, and forbidden":             {"gateway edge", forbidden, []string{"httproutes"}, nil, true},
		"there, and forbidden":                 {"gateway edge", forbidden, []string{"httproutes", "tlsroutes"}, engine.ErrForbidden, false},
		"there, and a proxy answers":           {"gateway edge", missing, []string{"httproutes", "tlsroutes"}, ErrNotKubernetes, false},
		"not there, and bound":                 {"tlsroute db", missing, []string{"httproutes"}, ErrNoTLSRoutes, false},
		"forbidden, and no listener for them":  {"gateway plain", forbidden, []string{"httproutes", "tlsroutes"}, nil, false},
		"not there, and no listener for them":  {"gateway plain", missing, []string{"httproutes"}, nil, false},
		"nobody tells what is there, and asks": {"gateway edge", forbidden, nil, engine.ErrForbidden, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bound := binding.Object{Namespace: "shop"}
			bound.Kind, bound.Name, _ = strings.Cut(test.bound, " ")
			objects, _, err := served(t, test.answer, test.resources...).Routes(t.Context(), bound, ingress.Beside{})
			if !errors.Is(err, test.want) || test.want == nil && err != nil {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if objects.NoTLSRoutes != test.lacks {
				t.Errorf("it has none: %v", objects.NoTLSRoutes)
			}
			if watched := slices.Contains(routeNeeds(objects, ingress.Beside{}), scope{tlsRoutes, "shop", ""}); watched {
				t.Error("a kind is watched that is not there")
			}
		})
	}
}

func TestTLSRoutesAreReadWithTheirGatewayAndByIt(t *testing.T) {
	t.Parallel()
	cp := cluster.ControlPlane(t)
	check(t, cp.InstallGatewayAPI(testContext(t)))
	a, b, s := cp.NamespaceT(t, "shop"), cp.NamespaceT(t, "infra"), newShop(t, cp)
	s.service(a, "db")
	s.service(b, "db")
	_, err := s.gateway.GatewayV1().Gateways(b).Create(t.Context(), &gatewayv1.Gateway{
		ObjectMeta: metav1.ObjectMeta{Name: "edge"},
		Spec:       gatewayv1.GatewaySpec{GatewayClassName: "bigip", Listeners: []gatewayv1.Listener{tlsListener(gatewayv1.NamespacesFromAll)}},
	}, metav1.CreateOptions{})
	check(t, err)
	s.grant(b, "TLSRoute", a, "Service")
	for name, of := range map[string]string{"near": a, "far": b} {
		route := &gatewayv1.TLSRoute{ObjectMeta: metav1.ObjectMeta{Name: name}}
		route.Spec.Hostnames = []gatewayv1.Hostname{gatewayv1.Hostname(name + ".example.com")}
		route.Spec.ParentRefs = []gatewayv1.ParentReference{{Namespace: new(gatewayv1.Namespace(b)), Name: "edge"}}
		backend := gatewayv1.BackendRef{}
		backend.Name, backend.Namespace, backend.Port = "db", new(gatewayv1.Namespace(of)), new(gatewayv1.PortNumber(80))
		route.Spec.Rules = []gatewayv1.TLSRouteRule{{BackendRefs: []gatewayv1.BackendRef{backend}}}
		_, err := s.gateway.GatewayV1().TLSRoutes(a).Create(t.Context(), route, metav1.CreateOptions{})
		check(t, err)
	}
	source := newSource(t, as(cp, "viewer"), time.Minute)
	for bound, want := range map[binding.Object]string{
		{Kind: ingress.KindTLSRoute, Namespace: a, Name: "near"}: "tls route A/near\ngateway B/edge\nservice A/db",
		{Kind: ingress.KindTLSRoute, Namespace: a, Name: "far"}:  "tls route A/far\ngateway B/edge\ngrant B/Service\nservice B/db",
		{Kind: ingress.KindTLSRoute, Namespace: a, Name: "none"}: "",
		{Kind: ingress.KindGateway, Namespace: b, Name: "edge"}:  "tls route A/far\ntls route A/near\ngateway B/edge\ngrant B/Service\nservice B/db\nservice A/db",
	} {
		objects, _, err := source.Routes(testContext(t), bound, ingress.Beside{})
		check(t, err)
		if diff := cmp.Diff(want, listed(objects, a, b)); diff != "" {
			t.Errorf("%s: -want +got\n%s", bound, diff)
		}
		kind := scope{tlsRoutes, a, bound.Name}
		if bound.Kind == ingress.KindGateway {
			kind = scope{tlsRoutes, "", ""}
		}
		if !slices.Contains(routeNeeds(objects, ingress.Beside{}), kind) {
			t.Errorf("%s: it is followed by %v", bound, routeNeeds(objects, ingress.Beside{}))
		}
	}
}
