package follow_test

import (
	"fmt"
	"testing"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/follow"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// BenchmarkNext is one endpoint of a pool that is not ready any more.
func BenchmarkNext(b *testing.B) {
	for _, members := range []int{5, 1000} {
		b.Run(fmt.Sprintf("%d members", members), func(b *testing.B) {
			w := follow.World{Live: ltm.NewPool(ltm.NewPath("shop", "web")), Endpoint: map[ltm.MemberKey]endpoints.State{}}
			for n := range members {
				m := member(n+100, ltm.Enabled)
				w.Live.Members = append(w.Live.Members, m)
				w.Endpoint[m.Key] = endpoints.Ready
				if n == members/2 {
					w.Endpoint[m.Key], m.Session = endpoints.NotReady, ltm.ForcedOffline
				}
				w.Want = append(w.Want, m)
			}
			b.ReportAllocs()
			for b.Loop() {
				if step := follow.Next(usual, w, follow.Memory{}, start); len(step.Write.Modify) != 1 {
					b.Fatalf("it writes %s", step.Write)
				}
			}
		})
	}
}
