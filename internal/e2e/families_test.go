package e2e

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// oneBackend returns a shop whose pool has one backend of these attributes,
// before the first apply.
func oneBackend(t *testing.T, backend map[string]string) *shop {
	t.Helper()
	s := &shop{Lab: newLab(t)}
	s.namespace = s.Cluster.NamespaceT(t, "shop")
	must(t, s.Simulator.MakePartition(t.Context(), "shop"))
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	must(t, s.Cluster.Kubeconfig(kubeconfig))
	var err error
	s.terraform, err = s.NewTerraform(t.Context(), cli, "testdata/backend", t.TempDir(), kubeconfig)
	must(t, err)
	s.terraform.Vars = map[string]any{"namespace": s.namespace, "backend": backend}
	return s
}

func TestADualStackBackendServesOnBothFamilies(t *testing.T) {
	t.Parallel()
	s := oneBackend(t, map[string]string{"service": "shop", "port": "http", "family": "IPv4"})
	must(t, s.Cluster.Deploy(t.Context(), kubetest.DeploymentSpec{Namespace: s.namespace, Name: "shop", Replicas: 2, Colour: "blue", DualStack: true}))
	must(t, s.Cluster.WaitReady(t.Context(), s.namespace, "shop", 4))
	pods, err := s.Cluster.Pods(t.Context(), s.namespace, "shop")
	must(t, err)
	for _, pod := range pods {
		must(t, s.Backends.Wait(t.Context(), pod.Status.PodIPs[0].IP+":8080", "["+pod.Status.PodIPs[1].IP+"]:8080"))
	}
	_, err = s.terraform.Apply(t.Context())
	must(t, err)
	s.empty(t)
	for _, step := range []struct {
		family  string
		members int
	}{{"dual", 4}, {"IPv6", 2}, {"IPv4", 2}} {
		s.terraform.Vars["backend"] = map[string]string{"service": "shop", "port": "http", "family": step.family}
		s.during(t, "to "+step.family, 200, func() { s.follow(t) })
		if names := s.memberNames(t); len(names) != step.members {
			t.Errorf("family %s: the pool has the members %v, want %d", step.family, names, step.members)
		}
	}
}

func TestANodeThatLosesItsLastPodLeavesThePoolWithoutAFailedRequest(t *testing.T) {
	t.Parallel()
	s := oneBackend(t, map[string]string{"service": "nodes", "port": "http", "node_port": "true"})
	cp, ctx := s.Cluster, t.Context()
	deploy := func(name string, node int) corev1.Pod {
		return s.deploy(t, cp, s.Backends, kubetest.DeploymentSpec{
			Namespace: s.namespace, Name: name, Replicas: 1, Colour: "blue", Node: kubetest.NodeName(node), Labels: map[string]string{"service": "shop"},
		})[0]
	}
	must(t, cp.Expose(ctx, kubetest.ServiceSpec{
		Namespace: s.namespace, Name: "nodes", Selector: map[string]string{"service": "shop"}, Type: corev1.ServiceTypeNodePort, Local: true,
		Ports: []kubetest.Port{{Name: "http", ContainerPort: 8080, ServicePort: 80}},
	}))
	service, err := cp.Client().CoreV1().Services(s.namespace).Get(ctx, "nodes", metav1.GetOptions{})
	must(t, err)
	members := map[string]string{} // what kube-proxy would do: a node's port leads to the node's own pod
	for node, name := range []string{"first", "second"} {
		pod := deploy(name, node)
		listener, found := s.Backends.Addresses()[pod.Status.PodIP+":8080"]
		if !found {
			t.Fatalf("pod %s does not answer", pod.Name)
		}
		members[fmt.Sprintf("192.0.2.%d:%d", 10+node, service.Spec.Ports[0].NodePort)] = listener
	}
	must(t, cp.WaitReady(ctx, s.namespace, "nodes", 2))
	must(t, s.Simulator.Control(ctx, http.MethodPut, "/members", members, nil))
	_, err = s.terraform.Apply(ctx)
	must(t, err)
	s.empty(t)
	if names := s.memberNames(t); len(names) != 2 {
		t.Fatalf("the pool has the members %v, want both nodes", names)
	}
	s.during(t, "the second node loses its pod", 200, func() {
		must(t, cp.SetLabel(ctx, s.namespace, podOf(t, s, "second"), "service", "other")) // it serves on, for others
		_, err := cp.WaitEndpoints(ctx, s.namespace, "nodes", func(e kubetest.Endpoints) bool { return len(e.Ready) == 1 })
		must(t, err)
		s.follow(t, fmt.Sprintf(`- "192.0.2.11:%d"`, service.Spec.Ports[0].NodePort))
	})
	if names := s.memberNames(t); len(names) != 1 {
		t.Errorf("the pool has the members %v, want the first node", names)
	}
}

func podOf(t *testing.T, s *shop, deployment string) string {
	t.Helper()
	pods, err := s.Cluster.Pods(t.Context(), s.namespace, deployment)
	must(t, err)
	return pods[0].Name
}
