package provider_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

const pool = `
resource "bigipkube_pool" "web" {
  name = "web"
}
`

func TestAccSettingsThatAreWrongAreExplained(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	for name, test := range map[string]struct {
		from, to string
		want     string
	}{
		"wrong password":    {acctest.Password, "wrong", `(?s)Unable to log in to BIG-IP 127.0.0.1.*BIGIP_PASSWORD`},
		"unreachable":       {device.ManagementURL(), "https://127.0.0.1:1", `(?s)Unable to reach BIG-IP 127.0.0.1:1.*refused.*BIGIP_HOST`},
		"unknown CA":        {`ca_file   = "` + device.CAFile() + `"`, "", `(?s)Unable to trust BIG-IP.*certificate.*ca_file`},
		"no such CA file":   {device.CAFile(), "/nowhere/ca.pem", `(?s)ca_file\s+= "/nowhere/ca.pem".*/nowhere/ca.pem`},
		"unknown partition": {`"shop"`, `"nowhere"`, `(?s)Unable to create pool /nowhere/web.*partition nowhere does not exist`},
		"no address":        {`address   = "` + device.ManagementURL() + `"`, "", `(?s)Missing the management address.*BIGIP_HOST`},
		"odd address":       {device.ManagementURL(), "ftp://bigip", `(?s)address\s+= "ftp://bigip".*scheme`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := strings.Replace(device.Provider(), test.from, test.to, 1)
			if config == device.Provider() {
				t.Fatalf("the configuration has no %s", test.from)
			}
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(t),
				Steps:                    []resource.TestStep{{Config: config + pool, ExpectError: regexp.MustCompile(test.want)}},
			})
		})
	}
}

// TestAccAClusterMayBeMadeInTheSameApply has a provider whose kubernetes setting
// is unknown at plan.
func TestAccAClusterMayBeMadeInTheSameApply(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config: `
resource "terraform_data" "cluster" {
  input = "https://127.0.0.1:1"
}
` + device.Provider(`kubernetes = { host = terraform_data.cluster.output, token = "t" }`) + pool,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue("bigipkube_pool.web", tfjsonpath.New("id"), knownvalue.StringExact("/shop/web")),
			}},
		}},
	})
}

func TestAccAnUnknownDeviceIsAnErrorAtFirstUseOnly(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	config := `
resource "terraform_data" "address" {
  input = "` + device.ManagementURL() + `"
}
` + strings.Replace(device.Provider(), `"`+device.ManagementURL()+`"`, "terraform_data.address.output", 1)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config:      config + "data \"bigipkube_pool\" \"web\" {\n  name = \"web\"\n}\n",
				ExpectError: regexp.MustCompile(`(?s)Unable to use the provider.*not\s+known\s+before\s+the\s+apply`),
			},
			{Config: config + pool}, // a create has nothing to read at plan
		},
	})
}

// TestAccOneTokenServesTheProcessAndIsGivenBack is not parallel: Shutdown ends
// the sessions of all.
func TestAccOneTokenServesTheProcessAndIsGivenBack(t *testing.T) {
	device := acctest.NewDevice(t, "shop")
	logins := func(method, path string) int {
		count := 0
		for _, r := range device.Requests() {
			if r.Method == method && strings.HasPrefix(r.Path, path) {
				count++
			}
		}
		return count
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{ // a plan that has nothing to read does not log in
				Config: device.Provider() + pool, PlanOnly: true, ExpectNonEmptyPlan: true,
			},
			{
				PreConfig: func() {
					if got := logins(http.MethodPost, "/mgmt/shared/authn/login"); got != 0 {
						t.Errorf("%d logins for a plan that reads nothing, want none", got)
					}
				},
				Config: device.Provider() + pool,
				Check: func(*terraform.State) error {
					if got := logins(http.MethodPost, "/mgmt/shared/authn/login"); got != 1 {
						t.Errorf("%d logins, want one", got)
					}
					return nil
				},
			},
		},
	})
	provider.Shutdown(context.Background())
	if got := logins(http.MethodDelete, "/mgmt/shared/authz/tokens/"); got != 1 {
		t.Errorf("%d tokens were given back, want one", got)
	}
}
