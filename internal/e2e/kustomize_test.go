package e2e

import (
	"errors"
	"io"
	"path"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
)

// kustomization is the part of kustomize that the manifests use.
type kustomization struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace"`
	Resources  []string
	Patches    []struct {
		Target struct{ Kind, Name string }
		Patch  string
	}
}

// decodeYAML decodes strictly: what the type has no field for is an error.
func decodeYAML(t *testing.T, text string, into any) {
	t.Helper()
	must(t, yaml.UnmarshalStrict([]byte(text), into))
}

// applyFolder creates what a kustomization of examples/reconciler names, as "kubectl
// apply -k" does: the API server checks each field, and applies the patches. A
// folder that is there already is not created again.
func applyFolder(t *testing.T, client dynamic.Interface, folder string, there map[string]bool) {
	t.Helper()
	if there[folder] {
		return
	}
	there[folder] = true
	var k kustomization
	decodeYAML(t, readRepository(t, "examples", "reconciler", folder, "kustomization.yaml"), &k)
	if len(k.Resources) == 0 {
		t.Fatalf("%s names nothing", folder)
	}
	for _, name := range k.Resources {
		if !strings.HasSuffix(name, ".yaml") {
			applyFolder(t, client, path.Join(folder, name), there)
			continue
		}
		for _, object := range documents(t, readRepository(t, "examples", "reconciler", folder, name)) {
			create(t, client, object, k.Namespace)
		}
	}
	for _, patch := range k.Patches {
		content, err := yaml.ToJSON([]byte(patch.Patch))
		must(t, err)
		resource, _ := meta.UnsafeGuessKindToResource(appsDeployment)
		if patch.Target.Kind != appsDeployment.Kind {
			t.Fatalf("a patch of a %s", patch.Target.Kind)
		}
		_, err = client.Resource(resource).Namespace(k.Namespace).Patch(t.Context(), patch.Target.Name, types.JSONPatchType, content, metav1.PatchOptions{FieldValidation: metav1.FieldValidationStrict})
		must(t, err)
	}
}

// documents are the objects of a file.
func documents(t *testing.T, text string) (objects []*unstructured.Unstructured) {
	t.Helper()
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), len(text))
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects
		}
		must(t, err)
		objects = append(objects, object)
	}
}

// create waits for a kind that was defined a moment ago.
func create(t *testing.T, client dynamic.Interface, object *unstructured.Unstructured, namespace string) {
	t.Helper()
	if in := object.GetNamespace(); in != "" && in != namespace {
		t.Errorf("%s %s is in %s, the kustomization in %s", object.GetKind(), object.GetName(), in, namespace)
	}
	resource, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
	var refused error
	awaitTrue(t, func() bool {
		_, refused = client.Resource(resource).Namespace(object.GetNamespace()).Create(t.Context(), object, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
		return !apierrors.IsNotFound(refused)
	}, func() string { return refused.Error() })
	if refused != nil {
		t.Fatalf("%s %s: %v", object.GetKind(), object.GetName(), refused)
	}
}

// awaitTrue waits until something is so.
func awaitTrue(t *testing.T, is func() bool, otherwise func() string) {
	t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatal(otherwise())
		}
	}
}
