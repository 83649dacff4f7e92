package ingress

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ltm"
)

// The rank is found in two ways: from a route that is read now, and from a rule that
// another owner has written. Rules of several owners are in order only if both agree.
func TestARuleTellsTheRankThatItsRouteHad(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	owner := binding.Object{Kind: KindGateway, Namespace: "infra", Name: "edge"}
	b := newBuilder(RouteSet{Owner: owner}, Options{Partition: "shop"}, ltm.Site{})
	for range 2000 {
		route := Route{
			Source:  binding.Object{Kind: KindHTTPRoute, Namespace: "shop", Name: "web"},
			Created: r.Int64N(3), Position: binding.Position{Rule: r.IntN(3)}, Status: 404,
			Class: []binding.Class{"", "", binding.ClassDefault, binding.ClassFallback}[r.IntN(4)],
			Host:  []string{"", "shop.com", "*.shop.com"}[r.IntN(3)],
			Path:  []Path{{}, {Value: "/"}, {Value: "/a"}, {Value: "/a/b"}, {Exact: true, Value: "/"}, {Exact: true, Value: "/a/"}}[r.IntN(6)],
		}
		if r.IntN(2) == 0 {
			route.Method, route.Except = "GET", []string{"*.a.shop.com", "b.shop.com"}
		}
		if r.IntN(3) == 0 {
			route.Sources = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		}
		for i := range r.IntN(3) {
			pair := Pair{Name: string(rune('a' + i)), Value: "/x"}
			route.Headers, route.Cookies, route.Query = append(route.Headers, pair), append(route.Cookies, pair), append(route.Query, pair)
		}
		for _, made := range b.rulesOf(route, Server{Port: 80}) {
			mark, found, err := binding.ParseRoute(made.rule.Description)
			if !found || err != nil {
				t.Fatalf("%s: %v", made.rule.Description, err)
			}
			if diff := cmp.Diff(made.rank, rankOfRule(made.rule, mark), cmp.AllowUnexported(rank{})); diff != "" {
				t.Fatalf("%+v: -route +rule\n%s", route, diff)
			}
		}
	}
}
