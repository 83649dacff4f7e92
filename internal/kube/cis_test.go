package kube

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// readCIS returns kind and name of what there is.
func readCIS(t *testing.T, config Config, namespace string) []string {
	t.Helper()
	objects, err := ReadCIS(testContext(t), config, Options{}, namespace)
	check(t, err)
	var out []string
	for _, data := range objects {
		var object metav1.PartialObjectMetadata
		check(t, json.Unmarshal(data, &object))
		out = append(out, object.Kind+" "+object.Name)
	}
	return out
}

func TestTheConfigurationOfCISIsReadOutOfAClusterThatHasItsDefinitionsOrNot(t *testing.T) {
	t.Parallel()
	cp, ctx := kubetest.StartT(t, kubetest.Options{}), testContext(t)
	ns, s := cp.NamespaceT(t, "shop"), newShop(t, cp)
	s.service(ns, "web")
	s.ingress(ns, "web", nil, "web")
	for name, labels := range map[string]map[string]string{"declaration": {"f5type": "virtual-server"}, "other": nil} {
		_, err := cp.Client().CoreV1().ConfigMaps(ns).Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, metav1.CreateOptions{})
		check(t, err)
	}
	config := as(cp, "viewer")
	want := []string{"Ingress web", "ConfigMap declaration", "Service web"}
	if diff := cmp.Diff(want, readCIS(t, config, ns)); diff != "" {
		t.Errorf("without definitions: -want +got\n%s", diff)
	}

	client, err := dynamic.NewForConfig(cp.RESTConfig())
	check(t, err)
	definition := rolloutDefinition()
	text, err := json.Marshal(definition)
	check(t, err)
	replaced := strings.NewReplacer("argoproj.io", "cis.f5.com", "rollouts", "transportservers", "rollout", "transportserver", "Rollout", "TransportServer", "v1alpha1", "v1").Replace(string(text))
	check(t, json.Unmarshal([]byte(replaced), &definition))
	definitions := cisKinds[0].GroupVersionResource
	definitions.Group, definitions.Resource = "apiextensions.k8s.io", "customresourcedefinitions"
	_, err = client.Resource(definitions).Create(ctx, &unstructured.Unstructured{Object: definition}, metav1.CreateOptions{})
	check(t, err)
	poll(t, func() bool { // until the API server serves them
		_, err := client.Resource(cisKinds[1].GroupVersionResource).Namespace(ns).Create(ctx, &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "cis.f5.com/v1", "kind": "TransportServer", "metadata": map[string]any{"name": "db"}, "spec": map[string]any{},
		}}, metav1.CreateOptions{})
		return err == nil
	})
	if diff := cmp.Diff(append([]string{"TransportServer db"}, want...), readCIS(t, config, ns)); diff != "" {
		t.Errorf("with a definition: -want +got\n%s", diff)
	}
	if all := readCIS(t, config, ""); !slices.Contains(all, "Service kubernetes") || !slices.Contains(all, "TransportServer db") {
		t.Errorf("of all namespaces: %v", all)
	}
	_, err = ReadCIS(ctx, as(cp, "nobody"), Options{}, "")
	if !errors.Is(err, engine.ErrForbidden) || !strings.HasPrefix(err.Error(), "list all virtualservers on "+cp.URL()+": not allowed: ") {
		t.Errorf("nobody: %v", err)
	}
}
