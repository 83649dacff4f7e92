package reconciler

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/binding"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/ingress"
)

// Each bound Gateway has a sync of its own: the last one must not take away what the others
// said of a route that all of them serve.
func TestWhatAnotherBoundGatewaySaysOfARouteStaysAsLongAsTheRouteNamesIt(t *testing.T) {
	t.Parallel()
	parent := func(name string) gatewayv1.ParentReference {
		return gatewayv1.ParentReference{Name: gatewayv1.ObjectName(name)}
	}
	route := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}}
	route.Spec.ParentRefs = []gatewayv1.ParentReference{parent("inside"), parent("outside")}
	for _, name := range []string{"inside", "former"} {
		route.Status.Parents = append(route.Status.Parents, gatewayv1.RouteParentStatus{ParentRef: parent(name), ControllerName: routeController})
	}
	v := routeVerdict{now: metav1.Now()}
	v.report.Objects.Gateways = []gatewayv1.Gateway{{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "outside"}}}
	status, ok := v.ofRoute(route, binding.Object{Kind: ingress.KindHTTPRoute, Namespace: "shop", Name: "web"}).gets.(gatewayv1.HTTPRouteStatus)
	if !ok {
		t.Fatal("no status of an HTTPRoute")
	}
	var names []string
	for _, p := range status.Parents {
		names = append(names, string(p.ParentRef.Name))
	}
	if len(names) != 2 || names[0] != "inside" || names[1] != "outside" {
		t.Errorf("the parents are %v, want inside and outside", names)
	}
}
