package acctest_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// noIdentity is how a CLI that does not import by identity says so, before the
// provider hears of it.
var noIdentity = regexp.MustCompile(`An argument named "identity" is not expected here`)

// ownSource says where the provider comes from, as a user does: a step that
// imports takes its configuration as it is.
const ownSource = `
terraform {
  required_providers {
    bigipkube = { source = "bigipkube/bigipkube" }
  }
}
`

// identified is the import block of an object in the partition of the device.
func identified(address, identity string) string {
	return fmt.Sprintf("\nimport {\n  to       = %s\n  identity = { %s }\n}\n", address, identity)
}

// known is how the provider knows a device that has no name.
func known(device *acctest.Device) string {
	return strings.TrimPrefix(device.ManagementURL(), "https://")
}

// identityIs expects an identity that is complete, whatever the import left out.
func identityIs(address, device, name string) statecheck.StateCheck {
	return statecheck.ExpectIdentity(address, map[string]knownvalue.Check{
		"device": knownvalue.StringExact(device), "partition": knownvalue.StringExact("shop"),
		"folder": knownvalue.Null(), "name": knownvalue.StringExact(name),
	})
}

// untouched fails if the device was asked to change anything.
func untouched(device *acctest.Device) resource.TestCheckFunc {
	return func(*terraform.State) error {
		for _, r := range device.Requests() {
			if r.Method != http.MethodGet && strings.HasPrefix(r.Path, "/mgmt/tm/") {
				return fmt.Errorf("adopting wrote %s %s", r.Method, r.Path)
			}
		}
		return nil
	}
}

// An older CLI refuses the identity without a word to the device, and takes the
// same objects over by their paths.
func TestAccTheGuideAdoptsByIdentityWithoutAWriteWhereTheCLICan(t *testing.T) {
	t.Parallel()
	device := existing(t)
	hcl, resources := blocks(t, "adopt.md", "hcl"), blocks(t, "adopt.md", "terraform")[0]
	at := slices.IndexFunc(hcl, func(block string) bool { return strings.Contains(block, "identity = {") })
	if at < 0 {
		t.Fatal("the guide has no identity")
	}
	byPath := hcl[0]
	byIdentity := hcl[at] + strings.Replace(hcl[at], "bigipkube_pool.web", "bigipkube_virtual_server.web", 1)
	adopts := func(imports string, checks ...statecheck.StateCheck) resource.TestStep {
		return resource.TestStep{
			Config: device.Provider() + imports + resources,
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("bigipkube_pool.web", plancheck.ResourceActionNoop),
					plancheck.ExpectResourceAction("bigipkube_virtual_server.web", plancheck.ResourceActionNoop),
				},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
			ConfigStateChecks: checks,
			Check:             untouched(device),
		}
	}
	steps := []resource.TestStep{
		{Config: device.Provider() + byIdentity + resources, ExpectError: noIdentity},
		adopts(byPath),
	}
	if acctest.Running(t).ImportsByIdentity() {
		steps = []resource.TestStep{adopts(byIdentity,
			identityIs("bigipkube_pool.web", known(device), "web"), identityIs("bigipkube_virtual_server.web", known(device), "web"))}
	}
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(t), Steps: steps})
}

func TestAccEveryImportByIdentityOfTheExamplesFindsWhatTheExampleMade(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "resources/*/import-by-identity.tf") {
		t.Run(typeOf(file), func(t *testing.T) {
			t.Parallel()
			block := read(t, file)
			to := regexp.MustCompile(`(?m)^  to = (\S+)$`).FindStringSubmatch(block)
			if to == nil {
				t.Fatalf("%s imports nothing", file)
			}
			example := read(t, filepath.Join(filepath.Dir(file), "resource.tf"))
			config := world(t, example) + example
			steps := []resource.TestStep{
				{Config: config},
				{ // forgets the resource, and plans the import: no change, and the identity is the one that it had
					Config: ownSource + config + block, ResourceName: to[1], ImportState: true,
					ImportStateKind: resource.ImportBlockWithResourceIdentity, ImportStateConfigExact: true,
				},
			}
			if !acctest.Running(t).ImportsByIdentity() {
				steps = []resource.TestStep{{Config: config + block, ExpectError: noIdentity}, {Config: config}}
			}
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(t), Steps: steps})
		})
	}
}

// With two devices under two names the same identity must not take the wrong
// object over.
func TestAccAnIdentityOfAnotherDeviceIsRefusedAndThatOfThisOneIsTaken(t *testing.T) {
	t.Parallel()
	device := existing(t)
	config := `
resource "bigipkube_pool" "web" {
  name     = "web"
  monitors = ["/Common/http"]
  members  = { "192.0.2.11:8080" = {}, "192.0.2.12:8080" = {} }
}
` + identified("bigipkube_pool.web", `device = "east", name = "web"`)
	west, east := device.Provider(`device_name = "west"`), device.Provider(`device_name = "east"`)
	steps := []resource.TestStep{
		{Config: west + config, ExpectError: noIdentity},
		{Config: east + config, ExpectError: noIdentity},
		{Config: east, Check: untouched(device)},
	}
	if acctest.Running(t).ImportsByIdentity() {
		steps = []resource.TestStep{
			{Config: west + config, ExpectError: regexp.MustCompile(`Unable to import pool web[\s\S]*the device east, and this provider is for\s+west[\s\S]*Nothing was\s+imported`)},
			{
				Config:            east + config,
				ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction("bigipkube_pool.web", plancheck.ResourceActionNoop)}},
				ConfigStateChecks: []statecheck.StateCheck{identityIs("bigipkube_pool.web", "east", "web")},
				Check:             untouched(device),
			},
		}
	}
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(t), Steps: steps})
}
