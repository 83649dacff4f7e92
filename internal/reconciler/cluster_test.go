package reconciler

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// shop is a Deployment behind a pool that is bound to its Service.
type shop struct {
	*lab
	cp        *kubetest.ControlPlane
	namespace string
}

func newShop(t *testing.T, spec kubetest.DeploymentSpec) *shop {
	t.Helper()
	s := &shop{lab: newLab(t, "shop"), cp: controlPlane.ControlPlane(t)}
	s.namespace, s.config = s.cp.NamespaceT(t, "shop"), s.cp.KubeconfigT(t)
	spec.Namespace, spec.Name = s.namespace, "web"
	must(t, s.cp.Deploy(t.Context(), spec))
	s.bind("shop", "web", s.namespace+"/web:http=1")
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// follows waits until the pool has exactly the ready endpoints of the Service, n of
// them, all enabled.
func (s *shop) follows(n int) {
	s.t.Helper()
	e, err := s.cp.WaitEndpoints(s.t.Context(), s.namespace, "web", func(e kubetest.Endpoints) bool {
		return len(e.Ready) == n && len(e.NotReady)+len(e.Terminating) == 0
	})
	must(s.t, err)
	var want []string
	for _, address := range e.Ready {
		want = append(want, address+":8080 user-enabled")
	}
	s.await("shop", "web", want...)
}

// events are those of the Service by reason, with how often each was told.
func (s *shop) events() map[string]string {
	s.t.Helper()
	list, err := s.cp.Client().CoreV1().Events(s.namespace).List(s.t.Context(), metav1.ListOptions{})
	must(s.t, err)
	service, err := s.cp.Client().CoreV1().Services(s.namespace).Get(s.t.Context(), "web", metav1.GetOptions{})
	must(s.t, err)
	texts := map[string]string{}
	for _, e := range list.Items {
		if e.InvolvedObject.Kind == "Service" && e.InvolvedObject.UID == service.UID && e.Source.Component == component {
			texts[e.Reason] += e.Message + "\n"
		}
	}
	return texts
}

// scrape reads /metrics.
func (r *running) scrape() string {
	r.t.Helper()
	response, err := http.Get("http://" + r.metricsListener.Addr().String() + "/metrics")
	must(r.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(r.t, err)
	return string(text)
}

// is asks /readyz.
func (r *running) isReady() bool {
	response, err := http.Get("http://" + r.probeListener.Addr().String() + "/readyz")
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func TestAPoolFollowsThePodsOfItsService(t *testing.T) {
	t.Parallel()
	s := newShop(t, kubetest.DeploymentSpec{Replicas: 3})
	helper := s.start(s.options("shop"))
	s.follows(3)
	eventually(t, helper.isReady, func() string { return "the helper does not become ready" })
	s.sim.ClearRequests()
	must(t, s.cp.Scale(t.Context(), s.namespace, "web", 4))
	s.follows(4)
	if writes := s.writes(); len(writes) != 1 || !strings.HasPrefix(writes[0], "POST ltm/pool/~shop~web/members") {
		t.Errorf("one pod more is %d writes: %v", len(writes), writes)
	}
	must(t, s.cp.Scale(t.Context(), s.namespace, "web", 2))
	s.follows(2)
	pods, err := s.cp.Pods(t.Context(), s.namespace, "web")
	must(t, err)
	must(t, s.cp.SetReady(t.Context(), s.namespace, pods[0].Name, false))
	s.await("shop", "web", pods[0].Status.PodIP+":8080 offline", pods[1].Status.PodIP+":8080 user-enabled")
	must(t, s.cp.SetReady(t.Context(), s.namespace, pods[0].Name, true))
	s.follows(2)
	must(t, s.cp.Scale(t.Context(), s.namespace, "web", 0)) // its owner says so: that is no mistake
	s.follows(0)

	var events map[string]string
	eventually(t, func() bool {
		events = s.events()
		return strings.Contains(events[memberAdded], "added to pool /shop/web on") && strings.Contains(events[memberRemoved], "removed from pool /shop/web on")
	}, func() string { return fmt.Sprintf("the Events of the Service are %v", events) })
	scraped := helper.scrape()
	for _, want := range []string{
		`bigipkube_bindings{partition="shop"} 1`, `bigipkube_pool_members{partition="shop",pool="web",state="enabled"} 0`,
		`bigipkube_device_api_requests_total{code="200",method="POST",object="pool/members"}`, `bigipkube_endpoint_to_device_seconds_count{partition="shop"}`,
	} {
		if !strings.Contains(scraped, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
	if log := helper.log.String(); !strings.Contains(log, "(pod web-") || strings.Contains(log, "level=ERROR") {
		t.Error("the log has no reasons, or errors")
	}
	if took := helper.end(); took > time.Second {
		t.Errorf("it took %s to end", took)
	}
}

func TestOnceTellsWhatIsNotDoneYet(t *testing.T) {
	t.Parallel()
	s := newShop(t, kubetest.DeploymentSpec{Replicas: 3, Terminating: 10 * time.Minute})
	must(t, s.cp.WaitReady(t.Context(), s.namespace, "web", 3))
	o := s.options("shop")
	o.Once = true
	if _, log, err := s.run(o); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	s.follows(3)
	must(t, s.cp.Scale(t.Context(), s.namespace, "web", 2))
	_, err := s.cp.WaitEndpoints(t.Context(), s.namespace, "web", func(e kubetest.Endpoints) bool { return len(e.Terminating) == 1 })
	must(t, err)

	o.DryRun = true
	output, log, err := s.run(o)
	pending, ok := errors.AsType[*PendingError](err)
	if !ok || pending.Draining != 1 || !strings.Contains(output, `"draining": [`) || !strings.Contains(output, `"session": "disabled"`) {
		t.Errorf("dry run: %v\n%s\n%s", err, output, log)
	}
	o.DryRun = false
	output, log, err = s.run(o)
	if pending, ok := errors.AsType[*PendingError](err); !ok || pending.Draining != 1 || !strings.Contains(output, "/shop/web: 1 change written, 0 held, 1 draining") {
		t.Errorf("once: %v\n%s\n%s", err, output, log)
	}
	if members := strings.Join(s.members("shop", "web"), " "); strings.Count(members, "user-enabled") != 2 || strings.Count(members, "user-disabled") != 1 {
		t.Errorf("the members are %s", members)
	}
}

func TestReplicasShareThePartitionsOfADevice(t *testing.T) {
	t.Parallel()
	partitions := []string{"one", "two", "three", "four", "five", "six"}
	l := newLab(t, partitions...)
	cp := controlPlane.ControlPlane(t)
	l.config = cp.KubeconfigT(t)
	for i, partition := range partitions {
		l.bind(partition, "web", fmt.Sprintf("vms@(192.0.2.%d:8080)=1", i+1))
	}
	o := l.options(partitions...)
	elect := true
	o.LeaderElect, o.LeaseNamespace = &elect, cp.NamespaceT(t, "leases")
	helpers := []*running{l.start(o), l.start(o)}
	held := func() (shares []int) {
		var all []string
		for _, helper := range helpers {
			names := helper.registry.names()
			shares = append(shares, len(names))
			all = append(all, names...)
		}
		slices.Sort(all)
		if n := len(all); len(slices.Compact(all)) != n {
			t.Errorf("a partition is worked on by two: %v", all)
		}
		return shares
	}
	eventually(t, func() bool {
		shares := held()
		return shares[0]+shares[1] == len(partitions)
	}, func() string { return fmt.Sprintf("the shares are %v", held()) })
	for i, partition := range partitions {
		l.await(partition, "web", fmt.Sprintf("192.0.2.%d:8080 user-enabled", i+1))
	}

	if took := helpers[0].end(); took > time.Second {
		t.Errorf("it took %s to end", took)
	}
	eventually(t, func() bool { return held()[1] == len(partitions) }, func() string { return fmt.Sprintf("the shares are %v", held()) })
	for i, partition := range partitions {
		l.rest(http.MethodPatch, "ltm/pool/~"+partition+"~web", map[string]any{"description": fmt.Sprintf("[bigipkube/1 vms@(192.0.2.%d:80)=1]", i+1)})
		l.await(partition, "web", fmt.Sprintf("192.0.2.%d:80 user-enabled", i+1))
	}
}

func TestAPodWaitsForTheBIGIPWithItsReadinessGate(t *testing.T) {
	t.Parallel()
	s := newShop(t, kubetest.DeploymentSpec{Replicas: 2, ReadinessGate: readinessGate})
	o := s.options("shop")
	o.ReadinessGate = true
	helper := s.start(o)
	s.follows(2)
	eventually(t, func() bool { return strings.Count(helper.log.String(), "readiness gate opened") == 2 }, func() string { return "the gates are not opened" })
	must(t, s.cp.Scale(t.Context(), s.namespace, "web", 3))
	s.follows(3)
}

// The helper may read, and nothing else: there are no Events then, and it goes on.
func TestAHelperThatMayOnlyReadGoesOn(t *testing.T) {
	t.Parallel()
	s := newShop(t, kubetest.DeploymentSpec{Replicas: 1})
	s.config = s.cp.UserKubeconfigT(t, "viewer")
	helper := s.start(s.options("shop"))
	s.follows(1)
	must(t, s.cp.Scale(t.Context(), s.namespace, "web", 3))
	s.follows(3)
	eventually(t, func() bool { return strings.Contains(helper.log.String(), "Events cannot be written") }, func() string { return "nothing tells that there are no Events" })
	if n := strings.Count(helper.log.String(), "Events cannot be written"); n != 1 {
		t.Errorf("it is told %d times", n)
	}
}
