package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TestSIGKILLAtAnyWriteOfACutoverLosesNothing kills terraform after the first
// write of a cutover, after the second, and so on, until one apply is quicker
// than its killer.
func TestSIGKILLAtAnyWriteOfACutoverLosesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t, 3, 2)
	s.apply(t, 100, 0)
	// Slow enough that the killer can aim at a single write.
	must(t, s.Simulator.Control(t.Context(), http.MethodPut, "/faults", []map[string]any{
		{"method": "POST", "path": "/mgmt/tm", "delay": "100ms"},
		{"method": "PATCH", "path": "/mgmt/tm", "delay": "100ms"},
		{"method": "DELETE", "path": "/mgmt/tm", "delay": "100ms"},
	}, nil))

	shares := [2]int{100, 0}
	killed := 0
	s.during(t, "cutovers that are killed", 100, func() {
		for index := 1; ; index++ {
			// Blue pods roll at the same time: members to add, to change and to remove.
			s.roll(t, "shop-blue", 3)
			shares[0], shares[1] = shares[1], shares[0]
			s.share(shares[0], shares[1])
			if !s.killAfter(t, index) {
				t.Logf("the apply that was to be killed after write %d had ended by itself", index)
				return
			}
			killed++
			t.Logf("killed after write %d", index)
			text, changes, err := s.terraform.Plan(t.Context(), "rest.tfplan")
			must(t, err)
			if !changes {
				t.Errorf("killed after write %d: the plan shows nothing left to do", index)
			}
			if _, err := s.terraform.ApplyPlan(t.Context(), "rest.tfplan"); err != nil {
				t.Fatalf("killed after write %d: the next apply does not finish: %v\nits plan was:\n%s", index, err, text)
			}
			s.empty(t)
		}
	})
	if killed < 3 {
		t.Errorf("only %d applies were killed, want at least 3: the test aims badly", killed)
	}
}

// roll takes one pod out of its Deployment, and so out of its Service, by its
// label; the Deployment makes another. The pod itself stays and answers: what
// fails here would be the pool's fault, not Kubernetes'.
func (s *shop) roll(t *testing.T, deployment string, pods int) {
	t.Helper()
	list, err := s.Cluster.Pods(t.Context(), s.namespace, deployment)
	must(t, err)
	_, err = s.Cluster.Client().CoreV1().Pods(s.namespace).Patch(t.Context(), list[0].Name, types.MergePatchType,
		[]byte(`{"metadata":{"labels":{"app":"released"}}}`), metav1.PatchOptions{})
	must(t, err)
	must(t, s.WaitReady(t.Context(), s.namespace, deployment, pods, list[0].Status.PodIP))
}

// killAfter starts an apply and kills terraform when the device has answered
// so many writes. It returns false if the apply ended before.
func (s *shop) killAfter(t *testing.T, count int) bool {
	t.Helper()
	must(t, s.Simulator.ClearJournal(t.Context()))
	args, err := s.terraform.WithVars("apply", "-auto-approve", "-lock=false")
	must(t, err)
	command := s.terraform.Command(t.Context(), args...)
	must(t, command.Start())
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()

	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				t.Fatalf("the apply failed by itself: %v", err)
			}
			must(t, err)
			return false
		case <-tick.C:
			if journal, err := s.Simulator.Journal(t.Context()); err == nil && len(writes(journal)) >= count {
				must(t, command.Process.Kill())
				if err := <-ended; err == nil {
					t.Fatal("terraform ended well although it was killed")
				}
				s.quiet(t)
				return true
			}
		}
	}
}

// quiet waits until the orphaned provider has ended too, which it tells the
// device by giving its token back: what it does to its end is part of the kill.
func (s *shop) quiet(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var all []Request
		must(t, s.Simulator.Control(ctx, http.MethodGet, "/requests", nil, &all))
		for _, r := range all {
			if r.Method == http.MethodDelete && len(r.Path) > len(tokens) && r.Path[:len(tokens)] == tokens {
				return
			}
		}
		select {
		case <-ctx.Done():
			t.Fatal(fmt.Errorf("the orphaned provider did not log out: %w", ctx.Err()))
		case <-tick.C:
		}
	}
}

const tokens = "/mgmt/shared/authz/tokens/"
