package f5state_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

func TestMain(m *testing.M) {
	acctest.Prepare()
	// Both providers are F5's here, so that the state says f5networks/bigip.
	if err := os.Setenv("TF_ACC_PROVIDER_NAMESPACE", "f5networks"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// factories runs our provider and the stand-in.
func factories(t *testing.T, f5 *standIn) map[string]func() (tfprotov6.ProviderServer, error) {
	t.Helper()
	all := acctest.Factories(t)
	all["bigip"] = providerserver.NewProtocol6WithError(f5)
	return all
}

// onDevice makes what F5's provider would have made of theirs.
func onDevice(t *testing.T) *acctest.Device {
	t.Helper()
	device := acctest.NewDevice(t, "shop")
	device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
		"name": "web", "partition": "shop", "description": "Checkout", "monitor": "/Common/http", "loadBalancingMode": "least-connections-member",
		"members": []map[string]any{{"name": "192.0.2.11:8080", "address": "192.0.2.11"}, {"name": "192.0.2.12:8080", "address": "192.0.2.12"}},
	})
	device.REST(http.MethodPost, "/mgmt/tm/ltm/virtual", map[string]any{
		"name": "web", "partition": "shop", "destination": "/shop/203.0.113.10:80", "ipProtocol": "tcp", "pool": "/shop/web",
		"profiles": []string{"/Common/tcp", "/Common/http"}, "sourceAddressTranslation": map[string]any{"type": "automap"},
	})
	return device
}

// guide is what the guide tells a user of F5's provider.
const guide = "../../../templates/guides/from-f5-provider.md"

// configurations are those of the guide: theirs before the move, ours after it,
// with the blocks that move.
func configurations(t *testing.T) (theirs, ours string) {
	t.Helper()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	block := func(language string) string {
		found := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindSubmatch(text)
		if found == nil {
			t.Fatalf("%s has no block of %s", guide, language)
		}
		return string(found[1])
	}
	return block("hcl"), block("terraform")
}

// f5Block keeps the provider that the old state names in the configuration.
const f5Block = `
provider "bigip" {}
`

// writes are the requests that changed something.
func writes(device *acctest.Device) []string {
	var all []string
	for _, r := range device.Requests() {
		if r.Method != http.MethodGet && strings.HasPrefix(r.Path, "/mgmt/tm/") {
			all = append(all, r.Method+" "+r.Path)
		}
	}
	return all
}

func TestAccAPoolAndAVirtualServerOfF5sProviderAreAdoptedWithoutAWrite(t *testing.T) {
	t.Parallel()
	device, f5 := onDevice(t), &standIn{}
	theirs, ours := configurations(t)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(t, f5),
		Steps: []resource.TestStep{
			{Config: device.Provider() + f5Block + theirs},
			{
				PreConfig: device.ClearRequests,
				Config:    device.Provider() + f5Block + ours,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction("bigipkube_pool.web", plancheck.ResourceActionNoop),
						plancheck.ExpectResourceAction("bigipkube_virtual_server.web", plancheck.ResourceActionNoop),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("bigipkube_pool.web", tfjsonpath.New("id"), knownvalue.StringExact("/shop/web")),
					statecheck.ExpectKnownValue("bigipkube_virtual_server.web", tfjsonpath.New("id"), knownvalue.StringExact("/shop/web")),
				},
				Check: func(state *terraform.State) error {
					if got := writes(device); len(got) > 0 {
						return fmt.Errorf("the move wrote %q", got)
					}
					if n := f5.deletes.Load(); n > 0 {
						return fmt.Errorf("F5's provider was asked to delete %d objects", n)
					}
					for address := range state.RootModule().Resources {
						if strings.HasPrefix(address, "bigip_") {
							return fmt.Errorf("%s is still in the state", address)
						}
					}
					return nil
				},
			},
		},
	})
}

func TestAccAMoveAndAChangeInOneApplyIsAnUpdateInPlace(t *testing.T) {
	t.Parallel()
	device, f5 := onDevice(t), &standIn{}
	theirs, ours := configurations(t)
	changed := strings.Replace(ours, `"192.0.2.12:8080" = {}`, `"192.0.2.12:8080" = { ratio = 2 }`, 1)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(t, f5),
		Steps: []resource.TestStep{
			{Config: device.Provider() + f5Block + theirs},
			{
				Config: device.Provider() + f5Block + changed,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction("bigipkube_pool.web", plancheck.ResourceActionUpdate),
						plancheck.ExpectResourceAction("bigipkube_virtual_server.web", plancheck.ResourceActionNoop),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue("bigipkube_pool.web",
					tfjsonpath.New("members").AtMapKey("192.0.2.12:8080").AtMapKey("ratio"), knownvalue.Int64Exact(2))},
			},
		},
	})
}

func TestAccAMonitorOfF5sProviderIsAdoptedWithoutAWrite(t *testing.T) {
	t.Parallel()
	device, f5 := onDevice(t), &standIn{}
	device.REST(http.MethodPost, "/mgmt/tm/ltm/monitor/http", map[string]any{
		"name": "health", "partition": "shop", "defaultsFrom": "/Common/http", "interval": 3, "timeout": 10, "recv": "200 OK",
	})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(t, f5),
		Steps: []resource.TestStep{
			{Config: device.Provider() + f5Block + `
resource "bigip_ltm_monitor" "health" {
  name     = "/shop/health"
  parent   = "/Common/http"
  interval = 3
  timeout  = 10
  receive  = "200 OK"
}
`},
			{
				PreConfig: device.ClearRequests,
				Config: device.Provider() + f5Block + `
resource "bigipkube_monitor" "health" {
  partition = "shop"
  name      = "health"
  type      = "http"
  interval  = 3
  timeout   = 10
  receive   = "200 OK"
}

moved {
  from = bigip_ltm_monitor.health
  to   = bigipkube_monitor.health
}
`,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction("bigipkube_monitor.health", plancheck.ResourceActionNoop)},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				Check: func(*terraform.State) error {
					if got := writes(device); len(got) > 0 {
						return fmt.Errorf("the move wrote %q", got)
					}
					return nil
				},
			},
		},
	})
}

func TestAccAMoveFromAnotherTypeIsRefused(t *testing.T) {
	t.Parallel()
	device, f5 := onDevice(t), &standIn{}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(t, f5),
		Steps: []resource.TestStep{
			{Config: device.Provider() + f5Block + `resource "bigip_ltm_virtual_server" "web" { name = "/shop/web" }`},
			{
				Config: device.Provider() + f5Block + `
resource "bigipkube_pool" "web" { name = "web" }

moved {
  from = bigip_ltm_virtual_server.web
  to   = bigipkube_pool.web
}
`,
				ExpectError: regexp.MustCompile(`Unable to Move Resource State[\s\S]*bigip_ltm_virtual_server`),
			},
			{Config: device.Provider() + f5Block + `resource "bigip_ltm_virtual_server" "web" { name = "/shop/web" }`},
		},
	})
}

func TestAccAStateWithoutAFullPathIsRefusedWithTheWayOut(t *testing.T) {
	t.Parallel()
	device, f5 := onDevice(t), &standIn{}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(t, f5),
		Steps: []resource.TestStep{
			{Config: device.Provider() + f5Block + `resource "bigip_ltm_pool" "web" { name = "web" }`},
			{
				Config: device.Provider() + f5Block + `
resource "bigipkube_pool" "web" { name = "web" }

moved {
  from = bigip_ltm_pool.web
  to   = bigipkube_pool.web
}
`,
				ExpectError: regexp.MustCompile(`Unable to move bigip_ltm_pool[\s\S]*"web"[\s\S]*Import the object`),
			},
			{Config: device.Provider() + f5Block + `resource "bigip_ltm_pool" "web" { name = "web" }`},
		},
	})
}
