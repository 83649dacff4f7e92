package kube

import (
	"context"
	"encoding/json"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

const cisGroup = "cis.f5.com"

// cisKinds are what F5's controller CIS reads its configuration from.
var cisKinds = []struct {
	schema.GroupVersionResource

	selector string
}{
	{GroupVersionResource: schema.GroupVersionResource{Group: cisGroup, Version: "v1", Resource: "virtualservers"}},
	{GroupVersionResource: schema.GroupVersionResource{Group: cisGroup, Version: "v1", Resource: "transportservers"}},
	{GroupVersionResource: schema.GroupVersionResource{Group: cisGroup, Version: "v1", Resource: "tlsprofiles"}},
	{GroupVersionResource: schema.GroupVersionResource{Group: cisGroup, Version: "v1", Resource: "policies"}},
	{GroupVersionResource: schema.GroupVersionResource{Group: cisGroup, Version: "v1", Resource: "ingresslinks"}},
	{GroupVersionResource: schema.GroupVersionResource{Group: cisGroup, Version: "v1", Resource: "externaldnses"}},
	{GroupVersionResource: schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: ingresses}},
	{GroupVersionResource: schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}, selector: "f5type=virtual-server"},
	{GroupVersionResource: schema.GroupVersionResource{Version: "v1", Resource: services}},
}

// ReadCIS reads the configuration of F5's controller CIS out of a cluster: its custom
// resources, where there are such, Ingresses, its ConfigMaps, and Services. Each object is
// JSON. namespace "" is all of them. It needs the right to list these; errors are
// *ConfigError and *Error.
func ReadCIS(ctx context.Context, config Config, options Options, namespace string) ([][]byte, error) {
	source, rc, client, err := connect(config, options)
	if err != nil {
		return nil, err
	}
	text := rest.CopyConfig(rc) // custom resources have no protobuf
	text.ContentType, text.AcceptContentTypes = "", ""
	objects, err := dynamic.NewForConfigAndClient(text, client)
	if err != nil {
		return nil, &ConfigError{config.place(), err}
	}
	var out [][]byte
	for _, kind := range cisKinds {
		q := question{verb: "list", resource: kind.Resource, ref: endpoints.Ref{Namespace: namespace}}
		found, err := ask(ctx, source, q, func(ctx context.Context) ([]unstructured.Unstructured, error) {
			o := metav1.ListOptions{LabelSelector: kind.selector, Limit: source.pageSize}
			return list(ctx, o, objects.Resource(kind.GroupVersionResource).Namespace(namespace).List,
				func(page *unstructured.UnstructuredList) []unstructured.Unstructured { return page.Items })
		})
		if apierrors.IsNotFound(err) && kind.Group == cisGroup {
			continue // its definition is not installed
		}
		if err != nil {
			return nil, err
		}
		for _, object := range found {
			data, err := json.Marshal(object.Object)
			if err != nil {
				return nil, err
			}
			out = append(out, data)
		}
	}
	return out, nil
}
