package ingress_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestWeightsKeepAModeWithRatios(t *testing.T) {
	t.Parallel()
	objects, options := readGolden(t, "testdata/ingress_canary.in.yaml")
	for mode, want := range map[string][2]string{
		"least-connections-member":       {"least-connections-member", "ratio-member"},
		"ratio-least-connections-member": {"ratio-least-connections-member", "ratio-least-connections-member"},
	} {
		options.Pool.LoadBalancingMode = mode
		built, _ := mustBuild(t, objects, options, ltm.Site{})
		for _, pool := range built.Site.Pools {
			if want := want[min(1, len(built.Backends[pool.Path])-1)]; pool.LoadBalancingMode != want {
				t.Errorf("%s, asked for %s: got %s, want %s", pool.Path, mode, pool.LoadBalancingMode, want)
			}
		}
	}
}

func TestOfOneOwnerAtTwoAddressesOneDecidesWhatAPoolIsLike(t *testing.T) {
	t.Parallel()
	objects := simpleIngress("web", 1, "shop.com", "/")
	inside, outside := somewhere(), somewhere()
	inside.Address = address("10.0.0.10")
	inside.Pool.Monitors.Monitors = []ltm.Path{ltm.NewPath("Common", "http")}
	var sites []ltm.Site
	for _, order := range [][]ingress.Options{{inside, outside, inside}, {outside, inside, outside}} {
		var site ltm.Site
		for _, options := range order {
			built, _ := mustBuild(t, objects, options, site)
			site = built.Site
		}
		sites = append(sites, site)
	}
	if diff := cmp.Diff(sites[0], sites[1]); diff != "" {
		t.Errorf("-inside last +outside last\n%s", diff)
	}
}

func TestAHeaderThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]gatewayv1.HTTPHeader{
		"a line behind the value": {Name: "X", Value: "a\r\nEvil: 1"},
		"Tcl":                     {Name: "X", Value: " TCL:[exec id]"},
		"a name with a blank":     {Name: "X Y", Value: "a"},
		"a name with Tcl":         {Name: "[X]", Value: "a"},
		"a name with a colon":     {Name: "X:", Value: "a"},
	} {
		filter := gatewayv1.HTTPRouteFilter{
			Type: gatewayv1.HTTPRouteFilterRequestHeaderModifier, RequestHeaderModifier: &gatewayv1.HTTPHeaderFilter{Set: []gatewayv1.HTTPHeader{h}},
		}
		built, problems := mustBuild(t, onePrefix("/", filter, true), somewhere(), ltm.Site{})
		if got := ask(policyAt(t, built, 80), requestFor("/")); got != "status 500" {
			t.Errorf("%s: the answer is %q", name, got)
		}
		if len(problems) != 1 || problems[0].Effect != ingress.Answered {
			t.Errorf("%s: problems %v", name, problems)
		}
	}
}

func TestNothingOfAClusterGetsBehindTcl(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{"/[exec id]", "/$x", "/{a", `/a"b`, "/a;b", "/a b", `/a\b`, "/a\nb"} {
		for _, kind := range []gatewayv1.HTTPPathModifierType{gatewayv1.FullPathHTTPPathModifier, gatewayv1.PrefixMatchHTTPPathModifier} {
			path := &gatewayv1.HTTPPathModifier{Type: kind, ReplaceFullPath: &evil, ReplacePrefixMatch: &evil}
			for _, filter := range []gatewayv1.HTTPRouteFilter{
				{Type: gatewayv1.HTTPRouteFilterURLRewrite, URLRewrite: &gatewayv1.HTTPURLRewriteFilter{Path: path}},
				{Type: gatewayv1.HTTPRouteFilterURLRewrite, URLRewrite: &gatewayv1.HTTPURLRewriteFilter{Hostname: ptr(gatewayv1.PreciseHostname(evil))}},
				{Type: gatewayv1.HTTPRouteFilterRequestRedirect, RequestRedirect: &gatewayv1.HTTPRequestRedirectFilter{Path: path}},
				{Type: gatewayv1.HTTPRouteFilterRequestRedirect, RequestRedirect: &gatewayv1.HTTPRequestRedirectFilter{Hostname: ptr(gatewayv1.PreciseHostname(evil))}},
			} {
				built, _ := mustBuild(t, onePrefix("/a", filter, filter.URLRewrite != nil), somewhere(), ltm.Site{})
				for _, rule := range built.Site.Policies[0].Rules {
					for _, action := range rule.Actions {
						if strings.Contains(action.Value+action.Location, evil) {
							t.Errorf("%s %q: %+v", kind, evil, action)
						}
					}
				}
			}
		}
	}
}

func TestACertificateForAHostThatNoRuleHasIsTold(t *testing.T) {
	t.Parallel()
	objects := tlsIngress("web", 1, "shop.com", "tls")
	objects.Ingresses[0].Spec.TLS[0].Hosts = []string{"shop.org"}
	routes, problems := ingress.Translate(objects, somewhere())
	if len(problems) != 1 || problems[0].Reason != `no rule has the host "shop.org", that a certificate is for` {
		t.Errorf("problems %v", problems)
	}
	if len(routes.Servers) != 1 || routes.Servers[0].TLS {
		t.Errorf("servers %+v", routes.Servers)
	}
}

func TestAnnotationsSayWhetherHTTPIsServedAndRedirected(t *testing.T) {
	t.Parallel()
	const redirected, served, absent = "redirect https://shop.com/x", "shop_web_http", "no virtual server"
	for annotation, want := range map[string]string{
		"":                                   redirected,
		"ingress.kubernetes.io/ssl-redirect": served,
		"nginx.ingress.kubernetes.io/ssl-redirect": served,
		"ingress.kubernetes.io/allow-http":         absent,
	} {
		objects := tlsIngress("web", 1, "shop.com", "tls")
		objects.Ingresses[0].Annotations = map[string]string{annotation: "false"}
		built, _ := mustBuild(t, objects, somewhere(), ltm.Site{})
		if got := ask(policyAt(t, built, 80), requestFor("/x")); got != want {
			t.Errorf("%s: %q, want %q", annotation, got, want)
		}
		if got := ask(policyAt(t, built, 443), requestFor("/x")); got != served {
			t.Errorf("%s: by HTTPS %q", annotation, got)
		}
	}
}

// A solver of the ACME protocol is an Ingress of its own, which has the host of another
// one and no certificate yet.
func TestAMorePreciseRuleIsBeforeTheRedirectToHTTPS(t *testing.T) {
	t.Parallel()
	solver := simpleIngress("solver", 2, "shop.com", "/.well-known/acme-challenge/token")
	solver.Ingresses[0].Spec.Rules[0].HTTP.Paths[0].PathType = ptr(networkingv1.PathTypeExact)
	first, _ := mustBuild(t, tlsIngress("web", 1, "shop.com", "tls"), somewhere(), ltm.Site{})
	both, problems := mustBuild(t, solver, somewhere(), first.Site)
	if len(problems)+len(both.Problems) != 0 {
		t.Errorf("problems %v %v", problems, both.Problems)
	}
	policy := policyAt(t, both, 80)
	for path, want := range map[string]string{"/.well-known/acme-challenge/token": "shop_solver_http", "/": "redirect https://shop.com/"} {
		if got := ask(policy, requestFor(path)); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestWhatIsNotThereWantsNothing(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{ingress.KindIngress, ingress.KindHTTPRoute, ingress.KindGateway} {
		bound := binding.Object{Kind: kind, Namespace: "shop", Name: "web"}
		routes, problems := ingress.Translate(ingress.Objects{Bound: bound}, somewhere())
		if diff := cmp.Diff(ingress.RouteSet{Owner: bound}, routes); diff != "" {
			t.Errorf("%s: -want +got\n%s", kind, diff)
		}
		if len(problems) != 1 || problems[0].Reason != "it does not exist" {
			t.Errorf("%s: problems %v", kind, problems)
		}
	}
}

func TestServersWithAndWithoutTLSDoNotShareAPort(t *testing.T) {
	t.Parallel()
	first, _ := mustBuild(t, simpleIngress("plain", 1, "plain.com", "/"), somewhere(), ltm.Site{})
	options := somewhere()
	options.HTTPSPort, options.HTTPPort = 80, 81
	routes, _ := ingress.Translate(tlsIngress("web", 2, "shop.com", "tls"), options)
	if _, err := ingress.Build(routes, options, first.Site); err == nil || !strings.Contains(err.Error(), "differ in whether clients use TLS") {
		t.Errorf("got %v", err)
	}
}

func TestAChangeTouchesOnlyWhatItIsAbout(t *testing.T) {
	t.Parallel()
	objects, options := readGolden(t, "testdata/gateway.in.yaml")
	before, _ := mustBuild(t, objects, options, ltm.Site{})

	refs := objects.HTTPRoutes[0].Spec.Rules[0].BackendRefs
	refs[0].Weight, refs[1].Weight = ptr(int32(50)), ptr(int32(45))
	weighed, _ := mustBuild(t, objects, options, before.Site)
	want := before.Site
	for i, pool := range want.Pools {
		if len(before.Backends[pool.Path]) > 1 {
			want.Pools[i].Description = strings.NewReplacer("http=80", "http=50", "http=15", "http=45").Replace(pool.Description)
		}
	}
	if diff := cmp.Diff(want, weighed.Site); diff != "" {
		t.Errorf("a weight: -want +got\n%s", diff)
	}

	objects.HTTPRoutes[0].Spec.Rules[1].Matches[0].Path.Value = ptr("/beta")
	moved, _ := mustBuild(t, objects, options, weighed.Site)
	moved.Site.Policies, weighed.Site.Policies = moved.Site.Policies[1:], weighed.Site.Policies[1:]
	if diff := cmp.Diff(weighed.Site, moved.Site); diff != "" {
		t.Errorf("a path touches more than its policy: -before +after\n%s", diff)
	}
}

// Two hundred Ingresses with five paths each, at one address.
func BenchmarkBuildOnAnAddressOfManyOwners(b *testing.B) {
	var site ltm.Site
	var last ingress.RouteSet
	p := pick{rand.New(rand.NewPCG(1, 1))}
	for i := range 200 {
		var services []ingress.Service
		in := p.ingress("i"+string(rune('a'+i/26))+string(rune('a'+i%26)), &services)
		for len(in.Spec.Rules[0].HTTP.Paths) < 5 {
			in.Spec.Rules[0].HTTP.Paths = append(in.Spec.Rules[0].HTTP.Paths, in.Spec.Rules[0].HTTP.Paths[0])
		}
		routes, _ := ingress.Translate(ingress.Objects{Bound: ownerOf(in.Name), Ingresses: []networkingv1.Ingress{in}, Services: services}, somewhere())
		built, err := ingress.Build(routes, somewhere(), site)
		if err != nil {
			b.Fatal(err)
		}
		site, last = built.Site, routes
	}
	for b.Loop() {
		if _, err := ingress.Build(last, somewhere(), site); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(site.Policies[0].Rules)), "rules")
}

func TestASecondSecretForAHostIsAProblemThatNamesBothUnlessItsContentIsTheSame(t *testing.T) {
	t.Parallel()
	secret := func(name, checksum string) ingress.Secret {
		return ingress.Secret{Namespace: "shop", Name: name, CertificateChecksum: checksum, KeyChecksum: checksum}
	}
	objects := simpleIngress("web", 1, "shop.com", "/")
	objects.Secrets = []ingress.Secret{secret("rsa", "a"), secret("ecdsa", "b"), secret("copy", "a")}
	for second, want := range map[string]string{
		"rsa":   "",
		"copy":  "",
		"ecdsa": `ingress shop/web, tls entry 1: host "shop.com" has the certificate of Secret shop/rsa already, so that of Secret shop/ecdsa is not served (left out)`,
		"":      `ingress shop/web, tls entry 1: host "shop.com" has the certificate of Secret shop/rsa already, so that of an entry without a Secret is not served (left out)`,
	} {
		objects.Ingresses[0].Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{"shop.com"}, SecretName: "rsa"}, {Hosts: []string{"Shop.com"}, SecretName: second}}
		built, problems := mustBuild(t, objects, somewhere(), ltm.Site{})
		var texts []string
		for _, p := range problems {
			texts = append(texts, p.String())
		}
		if got := strings.Join(texts, "; "); got != want || len(built.Site.ClientSSL) != 1 {
			t.Errorf("%q: %d profiles\ngot  %s\nwant %s", second, len(built.Site.ClientSSL), got, want)
		}
	}
}
