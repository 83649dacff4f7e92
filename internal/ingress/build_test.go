package ingress_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func at(seconds int64) metav1.Time { return metav1.NewTime(time.Unix(seconds, 0)) }

func address(text string) ltm.Address { return ltm.Address{IP: netip.MustParseAddr(text)} }

// tlsIngress is simpleIngress with a certificate.
func tlsIngress(name string, created int64, host, secret string) ingress.Objects {
	objects := simpleIngress(name, created, host, "/")
	objects.Ingresses[0].Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{host}, SecretName: secret}}
	objects.Secrets = []ingress.Secret{{Namespace: "shop", Name: secret, CertificateChecksum: "SHA1:1:" + secret, KeyChecksum: "SHA1:2:" + secret}}
	return objects
}

func attachedTo(site ltm.Site, name string) (profiles []string) {
	for _, v := range site.VirtualServers {
		for _, p := range v.Profiles {
			if v.Path.Name == name && p.Context == ltm.ContextClientSide {
				profiles = append(profiles, p.Path.Name)
			}
		}
	}
	return profiles
}

func TestASecretThatCannotBeUsedLeavesWhatServes(t *testing.T) {
	t.Parallel()
	objects := tlsIngress("web", 1, "shop.com", "tls")
	before, _ := mustBuild(t, objects, somewhere(), ltm.Site{})
	objects.Secrets[0] = ingress.Secret{Namespace: "shop", Name: "tls", Problem: "the key does not belong to the certificate"}
	after, problems := mustBuild(t, objects, somewhere(), before.Site)
	if diff := cmp.Diff(before.Site, after.Site); diff != "" {
		t.Errorf("-before +after\n%s", diff)
	}
	if len(problems) != 1 || problems[0].Effect != ingress.Differs {
		t.Errorf("problems %v", problems)
	}
	objects.Secrets[0] = ingress.Secret{Namespace: "shop", Name: "tls", CertificateChecksum: "SHA1:1:new", KeyChecksum: "SHA1:2:new"}
	renewed, _ := mustBuild(t, objects, somewhere(), after.Site)
	want := before.Site
	want.Certificates = []ltm.Certificate{{Path: ltm.NewPath("shop", "shop_tls"), CertificateChecksum: "SHA1:1:new", KeyChecksum: "SHA1:2:new"}}
	if diff := cmp.Diff(want, renewed.Site); diff != "" {
		t.Errorf("a renewed certificate changes more than itself: -want +got\n%s", diff)
	}
}

func TestOneProfileForEachNameIsAttachedAndTheOthersWait(t *testing.T) {
	t.Parallel()
	old, young := tlsIngress("old", 1, "shop.com", "one"), tlsIngress("young", 2, "shop.com", "two")
	first, _ := mustBuild(t, young, somewhere(), ltm.Site{})
	both, _ := mustBuild(t, old, somewhere(), first.Site)
	const server = "203.0.113.10_443"
	if got, want := attachedTo(both.Site, server), []string{server + "_ingress_shop_old_shop.com"}; !slices.Equal(got, want) {
		t.Errorf("attached are %v, want %v", got, want)
	}
	defaults := 0
	for _, c := range both.Site.ClientSSL {
		if c.Default {
			defaults++
		}
	}
	if len(both.Site.ClientSSL) != 2 || defaults != 1 {
		t.Errorf("%d profiles, %d of them default", len(both.Site.ClientSSL), defaults)
	}
	if !slices.ContainsFunc(both.Problems, func(p ingress.Problem) bool {
		return p.Object == ownerOf("young") && p.With == ownerOf("old") && strings.HasPrefix(p.Place, "certificate")
	}) {
		t.Errorf("no problem tells of the two certificates: %v", both.Problems)
	}
	gone, err := ingress.Build(ingress.RouteSet{Owner: ownerOf("old")}, somewhere(), both.Site)
	if diff := cmp.Diff(first.Site, gone.Site); err != nil || diff != "" {
		t.Errorf("%v: -young alone +old gone\n%s", err, diff)
	}
}

func TestBackendsOfAPoolAreWhatItsMarkSays(t *testing.T) {
	t.Parallel()
	objects, options := readGolden(t, "testdata/gateway.in.yaml")
	options.Pool.Drain, options.Pool.MinMembers = time.Minute, 2
	built, _ := mustBuild(t, objects, options, ltm.Site{})
	if len(built.Backends) != len(built.Site.Pools) {
		t.Errorf("%d pools, %d with backends", len(built.Site.Pools), len(built.Backends))
	}
	for _, pool := range built.Site.Pools {
		_, mark, found, err := binding.Parse(pool.Description)
		want := binding.Mark{Backends: built.Backends[pool.Path], Drain: time.Minute, Min: 2}
		if diff := cmp.Diff(want, mark); !found || err != nil || diff != "" {
			t.Errorf("%s: %v -backends +mark\n%s", pool.Path, err, diff)
		}
		if pool.Members != nil {
			t.Errorf("%s has members", pool.Path)
		}
	}
}

func TestNamesAreUniqueAndNeverTooLong(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 253)
	in := func(cluster, namespace, name string) ingress.Objects {
		objects := simpleIngress("web", 1, "shop.com", "/a")
		objects.Bound = binding.Object{Kind: ingress.KindIngress, Cluster: cluster, Namespace: namespace, Name: name}
		objects.Ingresses[0].Namespace, objects.Ingresses[0].Name = namespace, name
		objects.Services[0].Namespace = namespace
		objects.Secrets = []ingress.Secret{{Namespace: namespace, Name: "tls", CertificateChecksum: "c", KeyChecksum: "k"}}
		objects.Ingresses[0].Spec.TLS = []networkingv1.IngressTLS{{SecretName: "tls"}}
		return objects
	}
	var site ltm.Site
	all := []ingress.Objects{in("", "shop", long+"1"), in("", "shop", long+"2"), in("a_shop", "b", "c"), in("a", "shop-b", "c"), in("a", "shop", "b"), in("", "a", "shop")}
	for _, objects := range all {
		built, _ := mustBuild(t, objects, somewhere(), site)
		site = built.Site
	}
	for _, policy := range site.Policies {
		seen := map[string]bool{}
		for _, rule := range policy.Rules {
			if len(rule.Name) > 255 || seen[rule.Name] {
				t.Errorf("rule %q is there twice, or too long", rule.Name)
			}
			seen[rule.Name] = true
		}
		// On 443 the two rules of the prefix and the fallback; on 80 the redirect and it.
		if want := map[string]int{"203.0.113.10_443": 3, "203.0.113.10_80": 2}[policy.Path.Name] * len(all); len(seen) != want {
			t.Errorf("%s has %d rules, want %d", policy.Path, len(seen), want)
		}
	}
	if want := len(all) - 1; len(site.Pools) != want { // the first two have one Service
		t.Errorf("%d pools, want %d", len(site.Pools), want)
	}
	if len(site.ClientSSL) != len(all) {
		t.Errorf("%d client-ssl profiles, want %d", len(site.ClientSSL), len(all))
	}
	for _, pool := range site.Pools {
		if _, err := ltm.ParsePath(pool.Path.String()); err != nil {
			t.Error(err)
		}
	}
}

func TestVirtualServersAreNamedAfterTheirAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"2001:db8::1": "2001.db8..1_80", "203.0.113.10": "203.0.113.10_80"} {
		options := somewhere()
		options.Address = address(text)
		built, _ := mustBuild(t, simpleIngress("web", 1, "shop.com", "/"), options, ltm.Site{})
		if got := built.VirtualServers[80].Name; got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	options := somewhere()
	options.Address.RouteDomain, options.Folder = 2, "web"
	built, _ := mustBuild(t, simpleIngress("web", 1, "shop.com", "/"), options, ltm.Site{})
	if got := built.VirtualServers[80].String(); got != "/shop/web/203.0.113.10_rd2_80" {
		t.Errorf("in a route domain and a folder: %s", got)
	}
	if got := built.Site.VirtualServers[0].Destination.String(); got != "/shop/203.0.113.10%2:80" {
		t.Errorf("it listens on %s", got)
	}
}

// onePrefix is a route for a prefix with a filter.
func onePrefix(prefix string, filter gatewayv1.HTTPRouteFilter, backend bool) ingress.Objects {
	route := gatewayv1.HTTPRoute{}
	route.Namespace, route.Name, route.CreationTimestamp = "shop", "web", at(1)
	rule := gatewayv1.HTTPRouteRule{
		Matches: []gatewayv1.HTTPRouteMatch{{Path: &gatewayv1.HTTPPathMatch{Type: ptr(gatewayv1.PathMatchPathPrefix), Value: &prefix}}},
		Filters: []gatewayv1.HTTPRouteFilter{filter},
	}
	if backend {
		rule.BackendRefs = []gatewayv1.HTTPBackendRef{{BackendRef: gatewayv1.BackendRef{
			BackendObjectReference: gatewayv1.BackendObjectReference{Name: "web", Port: ptr(gatewayv1.PortNumber(80))},
		}}}
	}
	route.Spec.Rules = []gatewayv1.HTTPRouteRule{rule}
	return ingress.Objects{
		Bound: binding.Object{Kind: ingress.KindHTTPRoute, Namespace: "shop", Name: "web"}, HTTPRoutes: []gatewayv1.HTTPRoute{route},
		Services: []ingress.Service{{Namespace: "shop", Name: "web", Ports: []endpoints.ServicePort{{Number: 80}}}},
	}
}

// The table is the specification's, of HTTPPathModifier.replacePrefixMatch.
func TestAPrefixIsReplacedAsTheSpecificationsTableSays(t *testing.T) {
	t.Parallel()
	for _, row := range [][4]string{
		{"/foo/bar", "/foo", "/xyz", "/xyz/bar"},
		{"/foo/bar", "/foo", "/xyz/", "/xyz/bar"},
		{"/foo/bar", "/foo/", "/xyz", "/xyz/bar"},
		{"/foo/bar", "/foo/", "/xyz/", "/xyz/bar"},
		{"/foo", "/foo", "/xyz", "/xyz"},
		{"/foo/", "/foo", "/xyz", "/xyz/"},
		{"/foo/bar", "/foo", "", "/bar"},
		{"/foo/", "/foo", "", "/"},
		{"/foo", "/foo", "", "/"},
		{"/foo/", "/foo", "/", "/"},
		{"/foo", "/foo", "/", "/"},
		{"/foo/bar", "/", "/xyz", "/xyz/foo/bar"},
		{"/foo/bar", "/", "/", "/foo/bar"},
	} {
		path := &gatewayv1.HTTPPathModifier{Type: gatewayv1.PrefixMatchHTTPPathModifier, ReplacePrefixMatch: &row[2]}
		rewrite := gatewayv1.HTTPRouteFilter{Type: gatewayv1.HTTPRouteFilterURLRewrite, URLRewrite: &gatewayv1.HTTPURLRewriteFilter{Path: path}}
		if got := rewritten(t, onePrefix(row[1], rewrite, true), row[0]); got != row[3] {
			t.Errorf("rewrite %q with %q for %q: got %q, want %q", row[0], row[2], row[1], got, row[3])
		}
		redirect := gatewayv1.HTTPRouteFilter{Type: gatewayv1.HTTPRouteFilterRequestRedirect, RequestRedirect: &gatewayv1.HTTPRequestRedirectFilter{Path: path}}
		built, _ := mustBuild(t, onePrefix(row[1], redirect, false), somewhere(), ltm.Site{})
		if got, want := ask(policyAt(t, built, 80), requestFor(row[0]+"?q=1")), "redirect http://shop.com"+row[3]+"?q=1"; got != want {
			t.Errorf("redirect %q with %q for %q: got %q, want %q", row[0], row[2], row[1], got, want)
		}
	}
}

func requestFor(target string) dataplane.PolicyRequest {
	return dataplane.PolicyRequest{Method: "GET", Target: target, Fields: []dataplane.Field{{Name: "Host", Value: "shop.com:80"}}}
}

// rewritten is the path that a pod gets to see.
func rewritten(t *testing.T, objects ingress.Objects, path string) string {
	t.Helper()
	built, _ := mustBuild(t, objects, somewhere(), ltm.Site{})
	verdict := dataplane.Evaluate([]*dataplane.Policy{policyAt(t, built, 80)}, requestFor(path))
	for _, a := range verdict.Request {
		if a.Kind == dataplane.ActionHTTPURI {
			path = a.Path
		}
	}
	return path
}

func TestRedirectsNameSchemeHostAndPortAsTheSpecificationSays(t *testing.T) {
	t.Parallel()
	full := &gatewayv1.HTTPPathModifier{Type: gatewayv1.FullPathHTTPPathModifier, ReplaceFullPath: ptr("/new")}
	for want, f := range map[string]gatewayv1.HTTPRequestRedirectFilter{
		"redirect http://shop.com/foo/bar?q=1":       {},
		"redirect https://shop.com/foo/bar?q=1":      {Scheme: ptr("https")},
		"redirect https://shop.com:8443/foo/bar?q=1": {Scheme: ptr("https"), Port: ptr(gatewayv1.PortNumber(8443))},
		"redirect http://other.com/foo/bar?q=1":      {Hostname: ptr(gatewayv1.PreciseHostname("other.com"))},
		"redirect http://other.com:8080/foo/bar?q=1": {Hostname: ptr(gatewayv1.PreciseHostname("other.com")), Port: ptr(gatewayv1.PortNumber(8080))},
		"redirect http://shop.com/new?q=1":           {Path: full, StatusCode: ptr(308)},
	} {
		filter := gatewayv1.HTTPRouteFilter{Type: gatewayv1.HTTPRouteFilterRequestRedirect, RequestRedirect: &f}
		built, _ := mustBuild(t, onePrefix("/foo", filter, false), somewhere(), ltm.Site{})
		if got := ask(policyAt(t, built, 80), requestFor("/foo/bar?q=1")); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	options := somewhere()
	options.HTTPPort = 8080
	filter := gatewayv1.HTTPRouteFilter{Type: gatewayv1.HTTPRouteFilterRequestRedirect, RequestRedirect: &gatewayv1.HTTPRequestRedirectFilter{}}
	built, _ := mustBuild(t, onePrefix("/foo", filter, false), options, ltm.Site{})
	if got := ask(policyAt(t, built, 8080), requestFor("/foo/bar")); got != "redirect http://shop.com:8080/foo/bar" {
		t.Errorf("on another port: %q", got)
	}
}
