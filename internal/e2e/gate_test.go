package e2e

import (
	"strings"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

func TestACutoverToTooFewAvailableMembersIsRefusedAndBlueServesOn(t *testing.T) {
	t.Parallel()
	s := newShop(t, 3, 2)
	s.unwellMonitor(t)
	s.terraform.Vars["timeout"] = "5s"

	// One of two green pods is ready for Kubernetes, and not well for the
	// device's monitor.
	pods, err := s.Cluster.Pods(t.Context(), s.namespace, "shop-green")
	must(t, err)
	unwell := pods[1].Status.PodIP + ":8080"
	s.Backends.Set(s.namespace, pods[1].Name, kubetest.Behaviour{Unhealthy: true})
	s.apply(t, 100, 0)

	s.share(0, 100)
	phase := s.during(t, "refused cutover", 200, func() {
		output, err := s.terraform.Apply(t.Context())
		if err == nil {
			t.Fatalf("the cutover was not refused:\n%s", output)
		}
		t.Log(output)
		text := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
		for _, want := range []string{
			"Unable to", "require_available", "1 of 2", "2 needed", unwell, "/shop/healthz", "green", "blue",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the message lacks %q", want)
			}
		}
	})
	if got := phase.Share("blue"); got != 100 {
		t.Errorf("blue got %.2f %% of %d requests during the refused cutover, want all", got, phase.Requests)
	}

	// Once green is well the same apply goes through.
	s.Backends.Set(s.namespace, pods[1].Name, kubetest.Behaviour{})
	s.terraform.Vars["timeout"] = "60s"
	s.during(t, "cutover", 200, func() { s.apply(t, 0, 100) })
}

// unwellMonitor gives the shop a monitor that asks each pod how it is, and is
// quick to say so. It is a reverse one: a pod is down because it says so, and
// never because a busy machine answers late.
func (s *shop) unwellMonitor(t *testing.T) {
	t.Helper()
	must(t, s.Simulator.REST(t.Context(), "POST", "/mgmt/tm/ltm/monitor/http", map[string]any{
		"name": "healthz", "partition": "shop", "interval": 1, "timeout": 60,
		"send": `GET /healthz HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`, "recv": "unhealthy", "reverse": "enabled",
	}, nil))
	s.terraform.Vars["monitors"] = []string{"/shop/healthz"}
}
