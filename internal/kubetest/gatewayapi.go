package kubetest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
)

// gatewayModule has the definitions among its files, so that they are of the version that go.mod pins.
const gatewayModule = "sigs.k8s.io/gateway-api"

var definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// InstallGatewayAPI makes the API server serve the Gateway API's standard channel, and returns when it does. It may be
// called more than once.
func (cp *ControlPlane) InstallGatewayAPI(ctx context.Context) error {
	ctx, cancel := limited(ctx)
	defer cancel()
	found, err := gatewayDefinitions(ctx)
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(cp.RESTConfig())
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, definition := range found {
		group.Go(func() error {
			_, err := client.Resource(definitions).Create(ctx, definition, metav1.CreateOptions{})
			if err != nil && !apierrors.IsAlreadyExists(err) {
				return err
			}
			return cp.waitServed(ctx, client, definition)
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("install the Gateway API: %w", err)
	}
	return nil
}

// gatewayDefinitions reads the definitions out of the module's folder.
func gatewayDefinitions(ctx context.Context) ([]*unstructured.Unstructured, error) {
	folder, err := moduleFolder(ctx, gatewayModule)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(folder, "config", "crd", "standard", "gateway.networking.k8s.io_*.yaml"))
	if err != nil {
		return nil, err
	}
	var all []*unstructured.Unstructured
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(content, &object.Object); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if object.GetKind() == "CustomResourceDefinition" { // beside them there is a policy for upgrades
			all = append(all, object)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no definition in %s", folder)
	}
	return all, nil
}

// moduleFolder is where the go command keeps a module that our go.mod requires; it fetches one that is not there.
func moduleFolder(ctx context.Context, module string) (string, error) {
	root, err := repositoryRoot()
	if err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	command.Dir = root
	var failure strings.Builder
	command.Stderr = &failure
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("fetch the module %s: %w: %s", module, err, &failure)
	}
	var found struct{ Dir string }
	if err := json.Unmarshal(out, &found); err != nil {
		return "", err
	}
	return found.Dir, nil
}

// waitServed polls: an API server takes a definition, serves its objects a moment later, and tells of them later still.
func (cp *ControlPlane) waitServed(ctx context.Context, client dynamic.Interface, definition *unstructured.Unstructured) error {
	group, _, _ := unstructured.NestedString(definition.Object, "spec", "group")
	plural, _, _ := unstructured.NestedString(definition.Object, "spec", "names", "plural")
	versions, _, _ := unstructured.NestedSlice(definition.Object, "spec", "versions")
	for _, v := range versions {
		version, _ := v.(map[string]any)
		if served, _ := version["served"].(bool); !served {
			continue
		}
		name, _ := version["name"].(string)
		resource := schema.GroupVersionResource{Group: group, Version: name, Resource: plural}
		err := wait.PollUntilContextCancel(ctx, pollInterval, true, func(ctx context.Context) (bool, error) {
			if _, err := client.Resource(resource).List(ctx, metav1.ListOptions{Limit: 1}); err != nil {
				return false, ignoreNotFound(err)
			}
			known, err := cp.client.Discovery().ServerResourcesForGroupVersionWithContext(ctx, resource.GroupVersion().String())
			if err != nil {
				return false, ignoreNotFound(err)
			}
			return slices.ContainsFunc(known.APIResources, func(r metav1.APIResource) bool { return r.Name == plural }), nil
		})
		if err != nil {
			return fmt.Errorf("%s is not served: %w", resource, err)
		}
	}
	return nil
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
