package ingress_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/dataplane"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// tlsRoute is a route to a Service of its own.
func (p pick) tlsRoute(name string, services *[]ingress.Service) gatewayv1.TLSRoute {
	r := gatewayv1.TLSRoute{ObjectMeta: p.meta(name)}
	r.Spec.ParentRefs = []gatewayv1.ParentReference{{Name: "edge"}}
	if p.chance(25) {
		r.Spec.ParentRefs[0].SectionName = ptr(gatewayv1.SectionName(one(p, "l0", "l1")))
	}
	for len(r.Spec.Hostnames) == 0 || p.chance(30) {
		if host := strings.ToLower(p.host()); host != "" {
			r.Spec.Hostnames = append(r.Spec.Hostnames, gatewayv1.Hostname(host))
		}
	}
	*services = append(*services, serviceOf(name))
	r.Spec.Rules = []gatewayv1.TLSRouteRule{{BackendRefs: []gatewayv1.BackendRef{{
		BackendObjectReference: gatewayv1.BackendObjectReference{Name: gatewayv1.ObjectName(name), Port: ptr(gatewayv1.PortNumber(80))},
	}}}}
	return r
}

// passing is a Gateway all of whose listeners leave TLS to the pods.
func passing(g gatewayv1.Gateway) gatewayv1.Gateway {
	for i := range g.Spec.Listeners {
		l := &g.Spec.Listeners[i]
		l.Protocol, l.TLS = gatewayv1.TLSProtocolType, &gatewayv1.ListenerTLSConfig{Mode: ptr(gatewayv1.TLSModePassthrough)}
	}
	return g
}

func TestTLSRoutesSendEachConnectionWhereTheSpecificationSays(t *testing.T) {
	t.Parallel()
	routed := 0
	for seed := range uint64(routeSets) {
		p := pick{rand.New(rand.NewPCG(propertySeedHigh+2, seed))}
		objects := ingress.Objects{
			Bound:    binding.Object{Kind: ingress.KindGateway, Namespace: "shop", Name: "edge"},
			Gateways: []gatewayv1.Gateway{passing(p.gateway())},
		}
		var alike []gatewayv1.HTTPRoute // the same hostnames and parents, for who knows those
		for i := range 1 + p.IntN(4) {
			r := p.tlsRoute(fmt.Sprintf("r%d", i), &objects.Services)
			objects.TLSRoutes = append(objects.TLSRoutes, r)
			alike = append(alike, gatewayv1.HTTPRoute{ObjectMeta: r.ObjectMeta, Spec: gatewayv1.HTTPRouteSpec{
				CommonRouteSpec: r.Spec.CommonRouteSpec, Hostnames: r.Spec.Hostnames,
				Rules: []gatewayv1.HTTPRouteRule{{BackendRefs: []gatewayv1.HTTPBackendRef{{BackendRef: r.Spec.Rules[0].BackendRefs[0]}}}},
			}})
		}
		built, _ := mustBuild(t, objects, somewhere(), ltm.Site{})
		for range requestsForASet / 5 {
			r := p.request()
			want := "reset"
			if service := naiveRoutes(objects.Gateways[0], alike, r); service != "" {
				want, routed = "shop_"+service+"_http", routed+1
			} else if built.VirtualServers[uint16(r.port)].IsZero() {
				want = "no virtual server"
			}
			got := ask(policyAt(t, built, uint16(r.port)), dataplane.PolicyRequest{TLS: true, ServerName: one(p, r.host, strings.ToUpper(r.host))})
			if got != want {
				t.Fatalf("seed %d, %s:%d: got %q, want %q", seed, r.host, r.port, got, want)
			}
		}
	}
	if routed < routeSets*requestsForASet/5/5 {
		t.Errorf("only %d connections had a route at all", routed)
	}
}

// passes is an Ingress whose TLS is left to the pods.
func passes(name string, created int64, host string) ingress.Objects {
	objects := simpleIngress(name, created, host, "/")
	objects.Ingresses[0].Annotations = map[string]string{"nginx.ingress.kubernetes.io/ssl-passthrough": "true"}
	return objects
}

// ends is one whose TLS ends on the device.
func ends(name string, created int64, host string) ingress.Objects {
	objects := simpleIngress(name, created, host, "/")
	objects.Ingresses[0].Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{host}, SecretName: "any"}}
	objects.Secrets = []ingress.Secret{{Namespace: "shop", Name: "any", CertificateChecksum: "SHA1:1:a", KeyChecksum: "SHA1:2:a"}}
	return objects
}

func TestAPortEndsTLSOrLeavesItAndWhoServesOnItKeepsIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ first, second ingress.Objects }{
		"TLS ends, and another leaves it": {ends("a", 1, "a.example.com"), passes("b", 2, "b.example.com")},
		"TLS is left, and another ends":   {passes("a", 1, "a.example.com"), ends("b", 2, "b.example.com")},
		"the other one is older":          {passes("a", 2, "a.example.com"), ends("b", 1, "b.example.com")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alone, _ := mustBuild(t, test.first, somewhere(), ltm.Site{})
			both, problems := mustBuild(t, test.second, somewhere(), alone.Site)
			if len(problems) > 0 || len(both.Problems) != 1 || both.Problems[0].Effect != ingress.Conflict || both.Problems[0].Place != "port 443" ||
				both.Problems[0].Object != test.second.Bound || both.Problems[0].With != test.first.Bound || !strings.Contains(both.Problems[0].Reason, test.first.Bound.String()) {
				t.Fatalf("problems %v %v", problems, both.Problems)
			}
			if _, served := both.VirtualServers[443]; served || both.VirtualServers[80].IsZero() {
				t.Errorf("it is served at %v", both.VirtualServers)
			}
			if diff := cmp.Diff(policyAt(t, alone, 443), simulated(t, both.Site.Policies[0])); diff != "" {
				t.Errorf("the first one's rules have changed:\n%s", diff)
			}
			again, _ := mustBuild(t, test.first, somewhere(), both.Site)
			if diff := cmp.Diff(both.Site, again.Site); diff != "" || len(again.Problems) > 0 {
				t.Errorf("built again the first one has %v:\n%s", again.Problems, diff)
			}

			gone, err := ingress.Build(ingress.RouteSet{Owner: test.first.Bound}, somewhere(), both.Site)
			if err != nil {
				t.Fatal(err)
			}
			left, _ := mustBuild(t, test.second, somewhere(), gone.Site)
			fresh, _ := mustBuild(t, test.second, somewhere(), ltm.Site{})
			if diff := cmp.Diff(fresh.Site, left.Site); diff != "" || len(left.Problems) > 0 {
				t.Errorf("after the first one is gone: %v -alone +left\n%s", left.Problems, diff)
			}
		})
	}
}

func TestAnOwnerChangesItsMindAboutWhoEndsTLS(t *testing.T) {
	t.Parallel()
	options := somewhere()
	options.Server.Source, options.Server.VLANs = "192.0.2.0/24", ltm.VLANs{Only: true, List: []ltm.Path{ltm.NewPath("Common", "external")}}
	for name, test := range map[string]struct{ before, after ingress.Objects }{
		"to the pods":   {ends("a", 1, "a.example.com"), passes("a", 1, "a.example.com")},
		"to the device": {passes("a", 1, "a.example.com"), ends("a", 1, "a.example.com")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, _ := mustBuild(t, test.before, options, ltm.Site{})
			fresh, _ := mustBuild(t, test.after, options, ltm.Site{})
			applied, _ := mustBuild(t, test.after, options, before.Site)
			if diff := cmp.Diff(fresh.Site, applied.Site); diff != "" {
				t.Errorf("an apply: -new +changed\n%s", diff)
			}
			_, bound := boundIn(t, before.Site, test.before.Bound)
			followed, _ := mustBuild(t, test.after, bound.Options, before.Site)
			if diff := cmp.Diff(fresh.Site, followed.Site); diff != "" {
				t.Errorf("between two applies: -new +followed\n%s", diff)
			}
		})
	}
}

func TestARouteThatIsGoneKeepsItsPortForTLS(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"testdata/tlsroute.in.yaml", "testdata/gateway_tls.in.yaml"} {
		objects, options := readGolden(t, file)
		applied, _ := mustBuild(t, objects, options, ltm.Site{})
		key, bound := boundIn(t, applied.Site, objects.Bound)
		kept, err := ingress.Build(ingress.Kept(key, bound, applied.Site), bound.Options, applied.Site)
		if err != nil {
			t.Fatal(err)
		}
		if pools := ingress.Targets(key, kept.Site); len(pools) > 0 {
			t.Errorf("%s: there are left %v", file, pools)
		}
		if got := ask(policyAt(t, kept, 443), dataplane.PolicyRequest{TLS: true, ServerName: "db.example.com"}); got != "reset" {
			t.Errorf("%s: a client gets %q", file, got)
		}
		back, _ := mustBuild(t, objects, bound.Options, kept.Site)
		if diff := cmp.Diff(applied.Site, back.Site); diff != "" {
			t.Errorf("%s: -before +after\n%s", file, diff)
		}
		gone, err := ingress.Build(ingress.RouteSet{Owner: objects.Bound}, options, applied.Site)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(ltm.Site{}, gone.Site); diff != "" {
			t.Errorf("%s: left on the device\n%s", file, diff)
		}
	}
}

func TestRoutesWhoseTLSIsLeftToThePodsAreToldInWords(t *testing.T) {
	t.Parallel()
	objects, options := readGolden(t, "testdata/ingress_passthrough.in.yaml")
	routes, _ := ingress.Translate(objects, options)
	if diff := cmp.Diff(map[string]string{
		"db.example.com (TLS)": "shop/db-new:tls 20, shop/db:tls 80", "db.example.com/": "redirect 301",
		"*.example.org (TLS)": "shop/db:tls", "*.example.org/": "redirect 301",
		"gone.example.com (TLS)": "reset", "gone.example.com/": "redirect 301",
	}, routes.Table()); diff != "" {
		t.Errorf("the table: -want +got\n%s", diff)
	}
	built, _ := mustBuild(t, objects, options, ltm.Site{})
	const redirect = "redirect 301 to https://{host}{uri}"
	if diff := cmp.Diff(map[string]string{
		"db.example.com (TLS)": "shop/db-new:tls=20 shop/db:tls=80", "db.example.com:80/": redirect,
		"*.example.org (TLS)": "shop/db:tls", "*.example.org:80/": redirect,
		"gone.example.com (TLS)": "reset", "gone.example.com:80/": redirect,
		"otherwise": "reset", "otherwise:80": "404",
	}, ingress.ViewOf(built.Site, objects.Bound, options.Address).Routes); diff != "" {
		t.Errorf("the view: -want +got\n%s", diff)
	}
}

func TestOptionsThatNothingHasAUseForAreTold(t *testing.T) {
	t.Parallel()
	path := ltm.NewPath("Common", "x")
	for name, test := range map[string]struct {
		set  func(*ingress.Options)
		want string
		http bool // an owner that redirects HTTP has a use for it
	}{
		"nothing":       {set: func(*ingress.Options) {}},
		"WAF":           {set: func(o *ingress.Options) { o.WAFPolicy = path }, want: "the WAF policy"},
		"server-ssl":    {set: func(o *ingress.Options) { o.Server.ServerSSL = path }, want: "the server-ssl profile"},
		"persistence":   {set: func(o *ingress.Options) { o.Server.Persistence = path }, want: "the persistence, which is that of TLS there"},
		"client-ssl":    {set: func(o *ingress.Options) { o.Server.ClientSSL = path }, want: "the parent of client-ssl profiles"},
		"http":          {set: func(o *ingress.Options) { o.Server.HTTPProfile = path }, want: "the http profile", http: true},
		"profiles":      {set: func(o *ingress.Options) { o.Server.Profiles = []ltm.Profile{{Path: path}} }, want: "the further profiles", http: true},
		"iRules":        {set: func(o *ingress.Options) { o.Server.IRules = []ltm.Path{path} }, want: "the iRules", http: true},
		"redirect":      {set: func(o *ingress.Options) { o.Fallback.Location = "https://example.com" }, want: "the fallback's redirect", http: true},
		"pool":          {set: func(o *ingress.Options) { o.Fallback.Pool = path }},
		"TCP, and SNAT": {set: func(o *ingress.Options) { o.Server.TCPProfile, o.ClientIP = path, ingress.Preserve }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := somewhere()
			test.set(&options)
			for file, used := range map[string]bool{"testdata/tlsroute.in.yaml": false, "testdata/ingress_passthrough.in.yaml": test.http} {
				objects, _ := readGolden(t, file)
				_, problems := ingress.Translate(objects, options)
				got := ""
				for _, p := range problems {
					if _, what, found := strings.Cut(p.Reason, "nothing has a use for "); found {
						got = what
					}
				}
				if want := map[bool]string{false: test.want}[used]; got != want {
					t.Errorf("%s: told of %q, want %q", file, got, want)
				}
			}
		})
	}
}

func TestClientsOfOtherNetworksAreResetAndReachNoRouteThatIsLessSpecific(t *testing.T) {
	t.Parallel()
	objects, options := readGolden(t, "testdata/gateway_tls.in.yaml")
	options.AllowedSources = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	built, _ := mustBuild(t, objects, options, ltm.Site{})
	for client, want := range map[string]string{"192.0.2.7": "shop_db.25497842", "198.51.100.7": "reset"} {
		request := dataplane.PolicyRequest{TLS: true, ServerName: "db.example.com", Client: netip.MustParseAddr(client)}
		if got := ask(policyAt(t, built, 443), request); got != want {
			t.Errorf("%s gets %q, want %q", client, got, want)
		}
	}
	if got := ingress.ViewOf(built.Site, objects.Bound, options.Address).Routes["db.example.com (TLS) [from 192.0.2.0/24]"]; !strings.HasPrefix(got, "shop/db-new:tls=1 ") {
		t.Errorf("the view has %q for it", got)
	}
	routes, _ := ingress.Translate(objects, options)
	if got := routes.Table()["*.db.example.com (TLS)"]; got != "reset" {
		t.Errorf("the table has %q for the others", got)
	}
}

func TestOwnersThatLeaveTLSToThePodsShareAPortInWhateverOrderTheyCome(t *testing.T) {
	t.Parallel()
	owners := []ingress.Objects{passes("a", 2, "a.example.com"), passes("b", 1, "*.example.com"), passes("c", 3, "a.example.com")}
	var first ltm.Site
	for i, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
		var built ingress.Built
		for _, at := range order {
			built, _ = mustBuild(t, owners[at], somewhere(), built.Site)
		}
		if i == 0 {
			first = built.Site
		}
		if diff := cmp.Diff(first, built.Site); diff != "" {
			t.Errorf("in the order %v: -first +this\n%s", order, diff)
		}
		for name, want := range map[string]string{"a.example.com": "shop_a_http", "z.example.com": "shop_b_http", "example.org": "reset"} {
			if got := ask(policyAt(t, built, 443), dataplane.PolicyRequest{TLS: true, ServerName: name}); got != want {
				t.Errorf("in the order %v %s gets %q, want %q", order, name, got, want)
			}
		}
	}
	left := ingress.Built{Site: first}
	for _, o := range owners {
		gone, err := ingress.Build(ingress.RouteSet{Owner: o.Bound}, somewhere(), left.Site)
		if err != nil {
			t.Fatal(err)
		}
		left = gone
	}
	if diff := cmp.Diff(ltm.Site{}, left.Site); diff != "" {
		t.Errorf("left on the device\n%s", diff)
	}
}

func TestWhatAnOwnerIsBoundToIsReadWhereMostOfItShows(t *testing.T) {
	t.Parallel()
	objects, options := readGolden(t, "testdata/ingress_passthrough.in.yaml")
	options.HTTPPort, options.ClientIP = 8080, ingress.Preserve
	built, _ := mustBuild(t, objects, options, ltm.Site{})
	all, _ := ingress.Bindings(built.Site)
	bound := all[ingress.Key{Owner: objects.Bound, Partition: "shop", Address: options.Address}]
	if bound.Server.Name != "203.0.113.10_8080" {
		t.Errorf("it is read from %s, which leaves TLS to the pods", bound.Server)
	}
	for _, v := range built.Site.VirtualServers {
		got := ingress.Recalled(bound.Options, v, built.Site, map[ltm.Path]ltm.ProfileType{ltm.NewPath(ltm.Common, "tcp"): ltm.ProfileTCP, ltm.NewPath(ltm.Common, "http"): ltm.ProfileHTTP})
		if !got.Server.Persistence.IsZero() || got.ClientIP != ingress.Preserve {
			t.Errorf("%s: it is recalled with the persistence %q and the client's address by %s", v.Path, got.Server.Persistence, got.ClientIP)
		}
	}
}
