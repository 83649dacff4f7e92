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

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

const address = "bigipkube_ingress.web"

func emptyPlan() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func texts(pairs ...string) knownvalue.Check {
	values := map[string]knownvalue.Check{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = knownvalue.StringExact(pairs[i+1])
	}
	return knownvalue.MapExact(values)
}

func value(name string, want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), want)
}

// routes are those of the Ingress with the given pairs, all of its TLS.
func (s shop) routes(pathsAndServices ...string) knownvalue.Check {
	pairs := []string{"shop.example.com:80/", "redirect 301 to https://{host}{uri}", "otherwise", "404", "otherwise:80", "404"}
	for i := 0; i < len(pathsAndServices); i += 2 {
		pairs = append(pairs, "shop.example.com"+pathsAndServices[i], s.namespace+"/"+pathsAndServices[i+1]+":http")
	}
	return texts(pairs...)
}

// leavesNothing looks for what a destroy has forgotten.
func leavesNothing(device *acctest.Device) resource.TestCheckFunc {
	return func(*terraform.State) error {
		for _, kind := range []string{"virtual", "policy", "pool", "node", "rule", "profile/client-ssl", "profile/http"} {
			answer := device.REST(http.MethodGet, "/mgmt/tm/ltm/"+kind+"?$filter=partition+eq+shop", nil)
			if items, _ := answer["items"].([]any); len(items) > 0 {
				return fmt.Errorf("there is a %s left: %v", kind, items)
			}
		}
		return nil
	}
}

func TestAccAnIngressIsServedAndItsChangeIsShownByThePlanAndApplied(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             leavesNothing(s.device),
		Steps: []resource.TestStep{
			{
				Config:           s.config(""),
				ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{
					value("routes", s.routes("/", "web")),
					value("virtual_servers", texts("80", "/shop/203.0.113.10_80", "443", "/shop/203.0.113.10_443")),
					value("tls", knownvalue.MapPartial(map[string]knownvalue.Check{"shop.example.com": knownvalue.NotNull()})),
					value("id", knownvalue.StringExact("ingress/"+s.namespace+"/web@/shop/203.0.113.10")),
					value("problems", knownvalue.ListSizeExact(0)), value("differences", knownvalue.ListSizeExact(0)),
				},
			},
			{
				PreConfig: func() { s.change("/", "web", "/api", "api"); s.device.ClearRequests() },
				Config:    s.config(""),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("routes"), s.routes("/", "web", "/api", "api")),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{value("routes", s.routes("/", "web", "/api", "api"))},
				Check:             oneTransaction(s.device),
			},
			{
				PreConfig: func() { s.change("/", "web", "/v2", "api"); s.device.ClearRequests() },
				Config:    s.config(`revision = "2"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectUnknownValue(address, tfjsonpath.New("routes")),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{value("routes", s.routes("/", "web", "/v2", "api"))},
				Check:             oneTransaction(s.device),
			},
			{
				Config:           s.config(`client_ip = "snat"` + "\n  load_balancing_mode = \"least-connections-member\""),
				ConfigPlanChecks: emptyPlan(),
				Check: func(*terraform.State) error {
					got := s.device.REST(http.MethodGet, "/mgmt/tm/ltm/pool/~shop~"+s.namespace+"_web_http", nil)["loadBalancingMode"]
					if got != "least-connections-member" {
						return fmt.Errorf("the pool has the mode %v", got)
					}
					return nil
				},
			},
		},
	})
}

// oneTransaction checks that the last apply committed one transaction, and wrote nothing
// of what is secret outside of it.
func oneTransaction(device *acctest.Device) resource.TestCheckFunc {
	return func(*terraform.State) error {
		commits := 0
		for _, request := range device.Requests() {
			if strings.HasPrefix(request.Path, "/mgmt/tm/transaction/") && request.Method == http.MethodPatch {
				commits++
			}
		}
		if commits != 1 {
			return fmt.Errorf("%d transactions were committed, want 1", commits)
		}
		return nil
	}
}

func TestAccWhatSomebodyChangedOnTheDeviceIsADifferenceAndIsMended(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const server = "/mgmt/tm/ltm/virtual/~shop~203.0.113.10_443"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: s.config(""), ConfigPlanChecks: emptyPlan()},
			{
				PreConfig: func() {
					s.device.REST(http.MethodPatch, server, map[string]any{"connectionLimit": 5, "sourceAddressTranslation": map[string]any{"type": "none"}})
				},
				Config: s.config(""),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				Check: func(*terraform.State) error {
					translation, _ := s.device.REST(http.MethodGet, server, nil)["sourceAddressTranslation"].(map[string]any)
					if translation["type"] != "automap" {
						return fmt.Errorf("the translation is %v, want automap again", translation)
					}
					return nil
				},
			},
			{
				ResourceName: address, ImportState: true, ImportStateId: "ingress/" + s.namespace + "/web@/shop/203.0.113.10",
				ImportStateVerify: true, ImportStateVerifyIgnore: []string{"timeouts"},
			},
		},
	})
}

func TestAccWhatCannotBeServedIsAWarningAndWithStrictAnErrorThatChangesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.change("/", "web", "/gone", "nobody")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config: s.config("strict = true"), ExpectError: regexp.MustCompile(`(?s)Unable to serve all of ingress.*nobody`),
			},
			{
				Config:            s.config(""),
				ConfigPlanChecks:  emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{value("problems", knownvalue.ListSizeExact(1))},
			},
			{Config: s.config("strict = true"), ExpectError: regexp.MustCompile(`(?s)strict.*nobody`)},
		},
	})
}

func TestAccAnIngressThatIsNotThereIsAnErrorAtItsAttribute(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config: strings.Replace(s.config(""), `name = "web" }`, `name = "wep" }`, 1), ExpectError: regexp.MustCompile(`(?s)Unable to serve ingress.*does not exist`),
		}},
	})
}

func TestAccTwoResourcesShareAnAddressAndEachTakesOnlyItsOwnRoutesAway(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	second := s.ingress("/", "api", "/help", "api")
	second.Name, second.Spec.TLS = "help", nil
	second.Spec.Rules[0].Host = "help.example.com"
	s.made(second)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             leavesNothing(s.device),
		Steps: []resource.TestStep{
			{
				Config:           s.config("") + s.second("help"),
				ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{
					value("routes", s.routes("/", "web")),
					statecheck.ExpectKnownValue("bigipkube_ingress.help", tfjsonpath.New("routes"), texts(
						"help.example.com/", s.namespace+"/api:http", "help.example.com/help", s.namespace+"/api:http", "otherwise", "404",
					)),
				},
			},
			{
				Config:            s.config(""),
				ConfigPlanChecks:  emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{value("routes", s.routes("/", "web"))},
			},
		},
	})
}
