package reconciler

import (
	"fmt"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// manyFacts are those of a pool of n members in two slices of both address families, the second of which
// is left out; each member is asked to be otherwise than it is.
func manyFacts(tb testing.TB, n int) facts {
	tb.Helper()
	backend := engine.Backend{Name: "web", Ref: endpoints.Ref{Namespace: "shop", Service: "web"}, Share: 1}
	snapshot := endpoints.Snapshot{Found: true, Family: endpoints.IPv4, Ports: []endpoints.ServicePort{{Name: "http", Number: 80}}}
	four := endpoints.Slice{Name: "web-4", Family: endpoints.IPv4, Ports: []endpoints.SlicePort{{Name: "http", Number: 8080}}}
	six := endpoints.Slice{Name: "web-6", Family: endpoints.IPv6, Ports: four.Ports}
	var pool ltm.Pool
	for i := range n {
		address := fmt.Sprintf("10.0.%d.%d", i/256, i%256)
		four.Endpoints = append(four.Endpoints, endpoints.SliceEndpoint{Addresses: []string{address}, Ready: new(true)})
		six.Endpoints = append(six.Endpoints, endpoints.SliceEndpoint{Addresses: []string{fmt.Sprintf("2001:db8::%x", i+1)}, Ready: new(true)})
		key, err := ltm.ParseMemberKey(address + ":8080")
		if err != nil {
			tb.Fatal(err)
		}
		member := ltm.NewMember(key)
		member.Description, member.Session = "[bigipkube/1 shop/web]", ltm.Disabled
		pool.Members = append(pool.Members, member)
	}
	snapshot.Slices = []endpoints.Slice{four, six}
	observed, err := endpoints.Resolve(backend.Ref, snapshot)
	if err != nil {
		tb.Fatal(err)
	}
	explained, err := endpoints.Explain(backend.Ref, snapshot)
	if err != nil {
		tb.Fatal(err)
	}
	all := engine.BackendEndpoints{"web": observed}
	return facts{
		pool: pool, observed: all, origins: map[string]endpoints.Explanation{"web": explained},
		report: engine.FollowReport{Backends: []engine.Backend{backend}, Endpoints: all},
	}
}

// BenchmarkDecide is the decision about all members of a pool. It grows as they do: ns/member stays.
func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := manyFacts(b, n)
			subjects := f.subjects()
			if len(subjects) != n {
				b.Fatalf("%d members", len(subjects))
			}
			for b.Loop() {
				f.decide(subjects)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/member")
		})
	}
}
