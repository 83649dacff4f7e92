//go:build unix

package kubetest_test

import (
	"errors"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/bigipkube/terraform-provider-bigipkube/internal/kubetest"
)

// alive tells whether a process exists; signal 0 asks only that.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestCloseLeavesNoProcessAndNoFile(t *testing.T) {
	t.Parallel()
	cp, err := kubetest.Start(t.Context(), kubetest.Options{})
	check(t, err)
	pids := processIDs(cp)
	for _, pid := range pids {
		if !alive(pid) {
			t.Fatalf("process %d does not run", pid)
		}
	}
	check(t, cp.Close())
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d runs after Close", pid)
		}
	}
	if _, err := os.Stat(cp.WorkDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("working folder after Close: %v", err)
	}
	if _, err := (&http.Client{Timeout: time.Second}).Get(cp.URL()); err == nil {
		t.Error("the API answers after Close")
	}
	check(t, cp.Close())
}

func processIDs(cp *kubetest.ControlPlane) []int {
	var pids []int
	for _, name := range []string{kubetest.Etcd, kubetest.APIServer, kubetest.ControllerManager, kubetest.Kwok} {
		pids = append(pids, cp.Process(name).PID())
	}
	return pids
}
