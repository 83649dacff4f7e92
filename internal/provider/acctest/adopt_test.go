package acctest_test

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// existing is a device with what the guide adopts.
func existing(t *testing.T) *acctest.Device {
	t.Helper()
	device := acctest.NewDevice(t, "shop")
	device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
		"name": "web", "partition": "shop", "monitor": "/Common/http",
		"members": []map[string]any{{"name": "192.0.2.11:8080", "address": "192.0.2.11"}, {"name": "192.0.2.12:8080", "address": "192.0.2.12"}},
	})
	device.REST(http.MethodPost, "/mgmt/tm/ltm/virtual", map[string]any{
		"name": "web", "partition": "shop", "destination": "/shop/203.0.113.10:80", "ipProtocol": "tcp", "pool": "/shop/web",
		"profiles": []string{"/Common/tcp", "/Common/http"},
	})
	device.ClearRequests()
	return device
}

// blocks are the fenced blocks of a guide in a language.
func blocks(t *testing.T, guide, language string) []string {
	t.Helper()
	var all []string
	for _, found := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(read(t, filepath.Join(examples, "../templates/guides", guide)), -1) {
		all = append(all, found[1])
	}
	return all
}

func TestAccTheGuideAdoptsWhatExistsWithoutAWrite(t *testing.T) {
	t.Parallel()
	device := existing(t)
	imports, resources := blocks(t, "adopt.md", "hcl"), blocks(t, "adopt.md", "terraform")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config: device.Provider() + imports[0] + resources[0],
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("bigipkube_pool.web", plancheck.ResourceActionNoop),
					plancheck.ExpectResourceAction("bigipkube_virtual_server.web", plancheck.ResourceActionNoop),
				},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
			Check: untouched(device),
		}},
	})
}

// What needs a newer CLI than the tests have is spoken in the protocol.
func TestTheGuidesIdentityAndListsFindWhatExists(t *testing.T) {
	t.Parallel()
	device := existing(t)
	p := acctest.NewProtocol(t, device, nil)
	identities, lists := 0, 0
	for _, block := range blocks(t, "adopt.md", "hcl") {
		if strings.Contains(block, "identity = {") {
			identities++
			if state, _, diags := p.Import("bigipkube_pool", settings(t, block)); len(diags) > 0 || state["id"] != "/shop/web" {
				t.Errorf("imported %v, %+v", state["id"], diags)
			}
		}
		for _, list := range regexp.MustCompile(`(?s)list "(\w+)" .*?\n\}\n`).FindAllStringSubmatch(block, -1) {
			lists++
			config := settings(t, list[0])
			delete(config, "name") // the guide looks for others
			if listed, diags := p.List(list[1], config, 100, false); len(diags) > 0 || len(listed) != 1 || listed[0].DisplayName != "/shop/web" {
				t.Errorf("%s: listed %v, %+v", list[1], listed, diags)
			}
		}
	}
	if identities != 1 || lists != 2 {
		t.Errorf("the guide has %d identities and %d lists", identities, lists)
	}
}
