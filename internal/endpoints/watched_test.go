package endpoints

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

func TestWhatAWatchKnowsIsInTheResult(t *testing.T) {
	t.Parallel()
	at := func(second int) time.Time { return time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC) }
	yes, no := true, false
	slice := func(endpoints ...SliceEndpoint) Slice {
		return Slice{Family: IPv4, Ports: []SlicePort{{Name: "http", Number: 8080, Protocol: "TCP"}}, Endpoints: endpoints}
	}
	snapshot := Snapshot{
		Found: true, Family: IPv4, Ports: []ServicePort{{Name: "http", Number: 80, NodePort: 30080, Protocol: "TCP"}},
		Slices: []Slice{slice(SliceEndpoint{Addresses: []string{"10.0.0.1"}})},
		Lost: []LostSlice{
			{slice(SliceEndpoint{Addresses: []string{"10.0.0.1"}}, SliceEndpoint{Addresses: []string{"10.0.0.2"}, Ready: &no}, SliceEndpoint{Addresses: []string{"10.0.0.3"}, Terminating: &yes}), at(1)},
			{slice(SliceEndpoint{Addresses: []string{"10.0.0.2"}}, SliceEndpoint{Addresses: []string{"10.0.0.4"}}), at(2)},
			{slice(SliceEndpoint{Addresses: []string{"10.0.0.2"}}), at(1)},
		},
		Nodes:      []Node{{Name: "n", Addresses: []string{"192.0.2.1"}, Ready: true}},
		WatchBroke: at(3), NoNodeReady: true, Triggered: at(4),
	}
	key := func(text string) ltm.MemberKey {
		key, err := ltm.ParseMemberKey(text)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	want := Result{
		Lost:       map[ltm.MemberKey]time.Time{key("10.0.0.2%7:8080"): at(2), key("10.0.0.4%7:8080"): at(2)},
		WatchBroke: at(3), NoNodeReady: true, Triggered: at(4),
	}
	compare := cmp.Options{
		cmpopts.IgnoreFields(Result{}, "Endpoints", "LeftOut"), cmp.Comparer(func(a, b ltm.MemberKey) bool { return a == b }),
	}
	ref := Ref{Namespace: "shop", Service: "web", Port: "http", RouteDomain: 7}
	got, err := Resolve(ref, snapshot)
	if err != nil || len(got.Endpoints) != 1 {
		t.Fatalf("%v %v", got.Endpoints, err)
	}
	if diff := cmp.Diff(want, got, compare); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ref.NodePort, want.Lost = true, nil
	if got, err = Resolve(ref, snapshot); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, compare); diff != "" {
		t.Errorf("node ports (-want +got):\n%s", diff)
	}
}
