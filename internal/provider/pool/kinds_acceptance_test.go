package pool_test

import (
	"context"
	"fmt"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// backends is a configuration of a pool with these backends.
func (s *shop) backends(traffic string, backends ...string) string {
	return s.provider + fmt.Sprintf(`
resource "bigipkube_pool" "web" {
  name                = "web"
  load_balancing_mode = "ratio-member"
  backends = {
    %s
  }
  traffic = { %s }
}
`, strings.ReplaceAll(strings.Join(backends, "\n    "), "NS", `"`+s.namespace+`"`), traffic)
}

// have fails unless these are all members of the pool on the device.
func (s *shop) have(want ...[]string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		all := slices.Sorted(slices.Values(slices.Concat(want...)))
		if got := s.names(); !slices.Equal(got, all) {
			return fmt.Errorf("the device has the members %v, want %v", got, all)
		}
		return nil
	}
}

func imported(name string) resource.TestStep {
	return resource.TestStep{ResourceName: name, ImportState: true, ImportStateId: "/shop/web", ImportStateVerify: true}
}

func TestAccAPodIsACanaryFromTheMomentItsLabelSaysSo(t *testing.T) {
	t.Parallel()
	s := newShop(t, 4, 1)
	label := func(value string) {
		pods, err := s.Pods(t.Context(), s.namespace, "blue")
		must(t, err)
		must(t, s.SetLabel(t.Context(), s.namespace, pods[0].Name, "track", value))
	}
	for _, pod := range []int{0, 1, 2, 3} {
		pods, err := s.Pods(t.Context(), s.namespace, "blue")
		must(t, err)
		must(t, s.SetLabel(t.Context(), s.namespace, pods[pod].Name, "track", "stable"))
	}
	pods, err := s.Pods(t.Context(), s.namespace, "blue")
	must(t, err)
	moving := pods[0].Status.PodIP + ":8080"
	config := s.backends("stable = 90, canary = 10",
		`stable = { namespace = NS, selector = { app = "blue", track = "stable" }, port = "http" }`,
		`canary = { namespace = NS, selector = { app = "blue", track = "canary" }, port = 8080 }`)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             gone(s.Device),
		Steps: []resource.TestStep{
			{Config: config, ConfigPlanChecks: emptyPlan(), Check: resource.ComposeAggregateTestCheckFunc(
				s.have(s.addresses("blue")),
				has(s.Device, "description", "[bigipkube/1 canary@"+s.namespace+"/(app=blue,track=canary):8080=10 stable@"+s.namespace+"/(app=blue,track=stable):http=90]"),
			)},
			imported(address),
			{
				PreConfig: func() { label("canary") },
				Config:    config,
				// 3 stable pods of ratio 3 and one canary of ratio 1 are 90 to 10.
				ConfigPlanChecks: inPlace(shows(
					"members."+moving+".backend: stable -> canary", "members."+pods[1].Status.PodIP+":8080.ratio: 1 -> 3",
				)),
				ConfigStateChecks: []statecheck.StateCheck{
					value(member(moving, "backend"), knownvalue.StringExact("canary")),
					value(member(moving, "session"), knownvalue.StringExact("enabled")),
					value(tfjsonpath.New("split_error"), knownvalue.NumberExact(points(0))),
				},
				Check: memberHas(s.Device, moving, "description", "[bigipkube/1 canary@"+s.namespace+"/(pods) "+pods[0].Name+"]"),
			},
			{
				PreConfig:        func() { label("") },
				Config:           config,
				ConfigPlanChecks: inPlace(shows("members." + moving + ": removed")),
				Check: func(*terraform.State) error {
					if slices.Contains(s.names(), moving) {
						return fmt.Errorf("%s has left and is still a member", moving)
					}
					return nil
				},
			},
		},
	})
}

// points is a number of thousandths, as Terraform reads it.
func points(thousandths int) *big.Float {
	number, _, err := big.ParseFloat(fmt.Sprintf("%d.%03d", thousandths/1000, thousandths%1000), 10, 512, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	return number
}

// shows fails unless the plan shows these, among others.
func shows(want ...string) plancheck.PlanCheck { return showsCheck{want} }

type showsCheck struct{ want []string }

func (c showsCheck) CheckPlan(ctx context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	var all []string
	shownRatios(&all).CheckPlan(ctx, req, resp)
	for _, want := range c.want {
		if !slices.Contains(all, want) {
			resp.Error = fmt.Errorf("the plan lacks %q; it has:\n%s", want, strings.Join(all, "\n"))
		}
	}
}

func TestAccVirtualMachinesAndPodsShareAPoolAndMachinesAreKnownInThePlan(t *testing.T) {
	t.Parallel()
	s := newShop(t, 2, 1)
	const vms = `vms  = { addresses = ["192.0.2.10:8080", "192.0.2.11:8080"] }`
	pods := []string{`pods = { namespace = NS, service = "blue", port = "http" }`, vms}
	machines := []string{"192.0.2.10:8080", "192.0.2.11:8080"}
	alone := device(s.backends("vms = 100", vms))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             gone(s.Device),
		Steps: []resource.TestStep{
			{ // no Kubernetes is needed yet
				Config: alone,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectKnownValue(address, tfjsonpath.New("members"), knownvalue.MapSizeExact(2))},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				Check: s.have(machines),
			},
			{Config: s.backends("vms = 80, pods = 20", pods...), ConfigPlanChecks: inPlace(), Check: s.have(machines, s.addresses("blue"))},
			imported(address),
			{ // one machine less is exactly planned, and leaves as a pod would
				Config:           strings.Replace(s.backends("vms = 80, pods = 20", pods...), `, "192.0.2.11:8080"`, "", 1),
				ConfigPlanChecks: inPlace(shows("members.192.0.2.11:8080: removed", "members.192.0.2.10:8080.ratio: 4 -> 8")),
				Check:            s.have(machines[:1], s.addresses("blue")),
			},
			{ // the migration ends
				Config:           s.backends("pods = 100", pods[0]),
				ConfigPlanChecks: inPlace(),
				Check:            s.have(s.addresses("blue")),
			},
		},
	})
}

// device is a configuration whose provider knows no cluster.
func device(config string) string {
	return regexp.MustCompile(`(?m)^  kubernetes = .*\n`).ReplaceAllString(config, "")
}

func TestAccARemovedStandbyIsOffTheDeviceUntilItGetsTraffic(t *testing.T) {
	t.Parallel()
	s := newShop(t, 2, 3)
	both := []string{
		`blue  = { namespace = NS, service = "blue", port = "http", standby = "removed" }`,
		`green = { namespace = NS, service = "green", port = "http", standby = "removed" }`,
	}
	mark := " [bigipkube/1 NS/blue:http,remove=100 NS/green:http,remove=0]"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: s.backends("blue = 100, green = 0", both...), ConfigPlanChecks: emptyPlan(), Check: resource.ComposeAggregateTestCheckFunc(
				s.have(s.addresses("blue")),
				has(s.Device, "description", strings.TrimSpace(strings.ReplaceAll(mark, "NS", s.namespace))),
			)},
			imported(address),
			{
				Config: s.backends("blue = 0, green = 100", both...),
				ConfigPlanChecks: inPlace(
					plancheck.ExpectKnownValue(address, tfjsonpath.New("members"), knownvalue.MapSizeExact(3)), shows("members."+s.addresses("blue")[0]+": removed"),
				),
				Check: s.have(s.addresses("green")),
			},
			{ // a change of mind: the standby is put on the device
				Config:           strings.Replace(s.backends("blue = 0, green = 100", both...), `"http", standby = "removed"`, `"http", standby = "disabled"`, 1),
				ConfigPlanChecks: inPlace(plancheck.ExpectKnownValue(address, tfjsonpath.New("members"), knownvalue.MapSizeExact(5))),
				Check:            s.have(s.addresses("green"), s.addresses("blue")),
			},
		},
	})
}

func TestAccTheErrorOfASplitIsToldInThePlanAndStays(t *testing.T) {
	t.Parallel()
	s := newShop(t, 5, 2)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: s.pool(97, 3), ConfigPlanChecks: emptyPlan(), ConfigStateChecks: []statecheck.StateCheck{
				value(tfjsonpath.New("split_error"), knownvalue.NumberExact(points(15))), // 5 of ratio 13, 2 of 1
			}},
			imported(address),
			{Config: s.pool(90, 10), ConfigPlanChecks: inPlace(shows("split_error: 0.015 -> 0"))},
		},
	})
}

func TestAccNodePortsFollowExternalTrafficPolicyLocal(t *testing.T) {
	t.Parallel()
	s := newShop(t, 1, 1)
	must(t, s.Deploy(t.Context(), kubetest.DeploymentSpec{Namespace: s.namespace, Name: "nodes", Replicas: 1, Node: kubetest.NodeName(1)}))
	s.ready("nodes", 1)
	expose := func(local bool) string {
		must(t, s.Expose(t.Context(), kubetest.ServiceSpec{
			Namespace: s.namespace, Name: "nodes", Selector: map[string]string{"app": "nodes"}, Type: corev1.ServiceTypeNodePort, Local: local,
			Ports: []kubetest.Port{{Name: "http", ContainerPort: 8080, ServicePort: 80}},
		}))
		service, err := s.Client().CoreV1().Services(s.namespace).Get(t.Context(), "nodes", metav1.GetOptions{})
		must(t, err)
		return fmt.Sprint(service.Spec.Ports[0].NodePort)
	}
	port := expose(false)
	config := s.backends("nodes = 100", `nodes = { namespace = NS, service = "nodes", port = "http", node_port = true }`)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: config, ConfigPlanChecks: emptyPlan(), Check: s.have([]string{"192.0.2.10:" + port, "192.0.2.11:" + port})},
			imported(address),
			{
				PreConfig:        func() { expose(true) },
				Config:           config,
				ConfigPlanChecks: inPlace(shows("members.192.0.2.10:" + port + ": removed")),
				Check:            s.have([]string{"192.0.2.11:" + port}),
			},
			{
				Config:      strings.Replace(config, `service = "nodes"`, `service = "blue"`, 1),
				ExpectError: regexp.MustCompile(`(?s)node port of Service.*Its port http \(80\) has no node port`),
			},
		},
	})
}

func TestAccBothFamiliesInOneBackendAndARouteDomainForAnother(t *testing.T) {
	t.Parallel()
	s := newShop(t, 2, 1)
	must(t, s.Deploy(t.Context(), kubetest.DeploymentSpec{Namespace: s.namespace, Name: "dual", Replicas: 2, DualStack: true}))
	s.ready("dual", 4)
	s.REST(http.MethodPost, "/mgmt/tm/net/route-domain", map[string]any{"name": "2", "id": 2})
	pods, err := s.Pods(t.Context(), s.namespace, "dual")
	must(t, err)
	var dual, domain []string
	for _, pod := range pods {
		dual = append(dual, pod.Status.PodIPs[0].IP+":8080", pod.Status.PodIPs[1].IP+".8080")
	}
	for _, key := range s.addresses("blue") {
		domain = append(domain, strings.Replace(key, ":", "%2:", 1))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config: s.backends("dual = 50, blue = 50",
					`dual = { namespace = NS, service = "dual", port = "http", family = "dual" }`,
					`blue = { namespace = NS, service = "blue", port = "http", route_domain = 2 }`),
				ConfigPlanChecks: emptyPlan(), Check: s.have(dual, domain),
			},
			imported(address),
		},
	})
}

func TestAccAServiceWithSeveralPortsIsAPoolForEachPort(t *testing.T) {
	t.Parallel()
	s := newShop(t, 1, 1)
	must(t, s.Deploy(t.Context(), kubetest.DeploymentSpec{Namespace: s.namespace, Name: "ports", Replicas: 2, Ports: []kubetest.Port{
		{Name: "http", ContainerPort: 8080, ServicePort: 80}, {Name: "admin", ContainerPort: 9090},
	}}))
	s.ready("ports", 2)
	config := s.provider
	for _, port := range []string{"http", "admin"} { // for_each, which the test's framework does not know
		config += fmt.Sprintf(`
resource "bigipkube_pool" %[1]q {
  name     = %[1]q
  backends = { web = { namespace = %[2]q, service = "ports", port = %[1]q } }
}
`, port, s.namespace)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{{
			Config: config, ConfigPlanChecks: emptyPlan(),
			Check: func(*terraform.State) error {
				for name, port := range map[string]string{"http": ":8080", "admin": ":9090"} {
					items, _ := s.REST(http.MethodGet, "/mgmt/tm/ltm/pool/~shop~"+name+"/members", nil)["items"].([]any)
					for _, item := range items {
						if object, ok := item.(map[string]any); !ok || !strings.HasSuffix(fmt.Sprint(object["name"]), port) {
							return fmt.Errorf("pool %s has the member %v, want port %s", name, object["name"], port)
						}
					}
					if len(items) != 2 {
						return fmt.Errorf("pool %s has %d members, want 2", name, len(items))
					}
				}
				return nil
			},
		}},
	})
}

func TestAccMistakesInABackendAreExplained(t *testing.T) {
	t.Parallel()
	s := newShop(t, 1, 1)
	for name, test := range map[string]struct{ backend, want string }{
		"no source":           {`{ namespace = NS }`, `(?s)Endpoints without a source.*.service., .selector., .nodes. and\s+.addresses.`},
		"two sources":         {`{ namespace = NS, service = "blue", addresses = ["192.0.2.1:80"] }`, `(?s)Endpoints from several sources.*.service. and .addresses.`},
		"no namespace":        {`{ service = "blue" }`, `.service. without .namespace.`},
		"no port":             {`{ namespace = NS, selector = { app = "blue" } }`, `.selector. without .port.`},
		"no such label key":   {`{ namespace = NS, selector = { "a b" = "blue" }, port = 80 }`, `Not the key of a label`},
		"no such value":       {`{ namespace = NS, selector = { app = "in (a,b)" }, port = 80 }`, `Not the value of a label`},
		"no labels":           {`{ namespace = NS, selector = {}, port = 80 }`, `(?s)selector.*at least 1`},
		"an address alone":    {`{ addresses = ["192.0.2.1"] }`, `Not an address and a port`},
		"no such port":        {`{ namespace = NS, selector = { app = "blue" }, port = "htpp" }`, `(?s)port "htpp" of the pods with app=blue.*They have: http`},
		"a family of neither": {`{ namespace = NS, service = "blue", family = "both" }`, `(?s)family.*dual`},
		"a route domain":      {`{ namespace = NS, service = "blue", route_domain = 65535 }`, `(?s)route_domain.*65534`},
		"no node of a role":   {`{ nodes = { role = "master" }, port = 6443 }`, `(?s)Unable to find nodes.*no node with master`},
		"a standby":           {`{ namespace = NS, service = "blue", standby = "off" }`, `(?s)standby.*removed`},
	} {
		t.Run(name, func(t *testing.T) {
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(t),
				Steps:                    []resource.TestStep{{Config: s.backends("web = 100", "web = "+test.backend), ExpectError: regexp.MustCompile(test.want)}},
			})
		})
	}
}
