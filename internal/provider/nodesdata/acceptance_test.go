package nodesdata_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

const address = "data.bigipkube_nodes.nodes"

func TestAccControlPlaneNodesAreMembersAndFitIntoAPoolWithAReadableFirstPlan(t *testing.T) {
	t.Parallel()
	device, cp := acctest.NewDevice(t, "shop"), cluster.ControlPlane(t)
	patch := []byte(`{"spec":{"unschedulable":true}}`)
	if _, err := cp.Client().CoreV1().Nodes().Patch(t.Context(), kubetest.NodeName(1), types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	config := device.Provider(fmt.Sprintf("kubernetes = { config_path = %q }", cp.KubeconfigT(t))) + `
data "bigipkube_nodes" "nodes" {
  role = "control-plane"
  port = 6443
}

resource "bigipkube_pool" "api" {
  name    = "api"
  members = data.bigipkube_nodes.nodes.members
}
`
	node := func(ip string, schedulable bool) knownvalue.Check {
		return knownvalue.ObjectExact(map[string]knownvalue.Check{
			"addresses": knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact(ip)}),
			"ready":     knownvalue.Bool(true), "schedulable": knownvalue.Bool(schedulable), "deleting": knownvalue.Bool(false),
			"roles": knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("control-plane")}), "zone": knownvalue.Null(),
		})
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{
					plancheck.ExpectKnownValue("bigipkube_pool.api", tfjsonpath.New("members"), knownvalue.MapSizeExact(2)),
				},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("nodes"), knownvalue.MapExact(map[string]knownvalue.Check{
					"node-0": node("192.0.2.10", true), "node-1": node("192.0.2.11", false),
				})),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("ready"), knownvalue.Int64Exact(2)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("total"), knownvalue.Int64Exact(2)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("left_out"), knownvalue.ListSizeExact(0)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("members").AtMapKey("192.0.2.11:6443").AtMapKey("session"), knownvalue.StringExact("enabled")),
			},
		}},
	})
}

func TestAccNodesAreSelectedByLabelsAndTheirNamesAreNoMembers(t *testing.T) {
	t.Parallel()
	device, cp := acctest.NewDevice(t, "shop"), cluster.ControlPlane(t)
	config := device.Provider(fmt.Sprintf("kubernetes = { config_path = %q }", cp.KubeconfigT(t))) + `
data "bigipkube_nodes" "nodes" {
  selector     = { "kubernetes.io/hostname" = "node-2" }
  address_type = "Hostname"
  port         = 443
}

data "bigipkube_nodes" "all" {}
`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config: config,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("nodes").AtMapKey("node-2").AtMapKey("addresses"), knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("node-2")})),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("members"), knownvalue.MapSizeExact(0)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("left_out"), knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectExact(map[string]knownvalue.Check{
					"node": knownvalue.StringExact("node-2"), "address": knownvalue.StringExact("node-2"),
					"reason": knownvalue.StringExact("its address is not one that a pool member can have"),
				})})),
				statecheck.ExpectKnownValue("data.bigipkube_nodes.all", tfjsonpath.New("total"), knownvalue.Int64Exact(3)),
				statecheck.ExpectKnownValue("data.bigipkube_nodes.all", tfjsonpath.New("members"), knownvalue.Null()),
			},
		}},
	})
}

func TestAccNoNodeAtAllIsAnError(t *testing.T) {
	t.Parallel()
	device, cp := acctest.NewDevice(t, "shop"), cluster.ControlPlane(t)
	with := device.Provider(fmt.Sprintf("kubernetes = { config_path = %q }", cp.KubeconfigT(t)))
	for name, test := range map[string]struct{ provider, arguments, want string }{
		"no such role":  {with, `role = "master"`, `(?s)Unable to find nodes.*no node with master`},
		"no kubernetes": {device.Provider(), ``, `(?s)KUBE_CONFIG_PATH`},
		"no such port":  {with, `port = 0`, `(?s)port = 0.*between 1 and 65535`},
	} {
		t.Run(name, func(t *testing.T) {
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(t),
				Steps: []resource.TestStep{{
					Config:      fmt.Sprintf("%s\ndata \"bigipkube_nodes\" \"nodes\" {\n  %s\n}\n", test.provider, test.arguments),
					ExpectError: regexp.MustCompile(test.want),
				}},
			})
		})
	}
}
