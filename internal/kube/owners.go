package kube

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	appsclient "k8s.io/client-go/kubernetes/typed/apps/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
)

const (
	deployments  = "deployments"
	statefulSets = "statefulsets"
	rollouts     = "rollouts"
)

var argoRollouts = schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: rollouts}

// workloads are the clients for what makes pods.
type workloads struct {
	apps      appsclient.AppsV1Interface
	discovery discovery.DiscoveryInterfaceWithContext
	dynamic   dynamic.Interface
}

// workload is something that makes pods.
type workload struct {
	kind     string
	name     string
	labels   map[string]string // of its pods; nil = not known
	replicas int64             // that it is asked for
}

// scaledToZero reads the workloads of ref's namespace, one kind after the other.
func (v *view) scaledToZero(ctx context.Context, ref endpoints.Ref) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, v.source.timeout)
	defer cancel()
	asked, err := v.podLabels(ref)
	if err != nil || len(asked) == 0 {
		return false, err
	}
	var all []workload
	for _, kind := range []struct {
		resource string
		list     func(context.Context, endpoints.Ref, []workload) ([]workload, error)
	}{{deployments, v.deployments}, {statefulSets, v.statefulSets}, {rollouts, v.rollouts}} {
		call := start(ctx, func(ctx context.Context) ([]workload, error) { return kind.list(ctx, ref, all) })
		found, err := call.wait(ctx)
		if err != nil {
			return false, v.source.failure("list", kind.resource, ref, err, call.sent.Load())
		}
		all = append(all, found...)
	}
	return noneAsked(all, asked), nil
}

// noneAsked tells that some of the workloads make pods with the labels, and that all
// of these are asked for none. One whose pods' labels are not known may be one of them.
func noneAsked(all []workload, labels map[string]string) bool {
	makers := 0
	for _, w := range all {
		if w.labels != nil && !has(w.labels, labels) {
			continue
		}
		if w.replicas != 0 {
			return false
		}
		if w.labels != nil {
			makers++
		}
	}
	return makers > 0
}

// podLabels are what selects the pods of ref; none for a Service without a selector,
// or that is not there, and for nodes.
func (v *view) podLabels(ref endpoints.Ref) (map[string]string, error) {
	switch ref.Kind() {
	case endpoints.KindNodes:
		return nil, nil
	case endpoints.KindSelector:
		return ref.Selector.Labels(), nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.missing(ref); err != nil {
		return nil, err
	}
	return v.service(ref).selector, nil
}

func (v *view) deployments(ctx context.Context, ref endpoints.Ref, _ []workload) ([]workload, error) {
	return list(ctx, v.source.options(nil), v.workloads.apps.Deployments(ref.Namespace).List, func(page *appsv1.DeploymentList) []workload {
		return convertAll(page.Items, func(d *appsv1.Deployment) workload {
			return workload{"Deployment", d.Name, d.Spec.Template.Labels, replicas(d.Spec.Replicas)}
		})
	})
}

func (v *view) statefulSets(ctx context.Context, ref endpoints.Ref, _ []workload) ([]workload, error) {
	return list(ctx, v.source.options(nil), v.workloads.apps.StatefulSets(ref.Namespace).List, func(page *appsv1.StatefulSetList) []workload {
		return convertAll(page.Items, func(s *appsv1.StatefulSet) workload {
			return workload{"StatefulSet", s.Name, s.Spec.Template.Labels, replicas(s.Spec.Replicas)}
		})
	})
}

// replicas not told are one.
func replicas(r *int32) int64 {
	if r == nil {
		return 1
	}
	return int64(*r)
}

// rollouts lists Argo's, where the cluster knows them. Discovery is asked first: a user
// without the right would be told "forbidden" also where there is no such thing.
func (v *view) rollouts(ctx context.Context, ref endpoints.Ref, others []workload) ([]workload, error) {
	known, err := v.workloads.discovery.ServerResourcesForGroupVersionWithContext(ctx, argoRollouts.GroupVersion().String())
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	for _, resource := range known.APIResources {
		if resource.Name == rollouts {
			return list(ctx, v.source.options(nil), v.workloads.dynamic.Resource(argoRollouts).Namespace(ref.Namespace).List, func(page *unstructured.UnstructuredList) []workload {
				return convertAll(page.Items, func(r *unstructured.Unstructured) workload { return rollout(r, others) })
			})
		}
	}
	return nil, nil
}

// rollout reads a Rollout. One that refers to a Deployment has its pods' labels from
// there, and leaves its replicas at 0.
func rollout(r *unstructured.Unstructured, others []workload) workload {
	out := workload{kind: "Rollout", name: r.GetName(), replicas: 1}
	var spec struct {
		Replicas *int32 `json:"replicas"`
		Template struct {
			metav1.ObjectMeta `json:"metadata"`
		} `json:"template"`
		Ref struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"workloadRef"`
	}
	content, _, _ := unstructured.NestedMap(r.Object, "spec") // not a map: nothing is known of it
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, &spec); err != nil {
		return out
	}
	out.replicas, out.labels = replicas(spec.Replicas), spec.Template.Labels
	for _, other := range others {
		if spec.Ref.Kind == other.kind && spec.Ref.Name == other.name {
			out.labels = other.labels
		}
	}
	return out
}
