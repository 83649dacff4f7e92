package virtualserverdata_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

func TestMain(m *testing.M) {
	acctest.Prepare()
	os.Exit(m.Run())
}

const data = `
data "bigipkube_virtual_server" "web" {
  name = "web"
}
`

func value(name string, want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("data.bigipkube_virtual_server.web", tfjsonpath.New(name), want)
}

func TestAccItShowsConfigurationAvailabilityAndCounters(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }))
	t.Cleanup(server.Close)
	device.SetMembers(map[string]string{"192.0.2.1:8080": strings.TrimPrefix(server.URL, "http://")})
	device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
		"name": "web", "partition": "shop", "members": []map[string]any{
			{"name": "192.0.2.1:8080", "address": "192.0.2.1"}, {"name": "192.0.2.2:8080", "address": "192.0.2.2", "session": "user-disabled"},
		},
	})
	device.REST(http.MethodPost, "/mgmt/tm/ltm/virtual", map[string]any{
		"name": "web", "partition": "shop", "destination": "/shop/203.0.113.10:80", "ipProtocol": "tcp", "pool": "/shop/web",
		"profiles": []string{"/Common/tcp", "/Common/http"},
	})
	for range 3 {
		resp, err := http.Get("http://" + device.Listener("/shop/web"))
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config:           device.Provider() + data,
			ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			ConfigStateChecks: []statecheck.StateCheck{
				value("id", knownvalue.StringExact("/shop/web")),
				value("partition", knownvalue.StringExact("shop")),
				value("destination", knownvalue.StringExact("/shop/203.0.113.10:80")),
				value("pool", knownvalue.StringExact("/shop/web")),
				value("profiles", knownvalue.MapExact(map[string]knownvalue.Check{
					"/Common/tcp": knownvalue.StringExact("all"), "/Common/http": knownvalue.StringExact("all"),
				})),
				value("enabled", knownvalue.Bool(true)),
				value("availability", knownvalue.StringExact("unknown")), // no monitor has spoken
				value("reason", knownvalue.StringRegexp(regexp.MustCompile(`service check`))),
				value("total_requests", knownvalue.Int64Exact(3)),
				value("pool_status", knownvalue.ObjectPartial(map[string]knownvalue.Check{
					"availability": knownvalue.StringExact("unknown"), "total": knownvalue.Int64Exact(2), "enabled": knownvalue.Int64Exact(1),
					"available": knownvalue.Int64Exact(2), "serving": knownvalue.Int64Exact(1),
				})),
			},
		}},
	})
}

func TestAccOneThatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config:      device.Provider() + data,
			ExpectError: regexp.MustCompile(`Unable to read virtual server /shop/web[\s\S]*There is no such virtual server`),
		}},
	})
}

func TestAccOneWithoutAPoolHasNoPoolStatus(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	device.REST(http.MethodPost, "/mgmt/tm/ltm/virtual", map[string]any{
		"name": "web", "partition": "shop", "destination": "/shop/203.0.113.10:80", "ipProtocol": "tcp",
	})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config:            device.Provider() + data,
			ConfigStateChecks: []statecheck.StateCheck{value("pool", knownvalue.Null()), value("pool_status", knownvalue.Null())},
		}},
	})
}
