package reconciler

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/bigipsim/control"
)

// A helper's process is killed (SIGKILL) at its first call of the device, at the second
// one, and so on, over a rolling change of a pool's pods: once before the device does
// what the call asks for, and once where it does it all the same. The next process
// goes on.
func TestAHelperThatIsKilledAtAnyCallOfTheDeviceHarmsNoHealthyMember(t *testing.T) {
	t.Parallel()
	for name, drop := range map[string]bool{"the call is lost": true, "the call is carried out": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newBenchCluster(worldSpec{Services: 1, Endpoints: 4}, "shop", 10)
			k := &kills{lab: newBenchLab(t, bigipsim.Options{}, c), cluster: c, pods: 4, watched: map[string]bool{}}
			began, calls := time.Now(), 0
			for k.rollKilledAt(calls+1, drop) {
				calls++
			}
			t.Logf("killed at each of %d calls, and looked %d times, in %s", calls, k.looks, time.Since(began).Round(time.Millisecond))
			if calls < 10 {
				t.Errorf("a rolling change is only %d calls", calls)
			}
		})
	}
}

// kills is a pool whose pods are replaced.
type kills struct {
	*lab
	cluster *benchCluster
	pods    int // so far
	watched map[string]bool
	looks   int
}

// lookQuery marks the requests that are not the helper's.
const lookQuery = "look=1"

// rollKilledAt replaces three of four pods. The helper is killed at its n-th call; if
// it makes fewer it is not, and this tells false.
func (k *kills) rollKilledAt(n int, drop bool) (killed bool) {
	k.t.Helper()
	must(k.t, k.sim.SetFaults([]control.Fault{
		{Path: lookQuery, Delay: "0s"},
		{Skip: n - 1, Count: 1, Delay: "1h", Drop: drop},
	}))
	k.sim.ClearRequests()
	start := func() *process {
		return k.startProcess("--partition", "shop", "--discover-interval", "1h", "--resync", "1h")
	}
	helper := start()
	var old []string // addresses of pods that are replaced
	for change := range 6 {
		if change%2 == 0 {
			old = append(old, k.cluster.slices[0].Endpoints[0].Addresses[0])
		}
		k.cluster.update(0, k.change(change))
		var members []string
		eventually(k.t, func() bool {
			if !killed && k.caught() {
				helper.kill()
				k.sim.ClearFaults()
				killed, helper = true, start()
			}
			members = k.look(n)
			return slices.Equal(members, k.cluster.wanted(0))
		}, func() string {
			return fmt.Sprintf("killed at call %d: the pool has %v, want %v", n, members, k.cluster.wanted(0))
		})
	}
	helper.kill()
	for _, w := range k.writes() {
		touches := strings.HasPrefix(w, http.MethodPatch+" ltm/") || strings.HasPrefix(w, http.MethodDelete+" ltm/")
		if touches && !slices.ContainsFunc(old, func(address string) bool { return strings.Contains(w, address) }) {
			k.t.Errorf("killed at call %d: %s, and the pods that are replaced are %v", n, w, old)
		}
	}
	return killed
}

// change is one of a rolling change: a new pod and an end for an old one, or that
// one's going.
func (k *kills) change(n int) func(*discoveryv1.EndpointSlice) {
	return func(s *discoveryv1.EndpointSlice) {
		if n%2 == 1 {
			s.Endpoints = s.Endpoints[1:]
			return
		}
		setConditions(&s.Endpoints[0], false, true, true)
		s.Endpoints = append(s.Endpoints, k.cluster.endpoint(0, k.pods, 0))
		k.pods++
	}
}

// caught tells that the helper waits for the call at which it is to be killed.
func (k *kills) caught() bool {
	return slices.ContainsFunc(k.sim.Requests(), func(r control.Request) bool { return r.Fault && !strings.HasSuffix(r.Path, lookQuery) })
}

// look reads the members. One that has been enabled stays so while its pod is ready.
func (k *kills) look(n int) []string {
	k.t.Helper()
	members := k.membersAt("ltm/pool/~shop~" + benchName(0) + "/members?" + lookQuery)
	k.looks++
	for _, wanted := range k.cluster.wanted(0) {
		has := slices.Contains(members, wanted)
		if strings.HasSuffix(wanted, "user-enabled") && k.watched[wanted] && !has {
			k.t.Errorf("killed at call %d: the pod of %s is ready, and the members are %v", n, wanted, members)
		}
		k.watched[wanted] = k.watched[wanted] || has
	}
	return members
}
