package virtualserver_test

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

const (
	address = "bigipkube_virtual_server.web"
	onREST  = "/mgmt/tm/ltm/virtual/~shop~web"
)

// minimal is the least that a virtual server needs.
const minimal = `
resource "bigipkube_virtual_server" "web" {
  name        = "web"
  destination = "203.0.113.10:443"
}
`

const blue = `
resource "bigipkube_pool" "blue" {
  name    = "blue"
  members = {}
}
`

// complete has every attribute set.
const complete = blue + `
resource "bigipkube_virtual_server" "web" {
  partition                  = "shop"
  name                       = "web"
  description                = "Checkout"
  destination                = "203.0.113.10:80"
  ip_protocol                = "tcp"
  pool                       = bigipkube_pool.blue.id
  profiles                   = { "/Common/tcp" = "all", "/Common/http" = "all" }
  source_address_translation = { type = "automap" }
  persistence                = "/Common/cookie"
  fallback_persistence       = "/Common/source_addr"
  enabled                    = false
}
`

func emptyPlan() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

// inPlace expects that the step changes the virtual server and keeps it.
func inPlace() resource.ConfigPlanChecks {
	checks := emptyPlan()
	checks.PreApply = []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)}
	return checks
}

func value(name string, want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), want)
}

// has checks a property of the virtual server on the device itself.
func has(device *acctest.Device, property string, want any) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got := device.REST(http.MethodGet, onREST, nil)[property]; fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("on the device %s is %v, want %v", property, got, want)
		}
		return nil
	}
}

// gone checks that a destroy left nothing.
func gone(device *acctest.Device) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if status, _ := device.TryREST(http.MethodGet, onREST, nil); status != http.StatusNotFound {
			return fmt.Errorf("the virtual server answers %d after destroy, want 404", status)
		}
		return nil
	}
}

func TestAccItIsCreatedChangedInPlaceUnsetImportedAndDestroyed(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             gone(device),
		Steps: []resource.TestStep{
			{
				Config: device.Provider() + minimal,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact("/shop/web")),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("partition"), knownvalue.StringExact("shop")),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("profiles").AtMapKey("/Common/fastL4"), knownvalue.StringExact("all")),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					value("id", knownvalue.StringExact("/shop/web")),
					value("destination", knownvalue.StringExact("203.0.113.10:443")),
					value("pool", knownvalue.Null()),
					value("enabled", knownvalue.Bool(true)),
				},
				Check: has(device, "destination", "/shop/203.0.113.10:443"),
			},
			{
				Config:           device.Provider() + complete,
				ConfigPlanChecks: inPlace(),
				ConfigStateChecks: []statecheck.StateCheck{
					value("pool", knownvalue.StringExact("/shop/blue")),
					value("description", knownvalue.StringExact("Checkout")),
					value("profiles", knownvalue.MapExact(map[string]knownvalue.Check{
						"/Common/tcp": knownvalue.StringExact("all"), "/Common/http": knownvalue.StringExact("all"),
					})),
				},
				Check: resource.ComposeAggregateTestCheckFunc(
					has(device, "destination", "/shop/203.0.113.10:80"),
					has(device, "pool", "/shop/blue"),
					has(device, "disabled", true),
					has(device, "fallbackPersistence", "/Common/source_addr"),
				),
			},
			{
				ResourceName:      address,
				ImportState:       true,
				ImportStateId:     "/shop/web",
				ImportStateVerify: true,
			},
			{
				ResourceName:    address,
				ImportState:     true,
				ImportStateKind: resource.ImportBlockWithID,
				ImportStateId:   "/shop/web",
			},
			{ // what is taken out of the configuration is taken off the device
				Config:           device.Provider() + blue + minimal,
				ConfigPlanChecks: inPlace(),
				ConfigStateChecks: []statecheck.StateCheck{
					value("pool", knownvalue.Null()),
					value("description", knownvalue.Null()),
					value("persistence", knownvalue.Null()),
					value("enabled", knownvalue.Bool(true)),
				},
				Check: resource.ComposeAggregateTestCheckFunc(
					has(device, "pool", nil),
					has(device, "persist", nil),
					has(device, "fallbackPersistence", nil),
					has(device, "description", nil),
					has(device, "sourceAddressTranslation", map[string]any{"type": "none"}),
				),
			},
		},
	})
}

func TestAccAnotherSpellingOfTheDestinationIsNoChange(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	config := func(destination string) string {
		return device.Provider() + fmt.Sprintf(`
resource "bigipkube_virtual_server" "web" {
  name        = "web"
  destination = %q
}
`, destination)
	}
	unchanged := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: config("[2001:db8:0::10]:443"), ConfigPlanChecks: emptyPlan()},
			{Config: config("/shop/2001:db8::10.443"), ConfigPlanChecks: unchanged},
			{Config: config("2001:db8::10.https"), ConfigPlanChecks: unchanged},
			{Config: config("[2001:db8::10]:80"), ConfigPlanChecks: inPlace(), Check: has(device, "destination", "/shop/2001:db8::10.80")},
		},
	})
}

func TestAccWhatSomebodyChangedByHandIsInTheNextPlan(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: device.Provider() + complete},
			{
				PreConfig: func() {
					device.REST(http.MethodPatch, onREST, map[string]any{"pool": "none", "description": "by hand", "enabled": true})
				},
				Config: device.Provider() + complete,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("pool"), knownvalue.StringExact("/shop/blue")),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				Check: resource.ComposeAggregateTestCheckFunc(has(device, "pool", "/shop/blue"), has(device, "disabled", true)),
			},
			{
				PreConfig: func() { device.REST(http.MethodDelete, onREST, nil) },
				Config:    device.Provider() + complete,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate)},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			},
		},
	})
}

func TestAccOneThatIsThereAlreadyIsLeftAloneAndTheErrorTellsHowToImportIt(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	device.REST(http.MethodPost, "/mgmt/tm/ltm/virtual", map[string]any{
		"name": "web", "partition": "shop", "destination": "/shop/203.0.113.99:80", "description": "theirs",
	})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config:      device.Provider() + minimal,
			ExpectError: regexp.MustCompile(`Unable to create virtual server /shop/web[\s\S]*terraform import bigipkube_virtual_server.NAME /shop/web`),
		}},
	})
	if got := device.REST(http.MethodGet, onREST, nil)["description"]; got != "theirs" {
		t.Errorf("its description is %v now", got)
	}
}

func TestAccOneThatCannotBeReadBackIsKeptInStateNotTainted(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{
				PreConfig: func() {
					err := device.SetFaults([]control.Fault{{Method: http.MethodGet, Path: "/ltm/virtual/~shop~web", Status: http.StatusBadRequest, Count: 1}})
					if err != nil {
						t.Error(err)
					}
				},
				Config:           device.Provider() + minimal,
				ConfigPlanChecks: emptyPlan(),
			},
			{
				PreConfig: func() {
					var faults int
					for _, request := range device.Requests() {
						if request.Fault {
							faults++
						}
					}
					if faults != 1 {
						t.Errorf("%d requests failed, want 1: the test proves nothing", faults)
					}
				},
				Config:             device.Provider() + minimal,
				PlanOnly:           true,
				ExpectNonEmptyPlan: false,
			},
		},
	})
}

func TestAccItIsNotImportedByABareName(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	refused := func(id, want string) resource.TestStep {
		return resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: id, ExpectError: regexp.MustCompile(want)}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: device.Provider() + minimal},
			refused("web", `Unable to import virtual server web`),
		},
	})
}

func TestAccMovingToAnotherNameReplacesIt(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: device.Provider() + minimal},
			{
				Config: device.Provider() + `
resource "bigipkube_virtual_server" "web" {
  name        = "web2"
  destination = "203.0.113.10:443"
}
`,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionReplace),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact("/shop/web2")),
				}},
			},
		},
	})
}

func TestAccAWrongValueIsRefusedBeforeTheDeviceIsAsked(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	for name, test := range map[string]struct{ line, want string }{
		"a destination without port":    {`destination = "203.0.113.10"`, `Not a destination`},
		"a bare name of a pool":         {"destination = \"203.0.113.10:80\"\n pool = \"blue\"", `Not a full path`},
		"a context that is none":        {"destination = \"203.0.113.10:80\"\n profiles = { \"/Common/tcp\" = \"both\" }", `value must be one of`},
		"a SNAT pool without its type":  {"destination = \"203.0.113.10:80\"\n source_address_translation = { type = \"automap\", pool = \"/Common/outside\" }", `Unused SNAT pool`},
		"the type snat without a pool":  {"destination = \"203.0.113.10:80\"\n source_address_translation = { type = \"snat\" }", `Missing SNAT pool`},
		"an empty set of profiles":      {"destination = \"203.0.113.10:80\"\n profiles = {}", `at least 1`},
		"a protocol that is not spoken": {"destination = \"203.0.113.10:80\"\n ip_protocol = \"icmp\"", `value must be one of`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(t),
				Steps: []resource.TestStep{{
					Config:      device.Provider() + "resource \"bigipkube_virtual_server\" \"web\" {\n name = \"web\"\n " + test.line + "\n}\n",
					ExpectError: regexp.MustCompile(test.want),
				}},
			})
		})
	}
}
