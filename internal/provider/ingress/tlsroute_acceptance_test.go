package ingress_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayclient "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned/typed/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// passthrough is a Gateway that leaves TLS to the pods, and a route of it.
const passthrough = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: tls}
spec:
  gatewayClassName: bigip
  listeners: [{name: tls, port: 8443, protocol: TLS, tls: {mode: Passthrough}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: TLSRoute
metadata: {name: db}
spec:
  parentRefs: [{name: tls}]
  hostnames: [db.example.com]
  rules: [{backendRefs: [{name: web, port: 80}]}]
`

// bound is the configuration for another object than the Ingress.
func (s shop) bound(attribute, name, arguments string) string {
	return strings.Replace(strings.Replace(s.config(arguments), "ingress = {", attribute+" = {", 1), `name = "web" }`, `name = "`+name+`" }`, 1)
}

// rehost gives the TLSRoute other hosts.
func (s shop) rehost(hosts ...gatewayv1.Hostname) {
	s.t.Helper()
	client, err := gatewayclient.NewForConfig(s.cp.RESTConfig())
	s.must(nil, err)
	live, err := client.TLSRoutes(s.namespace).Get(s.t.Context(), "db", metav1.GetOptions{})
	s.must(nil, err)
	live.Spec.Hostnames = hosts
	s.must(client.TLSRoutes(s.namespace).Update(s.t.Context(), live, metav1.UpdateOptions{}))
}

func TestAccATLSRouteIsServedAndItsChangeIsShownByThePlanAndApplied(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.must(nil, s.cp.InstallGatewayAPI(t.Context()))
	s.must(nil, s.cp.GatewayObjects(t.Context(), s.namespace, []byte(passthrough)))
	config, id := s.bound("tls_route", "db", ""), "tlsroute/"+s.namespace+"/db@/shop/203.0.113.10"
	first := texts("db.example.com (TLS)", s.namespace+"/web:http", "otherwise", "reset")
	second := texts("*.example.com (TLS)", s.namespace+"/web:http", "sql.example.com (TLS)", s.namespace+"/web:http", "otherwise", "reset")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             leavesNothing(s.device),
		Steps: []resource.TestStep{
			{
				Config:           config,
				ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{
					value("routes", first), value("problems", knownvalue.ListSizeExact(0)), value("tls", knownvalue.MapSizeExact(0)),
					value("virtual_servers", texts("8443", "/shop/203.0.113.10_8443")), value("id", knownvalue.StringExact(id)),
				},
			},
			{ResourceName: address, ImportState: true, ImportStateId: id, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"wanted"}},
			{
				PreConfig: func() { s.rehost("*.example.com", "sql.example.com"); s.device.ClearRequests() },
				Config:    config,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("routes"), second),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				Check: oneTransaction(s.device),
			},
			{
				Config:            s.bound("tls_route", "db", `waf_policy = "/Common/baseline"`),
				ConfigPlanChecks:  emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{value("problems", knownvalue.ListExact([]knownvalue.Check{knownvalue.StringRegexp(regexp.MustCompile("nothing has a use for the WAF policy"))}))},
			},
			{
				Config: s.bound("tls_route", "db", "waf_policy = \"/Common/baseline\"\n  strict = true"), ExpectError: regexp.MustCompile(`(?s)nothing has a\s+use\s+for\s+the\s+WAF\s+policy`),
			},
		},
	})
}

func TestAccTheDataSourceSaysWhatATLSRouteWouldGet(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.must(nil, s.cp.InstallGatewayAPI(t.Context()))
	s.must(nil, s.cp.GatewayObjects(t.Context(), s.namespace, []byte(passthrough)))
	provider, _, _ := strings.Cut(s.config(""), "resource ")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config: provider + `data "bigipkube_ingress" "db" { tls_route = { namespace = "` + s.namespace + `", name = "db" } }`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.bigipkube_ingress.db", tfjsonpath.New("routes"), texts("db.example.com (TLS)", s.namespace+"/web:http", "otherwise", "reset")),
				statecheck.ExpectKnownValue("data.bigipkube_ingress.db", tfjsonpath.New("ports"), knownvalue.ListExact([]knownvalue.Check{knownvalue.Int64Exact(8443)})),
			},
		}},
	})
}
