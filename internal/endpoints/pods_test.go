package endpoints_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

var canaries = endpoints.Ref{
	Namespace: "shop", Port: "http",
	Selector: endpoints.NewSelector(map[string]string{"track": "canary", "app": "shop"}),
}

// pod is a ready pod that has the port http on 8080.
func pod(name string, addresses ...string) endpoints.Pod {
	return endpoints.Pod{
		Name: name, Node: "node-0", Addresses: addresses, Ready: true,
		Ports: []endpoints.ContainerPort{{Name: "http", Number: 8080}, {Number: 9100}},
	}
}

// listed are the endpoints of a result as "key state pod".
func listed(result endpoints.Result) []string {
	var texts []string
	for _, e := range result.Endpoints {
		texts = append(texts, fmt.Sprintf("%s %s %s", e.Key, e.State, e.Pod+e.Zone))
	}
	return texts
}

// leftOut is what was left out, as "pod or node, address: reason".
func leftOut(result endpoints.Result) []string {
	var texts []string
	for _, left := range result.LeftOut {
		texts = append(texts, fmt.Sprintf("%s %s: %s", left.Pod+left.Node, left.Address, left.Reason))
	}
	return texts
}

func wantLists(t *testing.T, result endpoints.Result, want, wantLeft []string) {
	t.Helper()
	if diff := cmp.Diff(want, listed(result), options); diff != "" {
		t.Errorf("endpoints -want +got\n%s", diff)
	}
	if diff := cmp.Diff(wantLeft, leftOut(result), options); diff != "" {
		t.Errorf("left out -want +got\n%s", diff)
	}
}

func TestASelectedPodIsAsReadyAsItsConditionAndDrainsWhenItIsDeleted(t *testing.T) {
	t.Parallel()
	for want, change := range map[endpoints.State]func(*endpoints.Pod){
		endpoints.Ready:    func(*endpoints.Pod) {},
		endpoints.NotReady: func(p *endpoints.Pod) { p.Ready = false },
		endpoints.Draining: func(p *endpoints.Pod) { p.Terminating = true },
	} {
		p := pod("a", "10.0.0.1")
		change(&p)
		got := resolve(t, canaries, endpoints.Snapshot{Pods: []endpoints.Pod{p}})
		wantLists(t, got, []string{"10.0.0.1:8080 " + string(want) + " a"}, nil)
	}
	gone := pod("a", "10.0.0.1")
	gone.Ready, gone.Terminating = false, true
	wantLists(t, resolve(t, canaries, endpoints.Snapshot{Pods: []endpoints.Pod{gone}}), []string{"10.0.0.1:8080 not-ready a"}, nil)
}

func TestAPodThatCannotBeAMemberIsLeftOutWithTheReason(t *testing.T) {
	t.Parallel()
	ended, starting, odd, six, other := pod("ended", "10.0.0.1"), pod("starting"), pod("odd", "0.0.0.0"), pod("six", "2001:db8::1"), pod("other", "10.0.0.9")
	ended.Ended = true
	other.Ports = other.Ports[1:]
	ref := canaries
	ref.Family = endpoints.IPv4
	got := resolve(t, ref, endpoints.Snapshot{Pods: []endpoints.Pod{six, other, ended, starting, odd, pod("a", "10.0.0.1")}})
	// The address of the pod that has ended is another one's now.
	wantLists(t, got, []string{"10.0.0.1:8080 ready a"}, []string{
		"ended : its pod has ended",
		"starting : it has no address",
		"odd 0.0.0.0: its address is not one that a pool member can have",
		"other 10.0.0.9: its pod does not have the port",
		"six 2001:db8::1: it is of the other address family",
	})
}

func TestThePortOfASelectorIsANumberOrAContainersPortByName(t *testing.T) {
	t.Parallel()
	old := pod("old", "10.0.0.1")
	old.Ports[0].Number = 8000 // named ports may differ by pod
	snapshot := endpoints.Snapshot{Pods: []endpoints.Pod{old, pod("new", "10.0.0.2")}}
	for port, want := range map[string][]string{
		"http": {"10.0.0.1:8000", "10.0.0.2:8080"},
		"9100": {"10.0.0.1:9100", "10.0.0.2:9100"},
		"1234": {"10.0.0.1:1234", "10.0.0.2:1234"}, // need not be declared
	} {
		ref := canaries
		ref.Port = port
		wantKeys(t, resolve(t, ref, snapshot), want...)
	}
	ref := canaries
	ref.Cluster, ref.Port = "east", "htpp"
	_, err := endpoints.Resolve(ref, snapshot)
	if failure, ok := errors.AsType[*endpoints.PortNotOnPodsError](err); !ok || failure.Endpoints != 2 {
		t.Fatalf("got %#v", err)
	}
	wantText(t, err, `selector app=shop,track=canary in namespace shop in cluster east: no pod has a port named "htpp" (looked at 2); the pods have the ports http`)
}

func TestASelectorThatNoPodMatchesIsAnEmptyResult(t *testing.T) {
	t.Parallel()
	wantLists(t, resolve(t, canaries, endpoints.Snapshot{}), nil, nil)
}

func TestAPodWithTwoFamiliesIsAMemberForEachFamilyThatIsAskedFor(t *testing.T) {
	t.Parallel()
	four, six := pod("a", "10.0.0.1", "2001:db8::1"), pod("b", "2001:db8::2", "10.0.0.2")
	for family, want := range map[endpoints.Family][]string{
		"":             {"10.0.0.1:8080", "[2001:db8::2]:8080"}, // its main address
		endpoints.IPv4: {"10.0.0.1:8080", "10.0.0.2:8080"},
		endpoints.IPv6: {"[2001:db8::1]:8080", "[2001:db8::2]:8080"},
		endpoints.Dual: {"10.0.0.1:8080", "10.0.0.2:8080", "[2001:db8::1]:8080", "[2001:db8::2]:8080"},
	} {
		ref := canaries
		ref.Family = family
		wantKeys(t, resolve(t, ref, endpoints.Snapshot{Pods: []endpoints.Pod{four, six}}), want...)
	}
}

func TestADualStackServiceGivesBothFamiliesIfAsked(t *testing.T) {
	t.Parallel()
	six := slice("b", "2001:db8::1")
	six.Family = endpoints.IPv6
	snapshot := service(slice("a", "10.0.0.1"), six)
	snapshot.Family = endpoints.IPv6
	ref := shopWeb
	wantKeys(t, resolve(t, ref, snapshot), "[2001:db8::1]:8080")
	ref.Family = endpoints.Dual
	wantKeys(t, resolve(t, ref, snapshot), "10.0.0.1:8080", "[2001:db8::1]:8080")
}

func TestARouteDomainIsThatOfEveryAddressThatNamesNone(t *testing.T) {
	t.Parallel()
	ref := canaries
	ref.RouteDomain = 2
	wantKeys(t, resolve(t, ref, endpoints.Snapshot{Pods: []endpoints.Pod{pod("a", "10.0.0.1"), pod("b", "2001:db8::1")}}), "10.0.0.1%2:8080", "[2001:db8::1%2]:8080")
	ref = shopWeb
	ref.RouteDomain = 2
	wantKeys(t, resolve(t, ref, service(slice("a", "10.0.0.1"))), "10.0.0.1%2:8080")
	ref = endpoints.Ref{RouteDomain: 2, Addresses: endpoints.NewAddresses(append(machines.Addresses.Keys(), key("192.0.2.9%3:80")))}
	wantKeys(t, resolve(t, ref, endpoints.Snapshot{}), "192.0.2.10%2:8080", "192.0.2.11%2:8080", "192.0.2.9%3:80")
}

var machines = endpoints.Ref{Addresses: endpoints.NewAddresses([]ltm.MemberKey{key("192.0.2.11:8080"), key("192.0.2.10:8080"), key("192.0.2.11:8080")})}

func TestPlainAddressesAreAlwaysReady(t *testing.T) {
	t.Parallel()
	wantLists(t, resolve(t, machines, endpoints.Snapshot{}), []string{"192.0.2.10:8080 ready ", "192.0.2.11:8080 ready "}, nil)
}

func TestRefsOfTheSameAreEqualHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	if other := endpoints.NewAddresses([]ltm.MemberKey{key("192.0.2.10:8080"), key("192.0.2.11:8080")}); other != machines.Addresses {
		t.Errorf("%q is not %q", other, machines.Addresses)
	}
	labels := map[string]string{"app.kubernetes.io/name": "shop", "track": "", "a": "b"}
	selector := endpoints.NewSelector(labels)
	if want := endpoints.Selector("a=b,app.kubernetes.io/name=shop,track="); selector != want {
		t.Errorf("the selector is %q, want %q", selector, want)
	}
	if diff := cmp.Diff(labels, selector.Labels()); diff != "" {
		t.Errorf("-labels +back\n%s", diff)
	}
	if len(endpoints.Selector("").Labels())+len(endpoints.Addresses("").Keys()) > 0 {
		t.Error("nothing has labels or keys")
	}
}

func TestTheOrderOfPodsDoesNotMatter(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	var pods []endpoints.Pod
	for i := range 1500 {
		p := pod(fmt.Sprint("pod-", i), fmt.Sprintf("10.1.%d.%d", i%40/8, i%200+1)) // addresses are used again
		p.Ready, p.Terminating, p.Ended = r.IntN(3) > 0, r.IntN(3) == 0, r.IntN(9) == 0
		pods = append(pods, p)
	}
	want := resolve(t, canaries, endpoints.Snapshot{Pods: pods})
	for range 5 {
		r.Shuffle(len(pods), func(i, j int) { pods[i], pods[j] = pods[j], pods[i] })
		if diff := cmp.Diff(want, resolve(t, canaries, endpoints.Snapshot{Pods: pods}), options); diff != "" {
			t.Fatalf("the order matters: %s", diff)
		}
	}
}
