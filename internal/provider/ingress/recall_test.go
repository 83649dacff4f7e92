package ingress

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	routes "github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/structs"
)

// everyOption are options of which none is a default.
func everyOption(t *testing.T) routes.Options {
	t.Helper()
	at := func(name string) ltm.Path { return ltm.NewPath(ltm.Common, name) }
	address, err := ltm.ParseAddress("203.0.113.10")
	if err != nil {
		t.Fatal(err)
	}
	return routes.Options{
		Partition: "shop", Folder: "app", Address: address,
		Name: "front", HTTPPort: 8080, HTTPSPort: 8443, IngressClass: "bigip", NoHTTPSRedirect: true, Strict: true,
		Certificates: []routes.SecretRef{{Namespace: "shop", Name: "any"}, {Namespace: "shop", Name: "spare", Host: "spare.example.com"}},
		Fallback:     routes.Fallback{Location: "https://www.example.com/"}, ClientIP: routes.SNAT, WAFPolicy: at("baseline"),
		AllowedSources: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		Pool: routes.PoolOptions{
			LoadBalancingMode: "least-connections-member", Monitors: ltm.MonitorRule{Monitors: []ltm.Path{at("http")}}, Probes: true, NodePort: true,
			Family: endpoints.IPv4, RouteDomain: 2, Drain: 90 * time.Second, MinMembers: 1,
		},
		Server: routes.ServerOptions{
			TCPProfile: at("f5-tcp-lan"), HTTPProfile: at("web"), ServerSSL: at("serverssl"), ClientSSL: at("clientssl-secure"),
			Profiles: []ltm.Profile{{Path: at("oneconnect"), Context: ltm.ContextAll}}, IRules: []ltm.Path{at("b"), at("a")},
			Persistence: at("cookie"), FallbackPersistence: at("source_addr"), SNATPool: at("out"),
			VLANs: ltm.VLANs{Only: true, List: []ltm.Path{at("external")}}, Source: "192.0.2.0/24",
			FirewallEnforcedPolicy: at("fw"), FirewallStagedPolicy: at("next"), SecurityLogProfiles: []string{"/Common/Log all requests"},
		},
	}
}

// ownWords are the attributes that no option of routes is for.
var ownWords = map[string]string{
	"partition": "it is where, and so in the id", "folder": "it is where, and so in the id", "timeouts": "it is not on the device", "revision": "it is not on the device",
	"ingress": "of these one is in the id", "http_route": "of these one is in the id", "tls_route": "of these one is in the id", "gateway": "of these one is in the id",
}

// A new attribute has to be among the options, and what take makes of those, or this fails.
func TestEveryAttributeIsTakenFromOptionsAndMakesThemAgain(t *testing.T) {
	t.Parallel()
	m, err := parseID("ingress/shop/web@/shop/app/203.0.113.10")
	if err != nil {
		t.Fatal(err)
	}
	want := everyOption(t)
	m.take(want)
	if got, diags := m.options(t.Context()); diags.HasError() || !got.Equal(want) {
		t.Errorf("%v: %s", diags, cmp.Diff(want, got))
	}
	values, defaults := structs.Encode(m), structs.Encode(emptyModel())
	for name, attribute := range resourceSchema(t.Context()).Attributes {
		if !attribute.IsOptional() || ownWords[name] != "" {
			continue
		}
		if value := values[name]; value.IsNull() || value.Equal(defaults[name]) {
			t.Errorf("%s is %s: everyOption or take leaves it out", name, value)
		}
	}
}

func TestDefaultsAreTakenAsTheSchemaHasThem(t *testing.T) {
	t.Parallel()
	m := emptyModel()
	m.take(routes.Options{ClientIP: routes.ForwardedFor})
	got := structs.Encode(m)
	for name, want := range structs.Encode(emptyModel()) {
		if !want.Equal(got[name]) {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}
}
