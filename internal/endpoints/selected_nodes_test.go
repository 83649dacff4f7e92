package endpoints_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

var controlPlane = endpoints.Ref{Nodes: true, Role: "control-plane", Port: "6443"}

func ofNodes(nodes ...endpoints.Node) endpoints.Snapshot {
	return endpoints.Snapshot{Found: true, Nodes: nodes}
}

func TestANodeServesWhileItIsReadyCordonedOrNot(t *testing.T) {
	t.Parallel()
	ill, cordoned, excluded, going, dead, bare := node("ill", "192.0.2.2"), node("cordoned", "192.0.2.3"), node("excluded", "192.0.2.4"), node("going", "192.0.2.5"), node("dead", "192.0.2.6"), node("bare")
	ill.Ready, cordoned.Unschedulable, excluded.Excluded, going.Terminating = false, true, true, true
	dead.Ready, dead.Terminating = false, true
	got := resolve(t, controlPlane, ofNodes(dead, going, excluded, cordoned, ill, bare, node("a", "192.0.2.1")))
	wantLists(t, got, []string{
		"192.0.2.1:6443 ready z", "192.0.2.2:6443 not-ready z", "192.0.2.3:6443 ready z", "192.0.2.4:6443 ready z",
		"192.0.2.5:6443 draining z", "192.0.2.6:6443 not-ready z",
	}, []string{"bare : it has no address"})
	if got.Endpoints[0].Node != "a" || got.Endpoints[0].Pod != "" {
		t.Errorf("the endpoint is %+v, want node a and no pod", got.Endpoints[0])
	}
}

func TestTheAddressOfANodeIsOfTheTypeAndFamilyAskedFor(t *testing.T) {
	t.Parallel()
	n := node("a", "192.0.2.1", "2001:db8::1")
	n.External, n.Hostnames = []string{"203.0.113.1", "2001:db8:1::1"}, []string{"a.example.com"}
	for name, test := range map[string]struct {
		change    func(*endpoints.Ref)
		want, out []string
	}{
		"by default the main internal one": {func(*endpoints.Ref) {}, []string{"192.0.2.1:6443 ready z"}, nil},
		"IPv6":                             {func(r *endpoints.Ref) { r.Family = endpoints.IPv6 }, []string{"[2001:db8::1]:6443 ready z"}, nil},
		"both":                             {func(r *endpoints.Ref) { r.Family = endpoints.Dual }, []string{"192.0.2.1:6443 ready z", "[2001:db8::1]:6443 ready z"}, nil},
		"external":                         {func(r *endpoints.Ref) { r.NodeAddress = endpoints.ExternalIP }, []string{"203.0.113.1:6443 ready z"}, nil},
		"external, on a route domain":      {func(r *endpoints.Ref) { r.NodeAddress, r.RouteDomain = endpoints.ExternalIP, 2 }, []string{"203.0.113.1%2:6443 ready z"}, nil},
		"a name is no address":             {func(r *endpoints.Ref) { r.NodeAddress = endpoints.Hostname }, nil, []string{"a a.example.com: its address is not one that a pool member can have"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref := controlPlane
			test.change(&ref)
			wantLists(t, resolve(t, ref, ofNodes(n)), test.want, test.out)
		})
	}
}

func TestNoNodeAtAllIsAnErrorAndSoIsAPortWithoutANumber(t *testing.T) {
	t.Parallel()
	labelled := endpoints.Ref{Cluster: "east", Nodes: true, Role: "control-plane", Selector: endpoints.NewSelector(map[string]string{"zone": "a"}), Port: "6443"}
	_, err := endpoints.Resolve(labelled, ofNodes())
	if _, ok := errors.AsType[*endpoints.NoNodesError](err); !ok || err.Error() != "there are no nodes with control-plane and zone=a in cluster east" {
		t.Errorf("no node: %v", err)
	}
	if text := labelled.String(); text != "east/nodes(control-plane,zone=a):6443" {
		t.Errorf("the ref is called %s", text)
	}
	for _, port := range []string{"", "https", "0", "65536"} {
		ref := endpoints.Ref{Nodes: true, Port: port}
		_, err := endpoints.Resolve(ref, ofNodes(node("a", "192.0.2.1")))
		if _, ok := errors.AsType[*endpoints.NodePortNumberError](err); !ok {
			t.Errorf("port %q: %v", port, err)
		}
	}
}

func TestANodeIsExplainedByItsConditions(t *testing.T) {
	t.Parallel()
	cordoned := node("a", "192.0.2.1")
	cordoned.Unschedulable = true
	got, err := endpoints.Explain(controlPlane, ofNodes(cordoned, node("bare")))
	if err != nil || len(got.Endpoints) != 1 || len(got.LeftOut) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	want := endpoints.Origin{Node: "a", Conditions: []endpoints.Condition{{Name: "Ready", Status: "true"}, {Name: "unschedulable", Status: "true"}}}
	if diff := cmp.Diff(want, got.Endpoints[0].Origin); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got.LeftOut[0].Origin.Node != "bare" {
		t.Errorf("what was left out comes from %+v", got.LeftOut[0].Origin)
	}
}
