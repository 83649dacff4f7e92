package e2e

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TestAllPodsRollAndThePoolNeverHasFewerServingMembersThanBefore replaces every
// pod of blue between two applies. The floor is the number of members that served
// before: what comes is added, and takes traffic, before what goes stops.
func TestAllPodsRollAndThePoolNeverHasFewerServingMembersThanBefore(t *testing.T) {
	t.Parallel()
	for _, pods := range []int{3, 20, 100} {
		t.Run(fmt.Sprint(pods, " pods"), func(t *testing.T) {
			s := newShop(t, int32(pods), 1)
			s.terraform.Vars["require_available"] = "100%"
			s.apply(t, 100, 0)
			old := s.serve(t, pods)
			s.rollAll(t, pods)

			// Each state of the pool lasts long enough to be seen.
			must(t, s.Simulator.Control(t.Context(), http.MethodPut, "/faults", []map[string]any{
				{"method": "PATCH", "path": "/mgmt/tm/transaction/", "delay": "150ms"},
				{"method": "POST|DELETE", "path": "/ltm/pool/", "delay": "1ms"},
			}, nil))
			must(t, s.Simulator.ClearJournal(t.Context()))
			least, seen := pods, 0
			phase := s.during(t, "roll", 200, func() {
				stop := s.watch(t, func(serving map[string]bool) { least, seen = min(least, len(serving)), seen+1 })
				_, err := s.terraform.Apply(t.Context())
				stop()
				must(t, err)
			})
			must(t, s.Simulator.Control(t.Context(), http.MethodDelete, "/faults", nil, nil))
			s.empty(t)
			t.Logf("looked %d times: at least %d members served; %d requests by clients, %d failed", seen, least, phase.Requests, phase.Failed)
			if least < pods {
				t.Errorf("only %d members served at a time, want never less than %d", least, pods)
			}
			for name := range s.serve(t, pods) {
				if old[name] {
					t.Errorf("%s is a member, and no pod has its address any more", name)
				}
			}
		})
	}
}

// rollAll takes all pods out of blue's Deployment at once; it makes others. The
// old ones go on answering, as terminating pods do.
func (s *shop) rollAll(t *testing.T, pods int) {
	t.Helper()
	old, err := s.Cluster.Pods(t.Context(), s.namespace, "shop-blue")
	must(t, err)
	gone := make([]string, 0, len(old))
	for _, pod := range old {
		_, err := s.Cluster.Client().CoreV1().Pods(s.namespace).Patch(t.Context(), pod.Name, types.MergePatchType,
			[]byte(`{"metadata":{"labels":{"app":"released"}}}`), metav1.PatchOptions{})
		must(t, err)
		gone = append(gone, pod.Status.PodIP)
	}
	must(t, s.WaitReady(t.Context(), s.namespace, "shop-blue", pods, gone...))
}

// serve waits until so many members serve, and returns them.
func (s *shop) serve(t *testing.T, count int) map[string]bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		serving, err := s.servingNow(ctx)
		must(t, err)
		if len(serving) == count {
			return serving
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%d members serve, want %d", len(serving), count)
		}
	}
}

// servingNow are the members that take new connections and that the device's
// monitors have found well.
func (s *shop) servingNow(ctx context.Context) (map[string]bool, error) {
	var answer struct {
		Items []struct {
			Name    string `json:"name"`
			Session string `json:"session"`
			State   string `json:"state"`
		} `json:"items"`
	}
	err := s.Simulator.REST(ctx, http.MethodGet, "/mgmt/tm/ltm/pool/~shop~shop/members", nil, &answer)
	serving := map[string]bool{}
	for _, m := range answer.Items {
		if m.Session != "user-disabled" && m.State == "up" {
			serving[m.Name] = true
		}
	}
	return serving, err
}

// watch looks at the pool every few milliseconds until the returned function is
// called.
func (s *shop) watch(t *testing.T, saw func(serving map[string]bool)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() {
		tick := time.NewTicker(15 * time.Millisecond)
		defer tick.Stop()
		for {
			serving, err := s.servingNow(ctx)
			switch {
			case ctx.Err() != nil:
				over <- nil
				return
			case err != nil:
				over <- err
				return
			}
			saw(serving)
			<-tick.C
		}
	}()
	return func() {
		cancel()
		if err := <-over; err != nil {
			t.Errorf("the pool could not be watched: %v", err)
		}
	}
}
