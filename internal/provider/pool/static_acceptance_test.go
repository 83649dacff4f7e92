package pool_test

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

const (
	address = "bigipkube_pool.web"
	onREST  = "/mgmt/tm/ltm/pool/~shop~web"
)

// static is a pool with every attribute set.
const static = `
resource "bigipkube_pool" "web" {
  partition           = "shop"
  name                = "web"
  description         = "Checkout"
  monitors            = ["/Common/http", "/Common/tcp"]
  monitors_required   = 1
  load_balancing_mode = "ratio-member"
  min_active_members  = 1
  slow_ramp_time      = 0
  service_down_action = "reselect"
  members = {
    "192.0.2.1:8080"       = { ratio = 5, priority_group = 2, connection_limit = 100, session = "disabled", description = "first" }
    "192.0.2.2:8080"       = { session = "forced-offline" }
    "[2001:db8::1]:8080"   = {}
    "192.0.2.3%0:8080"     = {}
  }
  timeouts = { update = "1m" }
}
`

// bare is a pool with defaults.
const bare = `
resource "bigipkube_pool" "web" {
  name    = "web"
  members = { "192.0.2.1:8080" = {} }
}
`

func emptyPlan() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

// inPlace expects that the step changes the pool and keeps it.
func inPlace(more ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	checks := emptyPlan()
	checks.PreApply = append([]plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)}, more...)
	return checks
}

func value(at tfjsonpath.Path, want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, at, want)
}

func member(key, attribute string) tfjsonpath.Path {
	return tfjsonpath.New("members").AtMapKey(key).AtMapKey(attribute)
}

// has checks a property of the pool on the device itself.
func has(device *acctest.Device, property string, want any) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got := device.REST(http.MethodGet, onREST, nil)[property]; fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("on the device %s is %v, want %v", property, got, want)
		}
		return nil
	}
}

// memberHas checks a property of a member on the device itself.
func memberHas(device *acctest.Device, name, property string, want any) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got := device.REST(http.MethodGet, onREST+"/members/~shop~"+name, nil)[property]; fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("on the device %s of member %s is %v, want %v", property, name, got, want)
		}
		return nil
	}
}

// gone checks that a destroy left nothing.
func gone(device *acctest.Device) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if status, _ := device.TryREST(http.MethodGet, onREST, nil); status != http.StatusNotFound {
			return fmt.Errorf("the pool answers %d after destroy, want 404", status)
		}
		return nil
	}
}

func TestAccMoreMonitorsThanThereAreCannotBeRequired(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ attributes, want string }{
		"of a member without any": {
			`members = { "192.0.2.1:8080" = { monitors = [], monitors_required = 1 } }`,
			`(?s).monitors_required.: 1 must succeed.*.monitors. has\s+none`,
		},
		"of a member with one": {
			`members = { "192.0.2.1:8080" = { monitors = ["/Common/http"], monitors_required = 2 } }`,
			`(?s).monitors_required.: 2 must succeed.*.monitors. has\s+1`,
		},
		"of a pool without any": {`monitors_required = 1`, `(?s)1 must succeed.*.monitors. has\s+none`},
		"of a pool with one": {`monitors = ["/Common/http"]
			monitors_required = 2`, `(?s)2 must succeed.*.monitors. has\s+1`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			device := acctest.NewDevice(t, "shop")
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(t),
				Steps: []resource.TestStep{{
					Config:      device.Provider() + "resource \"bigipkube_pool\" \"web\" {\n  name = \"web\"\n" + test.attributes + "\n}\n",
					PlanOnly:    true,
					ExpectError: regexp.MustCompile(test.want),
				}},
			})
		})
	}
}

func TestAccAStaticPoolIsCreatedUnsetChangedInPlaceImportedAndDestroyed(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	config := strings.Replace(static, `"192.0.2.3%0:8080"     = {}`, "", 1)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             gone(device),
		Steps: []resource.TestStep{
			{
				Config:      device.Provider() + static,
				ExpectError: regexp.MustCompile(`write\s+"192.0.2.3:8080"`),
			},
			{
				Config: device.Provider() + config,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact("/shop/web")),
						plancheck.ExpectKnownValue(address, member("192.0.2.2:8080", "ratio"), knownvalue.Int64Exact(1)),
						plancheck.ExpectKnownValue(address, member("192.0.2.2:8080", "backend"), knownvalue.Null()),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					value(tfjsonpath.New("endpoints"), knownvalue.Null()),
					value(tfjsonpath.New("traffic"), knownvalue.Null()),
					value(member("192.0.2.1:8080", "session"), knownvalue.StringExact("disabled")),
				},
				Check: resource.ComposeAggregateTestCheckFunc(
					has(device, "loadBalancingMode", "ratio-member"),
					has(device, "slowRampTime", 0),
					has(device, "description", "Checkout"),
					memberHas(device, "192.0.2.1:8080", "ratio", 5),
					memberHas(device, "192.0.2.1:8080", "connectionLimit", 100),
					memberHas(device, "192.0.2.1:8080", "session", "user-disabled"),
					memberHas(device, "192.0.2.2:8080", "state", "user-down"),
					memberHas(device, "2001:db8::1.8080", "ratio", 1),
				),
			},
			{
				ResourceName: address, ImportState: true, ImportStateId: "/shop/web", ImportStateVerify: true,
				ImportStateVerifyIgnore: []string{"timeouts"},
			},
			{ // everything that is left out goes back to its default
				Config:           device.Provider() + bare,
				ConfigPlanChecks: inPlace(),
				ConfigStateChecks: []statecheck.StateCheck{
					value(tfjsonpath.New("members"), knownvalue.MapSizeExact(1)),
					value(tfjsonpath.New("description"), knownvalue.Null()),
				},
				Check: resource.ComposeAggregateTestCheckFunc(
					has(device, "loadBalancingMode", "round-robin"),
					has(device, "slowRampTime", 10),
					has(device, "serviceDownAction", "none"),
					has(device, "minActiveMembers", 0),
					has(device, "monitor", nil),
					has(device, "description", nil),
					memberHas(device, "192.0.2.1:8080", "ratio", 1),
					memberHas(device, "192.0.2.1:8080", "priorityGroup", 0),
					memberHas(device, "192.0.2.1:8080", "connectionLimit", 0),
					memberHas(device, "192.0.2.1:8080", "description", nil),
					memberHas(device, "192.0.2.1:8080", "session", "user-enabled"),
				),
			},
		},
	})
}

func TestAccAnImportedStaticPoolWithTheSameConfigurationHasNothingToDo(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
		"name": "web", "partition": "shop",
		"members": []map[string]any{{"name": "192.0.2.1:8080", "partition": "shop"}},
	})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config: device.Provider() + bare + `
import {
  to = bigipkube_pool.web
  id = "/shop/web"
}
`,
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionNoop)},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
		}},
	})
}

func TestAccDriftOfAStaticPoolIsSeenAndRepaired(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	members := onREST + "/members"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: device.Provider() + bare, ConfigPlanChecks: emptyPlan()},
			{ // a member disabled, one added, a setting changed, all by hand
				PreConfig: func() {
					device.REST(http.MethodPatch, members+"/~shop~192.0.2.1:8080", map[string]any{"session": "user-disabled"})
					device.REST(http.MethodPost, members, map[string]any{"name": "192.0.2.9:8080", "partition": "shop"})
					device.REST(http.MethodPatch, onREST, map[string]any{"loadBalancingMode": "least-connections-member"})
				},
				Config:           device.Provider() + bare,
				ConfigPlanChecks: inPlace(),
				ConfigStateChecks: []statecheck.StateCheck{
					value(tfjsonpath.New("members"), knownvalue.MapSizeExact(1)),
					value(member("192.0.2.1:8080", "session"), knownvalue.StringExact("enabled")),
				},
			},
			{ // deleted by hand
				PreConfig: func() { device.REST(http.MethodDelete, onREST, nil) },
				Config:    device.Provider() + bare,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate)},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			},
			{ // deleted by hand before the destroy: that is no error
				Config:  device.Provider() + bare,
				Destroy: true,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					after(func() { device.REST(http.MethodDelete, onREST, nil) }),
				}},
			},
		},
	})
}

func TestAccAnExistingPoolIsLeftAloneAndTheErrorTellsTheImport(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{"name": "web", "partition": "shop", "description": "somebody's"})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config:      device.Provider() + bare,
			ExpectError: regexp.MustCompile(`(?s)Unable to create pool /shop/web.*terraform import bigipkube_pool.NAME /shop/web`),
		}},
	})
	if err := has(device, "description", "somebody's")(nil); err != nil {
		t.Error(err)
	}
}

func TestAccAHundredMembersTakeOnePOSTAndOneGET(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	config := device.Provider() + `
resource "bigipkube_pool" "web" {
  name    = "web"
  members = { for i in range(1, 101) : "192.0.2.${i}:8080" => {} }
}
`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{
				PreConfig: device.ClearRequests,
				Config:    config,
				Check:     func(*terraform.State) error { return journal(device, "POST ltm/pool 1", "GET ltm/pool 0") },
			},
			{PreConfig: device.ClearRequests, RefreshState: true},
			{
				PreConfig: func() {
					// plugin-testing refreshes, and then plans, which refreshes too.
					if err := journal(device, "GET ltm 2", "GET ltm/pool/~shop~web? 2", "POST ltm 0", "PATCH ltm 0"); err != nil {
						t.Error("two refreshes: ", err)
					}
				},
				Config: config, PlanOnly: true,
			},
		},
	})
}
