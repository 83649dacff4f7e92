package engine

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// What a source that watches tells of its backends is told of the pool: the latest
// of it, and the worst.
func TestWhatTheBackendsTellIsToldOfThePool(t *testing.T) {
	t.Parallel()
	key := func(last byte) ltm.MemberKey {
		return ltm.MemberKey{Address: ltm.Address{IP: netip.AddrFrom4([4]byte{10, 0, 0, last})}, Port: 80}
	}
	at := func(second int) time.Time { return time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC) }
	observed := BackendEndpoints{
		"blue": {
			Endpoints: []endpoints.Endpoint{{Key: key(1), State: endpoints.Ready}, {Key: key(2), State: endpoints.Draining}},
			Lost:      map[ltm.MemberKey]time.Time{key(3): at(1)}, WatchBroke: at(2), Triggered: at(9),
		},
		"green": {
			Endpoints: []endpoints.Endpoint{{Key: key(1), State: endpoints.NotReady}, {Key: key(4), State: endpoints.NotReady, Ending: true}},
			Lost:      map[ltm.MemberKey]time.Time{key(3): at(4), key(5): at(3)}, NoNodeReady: true, Triggered: at(8),
		},
	}
	for _, tt := range []struct {
		owner string // of what both backends have
		state endpoints.State
	}{{"blue", endpoints.Ready}, {"green", endpoints.NotReady}} {
		world, triggered := gather(observed, map[ltm.MemberKey]string{key(1): tt.owner, key(2): "blue"})
		want := follow.World{
			Endpoint: map[ltm.MemberKey]endpoints.State{
				key(1): tt.state, key(2): endpoints.Draining, key(4): endpoints.NotReady,
			},
			Ending:     map[ltm.MemberKey]bool{key(4): true},
			Lost:       map[ltm.MemberKey]time.Time{key(3): at(4), key(5): at(3)},
			WatchBroke: at(2), NoNodeReady: true,
		}
		if diff := cmp.Diff(want, world, cmpopts.EquateComparable(ltm.MemberKey{}, netip.Addr{})); diff != "" || !triggered.Equal(at(9)) {
			t.Errorf("triggered %v, -want +got\n%s", triggered, diff)
		}
	}
}
