package virtualserver_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/virtualserver"
)

// row is a property without its field names.
type row acctest.Property

func rows(list []row) []acctest.Property {
	properties := make([]acctest.Property, len(list))
	for i, r := range list {
		properties[i] = acctest.Property(r)
	}
	return properties
}

// surroundings makes what a virtual server can refer to, besides pools.
func surroundings(device *acctest.Device) {
	create := func(kind string, body map[string]any) { device.REST(http.MethodPost, "/mgmt/tm/"+kind, body) }
	create("net/vlan", map[string]any{"name": "outside"})
	create("net/vlan", map[string]any{"name": "lab"})
	create("sys/folder", map[string]any{"name": "Drafts", "partition": "shop"})
	create("sys/folder", map[string]any{"name": "app", "partition": "shop"})
	create("ltm/policy", map[string]any{
		"name": "routes", "partition": "shop", "subPath": "Drafts", "strategy": "first-match", "requires": []string{"http"}, "controls": []string{"forwarding"},
	})
	create("ltm/policy", map[string]any{"command": "publish", "name": "/shop/Drafts/routes"})
	for _, name := range []string{"a", "b"} {
		create("ltm/rule", map[string]any{"name": name, "partition": "shop", "apiAnonymous": "when CLIENT_ACCEPTED { }"})
	}
}

func TestAccEveryPropertyIsSetImportedRepairedAndCleared(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	surroundings(device)
	device.ClearRequests()
	one := func(field string, value any) map[string]any { return map[string]any{field: value} }
	acctest.Properties{
		Type: "bigipkube_virtual_server", Resource: virtualserver.NewResource(), Object: "ltm/virtual/~shop~web", Import: "/shop/web", Before: blue,
		Bare:   "name = \"web\"\ndestination = \"203.0.113.0:80\"",
		Except: []string{"partition", "folder", "ip_protocol", "cutover", "timeouts"},
		List: rows([]row{
			{"description", `"words"`, "description", "words", nil, one("description", "by hand")},
			{"pool", `bigipkube_pool.blue.id`, "pool", "/shop/blue", nil, one("pool", "none")},
			{"profiles", `{ "/Common/tcp" = "all", "/Common/http" = "all" }`, "profilesReference.items", []any{"http", "tcp"}, []any{"fastL4"}, one("profiles", []string{"/Common/tcp", "/Common/http", "/Common/oneconnect"})},
			{"source_address_translation", `{ type = "automap" }`, "sourceAddressTranslation.type", "automap", "none", one("sourceAddressTranslation", one("type", "none"))},
			{"persistence", `"/Common/cookie"`, "persist", []any{"cookie"}, nil, one("persist", []string{"/Common/source_addr"})},
			{"fallback_persistence", `"/Common/source_addr"`, "fallbackPersistence", "/Common/source_addr", nil, one("fallbackPersistence", "none")},
			{"enabled", `false`, "disabled", true, nil, one("enabled", true)},
			{"policies", `["/shop/routes"]`, "policiesReference.items", []any{"routes"}, nil, one("policies", []string{})},
			{"irules", `["/shop/b", "/shop/a"]`, "rules", []any{"/shop/b", "/shop/a"}, nil, one("rules", []string{"/shop/a", "/shop/b"})},
			{"firewall_enforced_policy", `"/Common/fw"`, "fwEnforcedPolicy", "/Common/fw", nil, one("fwEnforcedPolicy", "none")},
			{"firewall_staged_policy", `"/Common/next"`, "fwStagedPolicy", "/Common/next", nil, one("fwStagedPolicy", "/Common/fw")},
			{"security_log_profiles", `["/Common/Log all requests"]`, "securityLogProfiles", []any{`"/Common/Log all requests"`}, nil, one("securityLogProfiles", []string{})},
			{"source", `"198.51.100.0/24"`, "source", "198.51.100.0/24", "0.0.0.0/0", one("source", "10.0.0.0/8")},
			{"vlans", `{ enabled_on = ["/Common/outside"] }`, "vlansEnabled", true, nil, map[string]any{"vlansDisabled": true, "vlans": []string{"/Common/lab"}}},
			{"mask", `"255.255.255.0"`, "mask", "255.255.255.0", "255.255.255.255", one("mask", "255.255.0.0")},
			{"connection_limit", `100`, "connectionLimit", 100, 0, one("connectionLimit", 1)},
			{"rate_limit", `200`, "rateLimit", "200", "disabled", one("rateLimit", "1")},
			{"rate_limit_mode", `"object-source"`, "rateLimitMode", "object-source", "object", one("rateLimitMode", "source")},
			{"rate_limit_source_mask", `24`, "rateLimitSrcMask", 24, 0, one("rateLimitSrcMask", 1)},
			{"rate_limit_destination_mask", `16`, "rateLimitDstMask", 16, 0, one("rateLimitDstMask", 1)},
			{"source_port", `"change"`, "sourcePort", "change", "preserve", one("sourcePort", "preserve-strict")},
			{"translate_address", `false`, "translateAddress", "disabled", "enabled", one("translateAddress", "enabled")},
			{"translate_port", `false`, "translatePort", "disabled", "enabled", one("translatePort", "enabled")},
			{"mirror", `true`, "mirror", "enabled", "disabled", one("mirror", "disabled")},
			{"auto_lasthop", `"disabled"`, "autoLasthop", "disabled", "default", one("autoLasthop", "enabled")},
			{"last_hop_pool", `bigipkube_pool.blue.id`, "lastHopPool", "/shop/blue", nil, one("lastHopPool", "none")},
			{"service_down_immediate_action", `"reset"`, "serviceDownImmediateAction", "reset", "none", one("serviceDownImmediateAction", "drop")},
		}),
	}.Test(t, device)
}

func TestAccTheProtocolIsClearedToo(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	config := func(line string) string {
		return device.Provider() + "resource \"bigipkube_virtual_server\" \"web\" {\n name = \"web\"\n destination = \"203.0.113.10:53\"\n " + line + "\n}\n"
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: config(`ip_protocol = "udp"`), ConfigPlanChecks: emptyPlan(), Check: has(device, "ipProtocol", "udp")},
			{Config: config(""), ConfigPlanChecks: inPlace(), Check: has(device, "ipProtocol", "tcp")},
		},
	})
}

func TestAccItLivesInAFolderAndIsImportedFromThere(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	surroundings(device)
	config := func(folder string) string {
		return device.Provider() + `
resource "bigipkube_pool" "blue" {
  name    = "blue"
  folder  = "app"
  members = { "192.0.2.1:80" = {} }
}
resource "bigipkube_virtual_server" "web" {
  ` + folder + `
  name        = "web"
  destination = "203.0.113.10:443"
  pool        = bigipkube_pool.blue.id
}
`
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config: config(`folder = "nowhere"`), ExpectError: regexp.MustCompile(`The folder /shop/nowhere does not exist`),
			},
			{
				Config: config(`folder = "app"`), ConfigPlanChecks: emptyPlan(),
				Check: func() resource.TestCheckFunc {
					return resource.ComposeAggregateTestCheckFunc(
						resource.TestCheckResourceAttr(address, "id", "/shop/app/web"), resource.TestCheckResourceAttr(address, "pool", "/shop/app/blue"),
					)
				}(),
			},
			{ResourceName: address, ImportState: true, ImportStateId: "/shop/app/web", ImportStateVerify: true},
			{ResourceName: "bigipkube_pool.blue", ImportState: true, ImportStateId: "/shop/app/blue", ImportStateVerify: true},
			{
				Config: config(""),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionReplace),
				}},
				Check: resource.TestCheckResourceAttr(address, "id", "/shop/web"),
			},
		},
	})
	for _, node := range []string{"~shop~192.0.2.1", "~shop~app~192.0.2.1"} {
		if status, _ := device.TryREST(http.MethodGet, "/mgmt/tm/ltm/node/"+node, nil); status != http.StatusNotFound {
			t.Errorf("the node %s is left behind", node)
		}
	}
}
