package reconciler

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/browser"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/page"
)

// hosts are the names of each virtual server, as "shop.example.com shop_web_http".
func (s *site) hosts(status page.Status) map[string][]string {
	all := map[string][]string{}
	for _, v := range status.VirtualServers {
		all[v.Path] = []string{}
		for _, h := range v.Hosts {
			pool := strings.ReplaceAll(strings.TrimPrefix(h.Pool, "/shop/"), s.namespace, "shop")
			all[v.Path] = append(all[v.Path], strings.TrimSpace(h.Name+" "+pool))
		}
	}
	return all
}

// named waits until the status has these names.
func (s *site) named(helper *running, want map[string][]string) {
	s.t.Helper()
	var got map[string][]string
	eventually(s.t, func() bool {
		got = s.hosts(helper.status())
		return cmp.Equal(got, want)
	}, func() string { return cmp.Diff(want, got) })
}

func TestThePageShowsTheDomainNamesOfAnIngressAndAnHTTPRouteAndFollowsThem(t *testing.T) {
	t.Parallel()
	s := newSite(t, "web", "api")
	cert, key := certificate(t, 1)
	s.secret("web-tls", cert, key)
	s.ingress("web", "web-tls", "/=web", "/api=api")
	client := s.gateways()
	s.gateway(client, "edge")
	s.route(client, "any", "edge", map[string]int32{"api": 1})
	s.route(client, "more", "edge", map[string]int32{"web": 1})
	rename := func(names ...gatewayv1.Hostname) {
		route, err := client.HTTPRoutes(s.namespace).Get(t.Context(), "more", metav1.GetOptions{})
		must(t, err)
		route.Spec.Hostnames = names
		_, err = client.HTTPRoutes(s.namespace).Update(t.Context(), route, metav1.UpdateOptions{})
		must(t, err)
	}
	rename("www.example.com", "*.example.org")
	s.apply(s.owner(ingress.KindIngress, "web"), siteOptions())
	s.apply(s.owner(ingress.KindHTTPRoute, "any"), siteOptions())
	s.apply(s.owner(ingress.KindHTTPRoute, "more"), siteOptions())

	o := s.options("shop")
	o.DiscoverInterval = time.Hour // only the helper itself changes routes here
	helper := s.follow(o, 3)
	secure := []string{"shop.example.com shop_api_http", "shop.example.com shop_web_http"}
	s.named(helper, map[string][]string{
		plainServer: {"* shop_api_http", "*.example.org shop_web_http", "shop.example.com", "www.example.com shop_web_http"},
		tlsServer:   secure,
	})
	for _, v := range helper.status().VirtualServers {
		if got := strings.ReplaceAll(fmt.Sprint(v.Pools), s.namespace, "shop"); got != "[/shop/shop_api_http /shop/shop_web_http]" {
			t.Errorf("%s gives clients to %s", v.Path, got)
		}
	}
	tree := helper.printed("text")
	for _, line := range []string{"├─ shop.example.com → the BIG-IP itself", "├─ *.example.org → /shop/" + s.namespace + "_web_http", "├─ any other name → /shop/" + s.namespace + "_api_http"} {
		if !strings.Contains(tree, line) {
			t.Errorf("the tree lacks %q:\n%s", line, tree)
		}
	}
	b := browser.Start(t)
	b.Open(helper.url())
	const shown = `[...document.querySelectorAll('section.server')].map((s) => [...s.querySelectorAll('ul.names li')].map((li) => li.textContent.replace(/\s+/g, ' ')).join('; '))`
	list := func(which int, want string) {
		b.Until(fmt.Sprintf(`%s[%d] === %q`, shown, which, strings.ReplaceAll(want, "→", "→ goes to")))
	}
	web, api := "/shop/"+s.namespace+"_web_http", "/shop/"+s.namespace+"_api_http"
	list(0, "shop.example.com → "+api+", "+web)
	list(1, "any other name → "+api+"; *.example.org → "+web+"; shop.example.com → the BIG-IP itself; www.example.com → "+web)

	rename("new.example.com")
	s.named(helper, map[string][]string{
		plainServer: {"* shop_api_http", "new.example.com shop_web_http", "shop.example.com"}, tlsServer: secure,
	})
	list(1, "any other name → "+api+"; new.example.com → "+web+"; shop.example.com → the BIG-IP itself")
}
