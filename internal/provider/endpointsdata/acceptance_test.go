package endpointsdata_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	corev1 "k8s.io/api/core/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

const address = "data.bigipkube_endpoints.web"

func TestAccEndpointsAreMembersAndFitIntoAPoolWithAReadableFirstPlan(t *testing.T) {
	t.Parallel()
	device, cp := acctest.NewDevice(t, "shop"), cluster.ControlPlane(t)
	namespace := cp.NamespaceT(t, "shop")
	deploy(t, cp, kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: 3})
	pods, err := cp.Pods(t.Context(), namespace, "web")
	if err != nil {
		t.Fatal(err)
	}
	if err := cp.SetReady(t.Context(), namespace, pods[0].Name, false); err != nil {
		t.Fatal(err)
	}
	waiting, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if _, err := cp.WaitEndpoints(waiting, namespace, "web", func(e kubetest.Endpoints) bool {
		return len(e.Ready) == 2 && len(e.NotReady) == 1
	}); err != nil {
		t.Fatal(err)
	}
	ill := pods[0].Status.PodIP + ":8080"
	config := device.Provider(fmt.Sprintf("kubernetes = { config_path = %q }", cp.KubeconfigT(t))) + fmt.Sprintf(`
data "bigipkube_endpoints" "web" {
  namespace = %q
  service   = "web"
}

resource "bigipkube_pool" "web" {
  name    = "web"
  members = data.bigipkube_endpoints.web.members
}
`, namespace)
	value := func(name string, want knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), want)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{
					plancheck.ExpectKnownValue("bigipkube_pool.web", tfjsonpath.New("members"), knownvalue.MapSizeExact(3)),
				},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
			ConfigStateChecks: []statecheck.StateCheck{
				value("ready", knownvalue.Int64Exact(2)), value("not_ready", knownvalue.Int64Exact(1)),
				value("draining", knownvalue.Int64Exact(0)), value("total", knownvalue.Int64Exact(3)),
				value("left_out", knownvalue.ListSizeExact(0)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("endpoints").AtMapKey(ill), knownvalue.ObjectExact(map[string]knownvalue.Check{
					"state": knownvalue.StringExact("not-ready"), "pod": knownvalue.StringExact(pods[0].Name),
					"node": knownvalue.StringExact("node-0"), "zone": knownvalue.Null(),
				})),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("members").AtMapKey(ill).AtMapKey("session"), knownvalue.StringExact("forced-offline")),
			},
			Check: func(*terraform.State) error {
				answer := device.REST(http.MethodGet, "/mgmt/tm/ltm/pool/~shop~web/members/~shop~"+ill, nil)
				if answer["state"] != "user-down" {
					return fmt.Errorf("the state of %s is %v, want user-down", ill, answer["state"])
				}
				return nil
			},
		}},
	})
}

func TestAccWhatIsNotThereIsAnErrorAtItsAttribute(t *testing.T) {
	t.Parallel()
	device, cp := acctest.NewDevice(t, "shop"), cluster.ControlPlane(t)
	namespace := cp.NamespaceT(t, "shop")
	deploy(t, cp, kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: 1})
	with := device.Provider(fmt.Sprintf("kubernetes = { config_path = %q }", cp.KubeconfigT(t)))
	for name, test := range map[string]struct{ provider, arguments, want string }{
		"no Service":    {with, `service = "wep"`, `(?s)service = "wep".*has no Service wep`},
		"no source":     {with, ``, `(?s)Endpoints without a source.*.service. and .selector.`},
		"two sources":   {with, "service = \"web\"\n  selector = { app = \"web\" }", `Endpoints from several sources`},
		"no port of it": {with, `selector = { app = "web" }`, `.selector. without .port.`},
		"node ports":    {with, "selector = { app = \"web\" }\n  port = 80\n  node_port = true", `(?s).node_port. beside .selector.`},
		"no node port":  {with, "service = \"web\"\n  node_port = true", `(?s)node_port = true.*has no node port`},
		"no port":       {with, "service = \"web\"\n  port = \"grpc\"", `(?s)port = "grpc".*no port "grpc".*80 http`},
		"no kubernetes": {device.Provider(), `service = "web"`, `(?s)namespace = .*KUBE_CONFIG_PATH`},
	} {
		t.Run(name, func(t *testing.T) {
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(t),
				Steps: []resource.TestStep{{
					Config:      fmt.Sprintf("%s\ndata \"bigipkube_endpoints\" \"web\" {\n  namespace = %q\n  %s\n}\n", test.provider, namespace, test.arguments),
					ExpectError: regexp.MustCompile(test.want),
				}},
			})
		})
	}
}

func TestAccSelectedPodsAndNodePortsAreEndpointsToo(t *testing.T) {
	t.Parallel()
	device, cp := acctest.NewDevice(t, "shop"), cluster.ControlPlane(t)
	namespace := cp.NamespaceT(t, "shop")
	deploy(t, cp, kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: 2, Node: kubetest.NodeName(1)})
	ports := []kubetest.Port{{Name: "http", ContainerPort: 8080, ServicePort: 80}}
	if err := cp.Expose(t.Context(), kubetest.ServiceSpec{
		Namespace: namespace, Name: "web", Selector: map[string]string{"app": "web"}, Ports: ports, Type: corev1.ServiceTypeNodePort, Local: true,
	}); err != nil {
		t.Fatal(err)
	}
	pods, err := cp.Pods(t.Context(), namespace, "web")
	if err != nil {
		t.Fatal(err)
	}
	if err := cp.SetLabel(t.Context(), namespace, pods[0].Name, "track", "canary"); err != nil {
		t.Fatal(err)
	}
	config := device.Provider(fmt.Sprintf("kubernetes = { config_path = %q }", cp.KubeconfigT(t))) + fmt.Sprintf(`
data "bigipkube_endpoints" "canary" {
  namespace    = %[1]q
  selector     = { app = "web", track = "canary" }
  port         = "http"
  route_domain = 2
}

data "bigipkube_endpoints" "web" {
  namespace = %[1]q
  service   = "web"
  node_port = true
}
`, namespace)
	pod := pods[0].Status.PodIP + "%2:8080"
	const canary = "data.bigipkube_endpoints.canary"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config: config,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(canary, tfjsonpath.New("total"), knownvalue.Int64Exact(1)),
				statecheck.ExpectKnownValue(canary, tfjsonpath.New("endpoints").AtMapKey(pod).AtMapKey("pod"), knownvalue.StringExact(pods[0].Name)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("ready"), knownvalue.Int64Exact(1)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("left_out"), knownvalue.ListExact([]knownvalue.Check{
					knownvalue.ObjectExact(map[string]knownvalue.Check{
						"address": knownvalue.StringExact("192.0.2.10"), "pod": knownvalue.Null(), "node": knownvalue.StringExact("node-0"),
						"reason": knownvalue.StringExact("no ready endpoint is on its node, and externalTrafficPolicy is Local"),
					}),
				})),
			},
		}},
	})
}

func deploy(t *testing.T, cp *kubetest.ControlPlane, spec kubetest.DeploymentSpec) {
	t.Helper()
	if err := cp.Deploy(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	waiting, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if err := cp.WaitReady(waiting, spec.Namespace, spec.Name, int(spec.Replicas)); err != nil {
		t.Fatal(err)
	}
}
