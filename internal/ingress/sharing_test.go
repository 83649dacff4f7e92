package ingress_test

import (
	"errors"
	"fmt"
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

// tenants are a few owners of one address.
func (p pick) tenants() (list []ingress.Objects) {
	var all []networkingv1.Ingress
	var services []ingress.Service
	for i := range 2 + p.IntN(2) {
		in := p.ingress(fmt.Sprintf("i%d", i), &services)
		if p.chance(50) {
			in.Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{"a.shop.com"}, SecretName: one(p, "one", "two")}, {Hosts: []string{"*.shop.com"}, SecretName: "any"}}
		}
		all = append(all, in)
	}
	var secrets []ingress.Secret
	for _, name := range []string{"one", "two", "any"} {
		secrets = append(secrets, ingress.Secret{Namespace: "shop", Name: name, CertificateChecksum: "SHA1:1:" + name, KeyChecksum: "SHA1:2:" + name})
	}
	gateway := p.gateway()
	route := p.httpRoute("r", &services)
	for _, in := range all {
		list = append(list, ingress.Objects{Bound: ownerOf(in.Name), Ingresses: all, Services: services, Secrets: secrets})
	}
	return append(list, ingress.Objects{
		Bound:    binding.Object{Kind: ingress.KindGateway, Namespace: "shop", Name: "edge"},
		Gateways: []gatewayv1.Gateway{gateway}, HTTPRoutes: []gatewayv1.HTTPRoute{route}, Services: services,
	})
}

// optionsOf differ by owner, so that who decides is seen.
func optionsOf(o ingress.Objects) ingress.Options {
	options := somewhere()
	options.Pool.Drain = 60e9
	if o.Bound.Name == "i1" {
		options.ClientIP = ingress.Preserve
		options.Fallback.Reset = true
		options.WAFPolicy = ltm.NewPath("Common", "baseline")
	}
	return options
}

func TestTheOrderInWhichOwnersAreBuiltMakesNoDifference(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		p := pick{rand.New(rand.NewPCG(1, seed))}
		tenants := p.tenants()
		var first ltm.Site
		for n := range 4 {
			var site ltm.Site
			for _, i := range p.Perm(len(tenants)) {
				built, _ := mustBuild(t, tenants[i], optionsOf(tenants[i]), site)
				site = built.Site
			}
			if n == 0 {
				first = site
			}
			if diff := cmp.Diff(first, site); diff != "" {
				t.Fatalf("seed %d: -first order +another\n%s", seed, diff)
			}
		}
	}
}

func TestAnOwnerThatGoesLeavesTheOthersAsTheyWouldBeWithoutIt(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		p := pick{rand.New(rand.NewPCG(2, seed))}
		tenants := p.tenants()
		options := somewhere() // the same for all: settings of a virtual server outlive who set them
		var with, without ltm.Site
		for i, tenant := range tenants {
			built, _ := mustBuild(t, tenant, options, with)
			with = built.Site
			if i > 0 {
				built, _ = mustBuild(t, tenant, options, without)
				without = built.Site
			}
		}
		gone := func(site ltm.Site, tenant ingress.Objects) ltm.Site {
			built, err := ingress.Build(ingress.RouteSet{Owner: tenant.Bound}, options, site)
			if err != nil {
				t.Fatal(err)
			}
			return built.Site
		}
		with = gone(with, tenants[0])
		if diff := cmp.Diff(without, with); diff != "" {
			t.Fatalf("seed %d: -without it +after it is gone\n%s", seed, diff)
		}
		for _, tenant := range tenants[1:] {
			with = gone(with, tenant)
		}
		if diff := cmp.Diff(ltm.Site{}, with); diff != "" {
			t.Fatalf("seed %d: left on the device\n%s", seed, diff)
		}
	}
}

// simpleIngress has one host, one path and one backend.
func simpleIngress(name string, created int64, host, path string) ingress.Objects {
	in := networkingv1.Ingress{}
	in.Namespace, in.Name, in.CreationTimestamp = "shop", name, at(created)
	in.Spec.Rules = []networkingv1.IngressRule{{Host: host}}
	in.Spec.Rules[0].HTTP = &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
		Path: path, PathType: ptr(networkingv1.PathTypePrefix),
		Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: name, Port: networkingv1.ServiceBackendPort{Number: 80}}},
	}}}
	return ingress.Objects{Bound: ownerOf(name), Ingresses: []networkingv1.Ingress{in}, Services: []ingress.Service{serviceOf(name)}}
}

func TestOfTwoWithTheSameHostAndPathTheOlderOneActsAndTheYoungerIsToldBothNames(t *testing.T) {
	t.Parallel()
	old, young := simpleIngress("zebra", 1, "shop.com", "/a"), simpleIngress("ant", 2, "shop.com", "/a")
	want := ingress.Problem{
		Object: ownerOf("ant"), Place: "rule 0, match 0", Effect: ingress.Conflict, With: ownerOf("zebra"),
		Reason: "ingress shop/zebra has the same for shop.com/a, and comes first: it is older, or first by name",
	}
	for _, order := range [][]ingress.Objects{{old, young}, {young, old}} {
		first, _ := mustBuild(t, order[0], somewhere(), ltm.Site{})
		both, _ := mustBuild(t, order[1], somewhere(), first.Site)
		again, _ := mustBuild(t, order[0], somewhere(), both.Site) // as its next refresh does
		told := map[string][]ingress.Problem{order[0].Bound.Name: again.Problems, order[1].Bound.Name: both.Problems}
		if diff := cmp.Diff(map[string][]ingress.Problem{"zebra": nil, "ant": {want}}, told); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		r := naiveRequest{host: "shop.com", path: "/a/b"}
		if got := ask(policyAt(t, both, 80), pick{rand.New(rand.NewPCG(1, 1))}.sent(r)); got != "shop_zebra_http" {
			t.Errorf("the request goes to %s", got)
		}
		gone, err := ingress.Build(ingress.RouteSet{Owner: ownerOf("zebra")}, somewhere(), both.Site)
		if err != nil {
			t.Fatal(err)
		}
		gone.VirtualServers = both.VirtualServers
		if got := ask(policyAt(t, gone, 80), pick{rand.New(rand.NewPCG(1, 1))}.sent(r)); got != "shop_ant_http" {
			t.Errorf("without the older one the request goes to %s", got)
		}
	}
}

func TestTheOldestOwnersSettingsCountAndTheOthersAreTold(t *testing.T) {
	t.Parallel()
	old, young := simpleIngress("old", 1, "old.com", "/"), simpleIngress("young", 2, "young.com", "/")
	other := somewhere()
	other.ClientIP = ingress.Preserve
	first, _ := mustBuild(t, old, somewhere(), ltm.Site{})
	both, _ := mustBuild(t, young, other, first.Site)
	if got := both.Site.VirtualServers[0].SourceAddressTranslation.Type; got != "automap" {
		t.Errorf("the younger one made it %s", got)
	}
	want := []ingress.Problem{{
		Object: ownerOf("young"), Place: "virtual server /shop/203.0.113.10_80", Effect: ingress.Conflict, With: ownerOf("old"),
		Reason: "ingress shop/old shares it, is older, and has other settings: the client's address, profiles",
	}}
	if diff := cmp.Diff(want, both.Problems); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestWhatIsNotOursIsNamedAndLeftAlone(t *testing.T) {
	t.Parallel()
	objects := simpleIngress("web", 1, "shop.com", "/")
	path := ltm.NewPath("shop", "203.0.113.10_80")
	listening := ltm.NewVirtualServer(ltm.NewPath("shop", "other"))
	listening.Destination = ltm.Destination{Partition: "shop", Address: somewhere().Address, Port: 80}
	named := ltm.NewVirtualServer(path)
	named.Destination = ltm.Destination{Partition: "shop", Address: somewhere().Address, Port: 81}
	later := ltm.Policy{Path: path, Description: binding.FormatSite(), Rules: []ltm.PolicyRule{{Name: "r", Description: "[bigipkube/2 route x]"}}}
	for name, test := range map[string]struct {
		live ltm.Site
		want string
	}{
		"a virtual server at the address": {ltm.Site{VirtualServers: []ltm.VirtualServer{listening}}, "virtual server /shop/other is in the way: it listens on 203.0.113.10:80, and was not made for routes"},
		"a virtual server of the name":    {ltm.Site{VirtualServers: []ltm.VirtualServer{named}}, "virtual server /shop/203.0.113.10_80 is in the way: it has the name of the one for 203.0.113.10:80, and listens on 203.0.113.10:81"},
		"a policy":                        {ltm.Site{Policies: []ltm.Policy{{Path: path}}}, "policy /shop/203.0.113.10_80 is in the way: it was not made for routes"},
		"a rule of a later release":       {ltm.Site{Policies: []ltm.Policy{later}}, "policy /shop/203.0.113.10_80 is in the way: rule r: the bigipkube mark in the description has version 2, this release knows version 1"},
		"an http profile":                 {ltm.Site{HTTPProfiles: []ltm.HTTPProfile{{Path: ltm.NewPath("shop", "bigipkube_xff")}}}, "http profile /shop/bigipkube_xff is in the way: it was not made for routes"},
		"an iRule":                        {ltm.Site{IRules: []ltm.IRule{{Path: ltm.NewPath("shop", "bigipkube_status"), Definition: "when X {}"}}}, "iRule /shop/bigipkube_status is in the way: it was not made for routes"},
	} {
		routes, _ := ingress.Translate(objects, somewhere())
		_, err := ingress.Build(routes, somewhere(), test.live)
		var foreign *ingress.ForeignError
		if !errors.As(err, &foreign) || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
}

func TestAPoolOfSomebodyElseKeepsItsName(t *testing.T) {
	t.Parallel()
	theirs := ltm.NewPool(ltm.NewPath("shop", "shop_web_http"))
	theirs.Description = "Mine [bigipkube/1 shop/web:http=100]"
	live := ltm.Site{Pools: []ltm.Pool{theirs}}
	built, _ := mustBuild(t, simpleIngress("web", 1, "shop.com", "/"), somewhere(), live)
	if len(built.Site.Pools) != 2 || !cmp.Equal(built.Site.Pools[0], theirs) || !strings.HasPrefix(built.Site.Pools[1].Path.Name, "shop_web_http_") {
		t.Errorf("pools %v", built.Site.Pools)
	}
	gone, err := ingress.Build(ingress.RouteSet{Owner: ownerOf("web")}, somewhere(), built.Site)
	if diff := cmp.Diff(live, gone.Site); err != nil || diff != "" {
		t.Errorf("%v: -before +after\n%s", err, diff)
	}
}

func TestARuleThatSomebodyMadeByHandStaysInFront(t *testing.T) {
	t.Parallel()
	objects := simpleIngress("web", 1, "shop.com", "/")
	built, _ := mustBuild(t, objects, somewhere(), ltm.Site{})
	hand := ltm.PolicyRule{Name: "maintenance", Actions: []ltm.PolicyAction{{Kind: ltm.Reset}}}
	live := built.Site
	live.Policies[0].Rules = append([]ltm.PolicyRule{hand}, live.Policies[0].Rules...)
	again, _ := mustBuild(t, objects, somewhere(), live)
	if diff := cmp.Diff(live, again.Site); diff != "" {
		t.Errorf("-live +built\n%s", diff)
	}
	if len(again.Problems) != 1 || !strings.Contains(again.Problems[0].Reason, "rule maintenance of policy") {
		t.Errorf("problems %v", again.Problems)
	}
}

func TestAPoolServesTwoAddressesUntilBothAreGone(t *testing.T) {
	t.Parallel()
	objects := simpleIngress("web", 1, "shop.com", "/")
	inside := somewhere()
	inside.Address = address("10.0.0.10")
	outside, _ := mustBuild(t, objects, somewhere(), ltm.Site{})
	both, _ := mustBuild(t, objects, inside, outside.Site)
	one, err := ingress.Build(ingress.RouteSet{Owner: ownerOf("web")}, inside, both.Site)
	if diff := cmp.Diff(outside.Site, one.Site); err != nil || diff != "" {
		t.Errorf("%v: -outside alone +inside gone\n%s", err, diff)
	}
}

func TestWhatIsLeftOfAVirtualServerThatSomebodyDeletedGoesToo(t *testing.T) {
	t.Parallel()
	objects := tlsIngress("web", 1, "shop.com", "tls")
	built, _ := mustBuild(t, objects, somewhere(), ltm.Site{})
	live := built.Site
	live.VirtualServers = nil
	again, _ := mustBuild(t, objects, somewhere(), live)
	if diff := cmp.Diff(built.Site, again.Site); diff != "" {
		t.Errorf("it is not made again: -before +after\n%s", diff)
	}
	gone, err := ingress.Build(ingress.RouteSet{Owner: ownerOf("web")}, somewhere(), live)
	if diff := cmp.Diff(ltm.Site{}, gone.Site); err != nil || diff != "" {
		t.Errorf("%v: left on the device\n%s", err, diff)
	}
}

func TestAPoolThatSomebodyDeletedIsMadeAgainByWhoeverUsesIt(t *testing.T) {
	t.Parallel()
	old, young := simpleIngress("old", 1, "old.com", "/"), simpleIngress("young", 2, "young.com", "/")
	young.Services = append(young.Services, serviceOf("old"))
	young.Ingresses[0].Spec.Rules[0].HTTP.Paths[0].Backend.Service.Name = "old"
	first, _ := mustBuild(t, old, somewhere(), ltm.Site{})
	both, _ := mustBuild(t, young, somewhere(), first.Site)
	live := both.Site
	live.Pools = nil
	again, _ := mustBuild(t, young, somewhere(), live)
	if diff := cmp.Diff(both.Site, again.Site); diff != "" {
		t.Errorf("-before +after\n%s", diff)
	}
}
