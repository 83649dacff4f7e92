package reconciler

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayclient "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned/typed/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// Users with few rights.
const (
	routeUser  = "follows-routes"
	statusUser = "writes-status"
)

// gateways is the Gateway API of the site's cluster.
func (s *site) gateways() *gatewayclient.GatewayV1Client {
	s.t.Helper()
	must(s.t, s.cp.InstallGatewayAPI(s.t.Context()))
	client, err := gatewayclient.NewForConfig(s.cp.RESTConfig())
	must(s.t, err)
	return client
}

// gateway makes one with a listener for HTTP.
func (s *site) gateway(client *gatewayclient.GatewayV1Client, name string) {
	s.t.Helper()
	_, err := client.Gateways(s.namespace).Create(s.t.Context(), &gatewayv1.Gateway{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       gatewayv1.GatewaySpec{GatewayClassName: "bigip", Listeners: []gatewayv1.Listener{{Name: "http", Port: 80, Protocol: gatewayv1.HTTPProtocolType}}},
	}, metav1.CreateOptions{})
	must(s.t, err)
}

// route writes an HTTPRoute of a Gateway, with backends by weight.
func (s *site) route(client *gatewayclient.GatewayV1Client, name, gateway string, weights map[string]int32) {
	s.t.Helper()
	rule := gatewayv1.HTTPRouteRule{}
	for _, service := range []string{"web", "api", "none"} {
		weight, named := weights[service]
		if !named {
			continue
		}
		backend := gatewayv1.HTTPBackendRef{}
		backend.Name, backend.Port, backend.Weight = gatewayv1.ObjectName(service), new(gatewayv1.PortNumber(80)), &weight
		rule.BackendRefs = append(rule.BackendRefs, backend)
	}
	spec := gatewayv1.HTTPRouteSpec{Rules: []gatewayv1.HTTPRouteRule{rule}}
	spec.ParentRefs = []gatewayv1.ParentReference{{Name: gatewayv1.ObjectName(gateway)}}
	before, err := client.HTTPRoutes(s.namespace).Get(s.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		_, err = client.HTTPRoutes(s.namespace).Create(s.t.Context(), &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}, metav1.CreateOptions{})
	} else {
		before.Spec = spec
		_, err = client.HTTPRoutes(s.namespace).Update(s.t.Context(), before, metav1.UpdateOptions{})
	}
	must(s.t, err)
}

func TestTheWeightsOfAnHTTPRouteReachThePool(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	client := s.gateways()
	s.gateway(client, "edge")
	s.route(client, "web", "edge", map[string]int32{"web": 90, "api": 10})
	s.apply(s.owner(ingress.KindHTTPRoute, "web"), siteOptions())
	s.follow(s.options("shop"), 1)
	ratios := func() (all []int) {
		pools, err := s.device.PoolsIn(t.Context(), "shop")
		must(t, err)
		for _, p := range pools {
			for _, m := range p.Members {
				all = append(all, m.Ratio)
			}
		}
		return all
	}
	share := func(a, b int) func() bool {
		return func() bool {
			r := ratios()
			return len(r) == 2 && (r[0]*b == r[1]*a || r[0]*a == r[1]*b)
		}
	}
	otherwise := func() string { return "the pools are " + s.pools()[0] }
	eventually(t, share(9, 1), otherwise)
	start := time.Now()
	s.route(client, "web", "edge", map[string]int32{"web": 70, "api": 30})
	eventually(t, share(7, 3), otherwise)
	if took := time.Since(start); took > time.Second {
		t.Errorf("the device had the weights after %s", took)
	} else {
		t.Logf("the device had the weights after %s", took)
	}
}

func TestAGatewayIsFollowedWithAllItsRoutes(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	client := s.gateways()
	s.gateway(client, "edge")
	s.route(client, "web", "edge", map[string]int32{"web": 1})
	s.apply(s.owner(ingress.KindGateway, "edge"), siteOptions())
	s.follow(s.options("shop"), 1)
	s.has("shop_web_http 1*enabled")
	s.route(client, "later", "edge", map[string]int32{"api": 1})
	s.has("shop_api_http 1*enabled", "shop_web_http 1*enabled")
	must(t, client.HTTPRoutes(s.namespace).Delete(t.Context(), "web", metav1.DeleteOptions{}))
	s.has("shop_api_http 1*enabled")
}

// Where no Gateway is bound, nobody has to have the right to read one, and no Secret is
// listed.
func TestWhoFollowsAnIngressNeedsNoRightBeyondIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	cert, key := certificate(t, 1)
	s.secret("web-tls", cert, key)
	s.ingress("web", "web-tls", "/=web")
	s.apply(s.owner(ingress.KindIngress, "web"), siteOptions())
	read := []string{"get", "list", "watch"}
	must(t, s.cp.Grant(t.Context(), routeUser,
		rbacv1.PolicyRule{APIGroups: []string{corev1.GroupName}, Resources: []string{"services"}, Verbs: read},
		rbacv1.PolicyRule{APIGroups: []string{discoveryv1.GroupName}, Resources: []string{"endpointslices"}, Verbs: read},
		rbacv1.PolicyRule{APIGroups: []string{networkingv1.GroupName}, Resources: []string{"ingresses"}, Verbs: read},
		rbacv1.PolicyRule{APIGroups: []string{corev1.GroupName}, Resources: []string{"secrets"}, ResourceNames: []string{"web-tls"}, Verbs: []string{"get", "watch", "list"}},
	))
	s.config = s.cp.UserKubeconfigT(t, routeUser)
	helper := s.follow(s.options("shop"), 1)
	eventually(t, helper.isReady, func() string { return "the helper does not become ready" })
	s.ingress("web", "web-tls", "/=web", "/api=api")
	s.serves(tlsServer, "/api shop_api_http", "/api/ shop_api_http", "shop_web_http")
	cert, key = certificate(t, 2)
	s.secret("web-tls", cert, key)
	eventually(t, func() bool { serial, err := s.shows(t); return err == nil && serial == 2 }, func() string { return "the new certificate is not shown" })
}
