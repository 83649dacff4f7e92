package reconciler

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
)

// newPairLabs is a pair with a partition on both units: the lab of each. The first
// is active.
func newPairLabs(t *testing.T, partition string) (pair *bigipsim.Pair, first, peer *lab) {
	t.Helper()
	pair, err := bigipsim.NewPair(bigipsim.Options{CAFile: filepath.Join(t.TempDir(), "ca.pem")})
	must(t, err)
	must(t, pair.Start())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		must(t, pair.Close(ctx))
	})
	a, b := pair.Units()
	first, peer = labOn(t, a), labOn(t, b)
	for _, unit := range []*lab{first, peer} {
		unit.rest(http.MethodPost, "auth/partition", map[string]any{"name": partition})
	}
	return pair, first, peer
}

// Nobody synchronises the pair, so the unit that takes over has the pools and none of
// what the helper wrote; and nothing happens in Kubernetes that would make it write.
func TestAfterAFailoverThePoolsAreMadeRightOnTheUnitThatTookOver(t *testing.T) {
	t.Parallel()
	pair, first, peer := newPairLabs(t, "shop")
	for _, unit := range []*lab{first, peer} {
		unit.bind("shop", "web", "vms@(192.0.2.1:8080,192.0.2.2:8080)=1")
	}
	o := first.options("shop")
	o.Device.Addresses = []string{first.sim.ManagementURL(), peer.sim.ManagementURL()}
	first.start(o)
	first.await("shop", "web", "192.0.2.1:8080 user-enabled", "192.0.2.2:8080 user-enabled")
	peer.await("shop", "web")

	failed := time.Now()
	pair.Failover()
	peer.await("shop", "web", "192.0.2.1:8080 user-enabled", "192.0.2.2:8080 user-enabled")
	took := time.Since(failed)
	t.Logf("the pool was right %s after the failover", took.Round(time.Millisecond))
	if took > 10*time.Second {
		t.Errorf("the pool was right only %s after the failover", took)
	}
}
