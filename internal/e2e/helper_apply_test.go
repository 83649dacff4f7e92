package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// TestTerraformAndTheHelperWriteAtTheSameTime moves all traffic from blue to green
// and half of it back, while pods of both are replaced without a pause. Two of each stay: a plan whose
// endpoints are all gone is refused.
func TestTerraformAndTheHelperWriteAtTheSameTime(t *testing.T) {
	t.Parallel()
	f := newFollowed(t, newLab(t), 3*time.Second, 4, 3)
	f.terraform.Vars["require_available"] = "50%" // of those that were planned: the others may have been replaced
	f.apply(t, 100, 0)
	helper := f.start(t)
	stay := map[string]bool{} // of each version, the pods that nothing happens to
	for name := range f.replicas {
		for _, address := range f.endpoints(t, name, func(kubetest.Endpoints) bool { return true }).Ready[:2] {
			stay[address] = true
		}
	}
	phase := f.during(t, "applies and churn", 200, func() {
		applied := make(chan error, 1)
		go func() {
			for _, share := range [][2]int{{50, 50}, {0, 100}, {50, 50}} {
				f.share(share[0], share[1])
				if _, err := f.terraform.Apply(t.Context()); err != nil {
					applied <- err
					return
				}
			}
			applied <- nil
		}()
		for churning := true; churning; {
			for name := range f.replicas {
				f.replace(t, name, stay)
			}
			select {
			case err := <-applied:
				must(t, err)
				churning = false
			default:
			}
		}
		f.right(t, "shop-blue", "shop-green")
		f.swept(t)
		f.empty(t)
	})
	stop(t, helper)
	t.Logf("%d requests, %d failed, within %s", phase.Requests, phase.Failed, phase.Took.Round(time.Millisecond))
}

// replace deletes a pod that need not stay, and waits until another is ready.
func (f *followed) replace(t *testing.T, name string, stay map[string]bool) {
	t.Helper()
	ready := f.endpoints(t, name, func(e kubetest.Endpoints) bool { return len(e.Ready) == f.replicas[name] }).Ready
	gone := slices.DeleteFunc(ready, func(address string) bool { return stay[address] })[0]
	pods, err := f.Cluster.Pods(t.Context(), f.namespace, name)
	must(t, err)
	for _, pod := range pods {
		if pod.Status.PodIP == gone {
			must(t, f.Cluster.DeletePod(t.Context(), f.namespace, pod.Name))
		}
	}
	must(t, f.WaitReady(t.Context(), f.namespace, name, f.replicas[name], gone))
}
