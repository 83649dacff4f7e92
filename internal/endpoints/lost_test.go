package endpoints_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func gone(after time.Duration, s endpoints.Slice) endpoints.LostSlice {
	return endpoints.LostSlice{Slice: s, At: noon.Add(after)}
}

func wantLost(t *testing.T, result endpoints.Result, want map[string]time.Duration) {
	t.Helper()
	got := map[string]time.Duration{}
	for key, at := range result.Lost {
		got[key.String()] = at.Sub(noon)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lost -want +got\n%s", diff)
	}
}

func TestWhatWentWithADeletedSliceAndIsNowhereElseIsLost(t *testing.T) {
	t.Parallel()
	mixed := slice("mixed", "10.0.0.2", "10.0.0.3", "10.0.0.4")
	mixed.Endpoints[1].Ready, mixed.Endpoints[1].Terminating = new(false), new(true)
	mixed.Endpoints[2].Ready = new(false)
	otherPort, six := slice("other-port", "10.0.0.5"), slice("six", "2001:db8::1")
	otherPort.Ports[0].Name = "metrics"
	six.Family = endpoints.IPv6
	moved := slice("moved", "10.0.0.1", "10.0.0.2")
	moved.Ports[0].Number = 9090

	snapshot := service(slice("present", "10.0.0.1"))
	snapshot.Lost = []endpoints.LostSlice{
		gone(time.Second, mixed), gone(2*time.Second, otherPort), gone(3*time.Second, six), gone(4*time.Second, moved), gone(5*time.Second, slice("again", "10.0.0.1", "10.0.0.2")),
	}
	wantLost(t, resolve(t, shopWeb, snapshot), map[string]time.Duration{
		"10.0.0.2:8080": 5 * time.Second, // in two of them: the later counts
		"10.0.0.4:8080": time.Second,
		"10.0.0.1:9090": 4 * time.Second, // another port is another member
		"10.0.0.2:9090": 4 * time.Second,
	})

	ref := shopWeb
	ref.Family, ref.RouteDomain = endpoints.IPv6, 2
	wantLost(t, resolve(t, ref, snapshot), map[string]time.Duration{"[2001:db8::1%2]:8080": 3 * time.Second})
}

func TestALostSliceAloneLeavesNobodyAndAllOfItIsLost(t *testing.T) {
	t.Parallel()
	snapshot := service()
	snapshot.Lost = []endpoints.LostSlice{gone(0, slice("a", "10.0.0.1"))}
	result := resolve(t, shopWeb, snapshot)
	wantKeys(t, result)
	wantLost(t, result, map[string]time.Duration{"10.0.0.1:8080": 0})
}

func TestANodePortIsLostWhereALostSliceMadeItReady(t *testing.T) {
	t.Parallel()
	nodes := []endpoints.Node{node("a", "192.0.2.1"), node("b", "192.0.2.2")}
	behindA, behindB := exposed(nodes, "a"), exposed(nodes, "b").Slices[0]

	behindA.Lost = []endpoints.LostSlice{gone(0, behindB)}
	wantLost(t, resolve(t, nodePorts, behindA), map[string]time.Duration{})
	behindA.Local = true
	wantLost(t, resolve(t, nodePorts, behindA), map[string]time.Duration{"192.0.2.2:30080": 0})

	none := exposed(nodes)
	none.Lost = []endpoints.LostSlice{gone(0, behindB)}
	wantLost(t, resolve(t, nodePorts, none), map[string]time.Duration{"192.0.2.1:30080": 0, "192.0.2.2:30080": 0})
}

func TestAResultHasWhatAWatchTellsOfItsSnapshot(t *testing.T) {
	t.Parallel()
	snapshot := service(slice("a", "10.0.0.1"))
	snapshot.WatchBroke, snapshot.NoNodeReady, snapshot.Triggered = noon, true, noon.Add(time.Second)
	result := resolve(t, shopWeb, snapshot)
	if !result.WatchBroke.Equal(noon) || !result.NoNodeReady || !result.Triggered.Equal(noon.Add(time.Second)) || result.Lost != nil {
		t.Errorf("got %+v", result)
	}
}
