package kubetest_test

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

func TestTheGatewayAPIIsServedAndJudgesWhatItIsGiven(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	check(t, cp.InstallGatewayAPI(ctx))
	check(t, cp.InstallGatewayAPI(ctx)) // it is there already

	client, err := dynamic.NewForConfig(cp.RESTConfig())
	check(t, err)
	routes := client.Resource(schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"})
	create := func(name, hostname string) error {
		_, err := routes.Namespace(cp.NamespaceT(t, "shop")).Create(ctx, &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": map[string]any{"name": name},
			"spec": map[string]any{"hostnames": []any{hostname}},
		}}, metav1.CreateOptions{})
		return err
	}
	check(t, create("web", "*.example.com"))
	tls := client.Resource(schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "tlsroutes"})
	if _, err := tls.List(ctx, metav1.ListOptions{}); err != nil {
		t.Errorf("TLSRoutes: %v", err)
	}
	if err := create("odd", "no host"); !apierrors.IsInvalid(err) {
		t.Errorf("a name that is none: %v", err)
	}
}
