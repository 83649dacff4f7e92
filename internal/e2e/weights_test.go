package e2e

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayclient "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned/typed/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// weighted is a shop with the HTTPRoute of examples/canary-by-weight, of whose backends
// each has another number of pods, and a colour.
type weighted struct {
	*shop
	routes gatewayclient.HTTPRouteInterface
}

func newWeighted(t *testing.T) weighted {
	t.Helper()
	s := weighted{shop: example(t, "canary-by-weight")}
	must(t, s.Cluster.InstallGatewayAPI(t.Context()))
	for name, pods := range map[string]int32{"web": 3, "web-next": 2, "web-lab": 4} {
		s.deploy(t, s.Cluster, s.Backends, kubetest.DeploymentSpec{Namespace: s.namespace, Name: name, Replicas: pods, Colour: name})
	}
	root, err := repositoryRoot()
	must(t, err)
	manifest, err := os.ReadFile(filepath.Join(root, "examples/canary-by-weight/kubernetes.yaml"))
	must(t, err)
	must(t, s.Cluster.GatewayObjects(t.Context(), s.namespace, manifest))
	client, err := gatewayclient.NewForConfig(s.Cluster.RESTConfig())
	must(t, err)
	s.routes = client.HTTPRoutes(s.namespace)
	return s
}

// weigh sets the weights of the route's backends, in their order.
func (s weighted) weigh(t *testing.T, weights ...int32) {
	t.Helper()
	route, err := s.routes.Get(t.Context(), "web", metav1.GetOptions{})
	must(t, err)
	for i, weight := range weights {
		route.Spec.Rules[0].BackendRefs[i].Weight = &weight
	}
	_, err = s.routes.Update(t.Context(), route, metav1.UpdateOptions{})
	must(t, err)
}

// wantShares makes a hundred thousand requests and checks each backend's share.
func (s weighted) wantShares(t *testing.T, want map[string]float64) {
	t.Helper()
	const (
		requests  = 100_000
		tolerance = 0.5 // percent points
	)
	listener, err := s.Simulator.Listener(t.Context(), "/shop/203.0.113.10_80")
	must(t, err)
	counts, err := tally(listener, requests)
	must(t, err)
	t.Log(counts)
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if _, known := want[name]; !known {
			t.Errorf("%d requests were answered by %q", counts[name], name)
		}
	}
	for name, share := range want {
		if got := 100 * float64(counts[name]) / requests; math.Abs(got-share) > tolerance {
			t.Errorf("%s got %.3f %% of %d requests, want %v within %v", name, got, requests, share, tolerance)
		}
	}
}

func TestTheWeightsOfAnHTTPRouteAreTheSharesOfItsBackendsAndTheirChangeIsPlanned(t *testing.T) {
	t.Parallel()
	s := newWeighted(t)
	split := func(web, next, lab int) string {
		return fmt.Sprintf(`"%[1]s/web-lab:http=%[4]d %[1]s/web-next:http=%[3]d %[1]s/web:http=%[2]d"`, s.namespace, web, next, lab)
	}
	s.follow(t, "1 to add") // what is made is known to the apply
	s.wantShares(t, map[string]float64{"web": 80, "web-next": 15, "web-lab": 5})

	s.weigh(t, 50, 50, 0)
	must(t, s.Simulator.ClearJournal(t.Context()))
	s.follow(t, `"shop.example/"`, split(80, 15, 5)+" -> "+split(50, 50, 0), "1 to change")
	s.wantShares(t, map[string]float64{"web": 50, "web-next": 50})
	journal, err := s.Simulator.Journal(t.Context())
	must(t, err)
	for _, r := range writes(journal) {
		if strings.HasPrefix(r.Path, "/mgmt/tm/ltm/policy") || strings.HasPrefix(r.Path, "/mgmt/tm/ltm/virtual") {
			t.Errorf("the change of a weight wrote %s %s", r.Method, r.Path)
		}
	}
}
