package reconciler

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/reconciler/page"
)

// TestAThousandMembersAreShownInAMoment has a real helper of a pool with as many.
func TestAThousandMembersAreShownInAMoment(t *testing.T) {
	t.Parallel()
	const n = 1000
	l := newLab(t, "shop")
	addresses := make([]string, n)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("10.1.%d.%d:80", i/250, i%250+1)
	}
	l.bind("shop", "web", "vms@("+strings.Join(addresses, ",")+")=1")
	helper := l.start(l.options("shop"))
	helper.shown(func(s page.Status) bool {
		return len(s.Pools) == 1 && len(s.Pools[0].Members) == n && s.Device.Counted != nil && s.Pools[0].Counts()[0] == page.Count{State: page.StateUp, N: n}
	})
	began := time.Now()
	status := helper.helper.status.Status(t.Context())
	made := time.Since(began)
	response, err := http.Get(helper.url())
	must(t, err)
	defer response.Body.Close()
	html, err := io.ReadAll(response.Body)
	must(t, err)
	took := time.Since(began)
	if rows := strings.Count(string(html), `<tr id="m:`); rows != n || len(status.Pools[0].Members) != n {
		t.Errorf("%d rows, %d members", rows, len(status.Pools[0].Members))
	}
	t.Logf("the status takes %s, status and page %s; the page has %d bytes", made, took, len(html))
	if took > 2*time.Second {
		t.Errorf("it takes %s", took)
	}
}
