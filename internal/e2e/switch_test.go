package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// newSwitch is the shop of examples/switch: two pools, one virtual server.
func newSwitch(t *testing.T, blue, green int32) *shop {
	t.Helper()
	s := &shop{Lab: newLab(t)}
	s.namespace = s.Cluster.NamespaceT(t, "switch")
	must(t, s.DeployShop(t.Context(), s.namespace, blue, green))
	must(t, s.Simulator.MakePartition(t.Context(), "shop"))
	var err error
	s.terraform, err = s.Example(t.Context(), cli, "switch")
	must(t, err)
	s.terraform.Vars = map[string]any{"namespace": s.namespace, "bake": "2s"}
	return s
}

// versions are the pools that the configuration has, and the one that serves.
func (s *shop) versions(live string, versions ...string) {
	services := map[string]string{}
	for _, version := range versions {
		services[version] = "shop-" + version
	}
	s.terraform.Vars["live"], s.terraform.Vars["versions"] = live, services
}

// pools are the names of the device's pools in the partition.
func (s *shop) pools(t *testing.T) string {
	t.Helper()
	var all struct {
		Items []struct {
			Name string `json:"name"`
		} `json:"items"`
	}
	must(t, s.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/pool", nil, &all))
	var names []string
	for _, pool := range all.Items {
		names = append(names, pool.Name)
	}
	return strings.Join(names, " ")
}

func TestTheSwitchAndTheRemovalOfTheOldPoolGoIntoOneApplyWithoutAFailedRequest(t *testing.T) {
	t.Parallel()
	s := newSwitch(t, 3, 2)
	s.versions("blue", "blue", "green")
	_, err := s.terraform.Apply(t.Context())
	must(t, err)
	phase := s.during(t, "switch to green and drop blue", 200, func() {
		s.versions("green", "green")
		output, err := s.terraform.Apply(t.Context())
		must(t, err)
		if !strings.Contains(output, "Pool /shop/shop-blue is deleted when nobody uses it any more") {
			t.Errorf("the apply does not tell what becomes of blue:\n%s", output)
		}
		if got := s.pools(t); got != "shop-green" {
			t.Errorf("the device has the pools %s", got)
		}
		s.empty(t)
	})
	if phase.Colours["blue"] == 0 || phase.Colours["green"] == 0 {
		t.Errorf("the load saw %v", phase.Colours)
	}
	// And the other way round, with the new pool made in the same apply.
	s.during(t, "make blue, switch to it and drop green", 200, func() {
		s.versions("blue", "blue")
		_, err := s.terraform.Apply(t.Context())
		must(t, err)
		s.empty(t)
	})
	if got := s.pools(t); got != "shop-blue" {
		t.Errorf("the device has the pools %s", got)
	}
}

func TestASwitchThatIsRefusedKeepsTheOldPoolAlthoughItLeftTheConfiguration(t *testing.T) {
	t.Parallel()
	s := newSwitch(t, 2, 2)
	s.unwellMonitor(t)
	s.versions("blue", "blue", "green")
	s.terraform.Vars["timeout"] = "5s"
	pods, err := s.Cluster.Pods(t.Context(), s.namespace, "shop-green")
	must(t, err)
	s.Backends.Set(s.namespace, pods[0].Name, kubetest.Behaviour{Unhealthy: true})
	_, err = s.terraform.Apply(t.Context())
	must(t, err)

	phase := s.during(t, "refused switch", 100, func() {
		s.versions("green", "green")
		output, err := s.terraform.Apply(t.Context())
		if err == nil {
			t.Fatalf("the switch was not refused:\n%s", output)
		}
		if got := s.pools(t); got != "shop-blue shop-green" {
			t.Errorf("the device has the pools %s", got)
		}
		// The revert: blue is written again, and taken over as it is.
		s.versions("blue", "blue", "green")
		_, err = s.terraform.Apply(t.Context())
		must(t, err)
		s.empty(t)
	})
	if got := phase.Share("blue"); got != 100 {
		t.Errorf("blue got %.2f %%, want all", got)
	}
	// Or forward: once green is well, the switch goes through and blue goes.
	s.Backends.Set(s.namespace, pods[0].Name, kubetest.Behaviour{})
	s.terraform.Vars["timeout"] = "60s"
	s.during(t, "switch", 100, func() {
		s.versions("green", "green")
		_, err := s.terraform.Apply(t.Context())
		must(t, err)
		s.empty(t)
	})
	if got := s.pools(t); got != "shop-green" {
		t.Errorf("the device has the pools %s", got)
	}
}

func TestASwitchToAVersionThatFallsIllInTheBakeIsRolledBack(t *testing.T) {
	t.Parallel()
	s := newSwitch(t, 2, 2)
	s.unwellMonitor(t)
	s.versions("blue", "blue", "green")
	s.terraform.Vars["bake"] = "10m"
	_, err := s.terraform.Apply(t.Context())
	must(t, err)
	pods, err := s.Cluster.Pods(t.Context(), s.namespace, "shop-green")
	must(t, err)

	// Green answers every request, and turns ill for the monitor alone: no request
	// may fail on the way back either.
	phase := s.during(t, "rollback", 100, func() {
		s.versions("green", "blue", "green")
		applied := make(chan error, 1)
		var output string
		go func() {
			var err error
			output, err = s.terraform.Apply(t.Context())
			applied <- err
		}()
		s.waitPool(t, "/shop/shop-green")
		s.Backends.Set(s.namespace, pods[0].Name, kubetest.Behaviour{Unhealthy: true})
		if err := <-applied; err == nil {
			t.Fatalf("the apply ended well:\n%s", output)
		}
		text := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
		t.Log(output)
		for _, want := range []string{"Unable to keep the traffic of virtual server /shop/shop", "1 of 2 members that took traffic went down", pods[0].Status.PodIP, "given back in one write"} {
			if !strings.Contains(text, want) {
				t.Errorf("the message lacks %q", want)
			}
		}
		s.waitPool(t, "/shop/shop-blue")
		plan, changes, err := s.terraform.Plan(t.Context(), "rest.tfplan")
		must(t, err)
		if !changes || !strings.Contains(plan, `"/shop/shop-blue" -> "/shop/shop-green"`) {
			t.Errorf("the next plan does not show the switch:\n%s", plan)
		}
	})
	if phase.Colours["green"] == 0 {
		t.Error("green never served")
	}
}

// waitPool waits until the virtual server has a pool.
func (s *shop) waitPool(t *testing.T, want string) {
	t.Helper()
	s.until(t, "the virtual server's pool is "+want, func() bool {
		var vs struct {
			Pool string `json:"pool"`
		}
		must(t, s.Simulator.REST(t.Context(), http.MethodGet, "/mgmt/tm/ltm/virtual/~shop~shop", nil, &vs))
		return vs.Pool == want
	})
}
