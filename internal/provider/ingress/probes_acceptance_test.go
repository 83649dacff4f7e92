package ingress_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// probes gives the pods of web a probe; those of api have none.
func (s shop) probes() {
	s.t.Helper()
	s.must(nil, s.cp.Deploy(s.t.Context(), kubetest.DeploymentSpec{
		Namespace: s.namespace, Name: "web", Replicas: 2, ReadinessProbe: kubetest.HTTPProbe("/healthz", "http"),
	}))
	s.must(nil, s.cp.WaitReady(s.t.Context(), s.namespace, "web", 2))
}

// monitored checks the monitor of a pool and what there is of monitors at all.
func (s shop) monitored(service string, monitors ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		var got []string
		for _, kind := range []string{"http", "tcp"} {
			items, _ := s.device.REST(http.MethodGet, "/mgmt/tm/ltm/monitor/"+kind+"?$filter=partition+eq+shop", nil)["items"].([]any)
			for _, item := range items {
				monitor, _ := item.(map[string]any)
				got = append(got, fmt.Sprint(monitor["fullPath"]))
			}
		}
		pool := s.device.REST(http.MethodGet, "/mgmt/tm/ltm/pool/~shop~"+s.namespace+"_"+service+"_http", nil)
		has, _ := pool["monitor"].(string)
		if want := strings.Join(monitors, " "); strings.Join(got, " ") != want || strings.TrimSpace(has) != want {
			return fmt.Errorf("there are the monitors %v, the pool has %q, want %q", got, has, want)
		}
		return nil
	}
}

func TestAccMonitorsAreMadeOfProbesWhereTheyAreAskedForAndGoWithThem(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.probes()
	monitor := "/shop/" + s.namespace + "_web_http_http"
	const on = "monitors_from_probes = true"
	noProbe := knownvalue.ListExact([]knownvalue.Check{knownvalue.StringRegexp(regexp.MustCompile(
		`^ingress ` + s.namespace + `/web: port http of Service ` + s.namespace + `/api gets no monitor: container app has no readinessProbe\.`))})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             resource.ComposeTestCheckFunc(leavesNothing(s.device), noMonitors(s.device)),
		Steps: []resource.TestStep{
			{Config: s.config(""), ConfigPlanChecks: emptyPlan(), Check: s.monitored("web")},
			{
				PreConfig: s.device.ClearRequests,
				Config:    s.config(on), ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{value("problems", knownvalue.ListSizeExact(0)), value("routes", s.routes("/", "web"))},
				Check:             resource.ComposeTestCheckFunc(oneTransaction(s.device), s.monitored("web", monitor)),
			},
			{ // what somebody changes of the monitor is a difference
				PreConfig: func() {
					s.device.REST(http.MethodPatch, "/mgmt/tm/ltm/monitor/http/~shop~"+s.namespace+"_web_http_http", map[string]any{"interval": 9, "timeout": 30})
				},
				Config: s.config(on),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			},
			{ // a Service more, whose pods have none
				PreConfig: func() { s.change("/", "web", "/api", "api") },
				Config:    s.config(on), ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{value("problems", noProbe)},
				Check:             s.monitored("web", monitor),
			},
			{Config: s.config(on + "\n  strict = true"), ExpectError: regexp.MustCompile(`(?s)readinessProbe`)},
			{
				PreConfig: s.device.ClearRequests,
				Config:    s.config(""), ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{value("problems", knownvalue.ListSizeExact(0))},
				Check:             resource.ComposeTestCheckFunc(oneTransaction(s.device), s.monitored("web")),
			},
			{
				Config:      s.config(on + "\n  monitors = [\"/Common/http\"]"),
				ExpectError: regexp.MustCompile(`Monitors twice`),
			},
			{Config: s.config(on), Check: s.monitored("web", monitor)}, // and goes with all else
		},
	})
}

func TestAccTheDataSourceTellsTheMonitorsThatThereWouldBe(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.probes()
	s.change("/", "web", "/api", "api")
	source := func(arguments string) string {
		return s.device.Provider(fmt.Sprintf("kubernetes = { config_path = %q }", s.cp.KubeconfigT(s.t))) +
			fmt.Sprintf("\ndata \"bigipkube_ingress\" \"web\" {\n  ingress = { namespace = %q, name = \"web\" }\n  %s\n}\n", s.namespace, arguments)
	}
	at := func(name string, want knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("data.bigipkube_ingress.web", tfjsonpath.New(name), want)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: source(""), ConfigStateChecks: []statecheck.StateCheck{at("monitors", knownvalue.MapSizeExact(0)), at("problems", knownvalue.ListSizeExact(0))}},
			{
				Config: source("monitors_from_probes = true"),
				ConfigStateChecks: []statecheck.StateCheck{
					at("monitors", texts(s.namespace+"/web:http", "http GET /healthz, every 1 s, down after 3 s")), at("problems", knownvalue.ListSizeExact(1)),
				},
			},
		},
	})
}

func noMonitors(device *acctest.Device) resource.TestCheckFunc {
	return func(*terraform.State) error {
		for _, kind := range []string{"http", "https", "tcp"} {
			answer := device.REST(http.MethodGet, "/mgmt/tm/ltm/monitor/"+kind+"?$filter=partition+eq+shop", nil)
			if items, _ := answer["items"].([]any); len(items) > 0 {
				return fmt.Errorf("there is a monitor left: %v", items)
			}
		}
		return nil
	}
}
