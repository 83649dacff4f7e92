package ingress_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// gateway has one listener and two routes, of which the second has a rule more than the first.
const gateway = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public}
spec:
  gatewayClassName: bigip
  listeners: [{name: http, port: 8080, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: front}
spec:
  parentRefs: [{name: public}]
  hostnames: [shop.example.com]
  rules: [{backendRefs: [{name: web, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: back}
spec:
  parentRefs: [{name: public}]
  hostnames: [shop.example.com]
  rules:
  - matches: [{path: {type: PathPrefix, value: /api}}]
    backendRefs: [{name: api, port: 80}]
`

func TestAccAGatewayIsServedWithAllOfItsRoutesAndOneThatLeavesIsTakenAway(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	if err := s.cp.InstallGatewayAPI(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.cp.GatewayObjects(t.Context(), s.namespace, []byte(gateway)); err != nil {
		t.Fatal(err)
	}
	config := strings.Replace(s.config(""), "ingress = {", "gateway = {", 1)
	config = strings.Replace(config, `name = "web" }`, `name = "public" }`, 1)
	front := []string{"shop.example.com/", s.namespace + "/web:http", "otherwise", "404"}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             leavesNothing(s.device),
		Steps: []resource.TestStep{
			{
				Config:           config,
				ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{
					value("routes", texts(append(front, "shop.example.com/api", s.namespace+"/api:http")...)),
					value("virtual_servers", texts("8080", "/shop/203.0.113.10_8080")),
					value("id", knownvalue.StringExact("gateway/"+s.namespace+"/public@/shop/203.0.113.10")),
				},
			},
			{
				PreConfig: func() { s.deleteRoute("back"); s.device.ClearRequests() },
				Config:    config,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectKnownValue(address, tfjsonpath.New("routes"), texts(front...))},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				Check: oneTransaction(s.device),
			},
		},
	})
}

func TestAccAWAFPolicyIsInTheRulesThatForwardAndTheVirtualServerAsksForIt(t *testing.T) {
	t.Parallel()
	s := newShopOn(t, acctest.NewDeviceWithASM(t, "shop"))
	protects := func(want bool) resource.TestCheckFunc {
		return func(*terraform.State) error {
			policy := fmt.Sprint(s.device.REST(http.MethodGet, "/mgmt/tm/ltm/policy/~shop~203.0.113.10_443/rules?expandSubcollections=true", nil)["items"])
			profiles := fmt.Sprint(s.device.REST(http.MethodGet, "/mgmt/tm/ltm/virtual/~shop~203.0.113.10_443/profiles", nil)["items"])
			if got := strings.Contains(policy, "/Common/baseline"); got != want {
				return fmt.Errorf("a rule has the policy: %v, want %v: %s", got, want, policy)
			}
			if got := strings.Contains(profiles, "/Common/websecurity"); got != want {
				return fmt.Errorf("the virtual server has websecurity: %v, want %v: %s", got, want, profiles)
			}
			return nil
		}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             leavesNothing(s.device),
		Steps: []resource.TestStep{
			{Config: s.config(`waf_policy = "/Common/baseline"`), ConfigPlanChecks: emptyPlan(), Check: protects(true)},
			{
				PreConfig: s.device.ClearRequests,
				Config:    s.config(""), ConfigPlanChecks: emptyPlan(),
				Check: resource.ComposeTestCheckFunc(oneTransaction(s.device), protects(false)),
			},
		},
	})
}

func TestAccAWAFPolicyOnADeviceWithoutASMIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config: s.config(`waf_policy = "/Common/baseline"`), ExpectError: regexp.MustCompile(`(?s)websecurity`),
		}},
	})
	if err := leavesNothing(s.device)(nil); err != nil {
		t.Error(err)
	}
}

func TestAccTwoIngressesWithTheSamePathAreAProblemThatNamesBothAndTheOlderServes(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	second := s.ingress("/", "api", "/api", "api")
	second.Name, second.Spec.TLS = "west", nil
	s.made(second)
	both := s.config("") + s.second("west")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             leavesNothing(s.device),
		Steps: []resource.TestStep{
			{Config: both, ConfigPlanChecks: emptyPlan()},
			{
				Config: both, // whoever was applied first has seen the other by now
				ConfigStateChecks: []statecheck.StateCheck{
					value("routes", s.routes("/", "web")), value("problems", knownvalue.ListSizeExact(0)),
					statecheck.ExpectKnownValue("bigipkube_ingress.west", tfjsonpath.New("problems"), knownvalue.ListExact([]knownvalue.Check{
						knownvalue.StringRegexp(regexp.MustCompile(`ingress ` + s.namespace + `/west.*ingress ` + s.namespace + `/web`)),
					})),
				},
			},
			{ // what the younger one asks for is no reason to refuse the older
				Config: strings.Replace(both, `name = "web" }`, "name = \"web\" }\n  strict  = true", 1), ConfigPlanChecks: emptyPlan(),
			},
		},
	})
}

func TestAccAnIngressThatIsDeletedUnderTheResourceTakesNothingAway(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             leavesNothing(s.device),
		Steps: []resource.TestStep{
			{Config: s.config(""), ConfigPlanChecks: emptyPlan()},
			{
				PreConfig: func() {
					s.must(nil, s.cp.Client().NetworkingV1().Ingresses(s.namespace).Delete(t.Context(), "web", metav1.DeleteOptions{}))
				},
				Config:            s.config(""),
				ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				ConfigStateChecks: []statecheck.StateCheck{value("routes", s.routes("/", "web"))},
				Check: func(*terraform.State) error {
					s.device.REST(http.MethodGet, "/mgmt/tm/ltm/virtual/~shop~203.0.113.10_443", nil)
					return nil
				},
			},
			{Config: s.config(`client_ip = "snat"`), ExpectError: regexp.MustCompile(`(?s)Unable to serve ingress.*Nothing was\s+changed`)},
		},
	})
}

func TestAccWhatTheDeviceRefusesLeavesNothingAndTheNextApplyEndsIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	refuse := func() {
		s.must(nil, s.device.SetFaults([]control.Fault{{
			Method: http.MethodPatch, Path: "^/mgmt/tm/transaction/", Status: http.StatusBadRequest, Count: 1,
			Body: `{"code":400,"message":"transaction failed:01070734:3: Configuration error: no room","errorStack":[],"apiError":2}`,
		}}))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             leavesNothing(s.device),
		Steps: []resource.TestStep{
			{PreConfig: refuse, Config: s.config(""), ExpectError: regexp.MustCompile(`no room`)},
			{
				PreConfig: func() { s.must(nil, leavesNothing(s.device)(nil)) },
				Config:    s.config(""), ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate)},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			},
			{
				PreConfig: func() { s.change("/", "web", "/api", "api"); refuse() },
				Config:    s.config(""), ExpectError: regexp.MustCompile(`no room`),
			},
			{
				Config: s.config(""), ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("routes"), s.routes("/", "web", "/api", "api")),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			},
		},
	})
}

func TestAccOnlyTheClientsOfTheAllowedNetworksAreServed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	web := s.namespace + "/web:http"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             leavesNothing(s.device),
		Steps: []resource.TestStep{
			{Config: s.config(`allowed_sources = ["198.51.100.7/24"]`), ExpectError: regexp.MustCompile(`(?s)allowed_sources.*write\s+"198.51.100.0/24"`)},
			{Config: s.config(`client_ip = "proxy-protocol"`), ExpectError: regexp.MustCompile(`(?s)client_ip.*no\s+profile\s+that\s+writes\s+the\s+PROXY\s+protocol.*"x-forwarded-for"`)},
			{
				Config:           s.config(`allowed_sources = ["198.51.100.0/24", "192.0.2.0/24"]`),
				ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{value("routes", knownvalue.MapPartial(map[string]knownvalue.Check{
					"shop.example.com/ [from 192.0.2.0/24|198.51.100.0/24]": knownvalue.StringExact(web),
					"shop.example.com/": knownvalue.StringExact("403"),
				}))},
			},
			{
				PreConfig: s.device.ClearRequests,
				Config:    s.config(""), ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{value("routes", s.routes("/", "web"))},
				Check:             oneTransaction(s.device),
			},
		},
	})
}
