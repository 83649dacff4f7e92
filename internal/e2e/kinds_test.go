package e2e

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// example returns a shop with the configuration of a folder in examples, before
// the first apply.
func example(t *testing.T, name string) *shop {
	t.Helper()
	s := &shop{Lab: newLab(t)}
	s.namespace = s.Cluster.NamespaceT(t, "shop")
	must(t, s.Simulator.MakePartition(t.Context(), "shop"))
	var err error
	s.terraform, err = s.Example(t.Context(), cli, name)
	must(t, err)
	s.terraform.Vars = map[string]any{"namespace": s.namespace}
	return s
}

// follow plans what has changed, wants these words in the plan, and applies just
// that plan. Nothing is left to do then.
func (s *shop) follow(t *testing.T, words ...string) {
	t.Helper()
	text, changes, err := s.terraform.Plan(t.Context(), "follow.tfplan")
	must(t, err)
	if !changes {
		t.Fatal("there is nothing to do")
	}
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("the plan lacks %q:\n%s", word, text)
		}
	}
	_, err = s.terraform.ApplyPlan(t.Context(), "follow.tfplan")
	must(t, err)
	s.empty(t)
}

// wantShare sends requests and checks the share of a colour.
func (s *shop) wantShare(t *testing.T, colour string, want float64) {
	t.Helper()
	load := s.load(t)
	phase := load.Begin(fmt.Sprintf("%s at %v %%", colour, want))
	load.Send(10_000, 16)
	load.End()
	noneFailed(t, phase)
	if got := phase.Share(colour); math.Abs(got-want) > 0.3 {
		t.Errorf("%s got %.2f %% of %d requests, want %v %%", colour, got, phase.Requests, want)
	}
}

// deploy makes pods of a colour and waits until they answer.
func (s *shop) deploy(t *testing.T, cp *kubetest.ControlPlane, backends *kubetest.Backends, d kubetest.DeploymentSpec) []corev1.Pod {
	t.Helper()
	must(t, cp.Deploy(t.Context(), d))
	must(t, cp.WaitReady(t.Context(), d.Namespace, d.Name, int(d.Replicas)))
	pods, err := cp.Pods(t.Context(), d.Namespace, d.Name)
	must(t, err)
	var addresses []string
	for _, pod := range pods {
		addresses = append(addresses, pod.Status.PodIP+":8080")
	}
	must(t, backends.Wait(t.Context(), addresses...))
	return pods
}

func TestAPodWithTheCanarysLabelGetsItsShareAndDrainsWithoutIt(t *testing.T) {
	t.Parallel()
	s := example(t, "canary-by-label")
	s.deploy(t, s.Cluster, s.Backends, kubetest.DeploymentSpec{
		Namespace: s.namespace, Name: "shop-stable", Replicas: 4, Colour: "blue", Labels: map[string]string{"service": "shop", "track": "stable"},
	})
	next := s.deploy(t, s.Cluster, s.Backends, kubetest.DeploymentSpec{
		Namespace: s.namespace, Name: "shop-next", Replicas: 2, Colour: "green", Labels: map[string]string{"service": "shop", "track": "preview"},
	})
	_, err := s.terraform.Apply(t.Context())
	must(t, err)
	s.empty(t)
	s.wantShare(t, "blue", 100)

	label := func(pod corev1.Pod, track string) {
		must(t, s.Cluster.SetLabel(t.Context(), s.namespace, pod.Name, "track", track))
	}
	s.during(t, "the first canary", 200, func() {
		label(next[0], "canary")
		s.follow(t, `+ "`+next[0].Status.PodIP+`:8080"`, "1 to change")
	})
	s.wantShare(t, "green", 10)
	s.during(t, "the second one", 200, func() {
		label(next[1], "canary")
		s.follow(t, `+ "`+next[1].Status.PodIP+`:8080"`)
	})
	s.wantShare(t, "green", 10) // the share does not depend on the number of pods
	s.during(t, "both leave", 200, func() {
		label(next[0], "preview")
		label(next[1], "preview")
		s.follow(t, `- "`+next[0].Status.PodIP+`:8080"`)
	})
	s.wantShare(t, "blue", 100)
	if names := s.memberNames(t); len(names) != 4 {
		t.Errorf("the pool has the members %v, want the 4 stable pods", names)
	}
	_, err = s.terraform.Destroy(t.Context())
	must(t, err)
}

func TestTheTrafficMovesFromOneClusterToAnotherWithoutAFailedRequest(t *testing.T) {
	t.Parallel()
	s := example(t, "two-clusters")
	east := kubetest.StartT(t, kubetest.Options{PodNetwork: 200})
	inEast, err := s.Reach(t.Context(), east)
	must(t, err)
	must(t, east.NamespaceNamed(t.Context(), s.namespace))
	s.deploy(t, s.Cluster, s.Backends, kubetest.DeploymentSpec{Namespace: s.namespace, Name: "shop", Replicas: 3, Colour: "blue"})
	pods := s.deploy(t, east, inEast, kubetest.DeploymentSpec{Namespace: s.namespace, Name: "shop", Replicas: 2, Colour: "green"})
	move := func(west, east int) { s.terraform.Vars["traffic"] = map[string]int{"west": west, "east": east} }
	s.terraform.Vars["west_kubeconfig"] = filepath.Join(s.terraform.Dir, "kubeconfig")
	s.terraform.Vars["east_kubeconfig"] = east.KubeconfigT(t)
	move(100, 0)
	_, err = s.terraform.Apply(t.Context())
	must(t, err)
	s.empty(t)

	s.during(t, "a fifth goes east", 200, func() {
		move(80, 20)
		s.follow(t, `~ "`+pods[0].Status.PodIP+`:8080"`)
	})
	s.wantShare(t, "green", 20)
	s.during(t, "all goes east", 200, func() {
		move(0, 100)
		s.follow(t)
	})
	s.wantShare(t, "green", 100)

	// West's API server is away: nothing is known of it, so nothing is changed.
	must(t, s.Simulator.ClearJournal(t.Context()))
	s.terraform.Vars["west_kubeconfig"] = s.unreachable(t)
	move(50, 50)
	_, err = s.terraform.Apply(t.Context())
	if err == nil || !strings.Contains(err.Error(), `cluster "west"`) {
		t.Errorf("got %v, want an error that names the cluster", err)
	}
	journal, err := s.Simulator.Journal(t.Context())
	must(t, err)
	if got := writes(journal); len(got) > 0 {
		t.Errorf("the device was written to: %v", got)
	}
	s.wantShare(t, "green", 100)
}

// unreachable is the kubeconfig of a cluster where nobody listens.
func (s *shop) unreachable(t *testing.T) string {
	t.Helper()
	gone := kubetest.StartT(t, kubetest.Options{})
	kubeconfig := gone.KubeconfigT(t)
	must(t, gone.Process(kubetest.APIServer).Kill())
	return kubeconfig
}

func TestTheTrafficMovesFromVirtualMachinesToPodsWithoutAFailedRequest(t *testing.T) {
	t.Parallel()
	s := example(t, "vms-and-pods")
	machines := map[string]string{}
	for _, address := range []string{"192.0.2.100:8080", "192.0.2.101:8080"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Colour", "machine") }))
		t.Cleanup(server.Close)
		machines[address] = server.Listener.Addr().String()
	}
	must(t, s.Simulator.Control(t.Context(), http.MethodPut, "/members", machines, nil))
	s.deploy(t, s.Cluster, s.Backends, kubetest.DeploymentSpec{Namespace: s.namespace, Name: "shop", Replicas: 3, Colour: "green"})
	move := func(vms, pods int) { s.terraform.Vars["traffic"] = map[string]int{"vms": vms, "pods": pods} }
	_, err := s.terraform.Apply(t.Context())
	must(t, err)
	s.empty(t)
	if names := s.memberNames(t); len(names) != 2 {
		t.Errorf("the pool has the members %v, want the machines alone", names)
	}
	for _, step := range []struct{ vms, pods int }{{90, 10}, {50, 50}, {0, 100}} {
		s.during(t, fmt.Sprintf("%d %% to the pods", step.pods), 200, func() {
			move(step.vms, step.pods)
			s.follow(t)
		})
		s.wantShare(t, "green", float64(step.pods))
	}
	if names := s.memberNames(t); len(names) != 5 || !slices.Contains(names, "192.0.2.100:8080") {
		t.Errorf("the pool has the members %v, want the machines as a standby beside 3 pods", names)
	}
	s.during(t, "rollback", 200, func() {
		move(100, 0)
		s.follow(t)
	})
	s.wantShare(t, "machine", 100)
	if names := s.memberNames(t); len(names) != 2 {
		t.Errorf("the pool has the members %v, want the machines alone", names)
	}
}
