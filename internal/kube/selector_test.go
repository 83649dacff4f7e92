package kube

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/endpoints"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/engine"
	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// resolved are the endpoints that a ref has in a real cluster, as "key state pod".
func resolved(t *testing.T, source *Source, ref endpoints.Ref) []string {
	t.Helper()
	snapshot, err := source.Snapshot(t.Context(), ref)
	check(t, err)
	result, err := endpoints.Resolve(ref, snapshot)
	check(t, err)
	out := make([]string, 0, len(result.Endpoints))
	for _, e := range result.Endpoints {
		out = append(out, fmt.Sprintf("%s %s %s", e.Key, e.State, e.Pod))
	}
	slices.Sort(out)
	return out
}

func TestAPodIsSelectedFromTheMomentItsLabelsMatchUntilTheyDoNot(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: ns, Name: "web", Replicas: 3, Terminating: time.Hour}))
	check(t, cp.WaitReady(ctx, ns, "web", 3))
	pods, err := cp.Pods(ctx, ns, "web")
	check(t, err)
	canary := pods[1]
	source := newSource(t, as(cp, "viewer"), time.Minute)
	ref := endpoints.Ref{Namespace: ns, Selector: endpoints.NewSelector(map[string]string{"app": "web", "track": "canary"}), Port: "http"}
	want := func(what string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, resolved(t, source, ref), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: -want +got\n%s", what, diff)
		}
	}

	want("without the label")
	check(t, cp.SetLabel(ctx, ns, canary.Name, "track", "canary"))
	want("with it", canary.Status.PodIP+":8080 ready "+canary.Name)
	check(t, cp.SetReady(ctx, ns, canary.Name, false))
	want("not ready", canary.Status.PodIP+":8080 not-ready "+canary.Name)
	check(t, cp.SetReady(ctx, ns, canary.Name, true))
	check(t, cp.DeletePod(ctx, ns, canary.Name))
	want("deleted, and still serving", canary.Status.PodIP+":8080 draining "+canary.Name)
	check(t, cp.SetLabel(ctx, ns, canary.Name, "track", ""))
	want("without the label again")
}

func TestADualStackServiceAndItsPodsHaveBothFamilies(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: ns, Name: "web", Replicas: 2, DualStack: true}))
	check(t, cp.WaitReady(ctx, ns, "web", 4)) // addresses
	pods, err := cp.Pods(ctx, ns, "web")
	check(t, err)
	wanted := map[endpoints.Family][]string{}
	for _, pod := range pods {
		four, six := pod.Status.PodIPs[0].IP+":8080 ready "+pod.Name, "["+pod.Status.PodIPs[1].IP+"]:8080 ready "+pod.Name
		wanted[""] = append(wanted[""], four)
		wanted[endpoints.IPv4] = append(wanted[endpoints.IPv4], four)
		wanted[endpoints.IPv6] = append(wanted[endpoints.IPv6], six)
		wanted[endpoints.Dual] = append(wanted[endpoints.Dual], four, six)
	}
	source := newSource(t, as(cp, "viewer"), time.Minute)
	for family, want := range wanted {
		slices.Sort(want)
		for kind, ref := range map[string]endpoints.Ref{
			"the Service": {Namespace: ns, Service: "web", Family: family},
			"its pods":    {Namespace: ns, Selector: "app=web", Port: "http", Family: family},
		} {
			if diff := cmp.Diff(want, resolved(t, source, ref)); diff != "" {
				t.Errorf("%s, family %q: -want +got\n%s", kind, family, diff)
			}
		}
	}
}

func TestANodePortOfARealServiceFollowsItsTrafficPolicy(t *testing.T) {
	t.Parallel()
	cp, ctx := kubetest.StartT(t, kubetest.Options{Nodes: 3}), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: ns, Name: "web", Replicas: 2, Node: kubetest.NodeName(1)}))
	check(t, cp.WaitReady(ctx, ns, "web", 2))
	expose := func(local bool) string {
		t.Helper()
		check(t, cp.Expose(ctx, kubetest.ServiceSpec{
			Namespace: ns, Name: "web", Selector: map[string]string{"app": "web"}, Type: corev1.ServiceTypeNodePort, Local: local,
			Ports: []kubetest.Port{{Name: "http", ContainerPort: 8080, ServicePort: 80}},
		}))
		service, err := cp.Client().CoreV1().Services(ns).Get(ctx, "web", metav1.GetOptions{})
		check(t, err)
		return fmt.Sprint(":", service.Spec.Ports[0].NodePort)
	}
	source := newSource(t, as(cp, "viewer"), time.Minute)
	ref := endpoints.Ref{Namespace: ns, Service: "web", Port: "http", NodePort: true}

	port := expose(false)
	want := []string{"192.0.2.10" + port + " ready ", "192.0.2.11" + port + " ready ", "192.0.2.12" + port + " ready "}
	if diff := cmp.Diff(want, resolved(t, source, ref)); diff != "" {
		t.Errorf("policy Cluster: -want +got\n%s", diff)
	}
	port = expose(true)
	want = []string{"192.0.2.11" + port + " ready "}
	if diff := cmp.Diff(want, resolved(t, source, ref)); diff != "" {
		t.Errorf("policy Local: -want +got\n%s", diff)
	}
	_, err := cp.Client().CoreV1().Nodes().Patch(ctx, kubetest.NodeName(1), types.MergePatchType, []byte(`{"spec":{"unschedulable":true}}`), metav1.PatchOptions{})
	check(t, err)
	if got := resolved(t, source, ref); len(got) != 0 {
		t.Errorf("its one node is cordoned: %v", got)
	}
}

func TestASelectorNeedsNoRightButToListPodsAndANodePortToListNodesToo(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	ns := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: ns, Name: "web", Replicas: 1}))
	list := func(group, resource string) rbacv1.PolicyRule {
		return rbacv1.PolicyRule{Verbs: []string{"list"}, APIGroups: []string{group}, Resources: []string{resource}}
	}
	getServices := rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"services"}}
	check(t, cp.Grant(ctx, "pods", list("", "pods")))
	check(t, cp.Grant(ctx, "nodes", getServices, list("discovery.k8s.io", "endpointslices"), list("", "nodes")))
	selector := endpoints.Ref{Namespace: ns, Selector: "app=web", Port: "http"}
	nodePort := endpoints.Ref{Namespace: ns, Service: "web", NodePort: true}
	for name, tt := range map[string]struct {
		user     string
		ref      endpoints.Ref
		resource string // that is missing
	}{
		"pods for a selector":                 {"pods", selector, ""},
		"no pods":                             {"nodes", selector, "pods"},
		"nodes for a node port":               {"nodes", nodePort, ""},
		"pods are no help with a node port":   {"pods", nodePort, "services"},
		"nobody may do anything":              {"nobody", selector, "pods"},
		"and the rights of a Service suffice": {"nodes", endpoints.Ref{Namespace: ns, Service: "web"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newSource(t, as(cp, tt.user), time.Minute).Snapshot(ctx, tt.ref)
			failure, _ := errors.AsType[*Error](err)
			switch {
			case tt.resource == "" && err != nil:
				t.Error(err)
			case tt.resource != "" && (failure == nil || failure.Resource != tt.resource || !errors.Is(err, engine.ErrForbidden)):
				t.Errorf("got %v, want that %s are forbidden", err, tt.resource)
			}
		})
	}
}
