package pool_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// api is a cluster of its own with three control-plane nodes and a worker: its nodes
// are changed.
type api struct {
	*acctest.Device
	*kubetest.ControlPlane
	t *testing.T
}

func newAPI(t *testing.T) *api {
	t.Helper()
	return &api{acctest.NewDevice(t, "shop"), kubetest.StartT(t, kubetest.Options{Nodes: 4, ControlPlaneNodes: 3}), t}
}

// config is a configuration of the pool; without Kubernetes where no cluster is there
// yet.
func (a *api) config(kubernetes bool, source string) string {
	settings := []string{}
	if kubernetes {
		settings = append(settings, fmt.Sprintf("kubernetes = { config_path = %q }", a.KubeconfigT(a.t)))
	}
	return a.Provider(settings...) + `
resource "bigipkube_pool" "web" {
  name                = "web"
  load_balancing_mode = "least-connections-member"
  ` + source + `
}
`
}

// patch changes a node.
func (a *api) patch(node int, patch string) {
	a.t.Helper()
	_, err := a.Client().CoreV1().Nodes().Patch(a.t.Context(), kubetest.NodeName(node), types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
	must(a.t, err)
}

const (
	bootstrap = `members = { "192.0.2.10:6443" = {}, "192.0.2.11:6443" = {}, "192.0.2.12:6443" = {} }`
	handed    = `backends = { api = { nodes = { role = "control-plane" }, port = 6443 } }`
)

func TestAccAPoolIsHandedOverFromStaticAddressesToLiveNodesWithoutAChangeOfItsMembers(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	members := []string{"192.0.2.10:6443", "192.0.2.11:6443", "192.0.2.12:6443"}
	s := &shop{Device: a.Device, ControlPlane: a.ControlPlane, t: t}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             gone(a.Device),
		Steps: []resource.TestStep{
			{Config: a.config(false, bootstrap), ConfigPlanChecks: emptyPlan(), Check: s.have(members)},
			{
				PreConfig:        a.ClearRequests,
				Config:           a.config(true, handed),
				ConfigPlanChecks: inPlace(),
				Check: resource.ComposeAggregateTestCheckFunc(
					s.have(members),
					has(a.Device, "description", "[bigipkube/1 api@nodes(control-plane):6443=100]"),
					memberHas(a.Device, members[1], "description", "[bigipkube/1 api@nodes(node-1)]"),
					memberHas(a.Device, members[1], "session", "user-enabled"),
					a.onlyChanged,
				),
				ConfigStateChecks: []statecheck.StateCheck{
					value(tfjsonpath.New("endpoints").AtMapKey(members[1]).AtMapKey("node"), knownvalue.StringExact("node-1")),
				},
			},
			imported(address),
			{ // a cordon changes nothing
				PreConfig:        func() { a.patch(1, `{"spec":{"unschedulable":true}}`) },
				Config:           a.config(true, handed),
				ConfigPlanChecks: emptyPlan(),
			},
			{ // another node becomes one
				PreConfig:        func() { a.patch(3, `{"metadata":{"labels":{"node-role.kubernetes.io/control-plane":"true"}}}`) },
				Config:           a.config(true, handed),
				ConfigPlanChecks: inPlace(),
				Check:            s.have(append(members, "192.0.2.13:6443")),
			},
		},
	})
}

// onlyChanged fails if the hand-over has made or removed anything.
func (a *api) onlyChanged(*terraform.State) error {
	for _, r := range a.Requests() {
		if (r.Method == http.MethodPost || r.Method == http.MethodDelete) && strings.Contains(r.Path, "/tm/ltm/") {
			return fmt.Errorf("the hand-over has sent %s %s", r.Method, r.Path)
		}
	}
	return nil
}

func TestAccNoNodeOfTheRoleKeepsTheMembers(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	members := []string{"192.0.2.10:6443", "192.0.2.11:6443", "192.0.2.12:6443"}
	s := &shop{Device: a.Device, ControlPlane: a.ControlPlane, t: t}
	role := func(node int, value string) {
		a.patch(node, `{"metadata":{"labels":{"node-role.kubernetes.io/control-plane":`+value+`}}}`)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: a.config(true, handed), ConfigPlanChecks: emptyPlan(), Check: s.have(members)},
			{
				PreConfig: func() {
					for i := range 3 {
						role(i, "null")
					}
				},
				Config:           a.config(true, handed),
				ConfigPlanChecks: emptyPlan(), // and a warning
				Check:            s.have(members),
			},
		},
	})
}
