package ingress_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// viewed is a site on two ports with rules of two owners.
func viewed() (site ltm.Site, owner, other binding.Object) {
	owner = binding.Object{Kind: ingress.KindIngress, Namespace: "shop", Name: "web"}
	other = binding.Object{Kind: ingress.KindHTTPRoute, Cluster: "east", Namespace: "blog", Name: "all"}
	at := func(name string) ltm.Path { return ltm.Path{Partition: "shop", Name: name} }
	mark := func(o binding.Object, class binding.Class, prefix bool) string {
		return binding.FormatRoute(binding.RouteMark{Source: o, Owner: o, Class: class, Prefix: prefix, Created: 1})
	}
	shown := func(o binding.Object) string {
		return binding.FormatRoute(binding.RouteMark{Source: o, Owner: o, Created: 1, Server: "443"})
	}
	host := ltm.PolicyCondition{Operand: "httpHost", Selector: "host", Operator: "equals", Values: []string{"shop.example.com"}}
	path := func(operator, value string) ltm.PolicyCondition {
		return ltm.PolicyCondition{Operand: "httpUri", Selector: "path", Operator: operator, CaseSensitive: true, Values: []string{value}}
	}
	forward := func(pool string) ltm.PolicyAction { return ltm.PolicyAction{Kind: ltm.Forward, Pool: at(pool)} }
	backend := func(service string, share int) binding.Backend {
		return binding.Backend{Ref: endpoints.Ref{Namespace: "shop", Service: service, Port: "http"}, Share: share}
	}
	server := func(port uint16, policy string, profiles ...ltm.Profile) ltm.VirtualServer {
		return ltm.VirtualServer{Path: at(policy), Destination: ltm.Destination{Partition: "shop", Port: port}, Policies: []ltm.Path{at(policy)}, Profiles: profiles}
	}
	site = ltm.Site{
		Certificates: []ltm.Certificate{{Path: at("shop_tls"), CertificateChecksum: "SHA1:1:aa", KeyChecksum: "SHA1:2:bb"}},
		ClientSSL: []ltm.ClientSSL{
			{Path: at("shop_tls"), Description: shown(owner), ServerName: "shop.example.com", Certificate: at("shop_tls")},
			{Path: at("blog_tls"), Description: shown(other), Default: true, Certificate: at("blog_tls")},
		},
		Pools: []ltm.Pool{
			{Path: at("shop_api"), Description: binding.Format("", binding.Mark{Backends: []binding.Backend{backend("api", 100)}})},
			{Path: at("shop_both"), Description: binding.Format("", binding.Mark{Backends: []binding.Backend{backend("web2", 20), backend("web", 80)}})},
		},
		Policies: []ltm.Policy{
			{Path: at("443"), Rules: []ltm.PolicyRule{
				{Description: mark(owner, "", true), Conditions: []ltm.PolicyCondition{host, path("equals", "/api")}, Actions: []ltm.PolicyAction{forward("shop_api"), {Kind: ltm.Protect, Policy: at("waf")}}},
				{Description: mark(owner, "", true), Conditions: []ltm.PolicyCondition{host, path("startsWith", "/api/")}, Actions: []ltm.PolicyAction{forward("shop_api")}},
				{Description: mark(owner, "", false), Conditions: []ltm.PolicyCondition{
					host, path("equals", "/cart"),
					{Operand: "httpMethod", Operator: "equals", Values: []string{"POST"}},
					{Operand: "httpHeader", Name: "x-canary", Operator: "equals", Values: []string{"always"}},
					{Operand: "httpUri", Selector: "queryParameter", Name: "beta", Operator: "equals", Values: []string{"1"}},
				}, Actions: []ltm.PolicyAction{
					forward("shop_both"), {Kind: ltm.ReplaceHeader, Name: "x-a", Value: "b"}, {Kind: ltm.RemoveHeader, Response: true, Name: "server"},
				}},
				{Description: mark(owner, "", true), Conditions: []ltm.PolicyCondition{{Operand: "httpHost", Operator: "endsWith", Values: []string{".example.com"}}}, Actions: []ltm.PolicyAction{{Kind: ltm.Reset}}},
				{Description: mark(owner, binding.ClassFallback, false), Actions: []ltm.PolicyAction{{Kind: ltm.SetVariable, Name: "bigipkube_status", Value: "404"}}},
				{Description: mark(other, "", true), Actions: []ltm.PolicyAction{forward("blog")}},
				{Description: "somebody else's", Actions: []ltm.PolicyAction{forward("foreign")}},
			}},
			{Path: at("80"), Rules: []ltm.PolicyRule{
				{Description: mark(owner, "", true), Conditions: []ltm.PolicyCondition{host}, Actions: []ltm.PolicyAction{{Kind: ltm.Redirect, Code: 308, Location: "tcl:https://[getfield [HTTP::host] : 1][HTTP::uri]"}}},
			}},
		},
		VirtualServers: []ltm.VirtualServer{server(80, "80"), server(443, "443", ltm.Profile{Path: at("shop_tls"), Context: ltm.ContextClientSide})},
	}
	return site, owner, other
}

func TestAViewNamesEachRouteOfAnOwnerOnceAndWhatItAnswers(t *testing.T) {
	t.Parallel()
	site, owner, _ := viewed()
	at := func(name string) ltm.Path { return ltm.Path{Partition: "shop", Name: name} }
	want := ingress.View{
		VirtualServers: map[uint16]ltm.Path{80: at("80"), 443: at("443")},
		Routes: map[string]string{
			"shop.example.com/api": "shop/api:http",
			"shop.example.com/cart [exact POST header x-canary=always query beta=1]": "shop/web2:http=20 shop/web:http=80, set header x-a: b, remove response header server",
			"*.example.com/":       "reset",
			"otherwise":            "404",
			"shop.example.com:80/": "redirect 308 to https://{host}{uri}",
		},
		TLS:   map[string]ltm.Certificate{"shop.example.com": site.Certificates[0]},
		Pools: []ltm.Path{at("shop_api"), at("shop_both")},
	}
	if diff := cmp.Diff(want, ingress.ViewOf(site, owner, ltm.Address{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAViewHasNothingOfOtherOwners(t *testing.T) {
	t.Parallel()
	site, _, other := viewed()
	at := func(name string) ltm.Path { return ltm.Path{Partition: "shop", Name: name} }
	want := ingress.View{
		VirtualServers: map[uint16]ltm.Path{443: at("443")},
		Routes:         map[string]string{"*/": "pool /shop/blog"}, // the pool has no mark
		TLS:            map[string]ltm.Certificate{"*": {Path: at("blog_tls")}},
	}
	if diff := cmp.Diff(want, ingress.ViewOf(site, other, ltm.Address{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAViewIsOfOneAddressWhereAnOwnerIsServedAtSeveral(t *testing.T) {
	t.Parallel()
	objects, here := readGolden(t, "testdata/ingress.in.yaml")
	there := here
	there.Address.IP = here.Address.IP.Next()
	one, _ := mustBuild(t, objects, here, ltm.Site{})
	both, _ := mustBuild(t, objects, there, one.Site)
	for _, options := range []ingress.Options{here, there} {
		alone, _ := mustBuild(t, objects, options, ltm.Site{})
		want := ingress.ViewOf(alone.Site, objects.Bound, options.Address)
		if diff := cmp.Diff(want, ingress.ViewOf(both.Site, objects.Bound, options.Address)); diff != "" || len(want.VirtualServers) != 2 || len(want.TLS) == 0 {
			t.Errorf("at %s (-alone +beside another):\n%s", options.Address, diff)
		}
	}
	if gone := ingress.ViewOf(one.Site, objects.Bound, there.Address); len(gone.VirtualServers)+len(gone.TLS)+len(gone.Routes) > 0 {
		t.Errorf("at %s is nothing, and it has %+v", there.Address, gone)
	}
}
