package pool_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/provider/acctest"
)

// shop is a simulated device, and a namespace with the Services blue and green.
type shop struct {
	*acctest.Device
	*kubetest.ControlPlane
	t         *testing.T
	namespace string
	provider  string
}

func newShop(t *testing.T, blue, green int32) *shop {
	t.Helper()
	s := &shop{Device: acctest.NewDevice(t, "shop"), ControlPlane: cluster.ControlPlane(t), t: t}
	s.namespace = s.NamespaceT(t, "shop")
	s.provider = s.Provider(fmt.Sprintf("kubernetes = { config_path = %q }", s.KubeconfigT(t)))
	for name, replicas := range map[string]int32{"blue": blue, "green": green} {
		must(t, s.Deploy(t.Context(), kubetest.DeploymentSpec{Namespace: s.namespace, Name: name, Replicas: replicas, Colour: name}))
	}
	s.ready("blue", int(blue))
	s.ready("green", int(green))
	return s
}

// ready waits until a Service has so many ready endpoints, and no others.
func (s *shop) ready(service string, count int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Minute)
	defer cancel()
	must(s.t, s.WaitReady(ctx, s.namespace, service, count))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pool is a configuration with both backends. More lines go into the resource.
func (s *shop) pool(blue, green int, more ...string) string {
	return s.provider + fmt.Sprintf(`
resource "bigipkube_pool" "web" {
  name                = "web"
  description         = "Checkout"
  load_balancing_mode = "ratio-member"
  backends = {
    blue  = { namespace = %[1]q, service = "blue", port = "http" }
    green = { namespace = %[1]q, service = "green", port = "http" }
  }
  traffic = { blue = %[2]d, green = %[3]d }
  %[4]s
}
`, s.namespace, blue, green, strings.Join(more, "\n  "))
}

// addresses are the member keys of a Deployment's pods.
func (s *shop) addresses(deployment string) []string {
	s.t.Helper()
	pods, err := s.Pods(s.t.Context(), s.namespace, deployment)
	must(s.t, err)
	keys := make([]string, 0, len(pods))
	for _, pod := range pods {
		keys = append(keys, pod.Status.PodIP+":8080")
	}
	slices.Sort(keys)
	return keys
}

// replace deletes the first pod of a Deployment and returns its member key, and
// that of the pod that comes for it.
func (s *shop) replace(deployment string) (gone, added string) {
	s.t.Helper()
	before := s.addresses(deployment)
	pods, err := s.Pods(s.t.Context(), s.namespace, deployment)
	must(s.t, err)
	gone = pods[0].Status.PodIP + ":8080"
	must(s.t, s.DeletePod(s.t.Context(), s.namespace, pods[0].Name))
	s.moved(deployment, gone, len(before))
	for _, key := range s.addresses(deployment) {
		if !slices.Contains(before, key) {
			return gone, key
		}
	}
	s.t.Fatalf("no pod came for %s", gone)
	return "", ""
}

// moved waits until a Service has so many ready endpoints, and no trace of that one.
func (s *shop) moved(service, gone string, ready int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Minute)
	defer cancel()
	_, err := s.WaitEndpoints(ctx, s.namespace, service, func(e kubetest.Endpoints) bool {
		all := slices.Concat(e.Ready, e.NotReady, e.Terminating)
		return len(e.Ready) == ready && !slices.Contains(all, strings.TrimSuffix(gone, ":8080"))
	})
	must(s.t, err)
}

// names are the device's names of the pool's members.
func (s *shop) names() []string {
	items, _ := s.REST(http.MethodGet, onREST+"/members", nil)["items"].([]any)
	var names []string
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			names = append(names, fmt.Sprint(object["name"]))
		}
	}
	slices.Sort(names)
	return names
}

// onlyChanges fails unless the plan changes these paths of the pool, and no
// other ones.
func onlyChanges(want ...string) plancheck.PlanCheck { return changes{want} }

type changes struct{ want []string }

func (c changes) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, r := range req.Plan.ResourceChanges {
		if r.Address != address {
			continue
		}
		got := differences("", r.Change.Before, r.Change.After, r.Change.AfterUnknown)
		slices.Sort(got)
		want := slices.Sorted(slices.Values(c.want))
		if !slices.Equal(got, want) {
			resp.Error = fmt.Errorf("the plan changes\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
		}
		return
	}
	resp.Error = fmt.Errorf("the plan has no %s", address)
}

// differences lists what a plan shows, as "members.10.0.0.1:8080.ratio: 1 -> 9".
func differences(at string, before, after, unknown any) []string {
	if unknown == true {
		return []string{at + ": known after apply"}
	}
	b, isMapBefore := before.(map[string]any)
	a, isMapAfter := after.(map[string]any)
	if !isMapBefore || !isMapAfter {
		if fmt.Sprint(before) == fmt.Sprint(after) {
			return nil
		}
		switch {
		case isMapAfter && before == nil:
			return []string{at + ": added"}
		case isMapBefore && after == nil:
			return []string{at + ": removed"}
		}
		return []string{fmt.Sprintf("%s: %v -> %v", at, before, after)}
	}
	u, _ := unknown.(map[string]any)
	keys := map[string]bool{}
	for key := range b {
		keys[key] = true
	}
	for key := range a {
		keys[key] = true
	}
	for key := range u {
		keys[key] = true
	}
	var all []string
	for key := range keys {
		all = append(all, differences(strings.TrimPrefix(at+"."+key, "."), b[key], a[key], u[key])...)
	}
	return all
}

func TestAccABlueGreenCutoverIsReadableInThePlan(t *testing.T) {
	t.Parallel()
	s := newShop(t, 5, 2)
	var canary []string
	for _, key := range s.addresses("green") {
		canary = append(canary, "members."+key+".session: disabled -> enabled")
	}
	var ratios []string
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             gone(s.Device),
		Steps: []resource.TestStep{
			{
				Config: s.pool(100, 0),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectUnknownValue(address, tfjsonpath.New("members")),
						plancheck.ExpectUnknownValue(address, tfjsonpath.New("endpoints")),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact("/shop/web")),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					value(tfjsonpath.New("members"), knownvalue.MapSizeExact(7)),
					value(tfjsonpath.New("endpoints"), knownvalue.MapSizeExact(7)),
					value(tfjsonpath.New("description"), knownvalue.StringExact("Checkout")),
				},
				Check: resource.ComposeAggregateTestCheckFunc(
					has(s.Device, "description", "Checkout [bigipkube/1 "+s.namespace+"/blue:http=100 "+s.namespace+"/green:http=0]"),
					func(*terraform.State) error { return journal(s.Device, "POST ltm/pool 1") },
				),
			},
			{ // 90/10: 5 blue of ratio 18 and 2 green of ratio 5 are 90 to 10
				PreConfig:        func() { ratios = nil },
				Config:           s.pool(90, 10),
				ConfigPlanChecks: inPlace(shownRatios(&ratios), traffic("100 -> 90", "0 -> 10")),
			},
			{
				Config:           s.pool(0, 100),
				ConfigPlanChecks: inPlace(traffic("90 -> 0", "10 -> 100")),
			},
			{ // rollback
				Config:           s.pool(100, 0),
				ConfigPlanChecks: inPlace(traffic("0 -> 100", "100 -> 0")),
			},
			{
				ResourceName: address, ImportState: true, ImportStateId: "/shop/web", ImportStateVerify: true,
			},
		},
	})
	for _, want := range canary {
		if !slices.Contains(ratios, want) {
			t.Errorf("the canary's plan lacks %q; it has:\n%s", want, strings.Join(ratios, "\n"))
		}
	}
	for _, got := range ratios {
		t.Log(got)
		if !regexp.MustCompile(`^(traffic\.(blue|green): .*|members\.[0-9.]+:8080\.(ratio|session): .*)$`).MatchString(got) {
			t.Errorf("the canary's plan has more than traffic, ratios and sessions: %s", got)
		}
	}
}

// shownRatios keeps what a plan shows.
func shownRatios(into *[]string) plancheck.PlanCheck { return shown{into} }

type shown struct{ into *[]string }

func (s shown) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, _ *plancheck.CheckPlanResponse) {
	for _, r := range req.Plan.ResourceChanges {
		if r.Address == address {
			*s.into = differences("", r.Change.Before, r.Change.After, r.Change.AfterUnknown)
		}
	}
}

// traffic fails unless the plan shows this and nothing else of traffic.
func traffic(blue, green string) plancheck.PlanCheck { return trafficCheck{blue, green} }

type trafficCheck struct{ blue, green string }

func (c trafficCheck) CheckPlan(ctx context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	var all []string
	shownRatios(&all).CheckPlan(ctx, req, resp)
	for _, want := range []string{"traffic.blue: " + c.blue, "traffic.green: " + c.green} {
		if !slices.Contains(all, want) {
			resp.Error = fmt.Errorf("the plan lacks %q; it has:\n%s", want, strings.Join(all, "\n"))
		}
	}
}

func TestAccEndpointsThatMoveAfterThePlanDoNotChangeWhatIsApplied(t *testing.T) {
	t.Parallel()
	s := newShop(t, 3, 1)
	var gone, added string
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: s.pool(100, 0), ConfigPlanChecks: emptyPlan()},
			{
				Config: s.pool(50, 50),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					after(func() { gone, added = s.replace("blue") }),
				}},
				ExpectNonEmptyPlan: true,
				Check: func(*terraform.State) error {
					if names := s.names(); !slices.Contains(names, gone) || slices.Contains(names, added) {
						return fmt.Errorf("the members are %v: want %s, which was reviewed, and not %s, which came later", names, gone, added)
					}
					return nil
				},
			},
			{ // the next plan is the remainder, and one more apply converges
				Config:           s.pool(50, 50),
				ConfigPlanChecks: inPlace(),
				Check: func(*terraform.State) error {
					if names := s.names(); slices.Contains(names, gone) || !slices.Contains(names, added) {
						return fmt.Errorf("the members are %v: want %s and not %s", names, added, gone)
					}
					return nil
				},
			},
		},
	})
}

func TestAccAPlanWhoseBackendHasNobodyLeftIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t, 2, 1)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: s.pool(100, 0), ConfigPlanChecks: emptyPlan()},
			{
				Config: s.pool(0, 100),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					after(func() { s.replace("green"); s.ClearRequests() }),
				}},
				ExpectError: regexp.MustCompile(`(?s)None of the endpoints that the plan gives traffic to in backend "green".*Plan\s+again`),
			},
			{
				PreConfig: func() {
					if err := journal(s.Device, "POST ltm 0", "PATCH ltm 0", "DELETE ltm 0", "POST transaction 0"); err != nil {
						t.Error("the refused apply wrote to the device: ", err)
					}
				},
				Config:           s.pool(0, 100),
				ConfigPlanChecks: inPlace(),
			},
		},
	})
}

func TestAccAClosedGateLeavesTheTrafficAndThePlanOfTheRest(t *testing.T) {
	t.Parallel()
	s := newShop(t, 2, 1)
	// Nobody answers at the pods' addresses: the monitor finds green down.
	gate := []string{`monitors = ["/Common/tcp"]`, `cutover = { require_available = "100%", timeout = "0s" }`}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: s.pool(100, 0, gate...), ConfigPlanChecks: emptyPlan()},
			{
				Config:      s.pool(0, 100, gate...),
				ExpectError: regexp.MustCompile(`(?s)Unable to move the traffic of pool /shop/web.*green: 0 of 1 member available, 1 needed.*:8080 is (down|checking)`),
			},
			{ // the state has what the device has: the plan is the whole move again
				Config: s.pool(0, 100, gate...),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					traffic("100 -> 0", "0 -> 100"),
				}},
				ExpectError: regexp.MustCompile(`Unable to move the traffic`),
			},
			{Config: s.pool(100, 0, gate...), PlanOnly: true},
		},
	})
}

func TestAccAMemberOfSomebodyElseStaysAndIsNoDrift(t *testing.T) {
	t.Parallel()
	s := newShop(t, 2, 1)
	const foreign = "192.0.2.99:8080"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: s.pool(100, 0), ConfigPlanChecks: emptyPlan()},
			{
				PreConfig: func() {
					s.REST(http.MethodPost, onREST+"/members", map[string]any{"name": foreign, "partition": "shop", "ratio": 3})
				},
				Config: s.pool(100, 0), PlanOnly: true,
			},
			{
				Config:           s.pool(0, 100),
				ConfigPlanChecks: inPlace(),
				ConfigStateChecks: []statecheck.StateCheck{
					value(member(foreign, "backend"), knownvalue.Null()),
					value(member(foreign, "ratio"), knownvalue.Int64Exact(3)),
				},
				Check: memberHas(s.Device, foreign, "ratio", 3),
			},
			{ // one that comes between plan and apply stays too
				Config: s.pool(100, 0),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{after(func() {
						s.REST(http.MethodPost, onREST+"/members", map[string]any{"name": "192.0.2.98:8080", "partition": "shop"})
					})},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				Check: memberHas(s.Device, "192.0.2.98:8080", "ratio", 1),
			},
		},
	})
}

func TestAccDriftOfABoundPoolIsSeenAndRepaired(t *testing.T) {
	t.Parallel()
	s := newShop(t, 2, 1)
	blue := s.addresses("blue")
	members := onREST + "/members/~shop~"
	mark := " [bigipkube/1 " + s.namespace + "/blue:http=100 " + s.namespace + "/green:http=0]"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{Config: s.pool(100, 0), ConfigPlanChecks: emptyPlan()},
			{
				PreConfig: func() {
					s.REST(http.MethodPatch, members+blue[0], map[string]any{"session": "user-disabled", "ratio": 7})
					s.REST(http.MethodDelete, members+blue[1], nil)
				},
				Config: s.pool(100, 0),
				ConfigPlanChecks: inPlace(onlyChanges(
					"members."+blue[0]+".session: disabled -> enabled",
					"members."+blue[0]+".ratio: 7 -> 1",
					"members."+blue[1]+": added",
				)),
			},
			{ // the mark is taken away by hand
				PreConfig:        func() { s.REST(http.MethodPatch, onREST, map[string]any{"description": "Checkout"}) },
				Config:           s.pool(100, 0),
				ConfigPlanChecks: inPlace(),
				Check:            has(s.Device, "description", "Checkout"+mark),
			},
			{ // somebody else has moved the traffic
				PreConfig: func() {
					s.REST(http.MethodPatch, onREST, map[string]any{"description": strings.Replace(strings.Replace("Checkout"+mark, "=100", "=40", 1), "=0", "=60", 1)})
				},
				Config:           s.pool(100, 0),
				ConfigPlanChecks: inPlace(onlyChanges("traffic.blue: 40 -> 100", "traffic.green: 60 -> 0")),
				Check:            has(s.Device, "description", "Checkout"+mark),
			},
		},
	})
}

func TestAccANewPodIsPlannedByItsAddressAndANewBackendIsKnownAfterApply(t *testing.T) {
	t.Parallel()
	s := newShop(t, 1, 1)
	single := s.provider + fmt.Sprintf(`
resource "bigipkube_pool" "web" {
  name     = "web"
  backends = { blue = { namespace = %q, service = "blue" } }
}
`, s.namespace)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config: single, ConfigPlanChecks: emptyPlan(),
				ConfigStateChecks: []statecheck.StateCheck{
					value(tfjsonpath.New("traffic"), knownvalue.MapExact(map[string]knownvalue.Check{"blue": knownvalue.Int64Exact(100)})),
				},
			},
			{ResourceName: address, ImportState: true, ImportStateId: "/shop/web", ImportStateVerify: true},
			{
				PreConfig: func() {
					must(t, s.Scale(t.Context(), s.namespace, "blue", 2))
					s.ready("blue", 2)
				},
				Config:            single,
				ConfigPlanChecks:  inPlace(addsOneMember{s}),
				ConfigStateChecks: []statecheck.StateCheck{value(tfjsonpath.New("members"), knownvalue.MapSizeExact(2))},
			},
			{
				Config: s.pool(100, 0),
				ConfigPlanChecks: inPlace(
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("members")),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("endpoints")),
				),
				ConfigStateChecks: []statecheck.StateCheck{value(tfjsonpath.New("members"), knownvalue.MapSizeExact(3))},
			},
			{ // a backend less: everything is known
				Config: strings.Replace(single, `"blue" }`, `"blue", port = "http" }`, 1),
				ConfigPlanChecks: inPlace(
					plancheck.ExpectKnownValue(address, tfjsonpath.New("members"), knownvalue.MapSizeExact(2)),
				),
			},
			{ // from backends to members
				Config:            s.provider + bare,
				ConfigPlanChecks:  inPlace(),
				ConfigStateChecks: []statecheck.StateCheck{value(tfjsonpath.New("members"), knownvalue.MapSizeExact(1))},
				Check:             has(s.Device, "description", nil),
			},
			{ // and back
				Config:            single,
				ConfigPlanChecks:  inPlace(),
				ConfigStateChecks: []statecheck.StateCheck{value(tfjsonpath.New("members"), knownvalue.MapSizeExact(2))},
			},
		},
	})
}

// addsOneMember fails unless the plan shows the second address of blue.
type addsOneMember struct{ s *shop }

func (c addsOneMember) CheckPlan(ctx context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	var all []string
	shownRatios(&all).CheckPlan(ctx, req, resp)
	if len(all) != 1 || !slices.ContainsFunc(c.s.addresses("blue"), func(key string) bool { return all[0] == "members."+key+": added" }) {
		resp.Error = fmt.Errorf("the plan shows %q, want one added member", all)
	}
}

func TestAccAServiceThatIsDeletedLaterKeepsItsMembersWithAWarningAndDestroyWorks(t *testing.T) {
	t.Parallel()
	s := newShop(t, 2, 1)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(t),
		CheckDestroy:             gone(s.Device),
		Steps: []resource.TestStep{
			{Config: s.pool(100, 0), ConfigPlanChecks: emptyPlan()},
			{
				PreConfig: func() {
					must(t, s.Client().CoreV1().Services(s.namespace).Delete(t.Context(), "green", deleteNow()))
				},
				Config: s.pool(100, 0), PlanOnly: true,
			},
		},
	})
}

func TestAccMistakesWithBackendsAreExplainedAtTheAttribute(t *testing.T) {
	t.Parallel()
	s := newShop(t, 1, 1)
	for name, test := range map[string]struct {
		edit [2]string
		want string
	}{
		"no Service":         {[2]string{`service = "green"`, `service = "gren"`}, `(?s)Unable to find Service \S+/gren.*service = "gren".*Check .namespace. and .service.`},
		"no such port":       {[2]string{`service = "green", port = "http"`, `service = "green", port = "web"`}, `(?s)no port "web".*80 http`},
		"no ratio mode":      {[2]string{`"ratio-member"`, `"round-robin"`}, `(?s)cannot split traffic.*ratio-member`},
		"sum is not 100":     {[2]string{`green = 50 }`, `green = 40 }`}, `(?s)does not add up to 100.*add up to\s+90`},
		"unknown backend":    {[2]string{`green = 50 }`, `green = 40, red = 10 }`}, `(?s)no backend "red".*blue and green`},
		"backend left out":   {[2]string{`{ blue = 50, green = 50 }`, `{ blue = 100 }`}, `(?s)backend "green"`},
		"members too":        {[2]string{`traffic =`, "members = {}\n  traffic ="}, `(?s)has one\s+or the\s+other`},
		"negative drain":     {[2]string{`traffic =`, "cutover = { drain = \"-1s\" }\n  traffic ="}, `negative`},
		"odd requirement":    {[2]string{`traffic =`, "cutover = { require_available = \"most\" }\n  traffic ="}, `(?s)Not a requirement`},
		"no kubernetes":      {[2]string{`kubernetes =`, `clusters =  {}#`}, `(?s)no .kubernetes. setting.*KUBE_CONFIG_PATH`},
		"no such kubeconfig": {[2]string{`config_path = "`, `config_path = "/nowhere`}, `(?s)kubernetes = .*stat\s+/nowhere`},
		"unknown cluster":    {[2]string{`service = "green"`, `cluster = "east", service = "green"`}, `(?s)cluster "east" is not configured`},
	} {
		t.Run(name, func(t *testing.T) {
			config := strings.Replace(s.pool(50, 50), test.edit[0], test.edit[1], 1)
			if config == s.pool(50, 50) {
				t.Fatalf("the configuration has no %q", test.edit[0])
			}
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Factories(t),
				Steps:                    []resource.TestStep{{Config: config, ExpectError: regexp.MustCompile(test.want)}},
			})
		})
	}
}
