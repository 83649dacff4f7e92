package traffic_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/traffic"
)

var options = cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{}), cmpopts.EquateApprox(0, 1e-6)}

// backend has so many ready endpoints in the network 10.net.0.0.
func backend(name string, share, net, ready int) traffic.Backend {
	b := traffic.Backend{Name: name, Share: share}
	for i := range ready {
		b.Endpoints = append(b.Endpoints, endpoint(net, i, endpoints.Ready))
	}
	return b
}

func endpoint(net, i int, state endpoints.State) endpoints.Endpoint {
	address := netip.AddrFrom4([4]byte{10, byte(net), byte(i / 250), byte(i%250 + 1)})
	return endpoints.Endpoint{Key: ltm.MemberKey{Address: ltm.Address{IP: address}, Port: 8080}, State: state}
}

// members prints the assignments: "10.1.0.1:8080 blue 18 enabled".
func members(result traffic.Result) []string {
	var texts []string
	for _, a := range result.Assignments {
		texts = append(texts, fmt.Sprintf("%s %s %d %s", a.Endpoint.Key, a.Backend, a.Ratio, a.Session))
	}
	return texts
}

func TestAShareDoesNotDependOnHowManyPodsABackendHas(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		shares, counts, want map[string]int
		worst                float64
	}{
		{map[string]int{"a": 90, "b": 10}, map[string]int{"a": 5, "b": 2}, map[string]int{"a": 18, "b": 5}, 0},
		{map[string]int{"a": 90, "b": 10}, map[string]int{"a": 1, "b": 1}, map[string]int{"a": 9, "b": 1}, 0},
		{map[string]int{"a": 99, "b": 1}, map[string]int{"a": 1, "b": 1}, map[string]int{"a": 99, "b": 1}, 0},
		{map[string]int{"a": 50, "b": 50}, map[string]int{"a": 3, "b": 3}, map[string]int{"a": 1, "b": 1}, 0},
		{map[string]int{"a": 1, "b": 1, "c": 1}, map[string]int{"a": 1, "b": 2, "c": 3}, map[string]int{"a": 6, "b": 3, "c": 2}, 0},
		{map[string]int{"a": 100}, map[string]int{"a": 7}, map[string]int{"a": 1}, 0},
		{map[string]int{"a": 100, "b": 0}, map[string]int{"a": 7, "b": 3}, map[string]int{"a": 1}, 0},
		{map[string]int{"a": 90, "b": 10}, map[string]int{"a": 0, "b": 3}, map[string]int{"b": 1}, 0},
		{map[string]int{"a": 0, "b": 0}, map[string]int{"a": 1, "b": 3}, map[string]int{}, 0},
		{map[string]int{}, map[string]int{}, map[string]int{}, 0},
		// 99.9 : 0.1 needs 999:1 to be exact, and is within 0.1 points at 500:1.
		{map[string]int{"a": 999, "b": 1}, map[string]int{"a": 1, "b": 1}, map[string]int{"a": 500, "b": 1}, 0.0996},
		// One pod of 99 % beside 1,000 of 1 %: no ratio is large enough.
		{map[string]int{"a": 99, "b": 1}, map[string]int{"a": 1, "b": 1000}, map[string]int{"a": 65535, "b": 1}, 0.502968},
	} {
		ratios, given, worst, err := traffic.Ratios(test.shares, test.counts)
		if err != nil {
			t.Errorf("%v: %v", test.shares, err)
		}
		if diff := cmp.Diff(test.want, ratios); diff != "" {
			t.Errorf("%v of %v -want +got\n%s", test.shares, test.counts, diff)
		}
		if math.Abs(worst-test.worst) > 1e-4 {
			t.Errorf("%v of %v: the error is %v, want %v", test.shares, test.counts, worst, test.worst)
		}
		if len(given) != len(test.shares) {
			t.Errorf("%v: given is %v", test.shares, given)
		}
	}
}

func TestNumbersThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for want, test := range map[string]struct{ shares, counts map[string]int }{
		`backend "a": its share is negative`:                       {map[string]int{"a": -1}, map[string]int{"a": 1}},
		`backend "a": its count of members is negative`:            {map[string]int{"a": 1}, map[string]int{"a": -1}},
		`backend "b": it has a share but no count of members`:      {map[string]int{"a": 1, "b": 1}, map[string]int{"a": 1}},
		`backend "b": it has a count of members but no share`:      {map[string]int{"a": 1}, map[string]int{"a": 1, "b": 1}},
		`backend "a": it has a share but no count of members`:      {map[string]int{"a": 1, "b": -1}, nil},
		`backend "blue": it has a count of members but no share`:   {nil, map[string]int{"blue": 1, "green": 1}},
		`backend "green": its count of members is negative`:        {map[string]int{"green": 1}, map[string]int{"green": -5}},
		`backend "green": it has a share but no count of members`:  {map[string]int{"green": 1}, map[string]int{"blue": 1}},
		`backend "stable": it has a count of members but no share`: {map[string]int{"b": 1}, map[string]int{"b": 1, "stable": 0}},
	} {
		_, _, _, err := traffic.Ratios(test.shares, test.counts)
		if _, ok := errors.AsType[*traffic.InputError](err); !ok || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestAnEndpointsStateAndItsBackendsShareMakeItsSession(t *testing.T) {
	t.Parallel()
	serving := traffic.Backend{Name: "blue", Share: 90, Endpoints: []endpoints.Endpoint{
		endpoint(1, 0, endpoints.Ready), endpoint(1, 1, endpoints.Draining), endpoint(1, 2, endpoints.NotReady),
	}}
	canary := backend("canary", 10, 2, 1)
	standby := traffic.Backend{Name: "green", Share: 0, Endpoints: []endpoints.Endpoint{
		endpoint(3, 0, endpoints.Ready), endpoint(3, 1, endpoints.Draining), endpoint(3, 2, endpoints.NotReady),
	}}
	want := []string{
		"10.1.0.1:8080 blue 9 enabled",
		"10.1.0.2:8080 blue 9 disabled",
		"10.1.0.3:8080 blue 9 forced-offline",
		"10.2.0.1:8080 canary 1 enabled",
		"10.3.0.1:8080 green 1 disabled",
		"10.3.0.2:8080 green 1 disabled",
		"10.3.0.3:8080 green 1 forced-offline",
	}
	got := traffic.Split([]traffic.Backend{standby, canary, serving})
	if diff := cmp.Diff(want, members(got)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	wantShares := []traffic.Share{
		{Backend: "blue", Asked: 90, Given: 90, Ready: 1}, {Backend: "canary", Asked: 10, Given: 10, Ready: 1}, {Backend: "green", Ready: 1},
	}
	if diff := cmp.Diff(wantShares, got.Shares, options); diff != "" {
		t.Errorf("shares -want +got\n%s", diff)
	}
}

func TestABackendWithoutReadyEndpointsGivesItsShareToTheRest(t *testing.T) {
	t.Parallel()
	down := traffic.Backend{Name: "c", Share: 50, Endpoints: []endpoints.Endpoint{endpoint(3, 0, endpoints.NotReady)}}
	got := traffic.Split([]traffic.Backend{backend("a", 30, 1, 1), backend("b", 20, 2, 1), down, backend("standby", 0, 4, 1)})
	want := []string{
		"10.1.0.1:8080 a 3 enabled", "10.2.0.1:8080 b 2 enabled",
		"10.3.0.1:8080 c 1 forced-offline", "10.4.0.1:8080 standby 1 disabled",
	}
	if diff := cmp.Diff(want, members(got)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	wantShares := []traffic.Share{
		{Backend: "a", Asked: 60, Given: 60, Ready: 1},
		{Backend: "b", Asked: 40, Given: 40, Ready: 1},
		{Backend: "c", Moved: true},
		{Backend: "standby", Ready: 1},
	}
	if diff := cmp.Diff(wantShares, got.Shares, options); diff != "" {
		t.Errorf("shares -want +got\n%s", diff)
	}
}

func TestAStandbyStaysOneWhenNobodyElseIsReady(t *testing.T) {
	t.Parallel()
	got := traffic.Split([]traffic.Backend{backend("blue", 0, 1, 1), backend("green", 100, 2, 0)})
	if diff := cmp.Diff([]string{"10.1.0.1:8080 blue 1 disabled"}, members(got)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestAnEndpointOfSeveralBackendsGoesToOneThatHasAShare(t *testing.T) {
	t.Parallel()
	a, b, c := backend("a", 0, 1, 2), backend("b", 50, 1, 1), backend("c", 50, 1, 1)
	got := traffic.Split([]traffic.Backend{c, b, a})
	if diff := cmp.Diff([]string{"10.1.0.1:8080 b 1 enabled", "10.1.0.2:8080 a 1 disabled"}, members(got)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	want := []traffic.Overlap{{Key: a.Endpoints[0].Key, Backend: "b", Others: []string{"a", "c"}}}
	if diff := cmp.Diff(want, got.Overlaps, options); diff != "" {
		t.Errorf("overlaps -want +got\n%s", diff)
	}
	if !got.Shares[2].Moved {
		t.Errorf("c has no endpoint left, but its share was not moved: %+v", got.Shares[2])
	}
}

func TestNothingIsSplitIntoNothing(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(traffic.Result{}, traffic.Split(nil), options); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// random makes up to 10 backends of up to 60 endpoints in all states.
func random(r *rand.Rand) []traffic.Backend {
	backends := make([]traffic.Backend, 1+r.IntN(10))
	states := []endpoints.State{endpoints.Ready, endpoints.Ready, endpoints.Ready, endpoints.Draining, endpoints.NotReady}
	for i := range backends {
		backends[i] = traffic.Backend{Name: fmt.Sprint("backend-", i), Share: r.IntN(4) * r.IntN(100)}
		for j := range r.IntN(60) {
			net := i
			if r.IntN(50) == 0 {
				net = 0 // in two backends
			}
			backends[i].Endpoints = append(backends[i].Endpoints, endpoint(net, j, states[r.IntN(len(states))]))
		}
	}
	return backends
}

// split checks everything that must hold of any split, by its own arithmetic.
func check(t *testing.T, backends []traffic.Backend, result traffic.Result) {
	t.Helper()
	share, ready, ratio := map[string]int{}, map[string]int{}, map[string]int{}
	for _, b := range backends {
		share[b.Name] = b.Share
	}
	seen := map[ltm.MemberKey]bool{}
	weight := 0
	for _, a := range result.Assignments {
		if seen[a.Endpoint.Key] || a.Ratio < 1 || a.Ratio > 65535 {
			t.Fatalf("%s is there twice, or has ratio %d", a.Endpoint.Key, a.Ratio)
		}
		seen[a.Endpoint.Key] = true
		if known, found := ratio[a.Backend]; found && known != a.Ratio {
			t.Fatalf("two ratios in %s: %d and %d", a.Backend, known, a.Ratio)
		}
		ratio[a.Backend] = a.Ratio
		if enabled := a.Endpoint.State == endpoints.Ready && share[a.Backend] > 0; enabled != (a.Session == ltm.Enabled) {
			t.Fatalf("%+v of share %d", a, share[a.Backend])
		} else if enabled {
			weight += a.Ratio
		}
		if a.Endpoint.State == endpoints.Ready {
			ready[a.Backend]++
		}
	}
	total := 0
	for name, count := range ready {
		if count > 0 {
			total += share[name]
		}
	}
	worst := 0.0
	for name, count := range ready {
		if total > 0 {
			asked, given := 100*float64(share[name])/float64(total), 0.0
			if share[name] > 0 {
				given = 100 * float64(ratio[name]*count) / float64(weight)
			}
			worst = max(worst, math.Abs(asked-given))
		}
	}
	if math.Abs(worst-result.Error) > 1e-9 {
		t.Fatalf("the error is %v, but reported as %v", worst, result.Error)
	}
	// With these numbers (shares to 297, at most 60 pods) it can always be done.
	if worst > traffic.Tolerance {
		t.Fatalf("the error is %v: %+v", worst, result.Shares)
	}
}

func TestEverySplitIsWithinATenthOfAPointAndTheOrderNeverMatters(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		backends := random(r)
		want := traffic.Split(backends)
		check(t, backends, want)
		r.Shuffle(len(backends), func(i, j int) { backends[i], backends[j] = backends[j], backends[i] })
		for _, b := range backends {
			r.Shuffle(len(b.Endpoints), func(i, j int) { b.Endpoints[i], b.Endpoints[j] = b.Endpoints[j], b.Endpoints[i] })
		}
		if got := traffic.Split(backends); !reflect.DeepEqual(want, got) { // cmp.Diff would take a minute
			t.Fatalf("the order matters:\n%s", cmp.Diff(want, got, options))
		}
	}
}

func TestOfTwoBackendsNoSmallerRatiosWouldDo(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	distance := func(share, count map[string]int, a, b int) float64 {
		given := float64(a*count["a"]) / float64(a*count["a"]+b*count["b"])
		return 100 * math.Abs(given-float64(share["a"])/float64(share["a"]+share["b"]))
	}
	for range 300 {
		share := map[string]int{"a": 1 + r.IntN(100), "b": 1 + r.IntN(100)}
		count := map[string]int{"a": 1 + r.IntN(30), "b": 1 + r.IntN(30)}
		ratios, _, worst, err := traffic.Ratios(share, count)
		if err != nil {
			t.Fatal(err)
		}
		limit := traffic.Tolerance // of what a smaller pair must not reach
		if worst < 1e-9 {
			limit = 1e-9
		}
		for a := 1; a < max(ratios["a"], ratios["b"]); a++ {
			for b := 1; b < max(ratios["a"], ratios["b"]); b++ {
				if got := distance(share, count, a, b); got <= limit {
					t.Fatalf("shares %v, counts %v: got %v (error %v), but %d:%d has error %v", share, count, ratios, worst, a, b, got)
				}
			}
		}
	}
}

func TestARatioOfOneBackendDoesNotChangeWithItsPods(t *testing.T) {
	t.Parallel()
	for pods := 1; pods < 200; pods++ {
		ratios, _, _, err := traffic.Ratios(map[string]int{"a": 37}, map[string]int{"a": pods})
		if err != nil || !maps.Equal(ratios, map[string]int{"a": 1}) {
			t.Fatalf("%d pods have the ratios %v, %v", pods, ratios, err)
		}
	}
}

func FuzzRatios(f *testing.F) {
	f.Add(90, 10, 1, 5, 2, 1)
	f.Add(math.MaxInt, 1, 0, 1, math.MaxInt, 7)
	f.Fuzz(func(t *testing.T, shareA, shareB, shareC, countA, countB, countC int) {
		shares := map[string]int{"a": shareA, "b": shareB, "c": shareC}
		counts := map[string]int{"a": countA, "b": countB, "c": countC}
		ratios, given, worst, err := traffic.Ratios(shares, counts)
		if err != nil {
			return
		}
		sum := 0.0
		for _, name := range slices.Sorted(maps.Keys(given)) {
			sum += given[name]
		}
		if len(ratios) > 0 && math.Abs(sum-100) > 1e-6 || math.IsNaN(worst) || worst < 0 || worst > 100 {
			t.Errorf("shares %v, counts %v: given %v, error %v", shares, counts, given, worst)
		}
		for name, ratio := range ratios {
			if ratio < 1 || ratio > 65535 || shares[name] == 0 || counts[name] == 0 {
				t.Errorf("shares %v, counts %v: ratios %v", shares, counts, ratios)
			}
		}
	})
}

func BenchmarkSplitTenBackendsOfAThousandEndpoints(b *testing.B) {
	var backends []traffic.Backend
	for i := range 10 {
		backends = append(backends, backend(fmt.Sprint("backend-", i), 3+i*7, i, 1000-i*13))
	}
	for b.Loop() {
		if got := traffic.Split(backends); len(got.Assignments) == 0 {
			b.Fatal("nothing")
		}
	}
}

func BenchmarkRatiosOutOfReach(b *testing.B) {
	shares, counts := map[string]int{"a": 99, "b": 1}, map[string]int{"a": 1, "b": 1000}
	for b.Loop() {
		if _, _, _, err := traffic.Ratios(shares, counts); err != nil {
			b.Fatal(err)
		}
	}
}
