package endpoints_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

var (
	shopWeb = endpoints.Ref{Namespace: "shop", Service: "web", Port: "http"}
	options = cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{})}
)

func key(text string) ltm.MemberKey {
	parsed, err := ltm.ParseMemberKey(text)
	if err != nil {
		panic(err)
	}
	return parsed
}

// slice is a slice of IPv4 pods, all ready, that have the port http on 8080.
func slice(name string, addresses ...string) endpoints.Slice {
	s := endpoints.Slice{Name: name, Family: endpoints.IPv4, Ports: []endpoints.SlicePort{{Name: "http", Number: 8080, Protocol: "TCP"}}}
	for _, address := range addresses {
		s.Endpoints = append(s.Endpoints, endpoints.SliceEndpoint{Addresses: []string{address}, Pod: "pod-" + address})
	}
	return s
}

func service(slices ...endpoints.Slice) endpoints.Snapshot {
	return endpoints.Snapshot{
		Found: true, Ports: []endpoints.ServicePort{{Name: "http", Number: 80, TargetPort: "web", Protocol: "TCP"}}, Slices: slices,
	}
}

func resolve(t *testing.T, ref endpoints.Ref, snapshot endpoints.Snapshot) endpoints.Result {
	t.Helper()
	result, err := endpoints.Resolve(ref, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// keys are the keys of a result as text.
func keys(result endpoints.Result) []string {
	var texts []string
	for _, endpoint := range result.Endpoints {
		texts = append(texts, endpoint.Key.String())
	}
	return texts
}

// reasons are what was left out of a result, and why.
func reasons(result endpoints.Result) map[string]string {
	texts := map[string]string{}
	for _, left := range result.LeftOut {
		texts[left.Address] = left.Reason
	}
	return texts
}

func wantKeys(t *testing.T, result endpoints.Result, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, keys(result), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("endpoints -want +got\n%s", diff)
	}
}

func TestReadinessFollowsTheTruthTable(t *testing.T) {
	t.Parallel()
	yes, no := new(true), new(false)
	for _, test := range []struct {
		ready, serving, terminating *bool
		want                        endpoints.State
	}{
		{nil, nil, nil, endpoints.Ready},
		{yes, yes, no, endpoints.Ready},
		{yes, nil, nil, endpoints.Ready},
		{yes, no, no, endpoints.Ready}, // publishNotReadyAddresses
		{nil, no, no, endpoints.Ready},
		{no, no, no, endpoints.NotReady},
		{no, yes, no, endpoints.NotReady},
		{no, nil, nil, endpoints.NotReady},
		{no, yes, yes, endpoints.Draining},
		{no, nil, yes, endpoints.Draining},
		{nil, nil, yes, endpoints.Draining},
		{yes, yes, yes, endpoints.Draining}, // publishNotReadyAddresses, and going
		{no, no, yes, endpoints.NotReady},
		{yes, no, yes, endpoints.NotReady},
	} {
		s := slice("a", "10.0.0.1")
		s.Endpoints[0].Ready, s.Endpoints[0].Serving, s.Endpoints[0].Terminating = test.ready, test.serving, test.terminating
		if got := resolve(t, shopWeb, service(s)).Endpoints[0].State; got != test.want {
			t.Errorf("ready %s, serving %s, terminating %s is %s, want %s", tell(test.ready), tell(test.serving), tell(test.terminating), got, test.want)
		}
	}
}

func tell(b *bool) string {
	if b == nil {
		return "unknown"
	}
	return fmt.Sprint(*b)
}

func TestAPortIsFoundByNameOrNumber(t *testing.T) {
	t.Parallel()
	snapshot := service(slice("a", "10.0.0.1"))
	snapshot.Ports = append(snapshot.Ports, endpoints.ServicePort{Name: "80", Number: 9090})
	snapshot.Slices[0].Ports = append(snapshot.Slices[0].Ports, endpoints.SlicePort{Name: "80", Number: 9091})
	for port, want := range map[string]string{
		"http": "10.0.0.1:8080",
		"9090": "10.0.0.1:9091",
		"80":   "10.0.0.1:9091", // a name comes before a number
	} {
		wantKeys(t, resolve(t, endpoints.Ref{Namespace: "shop", Service: "web", Port: port}, snapshot), want)
	}
}

func TestTheOnlyPortOfAServiceNeedsNoName(t *testing.T) {
	t.Parallel()
	wantKeys(t, resolve(t, endpoints.Ref{Namespace: "shop", Service: "web"}, service(slice("a", "10.0.0.1"))), "10.0.0.1:8080")
	nameless := service(slice("a", "10.0.0.1"))
	nameless.Ports[0].Name, nameless.Slices[0].Ports[0].Name = "", ""
	wantKeys(t, resolve(t, endpoints.Ref{Namespace: "shop", Service: "web"}, nameless), "10.0.0.1:8080")
	wantKeys(t, resolve(t, endpoints.Ref{Namespace: "shop", Service: "web", Port: "80"}, nameless), "10.0.0.1:8080")
}

func TestANamedTargetPortMayHaveAnotherNumberInEachSlice(t *testing.T) {
	t.Parallel()
	a, b := slice("a", "10.0.0.1"), slice("b", "10.0.0.2")
	b.Ports[0].Number = 9999
	wantKeys(t, resolve(t, shopWeb, service(a, b)), "10.0.0.1:8080", "10.0.0.2:9999")
}

func TestAPortIsOfItsProtocol(t *testing.T) {
	t.Parallel()
	s := slice("a", "10.0.0.1")
	s.Ports = []endpoints.SlicePort{{Name: "dns", Number: 5353, Protocol: "UDP"}, {Name: "dns-tcp", Number: 5354}}
	snapshot := service(s)
	snapshot.Ports = []endpoints.ServicePort{{Name: "dns", Number: 53, Protocol: "UDP"}, {Name: "dns-tcp", Number: 53, Protocol: "TCP"}}
	wantKeys(t, resolve(t, endpoints.Ref{Namespace: "shop", Service: "web", Port: "dns"}, snapshot), "10.0.0.1:5353")
	wantKeys(t, resolve(t, endpoints.Ref{Namespace: "shop", Service: "web", Port: "dns-tcp"}, snapshot), "10.0.0.1:5354")

	_, err := endpoints.Resolve(endpoints.Ref{Namespace: "shop", Service: "web", Port: "53"}, snapshot)
	wantText(t, err, "Service shop/web has several ports 53, write the name of one of them: dns (53/UDP), dns-tcp (53)")
}

func TestASliceOfAllPortsTakesTheServicesTargetPort(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{"8080": "10.0.0.1:8080", "": "10.0.0.1:80", "web": "10.0.0.1:80"} {
		s := slice("a", "10.0.0.1")
		s.Ports[0].Number = 0
		snapshot := service(s)
		snapshot.Ports[0].TargetPort = target
		wantKeys(t, resolve(t, shopWeb, snapshot), want)
	}
}

func TestOfAnEndpointInTwoSlicesTheBestStateCounts(t *testing.T) {
	t.Parallel()
	notReady, ready, again := slice("a", "10.0.0.1"), slice("b", "10.0.0.1"), slice("c", "10.0.0.1")
	notReady.Endpoints[0].Ready = new(false)
	again.Endpoints[0].Pod = ""
	want := []endpoints.Endpoint{{Key: key("10.0.0.1:8080"), State: endpoints.Ready, Pod: "pod-10.0.0.1"}}
	for _, order := range [][]endpoints.Slice{{notReady, ready, again}, {again, ready, notReady}} {
		if diff := cmp.Diff(want, resolve(t, shopWeb, service(order...)).Endpoints, options); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
}

func TestOfTwoFamiliesTheOneAskedForIsTaken(t *testing.T) {
	t.Parallel()
	six := slice("six", "2001:db8::1")
	six.Family = endpoints.IPv6
	both := service(slice("four", "10.0.0.1"), six)
	for _, test := range []struct {
		asked, first endpoints.Family
		want         string
	}{
		{"", "", "10.0.0.1:8080"},
		{"", endpoints.IPv6, "[2001:db8::1]:8080"},
		{endpoints.IPv4, endpoints.IPv6, "10.0.0.1:8080"},
		{endpoints.IPv6, endpoints.IPv4, "[2001:db8::1]:8080"},
	} {
		ref, snapshot := shopWeb, both
		ref.Family, snapshot.Family = test.asked, test.first
		result := resolve(t, ref, snapshot)
		wantKeys(t, result, test.want)
		if len(result.LeftOut) != 1 || result.LeftOut[0].Reason != "it is of the other address family" {
			t.Errorf("left out: %+v", result.LeftOut)
		}
	}
	wantKeys(t, resolve(t, shopWeb, service(six)), "[2001:db8::1]:8080")
}

func TestWhatCannotBeAMemberIsLeftOutWithAReason(t *testing.T) {
	t.Parallel()
	names, noPort := slice("names", "web.example"), slice("no-port", "10.0.0.7")
	names.Family = "FQDN"
	noPort.Ports = []endpoints.SlicePort{{Name: "metrics", Number: 9100}}
	odd := slice("odd", "10.0.0.1", "nonsense", "0.0.0.0", "224.0.0.1", "255.255.255.255", "2001:db8::1", "::ffff:10.0.0.9", "fe80::1%eth0")
	odd.Endpoints = append(odd.Endpoints, endpoints.SliceEndpoint{Pod: "empty"})

	result := resolve(t, shopWeb, service(names, noPort, odd))
	wantKeys(t, result, "10.0.0.1:8080")
	const invalid = "its address is not one that a pool member can have"
	want := map[string]string{
		"":                "it has no address",
		"web.example":     "its slice holds names, not addresses",
		"10.0.0.7":        "its pod does not have the port",
		"nonsense":        invalid,
		"0.0.0.0":         invalid,
		"224.0.0.1":       invalid,
		"255.255.255.255": invalid,
		"2001:db8::1":     invalid,
		"::ffff:10.0.0.9": invalid,
		"fe80::1%eth0":    invalid,
	}
	if diff := cmp.Diff(want, reasons(result)); diff != "" {
		t.Errorf("left out -want +got\n%s", diff)
	}
}

func TestAnAddressThatOneSliceGivesIsNotLeftOut(t *testing.T) {
	t.Parallel()
	stale := slice("stale", "10.0.0.1", "10.0.0.2")
	stale.Ports = nil
	result := resolve(t, shopWeb, service(stale, slice("a", "10.0.0.1")))
	wantKeys(t, result, "10.0.0.1:8080")
	if diff := cmp.Diff(map[string]string{"10.0.0.2": "its pod does not have the port"}, reasons(result)); diff != "" {
		t.Errorf("left out -want +got\n%s", diff)
	}
}

func TestAServiceWithoutEndpointsIsAnEmptyResult(t *testing.T) {
	t.Parallel()
	for _, snapshot := range []endpoints.Snapshot{service(), service(slice("a")), service(endpoints.Slice{Name: "b", Family: endpoints.IPv4})} {
		if diff := cmp.Diff(endpoints.Result{}, resolve(t, shopWeb, snapshot), options); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
}

func TestAServiceThatDoesNotExistIsAnError(t *testing.T) {
	t.Parallel()
	ref := shopWeb
	ref.Cluster = "east"
	_, err := endpoints.Resolve(ref, endpoints.Snapshot{})
	failure, ok := errors.AsType[*endpoints.NoServiceError](err)
	if !ok || failure.Ref != ref {
		t.Fatalf("got %v", err)
	}
	wantText(t, err, "Service shop/web in cluster east does not exist")
}

func TestAPortThatTheServiceDoesNotHaveIsAnErrorThatListsThoseItHas(t *testing.T) {
	t.Parallel()
	two := []endpoints.ServicePort{{Name: "https", Number: 443}, {Name: "http", Number: 80, Protocol: "TCP"}}
	for _, test := range []struct {
		port      string
		ports     []endpoints.ServicePort
		ambiguous bool
		want      string
	}{
		{"htpp", two, false, `Service shop/web has no port "htpp", it has: http (80), https (443)`},
		{"8080", two, false, `Service shop/web has no port "8080", it has: http (80), https (443)`},
		{"080", two, false, `Service shop/web has no port "080", it has: http (80), https (443)`},
		{"", two, true, `Service shop/web has several ports, name one of them: http (80), https (443)`},
		{"", nil, false, `Service shop/web has no ports`},
		{"http", nil, false, `Service shop/web has no ports`},
		{"http", []endpoints.ServicePort{{Number: 80}}, false, `Service shop/web has no port "http", it has: 80`},
	} {
		snapshot := service(slice("a", "10.0.0.1"))
		snapshot.Ports = test.ports
		_, err := endpoints.Resolve(endpoints.Ref{Namespace: "shop", Service: "web", Port: test.port}, snapshot)
		failure, ok := errors.AsType[*endpoints.NoPortError](err)
		if !ok || failure.Ambiguous != test.ambiguous {
			t.Errorf("port %q: got %#v", test.port, err)
			continue
		}
		wantText(t, err, test.want)
	}
}

func TestATargetPortThatNoPodHasIsAnErrorThatListsWhatTheyHave(t *testing.T) {
	t.Parallel()
	a, b := slice("a", "10.0.0.1", "10.0.0.2"), slice("b", "10.0.0.3")
	a.Ports = []endpoints.SlicePort{{Name: "metrics", Number: 9100}}
	b.Ports = []endpoints.SlicePort{{Name: "http", Number: 8080, Protocol: "UDP"}}
	_, err := endpoints.Resolve(shopWeb, service(a, b))
	failure, ok := errors.AsType[*endpoints.PortNotOnPodsError](err)
	if !ok || failure.Endpoints != 3 || failure.TargetPort != "web" {
		t.Fatalf("got %#v", err)
	}
	wantText(t, err, `Service shop/web, port http (80): no pod has its target port "web" (looked at 3); the pods have the Service's ports http, metrics`)
}

func wantText(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("error\n got %v\nwant %s", err, want)
	}
}

func TestARefPrintsAsInAMark(t *testing.T) {
	t.Parallel()
	for want, ref := range map[string]endpoints.Ref{
		"shop/web:http":    shopWeb,
		"east/shop/web:80": {Cluster: "east", Namespace: "shop", Service: "web", Port: "80"},
		"shop/web":         {Namespace: "shop", Service: "web"},

		"shop/(app=shop,track=canary):http": canaries,
		"192.0.2.10:8080 192.0.2.11:8080":   machines,
	} {
		if got := ref.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestThousandsOfEndpointsInManySlicesInAnyOrder(t *testing.T) {
	t.Parallel()
	const pods, perSlice = 3000, 100
	random := rand.New(rand.NewPCG(1, 2))
	var all []endpoints.Slice
	for i := range pods {
		if i%perSlice == 0 {
			all = append(all, slice(fmt.Sprint("slice-", i)))
		}
		last := &all[len(all)-1]
		last.Endpoints = append(last.Endpoints, endpoints.SliceEndpoint{
			Addresses: []string{fmt.Sprintf("10.1.%d.%d", i/250, i%250+1)}, Pod: fmt.Sprint("pod-", i), Ready: new(random.IntN(10) > 0),
		})
	}
	copied := all[3] // the controller moves a slice: its endpoints are in two
	copied.Endpoints = slices.Clone(copied.Endpoints)
	for i := range copied.Endpoints {
		copied.Endpoints[i].Ready = new(false)
	}
	all = append(all, copied)

	want := resolve(t, shopWeb, service(all...))
	if len(want.Endpoints) != pods || len(want.LeftOut) != 0 {
		t.Fatalf("%d endpoints, %d left out, want %d and none", len(want.Endpoints), len(want.LeftOut), pods)
	}
	if !slices.IsSortedFunc(want.Endpoints, func(a, b endpoints.Endpoint) int { return a.Key.Compare(b.Key) }) {
		t.Error("the endpoints are not sorted by key")
	}
	for range 5 {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, s := range all {
			random.Shuffle(len(s.Endpoints), func(i, j int) { s.Endpoints[i], s.Endpoints[j] = s.Endpoints[j], s.Endpoints[i] })
		}
		if diff := cmp.Diff(want, resolve(t, shopWeb, service(all...)), options); diff != "" {
			t.Fatalf("the order matters: %s", diff)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	var all []endpoints.Slice
	for i := range 10 {
		s := slice(fmt.Sprint(i))
		for j := range 100 {
			s.Endpoints = append(s.Endpoints, endpoints.SliceEndpoint{Addresses: []string{fmt.Sprintf("10.1.%d.%d", i, j+1)}})
		}
		all = append(all, s)
	}
	for b.Loop() {
		if _, err := endpoints.Resolve(shopWeb, service(all...)); err != nil {
			b.Fatal(err)
		}
	}
}
