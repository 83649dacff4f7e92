package ingress_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

const (
	routeSets        = 2000
	requestsForASet  = 50 // 100,000 pairs
	propertySeedHigh = 20260101
)

func somewhere() ingress.Options {
	return ingress.Options{Partition: "shop", Address: ltm.Address{IP: netip.MustParseAddr("203.0.113.10")}}
}

// pick makes small worlds, so that rules overlap often.
type pick struct{ *rand.Rand }

func one[T any](p pick, list ...T) T { return list[p.IntN(len(list))] }

func (p pick) chance(percent int) bool { return p.IntN(100) < percent }

func (p pick) host() string {
	return one(p, "", "*.com", "*.shop.com", "*.a.shop.com", "shop.com", "a.shop.com", "b.a.shop.com", "A.shop.com")
}

func (p pick) path() string {
	return one(p, "/", "/a", "/a/", "/a/b", "/a/b/", "/ab", "/A", "/a/b/c", "/b")
}

func (p pick) request() naiveRequest {
	r := naiveRequest{
		port:    int32(one(p, 80, 80, 80, 8080)),
		host:    one(p, "com", "shop.com", "a.shop.com", "b.a.shop.com", "c.b.a.shop.com", "c.shop.com", "other.com"),
		path:    one(p, "/", "/a", "/a/", "/a/b", "/a/b/", "/a/b/c", "/a/bc", "/ab", "/A", "/A/b", "/b/a", "/c"),
		method:  one(p, "GET", "POST", "PUT"),
		query:   url.Values{},
		headers: map[string]string{},
	}
	for _, name := range []string{"x", "y"} {
		if p.chance(50) {
			r.headers[name] = one(p, "1", "2", "V")
		}
		if p.chance(50) {
			r.query.Set(name, one(p, "1", "2", "v v"))
		}
	}
	return r
}

// sent is the request as a client writes it.
func (p pick) sent(r naiveRequest) dataplane.PolicyRequest {
	target := r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	host := one(p, r.host, strings.ToUpper(r.host), fmt.Sprintf("%s:%d", r.host, r.port))
	fields := []dataplane.Field{{Name: "Host", Value: host}}
	for name, value := range r.headers {
		fields = append(fields, dataplane.Field{Name: one(p, name, strings.ToUpper(name)), Value: value})
	}
	return dataplane.PolicyRequest{Method: r.method, Target: target, Version: "1.1", Fields: fields}
}

func (p pick) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: "shop", Name: name, CreationTimestamp: metav1.NewTime(time.Unix(int64(1000+p.IntN(3)), 0))}
}

func ptr[T any](v T) *T { return &v }

func (p pick) gateway() gatewayv1.Gateway {
	g := gatewayv1.Gateway{ObjectMeta: p.meta("edge")}
	for i := range 1 + p.IntN(3) {
		host := gatewayv1.Hostname(strings.ToLower(p.host()))
		l := gatewayv1.Listener{
			Name: gatewayv1.SectionName(fmt.Sprintf("l%d", i)), Protocol: gatewayv1.HTTPProtocolType, Port: gatewayv1.PortNumber(one(p, 80, 80, 8080)),
		}
		if host != "" {
			l.Hostname = &host
		}
		twice := false
		for _, other := range g.Spec.Listeners {
			twice = twice || other.Port == l.Port && fmt.Sprint(deref(other.Hostname)) == string(host)
		}
		if !twice {
			g.Spec.Listeners = append(g.Spec.Listeners, l)
		}
	}
	return g
}

func deref[T any](p *T) (zero T) {
	if p == nil {
		return zero
	}
	return *p
}

func (p pick) httpRoute(name string, services *[]ingress.Service) gatewayv1.HTTPRoute {
	r := gatewayv1.HTTPRoute{ObjectMeta: p.meta(name)}
	r.Spec.ParentRefs = []gatewayv1.ParentReference{{Name: "edge"}}
	if p.chance(25) {
		r.Spec.ParentRefs[0].SectionName = ptr(gatewayv1.SectionName(one(p, "l0", "l1")))
	}
	for range p.IntN(3) {
		if host := strings.ToLower(p.host()); host != "" {
			r.Spec.Hostnames = append(r.Spec.Hostnames, gatewayv1.Hostname(host))
		}
	}
	for i := range 1 + p.IntN(3) {
		service := fmt.Sprintf("%s-%d", name, i)
		*services = append(*services, serviceOf(service))
		rule := gatewayv1.HTTPRouteRule{BackendRefs: []gatewayv1.HTTPBackendRef{{BackendRef: gatewayv1.BackendRef{
			BackendObjectReference: gatewayv1.BackendObjectReference{Name: gatewayv1.ObjectName(service), Port: ptr(gatewayv1.PortNumber(80))},
		}}}}
		for range p.IntN(4) {
			rule.Matches = append(rule.Matches, p.match())
		}
		r.Spec.Rules = append(r.Spec.Rules, rule)
	}
	return r
}

func serviceOf(name string) ingress.Service {
	return ingress.Service{Namespace: "shop", Name: name, Ports: []endpoints.ServicePort{{Name: "http", Number: 80, Protocol: "TCP"}}}
}

func (p pick) match() (m gatewayv1.HTTPRouteMatch) {
	if p.chance(85) {
		m.Path = &gatewayv1.HTTPPathMatch{Type: ptr(one(p, gatewayv1.PathMatchExact, gatewayv1.PathMatchPathPrefix, gatewayv1.PathMatchPathPrefix)), Value: ptr(p.path())}
	}
	if p.chance(20) {
		m.Method = ptr(one(p, gatewayv1.HTTPMethodGet, gatewayv1.HTTPMethodPost))
	}
	for range p.IntN(3) * p.IntN(2) {
		m.Headers = append(m.Headers, gatewayv1.HTTPHeaderMatch{Name: gatewayv1.HTTPHeaderName(one(p, "x", "X", "y")), Value: one(p, "1", "2", "v")})
	}
	for _, name := range []string{"x", "y"} {
		if p.chance(15) {
			m.QueryParams = append(m.QueryParams, gatewayv1.HTTPQueryParamMatch{Name: gatewayv1.HTTPHeaderName(name), Value: one(p, "1", "2", "v v")})
		}
	}
	return m
}

func TestHTTPRoutesSendEachRequestWhereTheSpecificationSays(t *testing.T) {
	t.Parallel()
	routed := 0
	for seed := range uint64(routeSets) {
		p := pick{rand.New(rand.NewPCG(propertySeedHigh, seed))}
		objects := ingress.Objects{
			Bound:    binding.Object{Kind: ingress.KindGateway, Namespace: "shop", Name: "edge"},
			Gateways: []gatewayv1.Gateway{p.gateway()},
		}
		for i := range 1 + p.IntN(4) {
			objects.HTTPRoutes = append(objects.HTTPRoutes, p.httpRoute(fmt.Sprintf("r%d", i), &objects.Services))
		}
		built, _ := mustBuild(t, objects, somewhere(), ltm.Site{})
		policies := map[int32]*dataplane.Policy{80: policyAt(t, built, 80), 8080: policyAt(t, built, 8080)}
		for range requestsForASet {
			r := p.request()
			want := naiveRoutes(objects.Gateways[0], objects.HTTPRoutes, r)
			got := ask(policies[r.port], p.sent(r))
			if want != "" {
				routed++
			}
			if got != wantedOutcome(want, built, uint16(r.port)) {
				t.Fatalf("seed %d, %+v: got %q, want %q", seed, r, got, want)
			}
		}
	}
	if routed < routeSets*requestsForASet/4 {
		t.Errorf("only %d requests had a route at all", routed)
	}
}

// wantedOutcome is the pool of a Service, or the answer for none.
func wantedOutcome(service string, built ingress.Built, port uint16) string {
	switch {
	case service != "":
		return "shop_" + service + "_http"
	case built.VirtualServers[port].IsZero():
		return "no virtual server"
	default:
		return "status 404"
	}
}

const (
	officeNetwork = "192.0.2.0/24"
	officeClient  = "192.0.2.7"
	roamingClient = "203.0.113.99"
)

// naiveAllowed: "You can specify allowed client IP source ranges through the
// nginx.ingress.kubernetes.io/whitelist-source-range annotation." It is the Ingress'
// that has the backend.
func naiveAllowed(all []networkingv1.Ingress, service, client string) bool {
	for _, i := range all {
		if strings.HasPrefix(service, i.Name+"-") && len(i.Annotations) > 0 {
			return client == officeClient
		}
	}
	return true
}

func (p pick) ingress(name string, services *[]ingress.Service) networkingv1.Ingress {
	i := networkingv1.Ingress{ObjectMeta: p.meta(name)}
	if p.chance(30) {
		i.Annotations = map[string]string{"nginx.ingress.kubernetes.io/whitelist-source-range": one(p, officeNetwork, officeNetwork+", 198.51.100.0/24")}
	}
	backend := func() networkingv1.IngressBackend {
		service := fmt.Sprintf("%s-%d", name, len(*services))
		*services = append(*services, serviceOf(service))
		return networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
			Name: service, Port: one(p, networkingv1.ServiceBackendPort{Name: "http"}, networkingv1.ServiceBackendPort{Number: 80}),
		}}
	}
	for range 1 + p.IntN(3) {
		rule := networkingv1.IngressRule{Host: strings.ToLower(p.host())}
		rule.HTTP = &networkingv1.HTTPIngressRuleValue{}
		for range 1 + p.IntN(3) {
			kind := one(p, networkingv1.PathTypeExact, networkingv1.PathTypePrefix, networkingv1.PathTypePrefix, networkingv1.PathTypeImplementationSpecific)
			rule.HTTP.Paths = append(rule.HTTP.Paths, networkingv1.HTTPIngressPath{Path: p.path(), PathType: &kind, Backend: backend()})
		}
		i.Spec.Rules = append(i.Spec.Rules, rule)
	}
	if p.chance(30) {
		i.Spec.DefaultBackend = ptr(backend())
	}
	return i
}

func TestIngressesSendEachRequestWhereTheSpecificationSays(t *testing.T) {
	t.Parallel()
	routed, limited, denied := 0, 0, 0
	for seed := range uint64(routeSets) {
		p := pick{rand.New(rand.NewPCG(propertySeedHigh+1, seed))}
		var all []networkingv1.Ingress
		var services []ingress.Service
		for i := range 1 + p.IntN(3) {
			all = append(all, p.ingress(fmt.Sprintf("i%d", i), &services))
		}
		var built ingress.Built
		warned := map[string]bool{} // wildcards that are told to cover too much
		for _, i := range p.Perm(len(all)) {
			objects := ingress.Objects{
				Bound: binding.Object{Kind: ingress.KindIngress, Namespace: "shop", Name: all[i].Name}, Ingresses: all, Services: services,
			}
			var problems []ingress.Problem
			built, problems = mustBuild(t, objects, somewhere(), built.Site)
			for _, problem := range problems {
				for _, wildcard := range []string{"*.com", "*.shop.com", "*.a.shop.com"} {
					warned[wildcard] = warned[wildcard] || problem.Effect == ingress.Differs && strings.Contains(problem.Reason, "the host "+wildcard+" ")
				}
			}
		}
		policy := policyAt(t, built, 80)
		for range requestsForASet * 3 / 2 {
			r := p.request()
			r.port = 80
			hostFits := naiveIngressHost
			if coveredTooMuch(warned, r.host) { // then it is what the Problem says
				limited++
				hostFits = naiveHostFits
			}
			want := naiveIngress(all, r, hostFits)
			if want != "" {
				routed++
			}
			outcome, client := wantedOutcome(want, built, 80), one(p, officeClient, roamingClient)
			if !naiveAllowed(all, want, client) {
				outcome = "status 403"
				denied++
			}
			sent := p.sent(r)
			sent.Client = netip.MustParseAddr(client)
			if got := ask(policy, sent); got != outcome {
				t.Fatalf("seed %d, %+v from %s: got %q, want %q", seed, r, client, got, outcome)
			}
		}
	}
	if routed < routeSets*requestsForASet/2 {
		t.Errorf("only %d requests had a route at all", routed)
	}
	if denied < routed/20 {
		t.Errorf("only %d requests were denied", denied)
	}
	if exact := routeSets*requestsForASet*3/2 - limited; exact < 100_000 {
		t.Errorf("only %d requests were held against the specification", exact)
	}
}

// coveredTooMuch tells that a host is one that a Problem names: below a wildcard by more
// than one label.
func coveredTooMuch(warned map[string]bool, host string) bool {
	for wildcard, told := range warned {
		if told && naiveHostFits(wildcard, host) && !naiveIngressHost(wildcard, host) {
			return true
		}
	}
	return false
}
