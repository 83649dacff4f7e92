package binding_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
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

func FuzzParseRoute(f *testing.F) {
	f.Add("[bigipkube/1 route httproute/shop/web 1700000000 0.1.2 prefix by=gateway/infra/edge at=shop_443]")
	f.Add("[bigipkube/1 route ingress/east/shop/web 0 0.0.0 fallback]")
	f.Fuzz(func(t *testing.T, text string) {
		mark, found, err := binding.ParseRoute(text)
		if !found || err != nil {
			return
		}
		again, _, err := binding.ParseRoute(binding.FormatRoute(mark))
		if diff := cmp.Diff(mark, again); err != nil || diff != "" {
			t.Errorf("%v: -first +again\n%s", err, diff)
		}
	})
}
