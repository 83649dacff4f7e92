package pooldata_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

const data = `
data "bigipkube_pool" "web" {
  name = "web"
}
`

func TestAccAPoolIsShownAsTheDeviceHasIt(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
		"name": "web", "partition": "shop", "description": "Checkout [bigipkube/1 blue@shop/web:http=90 shop/web-canary:http=10]",
		"loadBalancingMode": "ratio-member",
		"members": []map[string]any{
			{"name": "192.0.2.1:8080", "partition": "shop", "ratio": 9, "description": "[bigipkube/1 blue@shop/web web-1]"},
			{"name": "192.0.2.2:8080", "partition": "shop", "session": "user-disabled", "description": "by hand"},
		},
	})
	const address = "data.bigipkube_pool.web"
	value := func(name string, want knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), want)
	}
	exact := knownvalue.StringExact
	number := knownvalue.Int64Exact
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config: device.Provider() + data,
			ConfigStateChecks: []statecheck.StateCheck{
				value("id", exact("/shop/web")), value("partition", exact("shop")), value("description", exact("Checkout")),
				value("load_balancing_mode", exact("ratio-member")),
				value("traffic", knownvalue.MapExact(map[string]knownvalue.Check{"blue": number(90), "web-canary": number(10)})),
				value("availability", exact("unknown")), value("reason", exact("The children pool member(s) either don't have service checking enabled, or service check results are not available yet")),
				value("current_connections", number(0)), value("total_connections", number(0)), value("total_requests", number(0)),
				value("total", number(2)), value("enabled", number(1)), value("available", number(2)), value("serving", number(1)),
				value("members", knownvalue.MapExact(map[string]knownvalue.Check{
					"192.0.2.1:8080": knownvalue.ObjectExact(map[string]knownvalue.Check{
						"ratio": number(9), "priority_group": number(0), "connection_limit": number(0), "session": exact("enabled"),
						"description": exact(""), "backend": exact("blue"), "pod": exact("web-1"), "health": exact("unchecked"),
						"reason":              exact("Pool member does not have service checking enabled"),
						"current_connections": number(0), "total_connections": number(0), "total_requests": number(0),
					}),
					"192.0.2.2:8080": knownvalue.ObjectPartial(map[string]knownvalue.Check{
						"session": exact("disabled"), "description": exact("by hand"), "backend": knownvalue.Null(), "pod": knownvalue.Null(),
					}),
				})),
			},
		}},
	})
}

func TestAccAPoolThatIsNotThereIsAnErrorAtItsName(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config:      device.Provider() + data,
			ExpectError: regexp.MustCompile(`(?s)Unable to read pool /shop/web.*name = "web".*There is no such pool`),
		}},
	})
}

func TestAccConnectionsAreToldPerMemberAndInAll(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }))
	t.Cleanup(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")
	device.SetMembers(map[string]string{"192.0.2.1:8080": address, "192.0.2.2:8080": address})
	device.REST(http.MethodPost, "/mgmt/tm/ltm/pool", map[string]any{
		"name": "web", "partition": "shop", "members": []map[string]any{
			{"name": "192.0.2.1:8080", "address": "192.0.2.1"}, {"name": "192.0.2.2:8080", "address": "192.0.2.2"},
		},
	})
	device.REST(http.MethodPost, "/mgmt/tm/ltm/virtual", map[string]any{
		"name": "web", "partition": "shop", "destination": "/shop/203.0.113.10:80", "ipProtocol": "tcp", "pool": "/shop/web",
		"profiles": []string{"/Common/tcp", "/Common/http"},
	})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 4 {
		resp, err := client.Get("http://" + device.Listener("/shop/web"))
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	at := func(p tfjsonpath.Path, want int64) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("data.bigipkube_pool.web", p, knownvalue.Int64Exact(want))
	}
	member := func(key string) tfjsonpath.Path { return tfjsonpath.New("members").AtMapKey(key) }
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config: device.Provider() + data,
			ConfigStateChecks: []statecheck.StateCheck{
				at(tfjsonpath.New("total_connections"), 4), at(tfjsonpath.New("total_requests"), 4),
				at(member("192.0.2.1:8080").AtMapKey("total_connections"), 2),
				at(member("192.0.2.2:8080").AtMapKey("total_connections"), 2),
			},
		}},
	})
}
