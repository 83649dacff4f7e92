package endpoints_test

import (
	"errors"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

var nodePorts = endpoints.Ref{Namespace: "shop", Service: "web", Port: "http", NodePort: true}

func node(name string, addresses ...string) endpoints.Node {
	return endpoints.Node{Name: name, Addresses: addresses, Ready: true, Zone: "z"}
}

// exposed is the Service web with the node port 30080 and a ready pod on each of
// the nodes that are named.
func exposed(nodes []endpoints.Node, on ...string) endpoints.Snapshot {
	s := slice("a")
	for _, name := range on {
		s.Endpoints = append(s.Endpoints, endpoints.SliceEndpoint{Addresses: []string{"10.0.0.1"}, Node: name})
	}
	snapshot := service(s)
	snapshot.Ports[0].NodePort = 30080
	snapshot.Nodes = nodes
	return snapshot
}

func TestANodePortIsReachedOnEveryNodeThatIsFit(t *testing.T) {
	t.Parallel()
	ill, cordoned, excluded, going, bare := node("ill", "192.0.2.2"), node("cordoned", "192.0.2.3"), node("excluded", "192.0.2.4"), node("going", "192.0.2.5"), node("bare")
	ill.Ready, cordoned.Unschedulable, excluded.Excluded, going.Terminating = false, true, true, true
	got := resolve(t, nodePorts, exposed([]endpoints.Node{going, excluded, cordoned, ill, bare, node("b", "192.0.2.6"), node("a", "192.0.2.1")}, "a"))
	wantLists(t, got, []string{"192.0.2.1:30080 ready z", "192.0.2.6:30080 ready z"}, []string{
		"bare : it has no address",
		"ill 192.0.2.2: its node is not ready",
		"cordoned 192.0.2.3: its node is unschedulable",
		"excluded 192.0.2.4: its node has the label node.kubernetes.io/exclude-from-external-load-balancers",
		"going 192.0.2.5: its node is being deleted",
	})
	if got.Endpoints[0].Node != "a" || got.Endpoints[0].Pod != "" {
		t.Errorf("the endpoint is %+v, want node a and no pod", got.Endpoints[0])
	}
}

func TestWithExternalTrafficPolicyLocalOnlyNodesWithAReadyEndpointTakeTraffic(t *testing.T) {
	t.Parallel()
	nodes := []endpoints.Node{node("a", "192.0.2.1"), node("b", "192.0.2.2"), node("c", "192.0.2.3"), node("d", "192.0.2.4")}
	snapshot := exposed(nodes, "a", "a", "b", "c")
	pods := snapshot.Slices[0].Endpoints
	pods[1].Ready = new(false)                                 // another one on a
	pods[2].Ready, pods[2].Terminating = new(false), new(true) // b only drains
	pods[3].Ready, pods[3].Serving = new(false), new(false)    // c is not ready
	snapshot.Local = true
	wantLists(t, resolve(t, nodePorts, snapshot), []string{"192.0.2.1:30080 ready z", "192.0.2.2:30080 draining z"}, []string{
		"c 192.0.2.3: no ready endpoint is on its node, and externalTrafficPolicy is Local",
		"d 192.0.2.4: no ready endpoint is on its node, and externalTrafficPolicy is Local",
	})
}

func TestANodePortIsAsReadyAsTheBestThatIsBehindIt(t *testing.T) {
	t.Parallel()
	nodes := []endpoints.Node{node("a", "192.0.2.1")}
	for want, change := range map[endpoints.State]func(*endpoints.Snapshot){
		endpoints.Ready:    func(*endpoints.Snapshot) {},
		endpoints.Draining: func(s *endpoints.Snapshot) { s.Slices[0].Endpoints[0].Terminating = new(true) },
		endpoints.NotReady: func(s *endpoints.Snapshot) { s.Slices[0].Endpoints = nil },
	} {
		snapshot := exposed(nodes, "b")
		change(&snapshot)
		wantLists(t, resolve(t, nodePorts, snapshot), []string{"192.0.2.1:30080 " + string(want) + " z"}, nil)
	}
	without := exposed(nodes)
	without.Slices = nil
	wantLists(t, resolve(t, nodePorts, without), []string{"192.0.2.1:30080 not-ready z"}, nil)
}

func TestNodePortsOfBothFamilies(t *testing.T) {
	t.Parallel()
	nodes := []endpoints.Node{node("a", "192.0.2.1", "2001:db8::1"), node("b", "192.0.2.2")}
	six := slice("six", "2001:db8:1::1")
	six.Family = endpoints.IPv6
	six.Endpoints[0].Ready = new(false)
	dual := exposed(nodes, "a")
	dual.Slices = append(dual.Slices, six)

	ref := nodePorts
	ref.Family = endpoints.Dual
	wantLists(t, resolve(t, ref, dual), []string{"192.0.2.1:30080 ready z", "192.0.2.2:30080 ready z", "[2001:db8::1]:30080 not-ready z"}, nil)
	wantLists(t, resolve(t, ref, exposed(nodes, "a")), []string{"192.0.2.1:30080 ready z", "192.0.2.2:30080 ready z"},
		[]string{"a 2001:db8::1: the Service has no endpoints of its address family"})
	ref.Family = endpoints.IPv6
	wantLists(t, resolve(t, ref, dual), []string{"[2001:db8::1]:30080 not-ready z"}, []string{"b 192.0.2.2: it is of the other address family"})
}

func TestAServiceWithoutANodePortIsAnError(t *testing.T) {
	t.Parallel()
	_, err := endpoints.Resolve(nodePorts, service(slice("a", "10.0.0.1")))
	if _, ok := errors.AsType[*endpoints.NoNodePortError](err); !ok {
		t.Fatalf("got %#v", err)
	}
	wantText(t, err, "Service shop/web, port http (80), has no node port")
}
