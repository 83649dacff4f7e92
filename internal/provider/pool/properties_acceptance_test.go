package pool_test

import (
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/pool"
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

func TestAccEveryPropertyIsSetImportedRepairedAndCleared(t *testing.T) {
	t.Parallel()
	one := func(field string, value any) map[string]any { return map[string]any{field: value} }
	acctest.Properties{
		Type: "bigipkube_pool", Resource: pool.NewResource(), Object: "ltm/pool/~shop~web", Import: "/shop/web",
		Bare:   `name = "web"`,
		Except: []string{"partition", "folder", "backends", "traffic", "allow_loop", "cutover", "timeouts"},
		List: rows([]row{
			{"description", `"words"`, "description", "words", nil, one("description", "by hand")},
			{"monitors", `["/Common/http", "/Common/tcp"]`, "monitor", "min 1 of { /Common/http /Common/tcp }", nil, one("monitor", "")},
			{"monitors_required", `1`, "monitor", "min 1 of { /Common/http /Common/tcp }", nil, one("monitor", "/Common/https")},
			{"load_balancing_mode", `"ratio-member"`, "loadBalancingMode", "ratio-member", "round-robin", one("loadBalancingMode", "least-sessions")},
			{"min_active_members", `1`, "minActiveMembers", 1, 0, one("minActiveMembers", 2)},
			{"slow_ramp_time", `0`, "slowRampTime", 0, 10, one("slowRampTime", 5)},
			{"service_down_action", `"reset"`, "serviceDownAction", "reset", "none", one("serviceDownAction", "drop")},
			{"members", `{ "192.0.2.1:80" = {} }`, "membersReference.items", []any{"192.0.2.1:80"}, nil, one("members", []string{"192.0.2.1:80", "192.0.2.2:80"})},
			{"reselect_tries", `3`, "reselectTries", 3, 0, one("reselectTries", 1)},
			{"allow_nat", `false`, "allowNat", "no", "yes", one("allowNat", "yes")},
			{"allow_snat", `false`, "allowSnat", "no", "yes", one("allowSnat", "yes")},
			{"ignore_persisted_weight", `true`, "ignorePersistedWeight", "enabled", "disabled", one("ignorePersistedWeight", "disabled")},
			{"queue_on_connection_limit", `true`, "queueOnConnectionLimit", "enabled", "disabled", one("queueOnConnectionLimit", "disabled")},
			{"queue_depth_limit", `10`, "queueDepthLimit", 10, 0, one("queueDepthLimit", 1)},
			{"queue_time_limit", `500`, "queueTimeLimit", 500, 0, one("queueTimeLimit", 1)},
			{"min_up_members", `1`, "minUpMembers", 1, 0, one("minUpMembers", 2)},
			{"min_up_members_checking", `true`, "minUpMembersChecking", "enabled", "disabled", one("minUpMembersChecking", "disabled")},
			{"min_up_members_action", `"restart-all"`, "minUpMembersAction", "restart-all", "failover", one("minUpMembersAction", "reboot")},
			{"ip_tos_to_client", `"16"`, "ipTosToClient", "16", "pass-through", one("ipTosToClient", "mimic")},
			{"ip_tos_to_server", `"mimic"`, "ipTosToServer", "mimic", "pass-through", one("ipTosToServer", "1")},
			{"link_qos_to_client", `"3"`, "linkQosToClient", "3", "pass-through", one("linkQosToClient", "1")},
			{"link_qos_to_server", `"4"`, "linkQosToServer", "4", "pass-through", one("linkQosToServer", "1")},
		}),
	}.Test(t, acctest.NewDevice(t, "shop"))
}

func TestAccEveryPropertyOfAMemberIsSetRepairedAndCleared(t *testing.T) {
	t.Parallel()
	device := acctest.NewDevice(t, "shop")
	config := func(member string) string {
		return device.Provider() + `
resource "bigipkube_pool" "web" {
  name    = "web"
  members = { "192.0.2.1:80" = {` + member + `} }
}
`
	}
	const whole = `
    ratio = 2, priority_group = 3, connection_limit = 4, rate_limit = 5, session = "disabled", description = "words"
    monitors = ["/Common/tcp", "/Common/http"], monitors_required = 1
  `
	const onDevice = "/mgmt/tm/ltm/pool/~shop~web/members/~shop~192.0.2.1:80"
	member := tfjsonpath.New("members").AtMapKey("192.0.2.1:80")
	empty := []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}
	changes := resource.ConfigPlanChecks{
		PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction("bigipkube_pool.web", plancheck.ResourceActionUpdate)},
		PostApplyPostRefresh: empty,
	}
	shows := func(want map[string]any) func() {
		return func() {
			got := device.REST(http.MethodGet, onDevice, nil)
			for field, value := range want {
				if got[field] != value {
					t.Errorf("%s is %v, want %v", field, got[field], value)
				}
			}
		}
	}
	full := map[string]any{
		"ratio": 2.0, "priorityGroup": 3.0, "connectionLimit": 4.0, "rateLimit": "5", "session": "user-disabled", "description": "words",
		"monitor": "min 1 of { /Common/http /Common/tcp }",
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: config(whole), ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: empty}},
			{PreConfig: shows(full), ResourceName: "bigipkube_pool.web", ImportState: true, ImportStateId: "/shop/web", ImportStateVerify: true},
			{
				PreConfig: func() {
					device.REST(http.MethodPatch, onDevice, map[string]any{
						"ratio": 9, "priorityGroup": 9, "connectionLimit": 9, "rateLimit": "disabled", "session": "user-enabled", "description": "", "monitor": "default",
					})
				},
				Config: config(whole), ConfigPlanChecks: changes,
			},
			{
				PreConfig: shows(full), Config: config(`monitors = []`), ConfigPlanChecks: changes,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("bigipkube_pool.web", member.AtMapKey("monitors"), knownvalue.SetSizeExact(0)),
					statecheck.ExpectKnownValue("bigipkube_pool.web", member.AtMapKey("monitors_required"), knownvalue.Null()),
				},
			},
			{PreConfig: shows(map[string]any{"monitor": "/Common/none"}), Config: config(""), ConfigPlanChecks: changes},
			{
				PreConfig: shows(map[string]any{
					"ratio": 1.0, "priorityGroup": 0.0, "connectionLimit": 0.0, "rateLimit": "disabled", "session": "user-enabled", "description": nil, "monitor": "default",
				}),
				Config: config(""), ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: empty},
			},
		},
	})
}
