package e2e

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
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
			blue, err := s.Cluster.Pods(t.Context(), s.namespace, "shop-blue")
			must(t, err)
			s.roll(t, "shop-blue", 3, blue[0])
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

// roll takes a pod out of its Deployment, and so out of its Service, by its
// label; the Deployment makes another. The pod itself stays and answers: what
// fails here would be the pool's fault, not Kubernetes'.
func (s *shop) roll(t *testing.T, deployment string, pods int, pod corev1.Pod) {
	t.Helper()
	_, err := s.Cluster.Client().CoreV1().Pods(s.namespace).Patch(t.Context(), pod.Name, types.MergePatchType,
		[]byte(`{"metadata":{"labels":{"app":"released"}}}`), metav1.PatchOptions{})
	must(t, err)
	must(t, s.WaitReady(t.Context(), s.namespace, deployment, pods, pod.Status.PodIP))
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
	s.waitRequest(t, http.MethodDelete, "/mgmt/shared/authz/tokens/", 1)
}

func TestCtrlCWhileACutoverWaitsEndsItAtOnceAndTheNextApplyFinishes(t *testing.T) {
	t.Parallel()
	s := newShop(t, 2, 2)
	s.unwellMonitor(t)
	pods, err := s.Cluster.Pods(t.Context(), s.namespace, "shop-green")
	must(t, err)
	s.Backends.Set(s.namespace, pods[0].Name, kubetest.Behaviour{Unhealthy: true})
	s.terraform.Vars["require_available"] = "100%"
	s.terraform.Vars["timeout"] = "10m"
	s.apply(t, 100, 0)

	s.share(0, 100)
	args, err := s.terraform.WithVars("apply", "-auto-approve")
	must(t, err)
	command := s.terraform.Command(t.Context(), args...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	must(t, s.Simulator.ClearJournal(t.Context()))
	must(t, command.Start())
	s.waitRequest(t, http.MethodGet, "/members/stats", 2) // the gate is looked at, again and again
	must(t, command.Process.Signal(os.Interrupt))
	began := time.Now()
	if err := command.Wait(); err == nil {
		t.Errorf("the interrupted apply ended well:\n%s", &output)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("the apply went on for %s after Ctrl-C; the gate has 10 minutes", took)
	}
	if text := output.String(); !strings.Contains(text, "Unable to finish: interrupted") {
		t.Errorf("the message does not say that it was interrupted:\n%s", text)
	}
	if phase := s.during(t, "after Ctrl-C", 100, func() { s.untouched(t) }); phase.Share("blue") != 100 {
		t.Errorf("after Ctrl-C blue gets %.1f %%, want all", phase.Share("blue"))
	}

	s.Backends.Set(s.namespace, pods[0].Name, kubetest.Behaviour{})
	s.during(t, "cutover", 100, func() { s.apply(t, 0, 100) })
}

// untouched makes sure that the state tells the truth after an interruption:
// with the old shares no resource has anything to do. (Outputs may: Terraform
// keeps what it had worked out for them.)
func (s *shop) untouched(t *testing.T) {
	t.Helper()
	s.share(100, 0)
	text, _, err := s.terraform.Plan(t.Context(), "untouched.tfplan")
	must(t, err)
	if strings.Contains(text, "will perform the following actions") {
		t.Errorf("the plan with the old shares should change no resource:\n%s", text)
	}
}

// waitRequest waits until the journal has so many requests of a kind.
func (s *shop) waitRequest(t *testing.T, method, part string, count int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var all []Request
		must(t, s.Simulator.Control(ctx, http.MethodGet, "/requests", nil, &all))
		seen := 0
		for _, r := range all {
			if r.Method == method && strings.Contains(r.Path, part) {
				seen++
			}
		}
		if seen >= count {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%d of %d requests %s …%s: %v", seen, count, method, part, ctx.Err())
		case <-tick.C:
		}
	}
}
