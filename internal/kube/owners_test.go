package kube

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

func wantZero(t *testing.T, w *watcher, ref endpoints.Ref, want bool) {
	t.Helper()
	got, err := w.ScaledToZero(testContext(t), ref)
	check(t, err)
	if got != want {
		t.Errorf("%s: scaled to zero is %t, want %t", ref, got, want)
	}
}

// follows watches, and returns when it knows ref.
func follows(t *testing.T, config Config, ref endpoints.Ref) *watcher {
	t.Helper()
	w := startWatch(t, map[string]Config{"": config}, WatchOptions{})
	w.Follow("/shop/web", []endpoints.Ref{ref})
	w.until(ref, func(_ endpoints.Snapshot, err error) bool { return err == nil })
	return w
}

func TestABackendIsScaledToZeroWhenAllThatMakeItsPodsAre(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	w := follows(t, as(cp, "viewer"), web(ns))
	selector := endpoints.Ref{Namespace: ns, Selector: "app=web", Port: "80"}
	wantZero(t, w, web(ns), false) // there is no such Service

	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: ns, Name: "web", Replicas: 2}))
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: ns, Name: "other", Replicas: 1}))
	w.until(web(ns), func(s endpoints.Snapshot, err error) bool { return err == nil && s.Found })
	wantZero(t, w, web(ns), false)
	check(t, cp.Scale(ctx, ns, "web", 0))
	wantZero(t, w, web(ns), true)
	wantZero(t, w, selector, true)
	wantZero(t, w, endpoints.Ref{Namespace: ns, Selector: "app=nobody", Port: "80"}, false)
	wantZero(t, w, endpoints.Ref{Addresses: "192.0.2.1:80"}, false)

	labels := map[string]string{"app": "web", "kind": "set"}
	sets := cp.Client().AppsV1().StatefulSets(ns)
	_, err := sets.Create(ctx, &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: appsv1.StatefulSetSpec{
		Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "web"}}}},
	}}, metav1.CreateOptions{})
	check(t, err)
	wantZero(t, w, web(ns), false) // one replica is the default
	_, err = sets.Patch(ctx, "web", types.MergePatchType, []byte(`{"spec":{"replicas":0}}`), metav1.PatchOptions{})
	check(t, err)
	wantZero(t, w, web(ns), true)
}

func TestARolloutIsReadWhereTheClusterKnowsThem(t *testing.T) {
	t.Parallel()
	cp, ctx := kubetest.StartT(t, kubetest.Options{}), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: ns, Name: "web", Replicas: 0}))
	w := follows(t, as(cp, "viewer"), web(ns))
	wantZero(t, w, web(ns), true)

	client, err := dynamic.NewForConfig(cp.RESTConfig())
	check(t, err)
	definitions := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	_, err = definitions.Create(ctx, &unstructured.Unstructured{Object: rolloutDefinition()}, metav1.CreateOptions{})
	check(t, err)
	objects := client.Resource(argoRollouts).Namespace(ns)
	rollout := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": map[string]any{"name": "web"},
		"spec": map[string]any{"replicas": int64(3), "workloadRef": map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
	}}
	poll(t, func() bool { // until the API server serves them
		_, err := objects.Create(ctx, rollout, metav1.CreateOptions{})
		return err == nil
	})
	poll(t, func() bool { zero, err := w.ScaledToZero(ctx, web(ns)); return err == nil && !zero }) // discovery comes later
	_, err = objects.Patch(ctx, "web", types.MergePatchType, []byte(`{"spec":{"replicas":0}}`), metav1.PatchOptions{})
	check(t, err)
	wantZero(t, w, web(ns), true)
}

func rolloutDefinition() map[string]any {
	return map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": map[string]any{"name": "rollouts.argoproj.io"},
		"spec": map[string]any{
			"group": "argoproj.io", "scope": "Namespaced",
			"names": map[string]any{"plural": "rollouts", "singular": "rollout", "kind": "Rollout", "listKind": "RolloutList"},
			"versions": []any{map[string]any{
				"name": "v1alpha1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		},
	}
}

func TestARolloutSaysWhosePodsItMakesAndHowMany(t *testing.T) {
	t.Parallel()
	labels := map[string]string{"app": "web"}
	deployed := []workload{{"Deployment", "web", labels, 0}, {"StatefulSet", "web", map[string]string{"app": "set"}, 0}}
	template := map[string]any{"metadata": map[string]any{"labels": map[string]any{"app": "web"}}}
	ref := func(kind string) map[string]any { return map[string]any{"kind": kind, "name": "web"} }
	for name, tt := range map[string]struct {
		spec any
		want workload
	}{
		"by its template":         {map[string]any{"replicas": int64(3), "template": template}, workload{"Rollout", "web", labels, 3}},
		"by its Deployment":       {map[string]any{"replicas": int64(0), "workloadRef": ref("Deployment")}, workload{"Rollout", "web", labels, 0}},
		"by what is not there":    {map[string]any{"replicas": int64(2), "workloadRef": ref("ReplicaSet")}, workload{"Rollout", "web", nil, 2}},
		"one, if it does not say": {map[string]any{"template": template}, workload{"Rollout", "web", labels, 1}},
		"nothing that we know":    {map[string]any{"replicas": "many", "template": template}, workload{"Rollout", "web", nil, 1}},
		"not even a spec":         {"odd", workload{"Rollout", "web", nil, 1}},
	} {
		object := &unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{"name": "web"}, "spec": tt.spec}}
		if diff := cmp.Diff(tt.want, rollout(object, deployed), cmp.AllowUnexported(workload{})); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
	if noneAsked([]workload{{"Deployment", "web", labels, 0}, {"Rollout", "odd", nil, 2}}, labels) {
		t.Error("a Rollout of which not all is known may make the pods")
	}
	if noneAsked([]workload{{"Rollout", "odd", nil, 0}}, labels) {
		t.Error("nobody is known to make the pods")
	}
}

func TestWhatOwnsThePodsIsNotGuessedWhereItMayNotBeRead(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: ns, Name: "web", Replicas: 0}))
	grantIn(t, cp, ns, "narrow", mayWatchServices...)
	w, err := NewWatch(map[string]Config{"": as(cp, "narrow")}, WatchOptions{})
	check(t, err)
	if _, err := w.ScaledToZero(ctx, web(ns)); !errors.Is(err, ErrNotSynced) {
		t.Errorf("nobody follows it: %v", err)
	}
	w = follows(t, as(cp, "narrow"), web(ns)).Watch
	zero, err := w.ScaledToZero(ctx, web(ns))
	if zero || !errors.Is(err, engine.ErrForbidden) || !errors.Is(err, engine.ErrSource) {
		t.Errorf("%t, %v", zero, err)
	}
	want := "list deployments in namespace " + ns + " on " + cp.URL() + `: not allowed: deployments.apps is forbidden: User "narrow" cannot list resource "deployments" in API group "apps" in the namespace "` + ns + `"`
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
