package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// upAfter is how long a member must answer its monitor before the device calls it up.
const upAfter = 5 * time.Second

// The pods of a rolling update ask for the readiness gate: none is ready, and no old
// one goes, before the device's monitor has called its member up, which takes a while.
func TestARollOfThirtyPodsWaitsForASlowMonitorWithoutAFailedRequest(t *testing.T) {
	t.Parallel()
	f := newFollowed(t, newLab(t), 5*time.Second, 30, 1)
	must(t, f.Simulator.REST(t.Context(), http.MethodPost, "/mgmt/tm/ltm/monitor/http", map[string]any{
		"name": "slow", "partition": "shop", "interval": 1, "timeout": 60, "timeUntilUp": int(upAfter.Seconds()),
		"send": `GET /healthz HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`, "recv": "200 OK",
	}, nil))
	f.terraform.Vars["monitors"] = []string{"/shop/slow"}
	f.apply(t, 100, 0)
	f.serve(t, 30)
	helper := f.start(t, "--readiness-gate")
	f.gate = "bigipkube.io/pool-member"
	phase := f.during(t, "rolling update", 300, func() {
		f.rolled(t, "shop-blue", "gated")
		f.right(t, "shop-blue")
		f.swept(t)
	})
	f.serve(t, 30)
	opened := strings.Count(helper.Log(), "readiness gate opened")
	stop(t, helper)
	if opened != 30 {
		t.Errorf("%d readiness gates were opened, want 30", opened)
	}
	if phase.Took < upAfter {
		t.Errorf("it took %s, and each monitor takes %s", phase.Took, upAfter)
	}
	t.Logf("%d requests, %d failed, within %s; %d gates were opened", phase.Requests, phase.Failed, phase.Took.Round(time.Millisecond), opened)
}
