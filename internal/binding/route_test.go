package binding_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestMarksOfRoutesAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	web := binding.Object{Kind: "httproute", Namespace: "shop", Name: "web"}
	edge := binding.Object{Kind: "gateway", Cluster: "ea st", Namespace: "infra", Name: "edge]"}
	for want, mark := range map[string]binding.RouteMark{
		"[bigipkube/1 route httproute/shop/web 1700000000 0.1.2]":                                 {Source: web, Owner: web, Created: 1700000000, Position: binding.Position{Match: 1, Host: 2}},
		"[bigipkube/1 route httproute/shop/web -5 3.0.0 prefix by=gateway/ea%20st/infra/edge%5D]": {Source: web, Owner: edge, Created: -5, Position: binding.Position{Rule: 3}, Prefix: true},
		"[bigipkube/1 route httproute/shop/web 0 0.0.0 fallback]":                                 {Source: web, Owner: web, Class: binding.ClassFallback},
		"[bigipkube/1 route httproute/shop/web 0 0.0.0 default at=shop_443]":                      {Source: web, Owner: web, Class: binding.ClassDefault, Server: "shop_443"},
	} {
		text := binding.FormatRoute(mark)
		if text != want {
			t.Errorf("got %s, want %s", text, want)
		}
		got, found, err := binding.ParseRoute(text)
		if diff := cmp.Diff(mark, got); !found || err != nil || diff != "" {
			t.Errorf("%s: found %t, %v, -want +got\n%s", text, found, err, diff)
		}
	}
}

func TestAMarkThatIsNoRoutesIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"[bigipkube/1 shop/web:http=100]", "[bigipkube/1 site]", "[bigipkube/1 route]", "[bigipkube/1 route a/b 0 0.0.0]", "[bigipkube/1 route a/b/c x 0.0.0]",
		"[bigipkube/1 route a/b/c 0 0.0]", "[bigipkube/1 route a/b/c 0 0.-1.0]", "[bigipkube/1 route a/b/c 0 0.0.0 later]", "[bigipkube/1 route a/b/c 0 0.0.0 by=x]",
		"[bigipkube/1 route a/b/ 0 0.0.0]", "[bigipkube/1 route a/b/c 0 0.0.0] and more",
	} {
		var syntax *binding.SyntaxError
		if _, found, err := binding.ParseRoute(text); !found || !errors.As(err, &syntax) {
			t.Errorf("%s: found %t, %v", text, found, err)
		}
	}
	if _, found, err := binding.ParseRoute("Somebody's rule"); found || err != nil {
		t.Errorf("without a mark: found %t, %v", found, err)
	}
	var version *binding.VersionError
	if _, _, err := binding.ParseRoute("[bigipkube/2 route a/b/c 0 0.0.0]"); !errors.As(err, &version) {
		t.Errorf("of a later release: %v", err)
	}
}

// everyOption is an owner that has left nothing as it is by default.
var everyOption = binding.RouteOptions{
	Class: "nginx", HTTPPort: 8080, HTTPSPort: 8443, NoRedirect: true, Strict: true,
	Certificates: []binding.RouteCertificate{{Namespace: "shop", Name: "web", Host: "*.example.com"}, {Namespace: "shop", Name: "rest"}},
	WAF:          ltm.NewPath("Common", "base.line"), ClientSSL: ltm.Path{Partition: "shop", Folder: "tls", Name: "strong"},
	Location: "https://example.com/?a=b]", Mode: "least-connections-member",
	Monitors:       ltm.MonitorRule{Monitors: []ltm.Path{ltm.NewPath("Common", "http"), ltm.NewPath("Common", "tcp")}, AtLeast: 1},
	Probes:         true,
	AllowedSources: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")},
	NodePort:       true, Family: endpoints.IPv6, RouteDomain: 7, Drain: 90 * time.Second, Min: 2,
}

func TestTheOptionsOfAnOwnerAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	owner := binding.Object{Kind: "ingress", Namespace: "shop", Name: "web"}
	mark := binding.RouteMark{Source: owner, Owner: owner, Class: binding.ClassFallback}
	for want, options := range map[string]binding.RouteOptions{
		"[bigipkube/1 route ingress/shop/web 0 0.0.0 fallback]":                    {},
		"[bigipkube/1 route ingress/shop/web 0 0.0.0 fallback reset]":              {Reset: true},
		"[bigipkube/1 route ingress/shop/web 0 0.0.0 fallback pool=/Common/sorry]": {Pool: ltm.NewPath("Common", "sorry")},
		"[bigipkube/1 route ingress/shop/web 0 0.0.0 fallback class=nginx http=8080 https=8443 noredirect certs=shop/web@%2A.example.com,shop/rest" +
			" waf=/Common/base.line clientssl=/shop/tls/strong from=192.0.2.0%2F24,2001%3Adb8%3A%3A%2F32 strict to=https%3A%2F%2Fexample.com%2F%3Fa%3Db%5D mode=least-connections-member" +
			" monitors=/Common/http,/Common/tcp up=1 probes node family=IPv6 rd=7 drain=1m30s min=2]": everyOption,
	} {
		text := binding.FormatOwner(mark, options)
		if text != want {
			t.Errorf("got  %s\nwant %s", text, want)
		}
		gotMark, got, found, err := binding.ParseOwner(text)
		if diff := cmp.Diff(options, got, cmpopts.EquateComparable(netip.Prefix{})); !found || err != nil || diff != "" || gotMark != mark {
			t.Errorf("%s: found %t, %v, %+v, -want +got\n%s", text, found, err, gotMark, diff)
		}
		if gotMark, found, err := binding.ParseRoute(text); !found || err != nil || gotMark != mark {
			t.Errorf("%s: as a route: found %t, %v, %+v", text, found, err, gotMark)
		}
	}
}

func TestOptionsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for _, option := range []string{
		"class=", "http=0", "http=65536", "https=x", "certs=", "certs=web", "certs=shop/web@", "waf=Common/x", "waf=/Common", "waf=/Common//x",
		"monitors=", "monitors=/Common/http,", "up=0", "drain=0s", "min=0", "strict=1", "strict strict", "later=1",
	} {
		text := "[bigipkube/1 route ingress/shop/web 0 0.0.0 fallback " + option + "]"
		var syntax *binding.SyntaxError
		if _, _, found, err := binding.ParseOwner(text); !found || !errors.As(err, &syntax) {
			t.Errorf("%s: found %t, %v", text, found, err)
		}
	}
	if _, _, err := binding.ParseRoute("[bigipkube/1 route ingress/shop/web 0 0.0.0 strict]"); err == nil {
		t.Error("a rule that is no fallback has options")
	}
}

func FuzzParseRoute(f *testing.F) {
	owner := binding.Object{Kind: "ingress", Namespace: "shop", Name: "web"}
	f.Add("[bigipkube/1 route httproute/shop/web 1700000000 0.1.2 prefix by=gateway/infra/edge at=shop_443]")
	f.Add("[bigipkube/1 route ingress/east/shop/web 0 0.0.0 fallback]")
	f.Add(binding.FormatOwner(binding.RouteMark{Source: owner, Owner: owner, Class: binding.ClassFallback}, everyOption))
	f.Fuzz(func(t *testing.T, text string) {
		mark, options, found, err := binding.ParseOwner(text)
		if !found || err != nil {
			return
		}
		again, optionsAgain, _, err := binding.ParseOwner(binding.FormatOwner(mark, options))
		if diff := cmp.Diff(mark, again, cmpopts.EquateComparable(netip.Prefix{})) + cmp.Diff(options, optionsAgain, cmpopts.EquateComparable(netip.Prefix{})); err != nil || diff != "" {
			t.Errorf("%v: -first +again\n%s", err, diff)
		}
	})
}
