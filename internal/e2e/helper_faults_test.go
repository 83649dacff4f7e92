//go:build unix

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// repairTime is how long after a fault's end the pool may still be wrong.
const repairTime = 10 * time.Second

// TestAFaultCostsNoRequestAndNoHealthyMember replaces the pods of green while
// something goes wrong. Nothing happens to those of blue: whatever the fault, they
// are members that take connections, all the time.
func TestAFaultCostsNoRequestAndNoHealthyMember(t *testing.T) {
	t.Parallel()
	provider, err := built()
	must(t, err)
	lab, err := NewLab(t.Context(), kubetest.StartT(t, kubetest.Options{}), provider)
	must(t, err)
	t.Cleanup(lab.Close)
	// So long that no pod is gone before its member can be disabled.
	f := newFollowed(t, lab, 20*time.Second, 4, 4)
	f.apply(t, 50, 50)
	well := f.endpoints(t, "shop-blue", func(kubetest.Endpoints) bool { return true }).Ready
	flags := []string{"--unready-after", "8s", "--hold", shortHold.String()}
	helper := f.start(t, flags...)

	for i, fault := range []struct {
		name   string
		happen func(t *testing.T) // begins and ends it
	}{
		{"the helper is killed in the middle", func(t *testing.T) {
			f.waitRequest(t, http.MethodPatch, "/members/", 1)
			must(t, helper.Kill())
			helper = f.start(t, flags...)
		}},
		{"the slices of healthy pods are deleted", f.deleteSlices},
		{"the tokens are revoked", func(t *testing.T) {
			must(t, f.Simulator.Control(t.Context(), http.MethodPut, "/faults", map[string]any{"preset": "token-expired", "count": 3}, nil))
			f.waitFaults(t, 3)
		}},
		{"the device starts", func(t *testing.T) {
			must(t, f.Simulator.Control(t.Context(), http.MethodPut, "/faults", map[string]any{"preset": "starting", "for": "10s"}, nil))
			f.waitFaults(t, 1)
			f.await(t, func(map[string]bool) bool { return true })
		}},
		{"a second helper does the same", func(t *testing.T) {
			second := f.start(t, flags...)
			f.rolled(t, "shop-green", "second")
			f.right(t, "shop-blue", "shop-green")
			stop(t, second)
		}},
		{"the API server is away for a minute", func(t *testing.T) {
			over := time.After(time.Minute)
			f.withoutAPI(t, func() {
				must(t, helper.Unready(t.Context()))
				<-over
			})
		}},
		{"etcd is killed, and is back after some seconds", f.withoutEtcd},
		{"etcd stands still", f.withStalledEtcd},
		{"no node is ready", func(t *testing.T) {
			f.withoutNodes(t)
			if !strings.Contains(helper.Log(), "no-node-ready") {
				t.Error("the helper does not know that no node was ready")
			}
		}},
	} {
		f.suffer(t, fault.name, fmt.Sprint("fault-", i), well, fault.happen)
	}
	f.swept(t)
	f.empty(t)
	stop(t, helper)
}

// suffer lets a fault happen in a rolling update of green.
func (f *followed) suffer(t *testing.T, name, version string, well []string, happen func(t *testing.T)) {
	t.Helper()
	phase := f.during(t, name, 200, func() {
		must(t, f.Simulator.ClearJournal(t.Context()))
		harmed := f.guard(t, well)
		old := f.endpoints(t, "shop-green", func(kubetest.Endpoints) bool { return true }).Ready
		f.deploy(t, "shop-green", version)
		happen(t)
		ended := time.Now()
		must(t, f.WaitReady(t.Context(), f.namespace, "shop-green", f.replicas["shop-green"], old...))
		rolled := time.Since(ended)
		f.right(t, "shop-blue", "shop-green")
		took := time.Since(ended)
		t.Logf("%s: the pods were right %s after it, the pool %s", name, rolled.Round(time.Millisecond), took.Round(time.Millisecond))
		if took-rolled > repairTime {
			t.Errorf("%s: the pool was right only %s after the pods, want %s at most", name, took-rolled, repairTime)
		}
		for _, harm := range harmed() {
			t.Errorf("%s: %s", name, harm)
		}
	})
	t.Logf("%s: %d requests, %d failed", name, phase.Requests, phase.Failed)
}

// guard looks, until the returned function is called, whether all healthy members
// are there and take connections, and whether a request was sent to remove one.
func (f *followed) guard(t *testing.T, well []string) (harmed func() []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	harm, looks := map[string]bool{}, 0
	over := make(chan struct{})
	go func() {
		defer close(over)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			if enabled, err := f.sessions(ctx); err == nil { // else the device has a fault
				looks++
				for _, address := range well {
					if !enabled[address+":8080"] {
						harm[address+" is healthy, and takes no connections"] = true
					}
				}
			}
			<-tick.C
		}
	}()
	return func() []string {
		t.Helper()
		cancel()
		<-over
		if looks == 0 {
			t.Error("nobody has looked at the pool")
		}
		journal, err := f.Simulator.Journal(t.Context())
		must(t, err)
		if f.Simulator.Peer != "" {
			var all []Request
			must(t, f.Simulator.Control(t.Context(), http.MethodGet, "/peer/requests", nil, &all))
			journal = append(journal, all...)
		}
		var all []string
		for _, r := range journal {
			for _, address := range well {
				if r.Method == http.MethodDelete && strings.Contains(r.Path, address+":") {
					all = append(all, fmt.Sprintf("%s is healthy: %s %s", address, r.Method, r.Path))
				}
			}
		}
		for text := range harm {
			all = append(all, text)
		}
		return all
	}
}

// deleteSlices deletes what Kubernetes has written of blue's endpoints, and waits
// until it has written it again.
func (f *followed) deleteSlices(t *testing.T) {
	t.Helper()
	ofBlue := metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=shop-blue"}
	must(t, f.Cluster.Client().DiscoveryV1().EndpointSlices(f.namespace).DeleteCollection(t.Context(), metav1.DeleteOptions{}, ofBlue))
	must(t, f.Cluster.WaitReady(t.Context(), f.namespace, "shop-blue", f.replicas["shop-blue"]))
}

// withoutAPI stops the API server for as long as the function takes. Kubernetes'
// own clients start anew after it, and make no pod ready before the lab can play it:
// they and the lab would wait for different times.
func (f *followed) withoutAPI(t *testing.T, meanwhile func()) {
	t.Helper()
	api, controllers := f.Cluster.Process(kubetest.APIServer), []string{kubetest.ControllerManager, kubetest.Kwok}
	for _, name := range controllers {
		must(t, f.Cluster.Process(name).Kill())
	}
	must(t, api.Stop(t.Context()))
	meanwhile()
	must(t, api.Start(t.Context()))
	backends, err := f.Reach(t.Context(), f.Cluster)
	must(t, err)
	f.Backends = backends
	for _, name := range controllers {
		must(t, f.Cluster.Process(name).Start(t.Context()))
	}
}

// waitFaults waits until a fault has hit so many requests.
func (f *followed) waitFaults(t *testing.T, count int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), helperPatience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var all []struct {
			Fault bool `json:"fault"`
		}
		must(t, f.Simulator.Control(ctx, http.MethodGet, "/requests", nil, &all))
		hit := 0
		for _, r := range all {
			if r.Fault {
				hit++
			}
		}
		if hit >= count {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("the fault has hit %d requests, want %d", hit, count)
		}
	}
}
