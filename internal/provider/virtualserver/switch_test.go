package virtualserver_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
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

// twoPools is a virtual server before a pool that is up and one that may be not.
func twoPools(device *acctest.Device, live string) string {
	return device.Provider() + fmt.Sprintf(`
resource "bigipkube_pool" "blue" {
  name     = "blue"
  monitors = ["/Common/http"]
  members  = { "192.0.2.1:8080" = {} }
}

resource "bigipkube_pool" "green" {
  name     = "green"
  monitors = ["/Common/http"]
  members  = { "192.0.2.2:8080" = {}, "192.0.2.3:8080" = {} }
}

resource "bigipkube_virtual_server" "web" {
  name        = "web"
  destination = "203.0.113.10:80"
  pool        = bigipkube_pool.%s.id
  profiles    = { "/Common/tcp" = "all", "/Common/http" = "all" }
  cutover     = { require_available = 2, timeout = "0s" }
}
`, live)
}

// server answers HTTP on loopback and returns where.
func server(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func TestAccASwitchToAPoolThatIsNotAvailableIsRefusedAndTheNextOneSucceeds(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	device.SetMembers(map[string]string{"192.0.2.1:8080": server(t), "192.0.2.2:8080": server(t)}) // 192.0.2.3 answers nobody
	serves := func(pool string) resource.TestCheckFunc { return has(device, "pool", pool) }
	planned := func(pool string) plancheck.PlanCheck {
		return plancheck.ExpectKnownValue(address, tfjsonpath.New("pool"), knownvalue.StringExact(pool))
	}
	update := plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: twoPools(device, "blue"), ConfigPlanChecks: emptyPlan(), Check: serves("/shop/blue")},
			{
				Config:      twoPools(device, "green"),
				ExpectError: regexp.MustCompile(`Unable to move the traffic of virtual server\s+/shop/web[\s\S]*192\.0\.2\.3:8080`),
			},
			{ // the state kept blue: the switch is planned again, and nothing else
				Config:             twoPools(device, "green"),
				PlanOnly:           true,
				ExpectNonEmptyPlan: true,
				ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{
					update, planned("/shop/green"),
					plancheck.ExpectResourceAction("bigipkube_pool.green", plancheck.ResourceActionNoop),
				}},
			},
			{
				PreConfig: func() {
					if got := device.REST(http.MethodGet, onREST, nil)["pool"]; got != "/shop/blue" {
						t.Errorf("after the refusal the device has the pool %v", got)
					}
					device.SetMembers(map[string]string{"192.0.2.3:8080": server(t)})
				},
				Config: strings.ReplaceAll(twoPools(device, "green"), `"0s"`, `"2m"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{update, planned("/shop/green")},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{value("pool", knownvalue.StringExact("/shop/green"))},
				Check:             serves("/shop/green"),
			},
		},
	})
}

func TestAccASwitchIsOneWrite(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	config := func(live string) string {
		return regexp.MustCompile(`(?m)^  (cutover|monitors) .*\n`).ReplaceAllString(twoPools(device, live), "")
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: config("blue")},
			{
				PreConfig:        device.ClearRequests,
				Config:           config("green"),
				ConfigPlanChecks: inPlace(),
				Check: func(*terraform.State) error {
					var writes []string
					for _, request := range device.Requests() {
						if request.Method != http.MethodGet && strings.HasPrefix(request.Path, "/mgmt/tm/ltm/") {
							writes = append(writes, request.Method+" "+request.Path)
						}
					}
					if want := "PATCH " + onREST; len(writes) != 1 || writes[0] != want {
						return fmt.Errorf("the switch wrote %q, want %s alone", writes, want)
					}
					return nil
				},
			},
		},
	})
}

// Terraform deletes a pool before it updates the virtual server that refers to
// it, unless the pool says create_before_destroy; the device would refuse.
func TestAccASwitchAndTheRemovalOfTheOldPoolGoIntoOneApply(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	pool := func(name string) string {
		return fmt.Sprintf(`
resource "bigipkube_pool" %[1]q {
  name    = %[1]q
  members = { "192.0.2.1:8080" = {} }
  lifecycle { create_before_destroy = true }
}
`, name)
	}
	virtualServer := func(live string) string {
		return fmt.Sprintf(`
resource "bigipkube_virtual_server" "web" {
  name        = "web"
  destination = "203.0.113.10:80"
  pool        = bigipkube_pool.%s.id
}
`, live)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: device.Provider() + pool("blue") + virtualServer("blue")},
			{
				Config: device.Provider() + pool("green") + virtualServer("green"),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction("bigipkube_pool.green", plancheck.ResourceActionCreate),
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectResourceAction("bigipkube_pool.blue", plancheck.ResourceActionDestroy),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				Check: has(device, "pool", "/shop/green"),
			},
		},
	})
}
