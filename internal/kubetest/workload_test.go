package kubetest_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

func TestPodsOfADeploymentBecomeReadyEndpoints(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	namespace := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: 3}))
	check(t, cp.WaitReady(ctx, namespace, "web", 3))

	pods, err := cp.Pods(ctx, namespace, "web")
	check(t, err)
	endpoints, err := cp.WaitEndpoints(ctx, namespace, "web", func(e kubetest.Endpoints) bool { return len(e.Ready) == 3 })
	check(t, err)
	if diff := cmp.Diff(podIPs(pods), endpoints.Ready); diff != "" {
		t.Errorf("ready endpoints (-pods +endpoints):\n%s", diff)
	}
}

func TestScaleAddsAndRemovesEndpoints(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	namespace := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: 1}))
	for _, replicas := range []int{1, 4, 2, 0} {
		check(t, cp.Scale(ctx, namespace, "web", int32(replicas)))
		check(t, cp.WaitReady(ctx, namespace, "web", replicas))
	}
}

func TestAPodWithAReadinessGateIsReadyWhenItIsOpen(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	namespace := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: 1, ReadinessGate: "bigipkube.io/pool-member"}))
	shut, err := cp.WaitEndpoints(ctx, namespace, "web", func(e kubetest.Endpoints) bool { return len(e.NotReady)+len(e.Ready) == 1 })
	check(t, err)
	if len(shut.Ready) != 0 {
		t.Fatal("it is ready before its gate is open")
	}
	pods, err := cp.Pods(ctx, namespace, "web")
	check(t, err)
	patch := []byte(`{"status":{"conditions":[{"type":"bigipkube.io/pool-member","status":"True"}]}}`)
	_, err = cp.Client().CoreV1().Pods(namespace).Patch(ctx, pods[0].Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	check(t, err)
	check(t, cp.WaitReady(ctx, namespace, "web", 1))
}

func TestAPodThatIsNotReadyStaysSo(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	namespace := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: 2}))
	check(t, cp.WaitReady(ctx, namespace, "web", 2))
	pods, err := cp.Pods(ctx, namespace, "web")
	check(t, err)
	pod := pods[0]

	check(t, cp.SetReady(ctx, namespace, pod.Name, false))
	want := kubetest.Endpoints{Ready: []string{pods[1].Status.PodIP}, NotReady: []string{pod.Status.PodIP}}
	waitEndpoints(t, cp, namespace, want)
	// Another change of the pod, and one that kwok handles after it, do not bring it back.
	pod.Labels["touched"] = "yes"
	patch := []byte(`{"metadata":{"labels":{"touched":"yes"}}}`)
	_, err = cp.Client().CoreV1().Pods(namespace).Patch(ctx, pod.Name, "application/merge-patch+json", patch, metav1.PatchOptions{})
	check(t, err)
	check(t, cp.SetReady(ctx, namespace, pods[1].Name, false))
	waitEndpoints(t, cp, namespace, kubetest.Endpoints{NotReady: sorted(pod.Status.PodIP, pods[1].Status.PodIP)})

	check(t, cp.SetReady(ctx, namespace, pod.Name, true))
	check(t, cp.SetReady(ctx, namespace, pods[1].Name, true))
	check(t, cp.WaitReady(ctx, namespace, "web", 2))
}

func TestPodsCanBeBornNotReady(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	namespace := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: 2, NotReady: true}))
	_, err := cp.WaitEndpoints(ctx, namespace, "web", func(e kubetest.Endpoints) bool {
		if len(e.Ready) > 0 {
			t.Errorf("ready endpoints: %v", e.Ready)
		}
		return len(e.NotReady) == 2
	})
	check(t, err)
	pods, err := cp.Pods(ctx, namespace, "web")
	check(t, err)
	check(t, cp.SetReady(ctx, namespace, pods[1].Name, true))
	waitEndpoints(t, cp, namespace, kubetest.Endpoints{
		Ready: []string{pods[1].Status.PodIP}, NotReady: []string{pods[0].Status.PodIP},
	})
}

func TestADeletedPodTerminatesAsLongAsAsked(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	namespace := cp.NamespaceT(t, "shop")
	const terminating = 2 * time.Second
	pods := map[string]corev1.Pod{}
	for name, long := range map[string]time.Duration{"web": time.Hour, "brief": terminating} {
		check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: namespace, Name: name, Replicas: 1, Terminating: long}))
		check(t, cp.WaitReady(ctx, namespace, name, 1))
		list, err := cp.Pods(ctx, namespace, name)
		check(t, err)
		pods[name] = list[0]
	}

	check(t, cp.DeletePod(ctx, namespace, pods["web"].Name))
	_, err := cp.WaitEndpoints(ctx, namespace, "web", func(e kubetest.Endpoints) bool {
		return len(e.Ready) == 1 && slices.Equal(e.Terminating, []string{pods["web"].Status.PodIP})
	})
	check(t, err)

	deleted := time.Now()
	check(t, cp.DeletePod(ctx, namespace, pods["brief"].Name))
	eventually(t, func() error {
		_, err := cp.Client().CoreV1().Pods(namespace).Get(ctx, pods["brief"].Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(errors.New("the pod is still there"), err)
	})
	if elapsed := time.Since(deleted); elapsed < terminating {
		t.Errorf("the pod was gone after %s, want at least %s", elapsed, terminating)
	}
	check(t, cp.WaitReady(ctx, namespace, "brief", 1))
}

func TestOneServiceSpansPodsWithDifferentPortNumbers(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	namespace := cp.NamespaceT(t, "shop")
	for i, name := range []string{"blue", "green"} {
		check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{
			Namespace: namespace, Name: name, Replicas: 1, NoService: true, Labels: map[string]string{"site": "shop"},
			Ports: []kubetest.Port{{Name: "http", ContainerPort: int32(8080 + i)}},
		}))
	}
	check(t, cp.Expose(ctx, kubetest.ServiceSpec{
		Namespace: namespace, Name: "web", Selector: map[string]string{"site": "shop"},
		Ports: []kubetest.Port{{Name: "http", ServicePort: 80}},
	}))
	check(t, cp.WaitReady(ctx, namespace, "web", 2))
	list, err := cp.Client().DiscoveryV1().EndpointSlices(namespace).List(ctx, metav1.ListOptions{})
	check(t, err)
	var numbers []int32
	for _, slice := range list.Items {
		for _, port := range slice.Ports {
			numbers = append(numbers, *port.Port)
		}
	}
	slices.Sort(numbers)
	if diff := cmp.Diff([]int32{8080, 8081}, numbers); diff != "" {
		t.Errorf("ports of the slices (-want +got):\n%s", diff)
	}
}

func TestNodesHaveAddressesOfTheirOwn(t *testing.T) {
	t.Parallel()
	cp := cluster.ControlPlane(t)
	for i, want := range []string{"192.0.2.10", "192.0.2.11"} {
		node, err := cp.Client().CoreV1().Nodes().Get(t.Context(), kubetest.NodeName(i), metav1.GetOptions{})
		check(t, err)
		var got []string
		for _, a := range node.Status.Addresses {
			if a.Type == corev1.NodeInternalIP {
				got = append(got, a.Address)
			}
		}
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", node.Name, diff)
		}
	}
}

func waitEndpoints(t *testing.T, cp *kubetest.ControlPlane, namespace string, want kubetest.Endpoints) {
	t.Helper()
	got, err := cp.WaitEndpoints(testContext(t), namespace, "web", func(e kubetest.Endpoints) bool { return cmp.Equal(want, e) })
	if err != nil {
		t.Fatalf("%v\n(-want +got):\n%s", err, cmp.Diff(want, got))
	}
}

func podIPs(pods []corev1.Pod) []string {
	var ips []string
	for _, pod := range pods {
		ips = append(ips, pod.Status.PodIP)
	}
	return sorted(ips...)
}

func sorted(s ...string) []string {
	slices.Sort(s)
	return s
}

func member(pod corev1.Pod) string { return fmt.Sprintf("%s:8080", pod.Status.PodIP) }

func TestALabelOfAPodIsSetAndTakenAway(t *testing.T) {
	t.Parallel()
	cp, ctx := cluster.ControlPlane(t), testContext(t)
	namespace := cp.NamespaceT(t, "shop")
	check(t, cp.Deploy(ctx, kubetest.DeploymentSpec{Namespace: namespace, Name: "web", Replicas: 1, DualStack: true}))
	check(t, cp.WaitReady(ctx, namespace, "web", 2)) // an address of each family
	for _, value := range []string{"canary", ""} {
		pods, err := cp.Pods(ctx, namespace, "web")
		check(t, err)
		check(t, cp.SetLabel(ctx, namespace, pods[0].Name, "track", value))
		pods, err = cp.Pods(ctx, namespace, "web")
		check(t, err)
		if got, found := pods[0].Labels["track"]; got != value || found != (value != "") {
			t.Errorf("the label is %q, want %q", got, value)
		}
		if len(pods) != 1 || len(pods[0].Status.PodIPs) != 2 {
			t.Errorf("%d pods with the addresses %v, want the same pod with two", len(pods), pods[0].Status.PodIPs)
		}
	}
}
